"""Checks declared in a line of a contract: each on a file that breaks it and one that does not."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reading_parts import NAME, SCHOOL, STAFF, TOTALS, contract_of, sheet, workbook
from suite_parts import NOTES, READINGS

from flows.common.errors import ZipingError
from flows.common.parquet import rows_at
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.contracts.schema import check_contracts
from flows.landing.load import Landing, land
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
    return land(path, delivery, wanted, load_suite(suite, READINGS), lambda text: text, folder)


def told(landing: Landing) -> list[tuple[str, str, int, str, str]]:
    """Give what failed: rule, sheet, row, column and what it is compared with."""
    return [
        (one["type"], place["sheet"], place["row"], place["column"], place.get("detail", ""))
        for one in landing.judgement.results
        if not one["success"]
        for place in one["places"]
    ]


TWO_AMOUNTS = """
    代码|学校|人员|公用
    0|全区|70000|11000
    1|城区片|30000|3000
    2|一小|10000|1000
    3|二小|20000|2000
    4|乡镇|40000|8000
    5|三小|15000|3000
    6|四小|25000|5000
"""
ONE_AMOUNT = """
    代码|学校|人员
    2|一小|1000
    3|二小|2000
    4|三小|3000
    {}
"""


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (TWO_AMOUNTS, [2, 3, 6]),
        (TWO_AMOUNTS.replace("|30000|3000", "|30000|4000"), [6]),
        (ONE_AMOUNT.format("1|合片|6000"), [5]),
        (ONE_AMOUNT.format("1|合片|6001"), []),
        (ONE_AMOUNT.format("1|两校|5000"), []),  # two parts of one measure may meet by chance
    ],
)
def test_a_group_total_among_the_units_is_found(text: str, rows: list[int], tmp_path: Path) -> None:
    columns = [SCHOOL, NAME, STAFF]
    columns += [{**STAFF, "name": "other_yuan", "captions": ["公用"]}] if "公用" in text else []
    checks = ["group_total_as_unit"]
    found = told(landed(contract_of(*columns, read={"checks": checks}), tmp_path, 表=text))
    names = ", ".join(one["name"] for one in columns[2:])
    assert found == [("group_total_as_unit", "表", row, names, "") for row in rows]
    assert told(landed(contract_of(*columns, read={}), tmp_path, 表=text)) == []


DISTRICTS = """
    区|代码|学校|人员
    甲|1|一小|900
    甲|2|二小|900
    乙|3|三小|700
    乙|4|四小|700
    丙|5|五小|{}
    丙|6|六小|300
"""


def test_the_money_of_a_district_on_each_of_its_schools_is_found(tmp_path: Path) -> None:
    lines = [f"{n}|校{n}|880000" for n in range(1, 6)]
    plain = contract_of(SCHOOL, NAME, STAFF, read={"checks": ["repeated_amount"]})
    whole = "代码|学校|人员\n" + "\n".join([*lines, "6|校6|100", "7|校7|200"])
    (found,) = told(landed(plain, tmp_path, 表=whole))
    assert found == ("repeated_amount", "表", 2, "staff_yuan", "5/7")
    fewer = "代码|学校|人员\n" + "\n".join([*lines[:3], "6|校6|100", "7|校7|200"])
    assert told(landed(plain, tmp_path, 表=fewer)) == []
    area = {"name": "area", "data_type": "string", "captions": ["区"]}
    read = {"checks": [{"repeated_amount": {"within": "area"}}]}
    within = contract_of(area, SCHOOL, NAME, STAFF, read=read)
    assert told(landed(within, tmp_path, 表=DISTRICTS.format(100))) == [
        ("repeated_amount", "表", 2, "staff_yuan", "2/3")
    ]
    other = DISTRICTS.format(100).replace("二小|900", "二小|901")
    assert told(landed(within, tmp_path, 表=other)) == []


def test_two_sheets_with_the_rows_of_one_are_found(tmp_path: Path) -> None:
    month = {"name": "month", "data_type": "string", "sheet_name": "^(.*)月$"}
    january = "代码|学校|人员\n1|一小|10\n2|二小|20\n3|三小|30"
    february = january.replace("20", "21").replace("30", "31")
    read = {"checks": ["same_rows"]}
    said = contract_of(SCHOOL, NAME, STAFF, month, read=read)
    copied = {"一月": january, "二月": february, "三月": january}
    assert told(landed(said, tmp_path, **copied)) == [("same_rows", "三月", 2, "", "= 一月")]
    assert told(landed(said, tmp_path, 一月=january, 二月=february)) == []
    plain = landed(contract_of(SCHOOL, NAME, STAFF, read=read), tmp_path, 甲=january, 乙=january)
    assert told(plain) == [("same_rows", "乙", 2, "", "= 甲")]
    keyed = contract_of(SCHOOL, NAME, STAFF, read=read, key=["school_code"])
    twice = landed(keyed, tmp_path, 甲=january, 乙=january)
    assert ("same_rows", "乙", 2, "", "") in told(twice)
    assert twice.row_count == 3, "and counted once"
    unasked = landed(contract_of(SCHOOL, NAME, STAFF, read={}), tmp_path, 甲=january, 乙=january)
    assert told(unasked) == [("equal_sheets", "乙", 2, "", "= 甲")]
    assert [doubt["amount"] for doubt in unasked.judgement.doubts] == [None]
    other = landed(contract_of(SCHOOL, NAME, STAFF, read={}), tmp_path, 甲=january, 乙=february)
    assert told(other) == []


SIZES = {"larger": "all_yuan", "smaller": "staff_yuan"}
TEXTS = {"codes": "school_code", "names": "school_name"}


@pytest.mark.parametrize(
    ("words", "text", "row"),
    [
        (SIZES, "1|一小|10|90\n2|二小|5|50\n3|三小|9|8", 2),
        (SIZES, "1|一小|90|10\n2|二小|5|50\n3|三小|9|8", None),
        (TEXTS, "一小|A1|2|1\n二小|A2|2|1\n3|三小|2|1", 2),
        (TEXTS, "A1|一小|2|1\nA2|二小|2|1\n3|三小|2|1", None),
    ],
)
def test_swapped_columns_are_found(
    words: Mapping[str, str], text: str, row: int | None, tmp_path: Path
) -> None:
    whole = {**STAFF, "name": "all_yuan", "captions": ["总额"]}
    read = {"checks": [{"swapped_columns": words}]}
    wanted = contract_of(SCHOOL, NAME, whole, STAFF, read=read)
    found = told(landed(wanted, tmp_path, 表=f"代码|学校|总额|人员\n{text}"))
    column = ", ".join(words.values())
    assert found == ([("swapped_columns", "表", row, column, "")] if row else [])


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
    (copy,) = [one for one in landing.reading.findings if one.rule == "exact_duplicate"]
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


@pytest.mark.parametrize(
    "checks",
    [
        [{"swapped_columns": {"larger": "a"}}],
        [{"swapped_columns": {"larger": "a", "names": "b"}}],
        [{"sums_far": {"factor": 1}}],
        ["same_rows", "same_rows"],
    ],
)
def test_a_check_that_is_not_whole_is_refused(checks: list[Any], tmp_path: Path) -> None:
    entry = contract_of(read={"checks": checks, "totals": TOTALS}).as_json()
    table = {"name": "funds", "config": {"meta": entry["meta"]}, "columns": []}
    content = {"sources": [{"name": "finance", "tables": [table]}]}
    path = tmp_path / "_finance__sources.yml"
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    with pytest.raises(ZipingError, match="checks"):
        check_contracts(path, content)
