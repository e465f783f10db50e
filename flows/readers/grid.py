"""A grid of raw cells as readers of markup fill it; for the reader process alone."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from lxml import etree

from flows.common.errors import Rejected

Merged = dict[tuple[int, int], Any]
WIDEST, HIGHEST = 16_384, 1_048_576
NUMBER = re.compile("[0-9]{1,9}")
NOT_CALCULATED = "#FORMULA!"


class SheetCells(NamedTuple):
    """What a reader finds in a sheet: what is merged or hidden in it, how it counts days, cells."""

    name: str
    is_hidden: bool
    merged: Merged  # by row number and column
    date_system: int | None
    rows: list[list[Any]]
    hidden_rows: Sequence[int] = ()  # by their numbers


class Grid:
    """Rows that grow as cells are set, bounded as a spreadsheet is."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.merged: Merged = {}

    def set(self, row: int, column: int, value: Any, down: int, right: int) -> None:
        """Set a cell, and for a merged one remember its value in each cell of its range."""
        if row + down >= HIGHEST or column + right >= WIDEST:
            raise Rejected("more_cells_than_spreadsheet")
        if (down + 1) * (right + 1) > WIDEST:
            raise Rejected("merged_cell_spans_table")
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        cells += [""] * (column + right + 1 - len(cells))
        if cells[column] not in ("", value):
            raise Rejected("cell_stands_twice")
        cells[column] = value
        if down or right:
            for one_row in range(row, row + down + 1):
                for one_column in range(column, column + right + 1):
                    self.merged[one_row + 1, one_column] = value


def number_in(text: str | None, largest: int, otherwise: int = 1) -> int:
    """Read a span or a position; what is no number counts as it does where there is none."""
    found = NUMBER.match(text.strip()) if text else None
    return min(int(found[0]), largest) if found else otherwise


def xml_parser(encoding: str | None = None) -> Any:
    """Make a parser that follows no entity, asks no net and reads no DTD."""
    return etree.XMLParser(
        encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False
    )


def with_mark(text: str, raised: str) -> str:
    """Join a raised sign to a text; behind a digit it would become part of the number."""
    is_mark = text[-1:].isdigit() and raised.strip()[:1].isdigit()
    return f"{text}({raised.strip()})" if is_mark else text + raised
