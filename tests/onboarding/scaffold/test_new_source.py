"""What `ziping new-source` writes for a sample: it loads, reads the sample, copies no value."""

import re
from pathlib import Path
from shutil import copytree, ignore_patterns

import openpyxl
import pytest
import sqlglot
import yaml

from flows.common.errors import Rejected, WrongUse
from flows.common.settings import CHECKOUT
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.onboarding.inference.inspect import inspect_file
from flows.onboarding.inference.period import infer_file_pattern, infer_title
from flows.onboarding.scaffold.new_source import write_new_source
from flows.parsing.file_parser import read_file
from flows.parsing.result import ParseResult
from flows.quality.suite import load_suite

STAGING = Path("dbt_project/models/staging")
GUARDS = (
    "样例区保安人员台账\n统计时间:2023年12月31日,,,单位:元\n"
    "序号,学校标识码,学校名称,身份证号,姓名,合同起始日期,年服务费\n"
    '1,2151000101,样例一小,519900198507200145,样例人一,2023-01-01,"36,000.00"\n'
    "2,2151000101,样例一小,519900201703150039,样例人二,2023年3月1日,36000\n"
    ",,小计,,,,72000\n"
    "3,2151000102,样例二小,51990020130901002X,样例人三,2023-09-01,24000\n"
    ",,合计,,,,96000\n"
    "填表人:样例人四\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy what new-source reads and writes."""
    for name in (STAGING, Path("expectations")):
        copytree(CHECKOUT / name, tmp_path / name, ignore=ignore_patterns("target"))
    return tmp_path


def sample(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def added(
    project: Path, path: Path, name: str = "staffing.samples"
) -> tuple[Contract, ParseResult]:
    """Add a source for a sample and read the sample by it."""
    write_new_source(path, name, "", project)
    contract = load_contracts(project / STAGING)[name]
    return contract, read_file(path, contract, name=path.name)


def test_a_sample_becomes_a_contract_that_reads_it(project: Path, tmp_path: Path) -> None:
    path = sample(tmp_path, "保安人员台账_2023-12-31.csv", GUARDS, "gb18030")
    contract, parsed = added(project, path)
    by_name = {column.name: column for column in contract.columns}
    assert list(by_name) == [
        "school_code",
        "school_name",
        "person_id",
        "contract_from",
        "fee_yuan",
    ]
    assert by_name["person_id"].person
    assert by_name["school_code"].role == "unit"
    assert by_name["fee_yuan"].data_type == "decimal(18,2)"
    assert by_name["contract_from"].data_type == "date"
    assert contract.as_json()["period"] == {"kind": "year_end", "file_name": "(20[0-9]{2})-12-31"}
    assert contract.file_patterns == ("*保安人员台账*",)
    assert contract.read.unit == "in_sheet"
    assert contract.as_json()["read"]["totals"] == {
        "column": "school_name",
        "labels": ["小计", "合计"],
    }
    assert (parsed.landed, parsed.findings, parsed.quarantined) == (3, [], [])
    assert parsed.skipped == {"title": 2, "header": 1, "total": 2, "note": 1}


def test_what_a_person_must_decide_is_asked(project: Path, tmp_path: Path) -> None:
    added(project, sample(tmp_path, "保安人员台账_2023-12-31.csv", GUARDS))
    text = (project / STAGING / "staffing" / "_staffing__sources.yml").read_text("utf-8")
    asks = re.findall(r"# decide: (.*)", text)
    for word in (
        "which files",
        "period",
        "which office",
        "is it an id of persons",
        "姓名",
        "must every unit report",
        "totals",
    ):
        assert any(word in ask for ask in asks), word


def test_what_stands_in_the_file_stays_as_it_is(project: Path, tmp_path: Path) -> None:
    path = project / STAGING / "finance" / "_finance__sources.yml"
    before = path.read_text("utf-8")
    added(project, sample(tmp_path, "保安_2023年.csv", GUARDS), "finance.samples")
    after = path.read_text("utf-8")
    assert after.startswith(before)
    assert "&stages" in after
    with pytest.raises(WrongUse, match=r"finance\.samples is there already"):
        write_new_source(tmp_path / "保安_2023年.csv", "finance.samples", "", project)
    assert path.read_text("utf-8") == after


def test_a_new_system_gets_a_file_of_its_own(project: Path, tmp_path: Path) -> None:
    path = sample(tmp_path, "a_2023年.csv", GUARDS)
    written = write_new_source(path, "police.guards", "", project)
    assert "police.guards" in load_contracts(project / STAGING)
    assert any("raw/inbox/police/" in notice for notice in written.notices)
    for file, count in written.questions.items():
        assert (project / file).read_text("utf-8").count("# decide:") == count > 0 or not count


def test_suite_and_staging_name_what_the_contract_declares(project: Path, tmp_path: Path) -> None:
    contract, _ = added(project, sample(tmp_path, "保安人员台账_2023年.csv", GUARDS))
    suite = load_suite(project / "expectations" / "staffing" / "samples.yml")
    names = {column.name for column in contract.columns}
    for rule in suite.rules:
        assert set(rule.columns) <= (names if rule.is_row_rule else set(suite.aggregates))
    model = project / STAGING / "staffing" / "stg_staffing__samples"
    sql = model.with_suffix(".sql").read_text("utf-8")
    query = sqlglot.parse_one(re.sub(r"\{\{.*?\}\}", "landed", sql), dialect="duckdb")
    selected = [select.alias_or_name for select in query.selects]
    assert names <= set(selected)
    (described,) = yaml.safe_load(model.with_suffix(".yml").read_text("utf-8"))["models"]
    assert [column["name"] for column in described["columns"]] == selected


def entry_of(project: Path) -> str:
    return (project / STAGING / "staffing" / "_staffing__sources.yml").read_text("utf-8")


def test_totals_that_differ_are_asked_about_with_the_flags_that_may_leave_rows_out(
    project: Path, tmp_path: Path
) -> None:
    schools = "".join(f"21510001{n},甲{n}校,{n}500.25,否\n" for n in range(10, 16))
    head = "学校标识码,学校名称,支付金额(元),是否删除\n"
    text = f"{head}{schools}2151000199,丁校,1,是\n,合计,78001.50,\n"
    contract, parsed = added(project, sample(tmp_path, "a_2023年.csv", text))
    assert contract.as_json()["read"]["totals"] == {
        "column": "school_name",
        "labels": ["合计"],
    }
    assert [finding.rule for finding in parsed.findings] == ["own_total"]
    entry = entry_of(project)
    assert "rows 9 do NOT agree with the sums of the rows" in entry
    assert "unless: is_deleted" in entry


def test_numbers_that_are_sums_of_others_by_chance_are_rows_of_data(
    project: Path, tmp_path: Path
) -> None:
    rows = "".join(f"{n + 1},University {n},{n % 2},{n % 3},{n + 1}\n" for n in range(40))
    text = f"No,University,Public,Campuses,Rank\n{rows}"
    contract, parsed = added(project, sample(tmp_path, "universities_2023.csv", text))
    assert parsed.landed == 40
    assert contract.read.totals is None


def test_a_column_without_a_caption_is_told_by_its_place(project: Path, tmp_path: Path) -> None:
    text = "調査,,,\n,2021年度,2022年度,2023年度\n計,3,5,9\n北海道,1,2,4\n東京都,2,3,5\n"
    contract, parsed = added(project, sample(tmp_path, "a.csv", text))
    assert contract.columns[0].captions == ("column 1",)
    rows = [tuple(row.values())[:3] for row in parsed.table().to_pylist()]
    assert rows[:3] == [("北海道", 2021, 1), ("北海道", 2022, 2), ("北海道", 2023, 4)]
    assert contract.as_json()["read"]["totals"] == {
        "column": "column_1",
        "labels": ["計"],
        "check": ["quantity"],
    }
    assert not parsed.findings


def test_years_of_the_republic_stay_columns_and_are_asked_about(
    project: Path, tmp_path: Path
) -> None:
    text = "地區,111學年度,112學年度,113學年度\n甲市,1,2,4\n乙市,2,3,5\n"
    contract, parsed = added(project, sample(tmp_path, "a.csv", text))
    assert contract.read.long is None
    assert parsed.landed == 2
    assert "3 columns, 111學年度 to 113學年度, differ by a number alone" in entry_of(project)


def test_what_mostly_cannot_be_read_as_guessed_is_text(project: Path, tmp_path: Path) -> None:
    rows = "".join(f"校{number},2023-02-3{number % 9}\n" for number in range(8))
    contract, parsed = added(project, sample(tmp_path, "a.csv", f"学校,日期\n{rows}"))
    assert contract.columns[1].data_type == "string"
    assert (parsed.landed, parsed.quarantined) == (8, [])
    assert "most of its cells are no date, so it is text" in entry_of(project)


def test_sheets_of_other_tables_are_passed_over(project: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Contents"
    tables = {
        "Contents": [["Table", "Title"], ["1", "Pupils"], ["2", "Staff"]],
        "Pupils": [["Code", "School", "Pupils"], *([f"0{n}", f"S{n}", n] for n in range(11, 19))],
        "Staff": [["Code", "Staff"], ["011", 4], ["012", 5]],
    }
    for name, rows in tables.items():
        sheet = book.active if name == "Contents" else book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path := tmp_path / "tables_2023.xlsx")
    contract, parsed = added(project, path)
    assert contract.read.sheets == "^(Pupils)$"
    assert parsed.landed == 8
    assert "hold other tables, each a source of its own, if any: Contents, Staff" in entry_of(
        project
    )


def test_years_across_the_header_become_rows(project: Path, tmp_path: Path) -> None:
    text = (
        "数据库:样例\n地区\t,2023年\t,2022年\t,2021年\t,\n"
        "甲市\t,12\t,11\t,\t,\n乙市\t,22\t,21\t,20\t,\n注:样例"
    )
    contract, parsed = added(project, sample(tmp_path, "教育经费(万元).csv", text))
    rows = parsed.table().to_pylist()
    assert [(row["area"], row["year"], row["amount_yuan"]) for row in rows[:3]] == [
        ("甲市", 2023, 120_000),
        ("甲市", 2022, 110_000),
        ("甲市", 2021, None),
    ]
    assert contract.read.unit == "万元"


def test_years_below_several_captions_become_rows(project: Path, tmp_path: Path) -> None:
    text = (
        "分地区民办学校情况,,,,,,\n地区,年末人数,年末人数,年末人数,经费(万元),经费(万元),五年合计\n"
        ",2006,2007,2008,2007,2008,\n甲市,10,20,30,1.5,2,9\n乙市,11,21,,1,2,9\n合计,21,41,30,2.5,4,18\n"
    )
    contract, parsed = added(project, sample(tmp_path, "民办_2008年.csv", text))
    assert contract.as_json()["read"]["long"] == {
        "captions": r"^(年末人数|经费\(万元\))/(20[0-9]{2})年?度?末?$",
        "name": "year",
        "values": {"年末人数": "quantity", "经费(万元)": "amount_yuan"},
    }
    rows = [tuple(row.values())[:4] for row in parsed.table().to_pylist()]
    assert rows == [
        ("甲市", 2006, 10, None),
        ("甲市", 2007, 20, 15_000),
        ("甲市", 2008, 30, 20_000),
        ("乙市", 2006, 11, None),
        ("乙市", 2007, 21, 10_000),
        ("乙市", 2008, None, 20_000),
    ]
    assert not parsed.findings
    changed = sample(tmp_path, "b_2008年.csv", text.replace("2.5,4", "3.5,4"))
    (finding,) = read_file(changed, contract, name="民办_2008年.csv").findings
    assert (finding.rule, finding.row_number, finding.column) == (
        "own_total",
        6,
        "amount_yuan 2007",
    )
    entry = entry_of(project)
    assert "not landed: 五年合计 (a number beside columns that become rows" in entry


def test_an_encoding_is_stated_only_where_captions_do_not_tell_it(
    project: Path, tmp_path: Path
) -> None:
    text = "学校,人数\n甲校,12\n乙校,7\n"
    contract, _ = added(project, sample(tmp_path, "a_2023.csv", text, "gb18030"))
    assert contract.read.encoding is None
    text = text.replace("学校,人数", "school,pupils")
    path = sample(tmp_path, "b_2023.csv", text, "gb18030")
    contract, parsed = added(project, path, "finance.samples")
    assert contract.read.encoding == "gb18030"
    assert parsed.table()["school"].to_pylist() == ["甲校", "乙校"]


@pytest.mark.parametrize(
    ("name", "above", "pattern", "title"),
    [
        ("【附件1】保安_台账(2023年)-汇总", "", "*【附件1】保安_台账*", "【附件1】保安台账汇总"),
        ("年末人数", "表1 年末人数(2023-24学年)—\n", "*年末人数*", "表1年末人数"),
        ("经费[2023年]_v2", "", "*经费*", "经费v2"),
    ],
)
def test_pattern_and_title_keep_no_sign_of_a_date(
    tmp_path: Path, name: str, above: str, pattern: str, title: str
) -> None:
    inspected = inspect_file(
        sample(tmp_path, "a.csv", f"{above}学校,人数\n甲,12\n乙,15\n"), f"{name}.csv"
    )
    assert (infer_file_pattern([inspected.name])[0], infer_title(inspected)) == (pattern, title)


def test_a_workbook_with_two_levels_and_several_sheets(project: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name, first in (("城区", "21510001"), ("乡镇", "21510002")):
        sheet = book.create_sheet(name)
        for row in (
            ["样例区经费表"],
            ["单位:万元"],
            ["学校标识码", "教育事业费", None, "合计"],
            [None, "人员经费", "公用经费", None],
            [f"{first}01", 10.5, 2, 12.5],
            [f"{first}02", 20, 3, 23],
            [f"{first}03", 1, 1, 2],
        ):
            sheet.append(row)
        sheet.merge_cells("B3:C3")
        sheet.merge_cells("A3:A4")
    del book["Sheet"]
    book.save(path := tmp_path / "经费_2023年.xlsx")
    contract, parsed = added(project, path)
    captions = [column.captions for column in contract.columns]
    assert captions == [("学校标识码",), ("教育事业费/人员经费",), ("教育事业费/公用经费",)]
    assert parsed.landed == 6
    assert parsed.table()["staff_yuan"][0].as_py() == 105_000
    text = (project / STAGING / "staffing" / "_staffing__sources.yml").read_text("utf-8")
    assert "2 sheets are alike" in text
    assert "合计 (by its caption the sum of the columns beside it" in text


def test_records_of_json_are_a_table_too(project: Path, tmp_path: Path) -> None:
    text = '{"rows": [{"XXBSM": "2151000101", "RS": 12}, {"XXBSM": "2151000102", "RS": 15}]}'
    contract, parsed = added(project, sample(tmp_path, "export_2023.json", text))
    assert [column.name for column in contract.columns] == ["school_code", "rs"]
    assert parsed.landed == 2


HOSTILE = (
    '"编码""; drop table t; --","{{ env_var(\'HOME\') }}","a\nb","#: [x]",'
    '"\' or 1=1","=cmd|x",select\n'
    "00012,1,1,1,1,1,1\n00013,2,2,2,2,2,2\n"
)


def test_captions_are_data_whatever_they_say(project: Path, tmp_path: Path) -> None:
    contract, parsed = added(project, sample(tmp_path, "a_2023年.csv", HOSTILE, "utf-8"))
    assert parsed.landed == 2
    names = [column.name for column in contract.columns]
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in names)
    assert len(set(names)) == len(names) == 6  # what dbt would render is not declared
    for path in project.rglob("*samples*"):
        assert "env_var" not in path.read_text("utf-8") or path.suffix == ".csv"
        assert "drop table" not in path.read_text("utf-8") or path.suffix != ".sql"
    text = (project / STAGING / "staffing" / "_staffing__sources.yml").read_text("utf-8")
    assert "{{" not in text
    assert "have it renamed" in text


@pytest.mark.parametrize(
    ("name", "told"),
    [("guards", "system.table"), ("a.b; drop", "system.table"), ("finance.select", "word of SQL")],
)
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(WrongUse, match=told):
        write_new_source(sample(tmp_path, "a.csv", GUARDS), name, "")


@pytest.mark.parametrize("text", ["just words\nand more\n", "1,2,3\n4,5,6\n"])
def test_a_file_without_a_header_is_refused(project: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises(Rejected, match="no header was found"):
        write_new_source(sample(tmp_path, "a.csv", text), "staffing.samples", "", project)
    assert not list(project.rglob("*samples*"))
