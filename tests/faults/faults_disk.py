"""Nights on disks that fail: full, out of inodes, read-only, refusing single calls; a long sweep.

Each try copies a published workspace onto a disk of its own (a tmpfs in a private mount namespace,
where the system permits one), drops a correction, lets the disk fail at a moment drawn by chance,
and then runs one more night with the disk mended. What was lost is told in sentences.
"""

import atexit
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

from nights import copy_of, current, digests, names_of_releases, raise_funds

from flows.cli.sample import make_sample
from flows.common.settings import CHECKOUT, Workspace
from flows.releases.release import Release

LONGEST = 900.0
SEED, SCALE = 2023, 0.05
DISK = 512  # megabytes: room for every night
# Refuses the n-th call of a kind, or all from it on, in every Python process of the night.
REFUSING = """
import itertools, os, sys
call, number, code, goes_on = {fault!r}
if "uvicorn" not in sys.orig_argv:  # Prefect's server has sockets and a database of its own
    real, count = getattr(os, call), itertools.count(1)
    def refuse(*arguments, **named):
        n = next(count)
        if n == number or goes_on and n > number:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **named)
    setattr(os, call, refuse)
"""
CALLS = ("fsync", "rename", "replace", "mkdir", "symlink")
CODES = {"ENOSPC": 28, "EDQUOT": 122, "EIO": 5, "EROFS": 30}


