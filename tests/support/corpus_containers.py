"""Makes the .xlsx of the corpus whose containers or sheets are broken or built to harm."""

import io
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus_workbooks import HEADER, ROW, book_of, saved

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BILLION = "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">'
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def changed(path: Path, change: Callable[[dict[str, bytes]], None], *rows: list[Any]) -> None:
    """Write a workbook whose members are changed."""
    with zipfile.ZipFile(io.BytesIO(saved(book_of(*(rows or (HEADER, ROW)))))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _in_sheet(old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        assert old.encode() in members[SHEET], members[SHEET]
        members[SHEET] = members[SHEET].replace(old.encode(), new.encode())

    return change


def _sheet_of(rows: str, before: str = "") -> Callable[[dict[str, bytes]], None]:
    data = f"<sheetData>{rows}</sheetData>"
    text = f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}">{data}</worksheet>'
    return lambda members: members.update({SHEET: text.encode()})


def _inline(*cells: str) -> str:
    return (
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
        + "</row>"
    )


def calculated(path: Path) -> None:
    changed(path, _in_sheet("<v></v>", "<v>2</v>"), HEADER, ["001", "一小", "=1+1"])


def no_places(path: Path) -> None:
    changed(path, _sheet_of(_inline(*HEADER) + _inline("001", "一小", "5")))


def lying_dimension(path: Path) -> None:
    changed(path, _in_sheet("A1:C2", "A1:XFD1048576"))


def strict_kind(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        for name, content in members.items():
            members[name] = content.replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"http://purl.oclc.org/ooxml/spreadsheetml/main",
            ).replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                b"http://purl.oclc.org/ooxml/officeDocument/relationships",
            )

    changed(path, change)


def link_to_a_program(path: Path) -> None:
    link = '<ddeLink ddeService="cmd" ddeTopic="/C calc"><ddeItems/></ddeLink>'
    text = f'<externalLink xmlns="{MAIN}">{link}</externalLink>'
    changed(
        path, lambda members: members.update({"xl/externalLinks/externalLink1.xml": text.encode()})
    )


def member_twice(path: Path) -> None:
    changed(path, lambda members: None)
    with zipfile.ZipFile(path) as archive:
        other = archive.read(SHEET).replace(b"<v>5</v>", b"<v>6</v>")
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(SHEET, other)


