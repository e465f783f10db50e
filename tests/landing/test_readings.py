"""Tests of what is found while a file is read, and of what it leads to."""

from pathlib import Path
from shutil import copytree
from typing import Any

from reading_parts import NAME, STAFF, contract_of, found, read_sheets

from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.loading import load_contracts
from flows.landing.cache_key import cache_key
from flows.quality.suite import SUITES, Suites


def test_a_word_on_reading_makes_every_cached_verdict_another(tmp_path: Path) -> None:
    suites = tmp_path / "suites"
    copytree(SUITES, suites)
    contract = load_contracts()["finance.projects"]
    file = LandedFile("a" * 64, 1, "项目库.csv")
    delivery = Delivery("finance.projects", "519900", "standing", (file,), "2024-01-01", "inbox")
    keys = [cache_key(delivery, contract, Suites(suites).digest(contract), "key")]
    for name in ("file_checks.yml", "finance/projects.yml", "finance/payments.yml"):
        with (suites / name).open("ab") as suite:
            suite.write(b"\n")
        keys.append(cache_key(delivery, contract, Suites(suites).digest(contract), "key"))
    assert len(set(keys[:3])) == 3
    assert keys[3] == keys[2], "another table's suite is nothing to this one"


def test_equal_rows_of_two_sheets_that_say_their_month_are_two_rows() -> None:
    month = {"name": "month", "data_type": "string", "sheet_name": "^(.*)月$"}
    rows = "学校|人员\n一小|10\n一小|10"
    keyed: dict[str, Any] = {"read": {}, "key": ["school_name"]}
    by_month = read_sheets(contract_of(NAME, STAFF, month, **keyed), 一月=rows, 二月=rows)
    assert by_month.table()["month"].to_pylist() == ["一", "二"]
    assert found(by_month) == [("exact_duplicate", 3, "")] * 2
    plain = read_sheets(contract_of(NAME, STAFF, **keyed), 一月=rows, 二月=rows)
    assert plain.landed == 1
    assert [finding.detail for finding in plain.findings] == [
        "= 2: 10.00元", "= 一月 2: 10.00元", "= 一月 2: 10.00元",
    ]  # fmt: skip


def test_equal_rows_of_two_groups_are_two_rows() -> None:
    area = {"name": "area", "data_type": "string", "captions": ["区域"], "required": False}
    groups = {"match": "^[一二]、", "into": "area"}
    wanted = contract_of(NAME, STAFF, area, read={"groups": groups}, key=["school_name"])
    parsed = read_sheets(wanted, 表="学校|人员\n一、城区|.\n中心校|10\n二、乡镇|.\n中心校|10")
    assert parsed.table()["area"].to_pylist() == ["一、城区", "二、乡镇"]
    assert found(parsed) == []
