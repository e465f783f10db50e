"""Notes on figures in doubt: office, file and due date."""

from pathlib import Path
from typing import Any

import pytest
from page_parts import DISTRICT, FUNDS, release
from report_parts import content, facts

from flows.releases.tables import ReleaseTables
from flows.report.notes import Notes


def note(root: Path, figure_id: str, part: int = 1, says: Any = None, **change: Any) -> str:
    made = release(root, content() | change, says or facts())
    tables = ReleaseTables.load(made.folder)
    (row,) = [r for r in tables.printed if (r["figure_id"], r["part"]) == (figure_id, part)]
    return Notes(tables, made.manifest).note_on(row)


def test_a_figure_beyond_doubt_has_no_note(tmp_path: Path) -> None:
    assert note(tmp_path, "4.1") == note(tmp_path, "4.7") == ""


def test_a_provisional_one_names_the_file_with_rows_in_quarantine(tmp_path: Path) -> None:
    assert note(tmp_path, "4.3", 3) == (
        "暂定：教育经费统计（2023），由财政局教科文股报送或更正，期限2024-04-30，经费.xlsx"
    )


def test_where_no_delivery_is_known_to_be_in_doubt_the_reason_stands(tmp_path: Path) -> None:
    rows = [{"district_code": "110101", "source": FUNDS, "period": "2023",
             "effect": "provisional"}]  # fmt: skip
    found = note(tmp_path, "4.3", 3, **{"internal/quarantine": rows})
    assert found == "暂定：3行数据待核，暂不计入，涉及42.00元"


def test_a_partial_one_names_what_not_all_units_sent(tmp_path: Path) -> None:
    rows = [{"district_code": DISTRICT, "source": FUNDS, "period": "2023", "is_received": False}]
    needs = [{"indicator_id": "part", "source": FUNDS, "year_offset": 0}]
    assert note(
        tmp_path, "4.5", **{"internal/int_units_expected": rows, "report_needs": needs}
    ) == ("部分上报：教育经费统计（2023），由财政局教科文股报送或更正，期限2024-04-30，经费.xlsx")


def test_a_missing_one_has_the_sentence_of_the_release(tmp_path: Path) -> None:
    gap = "教育经费统计(2021)缺失:由财政局教科文股于2022-04-30前报送,逾期未报"
    assert note(tmp_path, "4.4", says=facts(gaps=[gap])) == (
        "数据缺失：教育经费统计（2021）缺失：由财政局教科文股于2022-04-30前报送，逾期未报"
    )


@pytest.mark.parametrize("names", ["[]", '["not_covered"]', '["standards"]'])
def test_one_without_a_source_has_its_reason(tmp_path: Path, names: str) -> None:
    values = content()["report_values"]
    gone = next(row for row in values if row["indicator_id"] == "gone")
    gone["missing_sources"] = names
    assert note(tmp_path, "4.4", report_values=values) == "数据缺失：缺一份。"