def can_mount() -> str | None:
    """Say why no disk of its own can be had; None where it can."""
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return "unshare or mount is missing"
    done = subprocess.run(
        [*NAMESPACE, "mount", "-t", "tmpfs", "none", tempfile.gettempdir()],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return None if done.returncode == 0 else "the system permits no mount namespace"


NAMESPACE = ("unshare", "--map-root-user", "--mount")
READ_ONLY = ("", "warehouse", "warehouse/releases", "warehouse/runs", "raw/landed", "raw/inbox")
ON_A_DISK = ("full", "inodes", "read-only")
KINDS = ("full", "inodes", "read-only", "refused", "limit")


@cache
def prepared() -> Path:
    """Make a published workspace that waits with a correction, and the release that is due."""
    root = Path(tempfile.mkdtemp(prefix="ziping-disk-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    prepare(root)
    return root


def prepare(root: Path) -> None:
    """Make both in a folder, and measure how long the night takes."""
    workspace = Workspace(root / "published")
    make_sample(workspace, SEED, SCALE, [])
    assert night(workspace).returncode == 0
    raise_funds(workspace, "第一小学", 5)
    due = copy_of(workspace, root / "due")
    begun = time.monotonic()
    assert night(due).returncode == 0
    (root / "seconds").write_text(str(time.monotonic() - begun))


def night(workspace: Workspace, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a night as a process of its own, with the sample's systems up."""
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", "run", "--workspace", str(workspace.root)],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=LONGEST, check=False, **options,
    )  # fmt: skip


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, timeout=60)


def mend(disk: Path) -> None:
    mount("-o", f"remount,rw,size={DISK}m,nr_inodes=100000", str(disk))


def let_fill(disk: Path, kind: str, rng: random.Random, seconds: float) -> None:
    """Take the room or the inodes from a disk while a night runs."""
    time.sleep(rng.uniform(0, seconds))
    state = os.statvfs(disk)
    used = (state.f_blocks - state.f_bfree) * state.f_frsize
    if kind == "full":
        limit = f"size={used + rng.choice((0, 1 << 12, 1 << 16, 1 << 20, 1 << 23))}"
    else:
        limit = f"nr_inodes={state.f_files - state.f_ffree + rng.randrange(30)}"
    # Refused where the night has written more in this moment: it is as if the disk were larger.
    subprocess.run(
        ["mount", "-o", f"remount,{limit}", str(disk)], check=False, stderr=subprocess.DEVNULL
    )


def failed_night(
    workspace: Workspace, kind: str, rng: random.Random, folder: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run the night whose disk fails."""
    if kind in ("full", "inodes"):
        filling = Thread(target=let_fill, args=(workspace.root, kind, rng, seconds), daemon=True)
        filling.start()
        done = night(workspace)
        filling.join()
        return done
    if kind == "read-only":  # from the start: a disk that is written refuses to become that
        place = str(workspace.root / rng.choice(READ_ONLY))
        mount("--bind", place, place)
        mount("-o", "remount,bind,ro", place)
        done = night(workspace)
        subprocess.run(["umount", place], check=True, timeout=60)
        return done
    if kind == "limit":
        largest = int(10 ** rng.uniform(2, 7.2))
        return night(
            workspace,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
        )
    fault = (
        rng.choice(CALLS), int(10 ** rng.uniform(0, 2.5)), rng.choice(list(CODES.values())),
        rng.random() < 0.5,
    )  # fmt: skip
    (folder / "sitecustomize.py").write_text(REFUSING.format(fault=fault), "utf-8")
    path = os.pathsep.join((str(folder), str(CHECKOUT)))
    done = night(workspace, env={**os.environ, "PYTHONPATH": path})
    done.args = [str(fault)]
    return done


def lost(
    workspace: Workspace, due: Release, kind: str, rng: random.Random, seconds: float
) -> list[str]:
    """Let a night fail and the next one heal; say in sentences what was lost."""
    before, name = current(workspace).name, due.name
    found = []
    nights_that_fail = 1 + (rng.random() < 0.2) * 2
    for _ in range(nights_that_fail):
        if kind in ON_A_DISK:
            mend(workspace.root)
        with tempfile.TemporaryDirectory() as folder:
            done = failed_night(workspace, kind, rng, Path(folder), seconds)
        said = done.stderr.strip()
        if done.returncode not in (0, 1):
            found.append(f"exit {done.returncode}: {said[-300:]}")
        if done.returncode == 1 and (
            "\n" in said or not said.startswith("ziping: ") or " at " in said
        ):
            found.append(f"not one sentence of what to do: {said[-800:]}")
        seen = current(workspace)
        if seen.name not in (before, name) or seen.find_problems():
            found.append(f"readers see {seen.name}: {seen.find_problems()}")
        print(
            f"{kind} {done.args[-1] if kind == 'refused' else ''} {done.returncode}: {said[-300:]}",
            file=sys.stderr,
        )
    if kind in ON_A_DISK:
        mend(workspace.root)
    healed = night(workspace)
    if healed.returncode != 0:
        found.append(f"did not heal, exit {healed.returncode}: {healed.stderr[-600:]}")
        return found
    if names_of_releases(workspace) != [before, name]:
        found.append(f"releases {names_of_releases(workspace)}")
    if current(workspace).find_problems() or digests(
        current(workspace), ".parquet", ".csv"
    ) != digests(due, ".parquet", ".csv"):
        found.append(f"another release: {current(workspace).find_problems()}")
    left = [path for path in workspace.root.rglob("*") if path.name.endswith(".part")]
    # The next build removes the last one, with what DuckDB could not write into it.
    left += [path for path in workspace.root.rglob("*.wal") if path.stem != workspace.build.name]
    if left:
        found.append(f"left behind: {left}")
    return found


def inside(published: str, due: str, kind: str, seed: str, disk: str) -> None:
    """Do one try in this process's own mount namespace; print what was lost as JSON."""
    rng, root = random.Random(seed), Path(disk)
    if kind in ON_A_DISK:
        options = f"size={DISK}m,nr_inodes=100000,mode=755"
        mount("-t", "tmpfs", "-o", options, "none", disk)
    shutil.copytree(published, root, symlinks=True, dirs_exist_ok=True)
    seconds = float(Path(due).with_name("seconds").read_text())
    print(json.dumps(lost(Workspace(root), current(Workspace(Path(due))), kind, rng, seconds)))


def one_try(root: Path, kind: str, seed: str) -> list[str]:
    """Do one try in a process of its own, in a mount namespace where its kind needs one."""
    disk = root / "disk"
    shutil.rmtree(disk, ignore_errors=True)
    disk.mkdir()
    command = [sys.executable, __file__, str(root / "published"), str(root / "due"), kind, seed]
    prefix: Sequence[str] = NAMESPACE if kind in ON_A_DISK else ()
    done = subprocess.run(
        [*prefix, *command, str(disk)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True,
        timeout=5 * LONGEST, check=False,
        env={**os.environ, "PYTHONPATH": f"{CHECKOUT}{os.pathsep}{CHECKOUT}/tests/support"},
    )  # fmt: skip
    if done.returncode:
        return [f"{kind} {seed}: the try itself failed with {done.returncode}"]
    return [f"{kind} {seed}: {sentence}" for sentence in json.loads(done.stdout.splitlines()[-1])]


def run(tries: int, seed: int) -> tuple[int, list[str]]:
    """Try failing disks in turn; say how many were tried and what was lost."""
    kinds = KINDS
    if why := can_mount():
        print(f"disk: {why}: only refused calls and limits of size are tried", file=sys.stderr)
        kinds = ("refused", "limit")
    root = prepared()
    found = []
    for number in range(tries):
        found += one_try(root, kinds[number % len(kinds)], f"{seed}-{number}")
    return tries, found


if __name__ == "__main__":
    inside(*sys.argv[1:])
