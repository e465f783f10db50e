"""The numbers of Chinese prose."""

from decimal import Decimal

import pytest

from flows.report.checking.numbers import Number, find_numbers
from flows.report.chinese_numerals import read_chinese


def figures(text: str) -> list[Number]:
    """Find the numbers that a warehouse might hold."""
    return [number for number in find_numbers(text) if number.is_figure]


@pytest.mark.parametrize(
    ("text", "value", "unit", "qualifier", "step"),
    [
        ("投入52310万元", "523100000", "元", "", "10000"),
        ("投入5.23亿元", "523000000", "元", "", "1000000"),
        ("支出1,208.9015万元", "12089015", "元", "", "1"),
        ("覆盖3万余人", "30000", "人", "over", "10000"),
        ("党员2000余名", "2000", "名", "over", "1"),
        ("2千多名党员", "2000", "名", "over", "1000"),
        ("十余所学校", "10", "所", "over", "10"),
        ("百余名教师", "100", "名", "over", "100"),
        ("近200名教师", "200", "名", "under", "1"),
        ("约1.4万名学生", "14000", "名", "about", "1000"),
        ("超过300人次", "300", "人次", "more", "1"),
        ("不少于60场次", "60", "场次", "at_least", "1"),
        ("120个以上", "120", "个", "at_least", "1"),
        ("增长2.37%", "2.37", "%", "", "0.01"),
        ("提高1.2个百分点", "1.2", "个百分点", "", "0.1"),
        ("占百分之九十五", "95", "%", "", "1"),
        ("九成以上的学校", "90", "%", "", "10"),
        ("三分之二的教师", "66.66666666666666666666666667", "%", "about", "1"),
        ("二十三所学校", "23", "所", "", "1"),
        ("720元/生·年", "720", "元/生·年", "", "1"),
        ("720元/生?年", "720", "元/生?年", "", "1"),
        ("按每生每年1000元补助", "1000", "元/生", "", "1"),
        ("师均经费、寄宿生年生均300元", "300", "元/生", "", "1"),
        ("完成360个培训学时", "360", "个培训学时", "", "1"),
        ("全省排名第7", "7", "名次", "", "1"),
    ],
)
def test_a_number_has_a_value_in_its_base_unit_and_says_how_sure_it_is(
    text: str, value: str, unit: str, qualifier: str, step: str
) -> None:
    (number,) = figures(text)
    assert number.value == Decimal(value)
    assert (number.unit, number.qualifier) == (unit, qualifier)
    assert number.step == Decimal(step)


def test_a_range_has_two_ends() -> None:
    (number,) = figures("每校配备3至5名保安")
    assert (number.value, number.high, number.unit) == (3, 5, "名")
    (number,) = figures("达到85%—90%")
    assert (number.value, number.high, number.unit) == (85, 90, "%")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2023年", "date"),
        ("2023年9月1日", "date"),
        ("2023年1月—6月", "date"),
        ("2022—2023学年", "date"),
        ("2023.09.01", "date"),
        ("二〇二三年", "date"),
        ("近三年", "duration"),
        ("24小时", "duration"),
        ("〔2014〕72号", "document"),
        ("国务院令第624号", "document"),
        ("0871-65312345", "phone"),
        ("13912345678", "phone"),
        ("530199201001012345", "person_id"),
        ("第十九届", "ordinal"),
        ("“985”", "name"),
        ("C9", "name"),
        ("3+3+N", "name"),
        ("四个意识", "phrase"),
        ("一个学位", "phrase"),
        ("等5部门", "phrase"),
        ("每百名学生", "phrase"),
        ("附件3", "marker"),
        ("任务1:", "marker"),
        ("数十名", "unread"),
        ("若干项", "unread"),
        ("代号8848", "unread"),
    ],
)
def test_what_is_no_figure_is_known_as_what_it_is(text: str, kind: str) -> None:
    assert [number.kind for number in find_numbers(text)] == [kind]


@pytest.mark.parametrize("text", ["一是抓党建", "三会一课", "三五个人", "统一部署", "十分重视", ""])
def test_words_with_a_numeral_are_no_numbers(text: str) -> None:
    assert not figures(text)


def test_a_sentence_with_many_numbers_gives_each_of_them_once() -> None:
    written = [number.written for number in find_numbers("共48所学校、1,204个班,比2022年多6个班")]
    assert written == ["48所", "1,204个", "2022年", "6个"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("两万三千", 23000),
     ("二〇二三", 2023), ("一亿", 10**8)],
)  # fmt: skip
def test_chinese_numerals_are_read(text: str, value: int) -> None:
    assert read_chinese(text) == value


def test_what_is_no_numeral_is_none() -> None:
    assert read_chinese("小学") is None
    assert read_chinese("") is None
