"""The formulas in decimal arithmetic, against fractions and against values worked out by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import floor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.lineage.formulas import (
    all_met,
    coefficient_of_variation,
    count_unmet,
    difference,
    entitlement,
    funded_students,
    growth,
    meets,
    ratio,
    required_hours_times_60,
    total,
)

AMOUNTS = st.integers(-(10**18), 10**18).map(lambda fen: Decimal(fen).scaleb(-2))
COUNTS = st.integers(1, 10**18).map(Decimal)
WORDS = ("达标", "未达标", "无法判定", "不适用", "无标准")


def half_up(value: Fraction) -> Fraction:
    """Round at ten decimals, ties away from zero, with whole numbers alone."""
    scaled = floor(abs(value) * 10**10 + Fraction(1, 2))
    return Fraction(scaled if value >= 0 else -scaled, 10**10)


def as_fraction(value: Decimal | None) -> Fraction:
    """Give a rounded value exactly; it has ten decimals."""
    assert value is not None
    assert value.as_tuple().exponent == -10
    return Fraction(value)


@given(AMOUNTS, COUNTS, st.sampled_from([1, 12, 100]))
@example(Decimal(1), Decimal(2 * 10**10), 1)  # exactly half of the last digit
@example(Decimal(-1), Decimal(2 * 10**10), 1)
@example(Decimal(3), Decimal(2 * 10**10), 1)
def test_a_ratio_is_the_fraction_rounded_half_up(
    numerator: Decimal, denominator: Decimal, multiplier: int
) -> None:
    exact = multiplier * Fraction(numerator) / Fraction(denominator)
    assert as_fraction(ratio(numerator, denominator, multiplier)) == half_up(exact)


def test_what_cannot_be_judged_is_not_short() -> None:
    assert count_unmet(["达标", "未达标", "无法判定", "不适用", "无标准", "未达标"]) == 2
    assert count_unmet([]) == 0


BOOKS = [(279, 45), (137, 37), (935, 89), (160, 76), (402, 55)]  # and pupils, of five schools


@pytest.mark.parametrize(
    ("schools", "by_how_much"),
    [
        (BOOKS, "0.5152566298"),  # by schools alone it would be 0.4888, and pass
        ([(10, 10), (30, 30)], "0"),  # the same for every pupil
        ([(1, 10), (3, 10)], "0.5"),  # half above and half below: 1 and 3 about 2
        ([(0, 1), (1, 0)], None),  # a school without pupils
        ([(0, 10), (0, 30)], None),  # nothing to differ in
        ([], None),
    ],
)
def test_schools_differ_by_the_pupils_that_they_have(
    schools: list[tuple[int, int]], by_how_much: str | None
) -> None:
    found = coefficient_of_variation((Decimal(has), Decimal(pupils)) for has, pupils in schools)
    assert found == (None if by_how_much is None else Decimal(by_how_much))


@given(AMOUNTS, AMOUNTS.filter(lambda amount: amount > 0))
def test_growth_is_the_fraction_rounded_half_up(later: Decimal, earlier: Decimal) -> None:
    exact = 100 * (Fraction(later) - Fraction(earlier)) / Fraction(earlier)
    assert as_fraction(growth(later, earlier)) == half_up(exact)


@pytest.mark.parametrize("multiplier", [1, 12, 100])
def test_nothing_is_divided_by_zero(multiplier: int) -> None:
    assert ratio(Decimal(5), Decimal(0), multiplier) is None
    assert ratio(Decimal(0), Decimal(0), multiplier) is None
    assert growth(Decimal(5), Decimal(0)) is None


def test_sums_and_differences_are_exact() -> None:
    assert total(Decimal("20690193.50"), Decimal(1)) == Decimal("20690193.50")
    assert difference(Decimal("20690193.50"), Decimal(20544000)) == Decimal("146193.50")


def test_all_are_met_only_if_each_is_met_that_has_a_standard() -> None:
    for judgements in product(WORDS, repeat=3):
        counted = {word for word in judgements if word not in ("不适用", "无标准")}
        if "未达标" in counted:
            expected = "未达标"
        elif counted == {"达标"}:
            expected = "达标"
        else:
            expected = "无法判定"
        assert all_met(judgements) == expected, judgements
    assert all_met([]) == "无法判定"


@pytest.mark.parametrize(
    ("students", "special", "expected"),
    [(640, 3, (637, 3)), (86, 0, (100, 0)), (60, 1, (99, 1)), (0, 0, (0, 0)), (99, 0, (100, 0)),
     (100, 0, (100, 0)), (101, 0, (101, 0)), (1, 1, (99, 1))],
)  # fmt: skip
def test_the_floor_comes_before_special_needs(
    students: int, special: int, expected: tuple[int, int]
) -> None:
    found = funded_students(students, special, is_special=False, is_compulsory=True, floor=100)
    assert found == expected


def test_outside_the_compulsory_stages_there_is_no_floor() -> None:
    found = funded_students(30, 2, is_special=False, is_compulsory=False, floor=100)
    assert found == (30, 0)
    assert funded_students(6, 6, is_special=True, is_compulsory=False, floor=100) == (0, 6)


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 200))
def test_pupils_with_special_needs_are_counted_once(
    students: int, special: int, floor_of: int
) -> None:
    special = min(special, students)
    funded, apart = funded_students(
        students, special, is_special=False, is_compulsory=True, floor=floor_of
    )
    assert funded + apart == (max(students, floor_of) if students else 0)
    assert apart == special


def test_a_schools_entitlement_is_half_by_each_terms_standard() -> None:
    # 637 pupils and 3 with special needs in spring and autumn, and a point of 100 with 12 boarders:
    # 476,640 + 75,600, as worked out in tiny_district.
    spring_and_autumn = 2
    owed = [
        (637 * spring_and_autumn, Decimal(720)),
        (3 * spring_and_autumn, Decimal(6000)),
        (100 * spring_and_autumn, Decimal(720)),
        (12 * spring_and_autumn, Decimal(300)),
    ]
    assert entitlement(owed) == Decimal("552240.00")
    assert entitlement([(1, Decimal("0.01"))]) == Decimal("0.01")  # half a fen, up
    assert entitlement([]) == 0


@pytest.mark.parametrize(("months", "hours"), [(60, 360), (61, 360), (45, 270), (16, 96), (0, 0)])
def test_hours_are_owed_for_the_months_in_post(months: int, hours: int) -> None:
    assert required_hours_times_60(Decimal(360), months) == 60 * hours


@pytest.mark.parametrize(
    ("cell", "wanted", "is_met"),
    [
        ("法治", "法治", True),
        ("法治", ["劳动", "研学"], False),
        (None, "法治", False),
        (True, True, True),
        (None, False, False),
        (None, {"given": False}, True),
        ("x", {"given": True}, True),
        (date(2023, 12, 31), {"by": "period_end"}, True),
        (date(2024, 1, 1), {"by": "period_end"}, False),
        (None, {"by": "period_end"}, False),
        (date(2023, 12, 31), {"after": "period_end"}, False),
        (None, {"after": "period_end"}, True),
        (date(2021, 1, 1), {"within_years": 3}, True),
        (date(2020, 12, 31), {"within_years": 3}, False),
        (date(2024, 1, 1), {"within_years": 3}, False),
        (date(2023, 6, 30), {"months": [1, 6]}, True),
        (date(2023, 7, 1), {"months": [1, 6]}, False),
    ],
)
def test_a_condition_of_a_register_is_met_or_not(cell: Any, wanted: Any, is_met: bool) -> None:
    assert meets(cell, wanted, 2023) is is_met
