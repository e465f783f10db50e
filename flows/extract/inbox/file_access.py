"""Files that others write: their names as they can be kept, and reading one that nobody writes."""

import errno
import fcntl
import os
import re
import signal
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote_from_bytes

from flows.common.errors import Unavailable, Waiting

QUIET_SECONDS = 120
TICK = 0.02  # within one tick of the kernel's clock a second write leaves no mark
SHARES = re.compile(r"nfs|cifs|smb|fuse|9p|ceph")  # who else writes to them is not known here


def readable(path: Path) -> str:
    """Write a name so that it can be printed and kept: old systems write theirs in GBK."""
    return "/".join(printable(unicodedata.normalize("NFC", _decoded(part))) for part in path.parts)


def _decoded(part: str) -> str:
    raw = os.fsencode(part)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "backslashreplace")


def printable(text: str) -> str:
    """Write each character that cannot be printed as its escape."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """Name each file; of those that would have one name, only the one that is written so has it."""
    names = {path: readable(path) for path in paths}
    count = Counter(names.values())
    return {
        path: name if count[name] == 1 or str(path) == name else quote_from_bytes(os.fsencode(path))
        for path, name in names.items()
    }


def _file_system(device: int) -> str:
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines():
        fields = line.split()
        if fields[2] == number:
            return fields[fields.index("-") + 1]
    return ""


def is_being_written(descriptor: int) -> bool:
    """Ask for a lease, which the kernel refuses while anybody has the file open for writing.

    Where it gives none (another user's file, a share), what was written just now has to wait.
    """
    # A writer who comes while the lease is held sends this signal; SIGIO would end the night.
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    status = os.fstat(descriptor)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN and not SHARES.match(_file_system(status.st_dev)):
            return True
        return abs(time.time() - status.st_mtime) < QUIET_SECONDS
    return False


def open_file(path: Path) -> BinaryIO:
    """Open a file that may have become something else since it was listed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    return os.fdopen(descriptor, "rb")


def _settled(descriptor: int) -> tuple[int, ...]:
    """Tell how a file is, so that whoever writes it from now on changes that."""
    status = os.fstat(descriptor)
    if 0 <= time.time_ns() - status.st_mtime_ns < TICK * 1e9:
        time.sleep(TICK)
        status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def look_at(path: Path, shown: str) -> tuple[str, int]:
    """Hash a file as it is now; raises Waiting where it cannot be taken tonight."""
    digest, size = sha256(), 0
    try:
        with open_file(path) as stream:
            if is_being_written(stream.fileno()):
                raise Waiting(f"{shown} is still being written and waits for the next night")
            state = _settled(stream.fileno())
            while block := stream.read(1 << 20):
                digest.update(block)
                size += len(block)
            if _settled(stream.fileno()) != state or is_being_written(stream.fileno()):
                raise Waiting(f"{shown} changed while it was read and waits for the next night")
    except FileNotFoundError:
        raise Waiting(f"{shown} vanished from the inbox while it was read") from None
    except OSError as error:
        raise Unavailable(f"{shown} cannot be read ({error.strerror}): look at it") from None
    return digest.hexdigest(), size
