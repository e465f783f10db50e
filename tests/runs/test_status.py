"""What `ziping status` shows in the morning, to people and to monitors."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nights import Said, copy_of, current, flip_a_bit, ziping

from flows.common.clock import CHINA
from flows.common.files import write_json
from flows.common.settings import Workspace
from flows.releases.release import rows_of
from flows.runs.status import describe_status

OPEN = {
    "source": "registers.counselling_rooms",
    "title": "心理辅导室台账",
    "period": "2023-12-31",
    "owner": "教育局基础教育股",
    "due": "2024-01-31",
    "is_active": False,
    "sentences": ["心理辅导室台账缺失"],
}


def leave(workspace: Workspace, name: str, **words: Any) -> None:
    """Leave the record of a night."""
    folder = workspace.runs / name
    folder.mkdir(parents=True)
    ended = (datetime.now(CHINA) - timedelta(hours=3)).isoformat(timespec="seconds")
    write_json(folder / "record.json", {"run": name, "exit_code": 0, "ended_at": ended, **words})


def test_no_night_yet_is_said(tmp_path: Path, said: Said) -> None:
    assert ziping("status", workspace=Workspace(tmp_path)) == 0
    assert "nonighthasrunyet" in said()
    assert describe_status(Workspace(tmp_path), 7)["last"] is None


def test_a_gap_is_told_with_owner_days_and_nights(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    leave(workspace, "00001-2024-03-01", gaps=[], open=[])
    for number in (2, 3):
        gaps = OPEN["sentences"]
        leave(workspace, f"0000{number}-2024-03-0{number}", exit_code=4, gaps=gaps, open=[OPEN])
    seen = describe_status(workspace, 7)
    (gap,) = seen["open"]
    assert (gap["owner"], gap["runs_open"]) == ("教育局基础教育股", 2)
    since = (datetime.now(CHINA).date() - datetime(2024, 1, 31).date()).days
    assert gap["days_overdue"] == since
    assert (seen["last"]["result"], seen["last"]["exit_code"]) == ("with gaps", 4)


def test_what_is_not_yet_due_has_no_days(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    leave(workspace, "00001-2024-03-01", exit_code=4, open=[OPEN | {"due": "2999-01-31"}])
    assert describe_status(workspace, 7)["open"][0]["days_overdue"] == 0


def test_a_night_that_failed_before_it_looked_does_not_hide_the_gaps(
    tmp_path: Path, said: Said
) -> None:
    workspace = Workspace(tmp_path)
    leave(workspace, "00001-2024-03-01", exit_code=4, gaps=OPEN["sentences"], open=[OPEN])
    leave(workspace, "00002-2024-03-02", exit_code=1, failure="the key is missing")
    seen = describe_status(workspace, 7)
    assert [one["source"] for one in seen["open"]] == [OPEN["source"]]
    assert (seen["last"]["result"], seen["last"]["failure"]) == ("failed", "the key is missing")
    assert ziping("status", workspace=workspace) == 0
    printed = said()
    assert "thekeyismissing" in printed
    assert "心理辅导室台账缺失" in printed


def test_a_night_that_was_days_ago_is_noticed(tmp_path: Path, said: Said) -> None:
    workspace = Workspace(tmp_path)
    long_ago = (datetime.now(CHINA) - timedelta(hours=50)).isoformat(timespec="seconds")
    leave(workspace, "00001-2024-03-01", ended_at=long_ago)
    assert ziping("status", workspace=workspace) == 0
    assert "ended50hoursago:isitscheduled?" in said()


def test_a_waiver_is_told_as_it_stands_today_though_no_night_ran_since(
    tmp_path: Path, said: Said
) -> None:
    workspace, today = Workspace(tmp_path), datetime.now(CHINA).date()
    waiver = {"number": "甲1", "rule": "own_total", "source": "finance.funds", "owner": "财务股"}
    days = {"甲1": today - timedelta(days=1), "甲2": today, "甲3": today + timedelta(days=99)}
    left = [
        waiver | {"number": number, "valid_from": "2024-01-01", "expires_on": day.isoformat()}
        for number, day in days.items()
    ]
    leave(workspace, "00001-2024-03-01", waivers=left)
    states = [waiver["state"] for waiver in describe_status(workspace, 7)["waivers"]]
    assert states == ["expired", "ending", "open"]
    assert ziping("status", workspace=workspace) == 0
    assert f"waiver甲1(expiredon{days['甲1']})" in said()


def test_what_repeats_is_counted_in_nights(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for number in (1, 2):
        leave(workspace, f"0000{number}-2024-03-01", unavailable=["the interface is down"])
    assert describe_status(workspace, 7)["notices"] == ["the interface is down (in 2 runs)"]


def test_only_as_many_nights_are_shown_as_were_asked_for(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for number in range(1, 6):
        leave(workspace, f"0000{number}-2024-03-01")
    assert [run["run"][:5] for run in describe_status(workspace, 2)["runs"]] == ["00004", "00005"]


def test_a_monitor_reads_the_same_as_json(first_night: Workspace, said: Said) -> None:
    assert ziping("status", "--json", workspace=first_night) == 0
    seen = json.loads(said())
    (release,) = seen["releases"]
    assert (release["year"], release["release"]) == (2023, current(first_night).name)
    assert release["faults"] == []
    figures = len(rows_of(current(first_night).folder / "report_figures.parquet"))
    assert sum(release["figures_by_state"].values()) == figures
    assert sum(release["figures_by_judgement"].values()) == figures
    assert release["coverage"].endswith("/应报120")
    assert seen["last"]["exit_code"] == 0
    assert seen["disk"]["landed_bytes"] > 100_000
    assert seen["disk"]["free_bytes"] > 0
    aside = {one["source"]: one for one in seen["quarantined"]}
    for one in aside.values():
        assert 0 < one["rows_quarantined"] < one["rows"]


def test_a_release_that_is_not_whole_is_named_and_not_read(
    first_night: Workspace, tmp_path: Path, said: Said
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    flip_a_bit(current(workspace).folder / "report_values.parquet")
    (release,) = describe_status(workspace, 7)["releases"]
    assert "report_values.parquet" in release["faults"][0]
    assert "figures_by_state" not in release
    assert ziping("status", workspace=workspace) == 0
    assert "report_values.parquetwaschanged" in said()


def test_a_year_without_release_is_said(
    first_night: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setenv("ZIPING_OPEN_YEARS", "2023,2024")
    assert ziping("status", workspace=first_night) == 0
    assert "current2024:none" in said()
