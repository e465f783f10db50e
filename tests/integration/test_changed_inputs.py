"""Inputs that were changed, and what of the figures moves with them; the key of answers agrees."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest
from answer_key import compute
from districts import (
    LARGE_CLASSES_AT_MOST,
    by_hand,
    changed,
    differences,
    key_of,
    printed,
    published,
    two_releases,
)
from nights import (
    Said,
    begun,
    copy_of,
    current,
    dropped_file,
    edit_workbook,
    moved,
    night,
    replace_file,
    rows,
    take_up,
    ziping,
)
from openpyxl.worksheet.worksheet import Worksheet
from tiny_district import H
from tiny_files import write_tiny_district

from flows.common.files import hash_file
from flows.common.settings import Workspace
from flows.runs.person_key import make_person_key
from flows.sample.server import SAMPLE_TOKEN, serve


def test_an_amount_raised_by_1000_yuan_moves_what_rests_on_it(both: Workspace) -> None:
    before, after = (published(release) for release in two_releases(both))
    for name in ("education_funds", "education_funds_increase"):
        key = (name, "2023", "total")
        assert after[key]["value"] - before[key]["value"] == 1000
        assert after[key]["numerator"] - before[key]["numerator"] == 1000
    of_stage = ("funds_per_student", "2023", "普通初中")
    assert after[of_stage]["numerator"] - before[of_stage]["numerator"] == 1000
    assert after[of_stage]["denominator"] == before[of_stage]["denominator"]
    assert changed(before, after) == {
        ("education_funds", "2023", "total"),
        ("education_funds_increase", "2023", "total"),
        ("education_funds_growth", "2023", "total"),
        of_stage,
        ("funds_per_student_growth", "2023", "普通初中"),
    }
    assert differences(after, key_of(both)) == []


def test_who_looks_back_sees_the_old_figures_and_changes_nothing(
    both: Workspace, place: Path, parsed: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = take_up(parsed, copy_of(both, place))
    first, second = two_releases(workspace)
    shop = workspace.root / "told"
    monkeypatch.setenv("ZIPING_NOTIFY_ON", "failed,blocked,gaps")
    monkeypatch.setenv("ZIPING_NOTIFY_COMMAND", f"touch {shop}")
    monkeypatch.setenv("ZIPING_PUBLISH_TO", "postgresql://nobody@127.0.0.1:1/none")
    (workspace.inbox / "finance" / "支付明细_2023年_新.csv").write_text("not looked at")
    before = tree_of(workspace)
    day = date(2024, 6, 1)
    assert night(workspace, as_of=day) == 0
    assert tree_of(workspace) == before  # nothing landed, switched, sent or told
    assert not shop.exists()
    look = Workspace(workspace.root, day)
    assert published(current(look)) == published(first)
    assert published(current(look)) != published(second)
    assert current(workspace).name == second.name
    folder = workspace.warehouse / "as-of" / "2024-06-01"
    assert current(look).folder.is_relative_to(folder)
    assert current(look).manifest["as_of"] == "2024-06-01"
    words = "截至2024年6月1日"
    assert words in current(look).manifest["title"]
    assert words in (current(look).folder / "index.html").read_text("utf-8")
    cover = openpyxl.load_workbook(current(look).folder / "report.xlsx").worksheets[0]
    assert words in str(cover.cell(1, 1).value)
    printed = said()
    assert words in printed
    for command in (["releases"], ["changes"], ["status"]):
        assert ziping(*command, workspace=workspace) == 0
        printed = said()
        assert current(look).name not in printed
    assert ziping("trace", "4.1", "--as-of", "2024-06-01", workspace=workspace) == 0
    printed = said()
    assert words in printed
    assert "重算一致" in printed
    assert night(workspace, as_of=day) == 0  # a second look finds the first
    assert "2023:unchanged" in said()
    assert tree_of(workspace) == before


def tree_of(workspace: Workspace) -> dict[str, str]:
    """Say what stands in a workspace beside looks back and readings: files by hash, links."""
    left_out = (workspace.warehouse / "as-of", workspace.cache, workspace.warehouse / "lock")
    return {
        str(path): str(path.readlink()) if path.is_symlink() else hash_file(path)
        for path in sorted(workspace.root.rglob("*"))
        if not any(path.is_relative_to(one) for one in left_out)
        if path.is_symlink() or path.is_file()
    }


def rewritten(path: Path, encoding: str, *, end: str, delimiter: str, twice: bool) -> None:
    """Write a CSV's rows as another system would: other order of columns, encoding, line ends."""
    raw = path.read_bytes()
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("gb18030")
    lines = list(csv.reader(io.StringIO(content, newline="")))
    head, *body = [line[1:] + line[:1] for line in lines]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end)
    writer.writerow(head)
    for line in body:
        writer.writerows([line, line] if twice else [line])
    replace_file(path, buffer.getvalue().encode(encoding))


