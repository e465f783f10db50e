"""Reading one cell: text, codes, amounts, dates and yes/no as the offices write them."""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from flows.common.text import HAN, normalize_width, strip_whitespace
from flows.parsing.codes import check_digit, is_identity
from flows.readers.number_formats import HIDDEN, STRUCK

QUOTES = "'‘’`´\"“”="  # how spreadsheets are told that digits are a text
APOSTROPHES = "'‘’`"
POWER_OF_TEN = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+|[0-9]\.[0-9]+E[0-9]+")
LOST_SIGN = "\ufffd"  # in place of what somebody could not decode
NO_VALUE = {"NULL", "(NULL)", "<NULL>", "[NULL]", r"\N"}  # as systems export a missing value
# 1 535.09: with plain blanks only before decimals of money, for 120 135 may be two numbers.
THIN_BLANKS = re.compile("[\xa0\u2007\u2009\u202f]")
SPACED = re.compile(r"[^0-9\s]*[0-9]{1,3}(?: [0-9]{3})+(\s*[.,][0-9]{1,2})?[^0-9]*")
LOST_DIGITS = re.compile(r"[-+]?[0-9](?:\.([0-9]*))?[eE]\+([0-9]{1,3})")  # 1.2E9 is a program's
SHORTEST_LOST = 9  # a spreadsheet shows shorter numbers with all their digits
SHOWN_IN_UNIT = re.compile(r"#(-?[0-9.]+)×([0-9.]+|\?)")
OLD_ID = re.compile(r"[1-9][0-9]{7}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}")
ID_DIGITS = re.compile(r"[0-9]{15}|[0-9]{18}")  # no office has so much money
DATE = re.compile(
    r"([12][0-9]{3})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))"
)
TIME = re.compile(
    r"(?<=[0-9日])(?:T| +)(?:[01]?[0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(\+08(:?00)?)?$"
)
SHORT_NUMBER = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]+)?")  # as most are; a longer one may be an id
TWO_NUMBERS = re.compile(r"[0-9]\s+[0-9]")
CURRENCY = re.compile(r"^([-+]?)[¥￥$£€]")
GROUP_SIGNS = re.compile("[,'’]")
MOST_EXACT = 1e15  # a spreadsheet keeps 15 digits, and what stands behind them is made up
NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
GROUPED = re.compile(  # 1,234,567 and 1'234'567, and 12,34,567 as in India
    r"[-+]?(?:[0-9]{1,3}(?:(?:,[0-9]{3})+|(?:['’][0-9]{3})+)|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3})"
    r"(?:\.[0-9]*)?"
)
WITH_COMMA = re.compile(r"[-+(]*(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9 ]*)(?:,[0-9]*)?[ %％)]*")
BOOLEANS = dict.fromkeys("是 有 1 Y YES TRUE T √ ✓".split(), True)
BOOLEANS |= dict.fromkeys("否 无 0 N NO FALSE F × ✗".split(), False)
# What a spreadsheet shows where it could not calculate; and what our readers say of a formula that
# was never calculated, of text that is struck out, of a number that is shown to nobody.
ERRORS = {*"#REF! #N/A #VALUE! #DIV/0! #NAME? #NULL! #NUM! #FORMULA!".split(), STRUCK, HIDDEN}
MONTH = re.compile(r"([12][0-9]{3})(?:[-/.年]([0-9]{1,2})月?|([0-9]{2}))")
UNITS_OF_YUAN = {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}


class Unreadable(ValueError):
    """A cell that cannot be read as its contract declares; carries no value."""


def code_cell(cell: Any) -> str | None:
    """Read a code; what a spreadsheet made a date or a power of ten of is lost."""
    if isinstance(cell, bool | date):
        raise Unreadable
    text = strip_whitespace(cell)
    if text is None:
        return None
    text = text.lstrip(APOSTROPHES)
    if POWER_OF_TEN.fullmatch(text.upper()):
        raise Unreadable
    return text or None


