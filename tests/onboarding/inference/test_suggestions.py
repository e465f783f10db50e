"""What the look of a file suggests to declare: each word of the contract."""

from pathlib import Path
from typing import Any

import pytest
from onboarding_parts import inspect_text

from flows.onboarding.inference.columns import infer_columns
from flows.onboarding.inference.glossary import collect_meanings
from flows.onboarding.inference.suggestions import find_unit_of_amounts, suggest_words


def proposed(tmp_path: Path, text: str, name: str = "a.csv") -> dict[str, Any]:
    inspected = inspect_text(tmp_path, text, name=name)
    unit, _ = find_unit_of_amounts(inspected)
    columns = infer_columns(inspected, collect_meanings([]), unit)
    return {suggestion.word: suggestion.value for suggestion in suggest_words(inspected, columns)}


HEAD = "学校标识码,学校名称,支付金额\n"
SCHOOLS = "".join(f"21510001{n:02},甲{n}校,{n}500.25\n" for n in range(10, 16))
SUM = "78001.50"


def test_totals_are_known_by_their_word(tmp_path: Path) -> None:
    found = proposed(tmp_path, f"{HEAD}{SCHOOLS},合计,{SUM}\n")
    assert found["totals"] == {"column": "school_name", "labels": ["合计"]}
    assert found["ends_with_totals"]
    assert found["key"] == ["school_code"]


@pytest.mark.parametrize("label", ["全区学校", "University A", "1"])
def test_a_row_that_adds_up_by_chance_is_no_total(tmp_path: Path, label: str) -> None:
    found = proposed(tmp_path, f"{HEAD}{SCHOOLS},{label},{SUM}\n")
    assert "totals" not in found
    assert "ends_with_totals" not in found


def test_labels_are_words_of_totals_and_not_what_else_stands_in_their_rows(tmp_path: Path) -> None:
    text = f"{HEAD}{SCHOOLS}本表共6所,合计,{SUM}\n"
    assert proposed(tmp_path, text)["totals"] == {"column": "school_name", "labels": ["合计"]}


def test_a_foreign_total_and_the_note_below_it_are_no_data(tmp_path: Path) -> None:
    pupils = [1000 + 37 * number * number for number in range(20)]
    lines = [f"Land{number};2007;{pupil}" for number, pupil in enumerate(pupils)]
    text = "\n".join(["国家;年;人口", *lines, f"Insgesamt;;{sum(pupils)}", ".. = unbekannt;;"])
    found = proposed(tmp_path, text)
    assert found["totals"]["labels"] == ["Insgesamt"]
    assert found["footer"] == r"^(\.\. = unbekannt)"


def test_a_row_of_which_nothing_is_known_is_no_note(tmp_path: Path) -> None:
    years = ",".join(map(str, range(2010, 2022)))
    lines = [
        f"国{number},C{number},{','.join(str(number * n + 7) for n in range(12))}"
        for number in range(1, 9)
    ]
    text = "\n".join([f"国家,代号,{years}", *lines, f"某国,XX{',' * 12}", f"注:暂缺{',' * 13}"])
    found = proposed(tmp_path, text)
    assert "某国" not in found["footer"]
    assert "groups" not in found


@pytest.mark.parametrize(
    ("text", "word", "value"),
    [
        (f"{HEAD}{SCHOOLS}填表人:样例,,\n", "footer", "填表人"),
        (f"{HEAD}{SCHOOLS}#其中:民办,民办,3\n", "subsets", "^(#|其中)"),
        (f"单位:万元,,\n{HEAD}{SCHOOLS}", "unit", "in_sheet"),
        (f"{HEAD}{SCHOOLS}2151000199,丁校,—\n", "means", {"—": "missing"}),
        (f"{HEAD}{SCHOOLS}2151000199,丁校,SUPP\n", "means", {"SUPP": "suppressed"}),
        (f"{HEAD}{SCHOOLS}2151000199,丁校,nd\n", "means", {"nd": "missing"}),
        (f"{HEAD}{SCHOOLS}".replace(",", ";").replace(".25", ",25"), "decimal", ","),
        (f"{HEAD}一、城区,,\n{SCHOOLS}", "groups", "一二三"),
    ],
)
def test_other_words_are_proposed_where_the_rows_show_them(
    tmp_path: Path, text: str, word: str, value: Any
) -> None:
    found = proposed(tmp_path, text)[word]
    assert found == value or str(value) in str(found)


def test_the_unit_may_stand_in_the_name_or_in_a_column(tmp_path: Path) -> None:
    assert proposed(tmp_path, HEAD + SCHOOLS, "经费(万元).csv")["unit"] == "万元"
    rows = "".join(f"{line},万元\n" for line in SCHOOLS.splitlines())
    text = f"学校标识码,学校名称,支付金额,单位\n{rows}"
    assert proposed(tmp_path, text)["unit_column"] == "单位"


def test_a_pair_is_the_key_where_no_column_is(tmp_path: Path) -> None:
    text = "学校标识码,学段,人数\n" + "".join(
        f"21510001{n:02},{stage},{n}\n" for n in range(10, 13) for stage in ("小学", "初中")
    )
    assert proposed(tmp_path, text)["key"] == ["school_code", "stage"]
