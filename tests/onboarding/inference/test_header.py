"""Which rows of a sample are its header, and what is no more than a title of a group."""

from typing import Any

import pytest

from flows.onboarding.inference.header import find_header, is_time


def rows(text: str) -> list[tuple[int, list[Any]]]:
    return [(number, line.split(",")) for number, line in enumerate(text.splitlines(), start=1)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("学校标识码,金额\n2151000101,10\n", (0, 1)),
        ("样例表\n单位:元\n学校,金额\n甲校,10\n", (2, 1)),
        ("填报单位:,样例局,,,\n填报日期:,2024-01-08,,,\n校,码,数,甲,乙\n甲,1001,2,3,4\n", (2, 1)),
        ("校,经费,经费,数\n校,人员,公用,数\n甲校,1,2,3\n", (1, 2)),
        ("地区,2023年,2022年\n甲市,10,20\n", (0, 1)),
        ("地区,2023,2022\n甲市,10,20\n", (0, 1)),
        (",2023-24,2022-23,2021-22\n甲市,10,20,30\n", (0, 1)),
        ("表\n地区,人数,人数,班数,班数\n,2023Q1,2023Q2,2023Q1,2023Q2\n甲,5,9,2,4\n", (2, 2)),
        ("学校,开始,结束\n甲校,2023-09,2024-06\n乙校,2023-09,2024-06\n", (0, 1)),
        ("指标,班数\n甲,1\n一年级,5\n", (0, 1)),
        ("指标,代码,班数,生数\n甲,乙,1,2\n一年级,01,5,200\n", (0, 1)),
        ("学校,地址\n甲校,城东\n乙校,城西\n", (0, 1)),
        ("序号,校名,码\n一区,一区,一区\n1,甲校,2151000101\n2,乙校,2151000102\n", (0, 1)),
        ("1,2\n3,4\n", None),
        ("只有一列\n甲\n乙\n", None),
    ],
)
def test_the_header_is_what_stands_above_the_data(text: str, found: tuple[int, int] | None) -> None:
    assert find_header(rows(text)) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2006", True),
        ("2006年末", True),
        ("FY 2006", True),
        ("2006Q1", True),
        ("2006-07", True),
        ("2023年1月", True),
        ("1月", False),
        ("2050201", False),
        ("人数", False),
    ],
)
def test_a_caption_may_be_little_more_than_a_time(text: str, expected: bool) -> None:
    assert is_time(text) is expected
