"""Running a night from the command: look first, load the heavy tools only for a difference."""

import contextlib
from datetime import date

from rich.console import Console
from rich.table import Table

from flows.lib.console import make_console
from flows.lib.errors import GAPS
from flows.lib.night import (
    Night,
    exit_code_of,
    find_standings,
    gap_sentences,
    look,
    tonight,
    years_to_build,
)
from flows.lib.prefect_server import prefect_server
from flows.lib.releases import Release, current_release
from flows.lib.settings import Workspace


def run_nightly(workspace: Workspace, year: int | None, as_of: date | None) -> int:
    """Run the night and print what came of it; give the exit code."""
    console = make_console()
    with tonight(workspace, year, as_of) as night:
        with night.stage("look"):
            night.difference = look(night)
            changed = bool(night.difference)
            if not changed:
                find_standings(night, judge_new=False)
                changed = bool(years_to_build(night))
        if changed:
            night.results.clear()
            night.unavailable.clear()
            with night.stage("whole run"):
                _run_flow(night, year, as_of, console)
        report_night(night, console)
        return exit_code_of(night)


def _run_flow(night: Night, year: int | None, as_of: date | None, console: Console) -> None:
    with console.status("building the night"), contextlib.ExitStack() as stack:
        with night.stage("start of Prefect's server"):
            seconds = night.settings.prefect_start_seconds
            stack.enter_context(prefect_server(night.workspace.warehouse, seconds))
        with night.stage("imports"):
            from flows.nightly import nightly
        nightly(year, as_of, str(night.workspace.root))


def report_night(night: Night, console: Console) -> None:
    """Print the result, the figures, what is missing or set aside, and the stages."""
    for year in night.years:
        result = night.results.get(year, {"result": "failed"})
        console.print(f"{year}: {result['result']} {result.get('release', '')}")
        release = current_release(night.workspace, year)
        if release and result["result"] == "published":
            print_figures(release, console)
    for sentence in (*night.blocked, *gap_sentences(night.standings), *night.unavailable):
        console.print(f"  ! {sentence}")
    for sentence in night.remarks:
        console.print(f"  - {sentence}")
    if exit_code_of(night) == GAPS:
        console.print("gaps stand open: see `ziping status` and `ziping sources`")
    stages = Table("stage", "wall s", "CPU s")
    for name, seconds in night.stages.items():
        stages.add_row(name, f"{seconds['wall_seconds']:.1f}", f"{seconds['cpu_seconds']:.1f}")
    console.print(stages)
    for year in night.years:
        if release := current_release(night.workspace, year):
            console.print(f"release {year}: {release.folder}", soft_wrap=True)


def print_figures(release: Release, console: Console) -> None:
    """Print a release's figures with state and judgement, and what is set aside."""
    from flows.lib.publishing import rows_of

    keys = ("district_code", "indicator_id", "period", "dimension", "member")
    values = {
        tuple(row[key] for key in keys): row
        for row in rows_of(release.folder / "report_values.parquet")
    }
    table = Table("图号", "标题", "印出文字", "状态", "判定", title=release.manifest["title"])
    for figure in rows_of(release.folder / "report_figures.parquet"):
        value = values[tuple(figure[key] for key in keys)]
        number = figure["figure_id"] + (f".{figure['part']}" if figure["part"] > 1 else "")
        table.add_row(
            number, figure["title"], figure["text"] or "", value["state"], value["judgement"]
        )
    console.print(table)
    if release.manifest["is_sample"]:
        console.print("样例数据: everything in it is invented")
    set_aside = [one for one in release.manifest["deliveries"] if one["rows_quarantined"]]
    for one in set_aside:
        console.print(
            f"set aside: {one['rows_quarantined']} of "
            f"{one['rows_landed'] + one['rows_quarantined']} rows of {one['source']} "
            f"{one['period']} ({one['original_name']})",
            markup=False,
        )