def code_part(cell: Any) -> str | None:
    """Take the code of a `代码-名称` cell."""
    text = code_cell(cell)
    return re.split(r"[-—–−]", text, maxsplit=1)[0] or None if text else None


def name_part(cell: Any) -> str | None:
    """Take the name of a `代码-名称` cell; where there is no code, the whole is the name."""
    text = normalize_width(cell)
    if text is None:
        return None
    code, *name = re.split(r"[-—–−]", text, maxsplit=1)
    return name[0].strip() or None if name and not HAN.search(code) else text


def person_id(cell: Any) -> str | None:
    """Write a person's id in the one way, so that one person is not two.

    Half width, upper case, no blanks, no quotes, no `.0`; a citizen's number of 15 digits becomes
    that of 18. What a spreadsheet made a power of ten of has lost digits and is unreadable.
    """
    if isinstance(cell, str) and cell.isascii() and cell.isalnum():
        text = cell.upper()  # as most are: nothing to look for
    else:
        text = (strip_whitespace(cell) or "").upper()
        text = "".join(filter(str.isprintable, text)).strip(QUOTES)
        text = re.sub(r"\.0+$", "", text)
        if POWER_OF_TEN.fullmatch(text):
            raise Unreadable
    if len(text) == 18 and text.endswith("000") and text.isdigit() and not is_identity(text):
        raise Unreadable  # a spreadsheet keeps 15 digits
    if len(text) == 15 and OLD_ID.fullmatch(text):
        text = f"{text[:6]}19{text[6:]}"
        text += check_digit(text)
    return text or None


def text_cell(cell: Any) -> str | None:
    """Read a text; a number that lost digits, and a day that was a text (3-5), are no text."""
    if isinstance(cell, date | time | timedelta):
        raise Unreadable
    if isinstance(cell, float) and abs(cell) >= MOST_EXACT:
        raise Unreadable
    text = normalize_width(cell)
    if text and (found := LOST_DIGITS.fullmatch(text)) and _has_lost(found):
        raise Unreadable
    return text


def _has_lost(found: re.Match[str]) -> bool:
    """Say whether a power of ten has fewer digits than the number that it was made of."""
    exponent = int(found[2])
    return exponent >= SHORTEST_LOST and exponent > len(found[1] or "")


def decimal_cell(cell: Any, scale: int, factor: int) -> Decimal | None:
    """Read an amount exactly, times the unit's factor, half up at the column's scale."""
    number = exact_cell(cell)
    try:
        return number and (number * factor).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    except InvalidOperation:
        raise Unreadable from None


def exact_cell(cell: Any) -> Decimal | None:
    """Read a number with all the digits that are written."""
    if isinstance(cell, bool):
        raise Unreadable
    if isinstance(cell, float):
        if abs(cell) >= MOST_EXACT:
            raise Unreadable
        text: str | None = f"{cell:.15g}"
    else:
        text = normalize_width(cell)
    if text is None:
        return None
    if SHORT_NUMBER.fullmatch(text):
        return Decimal(text)
    if TWO_NUMBERS.search(text):
        found = SPACED.fullmatch(text)
        if not found or not (found[1] or THIN_BLANKS.search(str(cell))):
            raise Unreadable  # two numbers in a cell are not one
    text = "".join(text.split()).replace("−", "-")
    if text.startswith("(") and text.endswith(")"):  # accountants' negative
        text = "-" + text[1:-1]
    text = CURRENCY.sub(r"\1", text)
    if ID_DIGITS.fullmatch(text):
        raise Unreadable
    if GROUPED.fullmatch(text):
        text = GROUP_SIGNS.sub("", text)
    if not NUMBER.fullmatch(text):
        raise Unreadable
    if (power := LOST_DIGITS.fullmatch(text)) and _has_lost(power):
        raise Unreadable
    return Decimal(text)


