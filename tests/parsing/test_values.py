"""One cell: amounts, days, codes and yes/no in every notation that the offices use."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.common.text import normalize_width, strip_whitespace
from flows.contracts.model import Column
from flows.parsing.codes import is_credit_code
from flows.parsing.columns import make_reader
from flows.parsing.values import (
    UNITS_OF_YUAN,
    Unreadable,
    boolean_cell,
    code_part,
    date_cell,
    decimal_cell,
    integer_cell,
    month_cell,
    name_part,
    percent_cell,
)

FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
FEN = st.integers(-(10**15), 10**15).map(lambda fen: Decimal(fen).scaleb(-2))
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)

NOTATIONS: dict[str, Callable[[Decimal], str]] = {
    "plain": lambda yuan: f"{yuan:f}",
    "no needless zeros": lambda yuan: f"{yuan:f}".rstrip("0").rstrip("."),
    "grouped": lambda yuan: f"{yuan:,.2f}",
    "full width": lambda yuan: f"{yuan:,.2f}".translate(FULL_WIDTH),
    "blanks around and within": lambda yuan: f"\u3000 {yuan:,.2f}\xa0".replace(".", " ."),
    "accountants' negative": lambda yuan: f"({-yuan:,.2f})" if yuan < 0 else f"{yuan:,.2f}",
    "signed": lambda yuan: f"{yuan:+,.2f}",
    "with a currency sign": lambda yuan: f"￥{yuan:,.2f}",
    "as a power of ten": lambda yuan: f"{yuan:E}",
}


@pytest.mark.parametrize("notation", NOTATIONS.values(), ids=NOTATIONS.keys())
@given(yuan=FEN)
def test_an_amount_is_read_exactly_in_every_notation(
    notation: Callable[[Decimal], str], yuan: Decimal
) -> None:
    assert decimal_cell(notation(yuan), 2, 1) == yuan


@given(st.integers(-(10**12), 10**12), st.sampled_from([1, 1_000, 10_000, 100_000_000]))
def test_a_unit_multiplies_without_losing_a_fen(fen: int, factor: int) -> None:
    yuan = Decimal(fen).scaleb(-2)
    in_unit = yuan / factor  # exact: the factor is a power of ten
    assert decimal_cell(f"{in_unit:f}", 2, factor) == yuan


@given(st.integers(-(10**14), 10**14))
def test_a_number_of_a_workbook_is_the_number_that_was_typed(micro: int) -> None:
    typed = Decimal(micro).scaleb(-6)  # 万元 with six decimals
    assert decimal_cell(float(typed), 2, 10_000) == typed * 10_000


@given(st.integers(-(10**9), 10**9))
@example(5)
@example(-5)
def test_half_a_fen_is_rounded_away_from_zero(tenths_of_fen: int) -> None:
    value = Decimal(tenths_of_fen).scaleb(-3)
    expected = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert decimal_cell(str(value), 2, 1) == expected
    assert abs(decimal_cell("0.005", 2, 1) or 0) == Decimal("0.01")
    assert decimal_cell("-0.005", 2, 1) == Decimal("-0.01")


@pytest.mark.parametrize(
    "cell",
    ["待核", "-", "--5", "(-5)", "1,23", "1,2345.00", "12 元", "1.2.3", "1e", "1e9999", "0x10",
     "nan", "Infinity", "١٢٣", "²", "5%", "１２，３", True, False, float("nan"), float("inf"),
     "=SUM(A1)", "12;5", "1_000"],
)  # fmt: skip
def test_what_is_no_amount_is_unreadable_and_says_nothing_of_it(cell: object) -> None:
    with pytest.raises(Unreadable) as caught:
        decimal_cell(cell, 2, 1)
    assert caught.value.args == ()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("cell", [None, "", "  ", "\u3000", "\xa0\t"])
def test_an_empty_cell_is_no_value_and_no_zero(cell: object) -> None:
    assert decimal_cell(cell, 2, 1) is None
    assert date_cell(cell) is None
    assert boolean_cell(cell) is None
    assert integer_cell(cell) is None
    assert code_part(cell) is None
    assert normalize_width(cell) is None
    assert strip_whitespace(cell) is None


DAYS = {
    "compact": "{0:04d}{1:02d}{2:02d}",
    "iso": "{0:04d}-{1:02d}-{2:02d}",
    "short": "{0}-{1}-{2}",
    "slashes": "{0}/{1}/{2}",
    "dots": "{0}.{1:02d}.{2:02d}",
    "Chinese": "{0}年{1}月{2}日",
    "Chinese without the last sign": "{0}年{1:02d}月{2:02d}",
    "with midnight": "{0:04d}-{1:02d}-{2:02d} 00:00:00",
    "blanks": "\u3000{0}-{1}- {2} ",
}


@pytest.mark.parametrize("notation", DAYS.values(), ids=DAYS.keys())
@given(day=st.dates(date(1900, 1, 1), date(2999, 12, 31)), is_wide=st.booleans())
def test_a_day_is_read_in_every_notation(notation: str, day: date, is_wide: bool) -> None:
    text = notation.format(day.year, day.month, day.day)
    assert date_cell(text.translate(FULL_WIDTH) if is_wide else text) == day


@given(st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)))
def test_a_day_of_a_workbook_is_taken_as_it_is(moment: datetime) -> None:
    assert date_cell(moment) == moment.date()
    assert date_cell(moment.date()) == moment.date()


@pytest.mark.parametrize(
    "cell",
    ["20230230", "2023-13-01", "2023-02-29", "2023-9", "2023年", "9/1/2023", "230901", "45123",
     45123.0, "0001-01-01", "2023-08-31T16:00:00Z", "2023-9-112:30", "2023-09-31", "明天",
     "2023-0901"],
)  # fmt: skip
def test_what_is_no_day_is_unreadable(cell: object) -> None:
    with pytest.raises(Unreadable) as caught:
        date_cell(cell)
    assert caught.value.args == ()


@given(PRINTABLE)
def test_full_width_text_reads_like_half_width_text(text: str) -> None:
    assert normalize_width(text.translate(FULL_WIDTH)) == normalize_width(text)
    assert normalize_width(text) == (text.strip() or None)


@given(st.text(max_size=30))
def test_half_width_text_stays_as_it_is(text: str) -> None:
    once = normalize_width(text)
    assert once is None or normalize_width(once) == once


@given(st.from_regex(r"[0-9A-Z]{1,10}", fullmatch=True), st.sampled_from("-－—–−"), st.text())
def test_the_code_is_what_stands_before_the_first_dash(code: str, dash: str, name: str) -> None:
    assert code_part(f" {code}{dash}{name}") == code
    assert code_part(code) == code
    assert code_part(code.translate(FULL_WIDTH) + dash + name) == code


@given(st.integers(0, 10**14))
def test_a_code_kept_as_a_number_gets_no_decimals(code: int) -> None:
    assert strip_whitespace(float(code)) == str(code)
    assert strip_whitespace(code) == str(code)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("是", True), (" 有 ", True), ("Ｙ", True), ("true", True), (True, True), (1, True),
     ("否", False), ("无", False), ("n", False), ("FALSE", False), (False, False), (0.0, False)],
)  # fmt: skip
def test_yes_and_no_are_read_in_the_offices_words(cell: object, value: bool) -> None:
    assert boolean_cell(cell) is value


@pytest.mark.parametrize("cell", ["也许", "2", "是否", -1])
def test_any_other_word_is_neither_yes_nor_no(cell: object) -> None:
    with pytest.raises(Unreadable):
        boolean_cell(cell)


@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_is_read_whole(number: int) -> None:
    assert integer_cell(f"{number:,d}") == number
    with pytest.raises(Unreadable):
        integer_cell(f"{number}.5")


def column(**meta: Any) -> Column:
    return Column(**{"name": "amount_yuan", "data_type": "decimal(18,2)"} | meta)


@pytest.mark.parametrize(("unit", "factor"), UNITS_OF_YUAN.items())
def test_the_unit_of_the_sheet_holds_where_the_column_has_none(unit: str, factor: int) -> None:
    amount = column(role="amount")
    assert make_reader(amount, unit)("1.5") == Decimal(factor) * Decimal("1.5")
    assert make_reader(column(role="amount", unit="元"), unit)("1.5") == Decimal("1.5")
    assert make_reader(column(), unit)("1.5") == Decimal("1.5")  # hours are no money


def test_an_amount_that_the_column_cannot_hold_is_unreadable() -> None:
    read = make_reader(column(data_type="decimal(8,1)"))
    assert read("9999999.9") == Decimal("9999999.9")
    with pytest.raises(Unreadable):
        read("10000000")


def test_a_word_outside_the_list_is_unreadable() -> None:
    read = make_reader(column(name="stage", data_type="string", values={"小学": "普通小学"}))
    assert read(" 小 学 ") == "普通小学"
    assert read("") is None
    with pytest.raises(Unreadable):
        read("初中")


def test_a_persons_cell_is_replaced_before_anything_else_sees_it() -> None:
    person = column(name="staff_id", data_type="string", person=True)
    seen: list[object] = []
    assert make_reader(person, None, lambda cell: seen.append(cell) or "x")("sy000001") == "x"
    assert seen == ["sy000001"]
    assert make_reader(person)(" ｓｙ 000001 ") == "SY000001"


def test_a_serial_number_is_a_day_where_the_date_system_is_known() -> None:
    assert date_cell("45170", 1900) == date_cell(45170.0, 1900) == date(2023, 9, 1)
    assert date_cell("43708", 1904) == date(2023, 9, 1)
    for system in (None, 1900):
        with pytest.raises(Unreadable):
            date_cell("451700", system)
    with pytest.raises(Unreadable):
        date_cell("45170")


@pytest.mark.parametrize(
    "cell", ["2023.9", "2023年9月", "2023-09", "202309", "2023/9/15", "20230915", 2023.9]
)
def test_a_month_is_its_first_day(cell: Any) -> None:
    assert month_cell(cell) == date(2023, 9, 1)


@pytest.mark.parametrize("cell", [2023.1, "2023.13", "2023.0", "九月"])
def test_a_month_that_is_none_or_in_doubt_is_unreadable(cell: Any) -> None:
    with pytest.raises(Unreadable):
        month_cell(cell)
    assert month_cell("2023.10") == date(2023, 10, 1)


@pytest.mark.parametrize(
    ("cell", "bare", "points"),
    [
        ("12.5%", "points", "12.50"),
        ("１２．５％", "share", "12.50"),
        ("12.5", "points", "12.50"),
        (0.125, "share", "12.50"),
        ("", "written", None),
    ],
)
def test_percent_and_percent_points_are_told_apart(
    cell: Any, bare: str, points: str | None
) -> None:
    assert percent_cell(cell, 2, bare) == (Decimal(points) if points else None)
    with pytest.raises(Unreadable):
        percent_cell("12.5", 2, "written")


def amount(**words: Any) -> Callable[[Any], Any]:
    return make_reader(
        Column(
            name="amount_yuan",
            data_type="decimal(18,2)",
            captions=("金额",),
            role="amount",
            **words,
        )
    )


def test_a_cell_means_what_the_contract_says_and_an_empty_one_is_missing() -> None:
    means = {
        "—": "missing",
        "/": "not_applicable",
        "无": "zero",
        "88888": "missing",
        "*": "suppressed",
    }
    read = amount(means=means, unit="元")
    assert [read(cell) for cell in ("—", "／", "88888", 88888, " * ", "", None)] == [None] * 7
    assert read(" 无 ") == Decimal(0)
    assert read("88,888") == Decimal(88888)
    for cell in ("—", "无", "*"):
        with pytest.raises(Unreadable):
            amount(unit="元")(cell)


@pytest.mark.parametrize("cell", ["#REF!", "#N/A", " #VALUE! ", "#FORMULA!"])
def test_an_error_of_a_spreadsheet_is_never_a_value(cell: str) -> None:
    for column in (
        Column(name="name", data_type="string", captions=("名称",)),
        Column(name="code_no", data_type="string", captions=("编码",)),
    ):
        with pytest.raises(Unreadable):
            make_reader(column)(cell)


CREDIT = Column(
    name="credit_code", data_type="string", captions=("信用代码",), length=18, check="credit_code"
)
FUNCTION = Column(
    name="function_code",
    data_type="string",
    captions=("功能分类",),
    take="code",
    length=7,
    code_list="function_205",
)
TYPE = Column(
    name="type_code", data_type="string", captions=("办学类型",), length=3, code_list="school_types"
)


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        (CREDIT, "91350100M000100Y43", "91350100M000100Y43"),
        (CREDIT, "91350100m000100y43", "91350100M000100Y43"),
        (FUNCTION, "2050202-小学教育", "2050202"),
        (FUNCTION, 2050202.0, "2050202"),
        (TYPE, 211, "211"),
        (TYPE, "", None),
    ],
)
def test_a_code_that_can_be_proved_is_read(column: Column, cell: Any, code: str | None) -> None:
    assert make_reader(column)(cell) == code


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        (CREDIT, "91350100M000100Y44"),
        (CREDIT, 9.13501000001e17),
        (FUNCTION, "2050200-普通教育"),
        (TYPE, "999"),
        (TYPE, "21"),
    ],
)
def test_a_code_that_is_not_proved_is_unreadable(column: Column, cell: Any) -> None:
    with pytest.raises(Unreadable):
        make_reader(column)(cell)


def test_zeros_that_a_spreadsheet_took_are_put_back_only_where_they_are_proved() -> None:
    listed = Column(
        name="type_code", data_type="string", captions=("类型",), length=4, code_list="school_types"
    )
    with pytest.raises(Unreadable):  # 0211 is in no list
        make_reader(listed)("211")
    whole = next(
        code
        for number in range(100_000)
        if is_credit_code(code := f"0{number:016d}" + "0") and number
    )
    assert make_reader(CREDIT)(whole.lstrip("0")) == whole


def test_the_name_of_a_cell_of_code_and_name_is_taken() -> None:
    assert name_part("2050202-小学教育") == "小学教育"
    assert name_part("小学教育") == "小学教育"
    assert name_part(" ") is None


def test_a_whole_number_that_does_not_fit_is_unreadable() -> None:
    assert integer_cell("2147483647", 32) == 2**31 - 1
    with pytest.raises(Unreadable):
        integer_cell("2147483648", 32)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1.234,5", "1234.50"), ("12,5", "12.50"), ("1 234", "1234.00"), ("1.234", "1234.00"),
        ("-1.234.567,89", "-1234567.89"), ("(1,5)", "-1.50"), (5.25, "5.25"), ("7", "7.00"),
    ],
)  # fmt: skip
def test_a_decimal_comma_is_read_where_it_is_declared(cell: Any, number: str) -> None:
    assert amount(decimal=",")(cell) == Decimal(number)


@pytest.mark.parametrize("cell", ["1'234'567.50", "1’234’567.5", "1,234,567.50"])
def test_thousands_stand_between_commas_or_apostrophes(cell: str) -> None:
    assert amount()(cell) == Decimal("1234567.50")
    with pytest.raises(Unreadable):
        amount()("1'234,567")


@pytest.mark.parametrize("cell", ["12.5", "1,234.5", "1.23,4", "1,2,3"])
def test_a_number_with_a_point_is_unreadable_where_commas_are_declared(cell: str) -> None:
    with pytest.raises(Unreadable):
        amount(decimal=",")(cell)


@pytest.mark.parametrize(
    "text",
    [
        "2023-09-01",
        "2023-09-01 00:00:00",
        "2023-09-01 00:00:00+08",
        "2023-09-01T00:00:00",
        "2023-09-01 08:00:00",
    ],
)
def test_a_day_is_read_as_databases_write_it(text: str) -> None:
    assert date_cell(text) == date(2023, 9, 1)


@pytest.mark.parametrize("text", ["infinity", "2023-08-31 16:00:00+00"])
def test_what_is_no_day_is_unreadable_and_never_another_day(text: str) -> None:
    with pytest.raises(Unreadable):
        date_cell(text)
