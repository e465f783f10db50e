"""What `ziping status` shows: the last runs, what is missing, what is quarantined, the disk."""

import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.common.clock import CHINA
from flows.common.errors import ZipingError
from flows.common.settings import Settings, Workspace
from flows.contracts.environment import load_settings
from flows.quality.waivers import state_of
from flows.releases.integrity import (
    NEWEST_RELEASES,
    check_received,
    find_link_problems,
    find_problems,
)
from flows.releases.release import Release, current_release, year_folder, years_published
from flows.releases.run_log import records
from flows.releases.signed_drift import describe_signing
from flows.releases.tables import ReleaseTables, describe_coverage, is_covered, number_figure

VERSION = 2
RESULTS = {0: "complete", 1: "failed", 2: "wrong use", 3: "blocked", 4: "with gaps"}
Record = Mapping[str, Any]


def describe_status(workspace: Workspace, run_count: int) -> dict[str, Any]:
    """Gather what `ziping status` shows, as what `--json` prints.

    Sizes are in bytes, stages in seconds, days are calendar days; a key is added by a minor
    change of the product, anything else raises `version`.
    """
    found = records(workspace)
    settings = load_settings(workspace)
    now = datetime.now(CHINA)
    releases = {year: current_release(workspace, year) for year in settings.open_years}
    return {
        "version": VERSION,
        "district_code": settings.district,
        "last": _describe_last(found, now),
        "summary": list(found[-1].get("summary", ())) if found else [],
        "runs": [_describe_run(record) for record in found[-run_count:]],
        "open": _list_open(found, now.date()),
        "notices": _list_notices(found),
        "releases": [
            _release(year, release) for year, release in releases.items() if release is not None
        ],
        "signed": [
            signed
            for year in years_published(workspace)
            if (signed := describe_signing(year_folder(workspace, year)))
        ],
        "years_without_release": [year for year, release in releases.items() if release is None],
        "damaged": _damaged(workspace, settings),
        "quarantined": _last_known(found, "quarantined"),
        "doubts": _last_known(found, "doubts"),
        "waivers": [
            waiver | {"state": state_of(waiver, now.date())}
            for waiver in _last_known(found, "waivers")
        ],
        "disk": _disk(workspace),
    }


def _describe_run(record: Record) -> dict[str, Any]:
    stages = record.get("stages", {}).values()
    code = record.get("exit_code", 1)
    return {
        "run": record["run"],
        "ended_at": record.get("ended_at"),
        "exit_code": code,
        "result": RESULTS.get(code, "failed"),
        "failure": record.get("failure"),
        "years": record.get("years", {}),
        "wall_seconds": max((stage["wall_seconds"] for stage in stages), default=0.0),
        "cpu_seconds": max((stage["cpu_seconds"] for stage in stages), default=0.0),
    }


def _describe_last(found: Sequence[Record], now: datetime) -> dict[str, Any] | None:
    if not found:
        return None
    described = _describe_run(found[-1])
    words = ("run", "exit_code", "result", "failure", "ended_at")
    ended, hours = described["ended_at"], None
    if ended:
        hours = round((now - datetime.fromisoformat(ended)).total_seconds() / 3600, 1)
    return {word: described[word] for word in words} | {"hours_ago": hours}


def _list_open(found: Sequence[Record], today: date) -> list[dict[str, Any]]:
    """List what the last run found missing or rejected, with the days since it was due."""
    counts = Counter(gap for record in found for gap in set(record.get("gaps", ())))
    listed = [
        period
        | {
            "days_overdue": max((today - date.fromisoformat(period["due"])).days, 0),
            "runs_open": max(counts[sentence] for sentence in period["sentences"]),
        }
        for period in _last_known(found, "open")
    ]
    return sorted(
        listed, key=lambda period: (-period["days_overdue"], period["source"], period["period"])
    )


def _last_known(found: Sequence[Record], word: str) -> list[dict[str, Any]]:
    """Read what the last run that came so far has to say; one that could not begin has not."""
    return next((list(record[word]) for record in reversed(found) if word in record), [])


def _list_notices(found: Sequence[Record]) -> list[str]:
    """List what the last run said beside the gaps, each sentence with its number of runs."""
    words = ("unavailable", "blocked", "notices")
    texts = [
        dict.fromkeys(text for word in words for text in record.get(word, ())) for record in found
    ]
    counts = Counter(text for record in texts for text in record)
    last = texts[-1] if texts else {}
    return [f"{text} (in {counts[text]} runs)" if counts[text] > 1 else text for text in last]


def _damaged(workspace: Workspace, settings: Settings) -> list[str]:
    """List what somebody or the disk changed since the last run, as far as a look can tell."""
    try:
        found = check_received(workspace)
    except ZipingError as error:
        found = [str(error)]
    found += find_problems(workspace, years_published(workspace), NEWEST_RELEASES)
    for year in settings.open_years:
        found += find_link_problems(workspace, year, settings.default_year)
    return found


def _release(year: int, release: Release) -> dict[str, Any]:
    """Count a current release's figures by state and judgement, and check that it is whole."""
    faults = release.find_problems()
    described: dict[str, Any] = {"year": year, "release": release.name, "faults": faults}
    if faults:
        return described
    figures = ReleaseTables.load(release.folder).printed
    return described | {
        "written_at": release.manifest["written_at"],
        "has_gaps": release.manifest["has_gaps"],
        "coverage": describe_coverage(figures),
        "figures_by_state": dict(Counter(row["state"] for row in figures)),
        "figures_by_judgement": dict(Counter(row["judgement"] for row in figures)),
        "in_doubt": [
            {"figure_id": number_figure(row), "state": row["state"], "reason": row["reason"]}
            for row in figures
            if row["state"] in ("provisional", "partial", "missing") and is_covered(row)
        ],
    }


def _bytes_below(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            total += path.lstat().st_size if path.exists() else 0
    return total


def _disk(workspace: Workspace) -> dict[str, int]:
    places = {
        "landed_bytes": workspace.landed,
        "releases_bytes": workspace.releases,
        "cache_bytes": workspace.cache,
        "runs_bytes": workspace.runs,
        "warehouse_bytes": workspace.warehouse,
    }
    sizes = {name: _bytes_below(folder) for name, folder in places.items()}
    folder = workspace.warehouse
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return sizes | {"free_bytes": shutil.disk_usage(existing).free}
