"""What stops a run before it can do harm: another run, the key, Prefect's server."""

import os
import subprocess
import sys

import pytest
from nights import (
    Said,
    child,
    closed_port,
    last_record,
    names_of_releases,
    night,
    raise_funds,
)

from flows.common.lock import take_lock
from flows.common.settings import Workspace
from flows.extract.raw_store import Store
from flows.releases.run_log import records
from flows.runs import prefect_server

# One run at a time


def test_a_second_run_says_who_holds_the_lock_and_ends(workspace: Workspace, said: Said) -> None:
    before = len(records(workspace))
    lock = take_lock(workspace)
    try:
        ended = child("-m", "flows.cli", "nightly", workspace=workspace)
        assert ended.returncode == 1
        assert f"another run holds the lock: process {os.getpid()} on" in ended.stderr
        (workspace.warehouse / "lock").unlink()  # by somebody who means well
        assert night(workspace) == 1
        assert "anotherrunholdsthelock" in said()
    finally:
        os.close(lock)
    assert len(records(workspace)) == before
    assert night(workspace) == 0


def test_a_lock_file_that_a_killed_run_left_stops_nobody(workspace: Workspace) -> None:
    (workspace.warehouse / "lock").write_text(f"process {os.getpid()} on here since 1970\n")
    assert night(workspace) == 0


def test_the_lock_is_not_inherited_by_a_child(workspace: Workspace) -> None:
    lock = take_lock(workspace)
    command = [sys.executable, "-c", "print(flush=True); input()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, close_fds=False, **pipes) as process:
        # The kernel closes what is not inherited a moment after it has let the parent go on.
        assert process.stdout.read(1) == b"\n"
        os.close(lock)
        os.close(take_lock(workspace))
        assert process.poll() is None
        process.communicate(b"\n")


# The key


@pytest.mark.parametrize("fault", ["missing", "short", "empty", "readable by others"])
def test_without_its_key_the_run_stops_and_none_is_made(
    workspace: Workspace, said: Said, fault: str
) -> None:
    key = workspace.key_file
    text = key.read_text()
    if fault == "missing":
        key.unlink()
    elif fault == "readable by others":
        key.chmod(0o644)
    else:
        key.write_text(text[:20] if fault == "short" else "")
    raise_funds(workspace, "第一小学", 5)
    before = Store(workspace.landed).deliveries()
    assert night(workspace) == 1
    printed = said()
    assert "warehouse/person_id.key" in printed
    assert "warehouse/person_id.key" in records(workspace)[-1]["failure"]
    assert text.strip() not in printed
    assert key.exists() == (fault != "missing")
    assert Store(workspace.landed).deliveries() == before
    assert len(names_of_releases(workspace)) == 1


def test_another_district_refuses_the_samples_rows_and_its_public_key(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setenv("ZIPING_DISTRICT", "510104")
    assert night(workspace) == 1
    assert "therowsherearetheinventedsample's" in said()
    (workspace.landed / "manifest.jsonl").unlink()
    assert night(workspace) == 1
    assert "publickeyofthesampledistrict" in said()


# Prefect's server


def test_a_prefect_server_that_does_not_answer_fails_the_night_within_seconds(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setattr(prefect_server, "RESTART_SECONDS", 0.0)
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{closed_port()}/api")
    raise_funds(workspace, "第一小学", 5)
    assert night(workspace) == 1
    printed = said()
    assert "PREFECT_API_URL" in printed
    assert "doesnotanswer" in printed
    assert "Traceback" not in printed
    record = last_record(workspace)
    assert record["stages"]["look"]["wall_seconds"] < 10
    assert record["stages"]["start of Prefect's server"]["wall_seconds"] < 10
    assert len(names_of_releases(workspace)) == 1
