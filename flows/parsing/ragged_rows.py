"""Rows of more or fewer cells than captions, and of one cell alone: which of them are data."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from flows.common.errors import Rejected
from flows.common.text import normalize_width, strip_whitespace
from flows.parsing.headers import Header
from flows.parsing.values import holds_number
from flows.readers.sheets import Sheet

MORE, FEWER, ALONE = "more_cells_than_captions", "fewer_cells_than_captions", "one_cell_alone"
OTHER_TABLE = "other_table"  # below a header of its own
MERGED = "merged_amount"  # one number over several rows or columns: nobody says which gets what
BLANK, LABEL = "blank", "label"  # no data, and nothing to be told of
SERIAL = re.compile(r"[0-9]{1,5}")
ROWS_OF_EXCEL = 16  # of which it leaves out the delimiters behind the last cell of any
ROWS_KEPT = 200  # of as many cells as there should be, to see which of them are mostly filled
FEWEST_CAPTIONS = 3  # in a table of two, a name without a number is a row


class Widths:
    """How many cells the rows of a text have: one that was cut in two shifts those behind it."""

    def __init__(self, header: Header) -> None:
        """Take the header, which may end with delimiters that the rows lack."""
        self.header = header
        self.last = max(
            (place for place, caption in enumerate(header.captions, 1) if caption),
            default=len(header.captions),
        )
        self.expected = 0  # not known before there are rows
        self.full: list[list[Any]] = []  # some rows of as many cells
        self.may_be_excel, self.ended_early = True, False

    def odd_rows(
        self, numbers: Sequence[int], rows: Sequence[list[Any]], left_out: Collection[int]
    ) -> dict[int, str]:
        """Find rows of more or fewer cells than there should be, but for those at some places.

        Raises Rejected where all rows are such, so that it is the header that may be wrong.
        """
        lengths = list(map(len, rows))
        if set(lengths) != {self.expected}:
            places = [
                place for place, length in enumerate(lengths) if length and place not in left_out
            ]
        else:
            places = []
        is_first = not self.expected
        if places and is_first:
            self._expect([lengths[place] for place in places])
        self.full += [
            row for row in rows[: ROWS_KEPT - len(self.full)] if len(row) == self.expected
        ]
        long = [numbers[place] for place in places if lengths[place] > self.expected]
        short = [place for place in places if lengths[place] < self.expected]
        if is_first and places and len(long) + len(short) == len(places):
            raise self._all_odd({lengths[place] for place in places})
        if short and self._ends_as_excel(numbers, rows, places):
            self.ended_early, short = True, []
        elif short:
            if self.ended_early:
                raise self._all_odd({lengths[place] for place in short})
            self.may_be_excel = False
        return dict.fromkeys(long, MORE) | dict.fromkeys((numbers[place] for place in short), FEWER)

    def _expect(self, lengths: Sequence[int]) -> None:
        """Say how many cells a row should have; where there is no header, as most have."""
        counts = Counter(lengths)
        self.expected = len(self.header.captions)
        if not self.header.height:
            self.expected = max(counts, key=lambda length: (counts[length], length))
            if self.expected < self.last:
                raise Rejected("rows_lack_column", count=self.expected, place=self.last)
        elif counts[self.last] > counts[self.expected]:
            self.expected = self.last

    def _all_odd(self, lengths: Collection[int]) -> Rejected:
        fewest, most = min(lengths), max(lengths)
        shown = f"{fewest} to {most}" if fewest < most else str(most)
        return Rejected(
            "rows_wider_than_header", row=self.header.last_row, count=self.expected, counts=shown
        )

    def _ends_as_excel(
        self, numbers: Sequence[int], rows: Sequence[list[Any]], places: Sequence[int]
    ) -> bool:
        """Say whether rows end early as Excel writes them, so that the empty cells are the last.

        It leaves out of sixteen rows the delimiters behind the last cell of any. A cell that was
        lost in some rows leaves others of the sixteen as they are, or is mostly filled in others.
        """
        widths: dict[int, set[int]] = defaultdict(set)
        reached: dict[int, bool] = defaultdict(bool)
        last = (numbers[-1] - 1) // ROWS_OF_EXCEL  # of which the other rows may come later
        widths[(self.header.last_row - 1) // ROWS_OF_EXCEL].add(self.expected)
        for place in places:
            block, row = (numbers[place] - 1) // ROWS_OF_EXCEL, rows[place]
            widths[block].add(len(row))
            reached[block] |= bool(row[-1].strip())
        short = {block: min(found) for block, found in widths.items() if min(found) < self.expected}
        filled = [
            sum(bool(row[place].strip()) for row in self.full)
            for place in range(min(short.values(), default=0), self.expected)
        ]
        return (
            self.may_be_excel
            and all(len(widths[block]) == 1 for block in short)
            and all(reached[block] or (block == last and len(rows) > ROWS_KEPT) for block in short)
            and sum(len(rows[place]) < self.expected for place in places) > 1
            and all(2 * count <= len(self.full) for count in filled)
        )


class Columns(NamedTuple):
    """Where the columns stand that tell what a cell alone in its row is."""

    declared: Collection[int]
    measures: Collection[int]
    proved: Collection[int]  # codes that prove themselves

    def kind(self, place: int, cell: object) -> str | None:
        """Say what a cell is that stands alone in its row; None where it is data all the same.

        A serial number that was written before the row is filled in leaves the row blank; a text
        beside numbers, of which there is none, is a label. Neither has anything to be counted.
        """
        if place in self.proved:
            return None
        if place not in self.declared and SERIAL.fullmatch(normalize_width(cell) or ""):
            return BLANK
        return LABEL if self.measures and place not in self.measures else ALONE


def find_suspect_rows(
    numbers: Sequence[int],
    rows: Sequence[list[Any]],
    sheet: Sheet,
    suspects: Mapping[int, str],
    columns: Columns | None,
) -> dict[int, str]:
    """Say which rows are no data or not to be relied on, by their numbers, and what they are.

    `columns` tells what a cell alone in its row is; None where no row is looked at for that.
    """
    found = {}
    for number, row in zip(numbers, rows, strict=True):
        if number in suspects:
            found[number] = suspects[number]
        elif (
            columns
            and (place := _alone(number, row, sheet)) is not None
            and (kind := columns.kind(place, row[place]))
        ):
            found[number] = kind
    return found


def blank_rows(
    numbers: Sequence[int], rows: Sequence[list[Any]], declared: Sequence[int]
) -> set[int]:
    """Find the rows that are blank in every column that the contract declares, by their numbers."""
    if not declared:
        return set()
    first = declared[0]
    return {
        number
        for number, row in zip(numbers, rows, strict=True)
        if not (first < len(row) and row[first] not in ("", None))
        and not any(place < len(row) and normalize_width(row[place]) for place in declared)
    }


def merged_numbers(numbers: Sequence[int], sheet: Sheet, measures: Collection[int]) -> set[int]:
    """Find the rows in which a number is merged with the cell of another row or measure."""
    found, here = set(), {*numbers}
    for (number, place), value in sheet.merged.items():
        if number not in here or place not in measures or not holds_number(value):
            continue
        beside = [(number - 1, place), (number + 1, place)]
        beside += [(number, other) for other in (place - 1, place + 1) if other in measures]
        if any(sheet.merged.get(at) == value for at in beside):
            found.add(number)
    return found


def has_no_name(row: Sequence[Any], measures: Collection[int], declared: Collection[int]) -> bool:
    """Say whether a row has numbers and nothing that tells whose they are, but a serial number."""
    for place, cell in enumerate(row):
        text = strip_whitespace(cell) if place not in measures else None
        is_serial = text and place not in declared and SERIAL.fullmatch(text)
        if text and not is_serial and any(map(str.isalnum, text)):
            return False
    return any(holds_number(row[place]) for place in measures if place < len(row))


def _alone(number: int, row: list[Any], sheet: Sheet) -> int | None:
    """Find the only cell of a row, which may be merged over several columns."""
    if not sheet.merged and len(row) - row.count("") - row.count(None) > 1:
        return None  # as most are
    filled = [place for place, cell in enumerate(row) if normalize_width(cell)]
    is_merged = len({row[place] for place in filled}) == 1 and all(
        (number, place) in sheet.merged for place in filled
    )
    return filled[0] if len(filled) == 1 or is_merged else None
