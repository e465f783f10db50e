"""What a file holds when it has been read: typed rows, and an account of every other row."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flows.contracts.model import Column, Contract
from flows.parsing.columns import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

# Sheet, row, and what the row is or by which rule it is in quarantine.
RowLogEntry = tuple[str, int, str]

WHOLE_ROW = ""  # in place of a column: no cell of the row can be relied on


@dataclass(frozen=True)
class Finding:
    """What only the file itself shows, by the name under which the suite gives it severity.

    Of a row in quarantine it has what could be read of its unit, member and amount.
    """

    rule: str
    sheet: str
    row_number: int
    column: str
    detail: str = ""  # what it is compared with, in captions, units, years or counts
    level: int = 0  # of a total: how much it sums up
    is_repeated: bool = False  # another total says the same of this money
    unit: str | None = None  # of whose figures it speaks; null: of all
    member: str | None = None
    amount: Decimal | None = None  # by how much money they may be wrong; null: not known
    is_of_row: bool = False  # of the figures that its row counts in, and of no others


@dataclass
class ParseResult:
    """What a file holds: typed rows, and an account of every other row."""

    tables: list["pa.Table"] = field(default_factory=list)  # unless they went to a sink
    landed: int = 0
    last_row: tuple[str, int] = ("", 0)
    quarantined: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    row_log: list[RowLogEntry] | None = None  # each row skipped, where that is asked for
    sign_off: dict[str, str] = field(default_factory=dict)
    captions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by sheet
    units: dict[str, str] = field(default_factory=dict)  # of amounts, or as stated, by sheet
    compared: dict[tuple[str, int], list[str]] = field(default_factory=dict)  # totals rows: columns
    emptied: Counter[tuple[str, str]] = field(default_factory=Counter)  # by column and sign
    years: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # of titles, by sheet

    def table(self) -> "pa.Table":
        """Give all typed rows, with `_sheet` and `_row_number`."""
        import pyarrow as pa

        return pa.concat_tables(self.tables)

    def skip(self, sheet: str, number: int, kind: str) -> None:
        """Account for a row that is no data."""
        self.skipped[kind] += 1
        if self.row_log is not None:
            self.row_log.append((sheet, number, kind))


def make_schema(columns: Collection[Column]) -> "pa.Schema":
    """Describe typed rows: the contract's columns, then where each row stands."""
    import pyarrow as pa

    named = [(column.name, arrow_type(column.data_type)) for column in columns]
    return pa.schema([*named, ("_sheet", pa.string()), ("_row_number", pa.int64())])


def read_unit_and_member(contract: Contract, values: Mapping[str, Any]) -> dict[str, Any]:
    """Say of which unit and member a row is, as far as its values tell."""
    columns = {role: contract.column_of_role(role) for role in ("unit", "member")}
    return {role: column and values.get(column.name) for role, column in columns.items()}


def add_amounts(values: Mapping[str, Any], amounts: Collection[str]) -> Decimal | None:
    """Add up a row's amounts without their signs; None where one cannot be read or none is."""
    if not amounts or any(values.get(name) is None for name in amounts):
        return None
    return sum((abs(values[name]) for name in amounts), Decimal(0))


def describe_copy(
    sheet: str, number: int, first_sheet: str, first: int, amount: Decimal | None
) -> Finding:
    """Say of which row another is the copy that is left out, and how much money it holds."""
    where = f"{first_sheet} {first}" if first_sheet not in ("", sheet) else str(first)
    detail = f"= {where}" if amount is None else f"= {where}: {amount:.2f}元"
    return Finding("exact_duplicate", sheet, number, "", detail, amount=amount)
