"""A file's own totals: groups, above or below their detail, sheets, whole files, rounding."""

from decimal import Decimal

import pytest
from reading_parts import NAME, STAFF, TOTALS, contract_of, found, read_sheets

from flows.parsing.stated_totals import Sums, last_digit

FUNDS = contract_of(read={"totals": TOTALS})
GOOD_BELOW = """
    代码|学校|人员|公用
    1|一小|10|1
    2|二小|20|2
    .|小计|30|3
    3|一中|5|.
    .|小计|5|0
    .|合计|35|3
    4|幼儿园|7|7
    .|小计|7|7
    .|合计|7|7
    .|总计|42|10
"""
GOOD_ABOVE = """
    代码|学校|人员|公用
    .|合计|35|3
    .|小计|30|3
    1|一小|10|1
    2|二小|20|2
    .|小计|5|.
    3|一中|5|.
"""


@pytest.mark.parametrize(
    ("good", "line", "wrong", "expected"),
    [
        (GOOD_BELOW, 4, ".|小计|31|3", [("own_total", 4, "staff_yuan")]),
        (GOOD_BELOW, 6, ".|小计|35|3", [("own_total", 6, "staff_yuan"),
                                      ("own_total", 6, "other_yuan")]),
        (GOOD_BELOW, 7, ".|合计|5|0", [("own_total", 7, "staff_yuan"),
                                     ("own_total", 7, "other_yuan")]),
        (GOOD_BELOW, 11, ".|总计|42|11", [("own_total", 11, "other_yuan")]),
        (GOOD_BELOW, 3, "2|二小|20|3", [("own_total", row, "other_yuan") for row in (4, 7, 11)]),
        (GOOD_ABOVE, 2, ".|合计|30|3", [("own_total", 2, "staff_yuan")]),
        (GOOD_ABOVE, 3, ".|小计|35|3", [("own_total", 3, "staff_yuan")]),
        (GOOD_ABOVE, 6, ".|小计|6|.", [("own_total", 6, "staff_yuan")]),
    ],
)  # fmt: skip
def test_each_total_is_compared_with_what_it_sums_up(
    good: str, line: int, wrong: str, expected: list[tuple[str, int, str]]
) -> None:
    assert found(read_sheets(FUNDS, 表=good)) == []
    lines = good.strip().splitlines()
    lines[line - 1] = wrong
    assert found(read_sheets(FUNDS, 表="\n".join(lines))) == expected


def test_a_total_of_all_sheets_may_stand_in_the_last_or_the_first() -> None:
    head = "代码|学校|人员|公用"
    first, second = f"{head}\n1|一小|10|1\n.|合计|10|1", f"{head}\n2|二小|20|2\n.|合计|20|2"
    assert found(read_sheets(FUNDS, 甲=first, 乙=f"{second}\n.|总计|30|3")) == []
    (wrong,) = found(read_sheets(FUNDS, 甲=first, 乙=f"{second}\n.|总计|30|4"))
    assert wrong == ("own_total", 4, "other_yuan")
    only_totals = f"{head}\n.|总计|30|3"
    assert found(read_sheets(FUNDS, 汇总=only_totals, 甲=first, 乙=second)) == []
    (wrong,) = found(read_sheets(FUNDS, 汇总=f"{head}\n.|总计|31|3", 甲=first, 乙=second))
    assert wrong == ("own_total", 2, "staff_yuan")


def test_the_title_of_a_group_may_state_its_total() -> None:
    wanted = contract_of(read={"totals": TOTALS, "groups": {"match": "^[一二]、"}})
    text = """
        代码|学校|人员|公用
        一、小学|.|30|3
        1|一小|10|1
        2|二小|20|2
        二、初中|.|{}|.
        3|一中|5|.
        .|合计|35|3
    """
    assert found(read_sheets(wanted, 表=text.format("5"))) == []
    assert found(read_sheets(wanted, 表=text.format("."))) == []
    assert found(read_sheets(wanted, 表=text.format("6"))) == [("own_total", 5, "staff_yuan")]
    nested = contract_of(read={"totals": TOTALS, "groups": {"match": "^([一二]、|\\([一二]\\))"}})
    text = """
        代码|学校|人员|公用
        一、小学|.|{}|.
        (一)城区|.|10|.
        1|一小|10|1
        (二)乡镇|.|20|2
        2|二小|20|2
        二、初中|.|5|.
        3|一中|5|.
    """
    assert found(read_sheets(nested, 表=text.format("30"))) == []
    assert found(read_sheets(nested, 表=text.format("31"))) == [("own_total", 2, "staff_yuan")]


