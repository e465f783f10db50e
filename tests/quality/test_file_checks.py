"""Checks on a whole file: sheets that hold the same rows."""

from pathlib import Path
from typing import Any

from reading_parts import NAME, OTHER, SCHOOL, STAFF, contract_of, sheet, workbook

from flows.contracts.delivery import Delivery, LandedFile
from flows.landing.load import parse_into
from flows.quality.file_checks import find_equal_sheets

HEAD = "代码|学校|人员|公用\n"
FIVE = ["2001|甲校|10|1", "2002|乙校|20|2", "2003|丙校|30|3", "2004|丁校|45|4", "2005|戊校|50|6"]
FILE = LandedFile("0" * 64, 1, "a.xlsx")
DELIVERY = Delivery("finance.funds", "519900", "2023", (FILE,), "2024-01-01T00:00:00Z", "inbox")
STAGE = {"name": "stage", "data_type": "string", "sheet_name": "(小学|初中)"}


def find(
    tmp_path: Path, *columns: dict[str, Any], key: list[str] | None = None, **sheets: str
) -> list[tuple[str, int, str]]:
    """Land sheets; give the sheets that are said to hold the rows of another."""
    contract = contract_of(*columns, read={"unit": "元"}, **({"key": key} if key else {}))
    written = {name: sheet(text) for name, text in sheets.items()}
    path, rows = workbook(tmp_path / "a.xlsx", **written), tmp_path / "rows.parquet"
    parsed = parse_into(rows, path, DELIVERY, contract, lambda text: text, None)
    findings = list(find_equal_sheets(rows, parsed, contract))
    assert {finding.rule for finding in findings} <= {"equal_sheets"}
    return [(finding.sheet, finding.row_number, finding.detail) for finding in findings]


def test_a_sheet_that_stands_twice_under_two_titles_is_found(tmp_path: Path) -> None:
    columns = (SCHOOL, NAME, STAFF, OTHER, STAGE)
    one, other = HEAD + "\n".join(FIVE), HEAD + "\n".join(reversed(FIVE))
    assert find(tmp_path, *columns, 小学=one, 初中=other) == [("初中", 2, "= 小学")]
    different = HEAD + "\n".join([*FIVE[:3], "2004|丁校|46|4", "2005|戊校|51|6"])
    assert find(tmp_path, *columns, 小学=one, 初中=different) == []
    assert find(tmp_path, *columns, 小学=one) == []


def test_a_key_says_which_rows_of_sheets_are_other_ones(tmp_path: Path) -> None:
    columns = (SCHOOL, NAME, STAFF, OTHER, STAGE)
    text = HEAD + "\n".join(FIVE)
    assert find(tmp_path, *columns, key=["school_code", "stage"], 小学=text, 初中=text) == []


def test_a_sheet_of_duplicates_is_found_under_a_key(tmp_path: Path) -> None:
    text = HEAD + "\n".join(FIVE)
    columns = (SCHOOL, NAME, STAFF, OTHER)
    assert find(tmp_path, *columns, key=["school_code"], 甲=text, 乙=text) == [("乙", 2, "")]
    more = HEAD + "\n".join([*FIVE[:2], "2006|己校|1|1", "2007|庚校|1|1"])
    assert find(tmp_path, *columns, key=["school_code"], 甲=text, 乙=more) == []
