"""Another year inside a file than the one for which it came: in its titles, sheets and rows."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flows.lib.cells import half_width
from flows.lib.contracts import Contract
from flows.lib.reading import Finding, Reading
from flows.lib.row_files import quoted

# A title's year; with a month it is a day, of signing for example.
# Of a school year, 2023—2024学年, both.
YEAR = re.compile(
    r"(?<![0-9])(?:((?:19|20)[0-9]{2}) ?年? ?[-—–~至/]{1,2} ?)?"
    r"((?:19|20)[0-9]{2}) ?(?:年度?(?! ?[0-9]{1,2} ?月)|学年|财年)"
)
OF_SIGNING = re.compile(r"填报|填表|制表|制单|上报|报送|打印|导出|日期|时间")
YEARS_AS = ("int", "bigint", "string")
# Columns of these names say the year of a row; in another, built_year, it is one of many.
YEAR_NAMES = re.compile(
    r"(?:(?:school|fiscal|financial|budget|calendar|report|reporting|statistical|of)_)?year"
)
MOST = 50  # percent of the rows
Titles = list[tuple[int, int]]  # row (0 for the sheet's name) and year


def years_of_titles(above: Iterable[tuple[int, list[Any]]], sheet: str) -> Titles:
    """List the years that the name of a sheet and the rows above its header say."""
    texts = [(0, sheet)] + [
        (number, text) for number, row in above for cell in row if (text := half_width(cell))
    ]
    return [
        (number, int(year))
        for number, text in texts
        if not OF_SIGNING.search(text)
        for years in YEAR.findall(text)
        for year in filter(None, years)
    ]


def year_questions(contract: Contract) -> dict[str, str]:
    """Name in SQL what is asked of a file's rows: how often a column of years says each year."""
    said = r"regexp_extract({}::varchar, '^((19|20)[0-9]{{2}})', 1)"
    names = [one.name for one in contract.columns
             if YEAR_NAMES.fullmatch(one.name) and one.data_type in YEARS_AS]  # fmt: skip
    return {name: f"histogram({said.format(quoted(name))})" for name in names}


def other_years(reading: Reading, answers: Mapping[str, Any], period: str) -> list[Finding]:
    """Find sheets whose titles name other years alone, and columns of years with another one."""
    wanted = _years_of(period)
    if not wanted:
        return []
    found = []
    for sheet, titles in reading.years.items():
        if titles and not wanted & {year for _, year in titles}:
            number, year = titles[-1]
            found.append(Finding("other_year", sheet, number, "", f"{period} → {year}"))
    for name, counts in answers.items():
        if other := _most(counts or {}, wanted):
            found.append(Finding("other_year", "", 0, name, f"{period} → {other}"))
    return found


def _years_of(period: str) -> set[int]:
    """Name the years of a period; of a span those between its ends too."""
    years = [int(year) for year in re.findall(r"(?<![0-9])(?:19|20)[0-9]{2}", period)]
    return set(range(min(years), max(years) + 1)) if years else set()


def _most(counts: Mapping[str, int], wanted: set[int]) -> str:
    """Name the year of most rows, where it is none of those wanted."""
    year = max(counts, key=lambda one: counts[one], default="")
    is_most = year and 100 * counts[year] > MOST * sum(counts.values())
    return year if is_most and int(year) not in wanted else ""
