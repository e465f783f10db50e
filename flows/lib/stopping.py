"""What ends a night from outside: a signal, which it tells in a sentence, or its parent's death."""

import ctypes
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

from flows.lib.errors import FAILED

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LONGEST_SECONDS = 9.0
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Let the kernel end this child with its parent, so that no orphan holds a port or a file."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def until_stopped(work: Callable[[], int], tell: Callable[[str], None]) -> int:
    """Do the work in a thread, and end this process at once when a signal asks for it.

    Only the main thread hears signals, and never while it is deep in a library: here it just
    waits. Nothing is unwound: what a kill may leave, the next night mends.
    """
    ended: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if ended:  # all is told: what is left is the end of the interpreter
            os._exit(ended[0])
        for one in heard:
            signal.signal(one, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)  # kills, should telling hang
        try:
            tell(signal.Signals(number).name)
        finally:
            os._exit(FAILED)

    # One that is ignored, as under nohup, stays so.
    heard = [one for one in STOPPING if signal.getsignal(one) is not signal.SIG_IGN]
    for one in heard:
        signal.signal(one, stop)
    with ThreadPoolExecutor(1, "night") as executor:
        code = executor.submit(work).result()
    ended.append(code)
    return code
