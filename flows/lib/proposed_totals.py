"""Which rows of a file are totals, by their word or by their sums, and against what they agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flows.lib.cell_shapes import decimals_of, filled, number_of
from flows.lib.cells import BOOLEANS, half_width, squeezed
from flows.lib.column_guesses import ColumnGuess
from flows.lib.observing import Observed, ObservedSheet
from flows.lib.row_words import is_total_word
from flows.lib.summed_rows import summed_rows

FEWEST_ROWS = 4
MOST_ROWS_NAMED = 5
NUMBERS = ("amount", "count", "number")
MOST = 0.9  # of the rows have a word in a column: one that has none there is odd


def proposed_totals(
    observed: Observed, guesses: Sequence[ColumnGuess], spread: Mapping[int, str] | None = None
) -> tuple[dict[str, Any], str] | None:
    """Say how totals rows are told and what of them is checked, and why; None where there are none.

    Rows that are sums, by whatever word, are taken out of the sheets' data. `spread` names the
    column that those become that are rows of a long table, by their places.
    """
    by_word = any(sheet.totals for sheet in observed.sheets)
    numbers = {guess.place: guess.name for guess in guesses
               if guess.is_landed and guess.kind in NUMBERS} | dict(spread or {})  # fmt: skip
    units = [guess.place for guess in guesses if guess.meta.get("role") == "unit"]
    summed = sum(_take_sums(sheet, list(numbers), units) for sheet in observed.sheets)
    if not by_word and not summed:
        return None
    landed = {guess.place: guess.name for guess in guesses if guess.is_landed}
    place, labels, nameless = _labels(observed, numbers, landed)
    if place is None:
        return None
    column = landed.get(place, observed.sheets[0].captions[place])
    checked, why = _checked(observed, guesses, numbers)
    seen = f"{summed} rows are the sums of others" if summed else "rows say that they are totals"
    if nameless:
        rows = ", ".join(map(str, nameless[:MOST_ROWS_NAMED]))
        seen += f"; rows {rows} are, too, but have no word there that rows of data have not"
    return {"column": column, "labels": labels} | checked, f"{seen}; {why}"


def _take_sums(sheet: ObservedSheet, numbers: Sequence[int], units: Sequence[int]) -> int:
    """Move the rows that are sums of others from a sheet's data to its totals; count them.

    One that has the code of a unit as the others have stays: a centre with those that it pays for.
    """
    if not sheet.is_whole or len(sheet.data) <= FEWEST_ROWS:
        return 0
    columns = [list(map(number_of, sheet.cells(place))) for place in numbers]
    words = [
        place
        for place, caption in enumerate(sheet.captions)
        if place not in numbers and _is_mostly_filled(sheet.cells(place))
    ]
    odd = [len({place for place, _ in filled(row)}.intersection(words)) < len(words)
           for _, row in sheet.data]  # fmt: skip
    codes = [half_width(cell) for unit in units for cell in sheet.cells(unit)]
    found = [place for place in summed_rows(columns, odd) if not any(codes[place :: len(odd)])]
    sheet.totals = sorted([*sheet.totals, *(sheet.data[place] for place in found)])
    taken = set(found)
    sheet.data = [row for place, row in enumerate(sheet.data) if place not in taken]
    return len(found)


def _is_mostly_filled(cells: Sequence[Any]) -> bool:
    return sum(half_width(cell) is not None for cell in cells) >= MOST * len(cells)


def _labels(
    observed: Observed, numbers: Mapping[int, str], landed: Mapping[int, str]
) -> tuple[int | None, list[str], list[int]]:
    """Find the column whose words tell most totals from data, these words, and the rows it misses.

    A word of totals is one wherever it stands.
    """
    best: tuple[int | None, list[str], list[int]] = (None, [], [])
    most = 0
    for place, caption in enumerate(observed.sheets[0].captions):
        if place in numbers or not (caption or place in landed):
            continue
        of_data = {squeezed(cell) for sheet in observed.sheets for cell in sheet.cells(place)}
        told, missed = [], []
        for sheet in observed.sheets:
            for number, row in sheet.totals:
                text = half_width(row[place]) if place < len(row) else None
                if text and (is_total_word(text) or squeezed(text) not in of_data):
                    told.append(" ".join(text.split()))
                else:
                    missed.append(number)
        if len(told) > most:
            most, best = len(told), (place, list(dict.fromkeys(told)), missed)
    return best


def _checked(
    observed: Observed, guesses: Sequence[ColumnGuess], numbers: Mapping[int, str]
) -> tuple[dict[str, Any], str]:
    """Propose to check the amounts, or the columns of numbers that agree, against the totals."""
    sheets = [sheet for sheet in observed.sheets if sheet.totals]
    amounts = [guess.place for guess in guesses if guess.kind == "amount"]
    agreeing = [one for one in numbers if all(_agrees(sheet, one) for sheet in sheets)]
    if not amounts:
        every = Counter(numbers.values())
        agree = Counter(numbers[one] for one in agreeing)
        names = [name for name, count in agree.items() if 2 * count > every[name]]
        if not names:
            return {}, "no column's sum is the total, so none is checked"
        why = "the sums of these columns agree"
        if off := [one for one in numbers if numbers[one] in names and one not in agreeing]:
            texts = ", ".join(observed.sheets[0].texts[one] for one in off[:MOST_ROWS_NAMED])
            why = f"the sums of these columns mostly agree, but NOT in {texts}: why?"
        return {"check": names if len(names) > 1 else names[0]}, why
    if all(one in agreeing for one in amounts):
        return {"check": "all_amounts"}, "they agree with the sums of the rows"
    for flag in guesses:
        if flag.kind == "boolean" and all(
            _agrees(sheet, one, flag.place) for sheet in sheets for one in amounts
        ):
            return {"check": "all_amounts", "unless": flag.name}, (
                f"they agree when rows of {flag.name} are left out"
            )
    return {"check": "all_amounts"}, "they do NOT agree with the sums of the rows: why?"


def _agrees(sheet: ObservedSheet, place: int, left_out: int | None = None) -> bool:
    """Say whether the first or the last totals row is the sum of a column.

    An exact copy of a row counts once.
    """
    rows = {tuple(map(half_width, row)): row for _, row in sheet.data}.values()
    kept = [row for row in rows if left_out is None
            or not BOOLEANS.get((squeezed(row[left_out]) or "").upper())]  # fmt: skip
    cells = [row[place] for row in kept if place < len(row)]
    total = sum(filter(None, map(number_of, cells)), Decimal(0))
    return sheet.is_whole and any(
        place < len(row)
        and (own := number_of(row[place])) is not None
        and _is_near(total, own, cells)
        for _, row in (sheet.totals[0], sheet.totals[-1])
    )


def _is_near(total: Decimal, own: Decimal, cells: Sequence[Any]) -> bool:
    """Compare to half of the last digit of each number that was added."""
    step = Decimal(1).scaleb(-decimals_of(cells))
    return abs(total - own) <= step * len(cells) / 2
