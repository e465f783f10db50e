"""Deliveries in parts: a workbook of each school in a folder, all in force together."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_parts import changed_contract
from suite_parts import NOTES
from validating import validate

from flows.common.settings import Settings, Workspace
from flows.contracts.delivery import LandedFile
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.extract.inbox.inbox_file import land_file
from flows.extract.inbox.scan import InboxScan, scan_inbox
from flows.extract.raw_store import Store
from flows.landing.outcome import rejection_sentence
from flows.landing.problems import list_problems
from flows.landing.source_status import ExpectedDelivery, SourceStatus, find_status
from flows.parsing.pseudonyms import PersonKey
from flows.quality import suite
from flows.releases.fingerprint import inputs_of
from flows.warehouse.build import open_warehouse, prepare_warehouse

FORMS = "schools.forms"
FOLDER = "统计报表_2023_样例数据"
A, B, C, D = SCHOOLS = [f"215100000{number}" for number in range(4)]
TABLE = {
    "name": "forms",
    "config": {
        "meta": {
            "title": "统计报表",
            "pull": {"from": "inbox", "files": ["统计报表_*"]},
            "period": {"kind": "census_day", "file_name": "_(20[0-9]{2})"},
            "parts": True,
            "read": {},
            "units": {"column": "school_code", "expected": "compulsory_schools"},
            "owed": {"by": "教育局计财股", "due": {"month_day": "10-31"}},
            "quarantine_limit": {"rows": 0.5},
        }
    },
    "columns": [
        {"name": "school_code", "data_type": "string",
         "config": {"meta": {"captions": ["学校标识码"], "role": "unit"}}},
        {"name": "grade", "data_type": "string", "config": {"meta": {"captions": ["年级"]}}},
        {"name": "classes", "data_type": "int", "config": {"meta": {"captions": ["班数"]}}},
    ],
}  # fmt: skip
SUITE = {
    "name": FORMS,
    "rules": [
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "school_code"},
         "severity": "warning", "effect": "provisional", "notes": NOTES},
    ],
}  # fmt: skip


@pytest.fixture
def forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contract:
    staging, suites = tmp_path / "staging" / "schools", tmp_path / "suites" / "schools"
    for folder, name, content in (
        (staging, "_schools__sources.yml", {"sources": [{"name": "schools", "tables": [TABLE]}]}),
        (suites, "forms.yml", SUITE),
    ):
        folder.mkdir(parents=True)
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    (suites.parent / "file_checks.yml").write_bytes((suite.SUITES / "file_checks.yml").read_bytes())
    monkeypatch.setattr(suite, "SUITES", suites.parent)
    return load_contracts(staging.parent)[FORMS]


class District:
    """A district with one source table, in parts, and as much of a night as that needs."""

    def __init__(self, root: Path, contract: Contract) -> None:
        self.workspace, self.contract = Workspace(root), contract
        self.store = Store(self.workspace.landed)
        self.settings = Settings(district="519900", open_years="2023")

    def drop(self, name: str, rows: Mapping[str, list[str]], header: str = "班数") -> None:
        """Put a file into the inbox: of each school its rows."""
        path = self.workspace.inbox / "schools" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{school},{row}" for school, found in rows.items() for row in found]
        path.write_text("\n".join([f"学校标识码,年级,{header}", *lines, ""]), "utf-8")

    def drop_bytes(self, name: str, content: bytes) -> bytes:
        """Put bytes into the inbox."""
        path = self.workspace.inbox / "schools" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return content

    def look(self) -> InboxScan:
        """Look into the inbox."""
        contracts, deliveries = {FORMS: self.contract}, self.store.deliveries()
        return scan_inbox(self.workspace, contracts, ("519900",), deliveries)

    def night(self, remarks: Sequence[str] | None = ()) -> SourceStatus:
        """Land what is new, judge it, and say what is in force."""
        view = self.look()
        assert remarks is None or view.notices == list(remarks)
        for dropped in view.new:
            land_file(self.store, dropped)
        key, deliveries = PersonKey(b"0" * 32), self.store.deliveries()
        judged = {
            (delivery.source, delivery.period, delivery.id):
            validate(self.store, self.workspace.cache, delivery, self.contract, key)
            for delivery in deliveries
        }  # fmt: skip
        owed = ExpectedDelivery(self.contract, "519900", 2023, 0)
        return find_status(owed, deliveries, judged, date(2024, 1, 1))

    def inputs(self, standing: SourceStatus) -> object:
        """Give what a release would say that it follows from."""
        return inputs_of([standing], self.settings, 2023, None, "")["deliveries"]

    def landing(self, standing: SourceStatus, sql: str) -> list[tuple[object, ...]]:
        """Ask what the models would see."""
        contracts = {FORMS: self.contract}
        build = self.workspace.build
        prepare_warehouse(build, contracts, [standing] * 2, self.settings, [2023])
        with open_warehouse(build) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def district(tmp_path: Path, forms: Contract) -> District:
    return District(tmp_path, forms)


CLASSES = "select school_code, sum(classes) from landing.schools__forms group by all order by all"
UNITS = "select unit from landing.units_received order by unit"


def test_two_workbooks_are_missing_follow_later_and_complete_the_period(district: District) -> None:
    for school in (A, B):
        district.drop(f"{FOLDER}/{school}.csv", {school: ["一年级,2", "二年级,3"]})
    standing = district.night()
    assert (len(standing.active), standing.rejections, standing.gap) == (2, (), None)
    assert district.landing(standing, UNITS) == [(A,), (B,)]
    for school in (C, D):
        district.drop(f"{FOLDER}/{school}.csv", {school: ["一年级,2"]})
    complete = district.night()
    assert len(complete.active) == 4
    assert district.landing(complete, CLASSES) == [(A, 5), (B, 5), (C, 2), (D, 2)]
    assert district.inputs(complete) != district.inputs(standing)


def test_a_bad_workbook_is_told_by_name_and_takes_no_other_down(district: District) -> None:
    district.drop(f"{FOLDER}/{A}.csv", {A: ["一年级,2"]})
    district.drop(f"{FOLDER}/{B}.csv", {B: ["一年级,2"]}, header="学生数")
    standing = district.night()
    assert tuple(map(rejection_sentence, standing.rejections)) == (
        f"schools.forms 2023-09-01: schools/{FOLDER}/{B}.csv rejected: column not found: 班数 "
        "(classes); add it to the export and send it again",
    )
    assert district.landing(standing, UNITS) == [(A,)]
    district.drop(f"补报/统计报表_2023_{B}.csv", {B: ["一年级,2"]})  # under another name
    mended = district.night()
    assert (mended.rejections, len(mended.active)) == ((), 2)


def test_of_a_school_in_two_files_the_newer_one_counts_and_the_older_nowhere(
    district: District,
) -> None:
    district.drop("统计报表_2023_1.csv", {A: ["一年级,2", "二年级,x"], B: ["一年级,4", "二年级,y"]})
    district.drop("统计报表_2023_2.csv", {B: ["一年级,7"], C: ["一年级,1"]})
    standing = district.night()
    newer, older = standing.active
    assert (newer.superseded, older.superseded) == ((), (B,))
    assert (older.rows_landed, older.rows_quarantined, older.rows_superseded) == (1, 1, 2)
    assert district.landing(standing, CLASSES) == [(A, 2), (B, 7), (C, 1)]
    aside = "select unit, row_number from landing.quarantine"
    assert district.landing(standing, aside) == [(A, 3)]
    counted = "select original_name, rows_landed, rows_quarantined from landing.deliveries"
    assert district.landing(standing, counted) == [
        ("schools/统计报表_2023_1.csv", 1, 1), ("schools/统计报表_2023_2.csv", 2, 0),
    ]  # fmt: skip
    # A third one holds all that is left of the first, which is in force no longer.
    district.drop("统计报表_2023_3.csv", {A: ["一年级,9"]})
    third = district.night()
    assert [one.files[0].original_name for one in third.replaced] == ["schools/统计报表_2023_1.csv"]
    assert district.landing(third, CLASSES) == [(A, 9), (B, 7), (C, 1)]
    assert district.landing(third, aside) == []


def test_a_unit_that_is_declared_as_a_number_has_its_bad_rows_in_quarantine(
    district: District,
) -> None:
    code = district.contract.columns[0].model_copy(update={"data_type": "bigint"})
    columns = (code, *district.contract.columns[1:])
    district.contract = district.contract.model_copy(update={"columns": columns})
    district.drop("统计报表_2023_1.csv", {A: ["一年级,2", "二年级,x"], B: ["一年级,4"]})
    district.drop("统计报表_2023_2.csv", {B: ["一年级,7"]})
    standing = district.night()
    assert district.landing(standing, CLASSES) == [(int(A), 2), (int(B), 7)]
    aside = "select unit, row_number from landing.quarantine"
    assert district.landing(standing, aside) == [(A, 3)]
    assert district.landing(standing, UNITS) == [(A,), (B,)]


def test_a_broken_suite_is_the_engineers_matter_and_not_the_offices(district: District) -> None:
    path = suite.Suites().path(district.contract)
    path.write_text(path.read_text("utf-8").replace("warning", "warnung"), "utf-8")
    district.drop(f"{FOLDER}/{A}.csv", {A: ["一年级,2"]})
    standing = district.night()
    assert standing.gap
    assert standing.gap.endswith("检查规则文件有误,待工程师改正")
    [problem] = list_problems(district.contract, standing.rejected[0][1])
    assert problem.what.startswith("检查规则文件有误，不是报送文件的问题：")
    assert "forms.yml: rule 1" in problem.what
    assert "报送单位不必重报" in problem.resolve


def test_a_corrected_file_that_is_bad_leaves_the_good_one_and_is_told_until_mended(
    district: District,
) -> None:
    name = f"{FOLDER}/{A}.csv"
    district.drop(name, {A: ["一年级,2"]})
    assert district.night().rejections == ()
    district.drop(name, {A: ["一年级,3"]}, header="学生数")
    standing = district.night()
    assert len(standing.rejections) == 1
    assert district.landing(standing, CLASSES) == [(A, 2)]
    district.drop(name, {A: ["一年级,4"]})
    mended = district.night()
    assert mended.rejections == ()
    assert district.landing(mended, CLASSES) == [(A, 4)]


def test_only_one_file_of_a_folder_can_be_a_whole_delivery(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(district, "contract", changed_contract(district.contract, parts=False))
    district.drop(f"{FOLDER}/a.csv", {A: ["一年级,2"]})
    assert len(district.night().active) == 1
    district.drop(f"{FOLDER}/b.csv", {A: ["一年级,3"]})
    view = district.look()
    assert (view.new, view.notices) == ([], [
        f"schools/{FOLDER}: it holds several files and schools.forms takes one: leave that one in "
        "it, or declare `parts`"
    ])  # fmt: skip


def whole(district: District, monkeypatch: pytest.MonkeyPatch, **meta: Any) -> None:
    """Let one file be a whole delivery."""
    changed = changed_contract(district.contract, **{"parts": False} | meta)
    monkeypatch.setattr(district, "contract", changed)


def test_of_two_files_of_a_period_in_one_night_none_is_taken(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may be two halves: the last by name would count alone."""
    whole(district, monkeypatch)
    district.drop("统计报表_2023_上半年.csv", {A: ["一年级,2"]})
    district.drop("统计报表_2023_下半年.csv", {A: ["二年级,3"]})
    view = district.look()
    assert (view.new, view.notices) == ([], [])
    (told,) = view.unreadable
    assert told.startswith("schools.forms 2023-09-01: 2 files came at once and one alone would")
    assert "schools/统计报表_2023_上半年.csv, schools/统计报表_2023_下半年.csv" in told
    assert district.look().unreadable == [told]  # until it is decided
    (district.workspace.inbox / "schools" / "统计报表_2023_上半年.csv").unlink()
    assert [one.delivery.name for one in district.night().active] == [
        "schools/统计报表_2023_下半年.csv"
    ]


