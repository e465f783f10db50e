"""What somebody changed by hand: noticed by hash, named, and never silently compared with."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from districts import two_releases
from nights import (
    YEAR,
    Said,
    current,
    flip_a_bit,
    last_record,
    names_of_releases,
    night,
    replace_file,
    ziping,
)

from flows.common.errors import ZipingError
from flows.common.files import read_sealed, switch_link, write_json, write_sealed
from flows.common.settings import Workspace
from flows.extract.raw_store import Store
from flows.landing import cache_key as version_of_parser
from flows.landing.cache_key import parser_version
from flows.releases.release import MANIFEST, Release, next_name, seal, write_sums, year_folder
from flows.releases.run_log import RECORD_VERSION, records

CHANGED = "report_values.csvwaschangedorisgone"


def edit_csv(release: Release) -> None:
    """Change one byte of a published table."""
    path = release.folder / "report_values.csv"
    replace_file(path, path.read_bytes().replace(b"actual", b"actuaI", 1))


def edit_and_fit_the_checksums(release: Release) -> None:
    """Change one byte of a table, and the checksums so that they hold."""
    edit_csv(release)
    write_sums(release.folder)


def edit_and_fit_everything(release: Release) -> None:
    """Change one byte of a table, and checksums and manifest so that all agree."""
    edit_csv(release)
    seal(release.folder, Release(release.folder).manifest)


def add_a_file(release: Release) -> None:
    """Put a file into a release."""
    (release.folder / "marts" / "note.txt").write_text("seen by the audit")


def make_it_of_a_newer_version(release: Release) -> None:
    """Write the manifest as a later version of the product would."""
    seal(release.folder, release.manifest | {"manifest_version": 99})


def damage_the_manifest(release: Release) -> None:
    """Cut the manifest and fit the checksums."""
    path = release.folder / MANIFEST
    path.write_bytes(path.read_bytes()[:100])
    write_sums(release.folder)


def swap_names(release: Release) -> None:
    """Let the two releases bear each other's name."""
    other = next(one for one in release.folder.parent.glob("00002-*"))
    aside = other.with_name("aside")
    release.folder.rename(aside)
    other.rename(release.folder)
    aside.rename(other)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (edit_csv, f"{CHANGED}:restoretherelease"),
        (lambda release: (release.folder / "report_values.csv").unlink(), CHANGED),
        (add_a_file, "marts/note.txtwasadded:moveitaway"),
        (edit_and_fit_the_checksums, "SHA256SUMSwaschanged,manifest.jsonlistsotherhashes"),
        (edit_and_fit_everything, "manifest.jsonwaschangedsinceitwaspublished"),
        (damage_the_manifest, "SHA256SUMSormanifest.jsonisdamaged"),
        (make_it_of_a_newer_version, "newerversionofziping:updatethecode"),
        (lambda release: rmtree(release.folder), "wasremoved:restoreitfromabackup"),
        (lambda release: (release.folder / "SHA256SUMS").unlink(), "SHA256SUMSismissing"),
    ],
)
def test_an_old_release_that_was_changed_is_named_and_nothing_is_compared_with_it(
    tampered: Workspace, said: Said, damage: Callable[[Release], None], sentence: str
) -> None:
    old, new = two_releases(tampered)
    damage(old)
    for command in ("status", "releases"):
        assert ziping(command, workspace=tampered) == 0
        printed = said()
        assert old.name in printed
        assert sentence in printed
    assert ziping("changes", workspace=tampered) == 1
    assert "ziping:notcompared:" in said()
    assert night(tampered) == 0
    printed = said()
    assert f"2023:unchanged{new.name}" in printed
    assert sentence in printed
    assert any(sentence in "".join(text.split()) for text in last_record(tampered)["notices"])
    assert ziping("trace", "4.1", workspace=tampered) == 0  # of the release that is whole
    assert current(tampered).name == new.name


