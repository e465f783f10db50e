"""The disk: what a night finds of it before any work, and its refusals told in one sentence."""

import contextlib
import errno
import os
import pwd
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flows.common.errors import ServerGone, ZipingError, related
from flows.common.files import part_name
from flows.common.settings import Workspace

MEGABYTE = 1 << 20
# What a night writes beside rows: tables of a build that hold next to nothing; a first release;
# Prefect's database, what dbt compiles, temporary files, the record.
BUILD, RELEASE, SPARE = 24 * MEGABYTE, 4 * MEGABYTE, 12 * MEGABYTE
INODES = 400
# What the system answers when a disk refuses: how it is told, and what mends it.
REFUSALS = {
    errno.ENOSPC: ("is full", "make room there"),
    errno.EDQUOT: ("is full for {user}, whose quota is used up", "make room there"),
    errno.EFBIG: ("takes no file of that size", "raise the limit (ulimit -f)"),
    errno.EROFS: ("is read-only", "mount it so that it can be written"),
    errno.EACCES: ("is not open to {user}", "give it to that user (chown -R, chmod u+rwX)"),
    errno.EPERM: ("is not open to {user}", "give it to that user (chown -R, chmod u+rwX, lsattr)"),
    errno.EIO: ("answers with an input/output error", "have the disk looked at (dmesg)"),
    errno.ESTALE: ("is on a share that is gone", "mount it again"),
    errno.ENOLCK: ("is on a file system without locks", "put warehouse/ on a local disk"),
}
FULL = (errno.ENOSPC, errno.EDQUOT)
# What DuckDB and dbt pass on of the system, and SQLite's own words for it.
PASSED_ON = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
WORDS = {os.strerror(number): number for number in PASSED_ON} | {
    "database or disk is full": errno.ENOSPC,
    "disk I/O error": errno.EIO,
    "attempt to write a readonly database": errno.EROFS,
}


class NoRoom(ZipingError):
    """The disk has too little room for a night."""


def _size(number: int) -> str:
    return f"{number / MEGABYTE:,.1f} MB"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # in a container
        return f"user {os.geteuid()}"


def _standing(path: Path) -> Path:
    """Find the nearest folder that is there."""
    return next(one for one in (path, *path.parents) if os.path.isdir(one))  # noqa: PTH112 - never raises


def _tree_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def refusal_of(error: BaseException) -> tuple[int, str | None] | None:
    """Find what of an error was the disk's: the system's number, and the path where it is told."""
    for one in related(error):
        if isinstance(one, OSError) and one.errno in REFUSALS:
            paths = (one.filename, one.filename2)  # a link's target may be a bare name
            named = (str(path) for path in paths if str(path).startswith("/"))
            return one.errno, next(named, None)
        for words, number in WORDS.items():
            if words in str(one):
                return number, None
    return None


def raise_refusal(text: str, place: Path) -> None:
    """Raise what the disk refused where a tool only says so in words; `place` is what it wrote."""
    if refusal := refusal_of(RuntimeError(text)):
        raise OSError(refusal[0], os.strerror(refusal[0]), str(place))


def disk_sentence(error: BaseException, place: Path | None = None) -> str | None:
    """Say which folder the disk refused, what room it has, and what to do; None for other errors.

    `place` stands for the folder where the error names none.
    """
    refusal = refusal_of(error)
    if refusal is None:
        return None
    number, path = refusal
    named = Path(path) if path else place
    what, help_ = (text.format(user=_user()) for text in REFUSALS[number])
    if named is None:
        return f"the disk {what}: {help_}, then run again"
    folder = named if number in (errno.EACCES, errno.EPERM, errno.EIO) else _standing(named)
    room = _room_left(folder) if number == errno.ENOSPC else ""
    return f"{folder} {what}{room}: {help_}, then run again"


def _room_left(folder: Path) -> str:
    state = os.statvfs(folder)
    text = f" ({_size(state.f_bavail * state.f_frsize)} free"
    if state.f_files:  # not every file system counts them
        text += f", {state.f_favail} of {state.f_files} inodes"
    return text + ")"


def check_there(folder: Path) -> None:
    """Refuse a link to a disk that is not mounted, and a file in a folder's place."""
    if folder.is_symlink() and not folder.exists():
        raise ZipingError(
            f"{folder} leads to {folder.readlink()}, which is not there: mount that disk, or mend "
            "the link"
        )
    if folder.exists() and not folder.is_dir():
        raise ZipingError(f"{folder} is no folder: move it away, then run again")


