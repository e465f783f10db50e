"""Whether a written number is what the warehouse has."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from flows.common.text import plain
from flows.report.checking.numbers import Number

Row = Mapping[str, Any]

AGREES, DIFFERS, UNCLEAR, UNKNOWN, WITHHELD = "一致", "不一致", "口径不明", "仓库无此数", "不公开"
VERDICTS = (AGREES, DIFFERS, UNCLEAR, UNKNOWN, WITHHELD)
ABOUT = Decimal("0.05")  # 约: so far from the value, of it
FAR = 3
NEARLY = Decimal("0.9")  # 近: at least so much of what is said


def find_difference(number: Number, value: Decimal, printed: Number | None) -> str:
    """Say in what a number differs from a value in the same unit; empty where it does not."""
    says, step = number.value, last_digit(number)
    if printed and (says, number.qualifier) == (printed.value, printed.qualifier):
        return ""
    match number.qualifier:
        case "over" if says == value:
            return "恰好是这个数，不写“余”"
        case "over":
            return "" if says < value < says + step else "不在这个“余”数的范围内"
        case "more":
            return "" if value > says else "没有超过这个数"
        case "under":
            return "" if NEARLY * says <= value <= says else "不是接近而未到这个数"
        case "about":
            return "" if abs(value - says) <= ABOUT * abs(value) else "与约数相差超过5%"
        case "at_least":
            return "" if value >= says else "低于所写的下限"
        case "at_most":
            return "" if value <= says else "高于所写的上限"
    if number.high is not None:
        return "" if says <= value <= number.high else "不在所写的范围内"
    is_cut = number.group == "percent" and says == cut_to(value, number.step)  # 99.996% is no 100%
    if is_cut or says == round_to(value, number.step):
        return ""
    if printed and printed.qualifier == "over" and says == printed.value:
        return "不是整数，应写“余”或写实数"
    return "数不相同"


def is_far(says: Decimal, value: Decimal) -> bool:
    """Whether a number is less than a third or more than three times of a value."""
    return not abs(value) <= FAR * abs(says) or not abs(says) <= FAR * abs(value)


def last_digit(number: Number) -> Decimal:
    """Say what the last digit of a number counts that is not 0: of 2000 1000, of 9400 100."""
    if not number.value:
        return number.step
    digits = number.value.normalize().as_tuple()
    return max(number.step, Decimal(1).scaleb(int(digits.exponent)))


def round_to(value: Decimal, step: Decimal) -> Decimal:
    """Round half up to a whole number of steps."""
    return (value / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def cut_to(value: Decimal, step: Decimal) -> Decimal:
    """Cut to a whole number of steps."""
    return (value / step).quantize(Decimal(1), ROUND_DOWN) * step


def describe_value(figure: Row) -> str:
    """Write what the warehouse has, as the report prints it, and more of it where that is cut."""
    text, value = str(figure["text"]), figure["value"]
    if value is None or "余" not in text:
        return text
    return f"{text}（{plain(value)}{figure['unit'] or ''}）"
