"""What all workers of one run of the tests share: the first who needs it makes it, for all."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flows.lib.prefect_server import prefect_server


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock that all workers see; whoever comes later waits."""
    with path.open("w") as file:
        fcntl.flock(file, how)
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


@contextmanager
def shared_server(folder: Path) -> Iterator[str]:
    """Keep one Prefect server for all workers, what it writes in a folder; give its address.

    The worker that started it waits at its end for those that still use it.
    """
    folder.mkdir(exist_ok=True)
    starting, using, known = (folder / name for name in ("starting", "using", "address"))
    with ExitStack() as server:
        with locked(starting):
            is_first = not known.exists()
            if not is_first:
                os.environ["PREFECT_API_URL"] = known.read_text("ascii")
            server.enter_context(prefect_server(folder / f"worker-{os.getpid()}", 300))
            address = os.environ["PREFECT_API_URL"]
            known.write_text(address, "ascii")
            user = server.enter_context(ExitStack())
            user.enter_context(locked(using, fcntl.LOCK_SH))
        yield address
        user.close()
        if is_first:
            with locked(starting), locked(using):  # nobody begins any more, and all have ended
                known.unlink()
