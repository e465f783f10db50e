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
from contextlib import suppress
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from urllib.parse import quote_from_bytes

from flows.common.errors import Unavailable, Waiting
from flows.common.text import HAN

QUIET_SECONDS = 120
TICK = 0.02  # within one tick of the kernel's clock a second write leaves no mark
SHARES = re.compile(r"nfs|cifs|smb|fuse|9p|ceph")  # who else writes to them is not known here


def decode_path(path: Path) -> str:
    """Write a path so that it can be printed and kept: old systems write their names in GBK."""
    return "/".join(escape_unprintable(_decode_name(os.fsencode(part))) for part in path.parts)


def _decode_name(raw: bytes) -> str:
    fitting = _find_fitting(raw)
    return next(iter(fitting.values()), raw.decode("ascii", "backslashreplace"))


def _find_fitting(raw: bytes) -> dict[str, str]:
    """Decode bytes in each encoding of names in which they are text."""
    found = {}
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            found[encoding] = raw.decode(encoding)
    return found


def find_encoding(names: Iterable[bytes]) -> str:
    """Find in which encoding all names are text: GBK that happens to be UTF-8 gives no Han."""
    fitting = _find_fitting(b"/".join(names))
    with_han = [encoding for encoding, text in fitting.items() if HAN.search(text)]
    return next(iter([*with_han, *fitting]), "ascii")


def escape_unprintable(name: str) -> str:
    """Write a name composed (NFC), each character that cannot be printed as its escape."""
    composed = unicodedata.normalize("NFC", name)
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in composed)


def name_files(paths: Iterable[Path]) -> dict[Path, str]:
    """Name each file; of those that would have one name, only the one that is written so has it."""
    names = {path: decode_path(path) for path in paths}
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


def open_file(path: Path) -> BufferedReader:
    """Open a file that may have become something else since it was listed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    return os.fdopen(descriptor, "rb")


def _read_state(descriptor: int) -> tuple[int, ...]:
    """Tell how a file is, so that whoever writes it from now on changes that."""
    status = os.fstat(descriptor)
    if 0 <= time.time_ns() - status.st_mtime_ns < TICK * 1e9:
        time.sleep(TICK)
        status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def hash_settled_file(path: Path, shown: str) -> tuple[str, int, bytes]:
    """Hash a file as it is now, and give its size and first bytes.

    Raises Waiting if it cannot be taken tonight.
    """
    try:
        with open_file(path) as stream:
            if is_being_written(stream.fileno()):
                raise Waiting(f"{shown} is still being written and waits for the next night")
            state = _read_state(stream.fileno())
            start = stream.read(4)
            stream.seek(0)
            digest = file_digest(stream, "sha256")
            if _read_state(stream.fileno()) != state or is_being_written(stream.fileno()):
                raise Waiting(f"{shown} changed while it was read and waits for the next night")
    except FileNotFoundError:
        raise Waiting(f"{shown} vanished from the inbox while it was read") from None
    except OSError as error:
        raise Unavailable(f"{shown} cannot be read ({error.strerror}): look at it") from None
    return digest.hexdigest(), state[0], start
