"""Detecting what a file is from its bytes, whatever its name says."""

import mmap
import re
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

from flows.common.errors import Rejected
from flows.common.messages import message

LARGEST_UNPACKED_BYTES = 1 << 30  # a million rows of twenty cells; the reader holds no more
WORKBOOK_PARTS = {"xl/workbook.xml": "xlsx", "content.xml": "ods"}
OTHERS = (
    (b"%PDF", "kind_pdf"),
    (b"\x89PNG", "kind_picture"),
    (b"\xff\xd8\xff", "kind_picture"),
    (b"Rar!", "kind_rar"),
    (b"7z\xbc\xaf", "kind_7z"),
    (b"\x1f\x8b", "kind_compressed"),
    (b"{\\rtf", "kind_text_document"),
    (b"SQLite format 3", "kind_database"),
)
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
OLE = b"\xd0\xcf\x11\xe0"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# Of before 1997, and of FoxPro: no OLE around it.
OLD_XLS = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00")
SPREADSHEET_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"
STREAMS = ("EncryptedPackage", "_VBA_PROJECT_CUR", "Workbook", "Book", "WordDocument")
PAGE = re.compile(
    rb"<(?:!doctype html|html|head|body|meta|title|style|script|form|center|font|table|tr|div)"
    rb"[\s>/]"
)
# Letters with parts, as browsers and reports save them, begin with some of such lines.
PAGE_IN_PARTS = re.compile(rb"\s*(?:[a-z-]+:[^\n]*\n(?:[ \t]+[^\n]*\n)*)*?mime-version:")


def detect_kind(path: Path, start: bytes) -> str:
    """Say what a file is: text, html, xml_spreadsheet, json, xlsx, ods, xls or archive.

    `start` are its first bytes, some thousand at least. Raises Rejected with what to do for what
    holds no table that can be read.
    """
    head = start[:4096]
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise Rejected("file_empty")
    for magic, name in OTHERS:
        if head.startswith(magic):
            raise Rejected("not_a_table", kind=message(name))
    kind = "xls" if head.startswith((OLE, *OLD_XLS, *ZIP)) else _detect_kind_of_text(head)
    if kind != "text" and path.stat().st_size > LARGEST_UNPACKED_BYTES:
        raise Rejected("file_too_large")
    if head.startswith(OLE):
        return _detect_kind_in_ole(path)
    if head.startswith(ZIP):
        return _detect_kind_in_zip(path)
    return kind


def _detect_kind_in_ole(path: Path) -> str:
    """Look for the streams of an OLE file by their names, without following its chains."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        size_of_sector = 1 << min(int.from_bytes(content[30:32], "little"), 16)
        directory = (int.from_bytes(content[48:52], "little") + 1) * size_of_sector
        if directory >= len(content):
            raise Rejected("file_cut_short")
        names = {name for name in STREAMS if content.find(name.encode("utf-16-le")) >= 0}
    if "EncryptedPackage" in names:
        raise Rejected("workbook_has_password")
    if "_VBA_PROJECT_CUR" in names:
        raise Rejected("workbook_has_macros")
    if names & {"Workbook", "Book"}:
        return "xls"
    if "WordDocument" in names:
        raise Rejected("not_a_table", kind=message("kind_text_document"))
    raise Rejected("unknown_workbook")


def _detect_kind_in_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, struct.error):
        raise Rejected("file_cut_short") from None
    names = {member.filename.replace("\\", "/").lower() for member in members}
    kind = next((kind for part, kind in WORKBOOK_PARTS.items() if part in names), "archive")
    if sum(member.file_size for member in members) > LARGEST_UNPACKED_BYTES:
        raise Rejected("unpacked_too_large")
    if len({member.filename for member in members}) < len(members):
        raise Rejected("part_stands_twice")
    if find_overlapping(members):
        raise Rejected("parts_overlap")
    if any(member.flag_bits & 1 for member in members):
        raise Rejected("file_has_password")
    if any(member.compress_type not in COMPRESSIONS for member in members):
        raise Rejected("odd_packing")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Rejected("workbook_has_macros")
    if "xl/workbook.bin" in names:
        raise Rejected("workbook_is_binary")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise Rejected("not_a_table", kind=message("kind_text_document"))
    return kind


def find_overlapping(members: Sequence[zipfile.ZipInfo]) -> set[int]:
    """Find where files of an archive begin that share bytes with another, as those of a bomb do."""
    found = set()
    spans = sorted(
        (member.header_offset, member.header_offset + 30 + member.compress_size)
        for member in members
    )
    reach, last = -1, -1
    for start, end in spans:
        if start < reach:
            found |= {last, start}
        if end > reach:
            reach, last = end, start
    return found


def _detect_kind_of_text(head: bytes) -> str:
    marks = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
    plain = head[max(len(mark) if head.startswith(mark) else 0 for mark in marks) :]
    plain = plain.replace(b"\0", b"")  # UTF-16
    start = plain.lstrip().lower()
    is_page = start.startswith((b"<html", b"<!doctype html"))
    if PAGE_IN_PARTS.match(start):
        raise Rejected("not_a_table", kind=message("kind_mht"))
    if start.startswith(b"<") and SPREADSHEET_2003 in plain and not is_page:
        return "xml_spreadsheet"
    if start.startswith(b"<") and PAGE.search(start):
        return "html"
    if start.startswith(b"<?xml"):
        raise Rejected("unknown_xml")
    if re.match(rb"[\[{]\s*[\[{\"]", start):
        return "json"
    return "text"
