"""Reading a kept file under its contract: header, units, totals, typed columns, quarantine."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.lib.cells import Unreadable
from flows.lib.column_readers import Pseudonym, Read, factor_of, reader_of
from flows.lib.contracts import Column, Contract
from flows.lib.errors import Rejected
from flows.lib.headers import (
    Header,
    HeaderMissing,
    find_header,
    said_above,
    sign_off_of,
    unit_of_sheet,
)
from flows.lib.ids import without_ids
from flows.lib.long_tables import Long, long_of
from flows.lib.own_totals import OwnTotals
from flows.lib.person_key import forbid_core_dumps
from flows.lib.row_kinds import RowKinds
from flows.lib.seen_rows import SeenRows
from flows.lib.sheets import Sheet, open_sheets
from flows.lib.typed_columns import arrow_type, typed_column

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 20_000
Rows = list[tuple[int, list[Any]]]


@dataclass(frozen=True)
class SetAside:
    """One row in quarantine: where, by which rule, and what of it could be read."""

    sheet: str
    row_number: int
    column: str
    rule: str
    unit: str | None
    member: str | None
    amount: Decimal | None


@dataclass(frozen=True)
class Finding:
    """What only the file itself shows, by the name under which the suite gives it severity."""

    rule: str
    sheet: str
    row_number: int
    column: str


@dataclass
class Reading:
    """What a file holds: typed rows, and an account of every other row."""

    tables: list["pa.Table"] = field(default_factory=list)  # unless they went to a sink
    landed: int = 0
    last_row: tuple[str, int] = ("", 0)
    set_aside: list[SetAside] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    account: list[tuple[str, int, str]] = field(default_factory=list)  # sheet, row, kind
    sign_off: dict[str, str] = field(default_factory=dict)
    captions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by sheet

    def table(self) -> "pa.Table":
        """Give all typed rows, with `_sheet` and `_row_number`."""
        import pyarrow as pa

        return pa.concat_tables(self.tables)

    def skip(self, sheet: str, number: int, kind: str) -> None:
        """Account for a row that is no data."""
        self.skipped[kind] += 1
        self.account.append((sheet, number, kind))


def schema_of(columns: Collection[Column]) -> "pa.Schema":
    """Describe typed rows: the contract's columns, then where each row stands."""
    import pyarrow as pa

    named = [(column.name, arrow_type(column.data_type)) for column in columns]
    return pa.schema([*named, ("_sheet", pa.string()), ("_row_number", pa.int64())])


