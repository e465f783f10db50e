"""What a night leaves behind: its record and the page of its gates."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.lib.acceptance import Acceptance
from flows.lib.durable import write_durably
from flows.lib.errors import FAILED
from flows.lib.notify import notify
from flows.lib.sealed import SEAL, line_seals, read_sealed, stamp_of, write_sealed
from flows.lib.settings import SAMPLE_DISTRICT, Workspace
from flows.lib.standing import doubts, gap_sentences, open_periods, set_aside
from flows.lib.times import CHINA, known_until

if TYPE_CHECKING:
    from flows.lib.night import Night

RECORD, GATES_PAGE = "record.json", "gates.html"
RECORD_VERSION = 1


def _record(night: "Night", code: int, failure: str | None) -> dict[str, Any]:
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
        "remarks": list(dict.fromkeys(night.remarks)),
        "blocked": night.blocked,
        "stages": night.stages,
    }
    if night.standings:  # a night that failed before it looked does not know what is open
        record["open"] = open_periods(night.standings)
        record["set_aside"] = set_aside(night.standings)
        record["doubts"] = doubts(night.standings)
        record["waivers"] = [one.as_json() for one in night.waivers]
    if code != FAILED:  # a night that failed may have failed because of what it found there
        record["landed"] = line_seals(night.store.manifest)[-2:]
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


def write_gates_page(night: "Night", judged: Iterable[Acceptance]) -> None:
    """Write the page of the gates: the deliveries in force, those rejected, and the report."""
    from flows.lib.gates_page import gates_page

    outcomes = [dict(one.outcome) for one in judged]
    outcomes.sort(key=lambda one: (one["suite"], one["period"], one["accepted"]))
    night.folder.mkdir(parents=True, exist_ok=True)
    sample = "(样例数据)" if night.settings.district == SAMPLE_DISTRICT else ""
    page = gates_page(
        [*outcomes, *night.outcomes],
        title=f"{night.settings.district_title}数据检查{known_until(night.as_of)}{sample}",
        generated_for=night.name,
    )
    write_durably(night.folder / GATES_PAGE, page.encode())


@lru_cache(maxsize=4096)
def _read(path: Path, _stamp: tuple[int, int, int]) -> dict[str, Any]:
    """Read a record; one without version and seal is of an older code, and believed."""
    try:
        record = json.loads(path.read_text("utf-8"))
        if SEAL in record or "record_version" in record:
            record = read_sealed(path)
        if record.get("record_version", 0) > RECORD_VERSION:
            return _unread(path, "is of a newer version of ziping: update the code")
        return {"night": path.parent.name, **record}
    except (OSError, ValueError, TypeError, AttributeError):
        return _unread(path, "is damaged or was changed: restore it from a backup or delete it")


def _unread(path: Path, why: str) -> dict[str, Any]:
    sentence = f"night {path.parent.name}: the record {why}"
    return {"night": path.parent.name, "failure": sentence, "damaged": sentence}


def records(workspace: Workspace) -> list[dict[str, Any]]:
    """Read the records of the nights, oldest first; a damaged one is told as such."""
    return records_in(workspace.nights)


def records_in(nights: Path) -> list[dict[str, Any]]:
    """Read the records in a folder of nights."""
    paths = sorted(
        nights.glob("[0-9]*-*/" + RECORD),
        key=lambda path: (number_of(path.parent.name), path),
    )
    return [dict(_read(path, stamp_of(path))) for path in paths]


def number_of(name: str) -> int:
    """Give the number that a night or a release begins with; it orders them, not their date."""
    head = name.split("-")[0]
    return int(head) if head.isdigit() else 0