def test_of_two_files_in_one_night_equal_ones_are_one_and_the_later_day_counts(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole(district, monkeypatch)
    district.drop("统计报表_2023_a.csv", {A: ["一年级,2"]})
    district.drop("统计报表_2023_b.csv", {A: ["一年级,2"]})
    assert district.look().unreadable == []
    assert len(district.night().active) == 1
    district.drop("统计报表_2023_b.csv", {A: ["一年级,3"]})  # another night, the same name
    assert district.landing(district.night(), CLASSES) == [(A, 3)]
    whole(district, monkeypatch, source_date={"file_name": "_(2024[0-9]{4})"})
    district.drop("统计报表_2023_20240105.csv", {A: ["一年级,5"]})
    district.drop("统计报表_2023_20240104.csv", {A: ["一年级,4"]})
    assert district.landing(district.night(None), CLASSES) == [(A, 5)]
    district.drop("统计报表_2023_20240106.csv", {A: ["一年级,6"]})
    district.drop("统计报表_2023_更正20240106_20240106.csv", {A: ["一年级,7"]})
    assert len(district.look().unreadable) == 1


def test_halves_of_the_same_units_are_both_counted_where_a_column_tells_the_parts(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole(district, monkeypatch, parts={"by": "grade"})
    district.drop("统计报表_2023_上.csv", {A: ["一年级,2"], B: ["一年级,3"]})
    district.drop("统计报表_2023_下.csv", {A: ["二年级,10"], B: ["二年级,20"]})
    assert district.landing(district.night(), CLASSES) == [(A, 12), (B, 23)]
    district.drop("统计报表_2023_更正.csv", {A: ["二年级,11"], B: ["二年级,22"]})
    corrected = district.night()
    assert district.landing(corrected, CLASSES) == [(A, 13), (B, 25)]
    assert [one.name for one in corrected.replaced] == ["schools/统计报表_2023_下.csv"]


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """Pack files into a ZIP."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def form(school: str, classes: int = 2, header: str = "班数") -> str:
    return f"学校标识码,年级,{header}\n{school},一年级,{classes}\n"


def test_a_zip_of_workbooks_is_as_many_parts_and_missing_ones_follow(district: District) -> None:
    name = "统计报表_2023.zip"
    archive = district.drop_bytes(name, zipped({
        f"一片/{A}.csv": form(A), f"{B}.csv": form(B, 3), f"__MACOSX/._{B}.csv": "x",
        ".hidden": "x", "empty.csv": "",
    }))  # fmt: skip
    standing = district.night(remarks=[
        f"left by other programs and passed over: schools/{name}/__MACOSX/._{B}.csv, "
        f"schools/{name}/.hidden, schools/{name}/empty.csv"
    ])  # fmt: skip
    assert (len(standing.active), standing.rejections, standing.gap) == (2, (), None)
    assert district.landing(standing, UNITS) == [(A,), (B,)]
    # Where each came from stands in its line, and the archive's bytes are kept as they came.
    came = district.store.deliveries()
    assert [one.name for one in came] == [f"schools/{name}/{B}.csv", f"schools/{name}/一片/{A}.csv"]
    digest = sha256(archive).hexdigest()
    assert {one.archive for one in came} == {LandedFile(digest, len(archive), f"schools/{name}")}
    assert district.store.path(digest).read_bytes() == archive
    # The next night finds nothing new; a second ZIP and a single file complete the period.
    assert district.look().new == []
    district.drop_bytes("补/统计报表_2023_补.zip", zipped({f"{C}.csv": form(C)}))
    district.drop(f"统计报表_2023_{D}.csv", {D: ["一年级,5"]})
    complete = district.night(remarks=None)
    assert district.landing(complete, CLASSES) == [(A, 2), (B, 3), (C, 2), (D, 5)]


def test_of_a_zip_sent_again_only_what_changed_is_new(district: District) -> None:
    name = "统计报表_2023.zip"
    district.drop_bytes(name, zipped({f"{A}.csv": form(A), f"{B}.csv": form(B)}))
    district.night()
    district.drop_bytes(name, zipped({f"{A}.csv": form(A), f"{B}.csv": form(B, 9)}))
    assert [one.name for one in district.look().new] == [f"schools/{name}/{B}.csv"]
    assert district.landing(district.night(), CLASSES) == [(A, 2), (B, 9)]


def test_what_is_unsound_in_a_zip_is_told_and_the_rest_counts(district: District) -> None:
    name = "统计报表_2023.zip"
    content = zipped({
        f"{A}.csv": form(A), f"../{B}.csv": form(B), f"{C}.csv": form(C, 2, "学生数"),
        "more.zip": zipped({f"{D}.csv": form(D)}),
    })  # fmt: skip
    district.drop_bytes(name, content)
    remarks = [
        f"schools/{name}: ../{B}.csv: its name leads out of the archive: pack it again with plain "
        "names of folders",
        f"schools/{name}: more.zip: is an archive in an archive: put its files into the outer one, "
        "or send it by itself",
    ]
    standing = district.night(remarks=remarks)
    assert tuple(map(rejection_sentence, standing.rejections)) == (
        f"schools.forms 2023-09-01: schools/{name}/{C}.csv rejected: column not found: 班数 "
        "(classes); add it to the export and send it again",
    )
    assert district.landing(standing, UNITS) == [(A,)]
    # It is told each night that it lies there, and is no reason to build anything.
    view = district.look()
    assert (view.new, view.notices) == ([], remarks)
    district.drop_bytes(name, content[:-9])
    damaged = f"schools/{name}: the archive is cut short or damaged: send it again"
    assert district.look().notices == [damaged]


def test_a_killed_landing_of_a_zip_goes_on_with_what_is_not_yet_there(district: District) -> None:
    name = "统计报表_2023.zip"
    district.drop_bytes(name, zipped({f"{A}.csv": form(A), f"{B}.csv": form(B)}))
    first, second = district.look().new
    land_file(district.store, first)
    assert [one.name for one in district.look().new] == [second.name]


def test_of_a_table_without_parts_a_zip_holds_the_one_file(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(district, "contract", changed_contract(district.contract, parts=False))
    district.drop_bytes("报送.zip", zipped({"统计报表_2023.csv": form(A), "说明.txt": "x"}))
    left = "schools/报送.zip: 说明.txt: fits no source table's file pattern; it was left"
    assert district.landing(district.night(remarks=[left]), UNITS) == [(A,)]
    several = {"统计报表_2023_1.csv": form(A), "统计报表_2023_2.csv": form(B)}
    district.drop_bytes("报送.zip", zipped(several))
    view = district.look()
    assert (view.new, view.notices) == ([], [
        "schools/报送.zip: it holds several files and schools.forms takes one: leave that one in "
        "it, or declare `parts`"
    ])  # fmt: skip


def titled(title: str, school: str) -> str:
    return f"{title},,\n{form(school)}"


def test_a_cell_above_the_header_says_the_period_where_no_name_does(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    period = {
        "kind": "census_day",
        "file_name": "_(20[0-9]{2})",
        "preamble": "(20[0-9]{2})—20[0-9]{2}学年",
    }
    source_date = {"preamble": "截至(.*)日"}
    changed = changed_contract(district.contract, period=period, source_date=source_date)
    monkeypatch.setattr(district, "contract", changed)
    day = "截至2023年9月{}日"
    title = "2023—2024学年统计报表 " + day
    for name, text in (
        ("统计报表_一校.csv", titled(title.format(5), A)),
        ("统计报表_二校.csv", titled("统计报表 " + day.format(5), B)),
        ("统计报表_三校.csv", titled("2022—2023学年 " + day.format(5), C)),
    ):
        district.drop_bytes(name, text.encode())
    district.drop_bytes("补.zip", zipped({"统计报表_四校.csv": titled(title.format(6), D)}))
    said = "neither its name nor a cell above its header says the period; it was left"
    standing = district.night(remarks=[f"schools/统计报表_二校.csv: {said}"])
    assert standing.rejections == ()
    assert district.landing(standing, UNITS) == [(A,), (D,)]
    assert {delivery.period for delivery in district.store.deliveries()} == {
        "2023-09-01",
        "2022-09-01",
    }
    assert [one.delivery.source_date for one in standing.active] == ["2023-09-06", "2023-09-05"]
