"""What people are shown of sources, nights and releases."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from flows.lib.console import make_console, say
from flows.lib.damage import damages, link_faults
from flows.lib.look import look_at_standings
from flows.lib.morning import morning
from flows.lib.releases import current_release, releases_of, rows_of, years_published
from flows.lib.settings import Workspace, load_settings
from flows.lib.standing import Standing, sentences_on_unneeded
from flows.lib.withdrawing import withdrawn_sentences

WAIVER_STATES = {
    "open": "open until", "ending": "ends soon, on", "expired": "expired on",
    "not_yet": "not yet open, until",
}  # fmt: skip
REASONS_SHOWN = 5
LATEST_HOURS = 26  # a night at 02:00 that has run is never older


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
            late = "need not be sent" if contract.is_optional else late
            state = "none" if contract.is_optional else "missing"
            state = "rejected" if one.rejections else state
            state = "landed, judged next night" if one.is_waiting else state
            table.add_row(
                contract.name, one.owed.period, state, "", "", "", "", f"{owner} ({late})"
            )
    console = make_console()
    console.print(table)
    rejections = [text for standing in night.standings for text in standing.rejections]
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
    for counted in ("figures_by_state", "figures_by_judgement"):
        if one.get(counted):
            words = ", ".join(f"{word} {number}" for word, number in one[counted].items())
            console.print(f"  figures: {words}")
    for figure in one.get("in_doubt", ()):
        console.print(f"  {figure['figure_id']} {figure['state']}: {figure['reason']}")


def print_releases(workspace: Workspace, year: int | None) -> None:
    """Print the releases of a year or of all, and in which way one is not what was published."""
    table = Table("year", "release", "written", "deliveries", "gaps", "current", "whole")
    years = [year] if year else list(years_published(workspace))
    found = damages(workspace, years)
    for one_year in years:
        current = current_release(workspace, one_year)
        for release in releases_of(workspace, one_year):
            shown = ["", "", ""]
            if is_whole := not any(one.startswith(f"{release.name}: ") for one in found):
                gaps = "yes" if release.manifest["has_gaps"] else "no"
                deliveries = str(len(release.manifest["deliveries"]))
                shown = [release.manifest["written_at"][:16], deliveries, gaps]
            arrow = "←" if current and current.name == release.name else ""
            whole = "yes" if is_whole else "no"
            table.add_row(str(one_year), release.name, *shown, arrow, whole)
    console = make_console()
    console.print(table)
    default_year = load_settings(workspace).default_year
    links = [text for one in years for text in link_faults(workspace, one, default_year)]
    for sentence in (*found, *links):
        say(f"! {sentence}")
