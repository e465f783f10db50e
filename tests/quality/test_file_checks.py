"""Checks that a contract declares in a line: amounts counted twice, sheets and columns swapped."""

from pathlib import Path
from typing import Any

import pytest
from reading_parts import NAME, OTHER, SCHOOL, STAFF, contract_of, sheet, workbook

from flows.contracts.delivery import Delivery, LandedFile
from flows.landing.load import read_into
from flows.quality.file_checks import declared_findings

HEAD = "代码|学校|人员|公用\n"
FIVE = ["2001|甲校|10|1", "2002|乙校|20|2", "2003|丙校|30|3", "2004|丁校|45|4", "2005|戊校|50|6"]
FILE = LandedFile("0" * 64, 1, "a.xlsx")
DELIVERY = Delivery("finance.funds", "519900", "2023", (FILE,), "2024-01-01T00:00:00Z", "inbox")


def found(
    tmp_path: Path, check: str, *columns: dict[str, Any], **sheets: str
) -> list[tuple[str, int, str]]:
    """Land sheets under a contract that declares a check; give what it finds."""
    contract = contract_of(*columns, read={"checks": [check], "unit": "元"})
    written = {name: sheet(text) for name, text in sheets.items()}
    path, rows = workbook(tmp_path / "a.xlsx", **written), tmp_path / "rows.parquet"
    reading = read_into(rows, path, DELIVERY, contract, lambda text: text, None)
    findings = declared_findings(rows, reading, contract)
    assert {one.rule for one in findings} <= {check}
    return [(one.sheet, one.row_number, one.column) for one in findings]


@pytest.mark.parametrize(
    ("position", "row"),
    [(5, 7), (0, 2), (3, 5), (2, None)],
    ids=["below them all", "above them all", "below the first three", "of two rows by chance"],
)
def test_a_row_that_is_the_sum_of_its_neighbours_is_no_unit(
    tmp_path: Path, position: int, row: int | None
) -> None:
    sums = {5: "155|16", 0: "155|16", 3: "60|6", 2: "30|3"}
    lines = [*FIVE[:position], f"2000|中心校|{sums[position]}", *FIVE[position:]]
    said = found(tmp_path, "group_total_as_unit", 表=HEAD + "\n".join(lines))
    assert said == ([("表", row, "staff_yuan, other_yuan")] if row else [])


def test_a_row_with_one_amount_of_another_size_is_a_unit(tmp_path: Path) -> None:
    lines = [*FIVE, "2000|中心校|155|17"]
    assert found(tmp_path, "group_total_as_unit", 表=HEAD + "\n".join(lines)) == []


def test_sums_are_of_one_sheet_and_rows_without_amounts_count_for_nothing(tmp_path: Path) -> None:
    empty = ["2006|己校|0|0", "2007|庚校|.|."]
    assert found(
        tmp_path, "group_total_as_unit",
        一=HEAD + "\n".join(FIVE), 二=HEAD + "\n".join(["2000|中心校|155|16", *FIVE[:2], *empty]),
    ) == []  # fmt: skip


def test_an_amount_of_the_district_with_most_of_its_schools_is_found(tmp_path: Path) -> None:
    same = [line.rsplit("|", 1)[0] + "|900" for line in FIVE[:4]]
    text = HEAD + "\n".join([*same, FIVE[4]])
    assert found(tmp_path, "repeated_amount", 表=text) == [("表", 2, "other_yuan")]
    assert found(tmp_path, "repeated_amount", 表=HEAD + "\n".join([*same[:3], *FIVE[3:]])) == []
    nothing = [line.rsplit("|", 1)[0] + "|0" for line in FIVE]
    assert found(tmp_path, "repeated_amount", 表=HEAD + "\n".join(nothing)) == []


def test_a_sheet_that_stands_twice_under_two_titles_is_found(tmp_path: Path) -> None:
    stage = {"name": "stage", "data_type": "string", "sheet_name": "(小学|初中)"}
    columns = (SCHOOL, NAME, STAFF, OTHER, stage)
    one, other = HEAD + "\n".join(FIVE), HEAD + "\n".join(reversed(FIVE))
    assert found(tmp_path, "same_rows", *columns, 小学=one, 初中=other) == [("初中", 2, "")]
    different = HEAD + "\n".join([*FIVE[:3], "2004|丁校|46|4", "2005|戊校|51|6"])
    assert found(tmp_path, "same_rows", *columns, 小学=one, 初中=different) == []


def test_codes_under_the_caption_of_names_are_found(tmp_path: Path) -> None:
    swapped = ["|".join([b, a, c, d]) for a, b, c, d in (line.split("|") for line in FIVE)]
    said = found(tmp_path, "swapped_columns", 表=HEAD + "\n".join(swapped))
    assert said == [("表", 2, "school_code, school_name")]
    assert found(tmp_path, "swapped_columns", 表=HEAD + "\n".join(FIVE)) == []