def test_another_form_of_the_same_rows_gives_the_same_figures(
    first_night: Workspace, place: Path, parsed: Path
) -> None:
    workspace = take_up(parsed, copy_of(first_night, place))
    forms = {
        "支付明细_2022*": ("utf-8", "\n", ",", False),
        "支付明细_2023*": ("gb18030", "\r\n", ",", True),
        "项目库*": ("utf-8-sig", "\r", "\t", False),
        "学校代码库*": ("gb18030", "\n", "\t", True),
        "单位对照表*": ("gb18030", "\r\n", ";", False),
    }
    for pattern, (encoding, end, delimiter, twice) in forms.items():
        path = dropped_file(workspace, pattern)
        rewritten(path, encoding, end=end, delimiter=delimiter, twice=twice)

    def reorder(sheet: Worksheet) -> None:
        lines = [list(row) for row in sheet.iter_rows(min_row=6, values_only=True)]
        for number, line in enumerate(lines, start=6):
            for column, cell in enumerate(reversed(line), start=1):
                sheet.cell(number, column).value = cell

    edit_workbook(dropped_file(workspace, "心理辅导室台账*"), reorder)
    before = published(current(first_night))
    assert night(workspace) == 0
    assert current(workspace).name != current(first_night).name
    assert published(current(workspace)) == before


MERGED, HEIR = "2151000580", "3151000296"  # private schools: no public figure rests on them
SILENT = "3151000873"  # a junior school with no other stage


@pytest.fixture(scope="module")
def reduced(
    first_night: Workspace,
    place: Path,
    parsed: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Workspace, int]:
    """One school merged away on 2023-08-31, and one whose funds of 2023 were not reported."""
    workspace = take_up(parsed, copy_of(first_night, place))
    library = dropped_file(workspace, "学校代码库*")
    text = library.read_text("utf-8-sig")
    lines = [line.split(",") for line in text.splitlines()]
    (merged,) = [line for line in lines if line[0].strip() == MERGED]
    merged[6], merged[8] = HEIR, "2023-08-31"
    replace_file(library, "\r\n".join(map(",".join, lines)).encode("utf-8-sig"))
    census = workspace.root / "raw" / "sample" / "students-2023-09-01.jsonl"
    pupils = [json.loads(line) for line in census.read_text("utf-8").splitlines()]
    for pupil in pupils:
        if "".join(pupil["XXBSM"].split()) == MERGED:
            pupil["XXBSM"] = HEIR
    replace_file(census, "".join(json.dumps(pupil) + "\n" for pupil in pupils).encode())
    database = workspace.root / "raw" / "sample" / "staffing.sqlite"
    replace_file(database, database.read_bytes())
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("update jzg set xxbsm = ? where trim(xxbsm) = ?", (HEIR, MERGED))
        connection.commit()

    def drop_rows_of(school: str) -> Callable[[Worksheet], None]:
        def drop(sheet: Worksheet) -> None:
            for number in range(sheet.max_row, 4, -1):
                if str(sheet.cell(number, 2).value).strip() == school:
                    sheet.delete_rows(number)

        return drop

    edit_workbook(dropped_file(workspace, "心理辅导室台账*"), drop_rows_of(MERGED))
    edit_workbook(dropped_file(workspace, "教育经费统计_2023*"), drop_rows_of(SILENT))
    code = night(workspace)
    return moved(workspace, tmp_path_factory.mktemp("reduced")), code


