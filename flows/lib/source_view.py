"""What became of every row of a source's files, and a dry run of a file that is not yet sent."""

from collections.abc import Iterable
from pathlib import Path

from flows.lib.column_readers import Pseudonym
from flows.lib.console import make_console
from flows.lib.contracts import Contract
from flows.lib.errors import WrongUse
from flows.lib.look import look_at_standings
from flows.lib.parsing import read_file
from flows.lib.reading import Line
from flows.lib.settings import Workspace
from flows.lib.withdrawing import withdrawn_sentences

FIRST_ROWS = 5
LONGEST_LIST = 1_000


def contract_named(contracts: dict[str, Contract], name: str) -> Contract:
    """Find a source table by its name, `finance.payments`."""
    if name not in contracts:
        raise WrongUse(f"no source table is called {name}: there are {', '.join(contracts)}")
    return contracts[name]


def print_source(workspace: Workspace, name: str, *, show_rows: bool) -> None:
    """Print the account of each delivery in force: rows read, landed, set aside, skipped."""
    from rich.table import Column, Table

    night = look_at_standings(workspace)
    contract = contract_named(night.contracts, name)
    console = make_console()
    newer = ["in a newer part"] * contract.in_parts
    file = Column("file", overflow="fold")
    table = Table("period", file, "rows read", "landed", "set aside", *newer, "skipped")
    found = [one for one in night.standings if one.owed.contract.name == name]
    for one in {standing.owed.key: standing for standing in found}.values():
        if one.gap:
            table.add_row(one.owed.period, one.gap, *[""] * (len(table.columns) - 2))
        for part in one.in_force:
            name, outcome = part.delivery.name, part.acceptance.outcome
            counts = [outcome["rows_read"], part.rows_landed, part.rows_quarantined]
            counts += [part.rows_superseded] * contract.in_parts
            kinds = (f"{kind} {count}" for kind, count in sorted(outcome["skipped"].items()))
            table.add_row(one.owed.period, name, *map(str, counts), ", ".join(kinds))
            if show_rows:
                path = night.store.path(part.delivery.files[0].sha256)
                account = _account_of(path, contract, night.key.pseudonym, name)
                console.print(f"{one.owed.period} {name}")
                _print_lines([*_skipped(account), *_set_aside(part.acceptance.quarantine)])
                for unit in part.superseded:
                    console.print(f"  {unit}: its rows are counted from a newer part")
        for sentence in one.rejections:
            console.print(f"! {sentence}")
    own = [one for one in night.withdrawn if one["source"] == contract.name]
    for sentence in withdrawn_sentences(own):
        console.print(f"! {sentence}")
    console.print(table)


def _account_of(path: Path, contract: Contract, pseudonym: Pseudonym, name: str) -> list[Line]:
    """Read a kept file once more for the rows that are no data; its typed rows are dropped."""
    account: list[Line] = []
    read_file(path, contract, pseudonym, name=name, sink=lambda _table: None, account=account)
    return account


def _skipped(account: Iterable[Line]) -> Iterable[Line]:
    """List the rows that are no data; a duplicate is one, but stands in quarantine."""
    return (line for line in account if line[2] != "exact_duplicate")


def _set_aside(path: Path) -> Iterable[Line]:
    import pyarrow.parquet as pq

    for row in pq.read_table(path).to_pylist():
        rule = " ".join(word for word in ("set aside:", row["rule"], row["column_name"]) if word)
        yield row["sheet"], row["row_number"], rule


def _print_lines(lines: Iterable[Line]) -> None:
    console = make_console()
    ordered = sorted(set(lines))
    for sheet, number, kind in ordered[:LONGEST_LIST]:
        console.print(f"  {sheet or '-'} row {number}: {kind}")
    if len(ordered) > LONGEST_LIST:
        console.print(f"  and {len(ordered) - LONGEST_LIST} more rows")
