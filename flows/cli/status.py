"""Printing the last runs, what is missing and from whom, and the disk."""

import json
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from flows.common.console import make_console, say
from flows.common.settings import Workspace
from flows.common.text import many
from flows.releases.signed_drift import line_sentence
from flows.runs.status import describe_status

WAIVER_STATES = {
    "open": "open until",
    "ending": "ends soon, on",
    "expired": "expired on",
    "not_yet": "not yet open, until",
}
REASONS_SHOWN = 5
LATEST_HOURS = 26  # a night at 02:00 that has run is never older


def print_status(workspace: Workspace, run_count: int) -> None:
    """Print the last runs, what is missing and from whom, what is quarantined, and the disk."""
    console = make_console()
    seen = describe_status(workspace, run_count)
    if not seen["last"]:
        console.print("no night has run yet: `ziping nightly`")
        return
    for line in seen["summary"]:
        console.print(line)
    table = Table("run", "ended", "result", "years", "wall s", "CPU s")
    for run in seen["runs"]:
        table.add_row(
            run["run"],
            (run["ended_at"] or "")[:16],
            run["failure"] or run["result"],
            ", ".join(
                f"{year} {result['result']} {result.get('release', '')}".strip()
                for year, result in run["years"].items()
            ),
            f"{run['wall_seconds']:.1f}",
            f"{run['cpu_seconds']:.1f}",
        )
    console.print(table)
    for period in seen["open"]:
        overdue = period["days_overdue"]
        days = f"{overdue} days overdue" if overdue else "not yet due"
        active = ", what was accepted is active" if period["is_active"] else ""
        for sentence in period["sentences"]:
            console.print(f"! {sentence} ({days}, in {period['runs_open']} runs{active})")
    for sentence in seen["notices"]:
        console.print(f"! {sentence}")
    for file in seen["quarantined"]:
        console.print(
            f"quarantined: {file['rows_quarantined']:,} of {file['rows']:,} rows of "
            f"{file['source']} {file['period']} ({file['file']}): {file['owner']}"
        )
    for delivery in seen["doubts"]:
        reasons = ";".join(delivery["reasons"][:REASONS_SHOWN])
        more = f" and {len(delivery['reasons']) - REASONS_SHOWN} more"
        console.print(
            f"in doubt: {delivery['source']} {delivery['period']} ({delivery['file']}): {reasons}"
            f"{more if len(delivery['reasons']) > REASONS_SHOWN else ''}: {delivery['owner']}"
        )
    for waiver in seen["waivers"]:
        console.print(
            f"waiver {waiver['number']} ({WAIVER_STATES[waiver['state']]} {waiver['expires_on']}): "
            f"{waiver['rule']} of {waiver['source']}: {waiver['owner']}"
        )
    for sentence in seen["damaged"]:
        if not any(text.startswith(sentence) for text in seen["notices"]):
            console.print(f"! {sentence}")
    for release in seen["releases"]:
        _print_release(release)
    for signed in seen["signed"]:
        _print_signed(signed)
    for year in seen["years_without_release"]:
        console.print(f"current {year}: none")
    sizes = {name.removesuffix("_bytes"): size / 1e6 for name, size in seen["disk"].items()}
    console.print("disk: " + ", ".join(f"{name} {size:,.0f} MB" for name, size in sizes.items()))
    hours = seen["last"]["hours_ago"]
    if hours is not None and hours > LATEST_HOURS:
        console.print(f"! the last night ended {hours:.0f} hours ago: is it scheduled?")


def print_status_as_json(workspace: Workspace, run_count: int) -> None:
    """Print the same as one JSON document."""
    say(json.dumps(describe_status(workspace, run_count), ensure_ascii=False, indent=1))


def _print_release(entry: Mapping[str, Any]) -> None:
    console = make_console()
    console.print(f"current {entry['year']}: {entry['release']}")
    if "coverage" in entry:
        console.print(f"  {entry['coverage']}")
    for counted in ("figures_by_state", "figures_by_judgement"):
        if entry.get(counted):
            words = ", ".join(f"{word} {number}" for word, number in entry[counted].items())
            console.print(f"  figures: {words}")
    for figure in entry.get("in_doubt", ()):
        console.print(f"  {figure['figure_id']} {figure['state']}: {figure['reason']}")


def _print_signed(entry: Mapping[str, Any]) -> None:
    console = make_console()
    if "problem" in entry:
        return  # told with what was changed
    console.print(
        f"signed {entry['year']}: version {entry['version']} on {entry['signed_on']}, "
        f"{entry['release']}, {many(len(entry['moved']), 'figure')} moved since"
    )
    for line in entry["moved"]:
        console.print(f"  {line_sentence(line)}")
