"""Values of a release with their definitions, as what-if reads them, written out in full."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.releases.tables import ReleaseTables, key_of

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
    return {"indicator_id": identity, "title_zh": identity, "better": "higher",
            "formula": formula, "multiplier": "1", "numerator": None,
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
