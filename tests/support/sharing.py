"""What all workers of one run of the tests share: the first who needs it makes it, for all."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that all workers see; whoever comes later waits."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Give a folder, made by the first of all workers who asks for it; it is only to be read."""
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            try:
                make(folder)
            except BaseException:  # the next one who asks fails by itself, too
                shutil.rmtree(folder, ignore_errors=True)
                raise
    return folder
