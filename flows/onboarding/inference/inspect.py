"""Looking at a file that has no contract yet."""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from flows.common.errors import Rejected
from flows.common.text import half_width, plain_caption
from flows.contracts.model import Contract
from flows.onboarding.inference.dialect import dialect_of
from flows.onboarding.inference.header import GUESSED_WITHIN_ROWS, guess_header, with_merged
from flows.onboarding.inference.patterns import (
    filled,
    has_decimal_commas,
    is_number,
    is_value,
    without_mark,
)
from flows.parsing.headers import Header, Rows, joined_captions
from flows.parsing.row_keywords import FOOTER, MARKED, NOTE, SUBSET, is_total_word
from flows.parsing.row_types import RowKinds
from flows.parsing.values import Unreadable, with_point
from flows.readers.delimited import Dialect
from flows.readers.detection import kind_of
from flows.readers.sheets import Sheet, open_sheets

ROWS_LOOKED_AT = 20_000  # from the beginning; of a longer file also its end
ROWS_OF_THE_END = 200


@dataclass
class ObservedSheet:
    """One sheet as it looks: its header, the rows of data, and those that are none."""

    name: str
    above: Rows
    captions: tuple[str, ...]  # as they are compared
    texts: tuple[str, ...]  # as they are written
    header: Rows
    data: Rows = field(default_factory=list)
    totals: Rows = field(default_factory=list)
    subsets: Rows = field(default_factory=list)
    groups: Rows = field(default_factory=list)
    footer: Rows = field(default_factory=list)
    is_whole: bool = True  # all its rows were looked at
    date_system: int | None = None

    def change(self, written: Callable[[Any], Any], only: int | None = None) -> None:
        """Write the cells of data and totals otherwise, in one column or in all."""
        for rows in (self.data, self.totals):
            for position, (number, row) in enumerate(rows):
                changed = [
                    written(cell) if only in (None, place) else cell
                    for place, cell in enumerate(row)
                ]
                rows[position] = number, changed

    def cells(self, place: int) -> list[Any]:
        """Give the cells of a column in the rows of data."""
        return [row[place] if place < len(row) else None for _, row in self.data]


@dataclass
class Observed:
    """A file as it looks: what it is, how it is written, and its sheets that hold a table."""

    name: str
    kind: str
    dialect: Dialect | None
    sheets: list[ObservedSheet]
    other_sheets: list[str]
    has_commas: bool = False  # its numbers have a decimal comma; in the rows here, a point
    has_marks: bool = False  # marks of footnotes stand behind numbers; in the rows here, none

    @property
    def is_ascii(self) -> bool:
        """Whether no sign that was looked at tells one encoding from another."""
        return self.dialect is not None and not self.dialect.mark and all(
            str(cell).isascii()
            for sheet in self.sheets
            for rows in (sheet.above, sheet.header, sheet.data, sheet.totals, sheet.footer)
            for _, row in rows
            for cell in row
        )  # fmt: skip


def stub_contract(name: str, dialect: Dialect | None) -> Contract:
    """Make a contract that says no more than how the text is written."""
    read = (
        {"encoding": dialect.encoding, "delimiter": dialect.delimiter, "quote": dialect.quote}
        if dialect
        else {}
    )
    return Contract("", name, {"pull": {"from": "inbox"}, "read": read}, ())


def _taken(sheet: Sheet) -> tuple[Rows, bool]:
    """Take the first rows of a sheet and its last ones, and say whether these are all."""
    rows = list(islice(sheet.rows, ROWS_LOOKED_AT))
    end = deque(sheet.rows, ROWS_OF_THE_END)
    passed = bool(end) and end[0][0] != rows[-1][0] + 1
    return with_merged(rows, sheet.merged) + list(end), not passed


def _labels(rows: Rows) -> frozenset[int]:
    """Find the columns of words of most rows that hold a value."""
    found: Counter[frozenset[int]] = Counter()
    for _, row in rows:
        words = frozenset(place for place, _ in filled(row) if not is_value(row[place]))
        found[words] += len(words) < len(filled(row))
    return max(found, key=lambda words: found[words], default=frozenset())


