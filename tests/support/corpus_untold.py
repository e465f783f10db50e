"""Makes workbooks of the corpus that say more than their values, and those of rarer kinds."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from corpus_containers import MAIN, SHEET, changed
from corpus_files import _cell, _row, _xml_2003
from corpus_workbooks import HEADER, ROW, _records, book_of, old_book, saved
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

Change = Callable[[dict[str, bytes]], None]


def _replacing(member: str, *pairs: tuple[str, str]) -> Change:
    def change(members: dict[str, bytes]) -> None:
        for old, new in pairs:
            assert old.encode() in members[member], members[member]
            members[member] = members[member].replace(old.encode(), new.encode())

    return change


# What the reader of .xlsx does not tell


def percent_as_text(path: Path) -> None:
    book = book_of(["代码", "占比"], *[[f"{one:03d}", 12.5] for one in range(1, 5)])
    for row, form in enumerate(('0.0"%"', "0.0\\%", "0.0!%", "0.0%"), 2):
        book.worksheets[0].cell(row, 2).number_format = form
    path.write_bytes(saved(book))


def old_percent_as_text(path: Path) -> None:
    path.write_bytes(saved(old_book(["代码", "占比"], ["001", 12.5], style='0.0"%"')))


def percents_in_other_xml(path: Path) -> None:
    """Apostrophes for quotes, a sheet in other letters than its link, a sign by its number."""
    book = book_of(["代码", "占比"], ["001", 0.125])
    book.worksheets[0]["B2"].number_format = "0.0%"
    path.write_bytes(saved(book))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name, content in members.items():
        members[name] = content.replace(b"0.0%", b"0.0&#37;").replace(b'"', b"'")
    members[SHEET.replace("sheet1", "Sheet1")] = members.pop(SHEET)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _sheet(path: Path, rows: str) -> None:
    text = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    changed(path, lambda members: members.update({SHEET: text.encode()}))


def _texts(*cells: str) -> str:
    return "".join(f'<c t="str"><v>{cell}</v></c>' for cell in cells)


def untold_without_places(path: Path) -> None:
    book = book_of(["x", 0.5])
    book.worksheets[0]["B1"].number_format = "0.0%"
    content = saved(book)
    rows = (
        f"<row>{_texts('代码', '金额', '占比')}</row>"
        f'<row>{_texts("001")}<c><v>5</v></c><c s="1"><v>0.125</v></c></row>'
        f'<row>{_texts("002")}<c t="e"><v>#N/A</v></c></row>'
        f"<row>{_texts('003')}<c><f>1+1</f></c></row>"
    )
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, kept in members.items():
            archive.writestr(name, text if name == SHEET else kept)


def empty_text_of_formula(path: Path) -> None:
    formula = '<c t="str"><f>IF(1,"","x")</f>{}</c>'
    first = f"<row>{_texts('001', '一小')}{formula.format('<v></v>')}</row>"
    second = f"<row>{_texts('002', '二小')}{formula.format('<v/>')}</row>"
    _sheet(path, f"<row>{_texts(*HEADER)}</row>{first}{second}")


def not_yet_calculated(path: Path) -> None:
    rows = HEADER, ["001", "一小", 0], ["002", "二小", "=1+1"]
    asks = 'calcId="124519" fullCalcOnLoad="1"'

    def change(members: dict[str, bytes]) -> None:
        assert asks.encode() in members["xl/workbook.xml"]
        _replacing(SHEET, ("<v></v>", "<v>0</v>"))(members)

    changed(path, change, *rows)


def wordless_error(path: Path) -> None:
    _sheet(path, f'<row>{_texts(*HEADER)}</row><row>{_texts("001", "一小")}<c t="e"/></row>')


def raised_footnotes(path: Path) -> None:
    raised = CellRichText("1204", TextBlock(InlineFont(vertAlign="superscript"), "1"))
    square = CellRichText("二小", TextBlock(InlineFont(vertAlign="superscript"), "2"))
    path.write_bytes(saved(book_of(HEADER, ["001", "一小", raised], ["002", square, "12042"])))


def character_data(path: Path) -> None:
    value = "<c><v><![CDATA[5]]></v></c>"
    _sheet(path, f"<row>{_texts(*HEADER)}</row><row>{_texts('001', '一小')}{value}</row>")


def row_twice(path: Path) -> None:
    changed(path, _replacing(SHEET, ('<row r="3"', '<row r="2"')), HEADER, ROW, ["002", "二小", 6])


# Other kinds of workbooks


def xml_2003_styles(path: Path) -> None:
    styles = (
        '<Style ss:ID="q" ss:Parent="p"/>'
        '<Style ss:ID="t"><NumberFormat ss:Format="0.0&quot;%&quot;"/></Style>'
    )
    rows = (
        '<Column/><Column ss:StyleID="q"/><Row ss:Span="2"/>',
        _row(_cell("String", "代码"), _cell("String", "占比")),
        _row(_cell("String", "001"), _cell("Number", "0.125")),
        _row(_cell("String", "002"), _cell("Number", "12.5", 'ss:StyleID="t"')),
        _row(_cell("String", "003"), '<Cell ss:Formula="=1/8"/>'),
    )
    text = _xml_2003("".join(rows)).replace("</Styles>", f"{styles}</Styles>")
    path.write_text(f"\n{text}", "utf-8")


OASIS = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)
CALC = 'xmlns:calc="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


def _open_document(path: Path, body: str, manifest: str = "<manifest/>") -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f"<office:document-content {OASIS} {CALC}>"
                         f"{body}</office:document-content>")  # fmt: skip
        archive.writestr("META-INF/manifest.xml", manifest)


def _ods(text: str, more: str = "") -> str:
    paragraph = f"<text:p>{text}</text:p>" if text else ""
    return f"<table:table-cell {more}>{paragraph}</table:table-cell>"


def full_open_document(path: Path) -> None:
    def row(*cells: str, more: str = "") -> str:
        return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"

    def value(kind: str, number: str, shown: str, word: str = "value") -> str:
        return _ods(shown, f'office:value-type="{kind}" office:{word}="{number}"')

    percent = value("percentage", "0.125", "12.5%")
    note = "<office:annotation><text:p>批注</text:p></office:annotation>"
    noted = _ods("一小").replace("<text:p>", f"{note}<text:p>")
    spaced = _ods('二<text:s text:c="2"/>小')
    rows = (
        row(*map(_ods, ("代码", "学校", "金额", "占比", "日期"))),
        row(_ods("001", 'table:number-rows-spanned="2"'), noted, value("float", "5", "5.0"),
            percent, value("date", "2023-09-01", "9月1日", "date-value"),
            _ods("", 'table:number-columns-repeated="16379"')),
        row("<table:covered-table-cell/>", spaced, value("float", "6", "6"),
            value("float", "0.5", "0.5%")),
        row(_ods("002"), _ods("三小"), _ods("Err:502", 'calc:value-type="error"')),
        row(_ods("003"), _ods("三小"), _ods("", 'table:formula="of:=1+1"')),
        row(more='table:number-rows-repeated="2"'),
        row(_ods("004"), _ods("四小"), value("float", "7", "7")),
        row(_ods("005"), _ods("四小"), value("float", "7", "7")),
        row(_ods("", 'table:number-columns-repeated="16384"'),
            more='table:number-rows-repeated="1048566"'),
    )  # fmt: skip
    hidden = '<style:table-properties table:display="false"/>'
    style = f'<style:style style:name="h" style:family="table">{hidden}</style:style>'
    _open_document(
        path,
        f"<office:automatic-styles>{style}</office:automatic-styles><office:body>"
        f'<office:spreadsheet><table:table table:name="明细">{"".join(rows)}</table:table>'
        f'<table:table table:name="旧" table:style-name="h">{row(_ods("代码"))}</table:table>'
        "</office:spreadsheet></office:body>",
    )


def locked_open_document(path: Path) -> None:
    _open_document(path, "", "<manifest><encryption-data/></manifest>")


def open_text(path: Path) -> None:
    _open_document(path, "<office:body><office:text/></office:body>")


def binary_kind(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"\x83\1\0")


def biff5(path: Path) -> None:
    """Write a workbook of 1995 in GB18030 that says it is of Latin letters."""
    start = 0x0809, struct.pack("<HHHH", 0x0500, 5, 0, 0)
    said = 0x42, struct.pack("<H", 1252)
    head = len(_records(start, said)) + len(_records((0x85, bytes(7 + 6)), (10, b"")))
    sheet = 0x85, struct.pack("<IHB", head, 0, 6) + b"Sheet1"
    cells = []
    for column, cell in enumerate(HEADER):
        text = cell.encode("gb18030")
        place = struct.pack("<HHHH", 0, column, 0, len(text))
        cells.append((0x0204, place + text))
    page_start = 0x0809, struct.pack("<HHHH", 0x0500, 0x10, 0, 0)
    path.write_bytes(_records(start, said, sheet, (10, b""), page_start, *cells, (10, b"")))
