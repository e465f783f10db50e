"""What the tests of suites share: the columns of the landed tables, and suites made on the spot."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from flows.common import parquet
from flows.contracts.loading import load_contracts
from flows.parsing.columns import arrow_type
from flows.quality import rules
from flows.quality.rules import RuleResult
from flows.quality.suite import Suite, load_suite

Answered = TypeVar("Answered")
EXPECTATIONS = Path(__file__).parents[2] / "expectations"
NOTES = {"what": "要求", "why": "缘由", "resolve": "处理"}
FILE_CHECKS = EXPECTATIONS / "file_checks.yml"
TEXT, DAY, YUAN, FLAG = pa.string(), pa.date32(), pa.decimal128(18, 2), pa.bool_()
WIDE, WHOLE = pa.decimal128(38, 10), pa.int64()
VALUE_KEY = {
    "district_code": TEXT, "evaluation_year": WHOLE, "indicator_id": TEXT, "period": TEXT,
    "dimension": TEXT, "member": TEXT,
}  # fmt: skip
LANDED: dict[str, dict[str, pa.DataType]] = {
    contract.name: {"district_code": TEXT, "period": TEXT}
    | {column.name: arrow_type(column.data_type) for column in contract.columns}
    for contract in load_contracts().values()
}
COLUMNS: dict[str, dict[str, pa.DataType]] = LANDED | {
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
    "report.report_tasks": {"district_code": TEXT, "evaluation_year": WHOLE, "number": TEXT},
    "report.report_narratives": {
        "district_code": TEXT, "evaluation_year": WHOLE, "item": TEXT, "paragraph": WHOLE,
    },
}  # fmt: skip
SHIPPED = sorted(EXPECTATIONS.glob("*/*.yml"))


def shipped(name: str) -> Suite:
    """Load a suite of the product."""
    system, table = name.split(".")
    path = EXPECTATIONS / system / f"{table}.yml"
    return load_suite(path, None if system == "report" else FILE_CHECKS)


def rule(kind: str, effect: str | None = "provisional", **kwargs: Any) -> dict[str, Any]:
    """Write a rule as it stands in a suite."""
    written = {"type": kind, "kwargs": kwargs, "severity": "warning", "notes": NOTES}
    return written | ({"effect": effect} if effect else {})


def rows(name: str, *given: Mapping[str, Any]) -> pa.Table:
    """Make landed rows of a table; what is not given is null."""
    schema = pa.schema(list(COLUMNS[name].items()))
    empty: dict[str, Any] = dict.fromkeys(schema.names)
    return pa.Table.from_pylist([empty | dict(row) for row in given], schema)


def run_row_rules(suite: Suite, landed: pa.Table) -> list[RuleResult]:
    """Run the row rules of a suite over rows, as they stand in a file."""
    return _in_a_file(landed, lambda path: rules.run_row_rules(suite, path))


def run_table_rules(suite: Suite, aggregates: Mapping[str, Any]) -> list[RuleResult]:
    """Run the table rules of a suite over the aggregates of one file."""
    return rules.run_table_rules(suite, [aggregates])[0]


def compute_aggregates(suite: Suite, landed: pa.Table) -> dict[str, Any]:
    """Compute the aggregates of a suite over rows, as they stand in a file."""
    return _in_a_file(landed, lambda path: parquet.first_rows([path], suite.aggregates)[0])


def _in_a_file(landed: pa.Table, ask: Callable[[Path], Answered]) -> Answered:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        pq.write_table(landed, path)
        return ask(path)


def failures(results: list[RuleResult]) -> dict[str, tuple[int, ...]]:
    """Give what failed, by column."""
    assert not [result.rule for result in results if result.raised]
    return {str(r.rule.column): r.failed_positions for r in results if not r.success}
