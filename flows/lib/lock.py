"""The lock of a workspace: one run at a time."""

import fcntl
import os
import socket
from datetime import UTC, datetime

from flows.lib.errors import ZipingError
from flows.lib.settings import Workspace


def take_lock(workspace: Workspace) -> int:
    """Take the kernel's lock; it goes with the process, and no child inherits it.

    What is locked is the folder `warehouse/`: the file in it only says who holds the lock, and
    whoever removes it lets nobody in.
    """
    path = workspace.warehouse / "lock"
    if path.is_dir():
        raise ZipingError(f"{path} is a folder: remove it, then run again")
    workspace.warehouse.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(workspace.warehouse, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        holder = path.read_text("utf-8", "replace").strip() if path.exists() else ""
        raise ZipingError(f"another run holds the lock: {holder or 'unknown'}") from None
    since = datetime.now(UTC).isoformat(timespec="seconds")
    path.write_text(f"process {os.getpid()} on {socket.gethostname()} since {since}\n", "utf-8")
    return descriptor
