"""Inspecting a file that has no contract yet: its sheets, and what each of their rows is."""

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from flows.common.errors import Rejected
from flows.common.text import normalize_width, plain_caption
from flows.contracts.model import Column, Contract
from flows.contracts.words import InboxPull, ReadWords
from flows.onboarding.inference.cells import (
    first_text,
    has_decimal_commas,
    is_value,
    list_texts,
)
from flows.onboarding.inference.glossary import load_glossary
from flows.onboarding.inference.header import INFERRED_WITHIN_ROWS, find_header
from flows.parsing.headers import Header, Rows, joined_captions, with_titles_spread
from flows.parsing.row_keywords import FOOTER, MARKED, NOTE, SUBSET, is_total_word
from flows.parsing.row_types import RowClassifier
from flows.parsing.values import Unreadable, holds_number, with_point
from flows.readers.delimited import Dialect
from flows.readers.detection import detect_kind
from flows.readers.dialect import find_dialect
from flows.readers.encodings import decode_start, read_start, share_of_common
from flows.readers.sheets import Sheet, open_sheets

ROWS_INSPECTED = 20_000  # from the beginning; of a longer file also its end
ROWS_OF_THE_END = 200
OTHER_DELIMITERS = ",\t;|"  # than a blank
FEWEST_COMMON = 0.5  # of the Han of a text, else it is of another encoding or language


@dataclass
class InspectedSheet:
    """One sheet as it looks: its header, the rows of data, and those that are none."""

    name: str
    preamble: Rows
    captions: tuple[str, ...]  # as they are compared
    texts: tuple[str, ...]  # as they are written
    is_whole: bool  # all its rows were inspected
    data: Rows = field(default_factory=list)
    totals: Rows = field(default_factory=list)
    subsets: Rows = field(default_factory=list)
    groups: Rows = field(default_factory=list)
    footer: Rows = field(default_factory=list)

    def cells(self, place: int) -> list[Any]:
        """Give the cells of a column in the rows of data."""
        return [row[place] if place < len(row) else None for _, row in self.data]


@dataclass
class InspectedFile:
    """A file as it looks: what it is, how it is written, and its sheets that hold a table."""

    name: str
    kind: str
    dialect: Dialect | None
    sheets: list[InspectedSheet]
    other_sheets: list[str]
    has_commas: bool = False  # its numbers have a decimal comma; in the rows here, a point

    @property
    def same_sheets(self) -> list[InspectedSheet]:
        """The first sheet, and those that have its header."""
        return [sheet for sheet in self.sheets if sheet.captions == self.sheets[0].captions]

    @property
    def is_ascii(self) -> bool:
        """Whether its rows of data hold plain ASCII alone, as in every encoding."""
        cells = (cell for sheet in self.sheets for _, row in sheet.data for cell in row)
        return all(str(cell).isascii() for cell in cells)

    def cells(self, place: int) -> list[Any]:
        """Give the cells of a column in the rows of data of all sheets that are alike."""
        return [cell for sheet in self.same_sheets for cell in sheet.cells(place)]


def inspect_file(path: Path, name: str) -> InspectedFile:
    """Inspect a file; raises Rejected."""
    kind = detect_kind(path, read_start(path))
    dialect = _infer_dialect(path) if kind == "text" else None
    words = ("encoding", "delimiter", "quote") if dialect else ()
    read = ReadWords.model_construct(**{word: getattr(dialect, word) for word in words})
    contract = _make_contract(read)
    sheets, others = [], []
    for sheet in open_sheets(path, contract):
        if not sheet.is_hidden and (inspected := _inspect_sheet(sheet, contract)):
            sheets.append(inspected)
        else:
            others.append(sheet.name)
    if not sheets:
        raise Rejected("no_header_found", count=INFERRED_WITHIN_ROWS)
    has_commas = has_decimal_commas(_list_data_texts(sheets))
    for rows in (rows for sheet in sheets for rows in (sheet.data, sheet.totals) if has_commas):
        rows[:] = [(number, list(map(_with_point, row))) for number, row in rows]
    return InspectedFile(name, kind, dialect, _largest_first(sheets), others, has_commas)


def _make_contract(read: ReadWords, *columns: Column) -> Contract:
    """Make a contract that says no more than how a file is read."""
    pull = InboxPull.model_construct(origin="inbox", files=())
    return Contract.model_construct(system="", table="", pull=pull, read=read, columns=columns)


def _infer_dialect(path: Path) -> Dialect:
    """Tell how a text file is written; raises Rejected where its encoding cannot be known.

    Where no caption is known it is UTF-8, or GB18030 if that makes common Chinese of it.
    """
    captions = tuple(text for text in load_glossary() if len(text) > 1 and not text.isascii())
    known = Column(name="known", data_type="string", captions=captions)
    start = read_start(path)
    dialect = find_dialect(path, start, _make_contract(ReadWords(), known))
    text = decode_start(start, dialect.encoding) or ""
    is_unicode = dialect.encoding.startswith("utf")
    if not is_unicode and share_of_common(text) < FEWEST_COMMON:
        raise Rejected("no_encoding_fits")
    if dialect.delimiter == " " and not _is_parted_by_blanks(text):
        return replace(dialect, delimiter=max(OTHER_DELIMITERS, key=text.count), skips_blanks=True)
    return dialect


