"""The definitions of indicators, read from what dbt parsed of a small project written out here."""

from typing import Any

import pytest

from flows.common.errors import ZipingError
from flows.warehouse.indicators import Definitions, metadata_rows
from flows.warehouse.outline import OutlineRow, outline_of
from flows.warehouse.withheld import withheld_columns, withheld_indicators


def model(
    name: str, meta: dict[str, Any], columns: dict[str, dict[str, Any]] | None = None
) -> dict[str, Any]:
    described = {column: {"name": column, "meta": own} for column, own in (columns or {}).items()}
    return {
        "name": name, "unique_id": f"model.ziping.{name}", "resource_type": "model", "meta": meta,
        "columns": described, "raw_code": f"select {name}", "depends_on": {"macros": []},
    }  # fmt: skip


def indicator(name: str, formula: str = "sum", **more: Any) -> dict[str, Any]:
    return {
        "id": name, "title_zh": name, "title_en": name, "unit": "元", "decimals": 2,
        "formula": formula, "dimension": "total", "period_kind": "calendar_year",
        "publish": "public", **more,
    }  # fmt: skip


def measured(fact: str, measure: str) -> dict[str, str]:
    return {"fact": fact, "measure": measure}


PARENTS = {
    "model.ziping.mart_funds": ["model.ziping.int_funds", "model.ziping.int_pupils"],
    "model.ziping.int_funds": ["source.ziping.finance.funds", "model.ziping.int_units"],
    "model.ziping.int_units": [
        "source.ziping.finance.notices", "source.ziping.schools.schools",
        "source.ziping.landing.districts",
    ],
    "model.ziping.int_pupils": ["model.ziping.int_enrolments", "source.ziping.schools.schools"],
    "model.ziping.int_enrolments": ["source.ziping.schools.students"],
    "model.ziping.int_activities": [
        "source.ziping.registers.activities", "source.ziping.schools.schools",
    ],
}  # fmt: skip


def manifest(*models: dict[str, Any]) -> dict[str, Any]:
    """Write a project: funds by the pupils of a year and of the one before, and a register."""
    per_pupil = indicator(
        "per_pupil",
        "ratio",
        numerator=measured("int_funds", "funds_yuan"),
        denominator=measured("int_pupils", "months"),
        dimension="stage",
        members=["普通小学", "普通初中"],
        derived=[{"id": "per_pupil_growth", "formula": "growth", "standard": "only_rise"}],
    )
    funds = indicator(
        "funds",
        numerator=measured("int_funds", "funds_yuan"),
        derived=[
            {"id": "only_rise", "formula": "all_met", "of": ["per_pupil_growth"]},
        ],
    )
    shipped = [
        model(
            "mart_funds",
            {},
            {
                "funds_yuan": {"indicator": funds},
                "per_pupil_yuan": {"indicator": per_pupil},
                "months": {"persons_unit": 12},
            },
        ),
        model(
            "int_funds",
            {"fact": {"source": "finance.funds", "dimensions": ["stage"]}},
            {
                "funds_yuan": {"measure": {"cells": ["amount"]}},
                "rows": {"measure": {"cells": [], "without": ["schools.schools"]}},
            },
        ),
        model("int_units", {"asks_only": ["finance.notices"]}),
        model(
            "int_pupils",
            {
                "fact": {
                    "source": "schools.students",
                    "dimensions": ["stage"],
                    "evidence": "files",
                },
                "reads_years": {"schools.students": [-1, 0]},
            },
            {"months": {"measure": {"cells": []}}},
        ),
        model("int_enrolments", {}),
        model(
            "int_activities",
            {
                "fact": {
                    "source": "registers.activities",
                    "defaults": {
                        "period_kind": "calendar_year",
                        "unit": "场",
                        "population": "台账",
                        "publish": "public",
                    },
                    "indicators": [
                        {"id": "events", "title_zh": "活动"},
                        {
                            "id": "law_share",
                            "title_zh": "法治",
                            "persons": True,
                            "of": {"where": {}},
                        },
                    ],
                }
            },
        ),
    ]
    nodes = {each["unique_id"]: each for each in [*shipped, *models]}
    names = {parent for own in PARENTS.values() for parent in own if parent.startswith("source")}
    sources = {
        name: {
            "source_name": name.split(".")[2],
            "name": name.split(".")[3],
            "meta": {"period": {"kind": "standing" if "schools.schools" in name else "year"}},
        }
        for name in names
    }
    parents = PARENTS | {each["unique_id"]: [] for each in models}
    return {"nodes": nodes, "sources": sources, "macros": {}, "parent_map": parents}


