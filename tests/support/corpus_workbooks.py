"""Makes workbooks of the corpus as people and old programs leave them, whole and torn."""

import io
import struct
import zipfile
from datetime import date, time
from pathlib import Path
from typing import Any

import openpyxl
import xlwt
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart
from openpyxl.styles import Font

HEADER = ["代码", "学校", "金额"]
ROW = ["001", "一小", 5]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# Workbooks as people make them


def saved(book: Any) -> bytes:
    """Give the bytes of a workbook."""
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def book_of(*rows: list[Any]) -> Any:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "明细"
    for row in rows:
        book.worksheets[0].append(row)
    return book


def days_from_1904(path: Path) -> None:
    book = book_of(["代码", "日期"], ["001", date(2023, 9, 1)], ["002", 43708])
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    path.write_bytes(saved(book))


def percents(path: Path) -> None:
    book = book_of(["代码", "占比"], ["001", 0.125], ["002", 12.5], ["003", 0.125])
    book.worksheets[0]["B2"].number_format = "0.0%"
    book.worksheets[0]["B4"].number_format = '0.00"约"%;[Red]-0.00%'
    path.write_bytes(saved(book))


def error_cells(path: Path) -> None:
    book = book_of(HEADER, ["001", "一小", "#REF!"], ["002", "#N/A", 6], ["003", "三小", 7])
    book.worksheets[0]["C2"].data_type = book.worksheets[0]["B3"].data_type = "e"
    path.write_bytes(saved(book))


def formula_as_text(path: Path) -> None:
    book = book_of(HEADER, ["001", "x", 5])
    book.worksheets[0]["B2"].value = "=cmd|' /C calc'!A0"
    book.worksheets[0]["B2"].data_type = "s"
    path.write_bytes(saved(book))


def hidden_sheet(path: Path) -> None:
    book = book_of(HEADER, ROW)
    old = book.create_sheet("旧表")
    old.append(HEADER)
    old.append(["009", "旧", 9])
    old.sheet_state = "veryHidden"
    path.write_bytes(saved(book))


def hidden_rows(path: Path) -> None:
    book = book_of(HEADER, ROW, ["002", "二小", 6])
    book.worksheets[0].row_dimensions[3].hidden = True
    book.worksheets[0].column_dimensions["C"].hidden = True
    book.worksheets[0].auto_filter.ref = "A1:C3"
    path.write_bytes(saved(book))


def merged_data(path: Path) -> None:
    book = book_of(HEADER, ["001", "一小", 5], [None, None, 6], ["002", "二小", 7])
    for area in ("A2:A3", "B2:B3"):
        book.worksheets[0].merge_cells(area)
    path.write_bytes(saved(book))


def merged_header(path: Path) -> None:
    book = book_of(["经费表"], ["代码", "学校", "经费"], [None, None, "金额"], ROW)
    for area in ("A1:C1", "A2:A3", "B2:B3"):
        book.worksheets[0].merge_cells(area)
    path.write_bytes(saved(book))


def rich_texts(path: Path) -> None:
    bold = TextBlock(InlineFont(b=True), "第一")
    path.write_bytes(saved(book_of(HEADER, ["001", CellRichText(bold, "小学"), 5])))


def formats_far_away(path: Path) -> None:
    book = book_of(HEADER, ROW)
    book.worksheets[0]["XFD1048576"].font = Font(bold=True)
    path.write_bytes(saved(book))


def last_cell(path: Path) -> None:
    book = book_of(HEADER, ROW)
    book.worksheets[0]["XFD1048576"] = "x"
    path.write_bytes(saved(book))


