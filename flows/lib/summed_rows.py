"""Finding rows whose numbers are the sums of the rows right above or below them, by no word."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from math import log10, sqrt

from flows.lib.cell_shapes import decimals_of

FEWEST_PARTS = 2
LEADING_COLUMNS = 6  # tried one by one: one column may hold shares, which nobody adds up
SURE = 2.0  # one in so many powers of ten: the chance that a sum is met without being meant
SURE_OF_REST = 1.0  # that a row is the sum of all the others is less often met
LEVELS = 6  # totals of totals


def _allowed(parts: int) -> int:
    """Say by how many of the last digit a sum of rounded numbers may be off."""
    return round((min(parts, 8 * sqrt(parts / 12)) + 1) / 2)


def _telling(number: int, off: int) -> float:
    """Say how little it is by chance that a number is met so nearly: in powers of ten."""
    return max(log10(abs(number) / (2 * off + 1)), 0.0)


class _Sums:
    """The numbers of the rows that are left, whole, and their running sums by column."""

    def __init__(self, columns: Sequence[Sequence[int]], rows: Sequence[int]) -> None:
        self.columns = [[column[row] for row in rows] for column in columns]
        self.running = [list(accumulate(column, initial=0)) for column in self.columns]
        self.size = len(rows)

    def evidence(self, row: int, begins: int, ends: int) -> float:
        """Say how telling it is that a row is the sum of others; 0 where most columns differ."""
        filled, agreeing, telling = 0, 0, {}
        for column, running in zip(self.columns, self.running, strict=True):
            if own := column[row]:
                filled += 1
                off = abs(running[ends] - running[begins] - own)
                if off <= _allowed(ends - begins):
                    agreeing += 1
                    telling[own] = _telling(own, off)
        return sum(telling.values()) if 2 * agreeing >= filled else 0.0

    def best(self, row: int, lead: int, order: Sequence[tuple[int, int]]) -> tuple[float, bool]:
        """Find the most telling block above or below a row, and say whether it is all the rest."""
        own, running = self.columns[lead][row], self.running[lead]
        wide, found = _allowed(self.size), (0.0, False)
        for base, sign in ((running[row], -1), (running[row + 1], 1)):
            meant = base + sign * own
            low = bisect_left(order, (meant - wide, -1))
            high = bisect_right(order, (meant + wide, self.size))
            for _, place in order[low : min(high, low + 50)]:
                begins, ends = (place, row) if sign < 0 else (row + 1, place)
                if ends - begins >= FEWEST_PARTS:
                    is_rest = ends - begins == self.size - 1
                    found = max(found, (self.evidence(row, begins, ends), is_rest))
        return found


def summed_rows(columns: Sequence[Sequence[Decimal | None]], odd: Sequence[bool]) -> list[int]:
    """Find which rows are sums of the rows right above or below them, in most of their columns.

    `odd` says of each row whether it lacks a word that others have, as totals do: then less proves
    it. Where totals are left out, those of the next level show.
    """
    scaled = [_whole(column) for column in columns]
    left = list(range(len(odd)))
    for _ in range(LEVELS):
        found = _of_one_level(scaled, left, odd)
        left = [row for row in left if row not in found]
        if not found:
            break
    return sorted(set(range(len(odd))) - set(left))


def _whole(column: Sequence[Decimal | None]) -> list[int]:
    """Give numbers as multiples of the last digit that any of them has; none counts as 0."""
    decimals = decimals_of(column)
    return [int(number.scaleb(decimals)) if number else 0 for number in column]


def _of_one_level(
    columns: Sequence[Sequence[int]], rows: Sequence[int], odd: Sequence[bool]
) -> set[int]:
    sums = _Sums(columns, rows)
    if sums.size <= FEWEST_PARTS or not columns:
        return set()
    by_size = sorted(range(len(columns)), key=lambda one: -max(map(abs, sums.columns[one])))
    found = set()
    needed = {True: SURE_OF_REST, False: log10(2 * sums.size) + SURE}
    for lead in by_size[:LEADING_COLUMNS]:
        order = sorted((total, place) for place, total in enumerate(sums.running[lead]))
        for place, row in enumerate(rows):
            if row in found or abs(sums.columns[lead][place]) < FEWEST_PARTS:
                continue
            evidence, is_rest = sums.best(place, lead, order)
            if evidence > max(needed[is_rest] - SURE * odd[row], 0):
                found.add(row)
    return found
