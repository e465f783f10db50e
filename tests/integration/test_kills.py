"""Nights that are killed: real processes, real SIGKILL, then one night without any hand work."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from nights import (
    YEAR,
    copy_of,
    current,
    digests,
    dropped_file,
    names_of_releases,
    night,
    replace_file,
    ziping,
)

from flows.common.files import switch_link
from flows.common.settings import CHECKOUT, Workspace
from flows.extract.raw_store import Store
from flows.releases.release import year_folder

pytestmark = pytest.mark.slow

FUNDS_2023 = "教育经费统计_2023*"
LONGEST_WAIT = 120.0


@pytest.fixture
def corrected(workspace: Workspace, both: Workspace) -> Workspace:
    """Drop the corrected file into a published workspace."""
    correction = dropped_file(both, FUNDS_2023).read_bytes()
    replace_file(dropped_file(workspace, FUNDS_2023), correction)
    return workspace


def processes_of(group: int) -> list[int]:
    """List the live processes of a process group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, own_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(own_group) == group and state not in "ZX":
                found.append(int(folder.name))
    return found


@contextlib.contextmanager
def running_night(
    workspace: Workspace, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a night as a process group of its own; nothing of it is left at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "nightly", "--workspace", str(workspace.root)],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(process: subprocess.Popen[bytes], comes: Callable[[], bool]) -> None:
    """Watch for a moment of the run; it must come before the run ends."""
    deadline = (looked := time.monotonic()) + LONGEST_WAIT
    while not comes():
        assert process.poll() is None, "the night ended before it could be killed"
        assert time.monotonic() < deadline, "the moment did not come"
        time.sleep(max(0.0005, 4 * (time.monotonic() - looked)))  # looking must not slow the night
        looked = time.monotonic()


def kill_at(workspace: Workspace, comes: Callable[[], bool], delay: float = 0.0) -> None:
    """Kill the whole group of a night at a moment, or a little later."""
    with running_night(workspace) as process:
        wait_until(process, comes)
        time.sleep(delay)
        assert process.poll() is None, "the night ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert processes_of(process.pid) == []


def assert_readers_see_a_whole_release(workspace: Workspace) -> None:
    """Check what a reader sees through the link after a kill."""
    release = current(workspace)
    assert release.find_problems() == []
    assert (workspace.warehouse / "current").resolve() == release.folder


def assert_the_next_night_heals(workspace: Workspace, both: Workspace) -> None:
    """Run one night to its end and compare with a workspace that was never killed."""
    assert night(workspace) == 0
    healed, wanted = current(workspace), current(both)
    assert healed.find_problems() == []
    assert healed.name == wanted.name
    assert digests(healed, ".parquet", ".csv") == digests(wanted, ".parquet", ".csv")
    assert names_of_releases(workspace) == names_of_releases(both)
    assert [path for path in workspace.root.rglob("*") if path.name.endswith(".part")] == []
    store = Store(workspace.landed)
    store.verify(store.deliveries())
    assert {path.name for path in store.folder.rglob("content/*/*")} == {
        delivery.id for delivery in store.deliveries()
    }
    assert ziping("changes", workspace=workspace) == 0


def part_in(folder: Path) -> bool:
    """Say whether something half-written stands in a folder."""
    return any(path.name.endswith(".part") for path in folder.iterdir())


def test_killed_while_landing_then_at_any_moment_and_while_dbt_builds(
    corrected: Workspace, both: Workspace
) -> None:
    # A large file makes the moment long enough; it is gone before the next night.
    large = corrected.inbox / "finance" / "支付明细_2022年_补.csv"
    with large.open("wb") as file:
        file.truncate(1 << 28)
    kill_at(corrected, lambda: part_in(corrected.landed))
    assert_readers_see_a_whole_release(corrected)
    assert part_in(corrected.landed)
    large.unlink()
    rng = random.Random(2023)
    for _ in range(3):
        kill_at(corrected, lambda: True, delay=rng.uniform(0.1, 5))
        assert_readers_see_a_whole_release(corrected)
    compiled = corrected.warehouse / "dbt_target" / "run"

    def newest() -> int:
        return max((path.stat().st_mtime_ns for path in compiled.rglob("*.sql")), default=0)

    before = newest()
    kill_at(corrected, lambda: newest() > before, delay=rng.uniform(0, 1))
    assert_readers_see_a_whole_release(corrected)
    assert len(names_of_releases(corrected)) == 1
    assert_the_next_night_heals(corrected, both)


def test_killed_while_the_release_is_filled_and_again_as_soon_as_it_has_its_name(
    corrected: Workspace, both: Workspace
) -> None:
    folder = year_folder(corrected, YEAR)
    kill_at(corrected, lambda: part_in(folder), delay=random.Random(10).uniform(0, 0.5))
    assert_readers_see_a_whole_release(corrected)
    assert part_in(folder)
    assert len(names_of_releases(corrected)) == 1
    kill_at(corrected, lambda: any(folder.glob("00002-*")))
    assert_readers_see_a_whole_release(corrected)
    assert len(names_of_releases(corrected)) == 2
    assert_the_next_night_heals(corrected, both)


def test_killed_between_the_release_and_the_link(
    first_night: Workspace, both: Workspace, tmp_path: Path
) -> None:
    # The state that this kill leaves, made by hand: all is done but the link and the record.
    workspace = copy_of(both, tmp_path / "workspace")
    switch_link(year_folder(workspace, YEAR) / "current", current(first_night).name)
    last = max(workspace.runs.iterdir())
    for path in last.iterdir():
        path.unlink()
    last.rmdir()
    assert current(workspace).name == current(first_night).name
    assert_readers_see_a_whole_release(workspace)
    assert_the_next_night_heals(workspace, both)


def test_a_night_whose_main_process_alone_is_killed_leaves_no_server_behind(
    corrected: Workspace,
) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "PREFECT_API_URL"}
    with running_night(corrected, environment) as process:
        wait_until(process, lambda: len(processes_of(process.pid)) > 1)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
        while (left := processes_of(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert left == []
    assert_readers_see_a_whole_release(corrected)
