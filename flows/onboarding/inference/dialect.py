"""How a text file is written, told by its looks where no contract says it."""

import re
from dataclasses import replace
from pathlib import Path

from flows.common.errors import Rejected
from flows.common.text import HAN
from flows.onboarding.inference.cells import is_value
from flows.onboarding.inference.glossary import load_glossary
from flows.readers.delimited import Dialect, share_of_common
from flows.readers.dialect import (
    ENCODINGS,
    dialect_of_lines,
    first_lines,
    marked_encoding,
    start_of,
    text_in,
)

OTHER_DELIMITERS = ",\t;|"
LATIN = re.compile("[\u00a0À-ÖØ-öø-ÿŒœŠšŽžŸ“”‘’–—…·°º²³½§©€£«»]")  # what is common in Windows-1252


def _infer_encoding(start: bytes) -> str:
    """Choose the encoding by the words of the glossary that it shows, else by its common signs."""
    has_zeros = b"\0" in start  # every comma and line end of UTF-16 has one
    texts = {
        encoding: text
        for encoding in ENCODINGS
        if (text := text_in(start, encoding)) is not None
        and "\0" not in text
        and encoding.startswith("utf-16") is has_zeros
    }
    if "utf-8" in texts:
        return "utf-8"
    if not texts:
        raise Rejected("binary_data")
    words = [caption for caption in load_glossary() if len(caption) > 1]
    found = {encoding: sum(word in text for word in words) for encoding, text in texts.items()}
    if any(found.values()):
        return max(found, key=lambda encoding: found[encoding])
    shares = {encoding: _share_of_expected(text) for encoding, text in texts.items()}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] < 0.5:
        raise Rejected("no_encoding_fits")
    return best


def _share_of_expected(text: str) -> float:
    """Say which part of the signs beyond ASCII is common in a text of Chinese, or of French.

    Another encoding read as this one gives rare characters, signs without sense, and Han within
    words of Latin letters.
    """
    if han := HAN.findall(text):
        within_words = re.findall(f"[a-zA-Z]{HAN.pattern}|{HAN.pattern}[a-z]", text)
        return 0 if 2 * len(within_words) > len(han) else share_of_common(text)
    others = [sign for sign in text if not sign.isascii()]
    return sum(bool(LATIN.match(sign)) for sign in others) / max(len(others), 1)


def infer_dialect(path: Path) -> Dialect:
    """Tell how a text file is written from its bytes; raises Rejected where it is no text."""
    start = start_of(path)
    mark, marked = marked_encoding(start)
    encoding = marked.removesuffix("-sig") or _infer_encoding(start)
    text = text_in(start.removeprefix(mark) if marked == "utf-8-sig" else start, encoding) or ""
    lines = first_lines(text)
    dialect = dialect_of_lines(encoding, lines, set(), {})
    if dialect.delimiter == " " and not _is_parted_by_blanks("".join(lines)):
        delimiter = max(OTHER_DELIMITERS, key=text.count)
        dialect = dialect_of_lines(encoding, lines, set(), {"delimiter": delimiter})
    return replace(dialect, mark=mark)


def _is_parted_by_blanks(text: str) -> bool:
    """Say whether blanks part values, and not the words of captions alone."""
    has_others = any(delimiter in text for delimiter in OTHER_DELIMITERS)
    return not has_others and any(map(is_value, text.split()))
