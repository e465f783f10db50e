"""Schools that miss a standard: counted from rows of schools, never from those of persons."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from page_parts import DISTRICT, indicator, release, standard, value
from report_parts import content, facts

from flows.releases.tables import ReleaseTables, Row
from flows.report.schools import schools_that_miss


def class_row(school: str, classes: int, large: int, **change: Any) -> dict[str, Any]:
    return {
        "district_code": DISTRICT, "year": 2023, "stage": "普通小学", "school_code": school,
        "classes": classes, "large": large,
    } | change  # fmt: skip


ROWS = (
    class_row("1", 10, 0), class_row("2", 10, 1), class_row("3", 10, 10),
    class_row("4", 10, 1, year=2022), class_row("5", 10, 1, stage="普通初中"),
    class_row("6", 10, 1, district_code="110101"), class_row("", 10, 1),
)  # fmt: skip
Loaded = Callable[..., tuple[ReleaseTables, Row]]


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Load a release with a share of large classes and its fact."""

    def load(unit: str = "个", of: str = "int_c.classes", sign: str = "<=") -> Any:
        unit_row = {
            "district_code": DISTRICT, "source": "x", "period": "x", "is_received": True,
        }  # fmt: skip
        units = [
            unit_row | {"school_code": code, "school_name": f"第{code}小学"} for code in "1235"
        ]
        given = content()
        given["report_indicators"] = [
            indicator("share", numerator="int_c.large", denominator=of, formula="ratio")
        ]
        given["standards"] = [
            standard("total", "5", standard_id="s", comparison=sign, applies_by="year")
        ]
        given["internal/facts/int_c"] = list(ROWS)
        given["internal/int_units_expected"] = units
        measure = {"unit": unit, "is_of_persons": None}
        says = facts(facts={"int_c": {"measures": {"large": measure, "classes": measure}}})
        made = release(tmp_path, given, says)
        return ReleaseTables.load(made.folder), made.manifest

    return load


def share(member: str = "普通小学") -> Row:
    return value("share", member, standard_id="s", standard_value=Decimal(5))


def names(loaded: Sequence[Any], of: Row) -> list[str]:
    return schools_that_miss(loaded[0], loaded[1], of)


def test_schools_with_what_must_not_be_there_are_named(loaded: Loaded) -> None:
    assert names(loaded(), share()) == ["第2小学", "第3小学"]
    assert names(loaded(), share("total")) == ["第2小学", "第3小学", "第5小学"]


def test_schools_that_lack_what_must_be_there_are_named(loaded: Loaded) -> None:
    assert names(loaded(sign=">="), share()) == ["第1小学", "第2小学"]


@pytest.mark.parametrize("unit", ["人", "名", "人次", "元", ""])
def test_nothing_is_told_where_persons_or_money_are_counted(loaded: Loaded, unit: str) -> None:
    assert names(loaded(unit=unit), share()) == []


@pytest.mark.parametrize("of", [None, "int_d.classes", "int_c.nothing"])
def test_nothing_is_told_where_the_parts_are_of_two_facts(loaded: Loaded, of: str | None) -> None:
    assert names(loaded(of=of), share()) == []
