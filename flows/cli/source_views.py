"""Printing each source table and period, and what became of every row of its files."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from rich.table import Column, Table

from flows.common.console import make_console
from flows.common.settings import Workspace
from flows.contracts.loading import contract_named
from flows.contracts.model import Contract
from flows.landing.acceptance import rejection_sentence
from flows.landing.source_status import Standing, rejections_of, sentences_on_unneeded
from flows.landing.withdrawals import withdrawn_sentences
from flows.parsing.columns import Pseudonym
from flows.parsing.file_parser import read_file
from flows.parsing.result import Line
from flows.releases.release import current_release, rows_of, years_published
from flows.runs.validation import look_at_standings

FIRST_ROWS = 5
LONGEST_LIST = 1_000


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
        for entry in one.rejections:
            console.print(f"! {rejection_sentence(entry)}")
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


def print_sources(workspace: Workspace) -> None:
    """Print each source table and period: the delivery in force, or who owes it since when."""
    night = look_at_standings(workspace)
    units = _units(workspace)
    table = Table(
        Column("source", no_wrap=True), "period", Column("in force", overflow="fold"),
        "received", "rows", "set aside", "units", "owed by",
    )  # fmt: skip
    for one in {standing.owed.key: standing for standing in night.standings}.values():
        contract = one.owed.contract
        owner = f"{contract.meta['owed']['by']} {one.owed.due}"
        if one.in_force:
            table.add_row(
                contract.name,
                one.owed.period,
                files_in_force(one),
                max(part.delivery.received_at for part in one.in_force)[:10],
                str(sum(part.rows_landed for part in one.in_force)),
                str(sum(part.rows_quarantined for part in one.in_force)),
                units.get((contract.name, one.owed.period), ""),
                owner,
            )
        else:
            since = (night.today - date.fromisoformat(one.owed.due)).days
            late = f"{since} days late" if since > 0 else "not yet due"
            late = "optional" if contract.is_optional else late
            state = "none" if contract.is_optional else "missing"
            state = "rejected" if one.rejections else state
            state = f"{one.held} files, none of them taken" if one.held else state
            state = "landed, judged next night" if one.is_waiting else state
            table.add_row(
                contract.name, one.owed.period, state, "", "", "", "", f"{owner} ({late})"
            )
    console = make_console()
    console.print(table)
    rejections = map(rejection_sentence, rejections_of(night.standings))
    unneeded = sentences_on_unneeded(night.owed(), night.deliveries(), night.years)
    withdrawn = withdrawn_sentences(night.withdrawn)
    for sentence in dict.fromkeys([*rejections, *unneeded, *withdrawn]):
        console.print(f"! {sentence}")


def files_in_force(standing: Standing) -> str:
    """Name the file in force, or count those of a table in parts, by the archive they came in."""
    names = [Path(part.delivery.name).name for part in standing.in_force]
    packed = Counter(
        Path(part.delivery.archive.shown_name).name
        for part in standing.in_force
        if part.delivery.archive
    )
    of = ", ".join(f"{count} of {name}" for name, count in sorted(packed.items()))
    told = f"{len(names)} files" if len(names) > 1 else names[0]
    return f"{told} ({of})" if of else told


def _units(workspace: Workspace) -> dict[tuple[str, str], str]:
    """Say how many of the units that had to report did, as the current releases counted them."""
    counted: dict[tuple[str, str], dict[str, bool]] = {}
    for year in years_published(workspace):
        if release := current_release(workspace, year):
            for row in rows_of(release.folder / "internal" / "int_units_expected.parquet"):
                units = counted.setdefault((row["source"], row["period"]), {})
                school = row["school_code"]
                units[school] = units.get(school, True) and row["is_received"]
    return {key: f"{sum(units.values())} of {len(units)}" for key, units in counted.items()}
