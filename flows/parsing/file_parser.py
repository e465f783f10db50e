"""Reading a kept file under its contract: header, units, totals, typed columns, quarantine."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from flows.common.errors import Rejected, ZipingError
from flows.common.masking import sheet_name_without_ids, without_ids
from flows.common.process import forbid_core_dumps, memory_sentence, without_collection
from flows.contracts.model import Contract
from flows.parsing.attachments import Known
from flows.parsing.columns import Pseudonym
from flows.parsing.context import ParseContext
from flows.parsing.headers import Header, HeaderMissing, Rows, check_rows_above, find_header
from flows.parsing.preamble import find_stated_unit, find_title_years, read_sign_off
from flows.parsing.result import Finding, ParseResult, RowLogEntry, make_schema
from flows.parsing.sheet_parser import SheetReader
from flows.readers.sheets import Sheet, open_sheets

if TYPE_CHECKING:
    import pyarrow as pa


class FileReader(ParseContext):
    """Reads the sheets of one file into a Reading."""

    def read(self, sheets: Iterator[Sheet]) -> ParseResult:
        """Read each sheet that has the header; the others are accounted for row by row."""
        missing: HeaderMissing | None = None
        found = False
        for number, sheet in enumerate(sheets, start=1):
            if (masked := sheet_name_without_ids(sheet.name)) != sheet.name:
                sheet.name = f"{masked}({number})"  # two masked names may be one
            if not self._is_wanted(sheet):
                self._pass_over(sheet)
                continue
            above: Rows = []
            try:
                header = find_header(sheet.rows, sheet.merged, self.contract, above)
            except HeaderMissing as error:
                if error.found or self.contract.read.sheets:
                    raise
                missing = error
                for row_number, _ in above:
                    self.parsed.skip(sheet.name, row_number, "other_sheet")
                self._pass_over(sheet)
                continue
            found = True
            check_rows_above(self.contract, header, above)
            self._read_below(sheet, header, above)
        if not found:
            raise missing or Rejected(
                "no_sheet_of_that_name" if self.contract.read.sheets else "no_sheet_with_cells"
            )
        self._finish()
        return self.parsed

    def _is_wanted(self, sheet: Sheet) -> bool:
        pattern = self.contract.read.sheets
        return bool(re.search(pattern, sheet.name)) if pattern else not sheet.is_hidden

    def _pass_over(self, sheet: Sheet) -> None:
        for number, _ in sheet.rows:
            self.parsed.skip(sheet.name, number, "other_sheet")

    def _read_below(self, sheet: Sheet, header: Header, above: Rows) -> None:
        for number, _ in above:
            self.parsed.skip(sheet.name, number, "title")
        for number in range(header.last_row - header.height + 1, header.last_row + 1):
            self.parsed.skip(sheet.name, number, "header")
        self.parsed.sign_off |= read_sign_off(self.contract, above)
        self.parsed.captions[sheet.name] = header.captions
        self.parsed.years[sheet.name] = find_title_years(above, sheet.name)
        reader = SheetReader(self, sheet, header, above)
        if unit := reader.unit or find_stated_unit(above):
            self.parsed.units[sheet.name] = without_ids(unit)
        reader.read()
        self.sums.add(reader.totals.sums)
        self.totals.append((sheet.name, reader.totals))

    def _finish(self) -> None:
        """Add what shows only at the end of the file."""
        for sheet, totals in self.totals:
            for number, level, differing in totals.at_end(self.sums):
                self.find_differing("own_total", sheet, number, differing, level)
            self.parsed.compared |= {
                (sheet, row): columns for row, columns in totals.compared.items()
            }
        self.parsed.findings = self._mark_repeated(self.parsed.findings)
        ends = any(totals.ends_with_whole for _, totals in self.totals)
        if self.contract.read.ends_with_totals and not ends:
            self.find("totals_row_missing", "", self.parsed.last_row[1], "")
        if not self.sink and not self.parsed.tables:
            self.parsed.tables.append(make_schema(self.columns).empty_table())

    def _mark_repeated(self, findings: list[Finding]) -> list[Finding]:
        """Let the totals of one level say by how much a column is wrong: 合计 repeats its 小计.

        A total of a member without any row may be of rows that are lost, or of anything.
        """
        by_level: dict[tuple[str, str], dict[int, Decimal]] = defaultdict(dict)
        for finding in findings:
            if finding.rule == "own_total" and finding.amount is not None:
                levels = by_level[finding.sheet, finding.column]
                levels[finding.level] = levels.get(finding.level, Decimal(0)) + finding.amount
        worst = {place: max(sorted(own), key=own.__getitem__) for place, own in by_level.items()}
        return [
            replace(
                finding,
                is_repeated=finding.level
                != worst.get((finding.sheet, finding.column), finding.level),
                member=finding.member if finding.member in self.members else None,
            )
            for finding in findings
        ]


def read_file(
    path: Path,
    contract: Contract,
    pseudonym: Pseudonym | None = None,
    columns: Collection[str] | None = None,
    *,
    name: str = "",
    sink: Callable[["pa.Table"], None] | None = None,
    row_log: list[RowLogEntry] | None = None,
    attachments: Known | None = None,
) -> ParseResult:
    """Read a kept file; raises Rejected with one sentence when it cannot be read at all.

    Without `pseudonym` ids of persons stay as they are: for the trace, in memory only, which also
    says which `columns` it looks at. `name` is what the file was called. Typed rows go to `sink`
    as they come, or stay in the reading; each row that is no data goes to `row_log`.
    `attachments` are what came beside it: names of documents are read with their hashes.
    """
    forbid_core_dumps()
    reader = FileReader(contract, pseudonym, columns, name, sink, row_log, attachments)
    try:
        with without_collection(), closing(open_sheets(path, contract)) as sheets:
            return reader.read(sheets)
    except (ZipingError, OSError, MemoryError):
        raise
    except Exception as error:
        if memory_sentence(error):
            raise
        # No file may end the run of all others, whatever it holds.
        raise Rejected("unreadable_form") from error
