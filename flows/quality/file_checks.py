"""Checks on a whole file: sheets that stand twice, rows of another year than its period."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.common.parquet import ask, quoted
from flows.contracts.model import Contract
from flows.parsing.result import Finding, ParseResult

SAME_SHARE = Decimal("0.8")  # of the rows of two sheets
YEARS_AS = ("int", "bigint", "string")
# Columns of these names say the year of a row; in another, built_year, it is one of many.
YEAR_NAMES = re.compile(
    r"(?:(?:school|fiscal|financial|budget|calendar|report|reporting|statistical|of)_)?year"
)
MOST = 50  # percent of the rows


def list_measures(contract: Contract) -> list[str]:
    """Name the columns that are added up: amounts, those with totals, or else all numbers."""
    item = contract.read.long.name if contract.read.long else None
    numbers = [
        column.name for column in contract.columns if column.is_number and column.name != item
    ]
    return contract.amounts or contract.summed or numbers


def find_equal_sheets(rows: Path, parsed: ParseResult, contract: Contract) -> Iterator[Finding]:
    """Find sheets that hold the rows of another, whatever is said above them or in their names.

    Under a key they are those of which most rows were left out as duplicates.
    """
    if len(parsed.captions) < 2:
        return
    if contract.drops_copies:
        yield from _sheets_of_duplicates(rows, parsed)
        return
    into = contract.read.groups.into if contract.read.groups else None
    own = [
        column.name
        for column in contract.columns
        if (column.captions or column.from_long) and column.name != into
    ]
    key = ", ".join(map(quoted, own))
    table = ask(
        rows,
        f"""
        with different as (
            select _sheet, hash({key}) as row_hash, min(file_row_number) as place,
                min(_row_number) as first
            from landed group by all
        ),
        counted as (select _sheet, count(*) as number from different group by _sheet),
        shared as (
            select own._sheet as sheet, other._sheet as other, count(*) as number,
                min(own.first) as first
            from different as own join different as other
            on own.row_hash = other.row_hash and other.place < own.place
                and other._sheet <> own._sheet
            group by all
        )
        select sheet, other, first from shared
        join counted as mine on mine._sheet = sheet join counted as others on others._sheet = other
        where shared.number > 1
            and shared.number >= {SAME_SHARE} * greatest(mine.number, others.number)
        order by sheet, other
        """,
    )
    named = set()
    for row in table.to_pylist():
        if row["sheet"] not in named:
            named.add(row["sheet"])
            yield Finding("equal_sheets", row["sheet"], row["first"], "", f"= {row['other']}")


def _sheets_of_duplicates(rows: Path, parsed: ParseResult) -> Iterator[Finding]:
    counts = ask(rows, "select _sheet, count(*) as number from landed group by _sheet").to_pylist()
    landed = {row["_sheet"]: row["number"] for row in counts}
    duplicates: dict[str, list[int]] = {}
    for finding in parsed.findings:
        if finding.rule == "exact_duplicate":
            duplicates.setdefault(finding.sheet, []).append(finding.row_number)
    for sheet, numbers in duplicates.items():
        count = len(numbers)
        if count > 1 and count >= SAME_SHARE * (count + landed.get(sheet, 0)):
            yield Finding("equal_sheets", sheet, min(numbers), "")


def year_questions(contract: Contract) -> dict[str, str]:
    """Name in SQL what is asked of a file's rows: how often a column of years says each year."""
    year = r"regexp_extract({}::varchar, '^((19|20)[0-9]{{2}})', 1)"
    return {
        column.name: f"histogram({year.format(quoted(column.name))})"
        for column in contract.columns
        if YEAR_NAMES.fullmatch(column.name) and column.data_type in YEARS_AS
    }


def other_years(parsed: ParseResult, answers: Mapping[str, Any], period: str) -> list[Finding]:
    """Find sheets whose titles name other years alone, and columns of years with another one."""
    wanted = _list_years(period)
    if not wanted:
        return []
    found = []
    for sheet, titles in parsed.years.items():
        if titles and not wanted & {year for _, year in titles}:
            number, year = titles[-1]
            found.append(Finding("other_year", sheet, number, "", f"{period} → {year}"))
    for name, counts in answers.items():
        if other := _most(counts or {}, wanted):
            found.append(Finding("other_year", "", 0, name, f"{period} → {other}"))
    return found


def _list_years(period: str) -> set[int]:
    """Name the years of a period; of a span those between its ends too."""
    years = [int(year) for year in re.findall(r"(?<![0-9])(?:19|20)[0-9]{2}", period)]
    return set(range(min(years), max(years) + 1)) if years else set()


def _most(counts: Mapping[str, int], wanted: set[int]) -> str:
    """Name the year of most rows, where it is none of those wanted."""
    year = max(counts, key=lambda year: counts[year], default="")
    is_most = year and 100 * counts[year] > MOST * sum(counts.values())
    return year if is_most and int(year) not in wanted else ""
