"""Reading one cell: text, codes, amounts, dates and yes/no as the offices write them."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from flows.lib.contracts import Column

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
BLANKS = re.compile(r"\s+")
DATE = re.compile(
    r"([12][0-9]{3})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))"
)
NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
BOOLEANS = {
    "是": True, "有": True, "1": True, "Y": True, "YES": True, "TRUE": True, "T": True,
    "否": False, "无": False, "0": False, "N": False, "NO": False, "FALSE": False, "F": False,
}  # fmt: skip
UNITS_OF_YUAN = {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}


class Unreadable(ValueError):
    """A cell that cannot be read as its contract declares; carries no value."""


def half_width(cell: Any) -> str | None:
    """Give a cell's text in half width without outer blanks; empty is None."""
    if cell is None:
        return None
    if isinstance(cell, str):
        text = cell.translate(FULL_WIDTH).strip()
    elif isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    else:
        text = str(cell)
    return text or None


def squeezed(cell: Any) -> str | None:
    """Give a code's text: half width, no blanks at all."""
    text = half_width(cell)
    return BLANKS.sub("", text) or None if text else None


def code_part(cell: Any) -> str | None:
    """Take the code of a `代码-名称` cell."""
    text = squeezed(cell)
    return re.split(r"[-—–−]", text, maxsplit=1)[0] or None if text else None


def decimal_cell(cell: Any, scale: int, factor: int) -> Decimal | None:
    """Read an amount exactly, times the unit's factor, half up at the column's scale."""
    if isinstance(cell, bool):
        raise Unreadable
    if isinstance(cell, int | float):
        text: str | None = f"{cell:.15g}"
    else:
        text = squeezed(cell)
    if text is None:
        return None
    if text.startswith("(") and text.endswith(")"):  # accountants' negative
        text = "-" + text[1:-1]
    text = text.lstrip("¥￥$")
    if GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not NUMBER.fullmatch(text):
        raise Unreadable
    try:
        return (Decimal(text) * factor).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    except InvalidOperation:
        raise Unreadable from None


def date_cell(cell: Any) -> date | None:
    """Read a day: 20230901, 2023-9-1, 2023/9/1, 2023.9.1, 2023年9月1日 or a spreadsheet's date."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = squeezed(cell)
    if text is None:
        return None
    text = re.sub(r"[T]?00:00:00(\.0+)?$", "", text)
    found = DATE.fullmatch(text)
    if not found:
        raise Unreadable
    year, month, day, compact_month, compact_day = found.groups()
    try:
        return date(int(year), int(month or compact_month), int(day or compact_day))
    except ValueError:
        raise Unreadable from None


def boolean_cell(cell: Any) -> bool | None:
    """Read yes or no in the words that the offices use."""
    if isinstance(cell, bool):
        return cell
    text = squeezed(cell)
    if text is None:
        return None
    try:
        return BOOLEANS[text.upper()]
    except KeyError:
        raise Unreadable from None


def integer_cell(cell: Any) -> int | None:
    """Read a whole number."""
    value = decimal_cell(cell, 6, 1)
    if value is None:
        return None
    if value != value.to_integral_value():
        raise Unreadable
    return int(value)


def decimal_shape(data_type: str) -> tuple[int, int]:
    """Take precision and scale from `decimal(18,2)`."""
    precision, scale = data_type.removeprefix("decimal(").rstrip(")").split(",")
    return int(precision), int(scale)


def _plain_reader(column: Column, sheet_unit: str | None) -> Callable[[Any], Any]:
    if column.data_type.startswith("decimal"):
        precision, scale = decimal_shape(column.data_type)
        unit = column.unit or sheet_unit
        factor = UNITS_OF_YUAN[unit] if unit and column.role == "amount" else 1
        limit = Decimal(10) ** (precision - scale)

        def read_amount(cell: Any) -> Decimal | None:
            value = decimal_cell(cell, scale, factor)
            if value is not None and abs(value) >= limit:
                raise Unreadable
            return value

        return read_amount
    if column.take == "code":
        return code_part
    is_code = column.name.endswith(("_code", "_no", "_id", "_value"))
    by_type: dict[str, Callable[[Any], Any]] = {
        "date": date_cell,
        "boolean": boolean_cell,
        "int": integer_cell,
        "bigint": integer_cell,
        "string": squeezed if is_code or column.values else half_width,
    }
    return by_type[column.data_type]


def reader_of(
    column: Column,
    sheet_unit: str | None = None,
    pseudonym: Callable[[object], str | None] | None = None,
) -> Callable[[Any], Any]:
    """Make the function that reads a column's cells; it raises Unreadable, without the value."""
    if column.person:
        return pseudonym or (lambda cell: (text := squeezed(cell)) and text.upper())
    plain = _plain_reader(column, sheet_unit)
    if column.values is None:
        return plain
    values = column.values

    def read_listed(cell: Any) -> Any:
        text = squeezed(cell)
        if text is None:
            return None
        if text in values:
            return plain(values[text])
        if column.data_type == "boolean":
            return plain(text)
        raise Unreadable

    return read_listed
