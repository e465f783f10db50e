"""Text files: which encoding and which dialect, decided by the captions of the contract."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, islice
from pathlib import Path

from flows.lib.cells import squeezed
from flows.lib.contracts import Contract
from flows.lib.errors import Rejected
from flows.lib.row_blocks import Block, rows_at_once

ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16-le", "utf-16-be", "windows-1252")
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = ",\t;|"
HEAD_BYTES = 1 << 18
HEADER_WITHIN_ROWS = 40
WIDEST = 16_384  # columns, as in a spreadsheet
LONGEST_CELL = 1 << 20
LONGEST_LINE = 1 << 23
BLOCK_BYTES = 1 << 20
HAN = re.compile("[\u4e00-\u9fff]{4}")
LINE_BREAK = re.compile("\r\n|\r|\n")


def _captions_found(contract: Contract, texts: set[str | None]) -> int:
    return sum(
        any(squeezed(caption) in texts for caption in column.captions)
        for column in contract.columns
    )


def start_of(path: Path) -> bytes:
    """Read the bytes from which the encoding is told."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _head(path: Path, encoding: str) -> str | None:
    """Decode the beginning; None where it is not of that encoding."""
    with path.open("rb") as file:
        content = file.read(HEAD_BYTES)
        is_whole = not file.read(1)
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content, final=is_whole)
    except UnicodeDecodeError:
        return None


def _is_valid(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _score(head: str, delimiter: str, contract: Contract) -> int:
    """Count the columns of the contract whose caption some early row holds."""
    rows = islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), 40)
    best = 0
    try:
        for row in rows:
            best = max(best, _captions_found(contract, {squeezed(cell) for cell in row[:WIDEST]}))
    except csv.Error:
        pass  # the head may end within a quote: what was found counts
    return best


def _best_delimiter(head: str, contract: Contract) -> tuple[int, str]:
    stated = contract.meta["read"].get("delimiter")
    scores = [(_score(head, one, contract), one) for one in (stated or DELIMITERS)]
    return max(scores, key=lambda scored: scored[0])


def find_encoding(path: Path, contract: Contract) -> tuple[str, str]:
    """Give encoding and delimiter; raises Rejected where two encodings fit equally well."""
    start = start_of(path)
    stated = contract.meta["read"].get("encoding")
    marked = next((name for bom, name in BOMS if start.startswith(bom)), None)
    if marked or stated:
        name = marked or stated
        head = _head(path, name)
        if head is None or not _is_valid(path, name):
            shown = name.removesuffix("-sig")
            raise Rejected(f"the text is not {shown} throughout: export it again in {shown}")
        return name, _best_delimiter(head, contract)[1]
    heads = {encoding: _head(path, encoding) for encoding in ENCODINGS}
    scored = {
        encoding: _best_delimiter(head, contract)
        for encoding, head in heads.items()
        if head is not None and "\0" not in head
    }
    best = max((found for found, _ in scored.values()), default=0)
    fitting = [encoding for encoding, (found, _) in scored.items() if found == best]
    if len(fitting) > 1:
        fitting = [encoding for encoding in fitting if _is_valid(path, encoding)]
    if best == 0:
        _refuse_broken(start, contract)
    if best == 0 or _is_valid(path, "ascii"):
        fitting = fitting[:1]  # where no caption is found, the sentence about columns says more
    if not fitting and b"\0" in start:
        raise Rejected("the file holds binary data, no table: export it again as .xlsx or CSV")
    if not fitting:
        raise Rejected("the text is neither UTF-8 nor GB18030: export it again in one of these")
    if len(fitting) > 1:
        raise Rejected(f"the text could be {', '.join(fitting)}: state `encoding` in the contract")
    _refuse_mixed(start, fitting[0])
    return fitting[0], scored[fitting[0]][1]


def _refuse_broken(start: bytes, contract: Contract) -> None:
    """Say where the text breaks off, if up to there its captions can be read."""
    for encoding in ENCODINGS:
        try:
            start.decode(encoding)
        except UnicodeDecodeError as error:
            if _best_delimiter(start.decode(encoding, "ignore"), contract)[0]:
                line = start.count(b"\n", 0, error.start) + 1
                raise Rejected(f"line {line} is not {encoding} as the lines above it: "
                               "export the whole file again in UTF-8") from None  # fmt: skip


