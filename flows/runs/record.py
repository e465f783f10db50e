"""What a run leaves behind: its record."""

from datetime import datetime
from pathlib import Path
from typing import Any

from flows.common.clock import CHINA
from flows.common.errors import FAILED
from flows.common.files import write_sealed
from flows.common.settings import Workspace
from flows.landing.source_status import (
    count_quarantined,
    list_doubts,
    missing_or_rejected,
    open_periods,
)
from flows.releases.integrity import hash_received
from flows.releases.release import year_folder, years_published
from flows.releases.run_log import RECORD, RECORD_VERSION
from flows.releases.signing import pin_signing
from flows.runs.context import RunContext
from flows.runs.notify import notify
from flows.runs.summary import summarize_run


def make_record(run: RunContext, code: int, failure: str | None = None) -> dict[str, Any]:
    """Gather what is known of a run so far."""
    log = run.log
    record: dict[str, Any] = {
        "run": run.name,
        "started_at": run.started_at,
        "ended_at": datetime.now(CHINA).isoformat(timespec="seconds"),
        "as_of": run.as_of.isoformat() if run.as_of else None,
        "years": {str(year): result for year, result in log.results.items()},
        "exit_code": code,
        "failure": failure,
        "gaps": missing_or_rejected(log.statuses),
        "unavailable": log.unavailable,
        "notices": list(dict.fromkeys(log.notices)),
        "blocked": log.blocked,
        "stages": log.timings,
    }
    if log.sources:  # a run that failed before it looked does not know what is open
        record["open"] = open_periods(log.statuses)
        record["held"] = [[*key, files] for key, files in log.sources.held.items()]
        record["quarantined"] = count_quarantined(log.statuses)
        record["doubts"] = list_doubts(log.statuses)
        record["waivers"] = [waiver.as_json() for waiver in log.sources.waivers]
    return record


def write_record(run: RunContext, code: int, failure: str | None = None) -> None:
    """Leave the record of the run for `ziping status`, and tell who wants to be told."""
    record = make_record(run, code, failure)
    if code != FAILED:  # a run that failed may have failed because of what it found there
        record["received"] = hash_received(run.store.manifest)
        record["signed"] = {
            str(year): pin_signing(year_folder(run.workspace, year))
            for year in years_published(run.workspace)
        }
    _leave(run.workspace, run.folder, record)


def write_intent(run: RunContext) -> None:
    """Leave the record of a run that may be killed: no release without a record that tells it."""
    record = make_record(run, FAILED, "it did not end: it was killed, or it is still running")
    _write(run.folder, record | {"ended_at": None})


def write_failure(
    workspace: Workspace, folder: Path, code: int, failure: str, now: datetime
) -> None:
    """Leave the record of a run that could not begin, as for want of its key."""
    moment = now.isoformat(timespec="seconds")
    record = {"run": folder.name, "exit_code": code, "failure": failure, "notices": []}
    _leave(workspace, folder, record | {"started_at": moment, "ended_at": moment})


def _leave(workspace: Workspace, folder: Path, record: dict[str, Any]) -> None:
    """Tell first: a full disk must not keep the failure from those who can mend it.

    Who looks back sits before it, and nobody else need know.
    """
    summary = summarize_run(record, workspace)
    record["summary"] = [summary.subject, *summary.lines]
    if workspace.as_of is None:
        record["notices"] = [*record["notices"], *notify(workspace, record, summary)]
    _write(folder, record)


def _write(folder: Path, record: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_sealed(folder / RECORD, record | {"record_version": RECORD_VERSION})
