"""What a night leaves behind: its record and the page of its gates."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.lib.acceptance import Acceptance
from flows.lib.durable import write_durably, write_json
from flows.lib.notify import notify
from flows.lib.settings import SAMPLE_DISTRICT, Workspace
from flows.lib.standing import gap_sentences, open_periods, set_aside
from flows.lib.times import CHINA

if TYPE_CHECKING:
    from flows.lib.night import Night

RECORD, GATES_PAGE = "record.json", "gates.html"


def write_record(night: "Night", code: int, failure: str | None = None) -> None:
    """Leave the record of the night for `ziping status`, and tell who wants to be told."""
    record: dict[str, Any] = {
        "night": night.name,
        "started_at": night.started_at,
        "ended_at": datetime.now(CHINA).isoformat(timespec="seconds"),
        "as_of": night.as_of.isoformat() if night.as_of else None,
        "years": {str(year): result for year, result in night.results.items()},
        "exit_code": code,
        "failure": failure,
        "gaps": gap_sentences(night.standings),
        "unavailable": night.unavailable,
        "remarks": night.remarks,
        "blocked": night.blocked,
        "stages": night.stages,
    }
    if night.standings:  # a night that failed before it looked does not know what is open
        record["open"] = open_periods(night.standings)
        record["set_aside"] = set_aside(night.standings)
    _leave(night.workspace, night.folder, record)


def write_failure(
    workspace: Workspace, folder: Path, code: int, failure: str, now: datetime
) -> None:
    """Leave the record of a night that could not begin, as for want of its key."""
    moment = now.isoformat(timespec="seconds")
    record = {"night": folder.name, "exit_code": code, "failure": failure, "remarks": []}
    _leave(workspace, folder, record | {"started_at": moment, "ended_at": moment})


def _leave(workspace: Workspace, folder: Path, record: dict[str, Any]) -> None:
    """Tell first: a full disk must not keep the failure from those who can mend it."""
    record["remarks"] = [*record["remarks"], *notify(workspace, record)]
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / RECORD, record)


def write_gates_page(night: "Night", judged: Iterable[Acceptance]) -> None:
    """Write the page of the gates: the deliveries in force, those rejected, and the report."""
    from flows.lib.gates_page import gates_page

    outcomes = [dict(one.outcome) for one in judged]
    outcomes.sort(key=lambda one: (one["suite"], one["period"], one["accepted"]))
    night.folder.mkdir(parents=True, exist_ok=True)
    sample = "(样例数据)" if night.settings.district == SAMPLE_DISTRICT else ""
    page = gates_page(
        [*outcomes, *night.outcomes],
        title=f"{night.settings.district_title}数据检查{sample}",
        generated_for=night.name,
    )
    write_durably(night.folder / GATES_PAGE, page.encode())


def records(workspace: Workspace) -> list[dict[str, Any]]:
    """Read the records of the nights, oldest first; a damaged one is told as such."""
    found = []
    for path in sorted(workspace.nights.glob("*/" + RECORD)):
        try:
            found.append(json.loads(path.read_text("utf-8")))
        except ValueError:
            found.append({"night": path.parent.name, "failure": "the record is damaged"})
    return found
