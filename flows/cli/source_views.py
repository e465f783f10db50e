"""Printing each source table and period, and what became of every row of its files."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from rich.table import Column, Table

from flows.common.console import make_console
from flows.common.settings import Workspace
from flows.contracts.loading import find_contract
from flows.contracts.model import Contract
from flows.landing.outcome import rejection_sentence
from flows.landing.source_status import (
    SourceStatus,
    by_period,
    list_rejections,
    sentences_on_unneeded,
)
from flows.landing.withdrawals import withdrawn_sentences
from flows.parsing.columns import Pseudonym
from flows.parsing.file_parser import read_file
from flows.parsing.result import RowLogEntry
from flows.releases.release import current_release, rows_of, years_published
from flows.runs.validation import find_sources

LONGEST_LIST = 1_000


def print_source(workspace: Workspace, name: str, *, show_rows: bool) -> None:
    """Print the account of each active delivery: rows read, landed, quarantined, skipped."""
    run, sources = find_sources(workspace)
    contract = find_contract(run.contracts, name)
    console = make_console()
    newer = ["in a newer part"] * contract.in_parts
    file = Column("file", overflow="fold")
    table = Table("period", file, "rows read", "landed", "quarantined", *newer, "skipped")
    own = [status for status in sources.statuses if status.expected.contract.name == name]
    for status in by_period(own):
        period = status.expected.period
        if status.gap:
            table.add_row(period, status.gap, *[""] * (len(table.columns) - 2))
        for part in status.active:
            name, details = part.delivery.name, part.outcome.details
            counts = [details["rows_read"], part.rows_landed, part.rows_quarantined]
            counts += [part.rows_superseded] * contract.in_parts
            kinds = (f"{kind} {count}" for kind, count in sorted(details["skipped"].items()))
            table.add_row(period, name, *map(str, counts), ", ".join(kinds))
            if show_rows:
                path = run.store.path(part.delivery.files[0].sha256)
                row_log = _count_rows_by_kind(path, contract, run.key.pseudonym, name)
                console.print(f"{period} {name}")
                _print_lines([*_skipped(row_log), *_quarantined(part.outcome.quarantine)])
                for unit in part.superseded:
                    console.print(f"  {unit}: its rows are counted from a newer part")
        for entry in status.rejections:
            console.print(f"! {rejection_sentence(entry)}")
    withdrawn = [entry for entry in sources.withdrawn if entry["source"] == contract.name]
    for sentence in withdrawn_sentences(withdrawn):
        console.print(f"! {sentence}")
    console.print(table)


def _count_rows_by_kind(
    path: Path, contract: Contract, pseudonym: Pseudonym, name: str
) -> list[RowLogEntry]:
    """Read a kept file once more for the rows that are no data; its typed rows are dropped."""
    row_log: list[RowLogEntry] = []
    read_file(path, contract, pseudonym, name=name, sink=lambda _table: None, row_log=row_log)
    return row_log


def _skipped(row_log: Iterable[RowLogEntry]) -> Iterable[RowLogEntry]:
    """List the rows that are no data; a duplicate is one, but stands in quarantine."""
    return (line for line in row_log if line[2] != "exact_duplicate")


def _quarantined(path: Path) -> Iterable[RowLogEntry]:
    import pyarrow.parquet as pq

    for row in pq.read_table(path).to_pylist():
        rule = " ".join(word for word in ("quarantined:", row["rule"], row["column_name"]) if word)
        yield row["sheet"], row["row_number"], rule


def _print_lines(lines: Iterable[RowLogEntry]) -> None:
    console = make_console()
    ordered = sorted(set(lines))
    for sheet, number, kind in ordered[:LONGEST_LIST]:
        console.print(f"  {sheet or '-'} row {number}: {kind}")
    if len(ordered) > LONGEST_LIST:
        console.print(f"  and {len(ordered) - LONGEST_LIST} more rows")


def print_sources(workspace: Workspace) -> None:
    """Print each source table and period: the active delivery, or who owes it since when."""
    run, sources = find_sources(workspace)
    units = _units(workspace)
    table = Table(
        Column("source", no_wrap=True), "period", Column("active file", overflow="fold"),
        "received", "rows", "quarantined", "units", "owner",
    )  # fmt: skip
    for status in by_period(sources.statuses):
        expected, contract = status.expected, status.expected.contract
        owner = f"{contract.owed.by} {expected.due}"
        if status.active:
            table.add_row(
                contract.name,
                expected.period,
                name_active_files(status),
                max(part.delivery.received_at for part in status.active)[:10],
                str(sum(part.rows_landed for part in status.active)),
                str(sum(part.rows_quarantined for part in status.active)),
                units.get((contract.name, expected.period), ""),
                owner,
            )
        else:
            since = (run.today - date.fromisoformat(expected.due)).days
            late = f"{since} days late" if since > 0 else "not yet due"
            late = "optional" if contract.optional else late
            state = "none" if contract.optional else "missing"
            state = "rejected" if status.rejections else state
            state = f"{status.held} files, none of them taken" if status.held else state
            state = "landed, judged next night" if status.is_waiting else state
            table.add_row(
                contract.name, expected.period, state, "", "", "", "", f"{owner} ({late})"
            )
    console = make_console()
    console.print(table)
    rejections = map(rejection_sentence, list_rejections(sources.statuses))
    unneeded = sentences_on_unneeded(run.expected(), run.deliveries(), run.years)
    withdrawn = withdrawn_sentences(sources.withdrawn)
    for sentence in dict.fromkeys([*rejections, *unneeded, *withdrawn]):
        console.print(f"! {sentence}")


def name_active_files(status: SourceStatus) -> str:
    """Name the active file, or count those of a table in parts, by the archive they came in."""
    names = [Path(part.delivery.name).name for part in status.active]
    packed = Counter(
        Path(part.delivery.archive.shown_name).name
        for part in status.active
        if part.delivery.archive
    )
    archives = ", ".join(f"{count} of {name}" for name, count in sorted(packed.items()))
    shown = f"{len(names)} files" if len(names) > 1 else names[0]
    return f"{shown} ({archives})" if archives else shown


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