def test_a_current_release_that_was_changed_and_fitted_is_not_traced(
    tampered: Workspace, said: Said
) -> None:
    new = current(tampered)
    edit_and_fit_everything(new)
    sentence = f"{new.name}:manifest.jsonwaschangedsinceitwaspublished"
    for command, code in (("status", 0), ("releases", 0), ("changes", 1)):
        assert ziping(command, workspace=tampered) == code
        assert sentence in said(), command
    assert ziping("trace", "4.1", workspace=tampered) == 1
    assert sentence in said()


def test_releases_that_bear_each_others_names_are_told(tampered: Workspace, said: Said) -> None:
    old, new = two_releases(tampered)
    swap_names(old)
    assert ziping("releases", workspace=tampered) == 0
    printed = said()
    assert f"{old.name}:itsmanifestisthatof{new.name}" in printed
    assert f"{new.name}:itsmanifestisthatof{old.name}" in printed
    assert ziping("changes", workspace=tampered) == 1


def test_the_newest_release_that_was_removed_is_told_and_made_again(
    tampered: Workspace, said: Said
) -> None:
    old, new = two_releases(tampered)
    (new.folder.parent / "old").mkdir()
    rmtree(new.folder)
    for command in ("status", "releases"):
        assert ziping(command, workspace=tampered) == 0
        printed = said()
        assert f"2023:{new.name}wasremoved:restoreitfromabackup" in printed
        assert "2023:oldisnorelease:moveitaway" in printed
    assert night(tampered) == 0
    assert f"2023:{new.name}wasremoved" in said()
    assert current(tampered).name == new.name.replace("00002-", "00003-")
    assert current(tampered).manifest["previous"]["release"] == old.name


def test_the_number_of_a_release_that_was_removed_is_not_given_again(tampered: Workspace) -> None:
    rmtree(current(tampered).folder)
    assert next_name(tampered, YEAR, "b" * 64) == f"00003-{'b' * 12}"


# The links


def test_a_link_pointed_back_by_hand_is_led_forward_with_a_word(
    tampered: Workspace, said: Said
) -> None:
    old, new = two_releases(tampered)
    switch_link(year_folder(tampered, YEAR) / "current", old.name)
    sentence = f"2023:currentpointedat{old.name}:thenightpointsitat{new.name}"
    assert ziping("status", workspace=tampered) == 0
    assert sentence in said()
    assert night(tampered) == 0
    assert sentence in said()
    assert current(tampered).name == new.name


def test_an_older_release_that_is_pinned_stays_until_a_new_one_is_made(
    tampered: Workspace, said: Said
) -> None:
    old, new = two_releases(tampered)
    assert ziping("releases", "--pin", new.name, workspace=tampered) == 2
    assert ziping("releases", "--pin", old.name, "--unpin", workspace=tampered) == 2
    assert ziping("releases", "--pin", old.name, workspace=tampered) == 0
    sentence = f"2023:currentispinnedto{old.name}untilanewreleaseismade"
    assert sentence in said()
    switch_link(year_folder(tampered, YEAR) / "current", new.name)  # a killed run, or a hand
    for _ in range(2):
        assert night(tampered) == 4
        assert sentence in said()
        assert current(tampered).name == old.name
    assert ziping("status", workspace=tampered) == 0
    assert sentence in said()
    assert ziping("releases", "--unpin", workspace=tampered) == 0
    assert current(tampered).name == new.name
    said()
    assert night(tampered) == 0
    assert "pinned" not in said()


def test_a_pin_to_what_is_no_whole_release_has_no_effect_and_is_told(
    tampered: Workspace, said: Said
) -> None:
    old, new = two_releases(tampered)
    assert ziping("releases", "--pin", old.name, workspace=tampered) == 0
    edit_csv(old)
    assert night(tampered) == 0
    printed = said()
    assert f"{old.name}:{CHANGED}" in printed
    assert "pinnamesnowholereleaseoftheyear" in printed
    assert current(tampered).name == new.name
    assert ziping("releases", "--pin", old.name, workspace=tampered) == 1


