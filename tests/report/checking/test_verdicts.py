"""A written number beside a value."""

from dataclasses import replace
from decimal import Decimal

import pytest

from flows.report.checking.numbers import Number, find_numbers
from flows.report.checking.verdicts import (
    cut_to,
    describe_value,
    find_difference,
    is_far,
    last_digit,
    round_to,
)


def number(text: str) -> Number:
    (found,) = find_numbers(text)
    return found


@pytest.mark.parametrize(
    ("text", "value", "is_same"),
    [
        ("99.99%", "99.996", True),  # the report cuts
        ("100.00%", "99.996", True),  # and others round
        ("99.98%", "99.996", False),
        ("1.4万名", "13963", True),
        ("1.3万名", "13963", False),
        ("1.5万名", "13963", False),
        ("9400余个", "9480", True),
        ("9400余个", "9500", False),
        ("9400余个", "9400", False),
        ("2000余名", "2932", True),
        ("近3000名", "2932", True),
        ("近4000名", "2932", False),
        ("约3000名", "2932", True),
        ("约3200名", "2932", False),
        ("2000至3000名", "2932", True),
        ("2000至2500名", "2932", False),
        ("不超过3000名", "2932", True),
        ("不超过2900名", "2932", False),
    ],
)
def test_a_number_is_the_value_as_far_as_it_is_written(
    text: str, value: str, is_same: bool
) -> None:
    assert (find_difference(number(text), Decimal(value), None) == "") is is_same


def test_what_the_warehouse_prints_is_always_right() -> None:
    printed = number("8万余人")
    assert find_difference(number("8万余人"), Decimal(95000), printed) == ""
    assert find_difference(number("8万人"), Decimal(85123), printed) == "不是整数，应写“余”或写实数"


@pytest.mark.parametrize(
    ("text", "counts"),
    [("2000余名", 1000), ("150余人", 10), ("9400余个", 100), ("1.4万余名", 1000)],
)
def test_the_last_digit_that_is_not_nought_says_how_far_a_yu_reaches(
    text: str, counts: int
) -> None:
    assert last_digit(number(text)) == counts


def test_the_last_digit_of_nought_is_its_step() -> None:
    assert last_digit(replace(number("0人"), value=Decimal(0))) == 1


def test_rounding_is_half_up_and_cutting_is_not() -> None:
    assert round_to(Decimal("123455000"), Decimal(10000)) == 123460000
    assert cut_to(Decimal("123459999"), Decimal(10000)) == 123450000


@pytest.mark.parametrize(
    ("says", "value", "far"),
    [("600", "4088", True), ("2000", "4088", False), ("0", "5", True), ("0", "0", False)],
)
def test_a_number_far_from_a_value_may_be_another_thing(says: str, value: str, far: bool) -> None:
    assert is_far(Decimal(says), Decimal(value)) is far


def test_a_value_that_is_printed_with_yu_is_told_whole() -> None:
    figure = {"text": "2000余名", "value": Decimal("2932.0000"), "unit": "名"}
    assert describe_value(figure) == "2000余名（2932名）"
    assert describe_value({**figure, "text": "2932名"}) == "2932名"
