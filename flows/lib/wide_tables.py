"""Telling tables with years across the header, whose columns become rows."""

import re

from flows.lib.cell_shapes import decimals_of, is_year, number_of
from flows.lib.cells import UNITS_OF_YUAN
from flows.lib.column_guesses import ColumnGuess
from flows.lib.observing import Observed

FEWEST_YEARS = 3
YEARS = "^((?:19|20)[0-9]{2})年?度?$"


def guess_long(
    observed: Observed, unit: str | None
) -> tuple[dict[str, str], ColumnGuess, ColumnGuess, list[int]] | None:
    """Propose `long` for years across the header: its words, its two columns, where the years are.

    None where there are fewer than three years.
    """
    sheet = observed.sheets[0]
    places = [place for place, caption in enumerate(sheet.captions)
              if is_year(caption) and re.search(YEARS, caption)]  # fmt: skip
    if len(places) < FEWEST_YEARS:
        return None
    cells = [cell for place in places for cell in sheet.cells(place)]
    is_money = unit in UNITS_OF_YUAN
    decimals = decimals_of(cells)
    whole = "bigint" if any(abs(n) >= 2**31 for cell in cells if (n := number_of(cell))) else "int"
    year = ColumnGuess(-1, "年份", "year", "year", "int", {"from_long": "name"})
    value = ColumnGuess(
        -1, "数值", "amount" if is_money else "number", "amount_yuan" if is_money else "quantity",
        "decimal(18,2)" if is_money else f"decimal(18,{min(decimals, 8)})" if decimals else whole,
        {"from_long": "value"} | ({"role": "amount"} if is_money else {}),
    )  # fmt: skip
    value.asks.append("name it by what it counts and its unit")
    words = {"captions": YEARS, "name": year.name, "value": value.name}
    return words, year, value, places
