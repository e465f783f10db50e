"""Landing a file of the inbox: whole, as it was looked at, or not at all."""

import contextlib
import subprocess
import sys
from hashlib import sha256

import pytest
from inbox_parts import NAME, district, drop, land, look

from flows.common.errors import Waiting
from flows.common.settings import Workspace
from flows.extract.inbox.file_access import (
    hash_settled_file,
)
from flows.extract.inbox.inbox_file import land_file
from flows.extract.raw_store import Store

__all__ = ["district"]


def test_a_file_that_was_rewritten_after_the_look_waits_and_nothing_half_is_kept(
    district: Workspace,
) -> None:
    path = drop(district, NAME, b"first")
    [dropped] = look(district).new
    path.write_bytes(b"other")  # of the same length, and perhaps of the same moment
    store = Store(district.landed)
    with pytest.raises(Waiting, match=rf"{NAME} changed while it was read and waits"):
        land_file(store, dropped)
    assert store.deliveries() == []
    assert [one for one in store.folder.rglob("*") if one.is_file()] == []
    assert land(district) == []
    assert store.deliveries()[0].id == sha256(b"other").hexdigest()


def test_what_is_landed_is_one_of_the_versions_however_fast_they_are_swapped(
    district: Workspace,
) -> None:
    path = drop(district, NAME)
    versions = [bytes([letter]) * 3_000_000 for letter in b"ab"]
    swapping = """if True:
        import os, sys
        path, versions = sys.argv[1], [bytes([letter]) * 3_000_000 for letter in b"ab"]
        for _ in range(100_000):
            for version in versions:
                with open(path, "r+b") as file:  # rewritten in place
                    file.write(version)
                with open(path + ".part", "wb") as file:
                    file.write(version)
                os.replace(path + ".part", path)
    """
    path.write_bytes(versions[0])
    store = Store(district.landed)
    with subprocess.Popen([sys.executable, "-c", swapping, str(path)]) as process:
        try:
            for _ in range(60):
                for dropped in look(district).new:
                    with contextlib.suppress(Waiting):
                        land_file(store, dropped)
            assert process.poll() is None
        finally:
            process.kill()
    whole = {sha256(version).hexdigest() for version in versions}
    assert {delivery.id for delivery in store.deliveries()} <= whole
    assert {one.name for one in store.folder.glob("content/*/*")} <= whole
    assert not list(store.folder.glob(".*"))


def test_a_file_that_vanishes_is_named_and_harms_nobody(district: Workspace) -> None:
    path = drop(district, NAME)
    [dropped] = look(district).new
    path.unlink()
    with pytest.raises(Waiting, match="vanished from the inbox before"):
        land_file(Store(district.landed), dropped)
    with pytest.raises(Waiting, match="vanished from the inbox while"):
        hash_settled_file(path, NAME)
    path.symlink_to("/etc/passwd")
    with pytest.raises(Waiting, match="vanished"):  # something else took its name
        land_file(Store(district.landed), dropped)
    assert not district.landed.exists()
