"""What the text of a cell looks like, where no contract says what it should be."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flows.common.text import HAN, half_width, squeezed
from flows.parsing.values import GROUPED, NUMBER, Unreadable, decimal_cell

YEAR = re.compile(r"(?:19|20)[0-9]{2}年?度?")
CODE = re.compile(r"[A-Za-z]{0,4}[0-9][0-9A-Za-z]{3,29}")
CODE_NAME = re.compile(r"(?=[^-—–−]*[0-9])[0-9A-Za-z]{2,24}[-—–−]\s*[^\s0-9].*")
DAY = re.compile(
    r"[12][0-9]{3}(?:[-/.年](?:1[0-2]|0?[1-9])(?:[-/.月][0-9]{1,2}日?|月)?|(?:0[1-9]|1[0-2])"
    r"(?:0[1-9]|[12][0-9]|3[01]))(?:[T ]?00:00:00.*)?"
)
PERCENT = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?[%％]")
# What offices write where there is no number. An empty cell is missing without being declared.
NO_VALUES = {
    "-": "missing", "--": "missing", "—": "missing", "——": "missing", "…": "missing",
    "……": "missing", "...": "missing", "/": "not_applicable", "无": "not_applicable",
    "NA": "missing", "N/A": "missing", "n/a": "missing", "na": "missing", "null": "missing",
    "NULL": "missing", ".": "missing", "..": "missing", "*": "suppressed", "**": "suppressed",
    "SUPP": "suppressed", "S": "suppressed", "c": "suppressed", "不适用": "not_applicable",
    "z": "not_applicable", "x": "missing", ":": "missing", ":c": "suppressed",
    ":z": "not_applicable", "†": "not_applicable",
    "未统计": "missing", "缺": "missing", "[c]": "suppressed", "[x]": "missing",
    "[z]": "not_applicable", "[u]": "missing", "[w]": "missing",
}  # fmt: skip
LONGEST_SIGN, MOST_SIGNS = 6, 8
# What stands behind a number and is no part of it: 1204(1), 12.5 p, 88*, 1204\\1\\
MARKS = r"(?<=[0-9])(?: ?\([0-9a-zA-Z]{1,2}\)| ?\\[0-9]{1,2}\\| [a-z]{1,2}| ?[*†‡#¹²³]+)$"
COMMA = re.compile(
    r"[-+]?(?:[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9 ]*[0-9],(?:[0-9]{1,2}|[0-9]{4,}))%?"
)
POINT = re.compile(r"[-+]?[0-9,]*[0-9]\.(?:[0-9]{1,2}|[0-9]{4,})%?")


def is_number(cell: Any) -> bool:
    """Say whether a cell holds a number as offices write it."""
    if isinstance(cell, bool):
        return False
    if isinstance(cell, int | float | Decimal):
        return True
    text = squeezed(cell)
    if text is None:
        return False
    text = re.sub(r"^([-+]?)[¥￥$£€]", r"\1", text.strip("()"))
    return bool(NUMBER.fullmatch(text) or GROUPED.fullmatch(text))


def without_mark(cell: Any) -> Any:
    """Take the mark of a footnote from a number; other cells stay."""
    if not isinstance(cell, str) or is_number(cell):
        return cell
    plain = re.sub(MARKS, "", half_width(cell) or "")
    return plain if is_number(plain) else cell


def has_decimal_commas(texts: Iterable[str]) -> bool:
    """Say whether numbers among texts are written with a decimal comma, and none with a point."""
    found = False
    for text in texts:
        if POINT.fullmatch(text):
            return False
        found = found or bool(COMMA.fullmatch(text))
    return found


def signs_among(cells: Iterable[Any]) -> dict[str, str]:
    """Find what stands in place of numbers (-, SUPP, :) and what it says; missing where unknown.

    Empty where the cells are no numbers.
    """
    texts = [text for cell in cells if (text := squeezed(cell))]
    numbers = [text for text in texts if is_number(text)]
    others = set(texts) - set(numbers)
    is_told = all(
        text in NO_VALUES
        or (len(text) <= LONGEST_SIGN and not HAN.search(text) and not re.search("[0-9]", text))
        for text in others
    )
    if len(others) > MOST_SIGNS or not is_told or 5 * len(numbers) < len(texts):
        return {}
    return {text: NO_VALUES.get(text, "missing") for text in sorted(others)}


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
