"""Which rows of a file are totals, by their word or by their sums, and against what they agree."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flows.lib.cell_shapes import decimals_of, filled, number_of
from flows.lib.cells import BOOLEANS, half_width, squeezed
from flows.lib.column_guesses import ColumnGuess
from flows.lib.observing import Observed, ObservedSheet, is_total_word

FEWEST_ROWS = 4
MOST_LABELS = 12
NUMBERS = ("amount", "count", "number")
WORDS = ("text", "stage", "code", "code_name")


def numbers_of(sheet: ObservedSheet, place: int) -> list[Decimal]:
    """Read a column of the data; what is no number adds nothing."""
    return [number_of(cell) or Decimal(0) for cell in sheet.cells(place)]


def proposed_totals(
    observed: Observed, guesses: Sequence[ColumnGuess]
) -> tuple[dict[str, Any], str] | None:
    """Say how totals rows are told and what of them is checked, and why; None where there are none.

    Rows that are sums without a word of their own are taken out of the sheets' data.
    """
    found = [
        (place, text)
        for sheet in observed.sheets
        for _, row in sheet.totals
        for place, text in filled(row)
        if is_total_word(text)
    ]
    summed = _summed_rows(observed, guesses)
    found += summed
    labels = list(dict.fromkeys(" ".join(text.split()) for _, text in found))
    if not labels or len(labels) > MOST_LABELS:
        return None
    places = [place for place, _ in found]
    place = max(set(places), key=places.count)
    landed = {guess.place: guess.name for guess in guesses if guess.is_landed}
    column = landed.get(place, observed.sheets[0].captions[place])
    checked, why = _checked(observed, guesses)
    seen = "rows are the sum of the others" if summed else "rows say that they are totals"
    return {"column": column, "labels": labels} | checked, f"{seen}; {why}"


def _checked(observed: Observed, guesses: Sequence[ColumnGuess]) -> tuple[dict[str, Any], str]:
    """Propose to check the amounts, or the column of numbers that agrees, against the totals."""
    sheets = [sheet for sheet in observed.sheets if sheet.totals]
    amounts = [guess for guess in guesses if guess.kind == "amount"]
    numbers = [guess for guess in guesses if guess.is_landed and guess.kind in NUMBERS]
    agreeing = [one for one in numbers if all(_agrees(sheet, one) for sheet in sheets)]
    if not amounts:
        if not agreeing:
            return {}, "no column's sum is the total, so none is checked"
        names = [one.name for one in agreeing]
        return {"check": names if len(names) > 1 else names[0]}, "the sums of these columns agree"
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


def _agrees(sheet: ObservedSheet, guess: ColumnGuess, left_out: int | None = None) -> bool:
    """Say whether the first or the last totals row is the sum of a column.

    An exact copy of a row counts once.
    """
    rows = {tuple(map(half_width, row)): row for _, row in sheet.data}.values()
    kept = [row for row in rows if left_out is None
            or not BOOLEANS.get((squeezed(row[left_out]) or "").upper())]  # fmt: skip
    cells = [row[guess.place] for row in kept if guess.place < len(row)]
    total = sum(filter(None, map(number_of, cells)), Decimal(0))
    return sheet.is_whole and any(
        guess.place < len(row)
        and (own := number_of(row[guess.place])) is not None
        and _is_near(total, own, cells)
        for _, row in (sheet.totals[0], sheet.totals[-1])
    )


def _is_near(total: Decimal, own: Decimal, cells: Sequence[Any]) -> bool:
    """Compare to half of the last digit of each number that was added."""
    step = Decimal(1).scaleb(-decimals_of(cells))
    return abs(total - own) <= step * len(cells) / 2


def _summed_rows(observed: Observed, guesses: Sequence[ColumnGuess]) -> list[tuple[int, str]]:
    """Find first or last rows that are the sum of all others: where they say so, and the word."""
    found = []
    columns = [guess for guess in guesses if guess.kind in NUMBERS]
    words = [guess for guess in guesses if guess.kind in WORDS]
    for sheet in observed.sheets:
        if not sheet.is_whole or len(sheet.data) <= FEWEST_ROWS or not columns or not words:
            continue
        for position in (-1, 0):
            number, row = sheet.data[position]
            label = _label(sheet, row, words)
            if label and _is_sum(sheet, position, columns):
                found.append(label)
                sheet.totals.append((number, row))
                del sheet.data[position]
                break
    return found


def _label(
    sheet: ObservedSheet, row: Sequence[Any], words: Sequence[ColumnGuess]
) -> tuple[int, str] | None:
    """Find the word of a row that no other row has."""
    for guess in words:
        text = half_width(row[guess.place]) if guess.place < len(row) else None
        if text and sum(half_width(cell) == text for cell in sheet.cells(guess.place)) == 1:
            return guess.place, text
    return None


def _is_sum(sheet: ObservedSheet, position: int, columns: Sequence[ColumnGuess]) -> bool:
    """Say whether a row holds the sums of most columns."""
    agreeing = 0
    for guess in columns:
        numbers = numbers_of(sheet, guess.place)
        own = numbers[position]
        agreeing += bool(own) and _is_near(sum(numbers) - own, own, sheet.cells(guess.place))
    return agreeing > 0 and agreeing >= len(columns) / 2
