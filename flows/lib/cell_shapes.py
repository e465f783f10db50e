"""What the text of a cell looks like, where no contract says what it should be."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flows.lib.cells import GROUPED, NUMBER, Unreadable, decimal_cell, half_width, squeezed

YEAR = re.compile(r"(?:19|20)[0-9]{2}年?度?")
CODE = re.compile(r"[A-Za-z]{0,4}[0-9][0-9A-Za-z]{3,29}")
CODE_NAME = re.compile(r"(?=[^-—–−]*[0-9])[0-9A-Za-z]{2,24}[-—–−]\s*[^\s0-9].*")
DAY = re.compile(
    r"[12][0-9]{3}(?:[-/.年][0-9]{1,2}(?:[-/.月][0-9]{1,2}日?|月)?|(?:0[1-9]|1[0-2])"
    r"(?:0[1-9]|[12][0-9]|3[01]))(?:[T ]?00:00:00.*)?"
)
PERCENT = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?[%％]")
# What offices write where there is no number. An empty cell is missing without being declared.
NO_VALUES = {
    "-": "missing", "--": "missing", "—": "missing", "——": "missing", "…": "missing",
    "……": "missing", "...": "missing", "/": "not_applicable", "无": "not_applicable",
    "NA": "missing", "N/A": "missing", "n/a": "missing", "na": "missing", "null": "missing",
    "NULL": "missing", ".": "missing", "..": "missing", "*": "suppressed", "**": "suppressed",
    "SUPP": "suppressed", "S": "suppressed", "x": "suppressed", "不适用": "not_applicable",
    "未统计": "missing", "缺": "missing",
}  # fmt: skip


def is_number(cell: Any) -> bool:
    """Say whether a cell holds a number as offices write it."""
    if isinstance(cell, bool):
        return False
    if isinstance(cell, int | float | Decimal):
        return True
    text = squeezed(cell)
    if text is None:
        return False
    text = re.sub(r"^([-+]?)[¥￥$]", r"\1", text.strip("()"))
    return bool(NUMBER.fullmatch(text) or GROUPED.fullmatch(text))


def is_day(cell: Any) -> bool:
    """Say whether a cell holds a day or a month."""
    if isinstance(cell, date | datetime):
        return True
    text = squeezed(cell)
    return bool(text and isinstance(cell, str) and DAY.fullmatch(text))


def is_year(cell: Any) -> bool:
    """Say whether a cell holds no more than a year."""
    text = squeezed(cell)
    return bool(text and YEAR.fullmatch(text))


def is_value(cell: Any) -> bool:
    """Say whether a cell looks like data: a number, a day, a code; no caption looks so."""
    text = half_width(cell)
    if text is None:
        return False
    shapes = (CODE, CODE_NAME, PERCENT)
    return is_number(cell) or is_day(cell) or any(shape.fullmatch(text) for shape in shapes)


def number_of(cell: Any) -> Decimal | None:
    """Read a number as it stands, to ten decimals; None where there is none."""
    try:
        return decimal_cell(cell, 10, 1)
    except Unreadable:
        return None


def decimals_of(cells: Iterable[Any]) -> int:
    """Count the most decimals that any of the numbers has."""
    numbers = [number for cell in cells if (number := number_of(cell)) is not None]
    exponents = [number.normalize().as_tuple().exponent for number in numbers]
    return max((-one for one in exponents if isinstance(one, int) and one < 0), default=0)


def filled(row: Sequence[Any]) -> list[tuple[int, str]]:
    """Give the texts of a row that are not empty, with their places."""
    return [(place, text) for place, cell in enumerate(row) if (text := half_width(cell))]
