"""Nights as processes that can be killed, forked from one that has loaded the heavy tools.

A night of its own in a process of its own costs twenty CPU seconds, of which most go into imports
and Prefect's server. Here Prefect, dbt and Great Expectations are loaded once; what is forked is a
real process with its own memory, lock and children, and SIGKILL is SIGKILL.
"""

import contextlib
import fcntl
import itertools
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from flows.lib.releases import MANIFEST, SUMS, Release, current_release
from flows.lib.settings import Workspace
from flows.lib.store import Store

LOADED = (
    "flows.cli", "flows.run", "flows.nightly", "great_expectations", "dbt.cli.main",
    "dbt.adapters.duckdb.impl", "duckdb", "pandas", "pyarrow.parquet", "prefect.client.schemas",
)  # fmt: skip
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(list(LOADED))
YEAR = 2023
LONGEST = 600.0
CALLS = {
    "rename": ("rename", "replace"),
    "fsync": ("fsync",),
    "mkdir": ("mkdir",),
    "symlink": ("symlink", "link"),
    "unlink": ("unlink", "remove", "rmdir"),
}
# dbt and Prefect keep their own files there; nothing of them outlives a night.
PASSED_OVER = ("warehouse/dbt_target", "warehouse/prefect", "warehouse/.tmp.")


@dataclass(frozen=True)
class Moment:
    """Before the n-th call of a kind within the workspace."""

    call: str
    number: int


@dataclass
class Watch:
    """What happens to the files of a workspace, as a process of the night calls it."""

    root: Path
    seen: list[tuple[str, str]] = field(default_factory=list)

    def place_of(self, argument: object) -> str | None:
        """Name the file that a call is about, within the workspace; None for others."""
        if isinstance(argument, int):
            argument = Path(f"/proc/self/fd/{argument}").readlink()
        name = os.path.relpath(str(argument), self.root)
        return None if name.startswith(("..", *PASSED_OVER)) else name

    def begin(self, act: Callable[[str, str], None]) -> None:
        """Let `act` come before each call that changes names, or brings them to the disk."""
        for kind, names in CALLS.items():
            for name in names:
                setattr(os, name, self._watched(kind, getattr(os, name), act))

    def _watched(
        self, kind: str, real: Callable[..., object], act: Callable[[str, str], None]
    ) -> Callable[..., object]:
        def watched(*arguments: object, **named: object) -> object:
            folder = named.get("dir_fd")  # as of shutil.rmtree
            own = arguments[1 if kind in ("rename", "symlink") else 0]
            place = self.place_of(own if folder is None else folder)
            if place is not None:
                act(kind, place)
            return real(*arguments, **named)

        return watched


def run_night(root: str) -> int:
    """Run the night as the command does."""
    from flows.cli import app

    return int(app(["nightly", "--workspace", root], standalone_mode=False) or 0)


def publish_again(root: str) -> int:
    """Publish what a night has landed, judged and built before it was killed."""
    from flows.lib.look import find_standings
    from flows.lib.night import tonight, years_to_build
    from flows.publish import publish

    with tonight(Workspace(Path(root))) as night:
        find_standings(night, judge_new=False)
        if years := years_to_build(night):
            publish(night.name, years)
    return 0


def _in_child(
    root: str, log: str, environment: Mapping[str, str], act: Callable[[str], int],
    moment: Moment | None, counts: str | None,
) -> None:  # fmt: skip
    os.setsid()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(environment)
    watch = Watch(Path(root))
    numbers = itertools.count(1)

    def note(kind: str, place: str) -> None:
        watch.seen.append((kind, place))
        if moment and kind == moment.call and next(numbers) == moment.number:
            os.kill(os.getpid(), signal.SIGKILL)

    if moment or counts:
        watch.begin(note)
    code = 1
    try:
        code = act(root)
    except BaseException:  # as Python does at the end of a process
        traceback.print_exc()
    if counts:
        Path(counts).write_text("".join(f"{kind} {place}\n" for kind, place in watch.seen), "utf-8")
    sys.stdout.flush()
    os._exit(code)


def start(
    workspace: Workspace,
    act: Callable[[str], int] = run_night,
    *,
    moment: Moment | None = None,
    counts: Path | None = None,
    log: Path | None = None,
) -> BaseProcess:
    """Start a night that dies at a moment, or whose calls are listed."""
    environment = {name: text for name, text in os.environ.items() if name.startswith("ZIPING_")}
    process = FORKED.Process(
        target=_in_child,
        args=(str(workspace.root), str(log or log_of(workspace)), environment, act, moment,
              str(counts) if counts else None),
        daemon=True,
    )  # fmt: skip
    process.start()
    return process


def log_of(workspace: Workspace) -> Path:
    """Name the file that holds what the last night printed."""
    return workspace.root.with_name(f"{workspace.root.name}.log")


def said_by(workspace: Workspace) -> str:
    """Read what the last night printed."""
    return log_of(workspace).read_text("utf-8", "replace")


def code_of(process: BaseProcess, seconds: float = LONGEST) -> int:
    """Wait for the end of a night and give its exit code, negative for a signal."""
    process.join(seconds)
    assert process.exitcode is not None, f"the night did not end within {seconds} s"
    return process.exitcode


def run(workspace: Workspace, act: Callable[[str], int] = run_night, **options: Path) -> int:
    """Run a night to its end."""
    return code_of(start(workspace, act, **options))  # type: ignore[arg-type]


