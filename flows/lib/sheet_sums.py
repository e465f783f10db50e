"""Adding up what some rows of a sheet come to, to be compared with the sheet's own totals."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from flows.lib.column_readers import factor_of
from flows.lib.own_totals import CENT, EXACT, Sums, last_digit
from flows.lib.reading import WHOLE_ROW
from flows.lib.row_kinds import UNLISTED

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


MOST_ITEMS = 100  # of a long table, that are added up one by one


class SumsAbove:
    """What the rows of a sheet come to so far, to tell a total that has no name or no label."""

    def __init__(self, reader: "SheetReader") -> None:
        """Take the reader of the sheet; each measure is added up, of a long table each item."""
        self.reader = reader
        self.whole: dict[tuple[str, int], Decimal] = {}
        self.group: dict[tuple[str, int], Decimal] = {}
        self.counts = {"whole": 0, "group": 0}

    def among(
        self,
        typed: Mapping[str, "pa.Array"],
        numbers: Sequence[int],
        maybe: Collection[int],
        unreadable: Mapping[int, list[str]],
    ) -> dict[int, str]:
        """Find by their places the rows that may be totals and are the sum of those above."""
        reader = self.reader
        names = [name for name in typed if reader.file.by_name[name].is_number
                 and (reader.header.positions.get(name) in reader.measures
                      or (reader.long and name in reader.long.values))]  # fmt: skip
        width = len(reader.long.items) if reader.long else 1
        if not names or width > MOST_ITEMS:
            return {}
        begins, found = 0, dict[int, str]()
        for place in range(0, len(numbers), width):
            if numbers[place] in maybe and place not in unreadable:
                self._add(typed, names, begins, place, width)
                if self._is_sum(typed, names, place, width):
                    found |= dict.fromkeys(range(place, place + width), UNLISTED)
                    self.group, self.counts["group"] = {}, 0
                    begins = place + width
                else:
                    begins = place
        self._add(typed, names, begins, len(numbers), width)
        return found

    def _add(
        self,
        typed: Mapping[str, "pa.Array"],
        names: Sequence[str],
        begins: int,
        ends: int,
        width: int,
    ) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if begins >= ends:
            return
        for name in names:
            for item in range(width):
                places = pa.array(range(begins + item, ends, width))
                part = typed[name].slice(begins, ends - begins)
                part = part if width == 1 else typed[name].take(places)
                amount = Decimal(pc.sum(part).as_py() or 0)
                for sums in (self.whole, self.group):
                    sums[name, item] = sums.get((name, item), Decimal(0)) + amount
        for kind in self.counts:
            self.counts[kind] += (ends - begins) // width

    def _is_sum(
        self, typed: Mapping[str, "pa.Array"], names: Sequence[str], place: int, width: int
    ) -> bool:
        stated = {(name, item): typed[name][place + item].as_py()
                  for name in names for item in range(width)}  # fmt: skip
        filled = {key: Decimal(value) for key, value in stated.items() if value}
        return any(
            bool(filled) and self.counts[kind] > 1
            and all(sums.get(key) == value for key, value in filled.items())
            for kind, sums in (("whole", self.whole), ("group", self.group))
        )  # fmt: skip


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
