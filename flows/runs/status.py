"""What somebody reads in the morning: the last nights, what is owed, set aside, and the disk."""

import os
import shutil
from collections import Counter
from collections.abc import Mapping
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
from flows.releases.release import Release, current_release, years_published
from flows.releases.run_log import records
from flows.releases.tables import ReleaseTables, describe_coverage, is_covered

VERSION = 1
RESULTS = {0: "complete", 1: "failed", 2: "wrong use", 3: "blocked", 4: "with gaps"}


def morning(workspace: Workspace, nights: int) -> dict[str, Any]:
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
        "last": _last(found, now),
        "nights": [_night(record) for record in found[-nights:]],
        "open": _open(found, now.date()),
        "said": _said(found),
        "releases": [
            _release(year, release) for year, release in releases.items() if release is not None
        ],
        "years_without_release": [year for year, release in releases.items() if release is None],
        "damaged": _damaged(workspace, settings),
        "set_aside": _last_known(found, "set_aside"),
        "doubts": _last_known(found, "doubts"),
        "waivers": [
            one | {"state": state_of(one, now.date())} for one in _last_known(found, "waivers")
        ],
        "disk": _disk(workspace),
    }


def result_of(record: Mapping[str, Any]) -> str:
    """Say in a word how a night ended."""
    return RESULTS.get(record.get("exit_code", 1), "failed")


def _last(found: list[dict[str, Any]], now: datetime) -> dict[str, Any] | None:
    if not found:
        return None
    ended = found[-1].get("ended_at")
    hours = (now - datetime.fromisoformat(ended)).total_seconds() / 3600 if ended else None
    return {
        "night": found[-1]["night"],
        "exit_code": found[-1].get("exit_code", 1),
        "result": result_of(found[-1]),
        "failure": found[-1].get("failure"),
        "ended_at": ended,
        "hours_ago": None if hours is None else round(hours, 1),
    }


def _night(record: Mapping[str, Any]) -> dict[str, Any]:
    stages = record.get("stages", {}).values()
    return {
        "night": record["night"],
        "ended_at": record.get("ended_at"),
        "exit_code": record.get("exit_code", 1),
        "result": result_of(record),
        "failure": record.get("failure"),
        "years": record.get("years", {}),
        "wall_seconds": max((one["wall_seconds"] for one in stages), default=0.0),
        "cpu_seconds": max((one["cpu_seconds"] for one in stages), default=0.0),
    }


def _open(found: list[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    """List what the last night found missing or rejected, with the days since it was due."""
    told = Counter(gap for record in found for gap in set(record.get("gaps", ())))
    listed = [
        one
        | {
            "days_overdue": max((today - date.fromisoformat(one["due"])).days, 0),
            "nights_open": max(told[sentence] for sentence in one["sentences"]),
        }
        for one in _last_known(found, "open")
    ]
    return sorted(listed, key=lambda one: (-one["days_overdue"], one["source"], one["period"]))


def _last_known(found: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    """Read what the last night that came so far has to say; one that could not begin has not."""
    return next((list(one[word]) for one in reversed(found) if word in one), [])


def _said(found: list[dict[str, Any]]) -> list[str]:
    """List what the last night said beside the gaps, each sentence with its number of nights."""
    if not found:
        return []
    words = ("unavailable", "blocked", "remarks")
    told = Counter(
        sentence
        for record in found
        for sentence in {text for word in words for text in record.get(word, ())}
    )
    last = dict.fromkeys(text for word in words for text in found[-1].get(word, ()))
    return [f"{text} (in {told[text]} nights)" if told[text] > 1 else text for text in last]


def _damaged(workspace: Workspace, settings: Settings) -> list[str]:
    """List what somebody or the disk changed since the nights: all that can be told by looking."""
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
            {"figure_id": row["figure_id"], "state": row["state"], "reason": row["reason"]}
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
        "nights_bytes": workspace.nights,
        "warehouse_bytes": workspace.warehouse,
    }
    sizes = {name: _bytes_below(folder) for name, folder in places.items()}
    folder = workspace.warehouse
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return sizes | {"free_bytes": shutil.disk_usage(existing).free}
