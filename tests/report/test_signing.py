"""A year that is signed: what is refused, what is pinned, what moved since, and the amendment."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from districts import two_releases
from nights import YEAR, Said, copy_of, replace_file, ziping

from flows.common.clock import CHINA
from flows.common.errors import WrongUse
from flows.common.files import hash_file, write_sealed
from flows.common.settings import Workspace
from flows.releases.release import DRIFT, MANIFEST, Release, remove_leftovers, year_folder
from flows.releases.signed_drift import read_drift, record_drift, signed_state
from flows.releases.signing import latest_version, pin_signing, signed_versions
from flows.releases.tables import ReleaseTables
from flows.report.erratum import ERRATUM
from flows.report.signing import Signing, propose_signing
from flows.runs.status import describe_status

TODAY = datetime.now(CHINA).date()
POST = "区教育局局长"
GAPS = "三项尚未接入来源"


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    path = tmp_path / "自评报告.docx"
    path.write_bytes(b"what was handed in")
    return path


@pytest.fixture
def corrected(both: Workspace, tmp_path: Path) -> Workspace:
    """Two releases of a year: the second after a corrected file."""
    return copy_of(both, tmp_path / "workspace")


def sign(workspace: Workspace, document: Path, release: str, *more: str) -> int:
    given = ["--by", POST, "--date", TODAY.isoformat(), "--file", str(document)]
    return ziping("report", "sign", *given, "--release", release, *more, workspace=workspace)


def amend(workspace: Workspace, document: Path, reason: str) -> int:
    given = ["--by", POST, "--date", TODAY.isoformat(), "--file", str(document)]
    more = ["--reason", reason, "--with-gaps", GAPS]
    return ziping("report", "amend", *given, *more, workspace=workspace)


@pytest.fixture
def signed(corrected: Workspace, handed_in: Path) -> Workspace:
    """The first release is signed; the second, which is current, moved since."""
    first, _ = two_releases(corrected)
    assert sign(corrected, handed_in, first.name, "--with-gaps", GAPS) == 0
    return corrected


def test_release_document_and_each_figure_are_pinned(signed: Workspace, handed_in: Path) -> None:
    (version,) = signed_versions(year_folder(signed, YEAR))
    first, _ = two_releases(signed)
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
    corrected: Workspace, handed_in: Path, said: Said
) -> None:
    first, _ = two_releases(corrected)
    assert sign(corrected, handed_in, first.name) == 4
    assert "13.2资源配置7项指标及校际差异系数:数据缺失" in said()
    assert latest_version(year_folder(corrected, YEAR)) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"day": TODAY + timedelta(days=1)}, "has not come yet"),
        ({"day": TODAY - timedelta(days=9000)}, "was written"),
        ({"post": " "}, "--by is empty"),
        ({"release": "99999"}, "no single release"),
        ({"document": None}, "has no report.docx"),
        ({"document": Path("nowhere.docx")}, "is no file, or empty"),
        ({"document": Path("report.xlsx")}, "is no report"),
    ],
)
def test_what_cannot_be_signed_is_refused(
    corrected: Workspace, handed_in: Path, changed: dict[str, object], words: str
) -> None:
    given = {"post": POST, "day": TODAY, "document": handed_in, "reason_of_gaps": GAPS} | changed
    if given["document"] is None and (two_releases(corrected)[-1].folder / "report.docx").exists():
        pytest.skip("the release has its own report")
    with pytest.raises(Exception, match=words):
        propose_signing(corrected, YEAR, Signing(**given))  # type: ignore[arg-type]


def test_a_release_that_was_changed_is_not_signed(
    corrected: Workspace, handed_in: Path, said: Said
) -> None:
    first, _ = two_releases(corrected)
    (first.folder / "report_values.csv").write_text("other")
    assert sign(corrected, handed_in, first.name, "--with-gaps", GAPS) == 1
    assert "notsigned" in said()


def test_a_year_is_signed_once_and_then_amended(signed: Workspace, handed_in: Path) -> None:
    first, _ = two_releases(signed)
    assert sign(signed, handed_in, first.name, "--with-gaps", GAPS) == 2
    assert len(signed_versions(year_folder(signed, YEAR))) == 1


def test_a_year_that_is_not_signed_is_not_amended(corrected: Workspace, handed_in: Path) -> None:
    assert amend(corrected, handed_in, "更正") == 2


def test_what_moved_after_signing_stands_in_the_ledger_once_with_its_file(
    signed: Workspace, said: Said
) -> None:
    _, second = two_releases(signed)
    folder = year_folder(signed, YEAR)
    (notice,) = record_drift(second)
    assert "moved since version 1 was signed" in notice
    lines = read_drift(folder)
    funds = next(line for line in lines if line["figure_id"] == "4.1")
    assert (funds["release"], funds["signed_version"]) == (second.name, 1)
    assert float(funds["now"]["value"]) - float(funds["signed"]["value"]) == 1000
    assert any("finance.education_funds 2023" in cause for cause in funds["because"])
    assert len({(line["figure_id"], line["part"]) for line in lines}) == len(lines)
    before = (folder / DRIFT).read_bytes()
    assert record_drift(second) == []  # as by a run that was killed and is run again
    assert (folder / DRIFT).read_bytes() == before
    (shown,) = describe_status(signed, 1)["signed"]
    assert shown["moved"] == lines
    assert ziping("report", "signed", workspace=signed) == 0
    assert "4.1一般公共预算教育经费" in said()
    assert ziping("report", "signed", "--json", workspace=signed) == 0
    assert json.loads(said())[0]["moved"][0]["release"] == second.name


def test_what_is_again_as_it_was_signed_is_written_down_and_open_no_more(
    signed: Workspace,
) -> None:
    first, second = two_releases(signed)
    record_drift(second)
    before = len(read_drift(year_folder(signed, YEAR)))
    record_drift(first)
    lines = read_drift(year_folder(signed, YEAR))
    assert len(lines) == 2 * before
    assert all(line["now"] == line["signed"] for line in lines[before:])
    assert describe_status(signed, 1)["signed"][0]["moved"] == []


def test_a_page_that_is_being_built_knows_what_moved(signed: Workspace) -> None:
    _, second = two_releases(signed)
    state = signed_state(second.folder, second.manifest, ReleaseTables.load(second.folder))
    assert state is not None
    assert state.version.number == 1
    moved = next(entry for entry in state.moved if entry.number == "4.1")
    assert moved.sentence.startswith("4.1 一般公共预算教育经费: ")


def test_an_amendment_drafts_its_erratum_with_the_same_bytes_twice(
    signed: Workspace, handed_in: Path, tmp_path: Path
) -> None:
    _, second = two_releases(signed)
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
    assert rows[0] == ["图号", "项目", "原载", "更正为", "原因"]
    funds = next(row for row in rows if row[0] == "4.1")
    assert "教育经费统计" in funds[4]
    assert "finance." not in funds[4]
    assert len(rows) == 1 + len(twice[0].moved)
    assert ZipFile(BytesIO(content)).testzip() is None
    # From now on what moves is compared with the amended figures.
    assert record_drift(second) == []
    assert describe_status(signed, 1)["signed"][0]["moved"] == []


def test_an_amendment_of_nothing_is_refused(corrected: Workspace, handed_in: Path) -> None:
    _, second = two_releases(corrected)
    assert sign(corrected, handed_in, second.name, "--with-gaps", GAPS) == 0
    with pytest.raises(WrongUse, match="nothing differs"):
        propose_signing(corrected, YEAR, Signing(POST, TODAY, None, handed_in, GAPS), "更正")


def edit_a_figure(folder: Path) -> None:
    path = folder / "signed/0001/signed.json"
    replace_file(path, path.read_bytes().replace("一般公共预算".encode(), "一般公共支出".encode()))


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
    record_drift(two_releases(signed)[1])
    record = signed.runs / "00099-2030-01-01" / "record.json"
    record.parent.mkdir()
    pinned = {"run": record.parent.name, "signed": {str(YEAR): pin_signing(folder)}}
    write_sealed(record, pinned | {"record_version": 1})
    assert not any("signed" in text for text in describe_status(signed, 1)["damaged"])
    harm(folder)
    damaged = describe_status(signed, 1)["damaged"]
    assert any(words in text for text in damaged), damaged


def test_with_what_was_changed_nothing_is_compared_and_nothing_is_written(
    signed: Workspace,
) -> None:
    folder = year_folder(signed, YEAR)
    edit_a_figure(folder)
    (sentence,) = record_drift(two_releases(signed)[1])
    assert "is not recorded" in sentence
    assert not (folder / DRIFT).exists()


def test_a_half_written_version_of_a_killed_command_is_cleared(signed: Workspace) -> None:
    half = year_folder(signed, YEAR) / "signed" / ".0002.12345678.part"
    half.mkdir()
    assert latest_version(year_folder(signed, YEAR))
    remove_leftovers(signed)
    assert not half.exists()
    assert isinstance(signed_versions(year_folder(signed, YEAR))[0].release, Release)
