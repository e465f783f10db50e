"""Adding up what some rows of a sheet come to, to be compared with the sheet's own totals."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from flows.lib.column_readers import factor_of
from flows.lib.own_totals import CENT, EXACT, Sums, last_digit
from flows.lib.reading import WHOLE_ROW

if TYPE_CHECKING:
    import pyarrow as pa

    from flows.lib.sheet_rows import SheetReader


def sums_of(reader: "SheetReader", table: "pa.Table", unreadable: Mapping[int, list[str]]) -> Sums:
    """Add up the columns whose totals are checked; of a long table each item by itself."""
    import pyarrow.compute as pc

    counted = table
    if unless := reader.kinds.totals.get("unless"):
        counted = table.filter(pc.invert(pc.fill_null(table[unless], False)))
    sums = Sums(rows=table.num_rows)
    for name in reader.totals.columns:
        parts = {name: counted[name]}
        if reader.long and name in reader.long.values:
            items, read = counted[reader.long.name], reader.readers[reader.long.name]
            parts = {
                f"{name} {item}": counted[name].filter(pc.equal(items, read(item)))
                for item, _ in reader.long.items
            }
        unread = sum(name in one or WHOLE_ROW in one for one in unreadable.values())
        for key, amounts in parts.items():
            _add_amounts(reader, sums, key, amounts)
            sums.unread[key] = unread
    return sums


def _add_amounts(reader: "SheetReader", sums: Sums, key: str, amounts: "pa.ChunkedArray") -> None:
    import pyarrow.compute as pc

    sums.amounts[key] = Decimal(pc.sum(amounts).as_py() or 0)
    sums.counts[key] = pc.sum(pc.not_equal(amounts, 0)).as_py() or 0
    column = reader.file.by_name[key.partition(" ")[0]]
    factor = 1 if reader.has_unit_in_row(column) else factor_of(column, reader.unit)
    is_money = column.role == "amount"
    # Yuan and whole numbers are exact; other decimals (万人) and 万元 are taken as rounded.
    is_rounded = factor > 1 if is_money else column.data_type.startswith("decimal")
    if is_rounded and sums.counts[key]:
        digit = min(last_digit(value, factor) for value in amounts.unique().to_pylist() if value)
        sums.digits[key] = EXACT if is_money and digit <= CENT else digit