def _refuse_mixed(start: bytes, encoding: str) -> None:
    """Refuse rows in UTF-8 within another encoding, which mostly can be read, as other signs.

    Four Han in a row: fewer may by chance be right in both.
    """
    if encoding.startswith("utf"):
        return
    for number, line in enumerate(start.splitlines(), start=1):
        if len(line) >= 12 and not line.isascii():
            try:
                found = HAN.search(line.decode())
            except UnicodeDecodeError:
                continue
            if found:
                raise Rejected(f"line {number} is UTF-8, others are {encoding}: "
                               "export the whole file again in UTF-8")  # fmt: skip


def text_blocks(path: Path, contract: Contract) -> Iterator[Block]:
    """Read the rows, many at once, each with the number of the line on which it begins."""
    encoding, delimiter = find_encoding(path, contract)
    csv.field_size_limit(LONGEST_CELL)
    lines = chain.from_iterable(_lines(path, encoding))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins, width = 1, 0
    failure: csv.Error | Rejected | None = None
    while failure is None:
        rows: list[list[str]] = []
        try:
            # Those before a failure are kept. The first ones tell how wide the table is.
            rows.extend(islice(reader, rows_at_once(width or WIDEST)))
        except (csv.Error, Rejected) as error:
            failure = error
        numbers: Sequence[int] = range(begins, begins + len(rows) + 1)
        if failure or reader.line_num + 1 != numbers[-1]:
            numbers = list(accumulate(map(_lines_of, rows), initial=begins))
            if (place := _swallowing(numbers, rows, width, delimiter)) is not None:
                rows, failure = rows[:place], csv.Error()
        if not rows and not failure:
            return
        width = max([width, *map(len, rows)])
        if width > WIDEST:
            rows = [_trimmed(row, line) for line, row in zip(numbers, rows, strict=False)]
        if rows:
            yield numbers[: len(rows)], rows
        begins = numbers[len(rows)]
    if isinstance(failure, Rejected):
        raise failure
    raise Rejected(f"line {begins}: a quote is not closed; export the file again") from None


def _lines_of(row: Sequence[str]) -> int:
    """Count the lines of a row: a cell in quotes may have several."""
    return 1 + sum(len(LINE_BREAK.findall(cell)) for cell in row)


def _lines(path: Path, encoding: str) -> Iterator[list[str]]:
    """Read the lines, many at once, none of which may fill the memory."""
    number, rest = 1, ""
    for text in _texts(path, encoding):
        text = rest + text
        # A carriage return at the end may be half of a line's end.
        cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        lines = list(io.StringIO(text[:cut], newline=""))
        if "\0" in text:
            number += next((place for place, one in enumerate(lines) if "\0" in one), len(lines))
            raise Rejected(f"line {number} holds binary zeros, no text: export the file again")
        rest = text[cut:]
        number += len(lines)
        if len(rest) > LONGEST_LINE:
            raise Rejected(f"line {number} is too long for a row: export the table as CSV again")
        yield lines
    yield [rest] if rest else []


def _texts(path: Path, encoding: str) -> Iterator[str]:
    """Decode a file, many signs at once."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK_BYTES)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line += error.object.count(b"\n", 0, error.start)
                raise Rejected(
                    f"on line {line} the text is not {encoding} any more: export it again"
                ) from None
            if not block:
                return
            line += text.count("\n")
            yield text


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
    """Say whether the lines of a cell are the rest of one row, whole rows and the start of one.

    So it looks where two quotes stand in cells that are not quoted, some rows apart.
    """
    for place, cell in enumerate(row):
        lines = cell.splitlines()
        if width > 2 and len(lines) > 1:
            expected = [width - 1] * len(lines)
            expected[0] -= place
            expected[-1] -= len(row) - 1 - place
            if [line.count(delimiter) for line in lines] == expected:
                return True
    return False


def _trimmed(row: Sequence[str], line: int) -> list[str]:
    width = max((place for place, cell in enumerate(row, start=1) if cell), default=0)
    if width > WIDEST:
        raise Rejected(f"line {line} has more than {WIDEST} columns: export the table alone")
    return list(row[:width])