def outlined(figure: str, indicator_id: str, **more: str) -> OutlineRow:
    row = dict.fromkeys(OutlineRow.__dataclass_fields__, "")
    row |= {"framework": "sc", "year": "2023", "figure_id": figure, "indicator_id": indicator_id}
    row |= {"dimension": "total", "member": "total", "publish": "public", **more}
    return OutlineRow(**row)


def test_what_is_derived_inherits_its_members_and_rests_on_its_base() -> None:
    rows = metadata_rows(Definitions(manifest()), [])
    assert sorted(rows["components"]) == [
        ("events", "events", 0, False),
        ("funds", "funds", 0, False),
        ("law_share", "law_share", 0, False),
        ("only_rise", "only_rise", 0, False),
        ("only_rise", "per_pupil", -1, False),
        ("only_rise", "per_pupil", 0, False),
        ("only_rise", "per_pupil_growth", 0, True),
        ("per_pupil", "per_pupil", 0, False),
        ("per_pupil_growth", "per_pupil", -1, True),
        ("per_pupil_growth", "per_pupil", 0, True),
        ("per_pupil_growth", "per_pupil_growth", 0, False),
    ]
    members = {row[0]: row for row in rows["members"] if row[4] in ("total", "普通初中")}
    assert members["per_pupil_growth"][1:] == (
        "growth", "calendar_year", "stage", "普通初中", "mart_funds", None, None,
    )  # fmt: skip
    assert members["only_rise"][3:5] == ("total", "total")


def test_a_value_needs_what_the_models_behind_its_measures_read() -> None:
    """Only the census has two years; units are asked whether they are there, and need no notice."""
    needs = metadata_rows(Definitions(manifest()), [])["needs"]
    assert [row[1:] for row in needs if row[0] == "per_pupil"] == [
        ("numerator", "int_funds", "finance.funds", False, True, 0),
        ("numerator", "int_funds", "schools.schools", True, False, 0),
        ("denominator", "int_pupils", "schools.schools", True, False, 0),
        ("denominator", "int_pupils", "schools.students", False, False, -1),
        ("denominator", "int_pupils", "schools.students", False, False, 0),
    ]


def test_a_measure_may_be_without_a_table_that_its_fact_reads_for_others() -> None:
    definitions = Definitions(manifest())
    assert list(definitions.needs_of("int_funds", "rows")) == ["finance.funds"]
    wrong = model(
        "int_wrong", {"fact": {"source": "a.b"}}, {"n": {"measure": {"without": ["c.d"]}}}
    )
    with pytest.raises(ZipingError, match="without c.d, which nothing reads"):
        Definitions(manifest(wrong)).needs_of("int_wrong", "n")


def test_measures_say_what_of_them_counts_persons() -> None:
    measures = metadata_rows(Definitions(manifest()), [])["measures"]
    assert [(*row[:3], row[6]) for row in measures] == [
        ("events", "numerator", "mart_registers", None),
        ("funds", "numerator", "mart_funds", None),
        ("law_share", "numerator", "mart_registers: 台账", "sum"),
        ("law_share", "denominator", "mart_registers: 台账", "sum"),
        ("per_pupil", "numerator", "mart_funds", None),
        ("per_pupil", "denominator", "mart_funds", "sum"),
    ]


def test_a_figure_without_a_source_is_an_indicator_that_is_not_covered() -> None:
    rows = metadata_rows(
        Definitions(manifest()),
        [
            outlined("9.9", "", title_zh="某数", suffix="个", owner_office="教育局"),
            outlined("9.9", "", title_zh="某数", suffix="个", owner_office="教育局", year="2024"),
        ],
    )
    (row,) = [row for row in rows["indicators"] if row[8] == "not_covered"]
    assert row[:2] == ("not_covered_9.9", "某数")
    assert ("not_covered_9.9", "not_covered", "calendar_year", "total", "total") in {
        row[:5] for row in rows["members"]
    }


def test_a_version_follows_the_definition_and_the_sql_behind_it() -> None:
    first, second = manifest(), manifest()
    second["nodes"]["model.ziping.int_enrolments"]["raw_code"] += " where false"
    before, after = Definitions(first), Definitions(second)
    changed = {
        name
        for name, own in before.indicators.items()
        if before.version_of(own) != after.version_of(after.indicators[name])
    }
    assert changed == {"funds", "only_rise", "per_pupil", "per_pupil_growth"}  # of the mart


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (indicator("funds"), "the indicator funds is defined twice"),
        (indicator("x", numerator=measured("int_units", "n")), "int_units is no fact"),
        (indicator("x", numerator=measured("int_funds", "n")), "measure n of int_funds is not"),
        (
            indicator("x", numerator=measured("int_funds", "funds_yuan"), dimension="level"),
            "int_funds.yml: x is told by level, no dimension of it",
        ),
        (
            indicator("x", derived=[{"id": "y", "formula": "all_met", "of": ["z"]}]),
            "the indicator y rests on z, which is none",
        ),
    ],
)
def test_a_definition_that_does_not_fit_is_refused(wrong: dict[str, Any], said: str) -> None:
    extra = model("mart_extra", {}, {"n": {"indicator": wrong}})
    with pytest.raises(ZipingError, match=said):
        metadata_rows(Definitions(manifest(extra)), [])