class SheetReader:
    """Reads the rows of one sheet below its header, many at a time."""

    def __init__(self, reader: "FileReader", sheet: Sheet, header: Header, above: Rows) -> None:
        """Take what stands above the header: the unit, and what is said for the whole sheet."""
        self.file, self.sheet, self.header = reader, sheet, header
        contract = reader.contract
        self.kinds = RowKinds(contract, header)
        self.totals = OwnTotals(self.kinds.totals, reader.amounts)
        self.unit = unit_of_sheet(contract, above)
        self.long: Long | None = long_of(contract, header)
        self.constants = said_above(contract, above, sheet.name, reader.name)
        self.group_column = contract.meta["read"].get("groups", {}).get("into")
        self.group: str | None = None
        date_system = contract.meta["read"].get("date_system", sheet.date_system)
        self.readers: dict[str, Read] = {
            column.name: reader_of(column, self.unit, reader.pseudonym, date_system)
            for column in contract.columns
        }
        self.rows_of_units = header.captions.index(caption) if (
            caption := contract.meta["read"].get("unit_column")
        ) in header.captions else None  # fmt: skip
        self.date_system = date_system

    def read(self) -> None:
        """Read all rows, as many at once as fit into memory together."""
        in_footer = False
        while chunk := list(islice(self.sheet.rows, ROWS_AT_ONCE)):
            data: Rows = []
            groups: list[str | None] = []
            for number, row in chunk:
                kind = "note" if in_footer else self.kinds.kind(row)
                if kind is None:
                    data.append((number, row))
                    groups.append(self.group)
                    continue
                in_footer = in_footer or kind == "note"
                if kind == "total":
                    self._take(data, groups)
                    data, groups = [], []
                    self._compare(number, row)
                if kind == "group":
                    self.group = next((str(cell).strip() for cell in row if cell), None)
                self.file.reading.skip(self.sheet.name, number, kind)
            self._take(data, groups)

    def _compare(self, number: int, row: list[Any]) -> None:
        """Compare a totals row with the detail above it."""
        if not self.file.is_judged:
            return
        stated = {}
        for name in self.totals.columns:
            place = self.header.positions.get(name)
            cell = row[place] if place is not None and place < len(row) else None
            try:
                stated[name] = self.readers[name](cell)
            except Unreadable:
                stated[name] = None
        for name in self.totals.differing(self.kinds.label(row), stated):
            self.file.find("own_total", self.sheet.name, number, name)

    def _take(self, data: Rows, groups: list[str | None]) -> None:
        """Type some rows; those that stood before and those that cannot be read go apart."""
        if not data:
            return
        if self.sheet.merged:
            data = [(number, self._filled(number, row)) for number, row in data]
        if self.file.is_judged:
            fresh = self.file.seen.first_times([row for _, row in data])
            for (number, _), is_fresh in zip(data, fresh, strict=True):
                if not is_fresh:
                    self.file.reading.skip(self.sheet.name, number, "exact_duplicate")
                    self.file.find("exact_duplicate", self.sheet.name, number, "")
            groups = [group for group, is_fresh in zip(groups, fresh, strict=True) if is_fresh]
            data = [row for row, is_fresh in zip(data, fresh, strict=True) if is_fresh]
        if not data:
            return
        numbers = [number for number, _ in data]
        cells = {
            column.name: self._cells_of(column, [row for _, row in data], groups)
            for column in self.file.columns
        }
        if self.long:
            numbers, cells = self.long.spread(numbers, [row for _, row in data], cells)
        self._land(numbers, cells, [row for _, row in data])

    def _cells_of(
        self, column: Column, rows: list[list[Any]], groups: list[str | None]
    ) -> list[Any]:
        place = self.header.positions.get(column.name)
        if column.name in self.constants:
            return [self.constants[column.name]] * len(rows)
        if column.name == self.group_column and place is None:
            return list(groups)
        if place is None:
            return [None] * len(rows)
        return [row[place] if place < len(row) else None for row in rows]

    def _filled(self, number: int, row: list[Any]) -> list[Any]:
        """Carry the value of a merged cell into each of its rows; an amount only counts once."""
        filled = list(row)
        for name, place in self.header.positions.items():
            column = self.file.by_name[name]
            if column.role != "amount" and place < len(filled) and filled[place] in ("", None):
                filled[place] = self.sheet.merged.get((number, place), filled[place])
        return filled

    def _land(self, numbers: list[int], cells: dict[str, list[Any]], rows: list[list[Any]]) -> None:
        import pyarrow as pa

        typed: dict[str, pa.Array] = {}
        unreadable: dict[int, list[str]] = {}
        for column in self.file.columns:
            if column.role == "amount" and self.rows_of_units is not None and not column.unit:
                values, places = self._by_unit(column, cells[column.name], rows)
            else:
                factor = factor_of(column, self.unit)
                reader = self.readers[column.name]
                values, places = typed_column(cells[column.name], column, reader, factor)
            typed[column.name] = values
            for place in places:
                unreadable.setdefault(place, []).append(column.name)
        arrays = [*typed.values(), pa.repeat(self.sheet.name, len(numbers)), pa.array(numbers)]
        table = pa.Table.from_arrays(arrays, schema=schema_of(self.file.columns))
        self._add_to_sums(table, unreadable)
        if unreadable and self.file.is_judged:
            self.file.set_aside(self.sheet.name, table, unreadable)
            kept = pa.array([place not in unreadable for place in range(len(numbers))])
            table = table.filter(kept)
        self.file.land(table)

    def _by_unit(
        self, column: Column, cells: list[Any], rows: list[list[Any]]
    ) -> tuple["pa.Array", list[int]]:
        """Read amounts whose unit stands in each row; an unknown unit makes them unreadable."""
        import pyarrow as pa

        from flows.lib.cells import UNITS_OF_YUAN, squeezed

        place = self.rows_of_units or 0
        values, unreadable = [], []
        for number, (cell, row) in enumerate(zip(cells, rows, strict=True)):
            unit = squeezed(row[place]) if place < len(row) else None
            try:
                if unit not in UNITS_OF_YUAN:
                    raise Unreadable
                values.append(reader_of(column, unit)(cell))
            except Unreadable:
                values.append(None)
                unreadable.append(number)
        return pa.array(values, arrow_type(column.data_type)), unreadable

    def _add_to_sums(self, table: "pa.Table", unreadable: dict[int, list[str]]) -> None:
        import pyarrow.compute as pc

        names = [name for name in self.totals.columns if name in table.column_names]
        if not names or not self.file.is_judged:
            return
        if unless := self.kinds.totals.get("unless"):
            counted = table.filter(pc.invert(pc.fill_null(table[unless], False)))
        else:
            counted = table
        sums = {name: pc.sum(counted[name]).as_py() or Decimal(0) for name in names}
        is_whole = not any(set(columns) & set(names) for columns in unreadable.values())
        self.totals.add(sums, is_whole=is_whole)


