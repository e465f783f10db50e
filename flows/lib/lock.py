"""The lock of a workspace: one run at a time."""

import fcntl
import os
import socket
from datetime import UTC, datetime

from flows.lib.errors import ZipingError
from flows.lib.settings import Workspace


def take_lock(workspace: Workspace) -> int:
    """Take the kernel's lock; it goes with the process, and no child inherits it."""
    path = workspace.warehouse / "lock"
    if path.is_dir():
        raise ZipingError(f"{path} is a folder: remove it, then run again")
    workspace.warehouse.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 400, 0).decode("utf-8", "replace").strip()
        os.close(descriptor)
        raise ZipingError(f"another run holds the lock: {holder or 'unknown'}") from None
    since = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"process {os.getpid()} on {socket.gethostname()} since {since}\n".encode()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text, 0)
    return descriptor
