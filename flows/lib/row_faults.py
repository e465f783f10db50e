"""Rows of more or fewer cells than captions, and of one cell alone: which of them are data."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from flows.lib.cells import half_width
from flows.lib.contracts import Contract
from flows.lib.headers import Header
from flows.lib.row_kinds import UNLISTED
from flows.lib.sheets import Sheet

MORE, FEWER, ALONE = "more_cells_than_captions", "fewer_cells_than_captions", "one_cell_alone"
BLANK, LABEL = "blank", "label"  # no data, and nothing to be told of
SERIAL = re.compile(r"[0-9]{1,5}")
ROWS_OF_EXCEL = 16  # of which it leaves out the delimiters behind the last cell of any
FEWEST_CAPTIONS = 3  # in a table of two, a name without a number is a row


def cut_off(
    numbers: Sequence[int], rows: Sequence[list[Any]], width: int, header_row: int
) -> set[int]:
    """Find the rows of a text that have fewer cells than captions, by their numbers.

    A cell that was lost or joined to another shifts those behind it. Only where all of sixteen rows
    end early, as Excel writes them, are the missing cells the empty ones at the end.
    """
    short = [number for number, row in zip(numbers, rows, strict=True) if 0 < len(row) < width]
    if not short:
        return set()
    widths: dict[int, set[int]] = defaultdict(set)
    widths[(header_row - 1) // ROWS_OF_EXCEL].add(width)
    for number, row in zip(numbers, rows, strict=True):
        if row:
            widths[(number - 1) // ROWS_OF_EXCEL].add(len(row))
    return {number for number in short if len(widths[(number - 1) // ROWS_OF_EXCEL]) > 1}


def suspects_of(
    numbers: Sequence[int],
    rows: Sequence[list[Any]],
    kinds: Mapping[int, str],
    sheet: Sheet,
    width: int,
    header_row: int,
) -> dict[int, str]:
    """Say which rows are not to be relied on beside their neighbours or by their label."""
    short = cut_off(numbers, rows, width, header_row) if sheet.is_text else ()
    unlisted = {numbers[place]: kind for place, kind in kinds.items() if kind == UNLISTED}
    return dict.fromkeys(short, FEWER) | unlisted


@dataclass(frozen=True)
class Columns:
    """Where the columns stand that tell what a cell alone in its row is."""

    declared: frozenset[int]
    measures: frozenset[int]
    proved: frozenset[int]  # codes that prove themselves

    @classmethod
    def of(cls, contract: Contract, header: Header, items: Collection[int]) -> Self:
        """Find them below a header; `items` are the places of columns that become rows."""
        key = contract.meta.get("key", ())
        found = [(header.positions[one.name], one) for one in contract.columns
                 if one.name in header.positions]  # fmt: skip
        measures = {place for place, one in found
                    if one.is_number and one.name not in key}  # fmt: skip
        proved = {place for place, one in found if one.length or one.check or one.code_list}
        declared = {place for place, _ in found}
        return cls(frozenset(declared | {*items}), frozenset(measures | {*items}),
                   frozenset(proved))  # fmt: skip

    def kind(self, place: int, cell: object) -> str | None:
        """Say what a cell is that stands alone in its row; None where it is data all the same.

        A serial number that was written before the row is filled in leaves the row blank; a text
        beside numbers, of which there is none, is a label. Neither has anything to be counted.
        """
        if place in self.proved:
            return None
        if place not in self.declared and SERIAL.fullmatch(half_width(cell) or ""):
            return BLANK
        return LABEL if self.measures and place not in self.measures else ALONE


def rows_apart(
    numbers: Sequence[int],
    rows: Sequence[list[Any]],
    sheet: Sheet,
    width: int,
    suspects: Mapping[int, str],
    columns: Columns | None,
) -> dict[int, str]:
    """Say which rows are no data or not to be relied on, by their numbers, and what they are.

    `columns` tells what a cell alone in its row is; None where no row is looked at for that.
    """
    found = {}
    for number, row in zip(numbers, rows, strict=True):
        if sheet.is_text and len(row) > width and any(map(str.strip, row[width:])):
            found[number] = MORE
        elif number in suspects:
            found[number] = suspects[number]
        elif (
            columns
            and (place := _alone(number, row, sheet)) is not None
            and (kind := columns.kind(place, row[place]))
        ):
            found[number] = kind
    return found


def _alone(number: int, row: list[Any], sheet: Sheet) -> int | None:
    """Find the only cell of a row, which may be merged over several columns."""
    if not sheet.merged and len(row) - row.count("") - row.count(None) > 1:
        return None  # as most are
    filled = [place for place, cell in enumerate(row) if half_width(cell)]
    is_merged = len({row[place] for place in filled}) == 1 and all(
        (number, place) in sheet.merged for place in filled
    )
    return filled[0] if len(filled) == 1 or is_merged else None
