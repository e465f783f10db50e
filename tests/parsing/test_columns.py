"""Columns read at once mean exactly what their cells mean one by one."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.contracts.model import Column
from flows.parsing.columns import REMEMBERED, KnownValues, make_reader, read_cells
from flows.parsing.values import Unreadable

AMOUNT = Column(
    name="amount_yuan", data_type="decimal(18,2)", captions=("金额",), role="amount", unit="元"
)
COLUMNS = [
    AMOUNT,
    Column(
        name="funds_yuan", data_type="decimal(18,2)", captions=("金额",), role="amount", unit="万元"
    ),
    Column(name="share", data_type="decimal(5,0)", captions=("比例",)),
    Column(name="voucher_no", data_type="string", captions=("凭证号",)),
    Column(name="remark", data_type="string", captions=("备注",)),
    Column(name="unit_code", data_type="string", captions=("单位",), take="code"),
    Column(name="unit", data_type="string", captions=("单位",), take="code"),
    Column(name="staff_id", data_type="string", captions=("工号",), person=True),
    Column(name="paid_on", data_type="date", captions=("日期",)),
    Column(name="rows", data_type="int", captions=("行数",)),
    Column(name="is_deleted", data_type="boolean", captions=("删除",)),
    Column(name="stage", data_type="string", captions=("学段",), values={"小学": "普通小学"}),
]
TEXTS = st.one_of(
    st.sampled_from(
        [
            "", " ", "1,234.50", "1234.5", "-1,000.00", "１２３．４５", "(12.30)", "¥1,000", "1e3",
            "12,34.5", "99999999999999999", "519900199001010019", "519900 19900101 001", "0",
            "工号SY000012", "样例一小", "样例 一小", " 样例", "205101-样例一小", "20230901",
            "2023-02-30", "2023年9月1日", "是", "否", "小学", "初中", "#REF!", "待核", "1.005",
            "12345678901234.56", "1E5", "'0205", "=\"0205\"", "a-b", "#N",
            "\u3000", "·", "1,234,567,890,123.45", "-0", "+5",
        ]
    ),
    st.from_regex(r"\A-?[0-9]{1,16}(\.[0-9]{0,4})?\Z"),
    st.from_regex(r"\A(G|0|校)?[0-9]{6} ?([0-9]{8} ?[0-9]{3}[0-9X]|[0-9]{9}) ?[0-9校]?\Z"),
    st.text(max_size=8),
)  # fmt: skip


def one_by_one(cells: list[Any], read: Callable[[Any], Any]) -> tuple[list[Any], list[int]]:
    values: list[Any] = []
    unreadable = []
    for place, cell in enumerate(cells):
        try:
            values.append(read(cell))
        except Unreadable:
            values.append(None)
            unreadable.append(place)
    return values, unreadable


def masked(text: object) -> str:
    return f"pseudonym of {len(str(text))}"


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
@settings(max_examples=60, deadline=None)
@given(blocks=st.lists(st.lists(TEXTS, max_size=20), max_size=3))
def test_a_column_of_texts_is_what_its_cells_are(column: Column, blocks: list[list[str]]) -> None:
    read, known = make_reader(column, None, masked), KnownValues()
    for cells in blocks:
        values, unreadable = read_cells(cells, read, column.data_type, known)
        assert (values.to_pylist(), unreadable) == one_by_one(cells, read)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-9, 9), st.floats(-9, 9))))
def test_a_column_of_a_workbook_is_what_its_cells_are(cells: list[Any]) -> None:
    read = make_reader(AMOUNT)
    values, unreadable = read_cells(cells, read, AMOUNT.data_type, {})
    assert (values.to_pylist(), unreadable) == one_by_one(cells, read)


def test_cells_that_are_equal_in_python_alone_are_different_cells() -> None:
    cells = [1, True, "1", 1.0, [1], {"a": 1}]
    values, unreadable = read_cells(cells, make_reader(AMOUNT), AMOUNT.data_type, {})
    assert values.to_pylist() == [Decimal(1), None, Decimal(1), Decimal(1), None, None]
    assert unreadable == [1, 4, 5]


def test_of_a_long_file_not_every_cell_is_remembered() -> None:
    known = KnownValues()
    for start in (0, REMEMBERED + 1):
        cells = [str(number) for number in range(start, start + REMEMBERED + 1)]
        read_cells(cells, make_reader(AMOUNT), AMOUNT.data_type, known)
    assert len(known) <= REMEMBERED + 2
