"""Reading a column's cells at once: what is plainly written as a whole, the rest cell by cell.

`values.py` says what a cell means; here is only the short way for texts that need no second look.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flows.contracts.model import Column
from flows.parsing.columns import decimal_shape, is_code_name
from flows.parsing.values import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

FEW = 256  # different texts that are always read one by one
REMEMBERED = 50_000  # cells of a column whose values are kept for the rows to come
# Printable ASCII and Han without outer blanks: nothing to make half width, nothing to squeeze.
PLAIN_TEXT = r"^[!-~\x{3400}-\x{9fff}](?:[ -~\x{3400}-\x{9fff}]*[!-~\x{3400}-\x{9fff}])?$"
PLAIN_CODE = r"^[!-~\x{3400}-\x{9fff}]+$"
CODE_ALONE = r"^[!-,.-~]+$"  # where a code may have its name behind a dash: none has
# What common/masking.py finds in a plain text, an error, ="1", no value, a power of ten. Of longer
# numbers an id is no part.
NOT_PLAIN = (
    r"(?:^|[^0-9])[0-9]{6} ?(?:[0-9]{8} ?[0-9]{3}[0-9Xx]|[0-9]{6} ?[0-9]{3})(?:$|[^0-9])"
    r"|工号|^[#=]|^[(<\[]?(?i:null)[)>\]]?$|^\\N$|^[0-9](?:\.[0-9]*)?[eE]\+"
)
NOT_CODE = r"^['`]|^[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+$"  # told to be a text, or a power of ten
LONGEST_NUMBER = 14  # more digits may be the id of a person

UNREADABLE = object()  # no exception: that would keep the frames through which it passed
Known = dict[Any, Any]  # what each cell was read as


def arrow_type(data_type: str) -> "pa.DataType":
    """Translate a contract's type."""
    import pyarrow as pa

    if data_type.startswith("decimal"):
        return pa.decimal128(*decimal_shape(data_type))
    types = {"date": pa.date32(), "boolean": pa.bool_(), "int": pa.int32(), "bigint": pa.int64()}
    return types.get(data_type, pa.string())


def typed_column(
    cells: Sequence[Any],
    column: Column,
    read: Callable[[Any], Any],
    factor: int = 1,
    known: Known | None = None,
) -> tuple["pa.Array", list[int]]:
    """Read cells as their contract declares: the typed values, and the places of the unreadable.

    `read` is what `cells.reader_of` gives, `factor` the yuan in a unit of the sheet, `known` what
    earlier cells of the column were read as. An unreadable cell is null.
    """
    import pyarrow as pa

    wanted = arrow_type(column.data_type)
    known = {} if known is None else known
    try:
        written = pa.array(cells, pa.float64() if set(map(type, cells)) == {float} else pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return _one_by_one(cells, wanted, read, known)
    different = written.dictionary_encode()
    if len(different.dictionary) > max(FEW, len(written) // 4):
        is_plain = _plain(written, column, factor)
        if is_plain is not None:
            return _mixed(written, is_plain, wanted, read, known)
        with suppress(Unreadable):  # nothing to remember where most differ, as ids do
            return pa.array(list(map(read, cells)), wanted), []
    values, unreadable = _one_by_one(different.dictionary.to_pylist(), wanted, read, known)
    return _spread(different, values, set(unreadable))


def _one_by_one(
    cells: Sequence[Any], wanted: "pa.DataType", read: Callable[[Any], Any], known: Known
) -> tuple["pa.Array", list[int]]:
    import pyarrow as pa

    if len(known) > REMEMBERED:
        known.clear()
    values: list[Any] = []
    unreadable: list[int] = []
    for place, cell in enumerate(cells):
        if isinstance(cell, dict | list):  # JSON within JSON
            unreadable.append(place)
            values.append(None)
            continue
        # True == 1 and 1.0 == 1 in a dict, but they are other cells.
        key = cell if isinstance(cell, str) else (cell.__class__, cell)
        try:
            value = known[key]
        except KeyError:
            try:
                value = read(cell)
            except Unreadable:
                value = UNREADABLE
            known[key] = value
        if value is UNREADABLE:
            unreadable.append(place)
            value = None
        values.append(value)
    return pa.array(values, wanted), unreadable


def _spread(
    different: "pa.DictionaryArray", values: "pa.Array", unreadable: set[int]
) -> tuple["pa.Array", list[int]]:
    """Give each cell the value of what is written there; an empty cell has none."""
    import pyarrow.compute as pc

    spread = values.take(different.indices)
    places = []
    if unreadable:
        is_bad = pc.is_in(different.indices, _int_array(unreadable, different.indices.type))
        places = pc.indices_nonzero(is_bad).to_pylist()
    return spread, places


def _int_array(numbers: set[int], kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    return pa.array(sorted(numbers), kind)


def _plain(texts: "pa.Array", column: Column, factor: int) -> "pa.Array | None":
    """Say which texts mean what they say; None for numbers, and for columns with own words."""
    import pyarrow as pa
    import pyarrow.compute as pc

    own_words = (
        column.person,
        column.take == "name",
        column.values,
        column.means,
        column.check,
        column.code_list,
        column.percent,
        column.length,
        column.decimal,
    )
    if any(own_words) or not pa.types.is_string(texts.type):
        return None
    if column.data_type == "string":
        is_code = bool(column.take) or is_code_name(column.name)
        plain = CODE_ALONE if column.take else PLAIN_CODE if is_code else PLAIN_TEXT
        is_plain = pc.match_substring_regex(texts, plain)
        refused = f"{NOT_PLAIN}|{NOT_CODE}" if is_code else NOT_PLAIN
        return pc.and_(is_plain, pc.invert(pc.match_substring_regex(texts, refused)))
    if column.data_type.startswith("decimal") and factor == 1:
        precision, scale = decimal_shape(column.data_type)
        whole = min(precision - scale, LONGEST_NUMBER)
        groups = max((whole - 1) // 3, 1)
        fraction = f"(?:\\.[0-9]{{1,{scale}}})?" if scale else ""
        number = f"(?:[0-9]{{1,{whole}}}|[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,{groups}}})"
        return pc.match_substring_regex(texts, f"^-?{number}{fraction}$")
    return None


def _mixed(
    texts: "pa.Array",
    is_plain: "pa.Array",
    wanted: "pa.DataType",
    read: Callable[[Any], Any],
    known: Known,
) -> tuple["pa.Array", list[int]]:
    """Convert the plain texts as a whole and read the others one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_plain = pc.fill_null(is_plain, False)
    kept = pc.if_else(is_plain, texts, pa.scalar(None, pa.string()))
    if pa.types.is_decimal(wanted):
        kept = pc.replace_substring(kept, ",", "").cast(wanted)
    others = pc.indices_nonzero(pc.invert(is_plain))
    if not len(others):
        return kept, []
    places = others.to_pylist()
    cells = texts.take(others).to_pylist()
    values, unreadable = _one_by_one(cells, wanted, read, known)
    return pc.replace_with_mask(kept, pc.invert(is_plain), values), [places[n] for n in unreadable]
