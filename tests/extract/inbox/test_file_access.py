"""Files that others write: their names, and that nobody writes them while they are read."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from inbox_parts import NAME, as_nobody, as_two_users, district, drop

from flows.common.errors import Waiting
from flows.common.settings import Workspace
from flows.extract.inbox.file_access import (
    QUIET_SECONDS,
    decode_path,
    hash_settled_file,
    is_being_written,
)

__all__ = ["district"]


@as_two_users
def test_where_the_kernel_tells_nothing_a_file_just_written_waits(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"some")
    seconds_ago = {0: True, QUIET_SECONDS + 5: False, -9_000_000: False}  # a clock that was wrong
    now, found = time.time(), {}
    for seconds in seconds_ago:
        os.utime(path, (now, now - seconds))
        with path.open("rb") as stream, as_nobody():  # the kernel gives a lease to the owner alone
            found[seconds] = is_being_written(stream.fileno())
    assert found == seconds_ago


def test_a_file_that_is_rewritten_during_the_look_waits(district: Workspace) -> None:
    path = drop(district, NAME)
    os.truncate(path, 1 << 28)  # holes: it costs reading, and no disk

    def rewrite() -> None:
        time.sleep(0.1)
        with path.open("r+b") as file:
            file.write(b"other")

    with ThreadPoolExecutor() as threads:
        threads.submit(rewrite)
        with pytest.raises(Waiting, match="changed while it was read and waits"):
            hash_settled_file(path, NAME)


def test_a_name_in_no_known_encoding_can_still_be_kept() -> None:
    assert decode_path(Path(os.fsdecode(b"a\xff\xff"))) == "a\\xff\\xff"
