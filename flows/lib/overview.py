"""What somebody reads in the morning: sources, nights, gaps, releases."""

from collections import Counter
from datetime import date
from pathlib import Path

from rich.table import Table

from flows.lib.console import make_console
from flows.lib.look import look_at_standings
from flows.lib.publishing import rows_of
from flows.lib.records import records
from flows.lib.releases import current_release, releases_of, years_published
from flows.lib.settings import Workspace, load_settings

RESULTS = {0: "complete", 1: "failed", 2: "wrong use", 3: "blocked", 4: "with gaps"}


def print_sources(workspace: Workspace) -> None:
    """Print each source table and period: the delivery in force, or who owes it since when."""
    night = look_at_standings(workspace)
    units = _units(workspace)
    table = Table(
        "source", "period", "in force", "received", "rows", "set aside", "units", "owed by"
    )
    for one in {standing.owed.key: standing for standing in night.standings}.values():
        contract = one.owed.contract
        owner = f"{contract.meta['owed']['by']} {one.owed.due}"
        if one.delivery and one.acceptance:
            outcome = one.acceptance.outcome
            table.add_row(
                contract.name,
                one.owed.period,
                Path(one.delivery.name).name,
                one.delivery.received_at[:10],
                str(outcome["rows_landed"]),
                str(outcome["rows_quarantined"]),
                units.get((contract.name, one.owed.period), ""),
                owner,
            )
        else:
            since = (night.today - date.fromisoformat(one.owed.due)).days
            late = f"{since} days late" if since > 0 else "not yet due"
            state = "rejected" if one.rejections else "missing"
            state = "landed, judged next night" if one.is_waiting else state
            table.add_row(
                contract.name, one.owed.period, state, "", "", "", "", f"{owner} ({late})"
            )
    console = make_console()
    console.print(table)
    for sentence in dict.fromkeys(text for one in night.standings for text in one.rejections):
        console.print(f"! {sentence}")


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
    """Print the last nights and the gaps that stand open, with the nights since they do."""
    console = make_console()
    found = records(workspace)
    table = Table("night", "ended", "result", "years", "wall s", "CPU s")
    for record in found[-nights:]:
        stages = record.get("stages", {}).values()
        top = max((one["wall_seconds"] for one in stages), default=0.0)
        cpu = max((one["cpu_seconds"] for one in stages), default=0.0)
        years = ", ".join(
            f"{year} {one['result']} {one.get('release', '')}".strip()
            for year, one in record.get("years", {}).items()
        )
        result = record.get("failure") or RESULTS[record["exit_code"]]
        table.add_row(
            record["night"],
            record.get("ended_at", "")[:16],
            result,
            years,
            f"{top:.1f}",
            f"{cpu:.1f}",
        )
    console.print(table)
    if not found:
        console.print("no night has run yet: `ziping nightly`")
        return
    open_gaps = [*found[-1].get("gaps", ()), *found[-1].get("unavailable", ())]
    since = Counter(
        gap for record in found for gap in {*record.get("gaps", ()), *record.get("unavailable", ())}
    )
    for gap in open_gaps:
        console.print(f"! {gap} (in {since[gap]} nights)")
    for sentence in found[-1].get("blocked", ()):
        console.print(f"! {sentence}")
    settings = load_settings(workspace)
    for year in settings.open_years:
        release = current_release(workspace, year)
        console.print(f"current {year}: {release.name if release else 'none'}")
        if release:
            for fault in release.faults():
                console.print(f"! {fault}")


def print_releases(workspace: Workspace, year: int | None) -> None:
    """Print the releases of a year or of all, and which of them are not whole."""
    table = Table("year", "release", "written", "deliveries", "gaps", "current", "whole")
    for one_year in [year] if year else list(years_published(workspace)):
        current = current_release(workspace, one_year)
        for release in releases_of(workspace, one_year):
            manifest = release.manifest
            table.add_row(
                str(one_year),
                release.name,
                manifest["written_at"][:16],
                str(len(manifest["deliveries"])),
                "yes" if manifest["has_gaps"] else "no",
                "←" if current and current.name == release.name else "",
                "; ".join(release.faults()) or "yes",
            )
    make_console().print(table)
