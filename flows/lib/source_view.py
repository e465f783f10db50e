"""What became of every row of a source's files, and a dry run of a file that is not yet sent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flows.lib.acceptance import Acceptance, outcome_of, readings_path, suite_path
from flows.lib.attachments import beside
from flows.lib.column_readers import Pseudonym
from flows.lib.console import make_console
from flows.lib.contracts import Contract
from flows.lib.durable import hash_file
from flows.lib.errors import Rejected, WrongUse
from flows.lib.ids import MASK
from flows.lib.judgement import place_text
from flows.lib.landing import ROWS, Landing, land
from flows.lib.look import compared, look_at_standings
from flows.lib.night import open_night
from flows.lib.parsing import read_file
from flows.lib.proposing import print_proposals, suggested_checks
from flows.lib.reading import Line, Reading
from flows.lib.row_files import rows_at
from flows.lib.said_in_cells import placed_by_cells
from flows.lib.settings import Workspace
from flows.lib.sorting import Place, period_of_name
from flows.lib.store import Delivery, LandedFile
from flows.lib.suite_words import SuiteError
from flows.lib.suites import load_suite

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


def print_check(workspace: Workspace, name: str, file: Path) -> bool:
    """Print what would become of a file, row by row where it is no plain data; True if accepted.

    Nothing is landed or kept. Cells that identify persons are masked.
    """
    if not file.is_file():
        raise WrongUse(f"{file} is no file")
    night = open_night(workspace, None, None)
    contract = contract_named(night.contracts, name)
    console = make_console()
    period = period_of_name(contract, file.name)
    if period is None and "above" in contract.meta["period"]:
        place = placed_by_cells(Place(contract, night.settings.district, "", None, None), file)
        period = place.period if isinstance(place, Place) else None
    console.print(f"period: {period or 'cannot be read from the name'}")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    landed_file = LandedFile(hash_file(file), file.stat().st_size, file.name)
    delivery = Delivery(
        name, night.settings.district, period or "", (landed_file,), now, "a dry run",
        attachments=beside(file) if contract.has_attachments else (),
    )  # fmt: skip
    account: list[Line] = []
    with TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        try:
            suite = load_suite(suite_path(contract), readings_path())
            landing = land(file, delivery, contract, suite, night.key.pseudonym, folder, account)
        except (Rejected, SuiteError) as error:
            console.print(f"rejected: {error}")
            print_proposals(file, file.name, contract)
            return False
        verdict = Acceptance(folder, outcome_of(landing, contract))
        if period:
            verdict = compared(night, delivery, verdict)
        names = [*(one.name for one in contract.columns), "_row_number"]
        first = rows_at(folder / ROWS, range(min(FIRST_ROWS, landing.row_count)), names)
        _print_landing(landing, account, contract, verdict)
        _print_first_rows(first.values(), contract)
        checks = suggested_checks(folder / ROWS, landing.reading, contract)
        print_proposals(file, file.name, contract, checks)
    for sentence in verdict.rejections:
        console.print(f"rejected: {sentence}")
    console.print("accepted" if verdict.accepted else "rejected")
    return verdict.accepted and period is not None


def _print_landing(
    landing: Landing, account: list[Line], contract: Contract, verdict: Acceptance
) -> None:
    """Print what became of each row that is no plain data, and which rules did not hold."""
    console = make_console()
    reading, judgement = landing.reading, landing.judgement
    _print_captions(reading, contract)
    places = {(row["sheet"], row["row_number"]) for row in judgement.quarantine}
    skipped = Counter(kind for _, _, kind in _skipped(account))
    console.print(
        f"rows: {landing.row_count} would be landed, {len(places)} set aside, "
        f"{skipped.total()} skipped ({', '.join(f'{kind} {n}' for kind, n in skipped.items())})"
    )
    set_aside = [
        (row["sheet"], row["row_number"], f"set aside: {row['rule']} {row['column_name']}".strip())
        for row in judgement.quarantine
    ]
    _print_lines([*_skipped(account), *set_aside])
    for result in verdict.outcome["results"]:
        if not result["success"]:
            notes = result["notes"]
            console.print(f"{result['severity']}: {notes['what']} {notes['resolve']}")
            if result["places"]:
                console.print(f"  {place_text(result['places'])}")


def _print_captions(reading: Reading, contract: Contract) -> None:
    """Say which captions were taken for which column, and which nobody declared."""
    from flows.lib.headers import plain_caption

    console = make_console()
    names = {
        plain_caption(caption): column.name
        for column in contract.columns
        for caption in column.captions
    }
    for sheet, captions in reading.captions.items():
        taken = [f"{one} → {names[one]}" for one in captions if one in names]
        console.print(f"sheet {sheet or '-'}: {', '.join(taken)}")
        if others := [one for one in captions if one and one not in names]:
            console.print(f"  not declared, and not landed: {', '.join(others)}")


def _print_first_rows(rows: Iterable[Mapping[str, Any]], contract: Contract) -> None:
    from rich.table import Table

    persons = {column.name for column in contract.columns if column.person}
    names = [column.name for column in contract.columns]
    table = Table("row", *names, title="the first rows as they would be landed")
    for row in rows:
        shown = [_shown(row[name], is_person=name in persons) for name in names]
        table.add_row(str(row["_row_number"]), *shown)
    make_console().print(table)


def _shown(value: Any, *, is_person: bool) -> str:
    if value is None:
        return ""
    return MASK if is_person else str(value)