def test_a_count_of_persons_must_say_so() -> None:
    fact = {"source": "a.b", "defaults": {"population": "p", "unit": "人"}}
    wrong = model("int_x", {"fact": fact | {"indicators": [{"id": "x", "title_zh": "x"}]}})
    with pytest.raises(ZipingError, match="say persons: true"):
        Definitions(manifest(wrong)).indicators  # noqa: B018


@pytest.mark.parametrize(
    ("framework", "year", "figures"),
    [
        ("sc", 2020, ["old"]),
        ("sc", 2023, ["4.1"]),
        ("sc", 2024, ["4.1"]),
        ("bj", 2024, ["B1"]),
        ("none", 2024, []),
    ],
)
def test_the_list_of_the_year_serves_it_or_the_nearest_earlier_or_the_first(
    framework: str, year: int, figures: list[str]
) -> None:
    lists = [
        outlined("old", "funds", year="2021"),
        outlined("4.1", "funds", year="2023"),
        outlined("next", "funds", year="2025"),
        outlined("B1", "funds", framework="bj", year="2022"),
    ]
    assert [row.figure_id for row in outline_of(lists, framework, year)] == figures


def withheld_project() -> Definitions:
    """Write a sum with a growth and a difference, ratios over it, twins, and a share."""

    def ratio(name: str, above: str, below: str, **more: Any) -> dict[str, Any]:
        return indicator(
            name, "ratio", numerator=measured("f", above), denominator=measured("f", below), **more
        )

    def derived(name: str) -> list[dict[str, str]]:
        return [
            {"id": f"{name}_rise", "formula": "difference"},
            {"id": f"{name}_growth", "formula": "growth"},
        ]

    columns = {
        "yuan": indicator("funds", numerator=measured("f", "yuan"), derived=derived("funds")),
        "yuan_per_pupil": ratio(
            "per_pupil", "yuan", "pupils",
            derived=[
                {"id": "per_pupil_growth", "formula": "growth"},
                {"id": "only_rise", "formula": "all_met", "of": ["funds_growth"]},
            ],
        ),
        "pupils": indicator("pupils", numerator=measured("f", "pupils")),
        "share_of_funds": ratio("share_of_funds", "paid", "yuan"),
        "rate": ratio("rate", "trained", "staff"),
        "rate_again": ratio("rate_again", "trained", "staff"),
        "rooms": indicator("rooms", numerator=measured("f", "rooms"), derived=derived("rooms")),
        "exams": ratio("exams", "passed", "sat", publish="withheld"),
    }  # fmt: skip
    described = {name: {"indicator": meta} for name, meta in columns.items()}
    return Definitions(
        manifest(model("m", {}, described)) | {"nodes": {"m": model("m", {}, described)}}
    )


@pytest.mark.parametrize(
    ("declared", "withheld"),
    [
        ("pupils", {"pupils", "per_pupil", "per_pupil_growth"}),
        ("rate", {"rate", "rate_again"}),
        ("rooms_rise", {"rooms_rise", "rooms_growth"}),
        (
            "funds",
            {
                "funds", "funds_rise", "funds_growth", "per_pupil", "per_pupil_growth",
                "share_of_funds",
            },
        ),
    ],
)  # fmt: skip
def test_what_would_give_a_withheld_number_away_is_withheld(
    declared: str, withheld: set[str]
) -> None:
    """With a sum each ratio over or under it, with a ratio its twin; a word (only_rise) stays."""
    outline = [outlined("1", declared, publish="withheld"), outlined("2", "pupils")]
    assert withheld_indicators(withheld_project(), outline) == withheld | {"exams"}


def test_the_columns_of_a_withheld_number_go_but_for_what_is_a_published_figure() -> None:
    withheld = {"funds", "funds_growth", "per_pupil", "rate", "rate_again"}
    assert withheld_columns(withheld_project(), withheld) == {
        ("m", "yuan"), ("m", "yuan_per_pupil"), ("m", "rate"), ("m", "rate_again"),
        ("m", "trained"), ("m", "staff"),
    }  # fmt: skip
