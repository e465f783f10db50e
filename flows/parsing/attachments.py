"""The documents that a register names as evidence: kept by hash, found by name, never parsed.

They lie in a folder beside the file that has its name without the ending, and `_附件` after it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.common.masking import without_ids
from flows.common.text import normalize_width
from flows.contracts.delivery import LandedFile
from flows.parsing.values import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

BETWEEN = re.compile(r"[;；\r\n]+")
PERHAPS_BETWEEN = re.compile(r"[、，,]")  # these stand in names, too

Known = Mapping[str, str]  # sha256 by name, as names are compared


def compared(name: str) -> str:
    """Write a name so that width, case and blanks do not tell two apart."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def known_names(attachments: Iterable[LandedFile]) -> Known:
    """Find attachments by their own name alone: a path in a cell leads nowhere."""
    return {
        compared(Path(attachment.original_name).name): attachment.sha256
        for attachment in attachments
    }


def names_in(cell: Any, known: Known) -> list[str]:
    """List the names in a cell, between semicolons or line breaks.

    A comma may be part of a name: it is one where no attachment has the whole as its name.
    """
    found: list[str] = []
    for part in BETWEEN.split(normalize_width(str(cell)) or ""):
        is_name = compared(part) in known
        found += [part] if is_name else PERHAPS_BETWEEN.split(part)
    return [name.strip() for name in found if name.strip()]


def documents_in(cell: Any, known: Known) -> list[tuple[str, str | None]]:
    """Give each name in a cell with its hash; None where no such document came."""
    names = names_in(cell, known)
    return [(without_ids(name), known.get(compared(name))) for name in names]


def write_document(document: tuple[str, str | None]) -> str:
    """Write a name with its hash."""
    name, digest = document
    return f"{name} sha256:{digest}" if digest else name


def with_hashes(
    cells: Sequence[Any], read: Callable[[Any], Any], known: Known
) -> tuple["pa.Array", list[int], list[int]]:
    """Read a column of names: texts with hashes, and where one is unreadable or not there."""
    import pyarrow as pa

    texts: list[str | None] = []
    unreadable, missing = [], []
    for place, cell in enumerate(cells):
        texts.append(None)
        try:
            if read(cell) is None:
                continue
        except Unreadable:
            unreadable.append(place)
            continue
        found = documents_in(cell, known)
        texts[-1] = "\n".join(map(write_document, found)) or None
        if any(digest is None for _, digest in found):
            missing.append(place)
    return pa.array(texts, pa.string()), unreadable, missing