@pytest.mark.parametrize("record", ["of a night that was killed", "lost"])
def test_a_link_that_a_killed_night_did_not_switch_is_switched(
    tampered: Workspace, said: Said, record: str
) -> None:
    old, new = two_releases(tampered)
    [path] = tampered.runs.glob("*/record.json")
    content = read_sealed(path)
    content["years"][str(YEAR)]["result"] = "publishing"
    write_sealed(path, content)
    if record == "lost":
        rmtree(path.parent)
    switch_link(year_folder(tampered, YEAR) / "current", old.name)
    assert night(tampered) == 0
    assert f"currentpointedat{old.name}:thenightpointsitat{new.name}" in said()
    assert current(tampered).name == new.name


@pytest.mark.parametrize("target", ["00009-aaaaaaaaaaaa", "current", "../2022/{name}", None])
def test_a_link_that_leads_to_no_release_of_the_year_is_mended_with_a_word(
    tampered: Workspace, said: Said, target: str | None
) -> None:
    new = current(tampered)
    link = year_folder(tampered, YEAR) / "current"
    copytree(link.parent, link.parent.with_name("2022"), symlinks=True)
    link.unlink()
    if target is not None:
        link.symlink_to(target.format(name=new.name))
    sentence = "2023:currentpointedatnoreleaseoftheyear"
    assert ziping("status", workspace=tampered) == 0
    assert sentence in said()
    assert ziping("trace", "4.1", workspace=tampered) == 1
    assert "run`zipingnightly`" in said()
    assert night(tampered) == 0
    assert sentence in said()
    assert current(tampered).name == new.name


def test_the_fixed_link_is_led_back_with_a_word(tampered: Workspace, said: Said) -> None:
    fixed = tampered.warehouse / "current"
    switch_link(fixed, f"releases/{YEAR}/{two_releases(tampered)[0].name}")
    assert ziping("status", workspace=tampered) == 0
    assert "didnotleadtoreleases/2023/current" in said()
    assert night(tampered) == 0
    assert "didnotleadtoreleases/2023/current" in said()
    assert str(fixed.readlink()) == "releases/2023/current"
    assert night(tampered) == 0
    assert "didnotlead" not in said()


@pytest.mark.parametrize("place_of", ["the year", "the warehouse"])
def test_a_folder_in_the_place_of_a_link_stops_before_any_work_and_is_never_deleted(
    tampered: Workspace, said: Said, place_of: str
) -> None:
    whose = year_folder(tampered, YEAR) if place_of == "the year" else tampered.warehouse
    newest, link = current(tampered).folder, whose / "current"
    link.unlink()
    copytree(newest, link)
    (tampered.inbox / "finance" / "支付明细_2021年.csv").write_text("more to land")
    received = Store(tampered.landed).deliveries()
    assert night(tampered) == 1
    assert "current" in (printed := said())
    assert "isnolinkbutafolder:moveitaway" in printed
    assert (link / "SHA256SUMS").exists()
    assert Store(tampered.landed).deliveries() == received


# The records of the nights


def of_a_newer_version(content: bytes) -> bytes:
    return json.dumps(json.loads(content) | {"record_version": RECORD_VERSION + 1}).encode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: b"[]",
        lambda content: b"\xff\xfe" + content,
        lambda content: content.replace(b'"exit_code": 0', b'"exit_code": 4'),
        lambda content: re.sub(rb'\n "sha256":[^\n]*', b"", content),
        of_a_newer_version,
    ],
)
def test_a_record_that_was_changed_is_told_and_not_believed(
    tampered: Workspace, said: Said, damage: Callable[[bytes], bytes]
) -> None:
    [path] = tampered.runs.glob("*/record.json")
    content = path.read_bytes()
    assert damage(content) != content
    path.write_bytes(damage(content))
    [record] = records(tampered)
    assert record.keys() == {"run", "failure", "damaged"}
    assert ziping("status", workspace=tampered) == 0
    assert f"run{path.parent.name}:therecordisdamaged" in said()
    assert night(tampered) == 0
    assert f"run{path.parent.name}:therecordisdamaged" in said()


