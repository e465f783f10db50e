"""Text files as rows of cells, in a known dialect.

A row whose quotes make no sense is doubtful alone: reading goes on with the line below the one on
which it begins.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from flows.common.errors import Rejected
from flows.readers.encodings import BLOCK_BYTES, find_broken_lines, find_utf_8_lines, is_by_lines
from flows.readers.row_blocks import Block, rows_at_once

if TYPE_CHECKING:
    import _csv

QUOTES = "\"'"
LINES_OF_A_CELL = 20  # looked at, to tell a long cell from rows below a quote that stays open
ROWS_AFTER_FAILURE = 16  # read at once, as the next one may be near
WIDEST = 16_384  # columns, as in a spreadsheet
LONGEST_CELL = 1 << 20
LONGEST_LINE = 1 << 23
Lines = tuple[list[str], bool]  # and whether there may be a quote in them
ODD_QUOTES, MIXED = "odd_quotes", "another_encoding"
INCHES = re.compile(r"(?:^|[^\w.])[0-9]{1,3}(?:[./][0-9]+)?$")  # 24" and 5.5", not N24"
LINE_BREAK = re.compile("\r\n|\r|\n")
MAY_BE_MIXED = ("gb18030", "gbk", "gb2312", "big5", "cp950")


@dataclass(frozen=True)
class Dialect:
    """How a text file is written."""

    encoding: str
    delimiter: str
    quote: str = '"'
    escape: str | None = None
    skips_blanks: bool = True  # behind a delimiter

    def reader(self, lines: Iterable[str]) -> "_csv._reader":
        """Part lines into cells."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=self.skips_blanks,
            strict=True,
        )


def text_blocks(path: Path, dialect: Dialect, doubtful: dict[int, str]) -> Iterator[Block]:
    """Read the rows, many at once, each with the number of the line on which it begins.

    Those that cannot be relied on are told in `doubtful`, by their numbers, before they are given.
    """
    return row_blocks(_lines(path, dialect.encoding, doubtful), dialect, doubtful)


class _Lines:
    """The lines of a text, of which those not yet parted into rows can be read again."""

    def __init__(self, blocks: Iterator[Lines]) -> None:
        """Take where they come from, many at a time."""
        self.blocks = blocks
        self.has_quotes = False  # so far
        self.kept: list[list[str]] = []
        self.place = 0  # of the kept blocks, the next one to be read
        self.first = 1  # the number of the first line that is kept

    def beginning_at(self, number: int) -> Iterator[str]:
        """Read from a line on."""
        self.forget_above(number)
        self.place = 0
        return chain.from_iterable(self._blocks_from(number - self.first))

    def _blocks_from(self, skipped: int) -> Iterator[Iterable[str]]:
        while True:
            if self.place == len(self.kept):
                block, has_quotes = next(self.blocks, (None, False))
                if block is None:
                    return
                self.kept.append(block)
                self.has_quotes |= has_quotes
            lines = iter(self.kept[self.place])
            lines.__setstate__(skipped)  # type: ignore[attr-defined]  # at once, however many
            self.place, skipped = self.place + 1, 0
            yield lines

    def forget_above(self, number: int) -> None:
        """Keep no block all of whose lines stand above one."""
        while self.kept and self.first + len(self.kept[0]) <= number:
            self.first += len(self.kept.pop(0))
            self.place -= 1

    def between(self, begins: int, ends: int) -> list[str]:
        """Give the kept lines from one up to another."""
        lines, first = [], self.first
        for block in self.kept:
            lines += block[max(begins - first, 0) : max(ends - first, 0)]
            first += len(block)
        return lines


