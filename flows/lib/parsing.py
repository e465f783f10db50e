"""Reading a kept file under its contract: header, units, totals, typed columns, quarantine."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.lib.cells import Unreadable, half_width, reader_of, squeezed
from flows.lib.contracts import Contract
from flows.lib.headers import Header, find_header, plain_caption, sign_off_of, unit_of_sheet
from flows.lib.sheets import Sheet, open_sheets

OWN_TOTAL_TOLERANCE = Decimal(1)  # printed totals may be off by their last digit


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
    """The rows of one file: typed columns of equal length, and an account of every other row."""

    columns: dict[str, list[Any]]
    sheets: list[str] = field(default_factory=list)
    row_numbers: list[int] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    sign_off: dict[str, str] = field(default_factory=dict)


def is_header(header: Header, row: list[Any]) -> bool:
    """Say whether a row repeats the header, as on printed pages."""
    return tuple(plain_caption(cell) for cell in row) == header.captions


class SheetReader:
    """Reads the sheets of one file into a Reading."""

    def __init__(
        self, contract: Contract, pseudonym: Callable[[object], str | None] | None
    ) -> None:
        """Take the contract, and what replaces the ids of persons."""
        self.contract = contract
        self.pseudonym = pseudonym
        self.reading = Reading({column.name: [] for column in contract.columns})
        self.seen: set[int] = set()
        self.found_totals_row = False
        rules = contract.meta["read"]
        self.totals: Mapping[str, Any] = rules.get("totals", {})
        self.footer = re.compile(rules["footer"]) if "footer" in rules else None
        unit, member = contract.column_of_role("unit"), contract.column_of_role("member")
        self.unit, self.member = unit and unit.name, member and member.name
        self.amounts = [column.name for column in contract.columns if column.role == "amount"]

    def read(self, sheet: Sheet) -> None:
        """Read one sheet: what stands above the header, the header, then row by row."""
        above: list[tuple[int, list[Any]]] = []
        header = find_header(sheet.rows, sheet.merged, self.contract, above)
        self.reading.skipped["title"] += len(above)
        self.reading.skipped["header"] += int(self.contract.meta["read"].get("header_rows", 1))
        self.reading.sign_off |= sign_off_of(self.contract, above)
        unit = unit_of_sheet(self.contract, above)
        self.readers = {
            column.name: reader_of(column, unit, self.pseudonym)
            for column in self.contract.columns
            if column.name in header.positions
        }
        self.caches: dict[str, dict[Any, Any]] = {name: {} for name in self.readers}
        self.sums = {"group": Counter[str](), "whole": Counter[str]()}
        self.sums_are_whole = True
        in_footer = False
        for number, row in sheet.rows:
            kind = "note" if in_footer else self._kind(header, row)
            if kind == "note":
                in_footer = True
            if kind == "total":
                self._check_totals(sheet.name, number, header, row)
            if kind:
                self.reading.skipped[kind] += 1
            elif (fingerprint := hash(str(row))) in self.seen:  # hash(-1.0) is hash(-2.0)
                self.reading.skipped["exact_duplicate"] += 1
                self.reading.findings.append(Finding("exact_duplicate", sheet.name, number, ""))
            else:
                self.seen.add(fingerprint)
                self._take(sheet.name, number, header, row)

    def _kind(self, header: Header, row: list[Any]) -> str | None:
        """Say why a row is no data: blank, total, note, repeated header; None for data."""
        first = next((text for cell in row if (text := half_width(cell))), None)
        if first is None:
            return "blank"
        if self.footer and self.footer.search(first):
            return "note"
        if self.totals and self._total_label(header, row) in self.totals["labels"]:
            return "total"
        if plain_caption(first) in header.captions and is_header(header, row):
            return "header"
        return None

    def _total_label(self, header: Header, row: list[Any]) -> str | None:
        """Read where a totals row says so; a file may lack that column: then its first cell."""
        place = header.positions.get(self.totals["column"])
        if place is None and self.totals["column"] in header.captions:
            place = header.captions.index(self.totals["column"])
        if place is None:
            return next((text for cell in row if (text := squeezed(cell))), None)
        return squeezed(row[place]) if place < len(row) else None

    def _cell(self, name: str, header: Header, row: list[Any]) -> Any:
        """Read one cell through the column's cache, which also knows what is unreadable."""
        place = header.positions[name]
        cell = row[place] if place < len(row) else None
        cache = self.caches[name]
        # True == 1 and 1.0 == 1 in a dict, but they are other cells.
        key = (cell.__class__, cell) if not isinstance(cell, str) else cell
        try:
            value = cache[key]
        except KeyError:
            try:
                value = self.readers[name](cell)
            except Unreadable as error:
                value = error
            cache[key] = value
        return value

    def _take(self, sheet: str, number: int, header: Header, row: list[Any]) -> None:
        values = {name: self._cell(name, header, row) for name in self.readers}
        unreadable = [name for name, value in values.items() if isinstance(value, Unreadable)]
        self._add_to_sums(values, unreadable)
        if not unreadable:
            for name, column in self.reading.columns.items():
                column.append(values.get(name))
            self.reading.sheets.append(sheet)
            self.reading.row_numbers.append(number)
            return
        readable = {k: v for k, v in values.items() if k not in unreadable}
        for name in unreadable:
            self.reading.set_aside.append(
                SetAside(
                    sheet,
                    number,
                    name,
                    "unreadable_cell",
                    readable.get(self.unit or ""),
                    readable.get(self.member or ""),
                    amount_of(readable, self.amounts),
                )
            )

    def _add_to_sums(self, values: Mapping[str, Any], unreadable: list[str]) -> None:
        if not self.totals or values.get(self.totals.get("unless", "")) is True:
            return
        for name in self._checked():
            if name in unreadable:
                self.sums_are_whole = False
            elif values[name] is not None:
                self.sums["group"][name] += values[name]
                self.sums["whole"][name] += values[name]

    def _checked(self) -> list[str]:
        check = self.totals.get("check")
        return self.amounts if check == "all_amounts" else [check] if check else []

    def _check_totals(self, sheet: str, number: int, header: Header, row: list[Any]) -> None:
        """Compare the file's own total with the sum of its detail."""
        scope = "group" if self._total_label(header, row) == "小计" else "whole"
        self.found_totals_row = self.found_totals_row or scope == "whole"
        for name in self._checked():
            stated = self._cell(name, header, row)
            if not self.sums_are_whole or stated is None or isinstance(stated, Unreadable):
                continue
            if abs(stated - self.sums[scope][name]) > OWN_TOTAL_TOLERANCE:
                self.reading.findings.append(Finding("own_total", sheet, number, name))
        self.sums["group"].clear()

    def finish(self) -> Reading:
        """Add what shows only at the end of the file."""
        if self.contract.meta["read"].get("ends_with_totals") and not self.found_totals_row:
            last = self.reading.row_numbers[-1] if self.reading.row_numbers else 0
            self.reading.findings.append(Finding("totals_row_missing", "", last, ""))
        return self.reading


def amount_of(values: Mapping[str, Any], amounts: list[str]) -> Decimal | None:
    """Add up a row's amounts; None where one of them cannot be read or there is none."""
    if not amounts or any(values.get(name) is None for name in amounts):
        return None
    return sum((values[name] for name in amounts), Decimal(0))


def read_file(
    path: Path,
    contract: Contract,
    pseudonym: Callable[[object], str | None] | None = None,
) -> Reading:
    """Read a kept file; raises Rejected with one sentence when it cannot be read at all.

    Without `pseudonym` ids of persons stay as they are: for the trace, in memory only.
    """
    reader = SheetReader(contract, pseudonym)
    for sheet in open_sheets(path, contract.meta["read"]["format"]):
        reader.read(sheet)
    return reader.finish()