def holds_number(cell: Any) -> bool:
    """Say whether a cell holds a number as offices write it, and nothing else."""
    if isinstance(cell, int | float | Decimal):
        return not isinstance(cell, bool)
    text = (strip_whitespace(cell) or "").strip("()") if isinstance(cell, str) else ""
    text = CURRENCY.sub(r"\1", text)
    return bool(NUMBER.fullmatch(text) or GROUPED.fullmatch(text))


def with_point(cell: Any) -> Any:
    """Write a number that has a decimal comma (1.234,5) with a point; 12.5 is unreadable."""
    text = normalize_width(cell) if isinstance(cell, str) else None
    if text and re.fullmatch("[-+(]*[0-9]{1,3}(?: [0-9]{3})+(?:,[0-9]*)?[)]*", text):
        text = text.replace(" ", "")
    if text is None or not re.search("[.,]", text):
        return text or cell
    if not WITH_COMMA.fullmatch(text):
        raise Unreadable
    return text.replace(".", "").replace(",", ".")


EPOCHS = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
FIRST_DAY = date(1900, 3, 1)  # spreadsheets have a 29 February 1900, and days before it are off
SERIALS = range(20_000, 80_000)  # days of the years 1954 to 2119 as spreadsheets count them


def date_cell(cell: Any, date_system: int | None = None) -> date | None:
    """Read a day: 20230901, 2023-9-1, 2023/9/1, 2023.9.1, 2023年9月1日 or a spreadsheet's date.

    A time behind it is left out, unless it is of another zone: there the day may be another. A
    day's serial number is read where the date system (1900 or 1904) is known.
    """
    if isinstance(cell, date):
        written = cell.date() if isinstance(cell, datetime) else cell
        if date_system == 1900 and written < FIRST_DAY:
            raise Unreadable
        return written
    text = normalize_width(cell)
    if text is None:
        return None
    text = "".join(TIME.sub("", text).split())
    if date_system and text.isascii() and text.isdigit() and int(text) in SERIALS:
        return EPOCHS[date_system] + timedelta(days=int(text))
    found = DATE.fullmatch(text)
    if not found:
        raise Unreadable
    year, month, day, compact_month, compact_day = found.groups()
    try:
        return date(int(year), int(month or compact_month), int(day or compact_day))
    except ValueError:
        raise Unreadable from None


def month_cell(cell: Any, date_system: int | None = None) -> date | None:
    """Read a month (2023.9, 2023年9月, 202309) as its first day; a whole date is its month.

    A number 2023.1 may have been 2023.10 and is unreadable.
    """
    text = strip_whitespace(cell)
    found = MONTH.fullmatch(text) if text and not isinstance(cell, date) else None
    if not found:
        day = date_cell(cell, date_system)
        return day and day.replace(day=1)
    if isinstance(cell, float) and found[2] == "1":
        raise Unreadable
    month = int(found[2] or found[3])
    if not 1 <= month <= 12:
        raise Unreadable
    return date(int(found[1]), month, 1)


def percent_cell(cell: Any, scale: int, bare: str) -> Decimal | None:
    """Read percent points: `12.5%` is 12.5; a bare number is points or a share, as declared."""
    text = strip_whitespace(cell)
    if text is None:
        return None
    if text.endswith(("%", "％")):
        return decimal_cell(text[:-1], scale, 1)
    if bare == "written":
        raise Unreadable
    return decimal_cell(cell, scale, 100 if bare == "share" else 1)


def boolean_cell(cell: Any) -> bool | None:
    """Read yes or no in the words that the offices use."""
    if isinstance(cell, bool):
        return cell
    text = strip_whitespace(cell)
    if text is None:
        return None
    try:
        return BOOLEANS[text.upper()]
    except KeyError:
        raise Unreadable from None


def integer_cell(cell: Any, bits: int = 64) -> int | None:
    """Read a whole number that fits into so many bits."""
    value = exact_cell(cell)
    if value is None:
        return None
    if value != value.to_integral_value() or abs(value) >= 2 ** (bits - 1):
        raise Unreadable
    return int(value)
