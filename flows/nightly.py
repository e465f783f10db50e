"""The flow `nightly`: look, ingest, transform, publish; one night, one record."""

import socket
from datetime import date
from pathlib import Path
from uuid import UUID

from prefect import flow, get_client, tags
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Crashed

from flows.common.error_messages import telling
from flows.common.errors import Blocked
from flows.common.settings import CHECKOUT, Workspace
from flows.exports.html.gates import write_gates_page
from flows.exports.postgres.publish import publish_tonight
from flows.ingest import ingest
from flows.publish import publish
from flows.runs.arrivals import receipt_sentences
from flows.runs.lifecycle import tonight
from flows.runs.planning import forget_unused_readings, look, require_room, years_to_build
from flows.runs.validation import find_standings, verdicts
from flows.transform import transform


@flow
@telling
def nightly(
    year: int | None = None, as_of: date | None = None, workspace: str | None = None
) -> dict[int, str]:
    """Run the night for the open years, or one, and say for each how it ended."""
    place = Workspace(Path(workspace or CHECKOUT).resolve())
    mark = f"{socket.gethostname()}:{place.root}"
    with tonight(place, year, as_of) as night, tags(mark):
        close_killed_runs(mark)
        if night.difference is None:
            night.difference = look(night)
            require_room(night)
        with night.stage("ingest"):
            ingest(night.name)
        find_standings(night, judge_new=True)
        night.remarks += receipt_sentences(night)
        try:
            if years := years_to_build(night):
                transform(night.name, years)
                publish(night.name, years)
            done, failed = publish_tonight(
                night.workspace,
                night.settings,
                night.results,
                night.stage("publishing to PostgreSQL"),
            )
            night.remarks += done
            night.unavailable += failed
        finally:
            judged = verdicts(night, judge_new=False).values()
            write_gates_page(night.folder, judged, night.outcomes, night.settings, night.as_of)
        if year is None and as_of is None:
            forget_unused_readings(night)
    if night.blocked:
        raise Blocked("; ".join(night.blocked))
    return {year: str(result["result"]) for year, result in night.results.items()}


def close_killed_runs(mark: str) -> None:
    """Close what killed nights of this workspace left Running, then mark the run of this one.

    The lock is held: no other run of the workspace lives.
    """
    running = {"tags": {"all_": [mark]}, "state": {"type": {"any_": ["PENDING", "RUNNING"]}}}
    closed: State[None] = Crashed(message="the night was killed")
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(running)):
            client.set_flow_run_state(run.id, closed, force=True)
        client.update_flow_run(UUID(flow_run.get_id()), tags={*flow_run.get_tags(), mark})
