"""Text files: which encoding and which dialect, decided by the captions of the contract."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from flows.lib.cells import squeezed
from flows.lib.contracts import Contract
from flows.lib.errors import Rejected

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

Row = tuple[int, list[Any]]


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
            raise Rejected(f"the text is not {name} throughout: export it again in {name}")
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
    if best == 0 or _is_valid(path, "ascii"):
        fitting = fitting[:1]  # where no caption is found, the sentence about columns says more
    if not fitting and b"\0" in start:
        raise Rejected("the file holds binary data, no table: export it again as .xlsx or CSV")
    if not fitting:
        raise Rejected("the text is neither UTF-8 nor GB18030: export it again in one of these")
    if len(fitting) > 1:
        raise Rejected(f"the text could be {', '.join(fitting)}: state `encoding` in the contract")
    return fitting[0], scored[fitting[0]][1]


def text_rows(path: Path, contract: Contract) -> Iterator[Row]:
    """Read the rows one by one, each with the number of the line on which it begins."""
    encoding, delimiter = find_encoding(path, contract)
    csv.field_size_limit(LONGEST_CELL)
    begins = 1
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for row in reader:
                if len(row) > WIDEST:
                    row = _trimmed(row, begins)
                yield begins, row
                begins = reader.line_num + 1
        except csv.Error:
            raise Rejected(f"line {begins}: a quote is not closed; export the file again") from None
        except UnicodeDecodeError:
            raise Rejected(
                f"after line {begins} the text is not {encoding} any more: export it again"
            ) from None


def _trimmed(row: Sequence[str], line: int) -> list[str]:
    width = max((place for place, cell in enumerate(row, start=1) if cell), default=0)
    if width > WIDEST:
        raise Rejected(f"line {line} has more than {WIDEST} columns: export the table alone")
    return list(row[:width])
