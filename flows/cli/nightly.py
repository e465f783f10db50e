"""Running a night from the command: look first, load the heavy tools only for a difference."""

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import date, datetime

from flows.common.clock import known_until
from flows.common.console import make_console, say
from flows.common.disk import lacking_room
from flows.common.errors import GAPS, Blocked
from flows.common.settings import Workspace
from flows.exports.postgres.publish import publish_tonight
from flows.landing.source_status import missing_or_rejected
from flows.releases.release import Release, current_release
from flows.runs.context import Night, exit_code_of
from flows.runs.lifecycle import tonight
from flows.runs.planning import look, require_room, years_to_build
from flows.runs.prefect_server import prefect_server
from flows.runs.validation import find_standings


def run_nightly(workspace: Workspace, year: int | None, as_of: date | None) -> int:
    """Run the night and print what came of it; give the exit code."""
    with tonight(workspace, year, as_of) as night:
        with night.stage("look"):
            night.difference = look(night)
            changed = bool(night.difference)
            if not changed:
                find_standings(night, judge_new=False)
                changed = bool(years_to_build(night))
        if changed:
            night.results.clear()
            night.standings.clear()  # what is not judged yet is no gap
            with night.stage("whole run"):
                _run_flow(night, year, as_of)
        else:
            if lacking := lacking_room(workspace, 0):  # tonight it was not needed
                night.remarks.append(lacking)
            done, failed = publish_tonight(
                night.workspace,
                night.settings,
                night.results,
                night.stage("publishing to PostgreSQL"),
            )
            night.remarks += done
            night.unavailable += failed
        _report(night)
        return exit_code_of(night)


def _report(night: Night) -> None:
    """Print what came of the night; whoever read it may be gone, and that is no failure."""
    try:
        report_night(night)
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _run_flow(night: Night, year: int | None, as_of: date | None) -> None:
    require_room(night)
    with make_console().status("building the night"), contextlib.ExitStack() as stack:
        with night.stage("start of Prefect's server"):
            seconds = night.settings.prefect_start_seconds
            home = stack.enter_context(prefect_server(night.workspace.warehouse, seconds))
        with night.stage("imports"), contextlib.chdir(home):
            from flows.nightly import nightly
            from flows.quality.gx_runner import load_great_expectations

            load_great_expectations()
        try:
            nightly(year, as_of, str(night.workspace.root))
        except Blocked:
            if not night.blocked:
                raise


def _new_in_force(night: Night) -> Iterator[str]:
    """Say what came tonight and counts, of each source table and period."""
    begun = datetime.fromisoformat(night.started_at)
    for standing in {one.owed.key: one for one in night.standings}.values():
        new = [one for one in standing.in_force
               if datetime.fromisoformat(one.delivery.received_at) >= begun]  # fmt: skip
        if new:
            rows = sum(one.rows_landed for one in new)
            files = new[0].delivery.name if len(new) == 1 else f"{len(new)} files"
            table, period = standing.owed.contract.name, standing.owed.period
            yield f"new: {rows} rows of {table} {period} ({files})"


def report_night(night: Night) -> None:
    """Print what is new, the result, the figures, what is missing or set aside, and the stages."""
    if night.as_of:
        say(f"a look back{known_until(night.as_of)}: nothing is landed, switched, sent or told")
    for sentence in _new_in_force(night):
        say(sentence)
    for year in night.years:
        result = night.results.get(year, {"result": "failed"})
        is_look = night.as_of and result["result"] == "published"
        word = "looked back, as" if is_look else result["result"]
        say(f"{year}: {word} {result.get('release', '')}")
        release = current_release(night.workspace, year)
        if release and result["result"] == "published":
            print_figures(release)
    for sentence in (*night.blocked, *missing_or_rejected(night.standings), *night.unavailable):
        say(f"  ! {sentence}")
    for sentence in dict.fromkeys(night.remarks):
        say(f"  - {sentence}")
    if exit_code_of(night) == GAPS:
        say("gaps stand open: see `ziping status` and `ziping sources`")
    for name, seconds in night.stages.items():
        wall, cpu = seconds["wall_seconds"], seconds["cpu_seconds"]
        say(f"{name:34}{wall:8.1f} s wall{cpu:8.1f} s CPU")
    for year in night.years:
        if release := current_release(night.workspace, year):
            say(f"release {year}: {release.folder}")


def print_figures(release: Release) -> None:
    """Print a release's figures with state and judgement, and what is set aside."""
    from rich.table import Table

    from flows.releases.tables import ReleaseTables, describe_coverage, is_covered

    table = Table("图号", "标题", "印出文字", "状态", "判定", title=release.manifest["title"])
    figures = ReleaseTables.load(release.folder).printed
    for figure in figures:
        number = figure["figure_id"] + (f".{figure['part']}" if figure["part"] > 1 else "")
        state, judgement = figure["state"], figure["judgement"]
        if is_covered(figure):
            table.add_row(number, figure["title"], figure["text"] or "", state, judgement)
    make_console().print(table)
    say(describe_coverage(figures))
    if release.manifest["is_sample"]:
        say("样例数据: everything in it is invented")
    for one in release.manifest["deliveries"]:
        if set_aside := one["rows_quarantined"]:
            total = one["rows_landed"] + set_aside
            say(
                f"set aside: {set_aside} of {total} rows of {one['source']} {one['period']} "
                f"({one['original_name']})"
            )
