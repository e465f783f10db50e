"""Tests of the suites of the product, table by table, with the real Great Expectations."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from suite_parts import (
    COLUMNS,
    EXPECTATIONS,
    SHIPPED,
    compute_aggregates,
    failures,
    rows,
    run_row_rules,
    run_table_rules,
    shipped,
)

from flows.common.settings import CHECKOUT
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.quality.rules import UNIQUENESS
from flows.quality.suite import Suites
from flows.warehouse.models import marts

# The suites of the product


def test_every_table_has_a_suite() -> None:
    shared = {name for name, contract in load_contracts().items() if contract.sign_off}
    own = {f"{path.parent.name}.{path.stem}" for path in SHIPPED}
    assert own <= set(COLUMNS)
    assert set(COLUMNS) - own <= shared  # what has none is judged by the suite of all registers
    assert (EXPECTATIONS / "registers.yml").is_file()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_a_shipped_suite_names_what_there_is(path: Path) -> None:
    suite = shipped(f"{path.parent.name}.{path.stem}")
    assert suite.name == f"{path.parent.name}.{path.stem}"
    known = set(COLUMNS[suite.name])
    for rule in suite.rules:
        assert set(rule.columns) <= (known if rule.is_row_rule else set(suite.aggregates))
        if suite.name.startswith("report."):
            assert not rule.is_row_rule
    used = {column for rule in suite.rules if not rule.is_row_rule for column in rule.columns}
    assert used == set(suite.aggregates)
    empty = pa.schema(list(COLUMNS[suite.name].items())).empty_table()
    results = [
        *run_row_rules(suite, empty),
        *run_table_rules(suite, compute_aggregates(suite, empty)),
    ]
    assert len(results) == len(suite.rules)
    assert [r.rule.type for r in results if r.raised] == []
    assert not all(r.success for r in results), "an empty table must not pass"


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda each: each.name)
def test_no_suite_repeats_the_key_of_its_contract(contract: Contract) -> None:
    """What the key promises is asked of every table; a suite only words it (`conflicting_key`)."""
    suite = Suites().load(contract)
    repeated = [
        rule.columns
        for rule in suite.rules
        if rule.type in UNIQUENESS
        and set(rule.columns) == set(contract.key)
        and "row_condition" not in rule.kwargs
    ]
    assert repeated == []
    assert not contract.key or "conflicting_key" in suite.file_checks


PAYMENT = {
    "period": "2023", "voucher_no": "1", "paid_on": date(2023, 3, 1), "unit_code": "205101",
    "function_code": "2050202", "amount_yuan": Decimal("10.00"), "is_deleted": False,
}  # fmt: skip


def test_payments_rules() -> None:
    suite = shipped("finance.payments")
    table = rows(
        "finance.payments",
        PAYMENT,
        PAYMENT | {"voucher_no": "2", "amount_yuan": Decimal("-4.00"), "unit_code": "局本级-1"},
        PAYMENT | {"voucher_no": "3", "function_code": "205", "economic_code": "30201"},
        PAYMENT | {"voucher_no": "4", "paid_on": date(2022, 12, 31)},
        PAYMENT | {"voucher_no": "5", "paid_on": None},
        PAYMENT | {"voucher_no": "6", "function_code": "教育支出"},
        PAYMENT | {"voucher_no": "7"},
        PAYMENT | {"voucher_no": "7", "amount_yuan": Decimal("11.00")},
        {"period": "2023", "voucher_no": "7", "is_deleted": True},
        PAYMENT | {"voucher_no": "8", "is_deleted": None},
        PAYMENT | {"voucher_no": None},
    )
    results = run_row_rules(suite, table)
    failed = {(r.rule.type, r.rule.column): r.failed_positions for r in results if not r.success}
    assert not any(r.raised for r in results)
    assert failed == {
        ("expect_column_values_to_be_null", "paid_on"): (3,),
        ("expect_column_values_to_not_be_null", "paid_on"): (4,),
        ("expect_column_values_to_match_regex", "function_code"): (5,),
        ("expect_column_values_to_be_unique", "voucher_no"): (6, 7),
        ("expect_column_values_to_not_be_null", "is_deleted"): (9,),
    }
    of_table = failures(run_table_rules(suite, compute_aggregates(suite, table)))
    assert set(of_table) == {"rows_without_voucher"}


FUNDS = {
    "period": "2023", "school_code": "2151000001", "school_name": "一小", "stage": "普通小学",
    "staff_yuan": Decimal(1), "operating_yuan": Decimal(0), "construction_yuan": Decimal(0),
    "surcharge_yuan": Decimal(0),
}  # fmt: skip
BLANK = dict.fromkeys(["staff_yuan", "operating_yuan", "construction_yuan", "surcharge_yuan"])


def test_education_funds_rules() -> None:
    suite = shipped("finance.education_funds")
    table = rows(
        "finance.education_funds",
        FUNDS,
        FUNDS | {"school_code": "215100001", "stage": "中等职业学校"},
        FUNDS | {"school_code": "9151000001", "stage": "其他", "surcharge_yuan": Decimal(-1)},
        FUNDS | {"school_code": "9151000002", "stage": "其他"} | BLANK,
    )
    assert failures(run_row_rules(suite, table)) == {
        "school_code": (1,),
        "surcharge_yuan": (2,),
        "staff_yuan": (3,),
    }
    of_table = failures(run_table_rules(suite, compute_aggregates(suite, table)))
    assert set(of_table) == set()


def test_trainings_outside_the_span_are_set_aside() -> None:
    good = {"period": "2019-01..2023-12", "staff_id": "a" * 64, "course": "x", "hours": Decimal(8)}
    years = (2018, 2019, 2023, 2024)
    table = rows(
        "staffing.trainings",
        *(good | {"trained_on": date(year, 5, 12)} for year in years),
        good | {"trained_on": None},
        good | {"trained_on": date(2020, 1, 1), "hours": Decimal("400.1")},
        good | {"trained_on": date(2020, 1, 1), "hours": Decimal("-0.5")},
    )
    results = run_row_rules(shipped("staffing.trainings"), table)
    failed = [(r.rule.column, r.failed_positions) for r in results if not r.success]
    assert failed == [("trained_on", (4,)), ("trained_on", (0, 3)), ("hours", (5, 6))]


def test_a_code_that_no_list_knows_is_told_and_sets_no_row_aside() -> None:
    person = {
        "staff_id": "a" * 64, "school_code": "2151000001", "post": "园长",
        "entered_on": date(2020, 1, 1),
    }  # fmt: skip
    posts = ("园长", "校长", "骨干教师", None)
    staff = rows("staffing.staff", *(
        person | {"staff_id": f"{n:064x}", "post": post} for n, post in enumerate(posts)
    ))  # fmt: skip
    school = {
        "school_code": "2151000001", "school_name": "a", "type_code": "211", "founder_code": "831",
        "area_code": "111", "valid_from": date(2000, 1, 1),
    }  # fmt: skip
    changes: tuple[dict[str, Any], ...] = (
        {}, {"type_code": "213"}, {"type_code": "21"}, {"founder_code": None}, {"area_code": "999"},
    )  # fmt: skip
    library = rows("schools.schools", *(
        school | {"school_code": f"215100000{n}"} | change for n, change in enumerate(changes)
    ))  # fmt: skip
    for name, table, wanted in (
        ("staffing.staff", staff, {"rows_of_unknown_post": 2}),
        ("schools.schools", library,
         {"rows_of_unknown_type": 2, "rows_of_unknown_founder": 1, "rows_of_odd_area": 1}),
    ):  # fmt: skip
        suite = shipped(name)
        assert failures(run_row_rules(suite, table)) == {}
        counted = compute_aggregates(suite, table)
        assert {name: counted[name] for name in wanted} == wanted
        assert set(failures(run_table_rules(suite, counted))) == set(wanted)


def test_a_head_of_a_kindergarten_must_say_where_and_since_when() -> None:
    head = {"staff_id": "a" * 64, "post": "园长"}
    clerk = {"staff_id": "b" * 64, "post": "行政人员"}
    results = run_row_rules(shipped("staffing.staff"), rows("staffing.staff", head, clerk))
    assert failures(results) == {"school_code": (0,), "entered_on": (0,)}


def test_only_pseudonyms_come_in() -> None:
    suite = shipped("schools.students")
    good = {
        "period": "2023-09-01", "student_id": "a" * 64, "school_code": "2151000001",
        "stage": "普通小学", "grade": "1", "class_no": "1", "is_boarder": False,
        "has_special_needs": False,
    }  # fmt: skip
    table = rows("schools.students", good, good | {"student_id": "G519900201309010011"})
    assert failures(run_row_rules(suite, table)) == {}
    found = failures(run_table_rules(suite, compute_aggregates(suite, table)))
    assert set(found) == {"rows_not_pseudonymised"}


def test_only_compulsory_stages_must_say_who_boards() -> None:
    pupils = [
        {"student_id": f"{n:064x}", "school_code": "2151000001", "stage": stage}
        for n, stage in enumerate(["幼儿园", "普通小学", "普通高中", "特殊教育", "小学"])
    ]
    assert failures(
        run_row_rules(shipped("schools.students"), rows("schools.students", *pupils))
    ) == {
        "stage": (4,),
        "is_boarder": (1, 3),
        "has_special_needs": (1, 3),
    }


def test_a_good_row_passes_every_rule() -> None:
    good: dict[str, dict[str, Any]] = {
        "finance.payments": PAYMENT,
        "finance.education_funds": FUNDS,
        "finance.projects": {
            "project_code": "P1", "project_name": "a", "purpose": "公用经费", "stage": "普通小学",
            "valid_from": date(2020, 1, 1),
        },
        "staffing.staff": {
            "staff_id": "a" * 64, "school_code": "2151000001", "post": "专任教师",
            "entered_on": date(2020, 1, 1), "left_on": date(9999, 12, 31),
        },
        "schools.schools": {
            "school_code": "1111000001", "school_name": "a", "type_code": "365",
            "founder_code": "999", "area_code": "111", "valid_from": date(2000, 1, 1),
        },
        "schools.crosswalk": {
            "school_code": "2151000001", "id_kind": "预算单位编码", "id_value": "A-1",
            "valid_from": date(2000, 1, 1), "valid_to": date(2000, 1, 1),
        },
        "registers.counselling_rooms": {
            "period": "2023-12-31", "school_code": "2151000001", "school_name": "a",
            "is_in_task_list": True, "is_to_be_merged": False,
        },
        "report.report_values": {
            "district_code": "519900", "evaluation_year": 2023, "indicator_id": "funds",
            "period": "2023", "dimension": "total", "member": "total", "state": "actual",
            "value": Decimal(1), "unit": "元", "judgement": "无标准", "quarantined_rows": 0,
        },
        "report.report_figures": {
            "district_code": "519900", "evaluation_year": 2023, "figure_id": "4.1", "part": "1",
            "title": "a", "text": "数据缺失", "publish": "public",
        },
        "report.report_indicators": {
            "indicator_id": "funds", "title_zh": "a", "value_type": "money", "formula": "sum",
            "decimals": 2, "publish": "public", "definition_version": "a", "definition_zh": "a",
            "basis": "a", "owner_office": "a",
        },
        "report.report_needs": {"indicator_id": "a", "source": "b.c", "year_offset": -1},
        "report.report_evidence": {
            "district_code": "519900", "evaluation_year": 2023, "indicator_id": "funds",
            "period": "2023", "dimension": "total", "member": "total", "role": "numerator",
            "file_id": "a" * 64, "sha256": "a" * 64, "fact": "a", "source": "a",
            "original_name": "a", "row_count": 1,
        },
        "report.report_tasks": {
            "district_code": "519900", "evaluation_year": 2023, "number": "RW1",
        },
        "report.report_narratives": {
            "district_code": "519900", "evaluation_year": 2023, "item": "一(二)4", "paragraph": 0,
        },
        "registers.narratives": {
            "item": "一(二)4", "paragraph": 1, "office": "财政局", "answered_by": "股长",
            "text": "经费{4.1},高校{4.8.2}、标准{5.1a},任务{N.1}、{P.1}和{K1.2.2}。",
        },
    }  # fmt: skip
    for name, row in good.items():
        suite, table = shipped(name), rows(name, row)
        assert failures(run_row_rules(suite, table)) == {}, name
        assert failures(run_table_rules(suite, compute_aggregates(suite, table))) == {}, name


def test_the_test_of_few_persons_asks_for_every_unit_of_persons() -> None:
    asked = (CHECKOUT / "dbt_project/tests/hidden_cells_cannot_be_solved.sql").read_text("utf-8")
    units = {
        mart.column_meta(name)["indicator"]["unit"]
        for mart in marts()
        for name in mart.columns
        if mart.column_meta(name).get("persons_unit") and mart.column_meta(name).get("indicator")
    }
    assert units == {"人", "名", "人次"}
    assert all(f"'{unit}'" in asked for unit in units)


@pytest.mark.parametrize(
    ("change", "aggregate"),
    [
        ({"value": None}, "rows_whose_value_contradicts_state"),
        ({"state": "missing", "value": None, "reason": "a"}, "missing_rows_without_source"),
        ({"state": "missing", "reason": "a", "missing_sources": '["a"]'},
         "rows_whose_value_contradicts_state"),
        ({"state": "suppressed", "value": None, "numerator": Decimal(3), "reason": "a"},
         "hidden_rows_that_show_numbers"),
        ({"state": "partial", "reason": "a", "judgement": "达标"}, "judged_without_proof"),
        ({"state": "provisional"}, "rows_without_reason"),
        ({"judgement": "合格"}, "rows_of_unknown_judgement"),
        ({"state": None}, "rows_of_unknown_state"),
        ({"member": ""}, "rows_with_incomplete_key"),
        ({"units_received": 3, "units_expected": 2}, "rows_of_impossible_counts"),
    ],
)  # fmt: skip
def test_a_false_value_is_not_published(change: dict[str, Any], aggregate: str) -> None:
    suite = shipped("report.report_values")
    good = {
        "district_code": "519900", "evaluation_year": 2023, "indicator_id": "funds",
        "period": "2023", "dimension": "total", "member": "total", "state": "actual",
        "value": Decimal(100), "unit": "元", "judgement": "无标准",
    }  # fmt: skip
    table = rows("report.report_values", good | change)
    results = run_table_rules(suite, compute_aggregates(suite, table))
    assert aggregate in failures(results)
    assert {r.rule.severity for r in results if not r.success} == {"critical"}