def test_a_part_is_not_more_than_its_whole() -> None:
    wanted = contract_of(read={"totals": TOTALS, "subsets": "^(#|其中)"})
    parsed = read_sheets(
        wanted,
        表="""
        代码|学校|人员|公用
        1|一小|10|1
        #其中:教师|.|10|.
        #其中:临聘|.|11|0
        .|合计|10|1
        其中:乡镇|.|10|2
        """,
    )
    assert found(parsed) == [
        ("part_above_whole", 4, "staff_yuan"),
        ("part_above_whole", 6, "other_yuan"),
    ]
    assert parsed.landed == 1
    assert parsed.skipped == {"header": 1, "subset": 3, "total": 1}


def test_only_a_group_with_an_unreadable_amount_stays_unjudged() -> None:
    parsed = read_sheets(
        FUNDS,
        表="""
        代码|学校|人员|公用
        1|一小|见附件|1
        .|小计|99|1
        2|二小|20|2
        .|小计|21|2
        .|合计|99|4
        """,
    )
    assert found(parsed) == [("own_total", 5, "staff_yuan"), ("own_total", 6, "other_yuan")]


@pytest.mark.parametrize(
    ("unit", "details", "total", "is_found"),
    [
        ("元", "100.30|200.30", "300.60", False),
        ("元", "100.30|200.30", "300.61", True),
        ("元", "100.30|200.30", "301", False),  # the total alone is rounded
        ("元", "100|200", "301", True),
        ("万元", "1.23|4.56", "5.80", False),  # each and the total may be off by half a 0.01
        ("万元", "1.23|4.56", "5.81", True),
        ("万元", "1.23|4.56", "5.8", False),
        ("万元", "1.2345|4.5678", "5.8024", False),
        ("万元", "1.2345|4.5678", "5.8124", True),
        ("万元", "1.234567|4.567890", "5.802458", True),  # to the cent: nothing is rounded
        ("万元", "1|2", "4", False),
        ("万元", "1|2", "5", True),
    ],
)
def test_a_total_may_differ_by_what_rounding_explains(
    unit: str, details: str, total: str, is_found: bool
) -> None:
    wanted = contract_of(NAME, STAFF, read={"unit": "in_sheet", "totals": TOTALS})
    first, second = details.split("|")
    text = f"单位:{unit}\n学校|人员\n一小|{first}\n二小|{second}\n合计|{total}"
    assert bool(found(read_sheets(wanted, 表=text))) == is_found


def test_many_roundings_do_not_hide_a_lost_row() -> None:
    digit = Decimal(100)  # 0.01 of 万元
    many = Sums({"a": Decimal(1_000_000)}, {"a": 1_200}, {}, {"a": digit}, 1_200)
    assert not many.differs("a", Decimal(1_000_000) + 40 * digit)
    assert many.differs("a", Decimal(1_000_000) + 41 * digit)


@pytest.mark.parametrize(
    ("value", "factor", "digit"),
    [("1.50", 1, "0.1"), ("1", 1, "1"), ("1000", 1, "1"), ("12300", 10_000, "100"),
     ("20000", 10_000, "10000"), ("-0.01", 10_000, "0.01"), ("0", 1, "1")],
)  # fmt: skip
def test_the_last_digit_is_that_of_the_unit_in_which_a_value_was_written(
    value: str, factor: int, digit: str
) -> None:
    assert last_digit(Decimal(value), factor) == Decimal(digit)


def test_columns_that_become_rows_are_compared_column_by_column() -> None:
    wanted = contract_of(
        NAME,
        {"name": "year", "data_type": "string", "from_long": "name"},
        {"name": "yuan", "data_type": "decimal(18,2)", "from_long": "value", "role": "amount"},
        read={
            "totals": TOTALS,
            "long": {"captions": "^(20[0-9]{2})年$", "name": "year", "value": "yuan"},
        },
    )
    text = "学校|2022年|2023年\n一小|1|2\n二小|3|4\n合计|4|{}"
    assert found(read_sheets(wanted, 表=text.format(6))) == []
    assert found(read_sheets(wanted, 表=text.format(7))) == [("own_total", 4, "yuan 2023")]


def test_the_unit_of_a_totals_row_may_be_its_own() -> None:
    wanted = contract_of(NAME, STAFF, read={"unit_column": "单位", "totals": TOTALS})
    text = "学校|单位|人员\n一小|元|5000\n二小|万元|1\n合计|万元|{}"
    assert found(read_sheets(wanted, 表=text.format("1.5"))) == []
    assert found(read_sheets(wanted, 表=text.format("1.6"))) == [("own_total", 4, "staff_yuan")]


def test_a_file_cut_below_its_first_total_has_lost_its_end() -> None:
    wanted = contract_of(read={"totals": TOTALS, "ends_with_totals": True})
    text = "代码|学校|人员|公用\n1|一小|10|1\n.|合计|10|1\n2|二小|20|2"
    assert found(read_sheets(wanted, 表=text)) == [("totals_row_missing", 4, "")]
    assert found(read_sheets(wanted, 表=f"{text}\n.|总计|30|3")) == []