def test_a_school_merged_within_the_year_is_no_school_at_its_end(
    first_night: Workspace, reduced: tuple[Workspace, int]
) -> None:
    before, after = published(current(first_night)), published(current(reduced[0]))
    schools = ("primary_and_secondary_schools", "2023-12-31", "total")
    assert after[schools]["state"] == "actual"
    assert after[schools]["value"] == before[schools]["value"] - 1
    assert after[schools]["value"] == compute(reduced[0].root)["K3.2"]


def test_a_school_that_did_not_report_leaves_its_figures_partial(
    first_night: Workspace, reduced: tuple[Workspace, int]
) -> None:
    workspace, code = reduced
    assert code == 4
    before, after = published(current(first_night)), published(current(workspace))
    partial = {
        ("education_funds", "2023", "total"),
        ("education_funds_increase", "2023", "total"),
        ("education_funds_growth", "2023", "total"),
        ("funds_per_student", "2023", "普通初中"),
        ("funds_per_student_growth", "2023", "普通初中"),
        ("only_rise", "2023", "total"),
    }
    assert {key for key, row in after.items() if row["state"] == "partial"} == partial
    for key in partial:
        assert after[key]["judgement"] in ("无法判定", "无标准"), key
        assert "第一初级中学" in after[key]["reason"] or SILENT in after[key]["reason"], key
    total = ("education_funds", "2023", "total")
    assert after[total]["units_expected"] == before[total]["units_expected"]
    assert after[total]["units_received"] == before[total]["units_received"] - 1
    text = printed(current(workspace))
    assert {figure for figure in text if text[figure] == "数据缺失"} == {
        "4.1", "4.2", "4.3", "4.6", "4.9",
    }  # fmt: skip
    others = after.keys() - partial
    by_key = {key: answer for key, answer in key_of(workspace).items() if key in others}
    for size in LARGE_CLASSES_AT_MOST:  # the closed school's form is there: a doubt, not a class
        by_key[f"{size}_classes_share", "2023-09-01", "普通小学"]["judgement"] = "无法判定"
    # The heir has the pupils of two schools and a form of one, and the funds are not their total:
    # what rests on any of them is in doubt.
    in_doubt = {key for key in others if after[key]["state"] == "provisional"}
    for key in in_doubt:
        ends = "暂不计入" if key[0] == "indicators_unmet" else "核实"  # it counts what others judge
        assert after[key]["reason"].endswith(ends), key
        if by_key[key].get("judgement") in ("达标", "未达标"):
            by_key[key]["judgement"] = "无法判定"
    # A ledger's row of the school that is gone counts nowhere; the key counts it.
    ledgers = {row["indicator_id"] for row in rows(workspace, "report_indicators")
               if row["mart"] == "mart_registers"}  # fmt: skip
    # And what is unmet in the key is in doubt here, so that it is not counted as unmet.
    apart = {*ledgers, "indicators_unmet"}
    compared = others - {key for key in in_doubt if key[0] in apart}
    assert len(compared) > 100
    by_key = {key: answer for key, answer in by_key.items() if key in compared}
    assert differences({key: after[key] for key in compared}, by_key) == []


ELSEWHERE = "511702"


