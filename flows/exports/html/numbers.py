"""How the page writes numbers: separated, half up, with as many decimals as matter."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = Mapping[str, Any]


def written(number: Decimal, decimals: int, *, signed: bool = False) -> str:
    """Write a number with separators, rounded half up."""
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if not rounded:
        return f"{abs(rounded):,f}"  # neither +0.00 nor -0.00
    return f"{rounded:{'+' if signed else ''},f}".replace("-", "−")


def exactly(number: Decimal, decimals: int = 0, *, signed: bool = False) -> str:
    """Write a number with at least so many decimals and no zero beyond them."""
    exponent = number.normalize().as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return written(number, max(own, decimals), signed=signed)


def amount(number: Decimal) -> str:
    """Write a count whole and an amount with its cents, or with all its decimals."""
    return exactly(number, 0 if number == number.to_integral_value() else 2)


def precise(number: Decimal, value: Row, indicator: Row, *, signed: bool = False) -> str:
    """Write a number of a value with two decimals more than it is printed with, where it has them.

    What is printed may be cut or rounded; more stand where a standard is met or missed by a hair.
    """
    least = int(indicator["decimals"])
    margin, most = value["margin"], least + 2
    if margin and abs(margin) < Decimal(10) ** -most:
        most += 4
    return exactly(number.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP), least, signed=signed)
