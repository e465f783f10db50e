"""The flow `nightly`: plan, ingest, validate, transform, publish; one run, one record."""

import socket
from datetime import date
from pathlib import Path
from uuid import UUID

from prefect import flow, get_client, tags
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Crashed

from flows.common.error_messages import redact_errors
from flows.common.errors import GAPS, Blocked
from flows.common.settings import CHECKOUT, Workspace
from flows.exports.html.quality_report import write_quality_report
from flows.exports.postgres.publish import publish_results
from flows.ingest import ingest
from flows.landing.source_status import all_active
from flows.publish import publish
from flows.runs.arrivals import describe_arrivals
from flows.runs.context import RunContext, ValidatedSources, exit_code_of
from flows.runs.lifecycle import open_run
from flows.runs.planning import (
    find_unchanged_years,
    forget_unused_results,
    plan_run,
    require_room,
)
from flows.runs.record import make_record
from flows.runs.summary import summarize_run
from flows.runs.validation import validate_sources
from flows.transform import transform

ARTIFACT = "ziping-summary"


@flow
@redact_errors
def nightly(
    year: int | None = None, as_of: date | None = None, workspace: str | None = None
) -> dict[int, str] | State[dict[int, str]]:
    """Run for the open years, or one, and say for each how it ended.

    A run after which something is missing ends in Prefect in a state of its own name, Incomplete.
    """
    place = Workspace(Path(workspace or CHECKOUT).resolve())
    mark = f"{socket.gethostname()}:{place.root}"
    with open_run(place, year, as_of) as run, tags(mark):
        log = run.log
        close_killed_runs(mark)
        _name_run(f"{run.settings.district_title} {run.name}")
        plan = log.plan  # the command has made it before it loads Prefect
        if plan is None:
            plan = log.add_plan(plan_run(run))
            require_room(run, plan)
        with log.timed("ingest"):
            ingest()
        with log.timed("reading and gates of deliveries"):
            sources = log.add_sources(validate_sources(run, plan.held))
            run.store.verify(part.delivery for part in all_active(sources.statuses))
        try:
            _build_years(run, sources)
            publish_results(run.workspace, run.settings, log)
        finally:
            active = {
                (part.delivery.source, part.delivery.period, part.delivery.id)
                for part in all_active(sources.statuses)
            }
            details = [
                {**outcome.details, "is_active": key in active}
                for key, outcome in sources.outcomes.items()
            ]
            write_quality_report(
                run.folder,
                [*details, *log.report_outcomes],
                plan.unmatched,
                run.settings,
                run.as_of,
            )
        if year is None and as_of is None:
            forget_unused_results(run, sources)
        code = exit_code_of(log)
        summary = summarize_run(make_record(run, code), place)
        create_markdown_artifact(
            key=ARTIFACT, markdown="\n\n".join(summary.lines), description=summary.subject
        )
    if log.blocked:
        raise Blocked("; ".join(log.blocked))
    results = {year: str(result["result"]) for year, result in log.results.items()}
    if code == GAPS:
        return Completed(name="Incomplete", message=summary.subject, data=results)
    return results


def _build_years(run: RunContext, sources: ValidatedSources) -> None:
    """Publish the years whose release does not follow from the inputs of this run already."""
    run.log.notices += describe_arrivals(run, sources.statuses)
    run.log.results, notices = find_unchanged_years(run, sources)
    run.log.notices += notices
    if years := [year for year in run.years if year not in run.log.results]:
        transform(years)
        publish(years)


def _name_run(name: str) -> None:
    """Name the flow's run after the run: its number and date tell it from others, no word pair."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_name(UUID(flow_run.get_id()), name)


def close_killed_runs(mark: str) -> None:
    """Close what killed runs of this workspace left Running, then mark the run of this one.

    The lock is held: no other run of the workspace lives.
    """
    running = {"tags": {"all_": [mark]}, "state": {"type": {"any_": ["PENDING", "RUNNING"]}}}
    closed: State[None] = Crashed(message="the night was killed")
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(running)):
            client.set_flow_run_state(run.id, closed, force=True)
        client.update_flow_run(UUID(flow_run.get_id()), tags={*flow_run.get_tags(), mark})
