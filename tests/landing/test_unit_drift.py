"""Units that are far from what they were: told, with the money that is in doubt, and no others."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from contract_parts import changed_contract
from drift_parts import Received, received
from reading_parts import NAME, OTHER, SCHOOL, STAFF, contract_of

from flows.landing.outcome import Outcome
from flows.quality.waivers import Waiver

__all__ = ["received"]
STAGE = {"name": "stage", "data_type": "string", "captions": ["学段"], "role": "member"}
PUPILS = {"name": "pupils", "data_type": "int", "captions": ["人数"]}
FUNDS = (SCHOOL, NAME, STAFF, OTHER)
SCHOOLS = {f"20{n}": 10_000 * n for n in range(10, 40)}  # what each has for its staff
PERSONS = {f"20{n}": 20 * n for n in range(10, 40)}


def funds(**other: float) -> str:
    """Write what each school has; one of nothing is left out."""
    amounts = SCHOOLS | {code.removeprefix("s"): amount for code, amount in other.items()}
    lines = [
        f"{code}|{code}校|{amount:.2f}|{100 * (place % 3)}"
        for place, (code, amount) in enumerate(amounts.items())
        if amount
    ]
    return "\n".join(["代码|学校|人员|公用", *lines])


def census(**other: int) -> str:
    """Write a row for each pupil of a few schools."""
    schools = {"2010": 1721, "2011": 300, "2012": 25, "2013": 90, "2014": 12}
    schools |= {code.removeprefix("s"): count for code, count in other.items()}
    lines = [f"{code}|{n}|小学" for code, count in schools.items() for n in range(count)]
    return "\n".join(["代码|学校|学段", *lines])


@pytest.fixture
def of_funds(received: Received) -> Received:
    received.contract = contract_of(*FUNDS, read={"unit": "元"})
    return received


@pytest.fixture
def of_pupils(received: Received) -> Received:
    period = {"kind": "census_day", "month_day": "09-01"}
    received.contract = contract_of(SCHOOL, NAME, STAGE, read={}, period=period)
    return received


def doubts(verdict: Outcome) -> list[tuple[Any, ...]]:
    """Give of each doubt its rule, unit, member and amount."""
    return [
        (doubt["rule"], doubt["unit"], doubt["member"], doubt["amount"])
        for doubt in verdict.details["doubts"]
    ]


def doubts_by_period(received: Received) -> dict[str, list[str]]:
    """Give the units in doubt of each period."""
    return {
        period: [doubt["unit"] for doubt in verdict.details["doubts"]]
        for (_, period, _), verdict in received.verdicts().items()
        if verdict.details["doubts"]
    }


def test_money_of_a_unit_is_compared_with_the_year_before(of_funds: Received) -> None:
    of_funds.take(funds(), period="2022")
    of_funds.take(funds(s2015=1_500_000), name="b.xlsx", day="2024-02-01")
    verdict = of_funds.verdict()
    assert verdict.accepted
    assert doubts(verdict) == [("unit_far", "2015", None, "1350000.00")]
    assert verdict.details["doubts"][0]["reason"] == "2015与2022相差过大"
    assert of_funds.found() == {"unit_far": ["staff_yuan 2015 × 10 (2022)"]}
    assert doubts_by_period(of_funds) == {"2023": ["2015"]}  # 2022 was relied on before


def test_of_two_years_that_came_on_one_day_neither_is_known_to_be_right(of_funds: Received) -> None:
    of_funds.take(funds(s2015=15_000), period="2022")
    of_funds.take(funds(), name="b.xlsx")
    assert doubts_by_period(of_funds) == {"2022": ["2015"], "2023": ["2015"]}


@pytest.mark.parametrize("wrong", ["2021", "2022", "2023"])
def test_of_three_years_the_odd_one_is_in_doubt_alone(of_funds: Received, wrong: str) -> None:
    for period in ("2021", "2022", "2023"):
        text = funds(s2015=1_500_000) if period == wrong else funds()
        of_funds.take(text, period=period, name=f"{period}.xlsx")
    assert doubts_by_period(of_funds) == {wrong: ["2015"]}


def test_what_has_been_so_for_two_years_is_in_no_doubt(of_funds: Received) -> None:
    for period, amount in (("2020", 1e5), ("2021", 1e5), ("2022", 9e5), ("2023", 9e5)):
        of_funds.take(funds(s2015=amount), period=period, name=f"{period}.xlsx")
    assert doubts_by_period(of_funds) == {}


@pytest.mark.parametrize(
    ("amount", "is_told"),
    [(15_000, True), (0, True), (450_000, False), (40_000, False), (650_000, True), (37_000, True)],
)
def test_a_unit_is_compared_with_the_last_file_of_its_period(
    of_funds: Received, amount: int, is_told: bool
) -> None:
    """150,000 before; a fall to a tenth, or none at all, is told, and a third is not."""
    of_funds.take(funds())
    of_funds.take(funds(s2015=amount), name="b.xlsx")
    expected = [("unit_far", "2015", None, f"{abs(amount - 150_000):.2f}")] if is_told else []
    # What was nothing before has no more to lose; of a unit that is gone all columns are.
    if not amount:
        expected = [("unit_far", "2015", None, None)]
    assert doubts(of_funds.verdict()) == expected


def test_a_file_in_doubt_is_none_with_which_others_are_compared(of_funds: Received) -> None:
    for amount in (150_000, 1_500_000, 1_500_001, 151_000):
        of_funds.take(funds(s2015=amount), name=f"{amount}.xlsx")
    told = [bool(verdict.details["doubts"]) for verdict in of_funds.verdicts().values()]
    assert told == [False, True, True, False]


def test_an_office_answers_for_a_unit_by_a_waiver(of_funds: Received) -> None:
    days = date(2024, 1, 1), date(2024, 12, 31)
    waiver = Waiver("1", "finance.funds", None, "unit_far", None, None, None, None, "新校区", "局",
                    *days, unit="2015")  # fmt: skip
    of_funds.take(funds(), period="2022")
    of_funds.take(funds(s2015=1_500_000, s2016=1_600_000), name="b.xlsx")
    assert doubts(of_funds.verdict([waiver])) == [("unit_far", "2016", None, "1440000.00")]
    assert of_funds.verdict([waiver]).details["waived"][0]["number"] == "1"
    both = [waiver, replace(waiver, number="2", unit="2016")]
    assert doubts(of_funds.verdict(both)) == []
    other_rule = replace(waiver, rule="sums_far")
    assert len(doubts(of_funds.verdict([other_rule]))) == 2


def test_what_is_usual_for_a_column_is_told_of_no_unit(of_funds: Received) -> None:
    """Every school builds in one year and not in the next."""
    codes = [f"s{code}" for code in SCHOOLS]
    before = dict(zip(codes, (2e6 if place % 2 else 2e4 for place in range(30)), strict=True))
    after = dict(zip(codes, (2e4 if place % 2 else 2e6 for place in range(30)), strict=True))
    of_funds.take(funds(**before), period="2022")
    of_funds.take(funds(**after), name="b.xlsx")
    assert doubts_by_period(of_funds) == {}


@pytest.mark.parametrize(
    ("school", "count", "is_told"),
    [
        ("s2010", 1, True), ("s2010", 800, True), ("s2010", 1000, False), ("s2010", 4000, False),
        ("s2011", 1000, True), ("s2011", 100, True), ("s2012", 1, True), ("s2012", 14, False),
        ("s2012", 60, False), ("s2012", 90, True), ("s2014", 4, False), ("s2014", 30, False),
    ],
)  # fmt: skip
def test_pupils_of_a_school_are_compared_as_many_as_there_are(
    of_pupils: Received, school: str, count: int, is_told: bool
) -> None:
    of_pupils.take(census(), period="2022-09-01")
    of_pupils.take(census(**{school: count}), period="2023-09-01", name="b.xlsx", day="2024-02-01")
    expected = [("unit_far", school.removeprefix("s"), "小学", None)] if is_told else []
    assert doubts(of_pupils.verdict()) == expected


def test_schools_that_open_close_or_merge_are_told_by_who_must_report(of_pupils: Received) -> None:
    """Who must report each year is known from the list of schools."""
    units = {"column": "school_code", "expected": "schools_with_pupils"}
    of_pupils.contract = changed_contract(of_pupils.contract, units=units)
    of_pupils.take(census(), period="2022-09-01")
    of_pupils.take(census(s2011=0, s2013=170, s2099=400), period="2023-09-01", name="b.xlsx")
    assert doubts_by_period(of_pupils) == {}
    of_pupils.take(census(s2011=0, s2013=0, s2099=400), period="2023-09-01", name="c.xlsx")
    assert doubts(of_pupils.verdict()) == [("unit_far", "2013", "小学", None)]


def test_counts_of_a_unit_are_compared_too(received: Received) -> None:
    received.contract = contract_of(SCHOOL, NAME, PUPILS, read={})
    lines = ["|".join([code, f"{code}校", str(count)]) for code, count in PERSONS.items()]
    received.take("\n".join(["代码|学校|人数", *lines]), period="2022")
    lines[5] = "2015|2015校|3"
    received.take("\n".join(["代码|学校|人数", *lines]), name="b.xlsx", day="2024-02-01")
    assert doubts_by_period(received) == {"2023": ["2015"]}
    assert received.found()["unit_far"] == ["pupils 2015 ÷ 100 (2022)"]


def test_a_file_ten_thousand_times_too_large_makes_all_of_it_doubtful(of_funds: Received) -> None:
    """And what each unit has is no news besides."""
    of_funds.take(funds(), period="2022")
    ten_thousand = {f"s{code}": 6_000 * amount for code, amount in SCHOOLS.items()}
    of_funds.take(funds(**ten_thousand), name="b.xlsx", day="2024-02-01")
    assert doubts(of_funds.verdict()) == [("sums_out_of_scale", None, None, None)]
    assert of_funds.verdict().accepted


def test_a_part_that_lacks_what_another_part_holds_is_in_no_doubt(received: Received) -> None:
    received.contract = contract_of(*FUNDS, read={"unit": "元"}, parts=True)
    head, *lines = funds().splitlines()
    for line in lines:
        received.take(f"{head}\n{line}", name=f"{line[:4]}.xlsx")
    assert doubts_by_period(received) == {}
    received.take(f"{head}\n2015|2015校|1500000|0", name="2015.xlsx")
    assert doubts_by_period(received) == {"2023": ["2015"]}
