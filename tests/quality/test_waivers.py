"""Known cases that are let through: by rule, place and day; shown, and ended by themselves."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from nights import (
    Said,
    current,
    dropped_file,
    edit_workbook,
    night,
    value,
    ziping,
)

from flows.common.settings import Workspace
from flows.landing.outcome import rejection_sentence
from flows.quality.waivers import Waiver, state_of, waived_sentence
from flows.runs.context import make_context
from flows.runs.validation import validate_sources

CAPTIONS = ("编号", "数据表", "期间", "规则", "列", "文件", "工作表", "行号", "理由", "责任科室",
            "起始日期", "截止日期")  # fmt: skip
NOT_NULL = "expect_column_values_to_not_be_null"
WAIVER = Waiver(
    "甲1", "registers.counselling_rooms", None, NOT_NULL, None, None, None, None, "已核实",
    "基教股", date(2024, 1, 1), date(2024, 12, 31),
)  # fmt: skip


def test_a_waiver_is_open_from_its_first_to_its_last_day() -> None:
    days = ["2023-12-31", "2024-01-01", "2024-12-01", "2024-12-02", "2024-12-31", "2025-01-01"]
    states = ["not_yet", "open", "open", "ending", "ending", "expired"]
    assert [state_of(WAIVER.as_json(), date.fromisoformat(day)) for day in days] == states
    assert [WAIVER.is_open(date.fromisoformat(day)) for day in days] == [
        state in ("open", "ending") for state in states
    ]


@pytest.mark.parametrize(
    ("change", "covers"),
    [
        ({}, True),
        ({"rule": "expect_column_values_to_be_unique"}, False),
        ({"column_name": "is_to_be_merged"}, True),
        ({"column_name": "是否拟撤并"}, True),
        ({"column_name": "school_code"}, False),
        ({"sheet": "台账"}, True),
        ({"sheet": "其他"}, False),
        ({"row": 7}, True),
        ({"row": 8}, False),
    ],
)
def test_what_a_waiver_leaves_empty_it_says_of_all(
    change: dict[str, object], covers: bool, first_night: Workspace
) -> None:
    contract = make_context(first_night, None, None).contracts[WAIVER.source]
    place = {"sheet": "台账", "row": 7, "column": "is_to_be_merged"}
    one = replace(WAIVER, **change)  # type: ignore[arg-type]
    assert one.covers(contract, NOT_NULL, place) is covers


def test_what_was_let_through_is_told_with_reason_owner_and_last_day() -> None:
    entry = WAIVER.as_json() | {"rows": 2, "title": "心理辅导室台账", "period": "2023-12-31"}
    assert waived_sentence(entry) == (
        "甲1：心理辅导室台账（2023-12-31）“不得为空”放行2行；理由：已核实；责任：基教股；2024-12-31止"
    )
    assert "放行整份文件" in waived_sentence(entry | {"rows": 0})


def register(workspace: Workspace, *rows: tuple[object, ...]) -> None:
    """Drop a register of waivers into the inbox."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (CAPTIONS, *rows):
        sheet.append(row)
    book.save(workspace.inbox / "registers" / "放行登记.xlsx")


BEGINS = date.today() - timedelta(days=10)
ENDS = BEGINS + timedelta(days=364)


@pytest.mark.slow
def test_a_known_case_is_let_through_shown_and_set_aside_again_after_its_last_day(
    workspace: Workspace, said: Said, tmp_path: Path
) -> None:
    before = value(workspace, "counselling_rooms_in_task_list")
    file = dropped_file(workspace, "心理辅导室台账*")
    header = next(
        cell
        for line in openpyxl.load_workbook(file).active.iter_rows()  # type: ignore[union-attr]
        for cell in line
        if cell.value == "是否拟撤并"
    )
    row = header.row + 2
    edit_workbook(file, lambda sheet: setattr(sheet.cell(row, header.column), "value", None))
    rule = f"不得为空 {NOT_NULL}"
    case = (
        "registers.counselling_rooms",
        None,
        rule,
        "是否拟撤并",
        None,
        None,
        row,
        "已核实",
        "基教股",
    )
    register(
        workspace,
        ("甲1", *case, BEGINS, ENDS),
        ("甲2", "registers.nothing", *case[1:], BEGINS, ENDS),
        ("甲3", *case[:7], None, "基教股", BEGINS, ENDS),
        ("甲4", *case[:6], row + 1, *case[7:], BEGINS, ENDS),
        ("甲5", *case[:6], row + 1, *case[7:], date(2020, 1, 1), date(2020, 12, 31)),
    )
    assert night(workspace) == 4  # what is let through stays unknown
    told = said()
    assert re.findall("registers.waivers:(..)letnothingthrough", told) == ["甲4"]
    assert "registers.waivers:甲2:nosourcetableregisters.nothingcanbewaived" in told
    release = current(workspace)
    (entry,) = release.manifest["waived"]
    assert (entry["number"], entry["rows"], entry["owner"]) == ("甲1", 1, "基教股")
    after = value(workspace, "counselling_rooms_in_task_list")
    assert (after["state"], after["value"]) == ("provisional", before["value"])
    sentence = waived_sentence(entry)
    assert sentence in (release.folder / "index.html").read_text("utf-8")
    cover = openpyxl.load_workbook(release.folder / "report.xlsx").worksheets[0]
    assert sentence in {cell.value for line in cover.iter_rows() for cell in line}
    assert ziping("status", workspace=workspace) == 0
    told = said()
    assert f"waiver甲1(openuntil{ENDS})" in told
    assert "registers.waivers:甲4letnothingthrough" in told
    target = tmp_path / "K3.1.xlsx"
    assert ziping("trace", "K3.1", "--xlsx", str(target), workspace=workspace) == 0
    assert f"放行:{sentence}" in said()
    page = openpyxl.load_workbook(target).worksheets[0]
    assert ["放行", sentence] in [list(line[:2]) for line in page.iter_rows(values_only=True)]

    assert rejections(workspace, ENDS) == ()
    (entry,) = rejections(workspace, ENDS + timedelta(days=1))
    assert "1 of 14 rows would be quarantined" in rejection_sentence(entry)


def rejections(workspace: Workspace, day: date) -> tuple[dict[str, Any], ...]:
    """Judge the register of rooms as a night of another day does."""
    later = replace(make_context(workspace, None, None), today=day)
    sources = validate_sources(later, {})
    (status,) = (
        status for status in sources.statuses if status.expected.contract.name == WAIVER.source
    )
    return status.rejections
