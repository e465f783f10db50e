"""Telling what a file is from its bytes, whatever its name says."""

import mmap
import re
import struct
import zipfile
from pathlib import Path

from flows.common.errors import Rejected

LARGEST_UNPACKED_BYTES = 1 << 30  # a million rows of twenty cells; the reader holds no more
WORKBOOK_PARTS = {"xl/workbook.xml": "xlsx", "content.xml": "ods"}
OTHERS = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a compressed file (.gz)"),
    (b"{\\rtf", "a text document"),
    (b"SQLite format 3", "a database"),
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


def kind_of(path: Path) -> str:
    """Say what the bytes are: text, html, xml_spreadsheet, json, xlsx, ods, xls or archive.

    Raises Rejected with what to do for what holds no table that can be read.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise Rejected("the file is empty: ask for the export again")
    for magic, name in OTHERS:
        if head.startswith(magic):
            raise Rejected(f"the file is {name}, not a table: ask for it as .xlsx or CSV")
    kind = "xls" if head.startswith((OLE, *OLD_XLS, *ZIP)) else _kind_of_text(head)
    if kind != "text" and path.stat().st_size > LARGEST_UNPACKED_BYTES:
        raise Rejected("the file is larger than 1 GB: delete what is not the table")
    if head.startswith(OLE):
        return _kind_of_ole(path)
    if head.startswith(ZIP):
        return _kind_of_zip(path)
    return kind


def _kind_of_ole(path: Path) -> str:
    """Look for the streams of an OLE file by their names, without following its chains."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        size_of_sector = 1 << min(int.from_bytes(content[30:32], "little"), 16)
        directory = (int.from_bytes(content[48:52], "little") + 1) * size_of_sector
        if directory >= len(content):
            raise Rejected("the file is cut short or damaged: send it again")
        names = {name for name in STREAMS if content.find(name.encode("utf-16-le")) >= 0}
    if "EncryptedPackage" in names:
        raise Rejected("the workbook has a password: save it without one")
    if "_VBA_PROJECT_CUR" in names:
        raise Rejected("the workbook holds macros: save it as .xlsx, which has none")
    if names & {"Workbook", "Book"}:
        return "xls"
    if "WordDocument" in names:
        raise Rejected("the file is a text document, not a table: ask for it as .xlsx or CSV")
    raise Rejected("the file is no workbook that can be read (as .et is): save it as .xlsx")


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, struct.error):
        raise Rejected("the file is cut short or damaged: send it again") from None
    names = {member.filename.replace("\\", "/").lower() for member in members}
    kind = next((kind for part, kind in WORKBOOK_PARTS.items() if part in names), "archive")
    if sum(member.file_size for member in members) > LARGEST_UNPACKED_BYTES:
        raise Rejected("the file unpacks to more than 1 GB: delete what is not the table")
    if len({member.filename for member in members}) < len(members):
        raise Rejected("the file holds a part twice, which no honest program writes: refused")
    spans = sorted((member.header_offset, member.compress_size) for member in members)
    if any(start + size > following for (start, size), (following, _) in zip(spans, spans[1:])):  # noqa: B905, RUF007
        raise Rejected("the parts of the file overlap, which no honest program writes: refused")
    if any(member.flag_bits & 1 for member in members):
        raise Rejected("the file has a password: save it without one")
    if any(member.compress_type not in COMPRESSIONS for member in members):
        raise Rejected("the file is packed in a way that no spreadsheet is: save it as .xlsx")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Rejected("the workbook holds macros: save it as .xlsx, which has none")
    if "xl/workbook.bin" in names:
        raise Rejected("the workbook is a binary one (.xlsb): save it as .xlsx")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise Rejected("the file is a text document, not a table: ask for it as .xlsx or CSV")
    return kind


def _kind_of_text(head: bytes) -> str:
    marks = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
    plain = head[max(len(mark) if head.startswith(mark) else 0 for mark in marks) :]
    plain = plain.replace(b"\0", b"")  # UTF-16
    start = plain.lstrip().lower()
    is_page = start.startswith((b"<html", b"<!doctype html"))
    if PAGE_IN_PARTS.match(start):
        raise Rejected("the file is a page with its pictures (.mht), not a table: "
                       "ask for it as .xlsx or CSV")  # fmt: skip
    if start.startswith(b"<") and SPREADSHEET_2003 in plain and not is_page:
        return "xml_spreadsheet"
    if start.startswith(b"<") and PAGE.search(start):
        return "html"
    if start.startswith(b"<?xml"):
        raise Rejected("the file is XML of an unknown form: ask for it as .xlsx or CSV")
    if re.match(rb"[\[{]\s*[\[{\"]", start):
        return "json"
    return "text"
