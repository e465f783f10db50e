"""What is damaged by hand or by the disk, and what the next night makes of it."""

import json
import os
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from districts import two_releases
from nights import (
    YEAR,
    Said,
    copy_of,
    current,
    deliveries_of,
    digests,
    flip_a_bit,
    last_record,
    names_of_releases,
    night,
    replace_file,
    ziping,
)

from flows.common.files import hash_file, read_sealed
from flows.common.settings import Workspace
from flows.extract.raw_store import Store
from flows.landing.outcome import Outcome
from flows.releases.release import MANIFEST, seal, switch_current


def test_raw_bytes_that_were_changed_stop_the_night_before_any_work(
    workspace: Workspace, said: Said
) -> None:
    # The inbox still has the same file, and the reading of it is cached: neither takes its place.
    store = Store(workspace.landed)
    [digest] = deliveries_of(workspace, "finance.education_funds", "2022")
    before = store.deliveries()
    (workspace.inbox / "finance" / "支付明细_2021年.csv").write_text("more to land")
    for damage, words in ((flip_a_bit, "werechanged"), (Path.unlink, "aregone")):
        damage(store.path(digest))
        for _ in range(2):
            assert night(workspace) == 1
            printed = said()
            assert f"finance.education_funds2022:thekeptbytes{digest[:12]}{words}" in printed
            assert "restorethemfromabackup" in printed
        assert len(names_of_releases(workspace)) == 1
        assert store.deliveries() == before
    assert last_record(workspace)["gaps"] == []  # nothing is said to be missing that is not


def test_a_damaged_line_within_the_manifest_stops_the_run(workspace: Workspace, said: Said) -> None:
    manifest = Store(workspace.landed).manifest
    lines = manifest.read_bytes().split(b"\n")
    manifest.write_bytes(b"\n".join([lines[0], lines[1][:40], *lines[2:]]))
    assert night(workspace) == 1
    assert "manifest.jsonl,line2,isdamaged" in said()


def swap(path: Path, other: Path) -> None:
    """Let two folders bear each other's name."""
    aside = path.with_name("aside")
    path.rename(aside)
    other.rename(path)
    aside.rename(other)


@pytest.mark.slow
def test_what_can_be_made_again_is_made_again_and_a_release_that_was_changed_is_told(
    first_night: Workspace, workspace: Workspace, said: Said
) -> None:
    # Cached readings with a bit flipped, cut, of older columns, with another verdict, of another
    # delivery; no database; a torn cache of dbt; and a release edited so that its checksums hold.
    readings = {
        (outcome["suite"], outcome["period"]): path.parent
        for path in workspace.cache.glob("*/outcome.json")
        if (outcome := json.loads(path.read_text("utf-8")))
    }
    before = {key: Outcome(path, outcome_of(path)).details for key, path in readings.items()}
    flip_a_bit(readings["finance.education_funds", "2023"] / "rows.parquet")
    cut = readings["finance.payments", "2023"] / "rows.parquet"
    cut.write_bytes(cut.read_bytes()[:-100])
    older = readings["schools.students", "2022-09-01"] / "rows.parquet"
    pq.write_table(pq.read_table(older).drop_columns(["grade"]), older)
    verdict = readings["staffing.trainings", "2019-01..2023-12"] / "outcome.json"
    verdict.write_bytes(verdict.read_bytes().replace(b'"accepted": true', b'"accepted": false'))
    (readings["registers.counselling_rooms", "2023-12-31"] / "quarantine.parquet").unlink()
    swap(readings["schools.students", "2021-09-01"], readings["schools.students", "2023-09-01"])
    workspace.build.write_bytes(b"no database")
    parsed = workspace.warehouse / "dbt_target" / "partial_parse.msgpack"
    parsed.write_bytes(parsed.read_bytes()[:1000])
    old = current(workspace)
    sealed = hash_file(old.folder / MANIFEST)
    table = old.folder / "report_values.csv"
    replace_file(table, table.read_bytes().replace(b"actual", b"factual", 1))
    seal(old.folder, old.manifest)

    assert night(workspace) == 0
    assert f"{old.name}:manifest.jsonwaschanged" in said()
    new = current(workspace)
    assert new.name == old.name.replace("00001-", "00002-")
    assert new.find_problems() == []
    assert digests(new, ".parquet", ".csv") == digests(current(first_night), ".parquet", ".csv")
    for key, path in readings.items():
        again = Outcome(path, outcome_of(path))
        assert again.is_sound
        assert again.details == before[key]
    # The new release tells the hash under which the old one was published, not that of today.
    assert new.manifest["previous"] == {"release": old.name, "manifest_sha256": sealed}
    assert ziping("changes", workspace=workspace) == 1
    assert f"notcompared:{old.name}:manifest.jsonwaschanged" in said()


def outcome_of(folder: Path) -> dict[str, Any]:
    """Read the verdict in a folder of the cache."""
    return read_sealed(folder / "outcome.json")


# Readers while the link is switched


def read_whole_releases(current: str, moments: list[str], stop: threading.Event) -> None:
    """Open the release that readers see, again and again, and check what is read of it."""
    while not stop.is_set():
        try:
            folder = os.open(current, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            moments.append("nothing there")
            continue
        read = {}
        for name in ("report_values.csv", MANIFEST, "SHA256SUMS"):
            with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=folder), "rb") as file:
                read[name] = file.read()
        os.close(folder)
        sums = read.pop("SHA256SUMS").decode()
        hashed = [f"{sha256(content).hexdigest()}  {name}\n" for name, content in read.items()]
        is_whole = all(line in sums for line in hashed)
        moments.append(json.loads(read[MANIFEST])["release"] if is_whole else "mixed")


def test_who_reads_while_the_link_is_switched_finds_one_whole_release(
    both: Workspace, tmp_path: Path
) -> None:
    workspace = copy_of(both, tmp_path / "workspace")
    releases = two_releases(workspace)
    moments: list[str] = []
    stop = threading.Event()
    arguments = (str(workspace.warehouse / "current"), moments, stop)
    readers = [threading.Thread(target=read_whole_releases, args=arguments) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(200):
        switch_current(workspace, YEAR, YEAR, releases[number % 2])
        time.sleep(0.002)
    stop.set()
    for reader in readers:
        reader.join()
    assert set(moments) == {release.name for release in releases}