def _is_parted_by_blanks(text: str) -> bool:
    """Say whether blanks part values, and not the words of captions alone."""
    has_others = any(delimiter in text for delimiter in OTHER_DELIMITERS)
    return not has_others and any(map(is_value, text.split()))


def _inspect_sheet(sheet: Sheet, contract: Contract) -> InspectedSheet | None:
    rows, is_whole = _take_rows(sheet)
    found = find_header(rows)
    if found is None:
        return None
    last, height = found
    first = last - height + 1
    levels = with_titles_spread([row for _, row in rows[first : last + 1]])
    captions, texts = joined_captions(levels), joined_captions(levels, _write_caption)
    inspected = InspectedSheet(sheet.name, rows[:first], captions, texts, is_whole)
    header = Header(rows[last][0], captions, {}, height)
    _sort_rows(inspected, rows[last + 1 :], RowClassifier(contract, header))
    return inspected if inspected.data else None


def _take_rows(sheet: Sheet) -> tuple[Rows, bool]:
    """Take the first rows of a sheet, merged cells filled, and its last ones; say if these are all.

    Each cell of a merged range gets the value of its first one.
    """
    rows = list(islice(sheet.rows, ROWS_INSPECTED))
    end = deque(sheet.rows, ROWS_OF_THE_END)
    passed = bool(end) and end[0][0] != rows[-1][0] + 1
    if sheet.merged:
        rows = [
            (number, [sheet.merged.get((number, place), cell) for place, cell in enumerate(row)])
            for number, row in rows
        ]
    return rows + list(end), not passed


def _write_caption(cell: Any) -> str:
    """Give a caption with its single blanks, but none between Han characters."""
    text = " ".join((normalize_width(cell) or "").split())
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)


def _is_title(row: Sequence[Any], width: int) -> bool:
    """Say whether a row holds words in one cell alone, or merged over several."""
    texts = {text for _, text in list_texts(row)}
    return (
        len(texts) == 1
        and width > 2
        and not is_total_word(first_text(row))
        and not any(map(is_value, texts))
    )


def _is_note(row: Sequence[Any], width: int) -> bool:
    """Say whether a row below the data reads as a note: a delimiter may have parted it."""
    texts, first = list_texts(row), first_text(row)
    if FOOTER.search(first) or _is_title(row, width):
        return True
    return (
        2 * len(texts) <= width
        and bool(MARKED.search(first) or NOTE.search(first))
        and not any(holds_number(row[place]) for place, _ in texts)
    )


def _find_footer(rows: Rows, width: int) -> int:
    """Find the first of the last rows that are all notes or blank."""
    begins = len(rows)
    for place in range(len(rows) - 1, -1, -1):
        if not list_texts(rows[place][1]):
            continue
        if not _is_note(rows[place][1], width):
            break
        begins = place
    return begins


def _sort_rows(sheet: InspectedSheet, rows: Rows, row_types: RowClassifier) -> None:
    """Tell the rows below a header apart by their words."""
    width = sum(map(bool, sheet.captions))
    begins = _find_footer(rows, width)
    sheet.footer = rows[begins:]
    for number, row in rows[:begins]:
        captions = tuple(plain_caption(cell) for cell in row)
        is_header = captions == sheet.captions[: len(captions)]
        if row_types.classify(row) in ("blank", "header", "columns_row") or is_header:
            continue
        if any(is_total_word(text) for _, text in list_texts(row)):
            sheet.totals.append((number, row))
        elif SUBSET.search(first_text(row)):
            sheet.subsets.append((number, row))
        elif _is_title(row, width):
            sheet.groups.append((number, row))
        else:
            sheet.data.append((number, row))


def _largest_first(sheets: list[InspectedSheet]) -> list[InspectedSheet]:
    """Put the sheets of the header below which most stands before a list of contents and others."""
    cells: Counter[tuple[str, ...]] = Counter()
    for sheet in sheets:
        cells[sheet.captions] += len(sheet.data) * len(sheet.captions)
    return sorted(sheets, key=lambda sheet: -cells[sheet.captions])


def _list_data_texts(sheets: Sequence[InspectedSheet]) -> Iterator[str]:
    return (
        text
        for sheet in sheets
        for _, row in sheet.data
        for cell in row
        if isinstance(cell, str) and (text := normalize_width(cell))
    )


def _with_point(cell: Any) -> Any:
    try:
        return with_point(cell)
    except Unreadable:
        return cell