def _is_thin(row: Sequence[Any], width: int, labels: frozenset[int]) -> bool:
    """Say whether a row holds words in a few cells alone, as notes and titles of groups do.

    A name and a code where all rows have them, and no value, are a row of which nothing is known.
    """
    texts = filled(row)
    return (
        0 < len(texts) <= max(1, width // 4)
        and width > 2
        and (len(texts) == 1 or {place for place, _ in texts} != labels)
        and not any(is_value(row[place]) for place, _ in texts)
        and not any(is_total_word(text) for _, text in texts)
    )


def _is_note(row: Sequence[Any], width: int, labels: frozenset[int]) -> bool:
    """Say whether a row below the data reads as a note: a delimiter may have parted it."""
    texts = filled(row)
    if FOOTER.search(texts[0][1]) or _is_thin(row, width, labels):
        return True
    words = {text for _, text in texts}  # one cell may be merged with all the others
    return (
        (len(words) == 1 or 2 * len(texts) <= width)
        and bool(MARKED.search(texts[0][1]) or NOTE.search(texts[0][1]))
        and not any(is_number(row[place]) for place, _ in texts)
    )


def _footer_begins(rows: Rows, width: int, labels: frozenset[int]) -> int:
    """Find the first of the last rows that are all notes or blank."""
    begins = len(rows)
    for place in range(len(rows) - 1, -1, -1):
        texts = filled(rows[place][1])
        if texts and not _is_note(rows[place][1], width, labels):
            break
        if texts:
            begins = place
    return begins


def _sort_in(sheet: ObservedSheet, rows: Rows, kinds: RowKinds) -> None:
    """Tell the rows below a header apart by their looks."""
    width = sum(1 for caption in sheet.captions if caption)
    labels = _labels(rows)
    begins = _footer_begins(rows, width, labels)
    for number, row in rows[:begins]:
        texts = filled(row)
        kind = kinds.kind(row)
        captions = tuple(plain_caption(cell) for cell in row)
        if not texts or captions == sheet.captions[: len(captions)] or kind == "columns_row":
            continue
        if kind == "note":
            return
        if kind == "total" or any(is_total_word(text) for _, text in texts):
            sheet.totals.append((number, row))
        elif kind == "subset" or SUBSET.search(texts[0][1]):
            sheet.subsets.append((number, row))
        elif kind == "group" or _is_thin(row, width, labels):
            sheet.groups.append((number, row))
        else:
            sheet.data.append((number, row))
    sheet.footer = rows[begins:]


def _as_written(cell: Any) -> str:
    """Give a caption with its single blanks, but none between Han characters."""
    text = " ".join((half_width(cell) or "").split())
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)


def _observed_sheet(sheet: Sheet) -> ObservedSheet | None:
    rows, is_whole = _taken(sheet)
    found = guess_header(rows)
    if found is None:
        return None
    last, height = found
    storeys = [row for _, row in rows[last - height + 1 : last + 1]]
    captions, texts = joined_captions(storeys), joined_captions(storeys, _as_written)
    above, header_rows = rows[: last - height + 1], rows[last - height + 1 : last + 1]
    seen = ObservedSheet(sheet.name, above, captions, texts, header_rows)
    seen.is_whole, seen.date_system = is_whole, sheet.date_system
    header = Header(rows[last][0], captions, {}, height)
    _sort_in(seen, rows[last + 1 :], RowKinds(stub_contract("", None), header))
    return seen if seen.data else None


def observe(path: Path, name: str) -> Observed:
    """Look at a file; raises Rejected."""
    kind = kind_of(path)
    dialect = dialect_of(path) if kind == "text" else None
    sheets, others = [], []
    for sheet in open_sheets(path, stub_contract(name, dialect)):
        seen = None if sheet.is_hidden else _observed_sheet(sheet)
        if seen:
            sheets.append(seen)
        else:
            others.append(sheet.name)
    sheets = _largest_first(sheets)
    has_commas = has_decimal_commas(_texts(sheets))
    if has_commas:
        for seen in sheets:
            seen.change(_pointed)
    marked = [seen for seen in sheets if _without_marks(seen)]
    if not sheets:
        raise Rejected(
            f"no header was found within {GUESSED_WITHIN_ROWS} rows: a row of words above rows of "
            "data, with a caption for each column"
        )
    return Observed(name, kind, dialect, sheets, others, has_commas, bool(marked))


def _largest_first(sheets: list[ObservedSheet]) -> list[ObservedSheet]:
    """Put the sheets of the header below which most stands before a list of contents and others."""
    cells: Counter[tuple[str, ...]] = Counter()
    for sheet in sheets:
        cells[sheet.captions] += len(sheet.data) * len(sheet.captions)
    return sorted(sheets, key=lambda sheet: -cells[sheet.captions])


def _texts(sheets: Sequence[ObservedSheet]) -> Iterator[str]:
    return (
        text
        for sheet in sheets
        for _, row in sheet.data
        for cell in row
        if isinstance(cell, str) and (text := half_width(cell))
    )


def _pointed(cell: Any) -> Any:
    try:
        return with_point(cell)
    except Unreadable:
        return cell


def _without_marks(sheet: ObservedSheet) -> bool:
    """Take marks of footnotes from the columns where fewer numbers have one than have none."""
    found = []
    for place in range(len(sheet.captions)):
        cells = sheet.cells(place)
        marked = sum(without_mark(cell) != cell for cell in cells)
        if 0 < marked <= sum(map(is_number, cells)):
            found.append(place)
    for place in found:
        sheet.change(without_mark, place)
    return bool(found)