def sheet_in_utf_16(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members[SHEET] = members[SHEET].decode().encode("utf-16")

    changed(path, change)


def prefixed(path: Path) -> None:
    def text(place: str, cell: str) -> str:
        return f'<x:c r="{place}" t="str"><x:v>{cell}</x:v></x:c>'

    rows = (
        [text(place, cell) for place, cell in zip(("A1", "B1", "C1"), HEADER, strict=True)],
        [text("A2", "001"), text("B2", "一小"), text("C2", "5")],
        [text("A3", "002"), '<x:c r="C3" t="e"><x:v>#REF!</x:v></x:c>'],
        [text("A4", "003"), '<x:c r="C4"><x:f>1+1</x:f></x:c>'],
    )
    data = "".join(
        f'<x:row r="{number}">{"".join(cells)}</x:row>' for number, cells in enumerate(rows, 1)
    )
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{data}</x:sheetData></x:worksheet>'
    changed(path, lambda members: members.update({SHEET: sheet.encode()}))


def no_numbers(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members[SHEET] = (
            members[SHEET].replace(b"<v>5</v>", b"<v>NaN</v>").replace(b"<v>6</v>", b"<v>1E999</v>")
        )

    changed(path, change, HEADER, ROW, ["002", "二小", 6])


def iso_days(path: Path) -> None:
    day = '<c r="B2" t="d"><v>2023-09-01T00:00:00</v></c>'
    row = f'<row r="2"><c r="A2" t="str"><v>001</v></c>{day}</row>'
    changed(path, _sheet_of(_inline("代码", "日期") + row))


def missing_text(path: Path) -> None:
    changed(path, _sheet_of(_inline(*HEADER) + '<row><c t="s"><v>99</v></c></row>'))


def escaped_line_ends(path: Path) -> None:
    changed(path, _sheet_of(_inline(*HEADER) + _inline("001", "一小_x000D_&#10;东", "5")))


def beyond_the_last_place(path: Path) -> None:
    changed(path, _in_sheet('r="C2"', 'r="ZZZZ99999999"'))


def way_out(path: Path) -> None:
    changed(path, lambda members: members.update({"../../../../tmp/out.txt": b"x", "/etc/x": b"x"}))


def linked_member(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        del members[SHEET]

    changed(path, change)
    link = zipfile.ZipInfo(SHEET)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")


def sheet_outside(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        name = "xl/_rels/workbook.xml.rels"
        members[name] = members[name].replace(b"/xl/worksheets/sheet1.xml", b"/../../../etc/passwd")

    changed(path, change)


def entities(path: Path) -> None:
    before = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{BILLION}]>'
    changed(path, _sheet_of(_inline(*HEADER) + _inline("001", "&i;", "5"), before))


def external_entity(path: Path) -> None:
    before = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    changed(path, _sheet_of(_inline(*HEADER) + _inline("001", "&a;", "5"), before))


def honest_bomb(path: Path) -> None:
    changed(path, lambda members: None)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        _add_zeros(archive, "xl/media/image1.png", 1 << 30)


def _add_zeros(archive: zipfile.ZipFile, name: str, size: int) -> None:
    """Add zeros without the time to compress them all: each block is the same as the last."""
    block = zlib.compressobj(1, zlib.DEFLATED, -15)
    packed = block.compress(bytes(1 << 20)) + block.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(1, zlib.DEFLATED, -15).flush()
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as member:
        member.write(b"")
    content = packed * (size >> 20) + end
    info.file_size, info.compress_size = size, len(content)
    archive.fp.seek(info.header_offset)
    archive.fp.write(info.FileHeader(False))
    archive.fp.write(content)
    archive.start_dir = archive.fp.tell()


def _lying(path: Path, name: str) -> None:
    """Say in every header that a member of 300 MB is a thousand bytes long."""
    changed(path, lambda members: members.pop(name, None))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        _add_zeros(archive, name, 300 << 20)
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<I", 300 << 20), struct.pack("<I", 1000)))


def lying_bomb(path: Path) -> None:
    _lying(path, SHEET)


def lying_texts(path: Path) -> None:
    _lying(path, "xl/sharedStrings.xml")


def overlapping(path: Path) -> None:
    changed(
        path, lambda members: members.update({"xl/a.bin": b"a" * 1000, "xl/b.bin": b"a" * 1000})
    )
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\3\4", content.index(b"xl/a.bin") - 40)
    entry = content.rindex(b"PK\1\2", 0, content.rindex(b"xl/b.bin"))
    content[entry + 42 : entry + 46] = struct.pack("<I", start)
    path.write_bytes(content)


def merged_bomb(path: Path) -> None:
    ranges = "".join(f'<mergeCell ref="A{row}:XFD{row}"/>' for row in range(1, 101))
    change = _in_sheet("</sheetData>", f"</sheetData><mergeCells>{ranges}</mergeCells>")
    changed(path, change, HEADER, *[ROW] * 100)


def shared_text_bomb(path: Path) -> None:
    """A text of 30,000 signs that 200,000 cells name: 6 GB if each held its own."""

    def change(members: dict[str, bytes]) -> None:
        text = f"<si><t>{'x' * 30_000}</t></si>"
        members["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{text}</sst>'.encode()
        _sheet_of('<row><c t="s"><v>0</v></c></row>' * 200_000)(members)

    changed(path, change)


def locked_zip(path: Path) -> None:
    changed(path, lambda members: None)
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\1\2")
    while place >= 0:
        content[place + 8] |= 1
        place = content.find(b"PK\1\2", place + 1)
    path.write_bytes(content)


def with_macros(path: Path) -> None:
    changed(path, lambda members: members.update({"xl/vbaProject.bin": b"x"}))


def text_document(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")


def cut_short(path: Path) -> None:
    changed(path, lambda members: None)
    path.write_bytes(path.read_bytes()[:-200])


def wrong_checksum(path: Path) -> None:
    changed(path, lambda members: None)
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\3\4", 14), (b"PK\1\2", 16)):
        start = content.index(SHEET.encode(), content.index(mark))
        start = content.rindex(mark, 0, start) + place
        content[start] ^= 0xFF
    path.write_bytes(content)


def no_sheet(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        del members[SHEET]

    changed(path, change)


def torn_xml(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members[SHEET] = members[SHEET][:-60]

    changed(path, change)


def unknown_compression(path: Path) -> None:
    changed(path, lambda members: None)
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        start = content.find(mark)
        while start >= 0:
            content[start + place] = 77
            start = content.find(mark, start + 1)
    path.write_bytes(content)


def bytes_before(path: Path) -> None:
    changed(path, lambda members: None)
    content = path.read_bytes()
    path.write_bytes(content + b"\0" * 100)
