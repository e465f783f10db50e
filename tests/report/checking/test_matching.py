"""Which figure a number is."""

import csv

import pytest
from check_parts import figure

from flows.common.settings import CHECKOUT
from flows.report.checking.document import Paragraph
from flows.report.checking.figures import describe_print
from flows.report.checking.matching import FigureIndex, pairs_of
from flows.report.checking.numbers import find_numbers

FIGURES = [
    figure("1", "党总支数", "30个", "30", "个"),
    figure("2", "党支部数", "146个", "146", "个"),
    figure("3", "公办党支部学校数", "20所", "20", "所"),
    figure("4", "一般公共预算教育经费", "52310万元", "523100000", "元"),
    figure("5", "一般公共预算教育经费比上年增加", "1209万元", "12090000", "元"),
    figure("6", "学生资助人次", "8120人次", "8120", "人次"),
    figure("7", "全省排名", "7名", "7", "名"),
]  # fmt: skip
INDEX = FigureIndex([describe_print(row) for row in FIGURES])


def likeliest(text: str, written: str) -> str:
    """Name the likeliest figure of a number; empty where there is none."""
    numbers = find_numbers(text)
    number = next(number for number in numbers if number.written == written)
    found = INDEX.find(Paragraph(1, text, text), number, numbers)
    return str(found[0].figure["figure_id"]) if found else ""


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("党总支30个，党支部146个", "30个", "1"),
        ("党总支30个，党支部146个", "146个", "2"),
        ("公办党支部学校20所", "20所", "3"),
        ("一般公共预算教育经费5亿元，比上年增加1209万元", "5亿元", "4"),
        ("一般公共预算教育经费5亿元，比上年增加1209万元", "1209万元", "5"),
        ("资助学生8120人次", "8120人次", "6"),
        ("教学质量全省排名第7", "第7", "7"),
        ("全省排名靠前的教师7名", "7名", ""),  # persons are no rank
        ("党总支占比30%", "30%", ""),  # nor is a share a count
        ("食堂30个", "30个", ""),
    ],
)
def test_words_around_a_number_and_its_unit_say_which_figure_it_is(
    text: str, written: str, expected: str
) -> None:
    assert likeliest(text, written) == expected


def test_words_that_need_not_stand_together_are_parted_by_a_blank() -> None:
    assert pairs_of("中央 资金") == {"中央", "资金"}
    assert pairs_of("中央资金") == {"中央", "央资", "资金"}


def test_the_words_of_the_outline_are_written_as_the_check_reads_them() -> None:
    path = CHECKOUT / "dbt_project" / "seeds" / "report_outline.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert sum(bool(row["words"]) for row in rows) > 90
    for row in rows:
        for name in filter(None, row["words"].split("|")):
            assert name == name.strip(), row["figure_id"]
            assert all(len(part) > 1 for part in name.split(" ")), row["figure_id"]
            assert pairs_of(name), row["figure_id"]
