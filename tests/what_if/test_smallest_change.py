"""How little would have to be another, from values whose answers are worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest
from what_if_parts import FACTS, tables_of, value

from flows.what_if.smallest_change import smallest_changes


def sentences(rows: list[dict[str, Any]], comparison: str = ">=") -> list[str]:
    return [
        change.sentence for change in smallest_changes(rows[0], tables_of(rows, comparison), FACTS)
    ]


def test_money_per_student_lacks_yuan_or_has_pupils_too_many() -> None:
    # 2 × 35,000.01 / 100 half-years = 700.0002 against 720: owed 36,000, so 999.99 lack;
    # 70,000.02 / 720 = 97.22 half-years could be paid: 2.78 less, which are two pupils of a year.
    row = value("per_student", "700.0002", over="35000.01", by="100", standard="720")
    assert sentences([row]) == [
        "公用经费支付金额增加 999.99 元",
        "核定学生减少 2 人（全年在校）",
    ]


def test_a_share_lacks_persons_who_meet_it() -> None:
    # 90 of 101 is 89.1 %; 95 % of 101 is 95.95, so 96 must meet it.
    row = value("trained_share", "89.1089108911", over="90", by="101", standard="95")
    assert sentences([row]) == ["学时达标的人增加 6 人"]


def test_what_must_be_low_has_too_many_large_classes() -> None:
    # 8 of 100 classes are large, at most 5 may be; with 60 classes more 8 of 160 are 5 %.
    row = value("large_share", "8", over="8", by="100", standard="5")
    assert sentences([row], "<=") == ["大班额班数减少 3 个", "班数增加 60 个"]


def test_a_growth_per_student_is_made_by_the_later_year() -> None:
    # Before 1,000 per student; now 2 × 49,500 / 100 = 990: 500 yuan more, or 99 half-years.
    rows = [
        value("growth", "-1", over="-10", by="1000", standard="0"),
        value("per_student", "990", over="49500", by="100"),
        value("per_student", "1000", over="50000", by="100", period="2022"),
    ]
    assert sentences(rows) == ["公用经费支付金额增加 500.00 元", "核定学生减少 1 人（全年在校）"]


def test_an_increase_lacks_the_difference() -> None:
    rows = [
        value("increase", "-12.34", over="-12.34", standard="0"),
        value("money", "87.66", over="87.66"),
        value("money", "100", over="100", period="2022"),
    ]
    assert sentences(rows) == ["公用经费支付金额增加 12.34 元"]


@pytest.mark.parametrize("number", ["720", "800"])
def test_what_meets_its_standard_needs_nothing(number: str) -> None:
    over = str(Decimal(number) * 50)
    assert sentences([value("per_student", number, over=over, by="100", standard="720")]) == []


def test_what_is_not_known_or_has_no_standard_is_not_reckoned() -> None:
    missing = value("per_student", "1", standard="720") | {"value": None}
    assert sentences([missing]) == []
    assert sentences([value("per_student", "1", over="1", by="1")]) == []
    growth_alone = value("growth", "-1", over="-10", by="1000", standard="0")
    assert sentences([growth_alone]) == []
