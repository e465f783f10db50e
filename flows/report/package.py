"""A Word file as its parts: read with care, and the same parts give the same bytes."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flows.common.errors import WrongUse
from flows.common.settings import Settings
from flows.extract.inbox.zip_archives import Unsound, list_members, open_archive, read_member

DOCUMENT, COMMENTS = "word/document.xml", "word/comments.xml"
CUSTOM_PROPERTIES = "docProps/custom.xml"
# A report of ten pages has 50 KB; with pictures that people put in it stays far below this.
LIMITS = replace(Settings(), zip_members=2000, zip_megabytes=200.0, zip_ratio=100.0)
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
OLD_WORD = bytes.fromhex("d0cf11e0")
FIRST = "[Content_Types].xml"


def read_package(path: Path) -> dict[str, bytes]:
    """Read the parts of a Word file by their names, in their order.

    Raises WrongUse where it is no sound Word file, or unpacks to more than any report is.
    """
    if not path.is_file():
        raise WrongUse(f"there is no file {path}")
    with path.open("rb") as file:
        if file.read(len(OLD_WORD)) == OLD_WORD:
            raise WrongUse(
                f"{path.name} is a .doc of old, or has a password: save it as .docx without one"
            )
    parts = {}
    try:
        with open_archive(path) as archive:
            for member in list_members(archive, LIMITS):
                if member.fault:
                    raise Unsound(f"{member.name} {member.fault}")
                parts[member.name] = b"".join(read_member(archive, member.info))
    except Unsound as error:
        raise WrongUse(f"{path.name} is no sound Word file (.docx): {error}") from None
    if DOCUMENT not in parts or FIRST not in parts:
        raise WrongUse(f"{path.name} is no Word file (.docx): save it as .docx, not .doc or .pdf")
    return parts


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Write parts as a Word file; nothing in it tells the time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda name: (name != FIRST, name)):
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(info, parts[name])
    return content.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Read the parts of a Word file that this program has just made."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
