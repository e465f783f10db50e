"""The rows of a sheet below one another, one by one or as many at once as there are at hand."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Row = tuple[int, list[Any]]  # its number, as a person would count, and its cells
Block = tuple[Sequence[int], list[list[Any]]]  # the numbers of some rows, and their cells

ROWS_AT_ONCE = 20_000
CELLS_AT_ONCE = 2_000_000


def rows_at_once(width: int) -> int:
    """Say how many rows of some width fit into memory together."""
    return max(1, min(ROWS_AT_ONCE, CELLS_AT_ONCE // max(width, 1)))


class RowBlocks:
    """Rows as they come in blocks; each is given once, alone or with others."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        """Take where the blocks come from."""
        self._blocks = iter(blocks)
        self._numbers: Sequence[int] = ()
        self._rows: list[list[Any]] = []
        self._place = 0

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows one by one."""
        return self

    def __next__(self) -> Row:
        """Give the next row."""
        while self._place == len(self._rows):
            self._numbers, self._rows = next(self._blocks)
            self._place = 0
        self._place += 1
        return self._numbers[self._place - 1], self._rows[self._place - 1]

    def peek(self, count: int) -> list[list[Any]]:
        """Show some of the rows to come, as far as they are at hand, and give none."""
        return self._rows[self._place : self._place + count]

    def take(self) -> Block:
        """Give many of the rows that are left; none where there are no more."""
        numbers, rows = self._numbers[self._place :], self._rows[self._place :]
        self._numbers, self._rows, self._place = (), [], 0
        while len(rows) < rows_at_once(len(rows[-1]) if rows else 0):
            block = next(self._blocks, None)
            if block is None:
                break
            numbers = [*numbers, *block[0]] if rows else block[0]
            rows = [*rows, *block[1]] if rows else block[1]
        return numbers, rows
