"""A year that is signed: what is refused, what is pinned, what moved since, and the amendment."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from nights import YEAR, Said, replace_file, ziping
from page_parts import FUNDS, Tables, release
from report_parts import FIRST, SECOND, changed_part, content, facts

from flows.common.clock import CHINA
from flows.common.errors import WrongUse, ZipingError
from flows.common.files import hash_file, write_sealed
from flows.common.settings import Workspace
from flows.releases.release import (
    DRIFT,
    MANIFEST,
    Release,
    remove_leftovers,
    seal,
    year_folder,
)
from flows.releases.signed_drift import read_drift, record_drift, signed_state
from flows.releases.signing import latest_version, pin_signing, signed_versions
from flows.releases.tables import ReleaseTables
from flows.report.draft import make_draft
from flows.report.erratum import ERRATUM
from flows.report.signing import Signing, propose_signing
from flows.runs.status import describe_status

TODAY = datetime.now(CHINA).date()
POST = "区教育局局长"
GAPS = "两项待报"
NEEDS = [{"indicator_id": "funds", "source": FUNDS, "year_offset": 0}]
OTHER_SHA = "cd" * 32


def moved() -> Tables:
    """The release of a later night: 4.1 rose by a corrected file, by which 4.7 is as before."""
    given = content()
    for row in given["report_figures"]:
        if row["figure_id"] == "4.1":
            row["text"] = "2100万元"
    for row in given["report_values"]:
        if row["indicator_id"] == "funds" and row["period"] == "2023":
            row["value"] = Decimal(21000000)
    return given


@pytest.fixture
def releases(tmp_path: Path) -> tuple[Release, Release]:
    """Two releases of a year; the second one, which is current, after a corrected file."""
    return make_releases(tmp_path)


def make_releases(root: Path) -> tuple[Release, Release]:
    written = {"written_at": "2024-02-01T03:00:00+08:00", "has_gaps": True}
    given = content() | {"report_needs": NEEDS}
    first = release(root, given, facts(release=FIRST, **written), sealed=True)
    own = make_draft(ReleaseTables.load(first.folder), first.manifest).content
    (first.folder / "report.docx").write_bytes(own)
    seal(first.folder, {key: said for key, said in first.manifest.items() if key != "files"})
    first = Release(first.folder)
    deliveries = [
        file | {"sha256": OTHER_SHA}
        if (file["source"], file["period"]) == (FUNDS, "2023")
        else file
        for file in facts()["deliveries"]
    ]
    previous = {"release": FIRST, "manifest_sha256": hash_file(first.folder / MANIFEST)}
    says = facts(release=SECOND, previous=previous, deliveries=deliveries, **written)
    second = release(root, moved() | {"report_needs": NEEDS}, says, sealed=True)
    (second.folder.parent / "current").symlink_to(SECOND)
    return first, second


@pytest.fixture
def workspace(tmp_path: Path, releases: tuple[Release, Release]) -> Workspace:
    assert len(releases) == 2
    return Workspace(tmp_path)


@pytest.fixture
def handed_in(releases: tuple[Release, Release], tmp_path: Path) -> Path:
    """What was handed in: the draft of the first release, as a file from outside."""
    path = tmp_path / "自评报告.docx"
    path.write_bytes((releases[0].folder / "report.docx").read_bytes())
    return path


@pytest.fixture
def signed(workspace: Workspace, handed_in: Path) -> Workspace:
    """The first release is signed; the second, which is current, moved since."""
    assert sign(workspace, handed_in, FIRST, "--with-gaps", GAPS) == 0
    return workspace


def sign(workspace: Workspace, document: Path, release: str, *more: str) -> int:
    given = ["--by", POST, "--date", TODAY.isoformat(), "--file", str(document)]
    return ziping("report", "sign", *given, "--release", release, *more, workspace=workspace)


def amend(workspace: Workspace, document: Path, reason: str) -> int:
    given = ["--by", POST, "--date", TODAY.isoformat(), "--file", str(document)]
    more = ["--reason", reason, "--with-gaps", GAPS]
    return ziping("report", "amend", *given, *more, workspace=workspace)


def test_release_document_and_each_figure_are_pinned(signed: Workspace, handed_in: Path) -> None:
    (version,) = signed_versions(year_folder(signed, YEAR))
    first = Release(year_folder(signed, YEAR) / FIRST)
    assert version.release.name == first.name
    assert version.content["manifest_sha256"] == hash_file(first.folder / MANIFEST)
    assert version.content["document"]["sha256"] == hash_file(handed_in)
    assert (version.folder / "report.docx").read_bytes() == handed_in.read_bytes()
    printed = ReleaseTables.load(first.folder).printed
    assert [row["text"] for row in version.figures] == [row["text"] for row in printed]
    funds = next(row for row in version.figures if row["figure_id"] == "4.1")
    value = next(row["value"] for row in printed if row["figure_id"] == "4.1")
    assert float(funds["value"]) == float(value)


def test_what_is_missing_is_said_before_signing_and_wants_a_reason(
    workspace: Workspace, handed_in: Path, said: Said
) -> None:
    assert sign(workspace, handed_in, FIRST) == 4
    printed = said()
    assert "4.4图6:数据缺失" in printed
    assert "4.3.3图5:暂定(3行数据待核,暂不计入,涉及42.00元)" in printed
    assert latest_version(year_folder(workspace, YEAR)) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"day": TODAY + timedelta(days=1)}, "has not come yet"),
        ({"day": TODAY - timedelta(days=9000)}, "was written"),
        ({"post": " "}, "--by is empty"),
        ({"release": "99999"}, "no single release"),
        ({"document": None}, "has no report.docx"),
        ({"document": Path(__file__).with_suffix(".docx")}, "is no file, or empty"),
        ({"document": Path("report.xlsx")}, "is no report"),
    ],
)
def test_what_cannot_be_signed_is_refused(
    workspace: Workspace, handed_in: Path, changed: dict[str, object], words: str
) -> None:
    given = {"post": POST, "day": TODAY, "document": handed_in, "reason_of_gaps": GAPS} | changed
    with pytest.raises(Exception, match=words):
        propose_signing(workspace, YEAR, Signing(**given))  # type: ignore[arg-type]


def test_a_release_that_was_changed_is_not_signed(
    workspace: Workspace, handed_in: Path, said: Said
) -> None:
    (year_folder(workspace, YEAR) / FIRST / "report_values.parquet").write_bytes(b"other")
    assert sign(workspace, handed_in, FIRST, "--with-gaps", GAPS) == 1
    assert "notsigned" in said()


def test_a_year_is_signed_once_and_then_amended(signed: Workspace, handed_in: Path) -> None:
    first = Release(year_folder(signed, YEAR) / FIRST)
    assert sign(signed, handed_in, first.name, "--with-gaps", GAPS) == 2
    assert len(signed_versions(year_folder(signed, YEAR))) == 1


def test_a_year_that_is_not_signed_is_not_amended(workspace: Workspace, handed_in: Path) -> None:
    assert amend(workspace, handed_in, "更正") == 2


def test_what_moved_after_signing_stands_in_the_ledger_once_with_its_file(
    signed: Workspace, said: Said
) -> None:
    second = Release(year_folder(signed, YEAR) / SECOND)
    folder = year_folder(signed, YEAR)
    (notice,) = record_drift(second)
    assert "moved since version 1 was signed" in notice
    lines = read_drift(folder)
    funds = next(line for line in lines if line["figure_id"] == "4.1")
    assert (funds["release"], funds["signed_version"]) == (second.name, 1)
    assert float(funds["now"]["value"]) - float(funds["signed"]["value"]) == 309806.5
    assert any(f"{FUNDS} 2023" in cause for cause in funds["because"])
    assert len({(line["figure_id"], line["part"]) for line in lines}) == len(lines)
    before = (folder / DRIFT).read_bytes()
    assert record_drift(second) == []  # as by a run that was killed and is run again
    assert (folder / DRIFT).read_bytes() == before
    (shown,) = describe_status(signed, 1)["signed"]
    assert shown["moved"] == lines
    assert ziping("report", "signed", workspace=signed) == 0
    assert "4.1图1:2069万元→2100万元" in said()
    assert ziping("report", "signed", "--json", workspace=signed) == 0
    assert json.loads(said())[0]["moved"][0]["release"] == second.name


def test_what_is_again_as_it_was_signed_is_written_down_and_open_no_more(
    signed: Workspace,
) -> None:
    first, second = (Release(year_folder(signed, YEAR) / name) for name in (FIRST, SECOND))
    record_drift(second)
    before = len(read_drift(year_folder(signed, YEAR)))
    record_drift(first)
    lines = read_drift(year_folder(signed, YEAR))
    assert len(lines) == 2 * before
    assert all(line["now"] == line["signed"] for line in lines[before:])
    assert describe_status(signed, 1)["signed"][0]["moved"] == []


def test_a_page_that_is_being_built_knows_what_moved(signed: Workspace) -> None:
    second = Release(year_folder(signed, YEAR) / SECOND)
    state = signed_state(second.folder, second.manifest, ReleaseTables.load(second.folder))
    assert state is not None
    assert state.version.number == 1
    moved = next(entry for entry in state.moved if entry.number == "4.1")
    assert moved.sentence.startswith("4.1 图1: 2069万元 → 2100万元;原因: 数据 ")


def test_a_release_is_signed_with_its_own_report(workspace: Workspace) -> None:
    signing = Signing(POST, TODAY, FIRST, None, GAPS)
    version = propose_signing(workspace, YEAR, signing).keep()
    document = version.content["document"]
    assert (document["name"], document["is_of_release"]) == ("report.docx", True)
    assert document["sha256"] == hash_file(version.release.folder / "report.docx")
    assert [path.name for path in version.folder.iterdir()] == ["signed.json"]


def test_a_number_that_was_typed_over_is_said_before_signing(
    workspace: Workspace, handed_in: Path, said: Said
) -> None:
    typed = changed_part(handed_in.read_bytes(), "word/document.xml", ">2069万元<", ">2070万元<")
    handed_in.write_bytes(typed)
    assert sign(workspace, handed_in, FIRST) == 4
    assert "4.1图1:报告印作2070万元，发布版为2069万元" in said()


def test_what_is_hidden_now_is_not_told_of_the_signed_figure(signed: Workspace) -> None:
    second = Release(year_folder(signed, YEAR) / SECOND)
    tables = ReleaseTables.load(second.folder)
    hidden = {"state": "suppressed", "text": "＊", "value": None}
    tables.__dict__["printed"] = [
        {**row, **hidden} if row["figure_id"] == "4.1" else row for row in tables.printed
    ]
    state = signed_state(second.folder, second.manifest, tables)
    assert state is not None
    (entry,) = state.moved
    assert entry.signed
    assert "2069" not in json.dumps(entry.as_json(), ensure_ascii=False)


def test_an_amendment_drafts_its_erratum_with_the_same_bytes_twice(
    signed: Workspace, handed_in: Path, tmp_path: Path
) -> None:
    second = Release(year_folder(signed, YEAR) / SECOND)
    record_drift(second)
    signing = Signing(POST, TODAY, None, handed_in, GAPS)
    twice = [propose_signing(signed, YEAR, signing, "财政局更正决算。") for _ in range(2)]
    assert twice[0].files[ERRATUM] == twice[1].files[ERRATUM]
    assert amend(signed, handed_in, "财政局更正决算。") == 0
    first_version, version = signed_versions(year_folder(signed, YEAR))
    assert (version.number, version.release.name) == (2, second.name)
    assert version.content["previous"]["sha256"] == hash_file(first_version.folder / "signed.json")
    content = (version.folder / ERRATUM).read_bytes()
    document = docx.Document(BytesIO(content))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert f"第1版由{POST}" in text
    assert "因财政局更正决算，现将下列数据更正如下。" in text
    (table,) = document.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["位置（图号）", "项目", "原载", "更正为", "原因"]
    funds = next(row for row in rows if "4.1" in row[0])
    assert funds[:4] == ["一(二)4（4.1）", "图1", "2069万元", "2100万元"]
    assert "教育经费统计（2023）" in funds[4]
    assert "finance." not in funds[4]
    assert OTHER_SHA[:12] not in funds[4]
    assert len(rows) == 1 + len(twice[0].moved)
    assert ZipFile(BytesIO(content)).testzip() is None
    # From now on what moves is compared with the amended figures.
    assert record_drift(second) == []
    assert describe_status(signed, 1)["signed"][0]["moved"] == []


def test_an_amendment_of_nothing_is_refused(workspace: Workspace, handed_in: Path) -> None:
    assert sign(workspace, handed_in, SECOND, "--with-gaps", GAPS) == 0
    with pytest.raises(WrongUse, match="nothing differs"):
        propose_signing(workspace, YEAR, Signing(POST, TODAY, None, handed_in, GAPS), "更正")


def edit_a_figure(folder: Path) -> None:
    path = folder / "signed/0001/signed.json"
    replace_file(path, path.read_bytes().replace("2069万元".encode(), "2096万元".encode()))


def edit_a_figure_and_fit_the_seal(folder: Path) -> None:
    version = latest_version(folder)
    assert version
    content = dict(version.content) | {"signed_by": "区教育局副局长"}
    write_sealed(folder / "signed/0001/signed.json", content)


def edit_the_document(folder: Path) -> None:
    (folder / "signed/0001/report.docx").write_bytes(b"another")


def take_the_version_away(folder: Path) -> None:
    for path in (folder / "signed/0001").iterdir():
        path.unlink()
    (folder / "signed/0001").rmdir()


def add_a_file(folder: Path) -> None:
    (folder / "signed/0001/note.txt").write_text("by hand")


def cut_the_ledger(folder: Path) -> None:
    lines = (folder / DRIFT).read_bytes().splitlines(keepends=True)
    (folder / DRIFT).write_bytes(b"".join(lines[1:]))


def take_the_release_away(folder: Path) -> None:
    version = latest_version(folder)
    assert version
    version.release.folder.rename(folder.parent.parent / "elsewhere")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (edit_a_figure, "is damaged or was changed"),
        (edit_a_figure_and_fit_the_seal, "was changed or is gone since the last run"),
        (edit_the_document, "report.docx was changed or is gone"),
        (take_the_version_away, "was changed or is gone since the last run"),
        (add_a_file, "note.txt was added"),
        (cut_the_ledger, "drift.jsonl was changed or is gone since the last run"),
        (take_the_release_away, "which was signed, is gone"),
    ],
)
def test_what_was_changed_by_hand_is_told(
    signed: Workspace, harm: Callable[[Path], None], words: str
) -> None:
    folder = year_folder(signed, YEAR)
    record_drift(Release(year_folder(signed, YEAR) / SECOND))
    record = signed.runs / "00099-2030-01-01" / "record.json"
    record.parent.mkdir(parents=True)
    pinned = {"run": record.parent.name, "signed": {str(YEAR): pin_signing(folder)}}
    write_sealed(record, pinned | {"record_version": 1})
    assert not any("signed" in text for text in describe_status(signed, 1)["damaged"])
    harm(folder)
    damaged = describe_status(signed, 1)["damaged"]
    assert any(words in text for text in damaged), damaged
    with pytest.raises(ZipingError, match=words):  # and behind it nothing is signed
        propose_signing(signed, YEAR, Signing(POST, TODAY, None, None, GAPS), "更正")


def test_with_what_was_changed_nothing_is_compared_and_nothing_is_written(
    signed: Workspace,
) -> None:
    folder = year_folder(signed, YEAR)
    edit_a_figure(folder)
    (sentence,) = record_drift(Release(year_folder(signed, YEAR) / SECOND))
    assert "is not recorded" in sentence
    assert not (folder / DRIFT).exists()


def test_a_half_written_version_of_a_killed_command_is_cleared(signed: Workspace) -> None:
    half = year_folder(signed, YEAR) / "signed" / ".0002.12345678.part"
    half.mkdir()
    assert latest_version(year_folder(signed, YEAR))
    remove_leftovers(signed)
    assert not half.exists()
    assert isinstance(signed_versions(year_folder(signed, YEAR))[0].release, Release)
