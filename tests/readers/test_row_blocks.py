"""Rows that come in blocks: each is given once and in order, and never too many at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.readers import row_blocks
from flows.readers.row_blocks import RowBlocks, rows_at_once


@given(sizes=st.lists(st.integers(0, 4), max_size=8), alone=st.lists(st.booleans(), max_size=30))
def test_each_row_is_given_once_and_in_order_alone_or_with_others(
    sizes: list[int], alone: list[bool]
) -> None:
    starts = [sum(sizes[:place]) + 1 for place in range(len(sizes))]
    rows = RowBlocks(
        (range(start, start + size), [[str(number)] for number in range(start, start + size)])
        for start, size in zip(starts, sizes, strict=True)
    )
    before, row_blocks.ROWS_AT_ONCE = row_blocks.ROWS_AT_ONCE, 3
    try:
        found = []
        for is_alone in [*alone, *[False] * 20]:
            if is_alone:
                found += [one] if (one := next(rows, None)) else []
            else:
                numbers, many = rows.take()
                assert len(many) < 3 + max(sizes, default=0)
                found += zip(numbers, many, strict=True)
    finally:
        row_blocks.ROWS_AT_ONCE = before
    assert found == [(number, [str(number)]) for number in range(1, sum(sizes) + 1)]


@pytest.mark.parametrize(("width", "count"), [(0, 20_000), (13, 20_000), (1_000, 2_000),
                                              (16_384, 122), (9_000_000, 1)])  # fmt: skip
def test_of_a_wide_table_fewer_rows_are_in_memory(width: int, count: int) -> None:
    assert rows_at_once(width) == count
