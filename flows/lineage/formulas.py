"""The formulas of the indicators in decimal arithmetic: the second means beside the SQL."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

TEN_DECIMALS = Decimal("1e-10")


def ratio(numerator: Decimal, denominator: Decimal, multiplier: int = 1) -> Decimal | None:
    """Divide exactly, half up at ten decimals, away from zero; None over zero."""
    if denominator == 0:
        return None
    with localcontext() as context:
        context.prec = 80
        return (multiplier * numerator / denominator).quantize(TEN_DECIMALS, ROUND_HALF_UP)


def total(numerator: Decimal, _denominator: Decimal, multiplier: int = 1) -> Decimal | None:
    """Take the sum itself."""
    return multiplier * numerator


def difference(later: Decimal, earlier: Decimal) -> Decimal | None:
    """Take the later value less the earlier one."""
    return later - earlier


def growth(later: Decimal, earlier: Decimal) -> Decimal | None:
    """Take the growth in percent."""
    return ratio(later - earlier, earlier, 100)


ROW_FORMULAS = {
    "sum": total,
    "count": total,
    "count_distinct": total,
    "ratio": ratio,
    "share_meeting": ratio,
}
VALUE_FORMULAS = {"difference": difference, "growth": growth}


def coefficient_of_variation(schools: Iterable[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Say by how much schools differ, each given with what it has and its pupils, its weight.

    The root of the mean square of each school's distance from all, in shares of what all have;
    squares and quotients are half up at ten decimals. None where there is nothing to have.
    """
    schools = list(schools)
    everything = sum((amount for amount, _ in schools), Decimal(0))
    pupils = sum((weight for _, weight in schools), Decimal(0))
    squares = Decimal(0)
    for amount, weight in schools:
        distance = ratio(amount * pupils - everything * weight, everything * weight)
        if distance is None:
            return None
        squares += weight * (distance * distance).quantize(TEN_DECIMALS, ROUND_HALF_UP)
    variance = ratio(squares, pupils)
    if variance is None:
        return None
    with localcontext() as context:
        context.prec = 80
        return variance.sqrt().quantize(TEN_DECIMALS, ROUND_HALF_UP)


def all_met(judgements: Iterable[str]) -> str:
    """Judge the test of all tests: one failed fails it, one undecided leaves it undecided."""
    found = set(judgements) - {"不适用", "无标准"}
    if "未达标" in found:
        return "未达标"
    return "达标" if found == {"达标"} else "无法判定"


def count_unmet(judgements: Iterable[str]) -> Decimal:
    """Count the standards that are missed; what cannot be judged is not short."""
    return Decimal(sum(judgement == "未达标" for judgement in judgements))


def funded_students(
    students: int, special_needs: int, *, is_special: bool, is_compulsory: bool, floor: int
) -> tuple[int, int]:
    """Say for how many pupils operating funds are owed: of the stage, and of special needs.

    The floor comes first, then pupils with special needs are taken out; no pupils, no floor.
    """
    if is_special:
        return 0, students
    if not is_compulsory:
        return students, 0
    return max(students, floor if students else 0) - special_needs, special_needs


def entitlement(owed: Sequence[tuple[int, Decimal]]) -> Decimal:
    """Add up half-years times standards: what a school is owed for a year, in yuan."""
    doubled = sum((Decimal(half_years) * standard for half_years, standard in owed), Decimal(0))
    return (doubled / 2).quantize(Decimal("0.01"), ROUND_HALF_UP)


def required_hours_times_60(standard: Decimal, months_in_post: int) -> Decimal:
    """Give sixty times the training hours owed for the months in post, at most sixty of them."""
    return standard * min(months_in_post, 60)


def meets(cell: Any, wanted: Any, year: int) -> bool:
    """Say whether a cell meets a condition of a register's indicator at the end of a year."""
    if not isinstance(wanted, dict):
        return bool(cell in wanted if isinstance(wanted, list) else cell == wanted)
    ((word, argument),) = wanted.items()
    if word == "given":
        return bool((cell is not None) == argument)
    if cell is None:
        return bool(word == "after")  # what has no end goes on
    last_day = date(year, 12, 31)
    tests = {
        "by": cell <= last_day,
        "after": cell > last_day,
        "within_years": word == "within_years" and year - argument < cell.year <= year,
        "months": word == "months" and argument[0] <= cell.month <= argument[1],
    }
    return bool(tests[word])
