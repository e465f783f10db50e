"""The disk: room for a run before any work, and one sentence for what the system refuses."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flows.common.errors import ZipingError, related
from flows.common.files import part_name
from flows.common.settings import Workspace

MEGABYTE = 1 << 20
# What a run writes beside rows: tables of a build that hold next to nothing, a first release,
# Prefect's database, what dbt compiles, temporary files, the record.
BUILD, RELEASE, SPARE = 24 * MEGABYTE, 4 * MEGABYTE, 12 * MEGABYTE
FULL = (errno.ENOSPC, errno.EDQUOT)
# What mends a refusal of the system.
REMEDIES = dict.fromkeys(FULL, "make room there") | {
    errno.EFBIG: "raise the limit (ulimit -f)",
    errno.EROFS: "mount it so that it can be written",
    errno.EACCES: "give it to the user who runs this (chown -R, chmod u+rwX)",
    errno.EPERM: "give it to the user who runs this (chown -R, chmod u+rwX, lsattr)",
    errno.EIO: "have the disk looked at (dmesg)",
    errno.ESTALE: "mount the share again",
    errno.ENOLCK: "put warehouse/ on a local disk",
}
# DuckDB and dbt pass these on in words of the system's.
PASSED_ON = (*FULL, errno.EFBIG, errno.EROFS, errno.EIO)


def _find_refusal(error: BaseException) -> tuple[int, str | None] | None:
    """Find the system's number in an error or what it came from, and the path if it is named."""
    for cause in related(error):
        if isinstance(cause, OSError) and cause.errno in REMEDIES:
            paths = (cause.filename, cause.filename2)  # a link's target may be a bare name
            named = (str(path) for path in paths if str(path).startswith("/"))
            return cause.errno, next(named, None)
        for number in PASSED_ON:
            if os.strerror(number) in str(cause):
                return number, None
    return None


def raise_refusal(text: str, place: Path) -> None:
    """Raise what the disk refused where a tool only says so in words; `place` is what it wrote."""
    if refusal := _find_refusal(RuntimeError(text)):
        raise OSError(refusal[0], os.strerror(refusal[0]), str(place))


def describe_disk_error(error: BaseException, place: Path | None = None) -> str | None:
    """Say what the system refused, where, and what to do; None for other errors.

    `place` stands for the path where the error names none.
    """
    refusal = _find_refusal(error)
    if refusal is None:
        return None
    number, path = refusal
    where = Path(path) if path else place
    if where is None:
        return f"the disk: {os.strerror(number)}: {REMEDIES[number]}, then run again"
    free = f" ({_size(_free_bytes(where))} free)" if number in FULL else ""
    return f"{where}: {os.strerror(number)}{free}: {REMEDIES[number]}, then run again"


@contextlib.contextmanager
def translate_disk_errors(workspace: Workspace) -> Iterator[None]:
    """Turn what the disk refuses into one sentence; a full one gets the build's room back."""
    try:
        yield
    except Exception as error:
        refusal = _find_refusal(error)
        if refusal is None:
            raise
        sentence = describe_disk_error(error, workspace.warehouse)
        if refusal[0] in FULL:
            remove_build(workspace)
        raise ZipingError(sentence) from error


def remove_build(workspace: Workspace) -> None:
    """Remove the disposable build database, which may be what fills the disk."""
    build = workspace.build
    for path in (build, build.with_name(f"{build.name}.wal")):
        with contextlib.suppress(OSError):
            path.unlink()
    shutil.rmtree(build.with_name(f"{build.name}.tmp"), ignore_errors=True)


def check_room(workspace: Workspace, arriving: int) -> None:
    """Refuse a run that would not find room; the old build gives its own back."""
    if sentence := describe_lacking_room(workspace, arriving):
        raise ZipingError(f"{sentence}, then run again")
    remove_build(workspace)


def describe_lacking_room(workspace: Workspace, arriving: int) -> str | None:
    """Say where a run would not find room, by what the last one left and the bytes to land."""
    build = workspace.build.stat().st_size if workspace.build.is_file() else 0
    rows = _tree_size(workspace.cache) or _tree_size(workspace.inbox)
    last = max(workspace.releases.glob("[0-9]*/[0-9]*"), default=None)
    needs = (
        (workspace.landed, arriving),
        (workspace.releases, _tree_size(last) if last else RELEASE),
        (workspace.warehouse, max(BUILD + rows - build, 0) + arriving + SPARE),
    )
    wanted: dict[int, tuple[Path, int]] = {}  # the last folder on each disk, and the need there
    for folder, size in needs:
        device = _nearest_folder(folder).stat().st_dev
        wanted[device] = folder, size + wanted.get(device, (folder, 0))[1]
    for folder, size in wanted.values():
        free = _free_bytes(folder)
        if free < size:
            return (
                f"{folder} has {_size(free)} free and a night needs about {_size(size)}: make room "
                f"for {_size(size - free)} there"
            )
    return None


def _size(number: int) -> str:
    return f"{number / MEGABYTE:,.1f} MB"


def _nearest_folder(path: Path) -> Path:
    """Find the nearest folder that is there."""
    return next(place for place in (path, *path.parents) if os.path.isdir(place))  # noqa: PTH112 - never raises


def _free_bytes(path: Path) -> int:
    return shutil.disk_usage(_nearest_folder(path)).free


def _tree_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextlib.contextmanager
def temporary_files_within(workspace: Workspace) -> Iterator[None]:
    """Keep a run's temporary files in the warehouse: they may hold rows, and /tmp may be full."""
    folder = part_name(workspace.warehouse / "tmp")
    folder.mkdir(mode=0o700)
    before, directory = os.environ.get("TMPDIR"), tempfile.tempdir
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = directory
        del os.environ["TMPDIR"]
        if before is not None:
            os.environ["TMPDIR"] = before
        shutil.rmtree(folder, ignore_errors=True)
