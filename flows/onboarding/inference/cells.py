"""What the text of a cell looks like, where no contract says what it should be."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flows.common.text import HAN, normalize_width, strip_whitespace
from flows.parsing.values import Unreadable, decimal_cell, holds_number

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
    sign: meaning
    for meaning, signs in {
        "missing": "- -- — —— … …… ... . .. : x NA N/A n/a na null NULL 未统计 缺 [x] [u] [w]",
        "not_applicable": "/ 无 不适用 z :z † [z]",
        "suppressed": "* ** SUPP S c :c [c]",
    }.items()
    for sign in signs.split()
}
LONGEST_SIGN, MOST_SIGNS = 6, 8
COMMA = re.compile(
    r"[-+]?(?:[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9 ]*[0-9],(?:[0-9]{1,2}|[0-9]{4,}))%?"
)
POINT = re.compile(r"[-+]?[0-9,]*[0-9]\.(?:[0-9]{1,2}|[0-9]{4,})%?")


def is_day(cell: Any) -> bool:
    """Say whether a cell holds a day or a month."""
    if isinstance(cell, date | datetime):
        return True
    text = strip_whitespace(cell)
    return bool(text and isinstance(cell, str) and DAY.fullmatch(text))


def is_year(cell: Any) -> bool:
    """Say whether a cell holds no more than a year."""
    text = strip_whitespace(cell)
    return bool(text and YEAR.fullmatch(text))


def is_value(cell: Any) -> bool:
    """Say whether a cell looks like data: a number, a day, a code; no caption looks so."""
    text = normalize_width(cell)
    if text is None:
        return False
    shapes = (CODE, CODE_NAME, PERCENT)
    return holds_number(cell) or is_day(cell) or any(shape.fullmatch(text) for shape in shapes)


def has_decimal_commas(texts: Iterable[str]) -> bool:
    """Say whether numbers among texts are written with a decimal comma, and none with a point."""
    found = False
    for text in texts:
        if POINT.fullmatch(text):
            return False
        found = found or bool(COMMA.fullmatch(text))
    return found


def find_placeholders(cells: Iterable[Any]) -> dict[str, str]:
    """Find what stands in place of numbers (-, SUPP, :) and what it says; missing where unknown.

    Of cells that are mostly no numbers only the signs are given that offices are known to write.
    """
    texts = [text for cell in cells if (text := strip_whitespace(cell))]
    others = {text for text in texts if not holds_number(text)}
    known = {text: NO_VALUES[text] for text in sorted(others) if text in NO_VALUES}
    unknown = others - known.keys()
    is_short = all(
        len(text) <= LONGEST_SIGN and not HAN.search(text) and not re.search("[0-9]", text)
        for text in unknown
    )
    numbers = sum(map(holds_number, texts))
    if len(others) > MOST_SIGNS or not is_short or 5 * numbers < len(texts):
        return known
    return known | dict.fromkeys(sorted(unknown), "missing")


def read_number(cell: Any) -> Decimal | None:
    """Read a number as it stands, to ten decimals; None where there is none."""
    try:
        return decimal_cell(cell, 10, 1)
    except Unreadable:
        return None


def count_decimals(cells: Iterable[Any]) -> int:
    """Count the most decimals that any number has or is written with: 4500.00 has two."""
    most = 0
    for cell in cells:
        number = read_number(cell)
        exponent = number.normalize().as_tuple().exponent if number is not None else 0
        written = re.fullmatch(r"[^.]*[0-9]\.([0-9]+)", strip_whitespace(cell) or "")
        if isinstance(cell, str) and written:
            most = max(most, len(written[1]))
        if isinstance(exponent, int):
            most = max(most, -exponent)
    return most


def list_texts(row: Sequence[Any]) -> list[tuple[int, str]]:
    """Give the texts of a row that are not empty, with their places."""
    return [(place, text) for place, cell in enumerate(row) if (text := normalize_width(cell))]


def first_text(row: Sequence[Any]) -> str:
    """Give the first text of a row; empty for a blank one."""
    return next((text for _, text in list_texts(row)), "")