@pytest.fixture(scope="module")
def elsewhere(
    server: str, place: Path, parsed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    """The tiny district under another code and its own key, its one senior school never there."""
    workspace = begun(parsed, place)
    write_tiny_district(workspace.root)
    without_senior_school(workspace)
    for folder in sorted(workspace.inbox.iterdir()):
        folder.rename(workspace.inbox / folder.name)
    inbox = workspace.inbox.rename(workspace.root / "raw" / "dropped")
    workspace.inbox.mkdir()
    inbox.rename(workspace.inbox / ELSEWHERE)
    workspace.key_file.unlink()
    make_person_key(workspace)
    database = workspace.root / "raw" / "sample" / "staffing.sqlite"
    with pytest.MonkeyPatch.context() as patch, serve(workspace.root, token=SAMPLE_TOKEN) as api:
        patch.setenv("ZIPING_DISTRICT", ELSEWHERE)
        patch.setenv("ZIPING_DISTRICT_TITLE", "某区")
        patch.setenv("ZIPING_STUDENTS_API_URL", api.url)
        patch.setenv("ZIPING_STUDENTS_API_TOKEN", SAMPLE_TOKEN)
        patch.setenv("ZIPING_STAFFING_DATABASE_URL", f"sqlite:///{database}")
        assert night(workspace) in (0, 4)
        yield moved(workspace, tmp_path_factory.mktemp("elsewhere"))


PAID_LESS = {
    "2,069,799.00": "1,709,399.00", "2,094,477.00": "1,732,877.00", "3,742.50": "2,062.50",
}  # fmt: skip


def without_senior_school(workspace: Workspace) -> None:
    """Take the one senior school out of every file, and what it was paid out of the totals."""
    for pattern, unit in (("学校代码库*", H), ("单位对照表*", H), ("支付明细_2022*", "205104"),
                          ("支付明细_2023*", "205104"), ("学生资助发放*", H)):  # fmt: skip
        path = dropped_file(workspace, pattern)
        encoding = "utf-8" if unit == H and "资助" not in pattern else "gb18030"
        lines = path.read_bytes().decode(encoding).split("\n")
        kept = "\n".join(line for line in lines if unit not in line)
        for before, after in PAID_LESS.items():
            kept = kept.replace(before, after)
        replace_file(path, kept.encode(encoding))
    for census in (workspace.root / "raw" / "sample").glob("students-*.jsonl"):
        lines = census.read_text("utf-8").splitlines(keepends=True)
        census.write_text("".join(line for line in lines if H not in line), "utf-8")
    with closing(sqlite3.connect(workspace.root / "raw" / "sample" / "staffing.sqlite")) as found:
        found.execute("delete from jzg where xxbsm = ?", (H,))
        found.commit()

    def drop_rows(sheet: Worksheet) -> None:
        for number in range(sheet.max_row, 4, -1):
            if sheet.cell(number, 2).value == H or sheet.cell(number, 3).value in ("小计", "合计"):
                sheet.delete_rows(number)

    for pattern in ("教育经费统计_2022*", "教育经费统计_2023*", "心理辅导室台账*", "保安人员台账*"):
        edit_workbook(dropped_file(workspace, pattern), drop_rows)


def test_another_district_gives_the_same_values_under_its_code(elsewhere: Workspace) -> None:
    release = current(elsewhere)
    assert {row["district_code"] for row in rows(elsewhere, "report_values")} == {ELSEWHERE}
    assert {row["district_code"] for row in rows(elsewhere, "report_figures")} == {ELSEWHERE}
    assert (release.manifest["district_code"], release.manifest["is_sample"]) == (ELSEWHERE, True)
    values = published(release)
    untouched = {
        key: answer
        for key, answer in by_hand().items()
        if key[2] in ("幼儿园", "普通小学", "普通初中", "特殊教育")
        or key[0] in ("boarder_funds_per_boarder", "fully_funded_schools_share")
    }
    assert len(untouched) > 20
    assert differences({key: values[key] for key in untouched}, untouched) == []
    by_key = key_of(elsewhere)  # which knows no district without a senior school
    by_key["only_rise", "2023", "total"] |= {"value_text": "达标", "judgement": "达标"}
    not_run = {key for key in by_key if key[2] == "普通高中"}
    assert differences(values, {k: v for k, v in by_key.items() if k not in not_run}) == []


def test_a_stage_that_the_district_does_not_run_is_not_applicable(elsewhere: Workspace) -> None:
    values = published(current(elsewhere))
    for indicator in ("funds_per_student_growth", "funds_per_student", "operating_per_student"):
        row = values[indicator, "2023", "普通高中"]
        assert (row["state"], row["judgement"], row["value"]) == ("not_applicable", "不适用", None)
        assert "普通高中" in row["reason"]
    text = printed(current(elsewhere))
    assert (text["4.7"], text["5.6a"]) == ("不涉及", "不涉及")


def test_another_district_refuses_the_samples_key(
    elsewhere: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = copy_of(elsewhere, tmp_path / "workspace")
    public = sha256(b"ziping sample key 2023").hexdigest()
    replace_file(workspace.key_file, f"{public}\n".encode())
    workspace.key_file.chmod(0o600)
    assert night(workspace) == 1
    assert "public key" in capsys.readouterr().err