def row_blocks(
    many_lines: Iterator[Lines], dialect: Dialect, doubtful: dict[int, str]
) -> Iterator[Block]:
    """Part lines into rows, many at once.

    Where quotes make no sense, the line on which the row begins is doubtful alone.
    """
    csv.field_size_limit(LONGEST_CELL)
    lines = _Lines(many_lines)
    begins, width, size = 1, 0, rows_at_once(1)
    waiting: tuple[list[int], list[list[str]]] = ([], [])  # rows between doubtful ones
    is_over = False
    while not is_over:
        reader, above = dialect.reader(lines.beginning_at(begins)), begins - 1
        failure: csv.Error | Rejected | None = None
        while failure is None and not is_over:
            rows: list[list[str]] = []
            try:
                # Those before a failure are kept. The first ones tell how wide the table is.
                size = min(size, rows_at_once(width or WIDEST))
                rows.extend(islice(reader, size))
            except (csv.Error, Rejected) as error:
                failure = error
            numbers: Sequence[int] = range(begins, begins + len(rows) + 1)
            if failure or above + reader.line_num + 1 != numbers[-1]:
                numbers = list(accumulate(map(_count_lines, rows), initial=begins))
                if (place := _swallowing(numbers, rows, width, dialect.delimiter)) is not None:
                    doubtful[numbers[place + 1] - 1] = ODD_QUOTES  # where the other quote stands
                    rows, failure = rows[:place], csv.Error()
            is_over = not rows and not failure
            size = ROWS_AFTER_FAILURE if failure else 4 * size
            width = max([width, *map(len, rows)])
            if width > WIDEST:
                rows = [_trimmed(row, line) for line, row in zip(numbers, rows, strict=False)]
            if lines.has_quotes:
                _doubt_quotes(numbers, rows, lines, dialect, doubtful)
            begins = numbers[len(rows)]
            if failure or waiting[0]:
                waiting[0].extend(numbers[: len(rows)])
                waiting[1].extend(rows)
            elif rows:
                yield numbers[: len(rows)], rows
            if isinstance(failure, csv.Error):
                waiting[0].append(begins)
                waiting[1].append(_doubtful_row(begins, lines, width, dialect, failure))
                doubtful[begins] = ODD_QUOTES
                begins += 1
            if waiting[0] and (not failure or len(waiting[0]) >= rows_at_once(width)):
                yield waiting
                waiting = ([], [])
            lines.forget_above(begins)
        if isinstance(failure, Rejected):
            if waiting[0]:
                yield waiting
            raise failure


def _doubtful_row(
    number: int, lines: _Lines, width: int, dialect: Dialect, failure: csv.Error
) -> list[str]:
    """Part a line without regard to its quotes, so that what stands there can be told."""
    if "field larger" in str(failure):
        below = lines.between(number + 1, number + 1 + LINES_OF_A_CELL)
        if not any(0 < line.count(dialect.delimiter) == width - 1 for line in below):
            raise Rejected("cell_too_long", line=number, count=LONGEST_CELL >> 20)
    (line,) = lines.between(number, number + 1)
    cells = [cell.strip() for cell in line.split(dialect.delimiter)[:WIDEST]]
    quote = dialect.quote
    return [
        cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == quote else cell for cell in cells
    ]


def _doubt_quotes(
    numbers: Sequence[int],
    rows: Sequence[Sequence[str]],
    lines: _Lines,
    dialect: Dialect,
    doubtful: dict[int, str],
) -> None:
    """Find rows in which a quote stands where a delimiter was lost, or another quote is used."""
    other = QUOTES.replace(dialect.quote, "")
    for place, row in enumerate(rows):
        text = dialect.delimiter.join(row)
        if dialect.quote in text or other in text:
            cells = [cell.strip() for cell in row if dialect.quote in cell or other in cell]
            if cells and _is_oddly_quoted(cells, dialect.quote, other):
                raw = "".join(lines.between(numbers[place], numbers[place + 1]))
                bare = [cell for cell in cells if not _is_quoted(cell, raw, dialect)]
                if _is_oddly_quoted(bare, dialect.quote, other):
                    doubtful[numbers[place]] = ODD_QUOTES


def _is_oddly_quoted(cells: Sequence[str], quote: str, other: str) -> bool:
    """Say whether cells without quotes of their own look as if some had been lost or mistaken.

    A word in quotes within a cell is part of the text, and so is a sign of inches.
    """
    if any(len(cell) > 2 and cell[0] == cell[-1] == other for cell in cells):
        return True
    odd = [cell for cell in cells if cell.count(quote) % 2]
    if any(cell.endswith(quote) and not INCHES.search(cell[:-1]) for cell in odd):
        return True
    opens = bool(odd) and bool(odd[0][odd[0].find(quote) + 1 :][:1].strip())
    return opens and len(odd) > 1