def moments_of(calls: Path) -> dict[str, int]:
    """Count the calls of each kind that a night made."""
    counted = dict.fromkeys(CALLS, 0)
    for line in calls.read_text("utf-8").splitlines():
        counted[line.split(" ", 1)[0]] += 1
    return counted


def _stat_of(folder: Path) -> list[str]:
    return (folder / "stat").read_text().rpartition(")")[2].split()


def processes_of(workspace: Workspace, group: int) -> dict[int, str]:
    """List the live processes of a night: of its group, or at work in its workspace."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, own_group = _stat_of(folder)[:3]
            command = (folder / "cmdline").read_text("utf-8", "replace").replace("\0", " ")
            of_night = int(own_group) == group or str(workspace.warehouse) in command
            if of_night and state not in "ZX":
                found[int(folder.name)] = command
    return found


def child_of(process: BaseProcess, word: str) -> int | None:
    """Find a child of a night by a word of its command."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = _stat_of(folder)[:2]
            command = (folder / "cmdline").read_text("utf-8", "replace")
            if int(parent) == process.pid and state not in "ZX" and word in command:
                return int(folder.name)
    return None


def wait_until(comes: Callable[[], object], process: BaseProcess | None = None) -> bool:
    """Watch for a moment; say whether it came before the process ended."""
    deadline = time.monotonic() + LONGEST
    while not comes():
        assert time.monotonic() < deadline, "the moment did not come"
        if process and not process.is_alive():
            return bool(comes())
        time.sleep(0.0005)
    return True


def is_locked(workspace: Workspace) -> bool:
    """Say whether a run holds the lock."""
    descriptor = os.open(workspace.warehouse, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def parts_in(workspace: Workspace) -> list[str]:
    """List what is half-written in a workspace."""
    found = itertools.chain(workspace.warehouse.rglob("*"), (workspace.root / "raw").rglob("*"))
    return sorted(str(path.relative_to(workspace.root)) for path in found
                  if path.name.endswith((".part", ".wal")))  # fmt: skip


def lost_after_death(workspace: Workspace, process: BaseProcess, names: set[str]) -> list[str]:
    """Say what a death has hurt: readers, the lock, a child that goes on, heaps of leftovers."""
    found = []
    release = current_release(workspace, YEAR)
    if release is None or release.name not in names or release.faults():
        found.append(f"readers see {release and (release.name, release.faults())}")
    elif (workspace.warehouse / "current").resolve() != release.folder.resolve():
        found.append("warehouse/current leads elsewhere")
    with contextlib.suppress(AssertionError):
        deadline = time.monotonic() + 10
        wait_until(lambda: not _left(workspace, process) or time.monotonic() > deadline)
    if left := _left(workspace, process):
        found.append(f"left alive: {left}")
    if is_locked(workspace):
        found.append("the lock is still held")
    if len(parts := [one for one in parts_in(workspace) if one.count("/") < 4]) > 6:
        found.append(f"leftovers pile up: {parts}")
    return found


def _left(workspace: Workspace, process: BaseProcess) -> dict[int, str]:
    return processes_of(workspace, process.pid or -1)


def _manifest_without_times(release: Release) -> dict[str, object]:
    timed = ("night", "started_at", "written_at", "stages", "previous", "deliveries")
    return {name: part for name, part in release.manifest.items() if name not in timed}


def _bytes_of(release: Release) -> Iterator[tuple[str, bytes]]:
    for path in sorted(release.folder.rglob("*")):
        if path.is_file() and path.name not in (MANIFEST, SUMS):
            yield str(path.relative_to(release.folder)), path.read_bytes()


def differences(workspace: Workspace, never_killed: Workspace) -> list[str]:
    """Say where a healed workspace is another than one that was never killed."""
    own, wanted = current_release(workspace, YEAR), current_release(never_killed, YEAR)
    if own is None or wanted is None or own.name != wanted.name:
        return [f"current is {own and own.name}, not {wanted and wanted.name}"]
    found = own.faults() + parts_in(workspace)
    if _manifest_without_times(own) != _manifest_without_times(wanted):
        found.append("the manifest says something else")
    of_own, of_wanted = dict(_bytes_of(own)), dict(_bytes_of(wanted))
    found += [
        f"{name} is another" for name in sorted(of_own.keys() | of_wanted.keys())
        if of_own.get(name) != of_wanted.get(name)
    ]  # fmt: skip
    store, other = Store(workspace.landed), Store(never_killed.landed)
    store.verify(store.deliveries())
    received = [sorted((*one.key, one.id) for one in each.deliveries()) for each in (store, other)]
    if received[0] != received[1]:
        found.append("something was landed twice, or not at all")
    paths, others = _names_below(workspace), _names_below(never_killed)
    found += [f"{name} is left over" for name in sorted(paths - others)]
    return found + [f"{name} is gone" for name in sorted(others - paths)]


def _names_below(workspace: Workspace) -> set[str]:
    """List the files of a workspace but for those of nights, dbt and the inbox."""
    passed_over = (*PASSED_OVER, "warehouse/nights", "raw/inbox")
    names = {
        str(path.relative_to(workspace.root))
        for path in workspace.root.rglob("*")
        if path.is_file() or path.is_symlink()
    }
    return {name for name in names if not name.startswith(passed_over)}
