"""Printing the last nights, what stands open and with whom, and the disk."""

import json
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from flows.common.console import make_console, say
from flows.common.settings import Workspace
from flows.runs.status import morning

WAIVER_STATES = {
    "open": "open until", "ending": "ends soon, on", "expired": "expired on",
    "not_yet": "not yet open, until",
}  # fmt: skip
REASONS_SHOWN = 5
LATEST_HOURS = 26  # a night at 02:00 that has run is never older


def print_status(workspace: Workspace, nights: int) -> None:
    """Print the last nights, what stands open and with whom, what was set aside, and the disk."""
    console = make_console()
    seen = morning(workspace, nights)
    if not seen["last"]:
        console.print("no night has run yet: `ziping nightly`")
        return
    table = Table("night", "ended", "result", "years", "wall s", "CPU s")
    for one in seen["nights"]:
        table.add_row(
            one["night"],
            (one["ended_at"] or "")[:16],
            one["failure"] or one["result"],
            ", ".join(
                f"{year} {result['result']} {result.get('release', '')}".strip()
                for year, result in one["years"].items()
            ),
            f"{one['wall_seconds']:.1f}",
            f"{one['cpu_seconds']:.1f}",
        )
    console.print(table)
    for one in seen["open"]:
        days = f"{one['days_overdue']} days overdue" if one["days_overdue"] else "not yet due"
        stands = ", what was accepted is in force" if one["in_force"] else ""
        for sentence in one["sentences"]:
            console.print(f"! {sentence} ({days}, in {one['nights_open']} nights{stands})")
    for sentence in seen["said"]:
        console.print(f"! {sentence}")
    for one in seen["set_aside"]:
        console.print(
            f"set aside: {one['rows_set_aside']} of {one['rows']} rows of {one['source']} "
            f"{one['period']} ({one['file']}): {one['owner']}"
        )
    for delivery in seen["doubts"]:
        reasons = ";".join(delivery["reasons"][:REASONS_SHOWN])
        more = f" and {len(delivery['reasons']) - REASONS_SHOWN} more"
        console.print(
            f"in doubt: {delivery['source']} {delivery['period']} ({delivery['file']}): {reasons}"
            f"{more if len(delivery['reasons']) > REASONS_SHOWN else ''}: {delivery['owner']}"
        )
    for one in seen["waivers"]:
        console.print(
            f"waiver {one['number']} ({WAIVER_STATES[one['state']]} {one['expires_on']}): "
            f"{one['rule']} of {one['source']}: {one['owner']}"
        )
    for sentence in seen["damaged"]:
        if not any(text.startswith(sentence) for text in seen["said"]):
            console.print(f"! {sentence}")
    for one in seen["releases"]:
        _print_release(one)
    for year in seen["years_without_release"]:
        console.print(f"current {year}: none")
    sizes = {name.removesuffix("_bytes"): size / 1e6 for name, size in seen["disk"].items()}
    console.print("disk: " + ", ".join(f"{name} {size:,.0f} MB" for name, size in sizes.items()))
    hours = seen["last"]["hours_ago"]
    if hours is not None and hours > LATEST_HOURS:
        console.print(f"! the last night ended {hours:.0f} hours ago: is it scheduled?")


def print_status_as_json(workspace: Workspace, nights: int) -> None:
    """Print the same as one JSON document."""
    say(json.dumps(morning(workspace, nights), ensure_ascii=False, indent=1))


def _print_release(one: Mapping[str, Any]) -> None:
    console = make_console()
    console.print(f"current {one['year']}: {one['release']}")
    if "coverage" in one:
        console.print(f"  {one['coverage']}")
    for counted in ("figures_by_state", "figures_by_judgement"):
        if one.get(counted):
            words = ", ".join(f"{word} {number}" for word, number in one[counted].items())
            console.print(f"  figures: {words}")
    for figure in one.get("in_doubt", ()):
        console.print(f"  {figure['figure_id']} {figure['state']}: {figure['reason']}")
