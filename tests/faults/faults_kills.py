"""Nights that are killed: the group, the main process, a child, or at the n-th call; a long run.

Each try copies a published workspace that waits with a correction, kills its night at a moment
drawn by chance, sometimes several in a row, and then runs one night to its end. What was lost is
told in sentences.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from faults_disk import night, prepare
from nights import current, digests, names_of_releases

from flows.common.settings import CHECKOUT, Workspace

KINDS = ("call", "group", "main", "call", "child")
CALLS = ("fsync", "rename", "replace", "mkdir", "symlink", "unlink")
# Kills this process, or its whole group, before the n-th call of a kind.
KILLING = """
import itertools, os, signal, sys
call, number, whole_group = {fault!r}
if "uvicorn" not in sys.orig_argv:
    real, count = getattr(os, call), itertools.count(1)
    def kill(*arguments, **named):
        if next(count) == number:
            os.killpg(0, signal.SIGKILL) if whole_group else os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    setattr(os, call, kill)
"""
WITHOUT_TIMES = (".parquet", ".csv", ".duckdb", ".xlsx", ".html", ".zip")
ORPHANS_END_WITHIN = 20.0


def processes_of(group: int) -> list[int]:
    """List the live processes of a process group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, own_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(own_group) == group and state not in "ZX":
                found.append(int(folder.name))
    return found


def start(workspace: Workspace, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a night as a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "run", "--workspace", str(workspace.root)],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_one_night(
    workspace: Workspace, kind: str, rng: random.Random, seconds: float
) -> tuple[str, list[int]]:
    """Kill a night in a way of its kind; say how, and what of it would not end."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((folder, str(CHECKOUT)))}
        fault = (rng.choice(CALLS), int(10 ** rng.uniform(0, 2.6)), rng.random() < 0.5)
        if kind == "call":
            text = KILLING.format(fault=fault)
            (Path(folder) / "sitecustomize.py").write_text(text, "utf-8")
        process = start(workspace, environment)
        moment = rng.uniform(0.2, seconds)
        way = f"at {fault}" if kind == "call" else f"{kind} after {moment:.2f} s"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10 * seconds if kind == "call" else moment)
        kill(process, kind, rng)
        end_of(process)
        return way, orphans_of(process.pid)


def kill(process: subprocess.Popen[bytes], kind: str, rng: random.Random) -> None:
    """Kill the group, the main process alone, or one of its children."""
    with contextlib.suppress(ProcessLookupError):
        children = [one for one in processes_of(process.pid) if one != process.pid]
        if kind == "group":
            os.killpg(process.pid, signal.SIGKILL)
        elif kind == "child" and children:
            os.kill(rng.choice(children), signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=120)  # it ends by itself, or goes on without it
            process.kill()
        else:
            process.kill()


def end_of(process: subprocess.Popen[bytes]) -> None:
    """Wait until the main process is gone."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=60)
    process.kill()
    process.wait()


def orphans_of(group: int) -> list[int]:
    """Wait for what the killed night started to end by itself; give what did not."""
    deadline = time.monotonic() + ORPHANS_END_WITHIN
    while (left := processes_of(group)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for one in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    return left


def lost(workspace: Workspace, due: Workspace, kind: str, seed: str, seconds: float) -> list[str]:
    """Kill one night or several, let the next one heal; say in sentences what was lost."""
    rng = random.Random(seed)
    before, wanted = current(workspace).name, current(due)
    found, ways = [], []
    for _ in range(1 if rng.random() < 0.8 else 5):
        way, orphans = kill_one_night(workspace, kind, rng, seconds)
        ways.append(way)
        if orphans:
            found.append(f"{len(orphans)} processes outlived the night")
        seen = current(workspace)
        if seen.name not in (before, wanted.name) or seen.find_problems():
            found.append(f"readers see {seen.name}: {seen.find_problems()}")
    healed = night(workspace)
    if healed.returncode != 0:
        found.append(f"did not heal, exit {healed.returncode}: {healed.stderr[-600:]}")
    elif current(workspace).name != wanted.name or current(workspace).find_problems():
        found.append(
            f"another release: {current(workspace).name} {current(workspace).find_problems()}"
        )
    elif digests(current(workspace), *WITHOUT_TIMES) != digests(wanted, *WITHOUT_TIMES):
        found.append("the release differs from that of a workspace that was never killed")
    if names_of_releases(workspace) not in ([before, wanted.name], [wanted.name]):
        found.append(f"releases {names_of_releases(workspace)}")
    left = [path for path in workspace.root.rglob("*") if path.name.endswith(".part")]
    if left:
        found.append(f"left behind: {left}")
    return [f"{kind} {seed} ({', '.join(ways)}): {sentence}" for sentence in found]


def run(tries: int, seed: int) -> tuple[int, list[str]]:
    """Try killed nights in turn; say how many were tried and what was lost."""
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="ziping-kills-") as folder:
        root = Path(folder)
        prepare(root)
        seconds = float((root / "seconds").read_text())
        for number in range(tries):
            place = root / "killed"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(root / "published", place, symlinks=True)
            kind = KINDS[number % len(KINDS)]
            due = Workspace(root / "due")
            found += lost(Workspace(place), due, kind, f"{seed}-{number}", seconds)
    return tries, found
