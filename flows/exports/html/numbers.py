"""Numbers as people read them: separators, decimals, one unit for all that stands together."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from flows.releases.tables import Row

SCALES = {"万": 4, "亿": 8}
DECIMALS_OF_A_SCALE = 6  # a fen in 万元


class Unit(NamedTuple):
    """The unit in which the report prints a value, the zeros it leaves out, and its decimals."""

    name: str
    zeros: int
    decimals: int


def write_rounded(number: Decimal, decimals: int, *, signed: bool = False) -> str:
    """Write a number with separators, rounded half up."""
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if not rounded:
        return f"{abs(rounded):,f}"  # neither +0.00 nor -0.00
    return f"{rounded:{'+' if signed else ''},f}".replace("-", "−")


def write_exactly(number: Decimal, decimals: int = 0, *, signed: bool = False) -> str:
    """Write a number with at least so many decimals and no zero beyond them."""
    exponent = number.normalize().as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return write_rounded(number, max(own, decimals), signed=signed)


def write_amount(number: Decimal) -> str:
    """Write a count whole and an amount with its cents, or with all its decimals."""
    return write_exactly(number, 0 if number == number.to_integral_value() else 2)


def write_precisely(number: Decimal, value: Row, indicator: Row, *, signed: bool = False) -> str:
    """Write a number of a value with two decimals more than it is printed with, where it has them.

    What is printed may be cut or rounded; more stand where a standard is met or missed by a hair.
    """
    least = int(indicator["decimals"])
    margin, most = value["margin"], least + 2
    if margin and abs(margin) < Decimal(10) ** -most:
        most += 4
    return write_exactly(
        number.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP), least, signed=signed
    )


def find_unit(text: str | None, value: Row) -> Unit:
    """Find the unit of a printed text: 万元 of 12345万元; a value's own where none is printed."""
    found = re.search(r"[0-9]+(?:\.([0-9]+))?余?([万亿]?)", text or "")
    decimals = len(found[1] or "") if found else 2
    if found and found[2] and value["unit"] == "元":
        return Unit(f"{found[2]}元", SCALES[found[2]], decimals)
    return Unit(value["unit"] or "", 0, decimals)


def write_in(
    unit: Unit, number: Decimal, value: Row, indicator: Row, *, signed: bool = False
) -> str:
    """Write a number of a value whole in a unit; a distance between percentages is 百分点."""
    if unit.zeros:
        scaled = number.scaleb(-unit.zeros)
        shown = write_exactly(round(scaled, DECIMALS_OF_A_SCALE), signed=signed)
    else:
        shown = write_precisely(number, value, indicator, signed=signed)
    return shown + _name(unit, signed)


def write_short(
    unit: Unit, number: Decimal, value: Row, indicator: Row, *, signed: bool = False
) -> str:
    """Write a number with the decimals of what is printed beside it, unless that would be 0."""
    rounded = write_rounded(number.scaleb(-unit.zeros), unit.decimals, signed=signed)
    if number and not re.search("[1-9]", rounded):
        return write_in(unit, number, value, indicator, signed=signed)
    return rounded + _name(unit, signed)


def _name(unit: Unit, is_distance: bool) -> str:
    return "个百分点" if is_distance and unit.name == "%" else unit.name


def compare_numbers(unit: Unit, now: Decimal, last: Decimal, value: Row, indicator: Row) -> str:
    """Say by how much a number differs from that of the year before."""
    if now == last:
        return "与上年持平"
    gap = write_in(unit, abs(now - last), value, indicator)
    if unit.name == "%":
        gap = gap.removesuffix("%") + "个百分点"
        return f"比上年{'上升' if now > last else '下降'}{gap}"
    rate = write_rounded(100 * abs(now - last) / last, 2) if last > 0 else ""
    growth = f"，{'增长' if now > last else '下降'}{rate}%" if rate else ""
    return f"比上年{'增加' if now > last else '减少'}{gap}{growth}"


def is_printed_whole(text: str | None, value: Row) -> bool:
    """Say whether the printed text is the value itself, neither scaled nor rounded nor cut."""
    found = re.fullmatch(r"(-?[0-9.]+)(.*?)(（暂定）)?", text or "")
    if value["value"] is None or not found:
        return value["value"] is None
    unit = find_unit(text, value)
    return Decimal(found[1]).scaleb(unit.zeros) == value["value"] and found[2] == unit.name
