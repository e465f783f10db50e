"""The periods for which files come: years, school years, months and days."""

import re
from datetime import date

from flows.contracts.model import Contract


def shifted(period: str, years: int) -> str:
    """Move a period by years, however it is written."""
    if not years:
        return period
    return re.sub(r"[0-9]{4}", lambda found: str(int(found[0]) + years), period)


def year_of(period: str) -> int:
    """Take the year to which a period's facts belong: that of its end."""
    return int(period.split("..")[-1][:4])


def period_of_year(contract: Contract, year: int) -> str:
    """Name the period that serves a year, as it is published."""
    period = contract.period
    match period.kind:
        case "calendar_year":
            return str(year)
        case "census_day":
            return f"{year}-{period.month_day}"
        case "year_end":
            return f"{year}-12-31"
        case "span":
            return f"{year - period.length_years + 1}-01..{year}-12"
        case _:
            return "standing"


def first_day_of_year(contract: Contract, year: int) -> str | None:
    """Say on which day the period of a year begins, as an ISO date; a standing one has none."""
    if contract.period.kind in ("census_day", "year_end"):
        return period_of_year(contract, year)
    return None if contract.period.kind == "standing" else f"{year}-01-01"


def due_date_of_year(contract: Contract, year: int) -> str:
    """Say by when the period of a year is owed, as an ISO date."""
    due = contract.owed.due
    return f"{year + due.year_offset}-{due.month_day}"


def period_of_name(contract: Contract, name: str) -> str | None:
    """Read the period from a file's name, unless the contract itself states the year."""
    if contract.period.kind == "standing":
        return "standing"
    if year := contract.period.stated:
        return period_of_year(contract, year)
    return period_in(contract, contract.period.file_name, name)


def period_in(contract: Contract, pattern: str | None, text: str) -> str | None:
    """Read the period from a text, by the year that a pattern finds in it."""
    found = pattern and re.search(pattern, text)
    if not found:
        return None
    return period_of_year(contract, int(found[found.re.groups]))


def source_date_of_name(contract: Contract, name: str) -> str | None:
    """Read from a file's name of which day it is."""
    return day_in(contract.source_date.file_name if contract.source_date else None, name)


def day_in(pattern: str | None, text: str) -> str | None:
    """Read a day from a text: 20240105, or year, month and day, as the pattern marks it."""
    found = pattern and re.search(pattern, text)
    if not found:
        return None
    parts = re.findall(r"[0-9]+", " ".join(found.groups("")))
    if len(parts) == 1 and len(parts[0]) == 8:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    try:
        year, month, day = map(int, parts)
        return date(year, month, day).isoformat()
    except ValueError:
        return None
