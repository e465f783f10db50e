"""What a delivery has that the last one had not: each difference alone, in small workbooks."""

from collections.abc import Sequence
from typing import Any

import pytest
from drift_parts import COLUMNS, Received, received
from reading_parts import NAME, SCHOOL, STAFF, contract_of

from flows.landing.source_status import ExpectedDelivery, with_period_before
from flows.parsing.preamble import find_stated_unit

__all__ = ["received"]

LINES = [f"20{n}|{n}校|{n * 100}.5|{n}.5|2023-03-{n}" for n in range(10, 31)]


def table(*lines: str, head: str = "代码|学校|人员|公用|日期", unit: str = "元") -> str:
    return "\n".join([f"单位:{unit}", head, *lines])


def with_cells(place: int, text: str) -> list[str]:
    """Write another text into one cell of every line."""
    return ["|".join([*(cells := line.split("|"))[:place], text, *cells[place + 1 :]])
            for line in LINES]  # fmt: skip


def test_the_first_delivery_and_one_like_it_differ_in_nothing(received: Received) -> None:
    received.take(table(*LINES))
    assert received.found() == {}
    received.take(table(*LINES, "2031|别校|1.5|2.5|2023-12-31"))
    assert received.found() == {}
    assert received.verdict().accepted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (table(*(f"{line}|x" for line in LINES), head="代码|学校|人员|公用|日期|备注"),
         {"new_column": ["备注"]}),
        (table(*(line.rsplit("|", 1)[0] for line in LINES), head="代码|学校|人员|公用"),
         {"missing_column": ["paid_on 日期"]}),
        (table(*LINES, head="标识码|学校|人员|公用|日期"),
         {"renamed_caption": ["school_code 代码 → 标识码"]}),
        (table(*LINES, head="代码|学校|人员|公用|支付时间"),
         {"missing_column": ["paid_on 日期 → 支付时间"]}),
        (table(*with_cells(3, "见附表")), {"changed_type": ["other_yuan"]}),
        (table(*LINES, unit="万元"),
         {"other_unit": ["元 → 万元"], "sums_far": ["other_yuan × 10000", "staff_yuan × 10000"],
          "sums_out_of_scale": ["other_yuan × 10000 (上一份文件)",
                                "staff_yuan × 10000 (上一份文件)"]}),
        (table(*with_cells(4, "2022-05-01")), {"other_year": ["paid_on 2023 → 2022"]}),
        (table(*LINES[:10]), {"row_count_far": ["21 → 10"],
                              "sums_far": ["other_yuan × 0.35", "staff_yuan × 0.35"]}),
        (table(*LINES, head="代码|学校|公用|人员|日期"),
         {"swapped_columns": ["staff_yuan, other_yuan"]}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_each_difference_is_told(received: Received, text: str, found: dict[str, Any]) -> None:
    received.take(table(*LINES))
    received.take(text)
    assert {name: received.found()[name] for name in found} == found
    # An unreadable column has no sum left to compare, units are told each by itself, and nothing
    # else is told besides.
    assert received.found().keys() <= {*found, "sums_far", "unit_far"}
    assert received.verdict().accepted != any(
        name in ("changed_type", "other_year", "swapped_columns") for name in found
    )


def test_a_rejected_delivery_is_compared_with_but_nothing_with_it(received: Received) -> None:
    received.take(table(*LINES))
    received.take(table(*with_cells(4, "2022-05-01")))
    assert not received.verdict().accepted
    received.take(table(*LINES, "2031|别校|1.5|2.5|2023-12-31"))
    assert received.found() == {}


def test_the_same_rows_under_another_period_are_told(received: Received) -> None:
    received.take(table(*LINES), period="2022")
    received.take(table(*LINES, head="标识码|学校|人员|公用|日期"), period="2023", name="b.xlsx")
    assert received.found()["same_file_twice"] == ["= 2022 a.xlsx"]


def test_a_part_that_comes_again_in_an_archive_is_no_other_part(received: Received) -> None:
    received.contract = contract_of(*COLUMNS, read={"unit": "in_sheet"}, parts=True)
    received.take(table(*LINES), name="学校/一小.xlsx")
    received.take(table(*LINES), name="补报.zip/一小.xlsx")
    assert received.found() == {}
    received.take(table(*LINES), name="补报.zip/二小.xlsx")
    assert received.found()["same_file_twice"][0] == "= 2023 学校/一小.xlsx"


def test_bytes_that_had_been_replaced_are_told_when_they_come_again(received: Received) -> None:
    old, new = table(*LINES), table(*LINES[:-1])
    received.take(old)
    received.take(new)
    assert "older_file_again" not in received.found()
    received.take(old)
    assert "older_file_again" in received.found()


def test_workbooks_of_single_schools_are_compared_by_name(received: Received) -> None:
    received.contract = contract_of(*COLUMNS, read={"unit": "in_sheet"}, parts=True)
    received.take(table(*LINES), name="甲.xlsx")
    received.take(table("2099|小校|1.5|2.5|2023-03-01"), name="乙.xlsx")
    assert received.found() == {}
    received.take(table(*LINES[:5]), name="甲.xlsx")
    assert received.found().keys() == {"row_count_far", "sums_far"}  # the other units still count


def test_the_caption_in_place_of_a_required_one_is_named(received: Received) -> None:
    received.take(table(*LINES))
    received.take(table(*LINES, head="代码|单位名称|人员|公用|日期"))
    assert [said.english for said in received.verdict().rejections] == [
        "column not found: 学校 (school_name); add it to the export and send it again",
        "where the last file had 学校 (school_name) this one has 单位名称: if they mean the same, "
        "add it to `captions` in the contract",
    ]


def test_the_nearest_year_is_compared_with_whatever_came_in_between(received: Received) -> None:
    received.take(table(*LINES), period="2022")
    received.take(table(*LINES[:5]), period="2020", name="b.xlsx")
    received.take(table(*LINES[:-1]), period="2023", name="c.xlsx")
    assert received.found() == {}


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("2022年经费统计表", {"other_year": ["2023 → 2022"]}),
        ("2022-2023学年经费", {}),
        ("2022年至2023年经费", {}),
        ("填报日期:2024年1月|2024年 1 月 5 日", {}),
        ("制表时间:2024年", {}),
        ("经费统计表 12022年", {}),
    ],
)
def test_the_year_of_a_title_is_that_of_the_period(
    received: Received, title: str, found: dict[str, list[str]]
) -> None:
    received.take(f"{title}\n{table(*LINES)}")
    assert received.found() == found


