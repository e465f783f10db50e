"""Reading the rows of one sheet below its header, many at a time."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import compress
from typing import TYPE_CHECKING, Any

from flows.common.text import normalize_width, strip_whitespace
from flows.contracts.model import Column
from flows.parsing.attachments import with_hashes
from flows.parsing.columns import (
    KnownValues,
    Read,
    arrow_type,
    find_factor,
    has_fraction_of_fen,
    make_reader,
    read_cells,
)
from flows.parsing.context import ParseContext
from flows.parsing.headers import Header, Rows
from flows.parsing.preamble import check_note, find_unit, values_from_preamble
from flows.parsing.ragged_rows import (
    BLANK,
    FEWEST_CAPTIONS,
    LABEL,
    MERGED,
    OTHER_TABLE,
    Columns,
    Widths,
    blank_rows,
    find_suspect_rows,
    has_no_name,
    merged_numbers,
)
from flows.parsing.result import WHOLE_ROW, add_amounts, describe_copy, make_schema
from flows.parsing.row_types import OTHER_HEADER, POSSIBLE_TOTAL, UNCLEAR, UNLISTED, RowClassifier
from flows.parsing.stated_totals import (
    GROUP,
    StatedTotals,
    Summed,
    SumsAbove,
    find_exceeding,
    sum_columns,
    total_level,
)
from flows.parsing.unpivot import Long, find_unpivot
from flows.parsing.values import UNITS_OF_YUAN, Unreadable
from flows.readers.row_blocks import Block
from flows.readers.sheets import Sheet

if TYPE_CHECKING:
    import pyarrow as pa

SHEET = 1 << 32  # more than a sheet has rows

DATA = (UNLISTED, UNCLEAR, POSSIBLE_TOTAL, OTHER_HEADER)  # kinds of rows that may be data


class SheetReader:
    """Reads the rows of one sheet below its header, many at a time."""

    def __init__(self, reader: ParseContext, sheet: Sheet, header: Header, above: Rows) -> None:
        """Take what stands above the header: the unit, and what holds for the whole sheet."""
        self.file, self.sheet, self.header = reader, sheet, header
        contract = reader.contract
        self.row_types = RowClassifier(
            contract, header, is_page=header.height > 0 and not sheet.is_records
        )
        self.totals = StatedTotals(contract.summed, reader.sums)
        self.whole: list[Any] = []  # the last row that is no part of another
        self.long: Long | None = find_unpivot(contract, header)
        self.unit = find_unit(contract, header, above, sheet.name, self._captions_of_amounts())
        self.constants = values_from_preamble(contract, above, sheet.name, reader.name)
        self.group_column = contract.read.groups.into if contract.read.groups else None
        self.group: str | None = None
        date_system = contract.read.date_system or sheet.date_system
        self.readers: dict[str, Read] = {
            column.name: make_reader(column, self.unit, reader.pseudonym, date_system)
            for column in contract.columns
        }
        self.known: dict[str, KnownValues] = defaultdict(dict)
        caption = contract.read.unit_column
        has_units = caption in header.captions
        self.place_of_unit = header.captions.index(caption or "") if has_units else None
        self.date_system = date_system
        self.widths = Widths(header)
        self.suspects: dict[int, str] = {}  # rows not to be relied on, by their number
        self.measures = self.row_types.measures
        items = {at for _, places in self.long.items for at in places.values()} if self.long else ()
        self.declared = sorted({*header.positions.values(), *items})
        proved = [
            header.positions[column.name]
            for column in contract.columns
            if column.name in header.positions
            and (column.length or column.check or column.code_list)
        ]
        is_looked_at = len(header.positions) + len(items) >= FEWEST_CAPTIONS
        self.alone: Columns | None = None
        if is_looked_at and not sheet.is_records:
            self.alone = Columns(self.declared, self.measures, proved)
        self.summed = self._summed()
        self.above = SumsAbove(self.summed)
        self.with_fractions: set[str] = set()  # columns of amounts, already found
        self.in_other_table = False
        self.of_other_table: set[int] = set()  # rows that are it, by their number
        self.said_totals: set[int] = set()  # rows that are totals if they are sums, by number

    def _summed(self) -> Summed:
        """Say which columns are added up: those of the totals, and each measure."""
        columns, positions = self.file.contract.columns, self.header.positions
        of_items = self.long.values if self.long else ()
        return Summed(
            columns=self.file.by_name,
            of_totals=self.totals.columns,
            measures=frozenset(
                column.name
                for column in columns
                if column.is_number
                and (positions.get(column.name) in self.measures or column.name in of_items)
            ),
            unless=self.row_types.totals.unless if self.row_types.totals else None,
            long=self.long,
            readers=self.readers,
            factors={
                column.name: 1 if self.has_unit_in_row(column) else find_factor(column, self.unit)
                for column in columns
            },
        )

    def _captions_of_amounts(self) -> list[str]:
        """Give the captions of amounts that become rows."""
        return [
            self.header.captions[place]
            for _, places in (self.long.items if self.long else ())
            for name, place in places.items()
            if name in self.file.amounts
        ]

    def read(self) -> None:
        """Read all rows, as many at once as fit into memory together."""
        in_footer = False
        numbers, rows = self.sheet.rows.take()
        while rows:
            kinds = {0: "note"} if in_footer else self.row_types.classify_rows(rows)
            self._find_other_table(numbers, rows, kinds)
            self.suspects = {
                numbers[at]: kind for at, kind in kinds.items() if kind in (UNLISTED, UNCLEAR)
            }
            if self.sheet.is_text:
                self._suspect_by_cells(numbers, rows, kinds)
            self.said_totals = {numbers[at] for at, kind in kinds.items() if kind == POSSIBLE_TOTAL}
            notes = next((place for place, kind in kinds.items() if kind == "note"), len(rows))
            in_footer = notes < len(rows)  # what stands below a note is one
            kinds = {at: kind for at, kind in kinds.items() if at < notes and kind not in DATA}
            kinds |= dict.fromkeys(range(notes, len(rows)), "note")
            self._read(numbers, rows, kinds)
            numbers, rows = self.sheet.rows.take()

    def _suspect_by_cells(
        self, numbers: Sequence[int], rows: list[list[Any]], kinds: Mapping[int, str]
    ) -> None:
        """Find rows of a text that have too many or too few cells, or quotes without sense."""
        doubtful = self.sheet.doubtful
        left_out = {place for place, kind in kinds.items() if kind not in DATA}
        left_out |= {place for place, number in enumerate(numbers) if number in doubtful}
        self.suspects |= self.widths.odd_rows(numbers, rows, left_out) | doubtful

    def _find_other_table(
        self, numbers: Sequence[int], rows: list[list[Any]], kinds: Mapping[int, str]
    ) -> None:
        """Find the rows of another table below its header, until the sheet's own is repeated."""
        self.of_other_table = set()
        is_touched = self.in_other_table or OTHER_HEADER in kinds.values()
        for place in range(len(rows)) if is_touched else ():
            kind = kinds.get(place)
            if kind == OTHER_HEADER and not self.in_other_table:
                self.in_other_table = True
                title = place - 1  # right above it
                while title >= 0 and sum(map(bool, map(normalize_width, rows[title]))) == 1:
                    self.of_other_table.add(numbers[title])
                    title -= 1
            elif kind == "header":
                self.in_other_table = False
            if self.in_other_table:
                self.of_other_table.add(numbers[place])

    def _read(
        self, numbers: Sequence[int], rows: list[list[Any]], kinds: Mapping[int, str]
    ) -> None:
        """Take the data among some rows, and look at each other row."""

        def take(places: range) -> None:
            kept = [place for place in places if place not in kinds]
            self._take([numbers[place] for place in kept], [rows[place] for place in kept])

        begins, before = 0, 0
        for place, kind in kinds.items():
            number, row = numbers[place], rows[place]
            if before < place:
                self.whole = rows[place - 1]
            if kind in ("total", "group"):
                take(range(begins, place))
                begins = place
                self._compare(number, row, is_title=kind == "group")
            if kind == "total":
                self.whole = row
            if kind == "note":
                check_note(self.file.contract, self.unit, number, row)
            if kind == "subset" and self.file.is_judged:
                above = find_exceeding(self._stated(row), self._stated(self.whole))
                self.file.find_differing("part_above_whole", self.sheet.name, number, above)
            if kind == "group":
                self.group = next((str(cell).strip() for cell in row if cell), None)
            self.file.parsed.skip(self.sheet.name, number, kind)
            before = place + 1
        if before < len(rows):
            self.whole = rows[-1]
        take(range(begins, len(rows)))

    def _compare(self, number: int, row: list[Any], *, is_title: bool) -> None:
        """Compare a totals row with its detail, or a title that says what its group comes to."""
        if not self.file.is_judged:
            return
        label, stated = self.row_types.label(row), self._stated(row)
        differing = self.totals.take(number, label, stated, title=is_title)
        level = GROUP if is_title else total_level(label)
        member = self._find_member(row)
        self.file.find_differing("own_total", self.sheet.name, number, differing, level, member)

    def _find_member(self, row: list[Any]) -> str | None:
        """Say of which member a totals row is, by its own cell or by the title of its group."""
        column = self.file.contract.column_of_role("member")
        totals = self.row_types.totals
        if column is None or (totals and column.name == totals.column):
            return None
        place = self.header.positions.get(column.name)
        if place is None:
            return self.group if column.name == self.group_column else None
        with suppress(Unreadable):
            return self.readers[column.name](row[place]) if place < len(row) else None
        return None

    def _stated(self, row: list[Any]) -> dict[str, Decimal | None]:
        """Read what a row that is no detail says of the columns whose totals are checked."""
        places = {name: self.header.positions.get(name) for name in self.totals.columns}
        for value in self.long.values if self.long else ():
            if self.long and value in places:
                del places[value]
                items = self.long.items
                places |= {f"{value} {name}": at.get(value) for name, at in items}
        return {
            name: self._amount(name.partition(" ")[0], place, row)
            for name, place in places.items()
            if place is not None and place < len(row)
        }

    def _amount(self, name: str, place: int, row: list[Any]) -> Decimal | None:
        column = self.file.by_name[name]
        try:
            if self.has_unit_in_row(column):
                value = self._read_in_unit(row, column, row[place])
            else:
                value = self.readers[name](row[place])
        except Unreadable:
            return None
        return value if value is None else Decimal(value)

    def _take(self, numbers: Sequence[int], rows: list[list[Any]]) -> None:
        """Type some rows; those that stood before and those that cannot be read go apart."""
        if self.sheet.merged:
            rows = [self._filled(number, row) for number, row in zip(numbers, rows, strict=True)]
        merged = merged_numbers(numbers, self.sheet, self.measures)
        suspects = find_suspect_rows(numbers, rows, self.sheet, self.suspects, self.alone)
        blank = blank_rows(numbers, rows, self.declared) - {*self.suspects, *merged}
        apart = dict.fromkeys(merged, MERGED) | suspects | dict.fromkeys(blank, BLANK)
        no_data = {number: kind for number, kind in apart.items() if kind in (BLANK, LABEL)}
        for number, kind in no_data.items():
            self.file.parsed.skip(self.sheet.name, number, kind)
        if no_data:
            kept = [number not in no_data for number in numbers]
            numbers, rows = list(compress(numbers, kept)), list(compress(rows, kept))
        if rows and self.file.is_judged and self.file.contract.drops_copies:
            numbers, rows = self._without_copies(numbers, rows)
        if not rows:
            return
        for number in self.sheet.hidden_rows.intersection(numbers) if self.file.is_judged else ():
            self.file.find("hidden_row", self.sheet.name, number, "")
        maybe = set(self.said_totals) if self.file.is_judged else set()
        if self.measures and self.file.is_judged:
            maybe |= {
                number
                for number, row in zip(numbers, rows, strict=True)
                if has_no_name(row, self.measures, self.declared)
            }
        turned = list(zip(*rows, strict=False))  # the columns that every row has
        cells = {
            column.name: self._take_cells(column, rows, turned) for column in self.file.columns
        }
        if self.long:
            numbers, cells = self.long.spread(numbers, rows, cells)
            rows = [row for row in rows for _ in self.long.items]
        faults = {place: apart[number] for place, number in enumerate(numbers) if number in apart}
        faults |= {
            place: OTHER_TABLE
            for place, number in enumerate(numbers)
            if number in self.of_other_table and number not in apart
        }
        self._land(numbers, cells, rows, faults, maybe)

    def _without_copies(self, numbers: Sequence[int], rows: list[list[Any]]) -> Block:
        """Leave out the rows that stood in the file before and hold the first column of the key."""
        whole = self._with_sheet_values(rows)
        sheets = self.file.parsed.captions  # of the sheets so far
        places = [number + SHEET * len(sheets) for number in numbers]
        write: Callable[[list[Any]], Hashable] = tuple if self.sheet.is_text else repr
        # As tuples True, 1 and 1.0 would be one; texts hash well in 64 bits.
        firsts = list(map(self.file.seen.setdefault, map(hash, map(write, whole)), places))
        if firsts == places:
            return numbers, rows
        first = self.header.positions.get(self.file.contract.key[0])
        is_copy = [
            first_place != place
            and (first is None or (first < len(row) and bool(normalize_width(row[first]))))
            for first_place, place, row in zip(firsts, places, rows, strict=True)
        ]
        for number, row, first_place in compress(zip(numbers, rows, firsts, strict=True), is_copy):
            self.file.parsed.skip(self.sheet.name, number, "exact_duplicate")
            sheet = list(sheets)[first_place // SHEET - 1]
            amount = self._add_up_money(row)
            self.file.parsed.findings.append(
                describe_copy(self.sheet.name, number, sheet, first_place % SHEET, amount)
            )
        kept = [not copy for copy in is_copy]
        return list(compress(numbers, kept)), list(compress(rows, kept))

    def _add_up_money(self, row: list[Any]) -> Decimal | None:
        """Add up the amounts of a row; None where one of them cannot be read or there is none."""
        positions = self.header.positions
        places = {name: positions[name] for name in self.file.amounts if name in positions}
        here = {name: place for name, place in places.items() if place < len(row)}
        values = {name: self._amount(name, place, row) for name, place in here.items()}
        return add_amounts(values, list(places))

    def _with_sheet_values(self, rows: list[list[Any]]) -> list[list[Any]]:
        """Add to each row what its sheet or group says of it: equal rows of two are two rows."""
        constants = list(self.constants.values())
        if not constants and not self.group_column:
            return rows
        return [[*row, *constants, self.group] for row in rows]

    def _take_cells(
        self, column: Column, rows: list[list[Any]], turned: list[tuple[Any, ...]]
    ) -> Sequence[Any]:
        place = self.header.positions.get(column.name)
        if column.name in self.constants:
            return [self.constants[column.name]] * len(rows)
        if column.name == self.group_column and place is None:
            return [self.group] * len(rows)
        if place is None:
            return [None] * len(rows)
        if place < len(turned):
            return turned[place]
        return [row[place] if place < len(row) else None for row in rows]

    def _filled(self, number: int, row: list[Any]) -> list[Any]:
        """Carry the value of a merged cell into each of its rows; a number only counts once."""
        filled = [*row, *[None] * (self.widths.last - len(row))]
        key = self.file.contract.key
        for name, place in self.header.positions.items():
            is_measure = self.file.by_name[name].is_number and name not in key
            if not is_measure and filled[place] in ("", None):
                filled[place] = self.sheet.merged.get((number, place), filled[place])
        return filled

    def _land(
        self,
        numbers: Sequence[int],
        cells: Mapping[str, Sequence[Any]],
        rows: list[list[Any]],
        faults: Mapping[int, str],
        maybe: Collection[int],
    ) -> None:
        """Type rows and pass them on; of those that may be totals, none that is the sum of others.

        Those come by number, all others by place.
        """
        import pyarrow as pa

        typed: dict[str, pa.Array] = {}
        unreadable: dict[int, list[str]] = {}
        for column in self.file.columns:
            if self.has_unit_in_row(column):
                values, places = self._by_unit(column, cells[column.name], rows)
            elif column.attachment and self.file.attachments is not None:
                values, places = self._with_hashes(column, cells[column.name], numbers)
            else:
                read, known = self.readers[column.name], self.known[column.name]
                values, places = read_cells(cells[column.name], read, column.data_type, known)
            typed[column.name] = values
            if column.means:
                self._count_placeholders(column, cells[column.name])
            for place in places:
                unreadable.setdefault(place, []).append(column.name)
        faults = {
            place: kind
            for place, kind in faults.items()
            if kind != OTHER_TABLE or place not in unreadable
        }
        unreadable |= {place: [WHOLE_ROW] for place in faults}
        sums = self.above.among(typed, numbers, maybe, unreadable) if self.file.is_judged else {}
        faults = {**faults, **sums}
        unreadable |= {place: [WHOLE_ROW] for place in sums}
        if self.file.is_judged:
            self._find_fractions(cells, numbers, unreadable)
        if self.file.is_judged and (member := self.file.contract.column_of_role("member")):
            self.file.members.update(typed[member.name].unique().to_pylist())
        arrays = [*typed.values(), pa.repeat(self.sheet.name, len(numbers)), pa.array(numbers)]
        table = pa.Table.from_arrays(arrays, schema=make_schema(self.file.columns))
        if self.file.is_judged and self.totals.columns:
            self.totals.add(sum_columns(self.summed, table, unreadable))
        if unreadable and self.file.is_judged:
            self.file.quarantine_unreadable(self.sheet.name, table, unreadable, faults)
            kept = pa.array([place not in unreadable for place in range(len(numbers))])
            table = table.filter(kept)
        self.file.land(table)

    def _count_placeholders(self, column: Column, cells: Sequence[Any]) -> None:
        """Count the cells that hold a sign in place of a value, for people who check a contract."""
        signs = {strip_whitespace(sign) for sign in column.means}
        for text, count in Counter(cell for cell in cells if isinstance(cell, str)).items():
            if (sign := strip_whitespace(text)) in signs and sign:
                self.file.parsed.emptied[column.name, sign] += count

    def _find_fractions(
        self,
        cells: Mapping[str, Sequence[Any]],
        numbers: Sequence[int],
        unreadable: Collection[int],
    ) -> None:
        """Find the first row whose amount has a fraction of a fen: computed, or in another unit."""
        for name in self.file.amounts:
            column = self.file.by_name[name]
            if name in self.with_fractions or name not in cells or self.has_unit_in_row(column):
                continue
            factor = find_factor(column, self.unit)
            places = (
                place
                for place, cell in enumerate(cells[name])
                if has_fraction_of_fen(cell, factor) and place not in unreadable
            )
            if (place := next(places, None)) is not None:
                self.with_fractions.add(name)
                self.file.find("fraction_of_fen", self.sheet.name, numbers[place], name)

    def _with_hashes(
        self, column: Column, cells: Sequence[Any], numbers: Sequence[int]
    ) -> tuple["pa.Array", list[int]]:
        """Read names of documents with their hashes; what did not come with the file is found."""
        known = self.file.attachments or {}
        values, unreadable, missing = with_hashes(cells, self.readers[column.name], known)
        for place in missing:
            self.file.find("attachment_missing", self.sheet.name, numbers[place], column.name)
        return values, unreadable

    def has_unit_in_row(self, column: Column) -> bool:
        """Say whether the unit of an amount stands beside it."""
        return column.role == "amount" and self.place_of_unit is not None and not column.unit

    def _unit_in(self, row: list[Any]) -> str | None:
        place = self.place_of_unit or 0
        return strip_whitespace(row[place]) if place < len(row) else None

    def _read_in_unit(self, row: list[Any], column: Column, cell: Any) -> Any:
        unit = self._unit_in(row)
        if unit not in UNITS_OF_YUAN:
            raise Unreadable
        return make_reader(column, unit)(cell)

    def _by_unit(
        self, column: Column, cells: Sequence[Any], rows: list[list[Any]]
    ) -> tuple["pa.Array", list[int]]:
        """Read amounts whose unit stands in each row; an unknown unit makes them unreadable."""
        import pyarrow as pa

        values, unreadable = [], []
        for number, (cell, row) in enumerate(zip(cells, rows, strict=True)):
            try:
                values.append(self._read_in_unit(row, column, cell))
            except Unreadable:
                values.append(None)
                unreadable.append(number)
        return pa.array(values, arrow_type(column.data_type)), unreadable
