"""Tests of the list of problems that goes back to an office."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rendering import printed_sizes

from flows.common.settings import Settings
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.loading import load_contracts
from flows.forms.problem_list import write_quarantine
from flows.landing.problems import Examined, Problem

COPY = Problem(
    rule="exact_duplicate",
    severity="warning",
    consequence="所列行不计入",
    what="不应有相同的行",
    why="重复会使数字虚增。",
    resolve="请删去一行。",
    sheet="2023年",
)


def examined(*problems: Problem) -> Examined:
    """Stand in for a delivery with its problems."""
    contract = load_contracts()["finance.payments"]
    file = LandedFile("a" * 64, 1, "finance/支付明细_2023年.csv")
    received = "2024-01-31T18:30:00+00:00"
    delivery = Delivery(contract.name, "519900", "2023", (file,), received, "inbox")
    return Examined(contract, delivery, "in_force", (), problems)


def listed(path: Path) -> list[dict[str, Any]]:
    """Read the table of the list."""
    rows = [list(row) for row in openpyxl.load_workbook(path).active.values]
    header = next(number for number, row in enumerate(rows) if "处理结果" in row)
    return [dict(zip(rows[header], row, strict=True)) for row in rows[header + 1 :]]


def test_rows_of_one_rule_stand_together_each_copy_with_its_twin(tmp_path: Path) -> None:
    problems = [
        replace(COPY, row=7, twin="5"),
        replace(COPY, row=9, twin="2022年 5"),
        replace(COPY, sheet="2022年", row=4, twin="3"),
        replace(COPY, rule="quarantine_limit", sheet="", row=None),
    ]
    [path] = write_quarantine(tmp_path, [examined(*problems)], Settings())
    rows = listed(path)
    assert [row["工作表和行"] for row in rows] == [
        "2023年\n第7（同5）、9（同2022年 5）行",
        "2022年\n第4（同3）行",
        "整份文件",
    ]
    assert rows[0]["规则"] == "完全重复的行\n不应有相同的行\nexact_duplicate"
    assert rows[0]["缘由和处理"] == "重复会使数字虚增。\n请删去一行。"
    assert len(rows[0]) == 7


def test_no_cell_holds_more_rows_than_a_program_shows(tmp_path: Path) -> None:
    problems = [replace(COPY, row=number, twin="1") for number in range(2, 102)]
    [path] = write_quarantine(tmp_path, [examined(*problems)], Settings())
    assert [row["工作表和行"].count("、") + 1 for row in listed(path)] == [40, 40, 20]


@pytest.mark.slow
def test_it_prints_at_nine_points_at_least(tmp_path: Path) -> None:
    [path] = write_quarantine(tmp_path, [examined(replace(COPY, row=7, twin="5"))], Settings())
    assert min(printed_sizes(path, tmp_path)) >= 9
