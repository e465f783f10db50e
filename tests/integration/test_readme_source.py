"""The section of the README on adding a source: its example holds every word, and it works."""

import json
import re
import secrets
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import yaml
from contract_parts import changed_contract
from nights import Said, ziping
from reading_parts import contract_of, read_sheets, sheet, workbook

from flows.common.errors import ZipingError
from flows.common.settings import CHECKOUT, Workspace
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.contracts.periods import period_of_name
from flows.contracts.schema import SCHEMA
from flows.quality import suite
from flows.runs import context

SECTION = (
    (CHECKOUT / "README.md").read_text("utf-8").split("\n## Add a source\n")[1].split("\n## ")[0]
)
EXAMPLE, WIDE, TRAPS = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
NAME = "营养餐资金表_2023年_第2批_报送20240105.xlsx"
PERSON = "519900198507200145"


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    table = textwrap.indent(EXAMPLE, "      ")
    path = tmp_path / "finance" / "_finance__sources.yml"
    path.parent.mkdir()
    path.write_text(f"sources:\n  - name: finance\n    tables:\n{table}", "utf-8")
    return load_contracts(tmp_path)["finance.meals"]


def words_of(part: Any) -> Iterator[str]:
    """Give all names of properties in a part of the schema."""
    if isinstance(part, dict):
        yield from part.get("properties", ())
        for one in part.values():
            yield from words_of(one)
    elif isinstance(part, list):
        for one in part:
            yield from words_of(one)


def test_every_word_of_a_contract_stands_in_the_readme() -> None:
    words = set(words_of(json.loads(SCHEMA.read_text("utf-8"))["$defs"]))
    words -= {"tables"}  # of a system, around them all
    assert {"captions", "totals", "groups", "units"} <= words
    assert sorted(word for word in words if not re.search(rf"\b{word}\b", SECTION)) == []


ABOVE = """
    样例区小学营养餐资金表(样例数据)
    填报单位:样例中心校 | . | 填报日期: | 2024-01-05
    单位:万元
    学校标识码|学校名称|办学类型|负责人身份证号|开餐年月|是否停办|覆盖率|单位|资金
    . | . | . | . | . | . | . | . | 2022年 | 2023年
"""
BELOW = """
    一、城区
    2151000101 | 甲校 | 211-小学 | {} | 2012年9月 | 否 | 100% | 万元 | 10.5 | 12
    2151000102 | 乙校 | 211-小学 | {} | 2013年3月 | 否 | 98.5% | 元 | 30000 | …
    #其中:民办 | . | . | . | . | . | . | 万元 | 1 | 1
    . | 小计 | . | . | . | . | . | 万元 | 13.5 | 12
    二、乡镇
    2151000103 | 丙校 | 211-小学 | {} | 2012年9月 | 是 | 90% | 万元 | 5 | 5
    2151000104 | 丁校 | 211-小学 | {} | 2012年9月 | 否 | 90% | 万元 | SUPP | 2.25
    . | 合计 | . | . | . | . | . | 万元 | 13.5 | 14.25
    填表人:样例
"""


def write_sample(path: Path) -> None:
    """Write a file as the example's contract expects it."""
    rows = sheet(ABOVE + BELOW.strip("\n").replace("{}", PERSON))
    book = openpyxl.load_workbook(workbook(path, 小学=rows, 说明=sheet("2151000109")))
    for letter in "ABCDEFGH":
        book["小学"].merge_cells(f"{letter}4:{letter}5")
    book["小学"].merge_cells("I4:J4")
    book.save(path)


def test_a_file_is_checked_by_the_example(
    contract: Contract, tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = {
        "type": "expect_column_values_to_not_be_null", "kwargs": {"column": "school_code"},
        "severity": "warning", "effect": "provisional",
        "notes": {"what": "要有学校标识码。", "why": "否则无法归属。", "resolve": "请补填后重报。"},
    }  # fmt: skip
    words = {"name": "finance.meals", "rules": [rule]}
    path = tmp_path / "suites" / "finance" / "meals.yml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    shutil.copy(suite.SUITES / suite.FILE_CHECKS_FILE, tmp_path / "suites")
    monkeypatch.setattr(context, "load_contracts", lambda: {contract.name: contract})
    monkeypatch.setattr(suite, "SUITES", tmp_path / "suites")
    write_sample(tmp_path / NAME)
    workspace = Workspace(tmp_path / "workspace")
    workspace.key_file.parent.mkdir(parents=True)
    workspace.key_file.write_text(secrets.token_hex(32))
    workspace.key_file.chmod(0o600)
    code = ziping("sources", "check", contract.name, str(tmp_path / NAME), workspace=workspace)
    printed = said()
    assert code == 0
    assert "8wouldbelanded+0quarantined+12skipped" in printed
    assert "2rowsagreewiththesumsof2columns" in printed
    assert "thereisnostg_finance__meals.sql" in printed
    assert "own_total" not in printed  # the totals of groups and sheet are arrived at
    assert "甲校│211│" in printed
    assert PERSON not in printed


def test_a_year_may_be_stated_where_no_name_says_it(contract: Contract) -> None:
    stated = changed_contract(contract, period={"kind": "year_end", "stated": 2023})
    assert period_of_name(stated, "营养餐资金表.xlsx") == "2023-12-31"
    assert period_of_name(contract, "营养餐资金表.xlsx") is None


def test_a_word_without_a_value_is_told(tmp_path: Path) -> None:
    path = tmp_path / "finance" / "_finance__sources.yml"
    path.parent.mkdir()
    table = textwrap.indent(
        EXAMPLE.replace('{from: inbox, files: ["*营养餐资金表*"]}', ""), "      "
    )
    path.write_text(f"sources:\n  - name: finance\n    tables:\n{table}", "utf-8")
    with pytest.raises(ZipingError, match=r"line 10, table meals: `pull`: is empty"):
        load_contracts(tmp_path)


def test_the_wide_table_of_the_readme_becomes_rows() -> None:
    said = yaml.safe_load(WIDE)
    columns = [{"name": column["name"], "data_type": column["data_type"]} | column["config"]["meta"]
               for column in said["columns"]]  # fmt: skip
    table = """
        .    | 年末人数 | 年末人数 | 经费 | 五年合计
        .    | 2021     | 2022     | 2022年 | .
        甲区 | 10       | 11       | 1.5    | 50
        乙区 | 20       | .        | 2      | 90
    """
    parsed = read_sheets(contract_of(*columns, read=said["read"]), 表=table)
    assert [tuple(row.values())[:4] for row in parsed.table().to_pylist()] == [
        ("甲区", 2021, 10, None), ("甲区", 2022, 11, 15_000),
        ("乙区", 2021, 20, None), ("乙区", 2022, None, 20_000),
    ]  # fmt: skip


def test_the_aggregates_shown_tell_the_traps_and_pass_what_is_right() -> None:
    aggregates = yaml.safe_load(TRAPS)["aggregates"]
    assert list(aggregates) == ["codes_of_no_school", "placeholders", "years_of_another_era"]
    columns = "(school_code, pupils, year)"
    right = "('2151000101', 120, 2023)"
    wrong = "('NAT', 240, 2023), ('2151000102', 88888, 2023), ('2151000103', 5, 112)"
    with duckdb.connect() as connection:
        for rows, expected in ((right, [0, 0, 0]), (f"{right}, {wrong}", [1, 1, 1])):
            sql = (
                f"select {', '.join(aggregates.values())} from (values {rows}) as landed {columns}"
            )
            assert list(connection.execute(sql).fetchall()[0]) == expected
