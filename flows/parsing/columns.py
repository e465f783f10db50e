"""Reading a column's cells by a function that is made from what its contract says of it."""

import re
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from flows.common.masking import MASK, without_ids
from flows.common.text import HAN, normalize_width, strip_whitespace
from flows.contracts.model import Column
from flows.parsing.codes import find_proof, with_zeros
from flows.parsing.values import (
    ERRORS,
    LOST_SIGN,
    NO_VALUE,
    SHOWN_IN_UNIT,
    UNITS_OF_YUAN,
    Unreadable,
    boolean_cell,
    code_cell,
    code_part,
    date_cell,
    decimal_cell,
    exact_cell,
    integer_cell,
    month_cell,
    name_part,
    percent_cell,
    person_id,
    text_cell,
    with_point,
)

if TYPE_CHECKING:
    import pyarrow as pa

NULLS = {"NULL", "null", "Null"}
# A text column that may hold days: in any other a spreadsheet made one of a class 3-5.
OF_TIME = re.compile("[日期年月时刻季]|date|day|time|month|year|period", re.IGNORECASE)
MOST_FEN, MOST_INEXACT = 1e12, 1e-3  # a float of so many fen is exact to less
MANY_DECIMALS = re.compile(r"[.．][0-9０-９]{3}|[eE]-")
REMEMBERED = 50_000  # cells of a column whose values are kept for the rows to come
UNREADABLE = object()  # no exception: that would keep the frames through which it passed
Read = Callable[[Any], Any]
KnownValues = dict[Hashable, Any]  # what each cell was read as
YEAR_LAST = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<between>[-/.])(?P<second>[0-9]{1,2})(?P=between)"
    r"(?P<year>[12][0-9]{3})(?P<time>.*)"
)
Pseudonym = Callable[[object], str | None]


def decimal_shape(data_type: str) -> tuple[int, int]:
    """Take precision and scale from `decimal(18,2)`."""
    precision, scale = data_type.removeprefix("decimal(").rstrip(")").split(",")
    return int(precision), int(scale)


def arrow_type(data_type: str) -> "pa.DataType":
    """Translate a contract's type."""
    import pyarrow as pa

    if data_type.startswith("decimal"):
        return pa.decimal128(*decimal_shape(data_type))
    types = {"date": pa.date32(), "boolean": pa.bool_(), "int": pa.int32(), "bigint": pa.int64()}
    return types.get(data_type, pa.string())


def is_code_name(name: str) -> bool:
    """Say whether a column holds codes, in which blanks mean nothing."""
    return name.endswith(("_code", "_no", "_id", "_value"))


def find_factor(column: Column, unit: str | None) -> int:
    """Say how many yuan an amount's unit is; 1 where the column is no amount."""
    known = column.unit or unit
    return UNITS_OF_YUAN[known] if known and column.role == "amount" else 1


def has_fraction_of_fen(cell: Any, factor: int) -> bool:
    """Say whether an amount is no whole number of fen, by more than a float is inexact."""
    if isinstance(cell, float):
        fen = cell * factor * 100
        return abs(fen) < MOST_FEN and abs(fen - round(fen)) > MOST_INEXACT
    if not isinstance(cell, str) or not MANY_DECIMALS.search(cell):
        return False
    try:
        number = exact_cell(cell)
    except Unreadable:
        return False
    return number is not None and number * factor * 100 % 1 != 0


def _decimal_reader(column: Column, factor: int) -> Read:
    precision, scale = decimal_shape(column.data_type)
    limit = Decimal(10) ** (precision - scale)

    def read_decimal(cell: Any) -> Decimal | None:
        if column.percent:
            value = percent_cell(cell, scale, column.percent)
        else:
            value = decimal_cell(cell, scale, factor)
        if value is not None and abs(value) >= limit:
            raise Unreadable
        return value

    return read_decimal


def _code_of_pair(cell: Any) -> str | None:
    """Take the code of a `代码-名称` cell; a name alone is no code."""
    code = code_part(cell)
    if code and HAN.search(code):
        raise Unreadable
    return code


def _text_reader(column: Column) -> Read:
    """Read a text or a code; a code that a digit or a list can prove must be proved."""
    is_code = is_code_name(column.name) or column.values or column.length
    takes: dict[str | None, Read] = {"code": _code_of_pair, "name": name_part}
    plain = (
        normalize_width if OF_TIME.search(" ".join((column.name, *column.captions))) else text_cell
    )
    read: Read = takes.get(column.take, code_cell if is_code else plain)
    proves = find_proof(column.check, column.code_list)
    if proves is None and column.length is None:
        return read

    def read_proved(cell: Any) -> str | None:
        found = read(cell)
        if found is None:
            return None
        text = str(found)
        if proves is None:
            if len(text) != column.length:
                raise Unreadable
            return text
        text = text.upper()
        if column.length and len(text) < column.length:
            text = with_zeros(text, column.length, proves) or ""
        if not proves(text):
            raise Unreadable
        return text

    return read_proved


