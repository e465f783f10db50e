"""Signs that a file counts something twice: amounts of a group, amounts repeated, rows copied."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any

from flows.lib.cell_shapes import CODE
from flows.lib.cells import half_width, squeezed
from flows.lib.column_guesses import ColumnGuess
from flows.lib.observing import Observed, ObservedSheet
from flows.lib.proposed_totals import FEWEST_ROWS, NUMBERS, numbers_of

FEWEST_OF_A_GROUP = 3
LEAST_AMOUNT = 1000  # smaller sums meet by chance
SAME_SHARE = Decimal("0.8")


def proposed_checks(
    observed: Observed, landed: Sequence[ColumnGuess]
) -> tuple[list[str | Mapping[str, Any]], list[str]]:
    """Write the checks that the data suggest, as a contract does, and what was seen of each."""
    found: dict[str, str] = {}
    amounts = [guess for guess in landed if guess.kind == "amount"]
    amounts = amounts or [guess for guess in landed if guess.kind in NUMBERS]
    for sheet in observed.sheets:
        if rows := _group_totals(sheet, amounts):
            found["group_total_as_unit"] = f"row {rows[0]} is the sum of the rows beside it"
        for guess in amounts:
            if _is_repeated(sheet, guess, landed):
                found["repeated_amount"] = f"{guess.name} is one amount on most rows"
    if pairs := _same_sheets(observed):
        found["same_rows"] = f"the sheets {pairs[0][0]} and {pairs[0][1]} hold the same rows"
    written: list[str | Mapping[str, Any]] = list(found)
    seen = list(found.values())
    if swapped := _swapped(observed, landed):
        codes, names = swapped
        written.append({"swapped_columns": {"codes": codes, "names": names}})
        seen.append(f"{codes} and {names} look as if they were swapped")
    return written, seen


def _group_totals(sheet: ObservedSheet, amounts: Sequence[ColumnGuess]) -> list[int]:
    """Find rows of data whose amounts are each the sum of the same neighbours above or below."""
    if not sheet.is_whole or not amounts:
        return []
    columns = [numbers_of(sheet, guess.place) for guess in amounts]
    columns = [column for column in columns if any(column)]
    found = []
    for position, (number, _) in enumerate(sheet.data):
        if not any(abs(column[position]) >= LEAST_AMOUNT for column in columns):
            continue
        if _sums_neighbours(columns, position, 1) or _sums_neighbours(columns, position, -1):
            found.append(number)
    return found


def _sums_neighbours(columns: Sequence[Sequence[Decimal]], position: int, step: int) -> bool:
    """Add up the rows after one (or before it) until the sums are reached or passed."""
    wanted = [column[position] for column in columns]
    sums = [Decimal(0)] * len(columns)
    place, count = position + step, 0
    while 0 <= place < len(columns[0]):
        sums = [total + column[place] for total, column in zip(sums, columns, strict=True)]
        count += any(column[place] for column in columns)
        if sums == wanted:
            return count >= FEWEST_OF_A_GROUP
        if any(abs(total) > abs(want) for total, want in zip(sums, wanted, strict=True)):
            return False
        place += step
    return False


def _is_repeated(sheet: ObservedSheet, guess: ColumnGuess, landed: Sequence[ColumnGuess]) -> bool:
    """Say whether most units carry one and the same large amount."""
    units = [one for one in landed if one.meta.get("role") == "unit" or one.name.endswith("_name")]
    if not units or len(sheet.data) <= FEWEST_ROWS:
        return False
    cells = zip(sheet.cells(units[0].place), numbers_of(sheet, guess.place), strict=True)
    by_unit = {half_width(unit): amount for unit, amount in cells}
    amount, times = Counter(by_unit.values()).most_common(1)[0]
    return abs(amount) >= LEAST_AMOUNT and times > FEWEST_ROWS and times > len(by_unit) / 2


def _same_sheets(observed: Observed) -> list[tuple[str, str]]:
    rows = {
        sheet.name: {tuple(map(half_width, row)) for _, row in sheet.data}
        for sheet in observed.sheets
    }
    return [
        (one, other)
        for one, other in combinations(rows, 2)
        if len(rows[one] & rows[other]) >= SAME_SHARE * max(len(rows[one]), len(rows[other]))
    ]


def _swapped(observed: Observed, landed: Sequence[ColumnGuess]) -> tuple[str, str] | None:
    """Find a column of codes that holds words beside a column of names that holds codes."""

    def holds_codes(guess: ColumnGuess) -> float:
        texts = [text for sheet in observed.sheets for cell in sheet.cells(guess.place)
                 if (text := squeezed(cell))]  # fmt: skip
        return sum(bool(CODE.fullmatch(text)) for text in texts) / max(len(texts), 1)

    codes = [
        one for one in landed if one.name.endswith(("_code", "_no")) and holds_codes(one) < 0.2
    ]
    names = [one for one in landed if one.name.endswith("_name") and holds_codes(one) > 0.8]
    return (codes[0].name, names[0].name) if codes and names else None
