"""The process: what ends it from outside, memory that runs out, and no core dumps."""

import ctypes
import gc
import os
import re
import resource
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType

from flows.common.errors import FAILED

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LONGEST_SECONDS = 9.0
PR_SET_PDEATHSIG = 1
# As Python, the linker, DuckDB, Arrow, pandas and the C++ runtime say it.
OUT_OF_MEMORY = re.compile(
    "MemoryError|Out of Memory Error|OutOfMemory|can't start new thread|[Cc]annot allocate memory|"
    "failed to map segment|bad_alloc|Unable to allocate|malloc of size"
)
MEMORY_SENTENCE = (
    "the memory ran out: raise the limit of this run or end what else takes memory, then run again"
)


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
        for heard_number in heard:
            signal.signal(heard_number, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)  # kills, should telling hang
        try:
            tell(signal.Signals(number).name)
        finally:
            os._exit(FAILED)

    # One that is ignored, as under nohup, stays so.
    heard = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    for heard_number in heard:
        signal.signal(heard_number, stop)
    with ThreadPoolExecutor(1, "night") as executor:
        code = executor.submit(work).result()
    ended.append(code)
    return code


def forbid_core_dumps() -> None:
    """Let no crash write the memory of a process that holds ids to the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def memory_sentence(failure: BaseException | str) -> str | None:
    """Say that memory ran out where an error, or its text, says so; None for other errors."""
    text = failure if isinstance(failure, str) else f"{type(failure).__name__} {failure}"
    lacks = isinstance(failure, MemoryError) or OUT_OF_MEMORY.search(text)
    return MEMORY_SENTENCE if lacks else None


@contextmanager
def without_collection() -> Iterator[None]:
    """Let nobody look for cycles while rows are read: there are none, and it takes a fifth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