class FileReader:
    """Reads the sheets of one file into a Reading."""

    def __init__(
        self,
        contract: Contract,
        pseudonym: Pseudonym | None,
        columns: Collection[str] | None,
        name: str,
        sink: Callable[["pa.Table"], None] | None,
    ) -> None:
        """Take the contract, what replaces ids, which columns to read, and where rows go."""
        self.contract, self.pseudonym, self.name, self.sink = contract, pseudonym, name, sink
        self.is_judged = columns is None  # a file that is read again has been
        self.columns = [
            column for column in contract.columns if columns is None or column.name in columns
        ]
        self.by_name = {column.name: column for column in contract.columns}
        self.amounts = [column.name for column in contract.columns if column.role == "amount"]
        self.reading = Reading()
        self.seen = SeenRows()
        self.found_totals = False

    def find(self, rule: str, sheet: str, number: int, column: str) -> None:
        """Keep what only the file itself shows."""
        self.reading.findings.append(Finding(rule, sheet, number, column))

    def land(self, table: "pa.Table") -> None:
        """Keep typed rows, or pass them on so that they need no memory."""
        if not table.num_rows:
            return
        self.reading.landed += table.num_rows
        self.reading.last_row = table["_sheet"][-1].as_py(), table["_row_number"][-1].as_py()
        if self.sink:
            self.sink(table)
        else:
            self.reading.tables.append(table)

    def set_aside(self, sheet: str, table: "pa.Table", unreadable: dict[int, list[str]]) -> None:
        """Put rows into quarantine, each with what could be read of its keys and amount."""
        unit, member = (self.contract.column_of_role(role) for role in ("unit", "member"))
        for place, columns in sorted(unreadable.items()):
            values = {name: table[name][place].as_py() for name in table.column_names}
            for name in columns:
                self.reading.set_aside.append(
                    SetAside(
                        sheet,
                        values["_row_number"],
                        name,
                        "unreadable_cell",
                        values.get(unit.name) if unit else None,
                        values.get(member.name) if member else None,
                        amount_of(values, self.amounts),
                    )
                )

    def read(self, sheets: Iterator[Sheet]) -> Reading:
        """Read each sheet that has the header; the others are accounted for row by row."""
        missing: HeaderMissing | None = None
        found = False
        for number, sheet in enumerate(sheets, start=1):
            if (masked := without_ids(sheet.name)) != sheet.name:
                sheet.name = f"{masked}({number})"  # two masked names may be one
            if not self._is_wanted(sheet):
                self._pass_over(sheet)
                continue
            above: Rows = []
            try:
                header = find_header(sheet.rows, sheet.merged, self.contract, above)
            except HeaderMissing as error:
                if error.found or self.contract.meta["read"].get("sheets"):
                    raise
                missing = error
                for row_number, _ in above:
                    self.reading.skip(sheet.name, row_number, "other_sheet")
                self._pass_over(sheet)
                continue
            found = True
            self._read_below(sheet, header, above)
        if not found:
            raise missing or Rejected("no sheet has the name that the contract asks for")
        self._finish()
        return self.reading

    def _is_wanted(self, sheet: Sheet) -> bool:
        import re

        pattern = self.contract.meta["read"].get("sheets")
        return bool(re.search(pattern, sheet.name)) if pattern else not sheet.is_hidden

    def _pass_over(self, sheet: Sheet) -> None:
        for number, _ in sheet.rows:
            self.reading.skip(sheet.name, number, "other_sheet")

    def _read_below(self, sheet: Sheet, header: Header, above: Rows) -> None:
        for number, _ in above:
            self.reading.skip(sheet.name, number, "title")
        for number in range(header.last_row - header.height + 1, header.last_row + 1):
            self.reading.skip(sheet.name, number, "header")
        self.reading.sign_off |= sign_off_of(self.contract, above)
        self.reading.captions[sheet.name] = header.captions
        reader = SheetReader(self, sheet, header, above)
        reader.read()
        self.found_totals = self.found_totals or reader.totals.found_whole

    def _finish(self) -> None:
        """Add what shows only at the end of the file."""
        if self.contract.meta["read"].get("ends_with_totals") and not self.found_totals:
            self.find("totals_row_missing", "", self.reading.last_row[1], "")
        if not self.sink and not self.reading.tables:
            self.reading.tables.append(schema_of(self.columns).empty_table())


def amount_of(values: dict[str, Any], amounts: list[str]) -> Decimal | None:
    """Add up a row's amounts; None where one of them cannot be read or there is none."""
    if not amounts or any(values.get(name) is None for name in amounts):
        return None
    return sum((values[name] for name in amounts), Decimal(0))


def read_file(
    path: Path,
    contract: Contract,
    pseudonym: Pseudonym | None = None,
    columns: Collection[str] | None = None,
    *,
    name: str = "",
    sink: Callable[["pa.Table"], None] | None = None,
) -> Reading:
    """Read a kept file; raises Rejected with one sentence when it cannot be read at all.

    Without `pseudonym` ids of persons stay as they are: for the trace, in memory only, which also
    says which `columns` it looks at. `name` is what the file was called. Typed rows go to `sink`
    as they come, or stay in the reading.
    """
    forbid_core_dumps()
    reader = FileReader(contract, pseudonym, columns, name, sink)
    return reader.read(open_sheets(path, contract))