def _plain_reader(column: Column, factor: int, date_system: int | None) -> Read:
    if column.data_type.startswith("decimal"):
        return _decimal_reader(column, factor)
    if column.data_type == "date":
        return partial(month_cell if column.precision else date_cell, date_system=date_system)
    by_type: dict[str, Read] = {
        "boolean": boolean_cell,
        "int": partial(integer_cell, bits=32),
        "bigint": integer_cell,
        "string": _text_reader(column),
    }
    return by_type[column.data_type]


def _without_ids(read: Read, pseudonym: Pseudonym) -> Read:
    """Let an id in a text where none belongs give way to its pseudonym: texts that differ do."""

    def read_masked(cell: Any) -> str | None:
        text = read(cell)
        return text and without_ids(text, lambda person: f"{MASK}{pseudonym(person) or ''}"[:17])

    return read_masked


def _listed(read: Read, values: Any, data_type: str) -> Read:
    """Read only what the contract lists, as what it says."""

    def read_listed(cell: Any) -> Any:
        text = strip_whitespace(cell)
        if text is None:
            return None
        if text in values:
            return read(values[text])
        if data_type == "boolean":
            return read(text)
        raise Unreadable

    return read_listed


def _in_unit(cell: str, column: Column, unit: str | None) -> Any:
    """Take the number of a cell that says in which unit it is shown: it must be the one meant.

    Where it is only shown scaled, by a unit that nobody names, it is as it is kept.
    """
    found = SHOWN_IN_UNIT.fullmatch(cell)
    is_meant = found and found[2] != "?" and Decimal(found[2]) == find_factor(column, unit)
    is_kept = found and found[2] == "?" and column.role == "amount" and not (column.unit or unit)
    if not found or not (is_meant or is_kept):
        raise Unreadable
    return found[1]


def _with_comma(read: Read) -> Read:
    return lambda cell: read(with_point(cell))


def _with_year_first(read: Read, order: str) -> Read:
    """Read days whose year stands last, in the order that the contract says."""

    def read_turned(cell: Any) -> Any:
        found = YEAR_LAST.fullmatch(normalize_width(cell) or "") if isinstance(cell, str) else None
        if not found:
            return read(cell)
        first, second, year, time = found.group("first", "second", "year", "time")
        day, month = (first, second) if order == "dd-mm-yyyy" else (second, first)
        return read(f"{year}-{month}-{day}{time}")

    return read_turned


def make_reader(
    column: Column,
    unit: str | None = None,
    pseudonym: Pseudonym | None = None,
    date_system: int | None = None,
) -> Read:
    """Make the function that reads a column's cells; it raises Unreadable, without the value.

    An empty cell is missing, a cell that shows a spreadsheet's error is unreadable, and what the
    contract gives a meaning has that meaning.
    """
    if column.person:
        read: Read = pseudonym or person_id
    else:
        read = _plain_reader(column, find_factor(column, unit), date_system)
        if pseudonym and column.data_type == "string":
            read = _without_ids(read, pseudonym)
        if column.values:
            read = _listed(read, column.values, column.data_type)
    if column.decimal == "," and column.data_type.startswith(("decimal", "int", "bigint")):
        read = _with_comma(read)
    if column.dates and column.data_type == "date":
        read = _with_year_first(read, column.dates)
    means = {strip_whitespace(text): meaning for text, meaning in column.means.items()}

    def read_cell(cell: Any) -> Any:
        if isinstance(cell, str) and not means and cell.isalnum() and cell not in NULLS:
            return read(cell)  # as most are: no error has such signs alone
        if isinstance(cell, dict | list):  # JSON within JSON
            raise Unreadable
        if means or isinstance(cell, str):
            text = strip_whitespace(cell)
            if text in ERRORS or (isinstance(cell, str) and LOST_SIGN in cell):
                raise Unreadable
            if text is not None and text in means:
                return read("0") if means[text] == "zero" else None
            if text and text.upper() in NO_VALUE and text not in column.values:
                return None
            if text and text.startswith("#") and SHOWN_IN_UNIT.fullmatch(text):
                cell = _in_unit(text, column, unit)
        return read(cell)

    return read_cell


def read_cells(
    cells: Sequence[Any], read: Read, data_type: str, known: KnownValues
) -> tuple["pa.Array", list[int]]:
    """Read many cells: typed values, null where unreadable, and the places of the unreadable.

    Each different cell is read once; `known` keeps what earlier cells of the column were read as.
    """
    import pyarrow as pa

    if len(known) > REMEMBERED:
        known.clear()
    known[UNREADABLE] = UNREADABLE
    is_text = set(map(type, cells)) == {str}
    keys: Sequence[Hashable] = cells if is_text else list(map(_key_of_cell, cells))
    for key in set(keys).difference(known):
        try:
            known[key] = read(key if is_text or not isinstance(key, tuple) else key[1])
        except Unreadable:
            known[key] = UNREADABLE
    values = [known[key] for key in keys]
    unreadable = [place for place, value in enumerate(values) if value is UNREADABLE]
    for place in unreadable:
        values[place] = None
    return pa.array(values, arrow_type(data_type)), unreadable


def _key_of_cell(cell: Any) -> Hashable:
    """Tell cells apart that are equal in Python: True, 1 and 1.0."""
    if isinstance(cell, dict | list):  # JSON within JSON
        return UNREADABLE
    return cell if isinstance(cell, str) else (type(cell), cell)
