"""What is damaged by hand or by the disk, and what the next night makes of it."""

from shutil import copytree, rmtree

from nights import (
    YEAR,
    Said,
    current,
    deliveries_of,
    digests,
    flip_a_bit,
    names_of_releases,
    night,
    replace_file,
    ziping,
)

from flows.lib.releases import year_folder
from flows.lib.settings import Workspace
from flows.lib.store import Store


def test_raw_bytes_that_were_changed_stop_the_run_and_are_named(
    workspace: Workspace, said: Said
) -> None:
    [digest] = deliveries_of(workspace, "finance.education_funds", "2022")
    flip_a_bit(Store(workspace.landed).path(digest))
    rmtree(workspace.cache)  # so that they must be read again
    assert night(workspace) == 1
    printed = said()
    assert f"finance.education_funds2022:thekeptbytes{digest[:12]}werechanged" in printed
    assert len(names_of_releases(workspace)) == 1
    Store(workspace.landed).path(digest).unlink()
    assert night(workspace) == 1
    assert f"finance.education_funds2022:thekeptbytes{digest[:12]}aregone" in said()


def test_a_damaged_line_within_the_manifest_stops_the_run(workspace: Workspace, said: Said) -> None:
    manifest = Store(workspace.landed).manifest
    lines = manifest.read_bytes().split(b"\n")
    manifest.write_bytes(b"\n".join([lines[0], lines[1][:40], *lines[2:]]))
    assert night(workspace) == 1
    assert "manifest.jsonl,line2,isdamaged" in said()


def test_damage_of_what_can_be_made_again_is_healed_and_of_a_release_is_told(
    first_night: Workspace, workspace: Workspace, said: Said
) -> None:
    # One bit of a cached reading, a torn cache of dbt, no database, and a release edited by hand.
    [digest] = deliveries_of(workspace, "finance.education_funds", "2023")
    cached = [
        path.parent
        for path in workspace.cache.glob("*/outcome.json")
        if digest in path.read_text("utf-8")
    ]
    for folder in cached:
        flip_a_bit(folder / "rows.parquet")
    assert len(cached) == 1
    workspace.build.write_bytes(b"no database")
    parsed = workspace.warehouse / "dbt_target" / "partial_parse.msgpack"
    parsed.write_bytes(parsed.read_bytes()[:1000])
    old = current(workspace)
    table = old.folder / "report_values.csv"
    replace_file(table, table.read_bytes().replace(b"actual", b"factual", 1))
    sentence = f"{old.name}:report_values.csvwaschangedorisgone"
    for command in ("releases", "status"):
        assert ziping(command, workspace=workspace) == 0
        assert sentence in said()

    assert night(workspace) == 0
    assert sentence in said()
    new = current(workspace)
    assert new.name == old.name.replace("00001-", "00002-")
    assert new.faults() == []
    assert digests(new, ".parquet", ".csv") == digests(current(first_night), ".parquet", ".csv")
    assert ziping("changes", workspace=workspace) == 0
    assert sentence in said()


def test_current_moved_back_by_hand_is_moved_forward_only_with_a_word(
    workspace: Workspace, said: Said
) -> None:
    link = year_folder(workspace, YEAR) / "current"
    newest = current(workspace)
    older = newest.folder.with_name("00000-000000000000")
    copytree(newest.folder, older)
    link.unlink()
    link.symlink_to(older.name)
    assert night(workspace) == 0
    printed = said()
    assert current(workspace).folder == newest.folder
    assert printed.count(f"currentpointedat{older.name}") == 1
    assert night(workspace) == 0
    assert older.name not in said()


def test_a_folder_in_the_place_of_the_link_is_never_deleted(
    workspace: Workspace, said: Said
) -> None:
    link = year_folder(workspace, YEAR) / "current"
    newest = current(workspace).folder
    link.unlink()
    copytree(newest, link)
    assert night(workspace) == 1
    assert "isnolinkbutafolder:moveitaway" in said()
    assert (link / "SHA256SUMS").exists()


def test_the_record_of_a_night_that_is_damaged_is_told_and_harms_nobody(
    workspace: Workspace, said: Said
) -> None:
    [record] = workspace.nights.glob("*/record.json")
    record.write_bytes(b"")
    assert ziping("status", workspace=workspace) == 0
    assert "therecordisdamaged" in said()
    assert night(workspace) == 0
