"""How a text file is written, told by its contract's captions: encoding, delimiter, quotes."""

import codecs
import csv
import io
import re
from collections import Counter
from contextlib import suppress
from itertools import islice
from pathlib import Path

from flows.common.errors import Rejected
from flows.common.text import HAN, plain_caption
from flows.contracts.model import Contract, is_headerless
from flows.contracts.words import ReadWords
from flows.readers.delimited import BLOCK_BYTES, QUOTES, Dialect, row_blocks, with_zeros

ENCODINGS = ("utf-8", "gb18030", "big5", "cp950", "utf-16-le", "utf-16-be", "windows-1252")
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # which begins as UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = ",\t;| "
HEAD_BYTES = 1 << 18
ROWS_LOOKED_AT = 40
LINES_LOOKED_AT = 200
SIGNS_LOOKED_AT = 1 << 16
FEW_SIGNS = 5  # so many different ones may by chance be letters in another encoding
BACKSLASH = re.compile(r"\\(.)", re.DOTALL)  # and what it stands before
LATIN_1 = re.compile("[\u00a0-\u00ff]*")


def start_of(path: Path) -> bytes:
    """Read the bytes from which the encoding is told."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def marked_encoding(start: bytes) -> tuple[bytes, str]:
    """Give the mark with which a text begins, and the encoding that it says; empty without one."""
    return next(((bom, name) for bom, name in BOMS if start.startswith(bom)), (b"", ""))


def text_in(start: bytes, encoding: str, *, is_whole: bool = False) -> str | None:
    """Decode a beginning, which may end within a character; None where it is not that."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(start, final=is_whole)
    except UnicodeDecodeError:
        return None


def _is_valid(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def find_dialect(path: Path, contract: Contract) -> Dialect:
    """Tell how a text is written; raises Rejected where its encoding cannot be known."""
    start, read = start_of(path), contract.read
    _, marked = marked_encoding(start)
    wanted = {plain_caption(one) for column in contract.columns for one in column.captions}
    is_whole = len(start) == path.stat().st_size
    if encoding := marked or read.encoding:
        head = text_in(start, encoding, is_whole=is_whole)
        if head is None:
            shown = encoding.removesuffix("-sig")
            raise Rejected("text_not_in_encoding_export", encoding=shown, again=shown)
    else:
        heads = {
            name: head
            for name in ENCODINGS
            if (head := text_in(start, name, is_whole=is_whole)) is not None
        }
        encoding = _encoding_by_captions(path, start, heads, wanted, contract)
        head = heads[encoding]
    return dialect_of_lines(encoding, first_lines(head), wanted, read)


def first_lines(head: str) -> list[str]:
    """Take some lines, of which the last may be a part; of a wide table few are enough."""
    lines: list[str] = []
    for line in islice(io.StringIO(head, newline=""), LINES_LOOKED_AT):
        if len(lines) > 1 and sum(map(len, lines)) > SIGNS_LOOKED_AT:
            break
        lines.append(line)
    return lines


def dialect_of_lines(encoding: str, lines: list[str], wanted: set[str], read: ReadWords) -> Dialect:
    """Tell how the first lines of a text are written: by captions, then by rows of one width."""
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
    return max(candidates, key=lambda one: _fitness(lines, one, wanted))


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
    width = header_width if found else max(widths, key=lambda one: widths[one], default=0)
    return found, widths[width] - len(doubtful)


def _captions_in(head: str, wanted: set[str]) -> set[str]:
    """Find which captions, or storeys of them, an early row holds, whatever parts its cells."""
    parts = wanted | {part for caption in wanted for part in caption.split("/") if part}
    best: set[str] = set()
    for delimiter in DELIMITERS:
        with suppress(csv.Error):  # the head may end within a quote: what was found counts
            rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
            for row in islice(rows, ROWS_LOOKED_AT):
                here = parts.intersection(plain_caption(cell.strip(QUOTES)) for cell in row)
                best = max(best, here, key=len)
                if len(best) == len(wanted):
                    return best
    return best


def _encoding_by_captions(
    path: Path, start: bytes, heads: dict[str, str], wanted: set[str], contract: Contract
) -> str:
    """Choose of the encodings that a beginning may have; that one decodes is no proof of it.

    Captions that are no plain ASCII prove it, and so do many signs of UTF-8.
    """
    has_zeros = b"\0" in start
    plain = {
        name: head
        for name, head in heads.items()
        if "\0" not in head and name.startswith("utf-16") is has_zeros
    }
    found = {name: _captions_in(head, wanted) for name, head in plain.items()}
    best = max(map(len, found.values()), default=0)
    fitting = [name for name, captions in found.items() if len(captions) == best]
    if "big5" in fitting and "cp950" in fitting:
        fitting.remove("cp950")  # which has some signs more
    if best == 0:
        _refuse_broken(start, wanted)
        if has_zeros:
            _refuse_zeros(start, wanted)
    if not fitting:
        raise Rejected("no_encoding_fits")
    if fitting[0] == "utf-8" and not _may_be_another(plain):
        return fitting[0]
    if best == 0 and not is_headerless(contract):
        return fitting[0]  # the sentence about columns says more
    proved = [
        name for name in fitting if name.startswith("utf-16") or not "".join(found[name]).isascii()
    ]
    if len(proved) > 1:
        proved = [name for name in proved if _is_valid(path, name)]
    if len(proved) == 1:
        return proved[0]
    could = proved or [name for name in fitting if _is_valid(path, name)]
    if not could:
        raise Rejected("no_encoding_fits")
    raise Rejected("several_encodings_fit", encodings=could)


def _may_be_another(heads: dict[str, str]) -> bool:
    """Say whether what is valid UTF-8 may be Han of another encoding: 学校 may read ѧУ."""
    signs = {sign for sign in heads["utf-8"] if not sign.isascii()}
    is_short = all(sign < "\u0800" for sign in signs) and not LATIN_1.fullmatch("".join(signs))
    return is_short and len(signs) < FEW_SIGNS and bool(HAN.search(heads.get("gb18030", "")))


def _refuse_broken(start: bytes, wanted: set[str]) -> None:
    """Say where the text breaks off, if up to there its captions can be read."""
    for encoding in ENCODINGS:
        try:
            start.decode(encoding)
        except UnicodeDecodeError as error:
            if _captions_in(start.decode(encoding, "ignore"), wanted):
                line = start.count(b"\n", 0, error.start) + 1
                if line == 1:
                    raise Rejected("line_1_in_part_encoded", encoding=encoding) from None
                raise Rejected("line_of_other_encoding", line=line, encoding=encoding) from None


def _refuse_zeros(start: bytes, wanted: set[str]) -> None:
    """Say on which line zeros stand within a text, or that there is no text."""
    for encoding in ("utf-8", "gb18030", "big5"):
        if _captions_in(start.replace(b"\0", b"").decode(encoding, "ignore"), wanted):
            raise with_zeros(start.count(b"\n", 0, start.index(b"\0")) + 1)
    raise Rejected("binary_data")
