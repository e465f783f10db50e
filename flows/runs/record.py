"""What a night leaves behind: its record."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.common.clock import CHINA
from flows.common.errors import FAILED
from flows.common.files import write_sealed
from flows.common.settings import Workspace
from flows.landing.source_status import doubts, missing_or_rejected, open_periods, set_aside
from flows.releases.integrity import hash_received
from flows.releases.run_log import RECORD, RECORD_VERSION
from flows.runs.notify import notify

if TYPE_CHECKING:
    from flows.runs.context import Night


def _record(night: "Night", code: int, failure: str | None) -> dict[str, Any]:
    record: dict[str, Any] = {
        "night": night.name,
        "started_at": night.started_at,
        "ended_at": datetime.now(CHINA).isoformat(timespec="seconds"),
        "as_of": night.as_of.isoformat() if night.as_of else None,
        "years": {str(year): result for year, result in night.results.items()},
        "exit_code": code,
        "failure": failure,
        "gaps": missing_or_rejected(night.standings),
        "unavailable": night.unavailable,
        "remarks": list(dict.fromkeys(night.remarks)),
        "blocked": night.blocked,
        "stages": night.stages,
    }
    if night.standings:  # a night that failed before it looked does not know what is open
        record["open"] = open_periods(night.standings)
        record["held"] = [[*key, files] for key, files in night.held.items()]
        record["set_aside"] = set_aside(night.standings)
        record["doubts"] = doubts(night.standings)
        record["waivers"] = [one.as_json() for one in night.waivers]
    if code != FAILED:  # a night that failed may have failed because of what it found there
        record["received"] = hash_received(night.store.manifest)
    return record


def write_record(night: "Night", code: int, failure: str | None = None) -> None:
    """Leave the record of the night for `ziping status`, and tell who wants to be told."""
    _leave(night.workspace, night.folder, _record(night, code, failure))


def write_intent(night: "Night") -> None:
    """Leave the record of a night that may be killed: no release without a record that tells it."""
    record = _record(night, FAILED, "it did not end: it was killed, or it is still running")
    _write(night.folder, record | {"ended_at": None})


def write_failure(
    workspace: Workspace, folder: Path, code: int, failure: str, now: datetime
) -> None:
    """Leave the record of a night that could not begin, as for want of its key."""
    moment = now.isoformat(timespec="seconds")
    record = {"night": folder.name, "exit_code": code, "failure": failure, "remarks": []}
    _leave(workspace, folder, record | {"started_at": moment, "ended_at": moment})


def _leave(workspace: Workspace, folder: Path, record: dict[str, Any]) -> None:
    """Tell first: a full disk must not keep the failure from those who can mend it.

    Who looks back sits before it, and nobody else need know.
    """
    if workspace.as_of is None:
        record["remarks"] = [*record["remarks"], *notify(workspace, record)]
    _write(folder, record)


def _write(folder: Path, record: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_sealed(folder / RECORD, record | {"record_version": RECORD_VERSION})