def chart_alone(path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.create_chartsheet("图").add_chart(BarChart())
    path.write_bytes(saved(book))


def open_document(path: Path) -> None:
    def text(cell: str) -> str:
        return (
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
        )

    cells = "".join(
        f'<table:table-row>{"".join(one)}</table:table-row>'
        for one in (
            [*map(text, HEADER)],
            [text("001"), text("一小"),
             '<table:table-cell office:value-type="float" office:value="5"><text:p>5</text:p>'
             "</table:table-cell>"],
        )
    )  # fmt: skip
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="明细">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")


def far_from_the_corner(path: Path) -> None:
    book = book_of()
    page = book.worksheets[0]
    for row, cells in enumerate([HEADER, ROW], start=4):
        for column, cell in enumerate(cells, start=7):
            page.cell(row, column, cell)
    path.write_bytes(saved(book))


def impossible_days(path: Path) -> None:
    book = book_of(
        ["代码", "日期"], *[[f"{n:03d}", x] for n, x in enumerate([-5, 45170, 3e6, 1e300], 2)]
    )
    for row in book.worksheets[0].iter_rows(min_row=2, min_col=2):
        row[0].number_format = "yyyy-mm-dd"
    path.write_bytes(saved(book))


def _with_formats(path: Path, caption: str, number: float, formats: list[str]) -> None:
    rows = [[f"{place:03d}", "x", number] for place, _ in enumerate(formats, 1)]
    book = book_of(["代码", "学校", caption], *rows)
    for row, form in enumerate(formats, 2):
        book.worksheets[0].cell(row, 3).number_format = form
    path.write_bytes(saved(book))


def formats_of_amounts(path: Path) -> None:
    formats = ['_ * #,##0.00_ ;_ * "-"??_ ;_ @_ ', "#,##0.00_);[Red](#,##0.00)", '0.00"d"',
               "[DBNum2][$-804]General", '0.0,,"h"', "[Magenta]0;[Yellow]-0"]  # fmt: skip
    _with_formats(path, "金额", 1234.5, formats)


def formats_of_days(path: Path) -> None:
    formats = [
        'yyyy"年"m"月"d"日"',
        "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
        "m/d/yy h:mm",
        "General",
    ]
    _with_formats(path, "日期", 45170, formats)


def times_as_amounts(path: Path) -> None:
    book = book_of(
        HEADER, ["001", "一小", time(8, 30)], ["002", "二小", True], ["003", "三小", 1.5]
    )
    book.worksheets[0]["C4"].number_format = "[h]:mm"
    path.write_bytes(saved(book))


# Workbooks of before 2007


def old_book(*rows: list[Any], style: str = "") -> Any:
    book = xlwt.Workbook()
    page = book.add_sheet("明细")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if style and isinstance(cell, float | date):
                page.write(number, column, cell, xlwt.easyxf(num_format_str=style))
            else:
                page.write(number, column, cell)
    return book


def old_days_from_1904(path: Path) -> None:
    book = old_book(["代码", "日期"], ["001", 43708.0], ["002", 43708], style="yyyy-mm-dd")
    book.dates_1904 = True
    path.write_bytes(saved(book))


def old_impossible_days(path: Path) -> None:
    rows = [["代码", "日期"], ["002", 45170.0], ["003", -5.0], ["004", 3e9]]
    path.write_bytes(saved(old_book(*rows, style="yyyy-mm-dd")))


def old_percents(path: Path) -> None:
    path.write_bytes(
        saved(old_book(["代码", "占比"], ["001", 0.125], ["002", "12.5%"], style="0.0%"))
    )


def old_error_cells(path: Path) -> None:
    book = old_book(HEADER, ["001", "一小"], ["002", "二小", 7])
    book.get_sheet(0).row(1).set_cell_error(2, "#REF!")
    path.write_bytes(saved(book))


def _records(*records: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in records)


def biff2(path: Path) -> None:
    def label(row: int, column: int, text: str) -> tuple[int, bytes]:
        return 4, struct.pack("<HH3xB", row, column, len(text)) + text.encode("gbk")

    number = 3, struct.pack("<HH3xd", 1, 1, 5.0)
    code_page = 0x42, struct.pack("<H", 936)
    amount = 4, struct.pack("<HH3xB", 0, 1, 4) + "金额".encode("gbk")
    records = (9, struct.pack("<HH", 2, 16)), code_page, label(0, 0, "ID"), amount
    path.write_bytes(_records(*records, label(1, 0, "A1"), number, (10, b"")))


def old_with_password(path: Path) -> None:
    start = 0x0809, struct.pack("<HHHH", 0x0500, 5, 0x0DBB, 1996)
    path.write_bytes(_records(start, (0x2F, b"\x12\x34\x56\x78"), (10, b"")))


def endless_string(path: Path) -> None:
    content = bytearray(saved(old_book(HEADER, ROW)))
    texts = content.index(b"\xfc\0")
    struct.pack_into("<IIHB", content, texts + 4, 0x7FFFFFFF, 0x7FFFFFFF, 0xFFFF, 1)
    path.write_bytes(content)


def _ole(streams: bytes, sector_table: bytes = b"\xff" * 512) -> bytes:
    """Make an OLE file of a header, a sector table and a directory; nothing of it need be right."""
    header = bytearray(512)
    header[:8] = OLE
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    return bytes(header) + sector_table + streams


def _entry(name: str, kind: int, start: int, size: int, child: int = -1) -> bytes:
    named = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBiii36sIII", named, len(named), kind, 1, -1, -1, child, bytes(36), start, size, 0
    )


def _ole_with(*names: str) -> bytes:
    return _ole(b"".join(_entry(name, 2, 0, 10) for name in names))


def with_password(path: Path) -> None:
    path.write_bytes(_ole_with("EncryptionInfo", "EncryptedPackage"))


def old_with_macros(path: Path) -> None:
    path.write_bytes(_ole_with("Workbook", "_VBA_PROJECT_CUR"))


def wps(path: Path) -> None:
    path.write_bytes(_ole_with("ETExtData", "KSO_WPS"))


def broken_chain(path: Path) -> None:
    """A kilobyte or so whose chain leads nowhere and whose stream is said to be 4 GB long."""
    directory = _entry("Root Entry", 5, 0xFFFFFFFE, 0, 1) + _entry("Workbook", 2, 7, 0xFFFFFFF0)
    path.write_bytes(_ole(directory, struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE) + b"\7" * 504))


def ring(path: Path) -> None:
    """A stream whose sectors follow each other in a ring, so that it never ends."""
    directory = _entry("Root Entry", 5, 0xFFFFFFFE, 0, 1) + _entry("Workbook", 2, 2, 0x7FFFFFFF)
    table = struct.pack("<IIII", 0xFFFFFFFD, 0xFFFFFFFE, 3, 2) + b"\xff" * 496
    path.write_bytes(_ole(directory.ljust(512, b"\0"), table) + b"\x09\x08\x10\0" * 256)


def old_cut_short(path: Path) -> None:
    content = saved(old_book(HEADER, *[[f"{one:03d}", "一小", one] for one in range(500)]))
    path.write_bytes(content[: len(content) // 2])