def test_a_record_of_a_newer_version_is_told(tmp_path: Path) -> None:
    path = tmp_path / "warehouse" / "runs" / "00001-2024-01-01" / "record.json"
    path.parent.mkdir(parents=True)
    write_sealed(path, {"run": path.parent.name, "record_version": RECORD_VERSION + 1})
    assert "newer version of ziping: update the code" in records(Workspace(tmp_path))[0]["failure"]


def test_a_record_of_an_older_code_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "warehouse" / "runs" / "00001-2024-01-01" / "record.json"
    path.parent.mkdir(parents=True)
    write_json(path, {"run": path.parent.name, "exit_code": 4})
    assert records(Workspace(tmp_path)) == [{"run": path.parent.name, "exit_code": 4}]


# What was received


def without_line(lines: list[bytes], number: int) -> list[bytes]:
    return lines[: number - 1] + lines[number:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: without_line(lines, 3),
        lambda lines: without_line(lines, len(lines)),
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [lines[0].replace(b"2022", b"2021").replace(b"2023", b"2021"), *lines[1:]],
        lambda lines: [],
    ],
)
def test_a_list_of_what_was_received_that_was_edited_stops_the_night(
    tampered: Workspace, said: Said, damage: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = Store(tampered.landed).manifest
    before = path.read_bytes().splitlines(keepends=True)
    assert damage(before) != before
    path.write_bytes(b"".join(damage(before)))
    edited = path.read_bytes()
    for _ in range(2):  # a failed night takes nothing of it for good
        assert night(tampered) == 1
        assert "manifest.jsonl:lineswereeditedorremovedsincethelastnight" in said()
    assert ziping("status", workspace=tampered) == 0
    assert "manifest.jsonl:lineswereeditedorremoved" in said()
    assert path.read_bytes() == edited
    path.write_bytes(b"".join(before))
    assert night(tampered) == 0


def test_a_last_line_that_is_torn_never_happened_and_is_landed_again(
    tampered: Workspace, said: Said
) -> None:
    store = Store(tampered.landed)
    before = store.deliveries()
    store.manifest.write_bytes(store.manifest.read_bytes()[:-7])
    assert night(tampered) == 0
    printed = said()
    assert "manifest.jsonl:itslastlineistorn" in printed
    assert "2023:unchanged" in printed
    assert [delivery.id for delivery in store.deliveries()] == [one.id for one in before]
    assert night(tampered) == 0
    assert "torn" not in said()


# The code


def test_a_folder_that_moved_away_is_no_empty_one(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version_of_parser, "READING_PLACES", ("flows/gone",))
    with pytest.raises(FileNotFoundError, match="flows/gone holds no code"):
        parser_version()


def test_raw_bytes_of_a_superseded_delivery_are_named_by_its_trace(
    tampered: Workspace, said: Said
) -> None:
    old, _ = two_releases(tampered)
    [digest] = {
        delivery["sha256"]
        for delivery in old.manifest["deliveries"]
        if (delivery["source"], delivery["period"]) == ("finance.education_funds", "2023")
    }
    flip_a_bit(Store(tampered.landed).path(digest))
    assert night(tampered) == 0  # nothing of tonight rests on them
    said()
    assert ziping("trace", "4.1", "--release", old.name, workspace=tampered) == 1
    assert "werechanged:restorethemfromabackup" in said()
    assert ziping("trace", "4.1", workspace=tampered) == 0


def test_a_broken_manifest_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ZipingError, match=r"manifest\.json is gone or damaged"):
        _ = Release(tmp_path / f"00001-{'a' * 12}").manifest
    assert names_of_releases(Workspace(tmp_path)) == []