def test_a_column_of_years_is_of_the_period(received: Received) -> None:
    year = {"name": "school_year", "data_type": "string", "captions": ["学年"]}
    received.contract = contract_of(SCHOOL, NAME, STAFF, year, read={"unit": "元"})
    head = "代码|学校|人员|学年\n"
    received.take(head + "1|一小|1|2023-2024\n2|二小|2|2023-2024")
    assert received.found() == {}
    received.take(head + "1|一小|1|2022-2023\n2|二小|2|2022-2023\n3|三小|2|2023-2024")
    assert received.found() == {"other_year": ["school_year 2023 → 2022"]}
    built = {**year, "name": "built_year"}
    received.contract = contract_of(SCHOOL, NAME, STAFF, built, read={"unit": "元"})
    assert received.found() == {}


def roster(*left: str) -> str:
    """Write 40 persons, of whom some have left."""
    days = [*left, *[""] * (40 - len(left))]
    lines = (f"20{n}|{n}校|1|1|{day or '.'}" for n, day in enumerate(days, start=10))
    return table(*lines)


@pytest.mark.parametrize("kind", ["calendar_year", "census_day", "year_end"])
def test_days_that_few_rows_have_reject_no_second_year(received: Received, kind: str) -> None:
    """A list of persons keeps those who left last year."""
    period = {"kind": kind} if kind == "calendar_year" else {"kind": kind, "month_day": "09-01"}
    received.contract = contract_of(*COLUMNS, read={"unit": "in_sheet"}, period=period)
    last, now = ("2023", "2024") if kind == "calendar_year" else ("2023-09-01", "2024-09-01")
    received.take(roster(*["2023-03-01"] * 5), period=last)
    received.take(roster(*["2023-03-01"] * 10, *["2024-03-01"] * 8), period=now, name="b.xlsx")
    assert received.found() == {}


def of_months(*months: int, year: int = 2023) -> str:
    """Write five payments a month, to units of which each month has its own."""
    return table(
        *(f"20{m}{n}|校|{n}.5|1|{year}-{m:02}-{n + 10}" for m in months for n in range(1, 6))
    )


@pytest.mark.parametrize(
    ("months", "is_told"),
    [(range(1, 13), False), (range(1, 10), False), (range(1, 7), True), (range(7, 13), True)],
)
def test_half_a_year_is_told_where_the_last_file_held_all_of_it(
    received: Received, months: Sequence[int], is_told: bool
) -> None:
    received.take(of_months(*range(1, 13), year=2022), period="2022")
    received.take(of_months(*months), name="b.xlsx")
    assert ("part_of_period" in received.found()) == is_told
    whole = [doubt for doubt in received.verdict().details["doubts"] if doubt["unit"] is None]
    assert [one["amount"] for one in whole] == [None] * is_told


