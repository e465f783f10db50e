"""Tests of numbers as people read them."""

from decimal import Decimal

import pytest

from flows.exports.html.numbers import (
    compare_numbers,
    find_unit,
    is_printed_whole,
    write_exactly,
    write_in,
    write_precisely,
    write_rounded,
    write_short,
)

YUAN = {"unit": "元", "margin": None, "value": Decimal("123450000")}
PERCENT = {"unit": "%", "margin": None, "value": Decimal("1.6")}
MONEY = {"decimals": 2}


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (write_rounded(Decimal("2.345"), 2), "2.35"),
        (write_rounded(Decimal("-2.345"), 2), "−2.35"),
        (write_rounded(Decimal("-0.001"), 2), "0.00"),
        (write_rounded(Decimal("0.001"), 2, signed=True), "0.00"),
        (write_rounded(Decimal("1234567.8"), 0), "1,234,568"),
        (write_exactly(Decimal("720.0000")), "720"),
        (write_exactly(Decimal("1E+3")), "1,000"),
        (write_exactly(Decimal("2.5"), 2), "2.50"),
        (write_precisely(Decimal("723.6773744"), {"margin": None}, {"decimals": 2}), "723.6774"),
        (write_precisely(Decimal("99.99999"), {"margin": Decimal("-0.00001")}, {"decimals": 2}),
         "99.99999"),
    ],
)  # fmt: skip
def test_numbers_are_written_for_people(number: str, shown: str) -> None:
    assert number == shown


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("12345万元", YUAN, ("万元", 4, 0)),
        ("1.23亿元（暂定）", YUAN, ("亿元", 8, 2)),
        ("3000余人", {"unit": "人"}, ("人", 0, 0)),
        ("0.06%", PERCENT, ("%", 0, 2)),
        ("数据缺失", YUAN, ("元", 0, 2)),
    ],
)
def test_the_unit_of_a_value_is_the_one_in_which_it_is_printed(
    text: str, value: dict[str, object], unit: tuple[str, int, int]
) -> None:
    assert find_unit(text, value) == unit


def test_a_distance_between_percentages_is_in_percentage_points() -> None:
    unit = find_unit("1.60%", PERCENT)
    assert write_in(unit, Decimal("-0.5"), PERCENT, MONEY, signed=True) == "−0.50个百分点"
    assert compare_numbers(unit, Decimal("1.6"), Decimal("2.1"), PERCENT, MONEY) == (
        "比上年下降0.50个百分点"
    )


def test_a_change_is_told_in_the_printed_unit_and_in_percent() -> None:
    unit = find_unit("12345万元", YUAN)
    told = compare_numbers(unit, Decimal("123450000"), Decimal("100000000"), YUAN, MONEY)
    assert told == "比上年增加2,345万元，增长23.45%"
    assert compare_numbers(unit, Decimal(1), Decimal(1), YUAN, MONEY) == "与上年持平"
    from_nothing = compare_numbers(unit, Decimal("10000"), Decimal(0), YUAN, MONEY)
    assert from_nothing == "比上年增加1万元"


def test_what_is_short_is_not_rounded_to_nothing() -> None:
    unit = find_unit("12345万元", YUAN)
    assert write_short(unit, Decimal("123454999"), YUAN, MONEY) == "12,345万元"
    assert write_short(unit, Decimal("-0.01"), YUAN, MONEY, signed=True) == "−0.000001万元"


def test_a_rounded_text_is_not_the_whole_value() -> None:
    assert is_printed_whole("12345万元", YUAN)
    assert not is_printed_whole("12345万元", YUAN | {"value": Decimal("123450001")})
    assert not is_printed_whole("1万余元", YUAN)
