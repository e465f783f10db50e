"""Rows of which no cell can be relied on: more or fewer cells than captions, or one cell alone."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from flows.lib.cells import half_width
from flows.lib.contracts import Contract
from flows.lib.headers import Header
from flows.lib.sheets import Sheet

MORE, FEWER, ALONE = "more_cells_than_captions", "fewer_cells_than_captions", "one_cell_alone"
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


def row_faults(
    numbers: Sequence[int],
    rows: Sequence[list[Any]],
    sheet: Sheet,
    width: int,
    short: Collection[int],
    proved: Collection[int] | None,
) -> dict[int, str]:
    """Say which rows are not to be relied on, by their place, and by which rule.

    A cell alone in its row is no data but a title, a note or half of a line, unless it stands in a
    column of codes that prove themselves (`proved`; None where no row is looked at for that).
    """
    found = {}
    for place, row in enumerate(rows):
        if sheet.is_text and len(row) > width and any(map(str.strip, row[width:])):
            found[place] = MORE
        elif proved is not None and _is_alone(numbers[place], row, sheet, proved):
            found[place] = ALONE
        elif numbers[place] in short:
            found[place] = FEWER
    return found


def codes_that_prove_themselves(contract: Contract, header: Header) -> set[int]:
    """Find the columns of which a cell says by itself whether it belongs there."""
    return {
        header.positions[one.name]
        for one in contract.columns
        if one.name in header.positions and (one.length or one.check or one.code_list)
    }


def _is_alone(number: int, row: list[Any], sheet: Sheet, proved: Collection[int]) -> bool:
    if not sheet.merged and len(row) - row.count("") - row.count(None) > 1:
        return False  # as most are
    filled = [place for place, cell in enumerate(row) if half_width(cell)]
    if len(filled) == 1:
        return filled[0] not in proved
    return len({row[place] for place in filled}) == 1 and all(
        (number, place) in sheet.merged for place in filled
    )