def test_the_other_half_of_a_year_makes_what_rests_on_it_doubtful(received: Received) -> None:
    received.take(of_months(*range(1, 7)))
    received.take(of_months(*range(7, 13)), name="b.xlsx")
    assert received.found()["part_of_period"] == [
        "paid_on 2023-01-11—2023-06-15 → 2023-07-11—2023-12-15"
    ]
    assert received.verdict().accepted


def test_days_on_which_persons_came_say_no_year_of_a_list(received: Received) -> None:
    census = {"kind": "census_day", "month_day": "09-01"}
    received.contract = contract_of(*COLUMNS, read={"unit": "in_sheet"}, period=census)
    received.take(roster(*["2023-01-01"] * 40), period="2023-09-01")
    received.take(roster(*["2023-01-01"] * 36, *["2024-08-01"] * 4), "2024-09-01", "b.xlsx")
    assert received.found() == {}


WIDE = (
    SCHOOL,
    {"name": "year", "data_type": "string", "from_long": "name"},
    {"name": "persons", "data_type": "bigint", "from_long": "value"},
)
YEARS = "代码|2013年|2014年|2015年"
PUPILS = [(f"2{n}", n, 10 * n, 100 * n) for n in range(10, 14)]


def wide(head: str = YEARS, unit: str = "千人", times: int = 1) -> str:
    lines = ("|".join(map(str, [code, *(times * one for one in some)])) for code, *some in PUPILS)
    return f"单位:{unit}\n{head}\n" + "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (wide(), {}),
        (wide("代码|2013年|2014年末|2015年"), {"missing_column": ["2014年 → 2014年末"]}),
        (wide("代码|2013年|2014年|备注"), {"missing_column": ["2015年 → 备注"],
                                     "sums_far": ["persons × 0.10"]}),
        (wide("代码|2014年|2015年|2016年"), {}),
        (wide(unit="人"), {"other_unit": ["千人 → 人"]}),
        (wide(unit="人", times=1000), {"other_unit": ["千人 → 人"],
         "sums_far": ["persons × 1000"],
         "sums_out_of_scale": ["persons × 1000 (上一份文件)"]}),
    ],
)  # fmt: skip
def test_what_is_lost_of_a_wide_table_is_told(
    received: Received, text: str, found: dict[str, Any]
) -> None:
    read = {"long": {"captions": "^([0-9]{4})年?$", "name": "year", "value": "persons"}}
    received.contract = contract_of(*WIDE, read=read)
    received.take(wide())
    received.take(text)
    assert received.found() == found


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("单位:千人", "千人"),
        ("金额单位：万元", "万元"),
        ("(计量单位:人)", "人"),
        ("Unit:tonnes", "tonnes"),
        ("填报单位:样例小学", None),
        ("各单位经费情况", None),
        ("单位名称", None),
    ],
)
def test_the_unit_of_numbers_is_not_who_reports(cell: str, unit: str | None) -> None:
    assert find_stated_unit([(1, ["样例表", None, cell])]) == unit


def test_a_school_that_calls_itself_a_unit_is_none(received: Received) -> None:
    contract = contract_of(*COLUMNS, read={"unit": "元"}, parts=True)
    received.contract = contract
    received.take(table(*LINES, unit="甲校"), name="甲.xlsx")
    received.take(table("2099|小校|1.5|2.5|2023-03-01", unit="乙校"), name="乙.xlsx")
    assert received.found() == {}


def test_what_opens_a_new_year_is_compared_with_the_last_file_that_there_is(
    received: Received,
) -> None:
    for period in ("2019", "2021", "2022", "2023"):
        received.take(table(*LINES), period=period)
    owed = [ExpectedDelivery(received.contract, "519900", 2023, offset) for offset in (0, -1)]
    new_year = [ExpectedDelivery(received.contract, "519900", 2024, 0)]
    other_district = [ExpectedDelivery(received.contract, "519901", 2024, 0)]

    def periods(some: list[ExpectedDelivery]) -> list[str]:
        return sorted(key[2] for key in with_period_before(some, received.deliveries))

    assert periods(owed) == ["2021", "2022", "2023"]
    assert periods(new_year) == ["2023", "2024"]
    assert periods(other_district) == ["2024"]
