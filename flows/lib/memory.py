"""Memory: errors of many libraries where it ran out, one sentence; and when not to search it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# As Python, the linker, DuckDB, Arrow, pandas and the C++ runtime say it.
WORDS = (
    "MemoryError", "Out of Memory Error", "OutOfMemory", "can't start new thread",
    "Cannot allocate memory", "cannot allocate memory", "failed to map segment", "bad_alloc",
    "Unable to allocate", "malloc of size",
)  # fmt: skip
MEMORY_SENTENCE = (
    "the memory ran out: raise the limit of this run or end what else takes memory, then run again"
)


def memory_sentence(failure: BaseException | str) -> str | None:
    """Say that memory ran out where an error, or its text, says so; None for other errors."""
    text = failure if isinstance(failure, str) else f"{type(failure).__name__} {failure}"
    lacks = isinstance(failure, MemoryError) or any(word in text for word in WORDS)
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
