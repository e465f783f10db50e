"""What the tests of suites share: the columns of the landed tables, and suites made on the spot."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from flows.lib.suites import RuleResult, Suite, load_suite

EXPECTATIONS = Path(__file__).parents[1] / "expectations"
NOTES = {"what": "要求", "why": "缘由", "resolve": "处理"}
READING = {
    "exact_duplicate": {"severity": "info", "effect": "none", "notes": NOTES},
    "unreadable_cell": {"severity": "warning", "effect": "provisional", "notes": NOTES},
    "required_column": {"severity": "critical", "notes": NOTES},
    "quarantine_limit": {"severity": "critical", "notes": NOTES},
}
TEXT, DAY, YUAN, FLAG = pa.string(), pa.date32(), pa.decimal128(18, 2), pa.bool_()
WIDE, WHOLE = pa.decimal128(38, 10), pa.int64()
LANDED = {"district_code": TEXT, "period": TEXT}
VALIDITY = {"valid_from": DAY, "valid_to": DAY}
VALUE_KEY = {
    "district_code": TEXT, "evaluation_year": WHOLE, "indicator_id": TEXT, "period": TEXT,
    "dimension": TEXT, "member": TEXT,
}  # fmt: skip
COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "finance.payments": LANDED | {
        "voucher_no": TEXT, "paid_on": DAY, "unit_code": TEXT, "function_code": TEXT,
        "economic_code": TEXT, "project_code": TEXT, "amount_yuan": YUAN, "is_deleted": FLAG,
    },
    "finance.projects": LANDED | VALIDITY | {
        "project_code": TEXT, "project_name": TEXT, "purpose": TEXT, "stage": TEXT,
    },
    "finance.education_funds": LANDED | {
        "school_code": TEXT, "school_name": TEXT, "stage": TEXT, "staff_yuan": YUAN,
        "operating_yuan": YUAN, "construction_yuan": YUAN, "surcharge_yuan": YUAN,
    },
    "staffing.staff": LANDED | {
        "staff_id": TEXT, "school_code": TEXT, "post": TEXT, "stage": TEXT, "subject": TEXT,
        "entered_on": DAY, "left_on": DAY,
    },
    "staffing.trainings": LANDED | {
        "staff_id": TEXT, "course": TEXT, "trained_on": DAY, "hours": pa.decimal128(8, 1),
    },
    "schools.schools": LANDED | VALIDITY | {
        "school_code": TEXT, "school_name": TEXT, "type_code": TEXT, "founder_code": TEXT,
        "area_code": TEXT, "managing_school_code": TEXT, "merged_into_school_code": TEXT,
    },
    "schools.crosswalk": LANDED | VALIDITY | {
        "school_code": TEXT, "id_kind": TEXT, "id_value": TEXT,
    },
    "schools.students": LANDED | {
        "student_id": TEXT, "school_code": TEXT, "stage": TEXT, "grade": TEXT, "class_no": TEXT,
        "is_boarder": FLAG, "has_special_needs": FLAG,
    },
    "registers.counselling_rooms": LANDED | {
        "school_code": TEXT, "school_name": TEXT, "is_in_task_list": FLAG, "in_use_since": DAY,
        "inspection": TEXT, "is_to_be_merged": FLAG,
    },
    "report.report_values": VALUE_KEY | {
        "state": TEXT, "value": WIDE, "value_text": TEXT, "unit": TEXT, "numerator": WIDE,
        "denominator": WIDE, "standard_id": TEXT, "standard_value": WIDE, "judgement": TEXT,
        "margin": WIDE, "reason": TEXT, "missing_sources": TEXT, "units_expected": WHOLE,
        "units_received": WHOLE, "quarantined_rows": WHOLE,
        "quarantined_amount": pa.decimal128(38, 2),
    },
    "report.report_figures": VALUE_KEY | {
        "figure_id": TEXT, "part": TEXT, "order_no": WHOLE, "item_no": TEXT, "place": TEXT,
        "title": TEXT, "text": TEXT, "publish": TEXT,
    },
    "report.report_indicators": {
        "indicator_id": TEXT, "title_zh": TEXT, "title_en": TEXT, "value_type": TEXT,
        "unit": TEXT, "decimals": WHOLE, "formula": TEXT, "publish": TEXT, "data_class": TEXT,
        "owner_office": TEXT, "basis": TEXT, "definition_zh": TEXT, "definition_version": TEXT,
    },
    "report.report_needs": {"indicator_id": TEXT, "source": TEXT, "year_offset": WHOLE},
    "report.report_evidence": VALUE_KEY | {
        "role": TEXT, "file_id": TEXT, "fact": TEXT, "source": TEXT, "original_name": TEXT,
        "sha256": TEXT, "sheets": TEXT, "row_count": WHOLE, "measure_sum": WIDE,
    },
}  # fmt: skip
SHIPPED = sorted(EXPECTATIONS.rglob("*.yml"))


def shipped(name: str) -> Suite:
    """Load a suite of the product."""
    system, table = name.split(".")
    return load_suite(EXPECTATIONS / system / f"{table}.yml")


def rule(kind: str, effect: str | None = "provisional", **kwargs: Any) -> dict[str, Any]:
    """Write a rule as it stands in a suite."""
    written = {"type": kind, "kwargs": kwargs, "severity": "warning", "notes": NOTES}
    return written | ({"effect": effect} if effect else {})


def rows(name: str, *given: Mapping[str, Any]) -> pa.Table:
    """Make landed rows of a table; what is not given is null."""
    schema = pa.schema(list(COLUMNS[name].items()))
    empty: dict[str, Any] = dict.fromkeys(schema.names)
    return pa.Table.from_pylist([empty | dict(row) for row in given], schema)


def aggregates_of(suite: Suite, landed: pa.Table) -> dict[str, Any]:
    """Compute the aggregates of a suite as the flow does."""
    with duckdb.connect() as connection:
        connection.register("landed", landed)
        columns = ", ".join(f"{sql} as {name}" for name, sql in suite.aggregates.items())
        values = connection.execute(f"select {columns} from landed").fetchone()
    return dict(zip(suite.aggregates, values or (), strict=True))


def failures(results: list[RuleResult]) -> dict[str, tuple[int, ...]]:
    """Give what failed, by column."""
    assert not [result.error for result in results if result.raised]
    return {str(r.rule.column): r.failed_positions for r in results if not r.success}
