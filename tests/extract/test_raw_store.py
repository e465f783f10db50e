"""The kept bytes: what comes in stays as it came, whatever happens to the process."""

import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.common.errors import Unavailable, ZipingError
from flows.contracts.delivery import Delivery, newest_first
from flows.extract.raw_store import Store

OLD, NEW = b"old", b"new"


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "landed")


def land(
    store: Store, content: bytes, *, source: str = "finance.payments", **more: str
) -> Delivery:
    """Keep and record one file as a delivery of 2023, or of what a test says."""
    fields = {"district_code": "519900", "period": "2023", "received_at": "2024-01-05T01:00:00"}
    file = store.keep(io.BytesIO(content), "finance/支付明细_2023年.csv")
    fields |= {"source": source, "origin": "inbox"} | more
    return store.record(Delivery(files=(file,), **fields))  # type: ignore[arg-type]


def test_nothing_is_made_before_something_lands(store: Store) -> None:
    assert store.deliveries() == []
    assert not store.folder.exists()


def test_bytes_are_kept_under_their_hash_for_the_owner_alone(store: Store) -> None:
    content = b"\xff\x00" * 700_000  # more than one block
    file = store.keep(io.BytesIO(content), "a.csv")
    assert (file.sha256, file.size, file.original_name) == (digest(content), len(content), "a.csv")
    assert store.path(file.sha256).read_bytes() == content
    assert store.folder.stat().st_mode & 0o777 == 0o700


def test_sources_that_land_side_by_side_lose_no_line(store: Store) -> None:
    def land_some(thread: int) -> None:
        for number in range(12):
            land(store, f"{thread} {number}".encode(), source=f"system.table_{thread}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(land_some, range(8)))
    landed = {(delivery.source, delivery.id) for delivery in store.deliveries()}
    assert landed == {
        (f"system.table_{thread}", digest(f"{thread} {number}".encode()))
        for thread in range(8)
        for number in range(12)
    }


def test_a_folder_that_others_could_read_is_closed(store: Store) -> None:
    store.folder.mkdir(parents=True, mode=0o755)
    store.keep(io.BytesIO(OLD), "a.csv")
    assert store.folder.stat().st_mode & 0o777 == 0o700


def test_the_same_bytes_are_kept_once(store: Store) -> None:
    for name in ("a.csv", "b.csv"):
        store.keep(io.BytesIO(OLD), name)
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [digest(OLD)]


def test_a_delivery_is_told_again_as_it_was_recorded(store: Store) -> None:
    recorded = land(store, OLD, version='"v1"', source_date="2024-01-04")
    assert store.deliveries() == [recorded]
    assert recorded.id == digest(OLD)
    assert recorded.key == ("finance.payments", "519900", "2023")
    assert (recorded.number, recorded.version, recorded.supersedes) == (1, '"v1"', None)


def test_a_delivery_supersedes_the_last_one_of_its_own_period(store: Store) -> None:
    land(store, OLD)
    land(store, b"of 2022", period="2022")
    land(store, b"of another table", source="finance.projects")
    land(store, b"of another district", district_code="511702")
    assert [delivery.supersedes for delivery in store.deliveries()] == [None] * 4
    assert land(store, NEW).supersedes == digest(OLD)
    assert store.path(digest(OLD)).read_bytes() == OLD


@settings(max_examples=30)
@given(st.data())
def test_a_line_torn_at_any_byte_never_happened(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = Store(tmp_path_factory.mktemp("torn") / "landed")
    first = land(store, OLD)
    whole = store.manifest.stat().st_size
    land(store, NEW)
    cut = data.draw(st.integers(whole, store.manifest.stat().st_size - 1))
    os.truncate(store.manifest, cut)
    assert store.deliveries() == [first]
    again = land(store, NEW)
    assert store.deliveries() == [first, again]
    assert again.supersedes == first.id
    for line in store.manifest.read_text("utf-8").splitlines():
        json.loads(line)


def test_a_damaged_line_within_stops_with_its_number(store: Store) -> None:
    land(store, OLD)
    land(store, NEW)
    lines = store.manifest.read_bytes().split(b"\n")
    store.manifest.write_bytes(b"\n".join([lines[0][:-5], *lines[1:]]))
    with pytest.raises(ZipingError, match="line 1"):
        store.deliveries()
    with pytest.raises(ZipingError, match="line 1"):
        land(store, b"third")


def test_a_stream_that_breaks_leaves_nothing(store: Store) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError("the disk is gone")
            return super().read(4)

    with pytest.raises(Unavailable, match=r"a\.csv cannot be read \(the disk is gone\)"):
        store.keep(Broken(b"some bytes"), "a.csv")
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []
    assert store.deliveries() == []


def test_bytes_that_were_changed_stop_the_night(store: Store) -> None:
    delivery = land(store, OLD)
    store.verify([delivery])
    path = store.path(delivery.id)
    path.write_bytes(b"oLd")
    store.verify([delivery])  # once for each run, which opens a store of its own
    with pytest.raises(ZipingError, match=f"{delivery.id[:12]} were changed.*restore"):
        Store(store.folder).verify([delivery])


def test_bytes_that_are_gone_stop_the_night(store: Store) -> None:
    delivery = land(store, OLD)
    store.path(delivery.id).unlink()
    with pytest.raises(ZipingError, match=f"{delivery.id[:12]} are gone.*restore"):
        Store(store.folder).verify([delivery])


def test_what_another_process_recorded_is_seen(store: Store) -> None:
    first = land(store, OLD)
    other = Store(store.folder)
    assert other.deliveries() == [first]
    second = land(store, NEW)
    assert other.deliveries() == store.deliveries() == [first, second]
    third = land(other, OLD)
    assert third.number == 3
    assert store.deliveries() == [first, second, third]


def test_the_newest_is_of_the_latest_date_and_then_the_last_received(store: Store) -> None:
    stated = land(store, b"1", source_date="2024-02-01")
    stated_again = land(store, b"2", source_date="2024-02-01")
    earlier = land(store, b"3", source_date="2024-01-01")
    undated = land(store, b"4", received_at="1999-01-01T00:00:00")  # a clock that was wrong
    last = land(store, b"5", received_at="1998-01-01T00:00:00")
    found = newest_first(store.deliveries())
    assert found == [stated_again, stated, earlier, last, undated]


def test_a_delivery_of_several_files_has_a_hash_of_its_own(store: Store) -> None:
    files = tuple(store.keep(io.BytesIO(content), "a.csv") for content in (OLD, NEW))
    both = Delivery("s.t", "519900", "2023", files, "2024-01-05T01:00:00", "inbox")
    turned = Delivery("s.t", "519900", "2023", files[::-1], "2024-01-05T01:00:00", "inbox")
    assert len({both.id, turned.id, digest(OLD), digest(NEW)}) == 4
    store.record(both)
    assert store.deliveries()[0].files == files
