"""The command `nightly`: plan first, load the heavy tools only where something changed."""

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import date, datetime

from flows.common.clock import known_until
from flows.common.console import make_console, say
from flows.common.disk import describe_lacking_room
from flows.common.errors import Blocked
from flows.common.settings import Workspace
from flows.exports.postgres.publish import publish_results
from flows.landing.source_status import by_period, missing_or_rejected
from flows.releases.release import Release, current_release
from flows.runs.context import RunContext, RunPlan, exit_code_of
from flows.runs.lifecycle import OnOpen, open_run
from flows.runs.planning import find_unchanged_years, plan_run, require_room
from flows.runs.prefect_server import prefect_server
from flows.runs.record import make_record
from flows.runs.summary import summarize_run
from flows.runs.validation import validate_sources


def run_nightly(workspace: Workspace, year: int | None, as_of: date | None, on_open: OnOpen) -> int:
    """Run and print what came of it; give the exit code. The open run goes to `on_open`."""
    with open_run(workspace, year, as_of) as run:
        on_open(run)
        with run.log.timed("look"):
            plan = run.log.add_plan(plan_run(run))
            is_unchanged = not plan and _is_published(run, plan)
        if is_unchanged:
            if lacking := describe_lacking_room(run.workspace, 0):  # today it was not needed
                run.log.notices.append(lacking)
            publish_results(run.workspace, run.settings, run.log)
        else:
            with run.log.timed("whole run"):
                _run_flow(run, plan, year)
        _report(run)
        return exit_code_of(run.log)


def _is_published(run: RunContext, plan: RunPlan) -> bool:
    """Whether the release of each year follows from what is active; if so, that is the result."""
    sources = validate_sources(run, plan.held, read_new=False)
    results, notices = find_unchanged_years(run, sources)
    if is_complete := len(results) == len(run.years):
        run.log.add_sources(sources)
        run.log.results = results
    run.log.notices += notices
    return is_complete


def _report(run: RunContext) -> None:
    """Print what came of the run; whoever read it may be gone, and that is no failure."""
    try:
        print_run(run)
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _run_flow(run: RunContext, plan: RunPlan, year: int | None) -> None:
    require_room(run, plan)
    with make_console().status("building the night"), contextlib.ExitStack() as stack:
        with run.log.timed("start of Prefect's server"):
            seconds = run.settings.prefect_start_seconds
            home = stack.enter_context(prefect_server(run.workspace.warehouse, seconds))
        with run.log.timed("imports"), contextlib.chdir(home):
            from flows.nightly import nightly
            from flows.quality.gx_runner import load_great_expectations

            load_great_expectations()
        try:
            nightly(year, run.as_of, str(run.workspace.root))
        except Blocked:
            if not run.log.blocked:
                raise


def _describe_new(run: RunContext) -> Iterator[str]:
    """Say what came in this run and counts, of each source table and period."""
    begun = datetime.fromisoformat(run.started_at)
    for status in by_period(run.log.statuses):
        new = [
            part
            for part in status.active
            if datetime.fromisoformat(part.delivery.received_at) >= begun
        ]
        if new:
            rows = sum(part.rows_landed for part in new)
            files = new[0].delivery.name if len(new) == 1 else f"{len(new)} files"
            table, period = status.expected.contract.name, status.expected.period
            yield f"new: {rows} rows of {table} {period} ({files})"


def print_run(run: RunContext) -> None:
    """Print what is new, the results, the figures, what is missing or quarantined, the stages."""
    log = run.log
    if run.as_of:
        say(f"a look back{known_until(run.as_of)}: nothing is landed, switched, sent or told")
    for sentence in _describe_new(run):
        say(sentence)
    for year in run.years:
        result = log.results.get(year, {"result": "failed"})
        is_preview = run.as_of and result["result"] == "published"
        word = "looked back, as" if is_preview else result["result"]
        say(f"{year}: {word} {result.get('release', '')}")
        release = current_release(run.workspace, year)
        if release and result["result"] == "published":
            print_figures(release)
    for sentence in (*log.blocked, *missing_or_rejected(log.statuses), *log.unavailable):
        say(f"  ! {sentence}")
    for sentence in dict.fromkeys(log.notices):
        say(f"  - {sentence}")
    say(summarize_run(make_record(run, exit_code_of(log)), run.workspace).text)
    for name, seconds in log.timings.items():
        wall, cpu = seconds["wall_seconds"], seconds["cpu_seconds"]
        say(f"{name:34}{wall:8.1f} s wall{cpu:8.1f} s CPU")
    for year in run.years:
        if release := current_release(run.workspace, year):
            say(f"release {year}: {release.folder}")


def print_figures(release: Release) -> None:
    """Print a release's figures with state and judgement, and what is in quarantine."""
    from rich.table import Table

    from flows.releases.tables import ReleaseTables, describe_coverage, is_covered, number_figure

    table = Table("图号", "标题", "印出文字", "状态", "判定", title=release.manifest["title"])
    figures = ReleaseTables.load(release.folder).printed
    for figure in figures:
        state, judgement = figure["state"], figure["judgement"]
        if is_covered(figure):
            table.add_row(
                number_figure(figure), figure["title"], figure["text"] or "", state, judgement
            )
    make_console().print(table)
    say(describe_coverage(figures))
    if release.manifest["is_sample"]:
        say("样例数据: everything in it is invented")
    for delivery in release.manifest["deliveries"]:
        if quarantined := delivery["rows_quarantined"]:
            total = delivery["rows_landed"] + quarantined
            say(
                f"quarantined: {quarantined:,} of {total:,} rows of {delivery['source']} "
                f"{delivery['period']} ({delivery['original_name']})"
            )
