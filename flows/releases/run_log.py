"""The records of past runs, read back."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.common.files import SEAL, read_sealed, read_stamp
from flows.common.settings import Workspace

RECORD, GATES_PAGE = "record.json", "gates.html"
RECORD_VERSION = 1


@lru_cache(maxsize=4096)
def _read(path: Path, _stamp: tuple[int, int, int]) -> dict[str, Any]:
    """Read a record; one without version and seal is of an older code, and believed."""
    try:
        record = json.loads(path.read_text("utf-8"))
        if SEAL in record or "record_version" in record:
            record = read_sealed(path)
        if record.get("record_version", 0) > RECORD_VERSION:
            return _unread(path, "is of a newer version of ziping: update the code")
        return {"run": path.parent.name, **record}
    except (OSError, ValueError, TypeError, AttributeError):
        return _unread(path, "is damaged or was changed: restore it from a backup or delete it")


def _unread(path: Path, why: str) -> dict[str, Any]:
    sentence = f"run {path.parent.name}: the record {why}"
    return {"run": path.parent.name, "failure": sentence, "damaged": sentence}


def records(workspace: Workspace) -> list[dict[str, Any]]:
    """Read the records of the runs, oldest first; a damaged one is named as such."""
    return records_in(workspace.runs)


def records_in(runs: Path) -> list[dict[str, Any]]:
    """Read the records in a folder of runs."""
    paths = sorted(
        runs.glob("[0-9]*-*/" + RECORD),
        key=lambda path: (number_of(path.parent.name), path),
    )
    return [dict(_read(path, read_stamp(path))) for path in paths]


def number_of(name: str) -> int:
    """Give the number that a run or a release begins with; it orders them, not their date."""
    head = name.split("-")[0]
    return int(head) if head.isdigit() else 0
