"""What `ziping quarantine` tells of files, and the workbook that goes back to an office."""

import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from nights import copy_of, dropped_file, edit_workbook, ziping
from validating import validate

from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.contracts.loading import load_contracts
from flows.extract.inbox.inbox_file import land_file
from flows.extract.inbox.scan import scan_inbox
from flows.extract.raw_store import Store
from flows.landing.outcome import Outcome
from flows.landing.problems import list_problems
from flows.quality.delivery_report import write_result
from flows.quality.suite import Rule, Suites
from flows.runs.person_key import load_person_key

FUNDS, ROOMS, TRAININGS = "教育经费统计_2023*", "心理辅导室台账*", "教师培训学时*"
WRONG_ID = "G510101201001010013"


def receive(workspace: Workspace) -> None:
    """Land and judge what was dropped, without a whole night."""
    store, settings, contracts = Store(workspace.landed), load_settings(workspace), load_contracts()
    key = load_person_key(workspace, settings.district)
    view = scan_inbox(workspace, contracts, (settings.district,), store.deliveries())
    for dropped in view.new:
        delivery = land_file(store, dropped)
        validate(store, workspace.cache, delivery, contracts[delivery.source], key)


@pytest.fixture(scope="module")
def soiled(first_night: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Copy the published district and let three bad files come to it."""
    workspace = copy_of(first_night, tmp_path_factory.mktemp("soiled") / "workspace")

    def break_rooms(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        [row] = [n for n in range(1, 20) if sheet.cell(n, 2).value == "学校标识码"]
        sheet.cell(row, 4).value = " 是否列入 建设任务 "
        sheet.cell(row + 2, 4).value = WRONG_ID
        sheet.cell(row + 4, 2).value = "21510"

    edit_workbook(dropped_file(workspace, ROOMS), break_rooms)
    edit_workbook(dropped_file(workspace, FUNDS), lambda sheet: sheet.delete_cols(4))
    dropped_file(workspace, "项目库*").write_bytes(b"")
    receive(workspace)
    return workspace


@pytest.fixture
def listed(soiled: Workspace, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Read what the command prints for programs, by source table."""
    assert ziping("quarantine", "--json", workspace=soiled) == 0
    deliveries = json.loads(capsys.readouterr().out)["deliveries"]
    return {delivery["source"]: delivery for delivery in deliveries}


def test_rows_of_a_rejected_file_are_listed_with_how_to_resolve_them(
    listed: dict[str, Any],
) -> None:
    rooms = listed["registers.counselling_rooms"]
    assert (rooms["state"], rooms["owner"]) == ("rejected", "教育局基础教育股")
    of_rows = [problem for problem in rooms["problems"] if problem["row"]]
    assert [(row["rule"], row["column"], row["caption"]) for row in of_rows] == [
        ("expect_column_values_to_match_regex", "school_code", "学校标识码"),
        ("unreadable_cell", "is_in_task_list", "是否列入建设任务"),
    ]
    assert of_rows[0]["row"] - of_rows[1]["row"] == 2
    assert of_rows[0]["sheet"] == "台账"
    assert "10 位" in of_rows[0]["what"]
    assert "暂定" in of_rows[0]["consequence"]
    assert all(problem["resolve"] and problem["why"] for problem in rooms["problems"])


def test_a_file_without_its_columns_names_each_of_them(
    listed: dict[str, Any],
) -> None:
    funds = listed["finance.education_funds"]
    assert {problem["rule"] for problem in funds["problems"]} == {"required_column"}
    assert "学段" in {problem["caption"] for problem in funds["problems"]}


def test_a_file_that_cannot_be_read_is_listed_with_the_sentence(
    listed: dict[str, Any],
) -> None:
    [problem] = listed["finance.projects"]["problems"]
    assert problem["rule"] == "unreadable_file"
    assert problem["what"] == "文件无法读取：文件是空的。"
    assert problem["resolve"] == "请重新导出后重报。"
    assert listed["finance.projects"]["rejections"] == [{"code": "file_empty", "parameters": {}}]


def test_rows_of_a_file_in_force_are_listed_too(
    listed: dict[str, Any],
) -> None:
    trainings = listed["staffing.trainings"]
    assert trainings["state"] == "in_force"
    duplicates = [
        problem for problem in trainings["problems"] if problem["rule"] == "exact_duplicate"
    ]
    assert {duplicate["sheet"] for duplicate in duplicates} >= {"2019年", "2023年"}
    assert all(int(row["twin"].split()[-1]) < row["row"] for row in duplicates)


def test_people_read_places_in_short(soiled: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert ziping("quarantine", "registers.counselling_rooms", workspace=soiled) == 0
    printed = capsys.readouterr().out
    assert "(rejected): 教育局基础教育股" in printed
    assert "unreadable_cell: 1 row: 所列行不计入" in printed
    assert printed.index("quarantine_limit") < printed.index("unreadable_cell")
    assert WRONG_ID not in printed
    assert "finance" not in printed
    assert ziping("quarantine", "finance.nothing", workspace=soiled) == 2


def test_one_year_is_told_of_where_it_is_asked_for(
    soiled: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {}
    for year in ("2023", "2030"):
        assert ziping("quarantine", "--json", "--year", year, workspace=soiled) == 0
        deliveries = json.loads(capsys.readouterr().out)["deliveries"]
        found[year] = {delivery["source"] for delivery in deliveries}
    assert "finance.education_funds" in found["2023"]
    # Lists without a year serve every one.
    assert found["2030"] == {"finance.projects", "schools.crosswalk"}


def test_what_differs_from_the_last_file_is_told_beside_what_should_be(tmp_path: Path) -> None:
    contract = load_contracts()["finance.projects"]
    said = Suites().load(contract).file_checks["new_column"]
    place = {"sheet": "", "row": None, "column": "", "detail": "备注"}
    rule = Rule("new_column", {}, said.severity, said.effect, said.notes)
    result = write_result(rule, [place], success=False, raised=False)
    outcome = {"accepted": True, "rejections": [], "results": [result]}
    [problem] = list_problems(contract, Outcome(tmp_path, outcome))
    assert problem.what == "与上一份文件相比不应有新的列；实际：有新的列（备注）"


def test_the_workbook_can_go_back_to_the_office(
    soiled: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        assert ziping("quarantine", "--xlsx", str(folder), workspace=soiled) == 0
    names = [path.name for path in sorted(folders[0].iterdir())]
    assert "心理辅导室台账_问题清单_registers.counselling_rooms.xlsx" in names
    assert len(names) == len(set(names)) >= 4
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    sheet = openpyxl.load_workbook(folders[0] / next(n for n in names if "心理" in n)).active
    rows = [[cell for cell in row if cell is not None] for row in sheet.values]
    header = next(number for number, row in enumerate(rows) if "处理结果" in row)
    above = "\n".join(str(cell) for row in rows[:header] for cell in row)
    for told in (
        "教育局基础教育股",
        "心理辅导室台账",
        "期间：2023-12-31",
        "收到日期：",
        "样例数据",
    ):
        assert told in above
    caption = {str(cell.value): cell.column for cell in sheet[header + 1]}
    assert list(caption)[:4] == ["文件", "工作表和行", "列", "规则"]
    below = list(sheet.iter_rows(min_row=header + 2, values_only=True))
    places = [(row[caption["工作表和行"] - 1], row[caption["列"] - 1]) for row in below]
    of_rows = [(place, column) for place, column in places if place != "整份文件"]
    assert [column for _, column in of_rows] == ["学校标识码", "是否列入建设任务"]
    assert all(re.fullmatch("台账\n第[0-9]+行", place) for place, _ in of_rows)
    assert {row[caption["处理结果"] - 1] for row in below} == {None}
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.print_title_rows == f"${header + 1}:${header + 1}"
    assert WRONG_ID not in str(rows)
    assert "21510" not in str(rows)
