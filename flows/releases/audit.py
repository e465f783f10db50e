"""The gates of a release: what its tables are asked before it gets its name."""

from pathlib import Path
from typing import Any

from flows.common.errors import Blocked
from flows.common.parquet import count_rows
from flows.quality.delivery_report import write_rejection, write_result
from flows.warehouse.models import PUBLISHED


def gate_outcomes(folder: Path, suites: Path, year: int, district: str) -> list[dict[str, Any]]:
    """Judge the published tables of a part folder by the suites of the report."""
    from flows.quality.rules import compute_aggregates, run_row_rules, run_table_rules
    from flows.quality.suite import SuiteError, load_suite

    outcomes = []
    for name in PUBLISHED:
        path = folder / f"{name}.parquet"
        try:
            suite = load_suite(suites / f"{name}.yml")
            aggregates = compute_aggregates(suite, [path])
        except SuiteError as error:
            raise Blocked(str(error)) from None
        results = [*run_row_rules(suite, path), *run_table_rules(suite, aggregates)[0]]
        row_count = count_rows(path)
        failed = [result for result in results if not result.success]
        outcomes.append(
            {
                "suite": suite.name,
                "title": "发布表",
                "district_code": district,
                "period": str(year),
                "original_name": f"{name}.parquet",
                "file_id": "",
                "accepted": not any(
                    result.raised or result.rule.severity == "critical" for result in failed
                ),
                "rejections": [
                    write_rejection(result.rule, [{"column": result.rule.column}]).as_json()
                    for result in failed
                    if result.raised or result.rule.severity == "critical"
                ],
                "rows_read": row_count,
                "rows_landed": row_count,
                "rows_quarantined": 0,
                "rows_skipped": 0,
                "results": [
                    write_result(
                        result.rule,
                        [
                            {"sheet": "", "row": position + 1, "column": result.rule.column}
                            for position in result.failed_positions
                        ],
                        success=result.success,
                        raised=result.raised,
                    )
                    for result in results
                ],
            }
        )
    return outcomes
