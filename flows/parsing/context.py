"""What the readers of the sheets of one file share: its contract, its reading, where rows go."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flows.contracts.model import Contract
from flows.parsing.attachments import Known
from flows.parsing.columns import Pseudonym
from flows.parsing.result import (
    WHOLE_ROW,
    Finding,
    ParseResult,
    RowLogEntry,
    add_amounts,
    read_unit_and_member,
)
from flows.parsing.stated_totals import StatedTotals, Sums

if TYPE_CHECKING:
    import pyarrow as pa


class ParseContext:
    """One file while it is read: what is known of it, and what was found so far."""

    def __init__(
        self,
        contract: Contract,
        pseudonym: Pseudonym | None,
        columns: Collection[str] | None,
        name: str,
        sink: Callable[["pa.Table"], None] | None,
        row_log: list[RowLogEntry] | None,
        attachments: Known | None,
    ) -> None:
        """Take the contract, what replaces ids, which columns to read, and where rows go."""
        self.contract, self.pseudonym, self.name, self.sink = contract, pseudonym, name, sink
        self.attachments = attachments
        self.is_judged = columns is None  # a file that is read again has been
        self.columns = [
            column for column in contract.columns if columns is None or column.name in columns
        ]
        self.by_name = {column.name: column for column in contract.columns}
        self.amounts = contract.amounts
        self.parsed = ParseResult(row_log=row_log)
        self.seen: dict[int, int] = {}  # of the hash of a row where the first one stands
        self.sums = Sums()  # of all sheets so far
        self.totals: list[tuple[str, StatedTotals]] = []
        self.members: set[str | None] = set()  # that some row of detail has

    def find(self, rule: str, sheet: str, number: int, column: str, **more: Any) -> None:
        """Keep what only the file itself shows."""
        self.parsed.findings.append(Finding(rule, sheet, number, column, **more))

    def find_differing(
        self,
        rule: str,
        sheet: str,
        number: int,
        differing: Mapping[str, Decimal],
        level: int = 0,
        member: str | None = None,
    ) -> None:
        """Keep in which columns a row contradicts others, and of money by how much."""
        for name, difference in differing.items():
            amount = difference if name.partition(" ")[0] in self.amounts else None
            self.find(rule, sheet, number, name, level=level, member=member, amount=amount)

    def land(self, table: "pa.Table") -> None:
        """Keep typed rows, or pass them on so that they need no memory."""
        if not table.num_rows:
            return
        self.parsed.landed += table.num_rows
        self.parsed.last_row = table["_sheet"][-1].as_py(), table["_row_number"][-1].as_py()
        if self.sink:
            self.sink(table)
        else:
            self.parsed.tables.append(table)

    def quarantine_unreadable(
        self,
        sheet: str,
        table: "pa.Table",
        unreadable: Mapping[int, list[str]],
        faults: Mapping[int, str],
    ) -> None:
        """Put rows into quarantine, each with what could be read of its keys and amount."""
        for place, columns in sorted(unreadable.items()):
            values = {name: table[name][place].as_py() for name in table.column_names}
            number = values["_row_number"]
            if WHOLE_ROW in columns:
                values = {}
            rule, keys = (
                faults.get(place, "unreadable_cell"),
                read_unit_and_member(self.contract, values),
            )
            amount = add_amounts(values, self.amounts)
            self.parsed.quarantined += [
                Finding(rule, sheet, number, name, amount=amount, **keys) for name in columns
            ]
