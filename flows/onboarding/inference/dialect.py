"""How a text file is written, told by its looks where no contract says it."""

import codecs
import csv
import io
import re
from dataclasses import replace
from pathlib import Path

from flows.common.errors import Rejected
from flows.common.text import HAN
from flows.onboarding.inference.glossary import vocabulary
from flows.onboarding.inference.patterns import COMMA, is_value
from flows.readers.delimited import Dialect, share_of_common
from flows.readers.dialect import (
    DELIMITERS,
    ENCODINGS,
    SIGNS_LOOKED_AT,
    dialect_of_lines,
    first_lines,
    marked_encoding,
    start_of,
    text_in,
)

ROWS_COMPARED = 60
LATIN = re.compile("[\u00a0À-ÖØ-öø-ÿŒœŠšŽžŸ“”‘’–—…·°º²³½§©€£«»]")  # what is common in Windows-1252
HAN_IN_WORD = re.compile(f"[a-zA-Z]{HAN.pattern}|{HAN.pattern}[a-z]")


# Without a contract


def _encoding_of(start: bytes) -> str:
    """Tell the encoding by the words of the field, and where none is found by how common it is."""
    texts = {one: text for one in ENCODINGS if (text := text_in(start, one)) is not None}
    is_wide = b"\0" in start  # every comma and line end of UTF-16 has one
    fitting = {one: text for one, text in texts.items()
               if "\0" not in text and one.startswith("utf-16") is is_wide}  # fmt: skip
    if "utf-8" in fitting:
        return "utf-8"
    if not fitting:
        raise Rejected("the file holds binary data, no table: export it again as .xlsx or CSV")
    words = vocabulary()
    found = {one: sum(word in text for word in words) for one, text in fitting.items()}
    best = max(found.values())
    if best:
        return max(found, key=lambda one: found[one])
    fitting = {one: text for one, text in fitting.items() if not _is_latin_misread(text)}
    fitting = {one: text for one, text in fitting.items() if _is_plausible(text)}
    if not fitting:
        raise Rejected("the text is neither UTF-8 nor GB18030: export it again in one of these")
    import charset_normalizer

    guessed = charset_normalizer.from_bytes(start, cp_isolation=list(fitting)).best()
    codec = codecs.lookup(guessed.encoding) if guessed else None
    return next((one for one in fitting if codecs.lookup(one) == codec), next(iter(fitting)))


def _is_plausible(text: str) -> bool:
    """Say whether most Han are common ones, or most other signs letters as French has them.

    Another encoding read as one of these gives rare characters and signs without sense.
    """
    if HAN.search(text):
        return 2 * share_of_common(text) >= 1
    others = [one for one in text if not one.isascii()]
    return 2 * sum(bool(LATIN.match(one)) for one in others) >= len(others)


def _is_latin_misread(text: str) -> bool:
    """Say whether most Han stand within words of Latin letters, as where é was read as one."""
    found = HAN.findall(text)
    return bool(found) and 2 * len(HAN_IN_WORD.findall(text)) > len(found)


def _delimiter_of(text: str) -> str:
    """Take the delimiter that makes most rows equally wide and most cells values."""

    def score(delimiter: str) -> int:
        rows = []
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                rows.append(row)
                if len(rows) == ROWS_COMPARED:
                    break
        except csv.Error:
            pass  # the beginning may end within a quote
        widths = [len(row) for row in rows if len(row) > 1]
        same = max((widths.count(width) for width in set(widths)), default=0)
        cells = [cell for row in rows if len(row) > 1 for cell in row]
        whole = sum(
            bool(COMMA.fullmatch(cell.strip())) for cell in cells
        )  # where no comma parts it
        return 2 * same + whole + sum(map(is_value, cells))

    best = max(DELIMITERS[:-1], key=score)
    has_values = any(is_value(cell) for cell in text[:SIGNS_LOOKED_AT].split())
    return " " if has_values and not score(best) else best  # blanks part words, too


def dialect_of(path: Path) -> Dialect:
    """Tell how a text file is written from its bytes; raises Rejected where it is no text."""
    start = start_of(path)
    mark, marked = marked_encoding(start)
    encoding = marked.removesuffix("-sig") or _encoding_of(start)
    text = text_in(start.removeprefix(mark) if marked == "utf-8-sig" else start, encoding) or ""
    ends = {end: text.count(end) for end in ("\r\n", "\n", "\r")}
    line_end = "\r\n" if ends["\r\n"] else max(("\n", "\r"), key=lambda end: ends[end])
    read = {"delimiter": _delimiter_of(text)}
    dialect = dialect_of_lines(encoding, first_lines(text), set(), read)
    return replace(dialect, line_end=line_end, mark=mark)
