"""How a text file is written, where no contract says it: as one with the glossary's captions."""

from dataclasses import replace
from pathlib import Path

from flows.common.errors import Rejected
from flows.contracts.model import Column, Contract
from flows.onboarding.inference.cells import is_value
from flows.onboarding.inference.glossary import load_glossary
from flows.readers.delimited import Dialect, share_of_common
from flows.readers.dialect import find_dialect, start_of, text_in

OTHER_DELIMITERS = ",\t;|"
FEWEST_COMMON = 0.5  # of the Han of a text, else it is of another encoding or language


def infer_dialect(path: Path) -> Dialect:
    """Tell how a text file is written; raises Rejected where its encoding cannot be known.

    Where no caption is known it is UTF-8, or GB18030 if that makes common Chinese of it.
    """
    captions = tuple(text for text in load_glossary() if len(text) > 1 and not text.isascii())
    known = Column("known", "string", captions=captions)
    dialect = find_dialect(path, Contract("", "", {"read": {}}, (known,)))
    text = text_in(start_of(path), dialect.encoding) or ""
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
