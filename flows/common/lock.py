"""The lock of a workspace: one run at a time."""

import contextlib
import fcntl
import os
import re
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

from flows.common.errors import ZipingError
from flows.common.files import write_durably
from flows.common.settings import Workspace

LONGEST_SECONDS = 2.0  # until whoever has just taken the lock has said so


def take_lock(workspace: Workspace) -> int:
    """Take the kernel's lock; it goes with the process, and no child inherits it.

    What is locked is the folder `warehouse/`: the file in it only says who holds the lock, and
    whoever removes it lets nobody in.
    """
    path = workspace.kept / "lock"
    if path.is_dir():
        raise ZipingError(f"{path} is a folder: remove it, then run again")
    if workspace.kept.is_symlink() and not workspace.kept.exists():
        raise ZipingError(
            f"{workspace.kept} leads to {workspace.kept.readlink()}, which is not there: mount "
            "that disk, or mend the link"
        )
    workspace.kept.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(workspace.kept, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ZipingError(
            f"another run holds the lock: {_holder(path)}: wait until it has ended"
        ) from None
    since = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"process {os.getpid()} on {socket.gethostname()} since {since}\n"
    with contextlib.suppress(OSError):  # a full disk: what the night removes may make room
        write_durably(path, text.encode())
    return descriptor


def _holder(path: Path) -> str:
    """Read who holds the lock; what a run that is dead left there is not believed at once."""
    text, deadline = "", time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            text = path.read_text("utf-8", "replace").strip()
        said = re.match(r"process (\d+) on (\S+) since", text)
        if said and (said[2] != socket.gethostname() or Path(f"/proc/{said[1]}").exists()):
            return text
        time.sleep(0.05)
    return f"{text or 'unknown'} (or one that has not said who it is)"
