"""Opening a kept file as sheets of raw cells, by what it is and not by its name."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from flows.common.errors import Rejected
from flows.common.lossless_json import read_lines
from flows.common.text import strip_whitespace
from flows.contracts.model import Contract
from flows.readers.delimited import text_blocks
from flows.readers.detection import detect_kind
from flows.readers.dialect import find_dialect
from flows.readers.encodings import read_start
from flows.readers.json_records import Record, read_records
from flows.readers.row_blocks import ROWS_AT_ONCE, Block, RowBlocks
from flows.readers.sandbox import read_sheets

LINES_AT_ONCE = 2_000  # more than a processor's cache holds take twice the time


@dataclass
class Sheet:
    """One sheet: its name and its rows with their numbers, as a person would count them."""

    name: str
    rows: RowBlocks
    merged: dict[tuple[int, int], Any] = field(default_factory=dict)  # (row number, column)
    is_hidden: bool = False
    date_system: int | None = None  # 1900 or 1904, where the file has one
    is_records: bool = False  # of a system, which writes no page and numbers no columns
    is_text: bool = False  # there a cell that is cut in two shifts those behind it
    doubtful: dict[int, str] = field(default_factory=dict)  # rows that no quote makes sense of
    hidden_rows: frozenset[int] = frozenset()  # which nobody sees who opens the file


def _spreadsheet(path: Path, kind: str, contract: Contract) -> Iterator[Sheet]:
    """Open a spreadsheet; a sheet's rows must be taken before the next sheet is asked for."""
    captions = {
        strip_whitespace(caption) or ""
        for column in contract.columns
        for caption in column.captions
    }
    encoding = contract.read.encoding
    with closing(read_sheets(path, kind, captions, encoding)) as messages:
        following = next(messages, None)

        def blocks() -> Iterator[Block]:
            nonlocal following
            while following is not None and following[0] == "rows":
                _, first, cells = following
                yield range(first, first + len(cells)), cells
                following = next(messages, None)

        while following is not None:
            _, name, is_hidden, cells, date_system, hidden_rows = following
            merged = {(row, column): value for row, column, value in cells}
            following = next(messages, None)
            taken = blocks()
            hidden = frozenset(hidden_rows)
            yield Sheet(name, RowBlocks(taken), merged, is_hidden, date_system, hidden_rows=hidden)
            for _ in taken:
                pass  # what was not asked for


def _table(many: Iterable[Sequence[Record]]) -> Iterator[Block]:
    """Give records, some at a time, as rows below a header of their names."""
    names: tuple[str, ...] = ()
    start = 2
    for records in many:
        if not names and records:
            names = tuple(records[0])
            yield [1], [[*names]]
        yield range(start, start + len(records)), _cells(records, names, start)
        start += len(records)


def _cells(records: Sequence[Record], names: Sequence[str], start: int) -> list[list[Any]]:
    """Take the cells of records; what a record does not name is empty."""
    if {*map(tuple, records)} == {names}:
        return [list(record.values()) for record in records]
    for place, record in enumerate(records, start):
        if not record.keys() <= set(names):
            raise Rejected("row_with_other_fields", line=place)
    return [[record.get(name) for name in names] for record in records]


def _some(records: Iterator[Record]) -> Iterator[Sequence[Record]]:
    while some := list(islice(records, ROWS_AT_ONCE)):
        yield some


def _pulled(path: Path) -> Iterator[Sequence[Record]]:
    """Read the canonical JSON Lines of a pull: the request, then one record a line."""
    with path.open("rb") as file:
        next(file)  # the request
        while lines := list(islice(file, LINES_AT_ONCE)):
            yield read_lines(lines)


def open_sheets(path: Path, contract: Contract) -> Generator[Sheet, None, None]:
    """Open a kept file by its content; raises Rejected with a sentence where it is no table.

    Who does not take all sheets closes it, so that the reader of spreadsheets ends.
    """
    if contract.pull.origin != "inbox":
        yield Sheet("", RowBlocks(_table(_pulled(path))), is_records=True)
        return
    start = read_start(path)
    match detect_kind(path, start):
        case "text":
            doubtful: dict[int, str] = {}
            blocks = text_blocks(path, find_dialect(path, start, contract), doubtful)
            yield Sheet("", RowBlocks(blocks), is_text=True, doubtful=doubtful)
        case "json":
            yield Sheet("", RowBlocks(_table(_some(read_records(path)))), is_records=True)
        case "archive":
            raise Rejected("file_is_archive")
        case kind:
            yield from _spreadsheet(path, kind, contract)
