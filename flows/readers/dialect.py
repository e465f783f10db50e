"""How a text file is written, found by its contract's captions: encoding, delimiter, quotes."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from flows.common.errors import Rejected
from flows.common.text import plain_caption
from flows.contracts.model import Contract, is_headerless
from flows.contracts.words import ReadWords
from flows.readers.delimited import QUOTES, Dialect, row_blocks, with_zeros
from flows.readers.encodings import (
    FindCaptions,
    are_few,
    choose_encoding,
    count_line_ends,
    decode_in_each,
    decode_start,
    find_broken_lines,
    find_encoding_of_most,
    is_by_lines,
    is_in_encoding,
    marked_encoding,
)

DELIMITERS = ",\t;| "
ROWS_LOOKED_AT = 40
LINES_LOOKED_AT = 200
SIGNS_LOOKED_AT = 1 << 16
BACKSLASH = re.compile(r"\\(.)", re.DOTALL)  # and what it stands before


def find_dialect(path: Path, start: bytes, contract: Contract) -> Dialect:
    """Find how a text that begins so is written; raises Rejected where that cannot be known."""
    read = contract.read
    is_whole = len(start) == path.stat().st_size
    wanted = contract.plain_captions
    find_captions = partial(_find_captions, wanted=wanted)
    if encoding := marked_encoding(start) or read.encoding or "":
        is_mostly = is_by_lines(encoding) and are_few(find_broken_lines(start, encoding), start)
        if not is_mostly and decode_start(start, encoding, is_whole=is_whole) is None:
            shown = encoding.removesuffix("-sig")
            raise Rejected("text_not_in_encoding_export", encoding=shown, again=shown)
    else:
        texts = decode_in_each(start, is_whole=is_whole)
        encoding = (
            find_encoding_of_most(start, texts, find_captions)
            or choose_encoding(
                texts,
                find_captions,
                partial(is_in_encoding, path),
                is_headerless=is_headerless(contract),
            )
            or _find_encoding_without_captions(start, texts, find_captions)
        )
    text = decode_start(start, encoding) or start.decode(encoding, "replace")
    return infer_dialect(encoding, take_first_lines(text), wanted, read)


def _find_encoding_without_captions(
    start: bytes, texts: Mapping[str, str], find_captions: FindCaptions
) -> str:
    """Take the first encoding that fits: the sentence about columns says more."""
    if b"\0" in start:
        for encoding in ("utf-8", "gb18030", "big5"):
            if find_captions(start.replace(b"\0", b"").decode(encoding, "ignore")):
                raise with_zeros(count_line_ends(start[: start.index(b"\0")]) + 1)
        raise Rejected("binary_data")
    if not texts:
        raise Rejected("no_encoding_fits")
    return next(iter(texts))


def take_first_lines(head: str) -> list[str]:
    """Take some lines, of which the last may be a part; of a wide table few are enough."""
    lines: list[str] = []
    for line in islice(io.StringIO(head, newline=""), LINES_LOOKED_AT):
        if len(lines) > 1 and sum(map(len, lines)) > SIGNS_LOOKED_AT:
            break
        lines.append(line)
    return lines


def infer_dialect(encoding: str, lines: list[str], wanted: set[str], read: ReadWords) -> Dialect:
    """Find how the first lines of a text are written: by captions, then by rows of one width."""
    stated = read.delimiter
    delimiters = {", ": ","}.get(stated, stated) if stated else DELIMITERS
    text = "".join(lines)
    candidates = [
        Dialect(encoding, delimiter, quote, escape, skips)
        for delimiter in delimiters
        for quote in ([read.quote] if read.quote else QUOTES)
        for escape in ([read.escape.strip(quote) or None] if read.escape else (None, "\\"))
        for skips in ((True,) if delimiter != " " else (False, True))
        if (quote in text or quote == '"' or read.quote)
        and (escape is None or read.escape or _escapes(text, quote))
    ]
    return max(candidates, key=lambda dialect: _fitness(lines, dialect, wanted))


def _escapes(text: str, quote: str) -> bool:
    """Say whether backslashes stand before quotes and before each other, and nowhere else."""
    signs = set(BACKSLASH.findall(text))
    return quote in signs and signs <= {quote, "\\"}


def _fitness(lines: list[str], dialect: Dialect, wanted: set[str]) -> tuple[int, int]:
    """Say how many captions a dialect shows, and how many rows it makes that make sense.

    Of dialects that are equally fit the first one counts, which is the most common.
    """
    found, header_width = 0, 0
    doubtful: dict[int, str] = {}
    rows = [
        (number not in doubtful, row)
        for numbers, some in row_blocks(iter([(lines, True)]), dialect, doubtful)
        for number, row in zip(numbers, some, strict=True)
    ]
    for _, row in rows[:ROWS_LOOKED_AT]:
        here = len(wanted.intersection(map(plain_caption, row)))
        if here > found:
            found, header_width = here, len(row)
        if found == len(wanted):
            break
    widths = Counter(len(row) for is_sound, row in rows if is_sound and len(row) > 1)
    width = header_width if found else max(widths, key=lambda width: widths[width], default=0)
    return found, widths[width] - len(doubtful)


def _find_captions(text: str, wanted: set[str]) -> set[str]:
    """Find which captions, or levels of them, an early row holds, whatever parts its cells."""
    parts = wanted | {part for caption in wanted for part in caption.split("/") if part}
    best: set[str] = set()
    for delimiter in DELIMITERS:
        with suppress(csv.Error):  # the head may end within a quote: what was found counts
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            for row in islice(rows, ROWS_LOOKED_AT):
                here = parts.intersection(plain_caption(cell.strip(QUOTES)) for cell in row)
                best = max(best, here, key=len)
                if len(best) == len(wanted):
                    return best
    return best