def _is_quoted(cell: str, raw: str, dialect: Dialect) -> bool:
    """Say whether a cell stands in quotes of its own among the signs of its row."""
    quote = dialect.quote
    escapes = {quote, dialect.escape or quote}
    return any(quote + cell.replace(quote, escape + quote) + quote in raw for escape in escapes)


def _count_lines(row: Sequence[str]) -> int:
    """Count the lines of a row: a cell in quotes may have several."""
    return 1 + sum(len(LINE_BREAK.findall(cell)) for cell in row)


def _lines(path: Path, encoding: str, doubtful: dict[int, str]) -> Iterator[Lines]:
    """Read the lines, many at once, none of which may fill the memory."""
    number, rest = 1, ""
    for text in _texts(path, encoding, doubtful):
        text = rest + text
        # A carriage return at the end may be half of a line's end.
        cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        lines = list(io.StringIO(text[:cut], newline=""))
        if "\0" in text:
            number += next((place for place, line in enumerate(lines) if "\0" in line), len(lines))
            raise with_zeros(number)
        rest = text[cut:]
        number += len(lines)
        if len(rest) > LONGEST_LINE:
            raise Rejected("line_too_long", line=number)
        yield lines, any(quote in text for quote in QUOTES)
    if rest:
        yield [rest], True


def with_zeros(line: int) -> Rejected:
    """Say on which line a text holds what no text does."""
    return Rejected("binary_zeros", line=line)


def _texts(path: Path, encoding: str, doubtful: dict[int, str]) -> Iterator[str]:
    """Decode a file, many signs at once; lines that seem to be of another encoding are doubtful."""
    decoder = codecs.getincrementaldecoder(encoding)()
    is_wide = not is_by_lines(encoding)
    may_be_mixed = codecs.lookup(encoding).name in MAY_BE_MIXED
    line = 1
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK_BYTES)
            block += b"" if is_wide else file.readline(LONGEST_LINE)
            if may_be_mixed:
                for number in find_utf_8_lines(block, encoding):
                    doubtful[line + number] = MIXED
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                content = error.object
                if is_wide or not block:  # cut within a character
                    line += _breaks_in(content[: error.start].decode("latin-1"))
                    raise Rejected("text_leaves_encoding", line=line, encoding=encoding) from None
                for number in find_broken_lines(content, encoding):
                    doubtful[line + number - 1] = MIXED
                text = content.decode(encoding, "replace")
                decoder.reset()
            if not block:
                return
            line += _breaks_in(text)
            yield text


def _breaks_in(text: str) -> int:
    """Count the ends of lines."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _swallowing(
    numbers: Sequence[int], rows: Sequence[Sequence[str]], width: int, delimiter: str
) -> int | None:
    """Find the first row of which a cell swallows others, below rows of some width."""
    for place, row in enumerate(rows):
        if numbers[place + 1] - numbers[place] > 1 and _swallows_rows(row, width, delimiter):
            return place
        width = max(width, len(row))
    return None


def _swallows_rows(row: Sequence[str], width: int, delimiter: str) -> bool:
    """Say whether the lines of a cell are the rest of one row and the start of another.

    So it looks where two quotes stand in cells that are not quoted, some rows apart.
    """
    for place, cell in enumerate(row):
        lines = LINE_BREAK.split(cell)
        if width > 1 and len(lines) > 1:
            rest, start = width - 1 - place, width - len(row) + place
            if (lines[0].count(delimiter), lines[-1].count(delimiter)) == (rest, start):
                return True
    return False


def _trimmed(row: Sequence[str], line: int) -> list[str]:
    width = max((place for place, cell in enumerate(row, start=1) if cell), default=0)
    if width > WIDEST:
        raise Rejected("too_many_columns", line=line, count=WIDEST)
    return list(row[:width])