def check_folders(workspace: Workspace) -> None:
    """Refuse before any work where a folder of the workspace cannot be read or written."""
    for folder in (workspace.root, workspace.inbox.parent, workspace.inbox):
        _check_readable(folder)
    written = [workspace.warehouse, workspace.cache, workspace.nights, workspace.releases]
    written += [workspace.landed, workspace.landed / "content"]
    for folder in written:
        _check_writable(folder)
    if workspace.releases.is_dir():
        for folder in workspace.releases.iterdir():
            if folder.name.isdigit():
                _check_writable(folder)


def _check_readable(folder: Path) -> None:
    check_there(folder)
    if folder.exists() and not os.access(folder, os.R_OK | os.X_OK, effective_ids=True):
        _refuse(errno.EACCES, folder)


def _check_writable(folder: Path) -> None:
    _check_readable(folder)
    standing = _standing(folder)
    if os.statvfs(standing).f_flag & os.ST_RDONLY:
        _refuse(errno.EROFS, folder)
    if not os.access(standing, os.W_OK, effective_ids=True):
        _refuse(errno.EACCES, standing)


def _refuse(number: int, folder: Path) -> None:
    raise ZipingError(disk_sentence(OSError(number, "", str(folder))))


def remove_build(workspace: Workspace) -> None:
    """Remove the disposable build database, which may be what fills the disk."""
    build = workspace.build
    for path in (build, build.with_name(f"{build.name}.wal")):
        with contextlib.suppress(OSError):
            path.unlink()
    shutil.rmtree(build.with_name(f"{build.name}.tmp"), ignore_errors=True)


def check_room(workspace: Workspace, arriving: int) -> None:
    """Refuse a night that would not find room; the old build gives its own back."""
    if sentence := lacking_room(workspace, arriving):
        raise NoRoom(f"{sentence}, then run again")
    remove_build(workspace)


def lacking_room(workspace: Workspace, arriving: int) -> str | None:
    """Say where a night would not find room, by what the last one left and what is to land."""
    build = workspace.build.stat().st_size if workspace.build.is_file() else 0
    rows = _tree_size(workspace.cache) or _tree_size(workspace.inbox)
    last = max(workspace.releases.glob("[0-9]*/[0-9]*"), default=None)
    needs = (
        (workspace.landed, arriving),
        (workspace.releases, _tree_size(last) if last else RELEASE),
        (workspace.warehouse, max(BUILD + rows - build, 0) + arriving + SPARE),
    )
    wanted: dict[int, tuple[Path, int]] = {}
    for folder, size in needs:
        device = _standing(folder).stat().st_dev
        wanted[device] = folder, size + wanted.get(device, (folder, 0))[1]
    for folder, size in wanted.values():
        state = os.statvfs(_standing(folder))
        free = state.f_bavail * state.f_frsize
        if free < size:
            return (
                f"{folder} has {_size(free)} free and a night needs about {_size(size)}: make room "
                f"for {_size(size - free)} there"
            )
        if state.f_files and state.f_favail < INODES:
            return (
                f"{folder} has {state.f_favail} of {state.f_files} inodes free and a night needs "
                f"about {INODES}: remove files there"
            )
    return None


def _limit_of_size() -> str | None:
    """Say what size of files the system permits to this process, where it is a night's."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit == resource.RLIM_INFINITY or limit > BUILD:
        return None
    return f"no file may be larger than {_size(limit)}: raise the limit (ulimit -f)"


@contextlib.contextmanager
def told_of_disk(workspace: Workspace) -> Iterator[None]:
    """Tell in one sentence what the disk refuses, and give back what can be made again."""
    try:
        yield
    except Exception as error:
        refusal, lacking = refusal_of(error), None
        is_full = refusal is not None and refusal[0] in FULL
        if is_full:
            remove_build(workspace)
        # Who writes to the disk in another process may not have told why it could not.
        if is_full or (refusal is None and type(error) in (ZipingError, ServerGone)):
            with contextlib.suppress(OSError):
                lacking = lacking_room(workspace, 0)
        if isinstance(error, ServerGone):
            lacking = lacking or _limit_of_size()
        if lacking and (refusal or isinstance(error, ServerGone)):
            raise NoRoom(f"{lacking}, then run again") from error
        if refusal:
            raise ZipingError(disk_sentence(error, workspace.warehouse)) from error
        if lacking:
            raise NoRoom(f"{error}; besides, {lacking}") from error
        raise


@contextlib.contextmanager
def temporary_files_within(workspace: Workspace) -> Iterator[None]:
    """Keep a night's temporary files in the warehouse: they may hold rows, and /tmp may be full."""
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
