"""How little would have to be another, from values whose answers are worked out by hand."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.releases.tables import ReleaseTables, key_of
from flows.what_if.smallest_change import smallest_changes

FACTS = {
    "int_money": {"measures": {"yuan": {"title": "公用经费支付金额", "unit": "元"}}},
    "int_people": {"measures": {"funded_half_years": {"title": "核定学生（每学期计1）",
                                                      "unit": "人·学期"},
                                "staff": {"title": "在岗教师", "unit": "人"},
                                "trained": {"title": "学时达标的人", "unit": "人"}}},
    "int_classes": {"measures": {"classes": {"title": "班数", "unit": "个"},
                                 "large": {"title": "大班额班数", "unit": "个"}}},
}  # fmt: skip
MEMBER = "普通小学"


def indicator(identity: str, formula: str, **words: Any) -> dict[str, Any]:
    return {"indicator_id": identity, "formula": formula, "multiplier": "1", "numerator": None,
            "denominator": None, "components": []} | words  # fmt: skip


INDICATORS = {
    found["indicator_id"]: found
    for found in (
        indicator("per_student", "ratio", multiplier="2", numerator="int_money.yuan",
                  denominator="int_people.funded_half_years"),
        indicator("trained_share", "share_meeting", multiplier="100",
                  numerator="int_people.trained", denominator="int_people.staff"),
        indicator("large_share", "ratio", multiplier="100", numerator="int_classes.large",
                  denominator="int_classes.classes"),
        indicator("growth", "growth", multiplier="100",
                  components=[{"id": "per_student", "year_offset": 0, "weight": 1},
                              {"id": "per_student", "year_offset": -1, "weight": -1}]),
        indicator("money", "sum", numerator="int_money.yuan"),
        indicator("increase", "difference",
                  components=[{"id": "money", "year_offset": 0, "weight": 1},
                              {"id": "money", "year_offset": -1, "weight": -1}]),
    )
}  # fmt: skip


def value(identity: str, number: str, *, over: str | None = None, by: str | None = None,
          standard: str | None = None, period: str = "2023") -> dict[str, Any]:  # fmt: skip
    return {
        "district_code": "519900", "evaluation_year": 2023, "indicator_id": identity,
        "period": period, "dimension": "stage", "member": MEMBER, "state": "actual",
        "value": Decimal(number), "numerator": over and Decimal(over),
        "denominator": by and Decimal(by), "standard_id": identity if standard else None,
        "standard_value": standard and Decimal(standard),
    }  # fmt: skip


def tables_of(values: Iterable[dict[str, Any]], comparison: str) -> ReleaseTables:
    tables = ReleaseTables(Path(), {})
    rows = list(values)
    standards = [
        {"standard_id": row["standard_id"], "stage": "total", "region_code": "CN",
         "valid_from": date(2000, 1, 1), "valid_to": None,
         "applies_by": "calendar_year", "comparison": comparison}
        for row in rows if row["standard_id"]
    ]  # fmt: skip
    tables.__dict__.update(
        values={key_of(row): row for row in rows}, indicators=INDICATORS, standards=standards
    )
    return tables


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
