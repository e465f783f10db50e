"""Rows that share a key: equal ones count once, others are quarantined."""

from decimal import Decimal
from pathlib import Path

from reading_parts import NAME, SCHOOL, STAFF, contract_of, sheet, workbook
from suite_parts import FILE_CHECKS, NOTES
from validating import land

from flows.common.parquet import rows_at
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.landing.load import Landing
from flows.quality.suite import load_suite

SUITE = f"""
name: finance.funds
aggregates: {{rows: count(*)}}
rules:
  - {{type: expect_column_values_to_be_between, kwargs: {{column: rows, min_value: 1}},
      severity: critical, notes: {NOTES}}}
"""


def landed(wanted: Contract, folder: Path, **sheets: str) -> Landing:
    """Land sheets that are written as text, with no rule but those on reading."""
    path = workbook(folder / "kept", **{name: sheet(text) for name, text in sheets.items()})
    suite = folder / "suite.yml"
    suite.write_text(SUITE, "utf-8")
    file = LandedFile("a" * 64, path.stat().st_size, "经费_2023年.xlsx")
    delivery = Delivery(wanted.name, "519900", "2023", (file,), "2024-01-01", "inbox")
    return land(path, delivery, wanted, load_suite(suite, FILE_CHECKS), lambda text: text, folder)


def test_equal_rows_of_a_key_count_once_and_conflicting_ones_are_set_aside(tmp_path: Path) -> None:
    text = """
        序号|代码|学校|人员
        1|A|一小|10
        2|A|一小|10
        3|B|二小|20
        4|B|二小|21
        5|C|三小|30
        6|.|四小|1
    """
    limit = {"rows": 1, "amount": 1}
    wanted = contract_of(SCHOOL, NAME, STAFF, read={}, key=["school_code"], quarantine_limit=limit)
    landing = landed(wanted, tmp_path, 表=text)
    assert landing.row_count == 3
    assert {(row["rule"], row["row_number"], row["effect"]) for row in
            landing.judgement.quarantine} == {
        ("exact_duplicate", 3, "none"),
        ("conflicting_key", 4, "provisional"),
        ("conflicting_key", 5, "provisional"),
    }  # fmt: skip
    (copy,) = [finding for finding in landing.parsed.findings if finding.rule == "exact_duplicate"]
    assert (copy.row_number, copy.detail, copy.amount) == (3, "= 2: 10.00元", Decimal(10))
    kept = rows_at(tmp_path / "rows.parquet", range(3), ["_row_number"])
    assert [row["_row_number"] for row in kept.values()] == [2, 6, 7]
    assert landing.judgement.rejections == []
    unkeyed = landed(contract_of(SCHOOL, NAME, STAFF, read={}), tmp_path, 表=text)
    blank = "代码|学校|人员\n.|一小|10\n.|一小|10\nA|.|10\nA|.|10"
    of_two = contract_of(SCHOOL, NAME, STAFF, read={}, key=["school_code", "school_name"])
    assert landed(of_two, tmp_path, 表=blank).row_count == 3, "the first column tells a row"
    assert unkeyed.row_count == 6
    pair = contract_of(SCHOOL, NAME, STAFF, read={}, key=["school_code", "staff_yuan"])
    assert landed(pair, tmp_path, 表=text).row_count == 5
