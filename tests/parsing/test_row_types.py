"""What a row is: repeated headers of one or several rows, rows that number the columns, data."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_parts import NAME, OTHER, SCHOOL, STAFF, contract_of, read_sheets

from flows.parsing.headers import Header
from flows.parsing.row_types import RowClassifier

CAPTIONS = ("代码", "学校", "教育事业费/人员", "教育事业费/公用", "基建")


def kinds(*captions: str, **read: Any) -> RowClassifier:
    positions = {"school_code": 0, "school_name": 1}
    return RowClassifier(contract_of(read=read), Header(1, captions or CAPTIONS, positions, 1))


DATA = ["1001", "一小", 5, 6, 7]


@pytest.mark.parametrize(
    ("row", "below", "within"),
    [
        (["甲", "乙", 1, 2, 3], "columns_row", "columns_row"),
        (["栏次", None, 9, 10, 11], "columns_row", "columns_row"),
        (["1", "2", "3", "4", "5"], "columns_row", None),
        ([1.0, 2.0, 3.0, 4.0, 5.0], "columns_row", None),
        (["(1)", "(2)", "(3)", "(4)", "(5)=(3)+(4)"], "columns_row", None),
        (["A", "B", "1", "2", "3=1+2"], "columns_row", None),
        (["(a)", "(b)", "(c)", "(d)", "(e)"], "columns_row", None),
        (["1", "一小", "3", "4", "5"], None, None),
        (["1", "2", "4", "5", "6"], None, None),
        (["2", "3", "4", "5", "6"], None, None),
        (["1", None, "2", None, None], None, None),
        (["甲", "乙校", 1, 2, 3], None, None),
        (["B", "A", "1", "2", "3"], None, None),
    ],
)
def test_a_row_numbers_the_columns_below_a_header_or_by_its_signs(
    row: list[Any], below: str | None, within: str | None
) -> None:
    assert kinds().classify(row) == below
    later = kinds()
    assert later.classify(DATA) is None
    assert later.classify(row) == within


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["代码", "学校", "教育事业费", None, "基建"], "header"),
        (["代码", "学校", "教育事业费/人员", "教育事业费/公用", "基建"], "header"),
        (["代 码", "学　校", "教育事业费", "教育事业费", "基建"], "header"),
        ([None, None, "人员", "公用", None], "header"),
        (["代码", None, None, None, None], None),
        (["代码", "学校", "人员", "公用", "基建", "附注"], "other_header"),
        (["学校", "代码", "教育事业费", None, "基建"], "other_header"),
        (["1001", "学校", 1, 2, 3], None),
    ],
)
def test_a_header_is_repeated_whole_or_row_by_row(row: list[Any], kind: str | None) -> None:
    known = kinds()
    known.classify(DATA)
    assert known.classify(row) == kind


def test_below_a_repeated_header_its_other_rows_and_numbers_are_expected() -> None:
    known = kinds()
    rows = [DATA, ["代码", "学校", "教育事业费", None, "基建"], [None, None, "人员"], [None],
            ["1", "2", "3", "4", "5"], ["1", "2", "3", "4", "5"], DATA,
            ["1", "2", "3", "4", "5"]]  # fmt: skip
    assert [known.classify(row) for row in rows] == [
        None, "header", "header", "blank", "columns_row", "columns_row", None, None,
    ]  # fmt: skip


CELLS = st.sampled_from(
    ["1001", "一小", "甲", "代码", "学校", "注:", "合计", "合 计", "#其中", "total", " ", "", None,
     "1", "备注", "人员", 1, 1.0, 2.0, True]
)  # fmt: skip
SPECIAL = st.sampled_from(
    [DATA, ["甲", "乙", 1, 2, 3], ["栏次", None, 9, 10, 11],
     ["代码", "学校", "教育事业费", None, "基建"], [None, None, "人员", "公用", None],
     ["1", "2", "3", "4", "5"], ["1", "合计", 3]]
)  # fmt: skip


@given(
    rows=st.lists(SPECIAL | st.lists(CELLS, max_size=5), max_size=30),
    column=st.sampled_from(["school_code", "school_name", "absent"]),
    patterns=st.sampled_from([{}, {"footer": "^注"}, {"subsets": "^#", "footer": "^t"}]),
)
def test_many_rows_are_of_the_kinds_that_each_is_of_alone(
    rows: list[list[Any]], column: str, patterns: dict[str, str]
) -> None:
    words = {"labels": ["合计", "total", "1"], "column": column}
    alone, together = (kinds(totals=words, **patterns) for _ in range(2))
    expected = {
        place: kind
        for place, row in enumerate(rows)
        if (kind := alone.classify(row, rows[:place], rows[place + 1 : place + 5]))
    }
    assert together.classify_rows(rows) == expected


def test_a_page_that_is_printed_again_and_again_lands_its_data_alone() -> None:
    page = """
        代码|学校|教育事业费|.|基建
        .|.|人员|公用|.
        甲|乙|1|2|3=1+2
        {0}1|甲{0}校|10|1|5
        {0}2|乙{0}校|20|2|6
        .|.|.|.|.
    """
    staff = {**STAFF, "captions": ["教育事业费/人员"]}
    other = {**OTHER, "captions": ["公用", "教育事业费/公用"]}
    parsed = read_sheets(
        contract_of(SCHOOL, NAME, staff, other, read={}),
        表="\n".join(page.format(number) for number in (1, 2, 3)),
    )
    assert parsed.landed == 6
    assert parsed.table()["school_code"].to_pylist() == ["11", "12", "21", "22", "31", "32"]
    assert parsed.skipped["columns_row"] == 3
    assert parsed.skipped["header"] == 6


def test_a_label_of_several_words_is_known_in_the_first_column() -> None:
    totals = {"column": "school_code", "labels": ["County total", "合计"]}
    rows = [["A 1", 1], ["County  total", 2], ["Countytotal", 3], ["County", 4], ["合 计", 5]]
    found = kinds("Code", "Number", totals=totals)
    found.is_below_header = False
    assert found.classify_rows(rows[:4]) == {1: "total", 2: "total"}
    assert found.classify_rows(rows) == {1: "total", 2: "total", 4: "total"}
