"""Makes workbooks of the corpus that show something else than they hold, in each format."""

from datetime import date
from pathlib import Path
from typing import Any

import xlwt
from corpus_containers import SHEET, changed
from corpus_files import _cell, _row, _xml_2003
from corpus_untold import _ods, _open_document
from corpus_workbooks import HEADER, ROW, book_of, saved
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

STRUCK = Font(strike=True)
FORMS = ('0!.0,"万"', "#,##0.00,", '0"万元"', "#,##0;[Red](#,##0)", ";;;", '0"元"', "00000")


def struck_texts(path: Path) -> None:
    """Part of a text, a number as a whole, a name; a struck cell without content says nothing."""
    part = CellRichText(TextBlock(InlineFont(strike=True), "100"), "200")
    book = book_of(HEADER, ["001", "一小", part], ["002", "二小", 6], ["003", "三小", 7],
                   ["004", "四小", "100200"], ["005", "五小", None])  # fmt: skip
    page = book.worksheets[0]
    for place in ("C3", "B4", "C6"):
        page[place].font = STRUCK
    path.write_bytes(saved(book))


def old_struck_texts(path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("明细")
    struck, plain = xlwt.easyfont("struck_out true"), xlwt.easyfont("")
    for column, caption in enumerate(HEADER):
        page.write(0, column, caption)
    for row, code in enumerate(("001", "002", "003"), 1):
        page.write(row, 0, code)
        page.write(row, 1, "x")
    page.write_rich_text(1, 2, [("100", struck), ("200", plain)])
    page.write(2, 2, 6, xlwt.easyxf("font: struck_out true"))
    page.write(3, 2, 7)
    book.save(str(path))


def struck_page(path: Path) -> None:
    line = "text-decoration: line-through"
    path.write_text(
        "<table><tr><td>代码<td>学校<td>金额"
        "<tr><td>001<td>一小<td><s>100</s>200"
        "<tr><td>002<td>二小<td><del></del>6"
        f'<tr><td>003<td>三小<td style="{line}">7'
        f'<tr style="{line}"><td>004<td>四小<td>8</table>',
        "utf-8",
    )


def struck_xml(path: Path) -> None:
    style = '<Style ss:ID="q"><Font ss:StrikeThrough="1"/></Style>'
    header = _row(*[_cell("String", caption) for caption in HEADER])
    runs = '<Cell><ss:Data ss:Type="String"><S>100</S>200</ss:Data></Cell>'
    text = _xml_2003(
        header
        + _row(_cell("String", "001"), _cell("String", "一小"), runs)
        + _row(_cell("String", "002"), _cell("String", "二小"),
               _cell("Number", "6", 'ss:StyleID="q"'))
        + _row(_cell("String", "003"), _cell("String", "三小"), _cell("Number", "7"))
    )  # fmt: skip
    path.write_text(text.replace("</Styles>", f"{style}</Styles>"), "utf-8")


def _ods_row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def _ods_number(number: str, style: str = "") -> str:
    named = f'table:style-name="{style}"' if style else ""
    return _ods(number, f'office:value-type="float" office:value="{number}" {named}')


def _ods_file(path: Path, styles: str, *rows: str) -> None:
    _open_document(
        path,
        '<office:automatic-styles xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle'
        f':1.0">{styles}</office:automatic-styles><office:body><office:spreadsheet>'
        f'<table:table table:name="明细">{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body>",
    )


def struck_open_document(path: Path) -> None:
    line = '<style:text-properties style:text-line-through-style="solid"/>'
    span = '<text:span text:style-name="s">100</text:span>200'
    _ods_file(
        path,
        f'<style:style style:name="s" style:family="text">{line}</style:style>',
        _ods_row(*map(_ods, HEADER)),
        _ods_row(_ods("001"), _ods("一小"), _ods(span)),
        _ods_row(_ods("002"), _ods("二小"), _ods_number("6", "s")),
        _ods_row(_ods("003"), _ods("三小"), _ods_number("7")),
    )


def _shown_by_forms(path: Path, title: list[Any]) -> None:
    numbers = (123456, 1234567, 12, -1234, 77, 5, 21)
    rows = [[f"{place:03d}", "x", number] for place, number in enumerate(numbers, 1)]
    book = book_of(title, HEADER, *rows)
    for row, form in enumerate(FORMS, 3):
        book.worksheets[0].cell(row, 3).number_format = form
    path.write_bytes(saved(book))


def forms_under_ten_thousands(path: Path) -> None:
    _shown_by_forms(path, ["单位：万元"])


def forms_under_yuan(path: Path) -> None:
    _shown_by_forms(path, ["单位：元"])


def forms_under_nothing(path: Path) -> None:
    _shown_by_forms(path, ["经费表"])


def old_forms(path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("明细")
    page.write(0, 0, "单位：万元")
    for column, caption in enumerate(HEADER):
        page.write(1, column, caption)
    for row, form in enumerate(FORMS[:3], 2):
        page.write(row, 0, f"{row:03d}")
        page.write(row, 2, 12, xlwt.easyxf(num_format_str=form))
    book.save(str(path))


def padded_codes(path: Path) -> None:
    """A code that its format shows with zeros; a date's, a percent's and money's stay theirs."""
    book = book_of(
        ["ID", "人数", "金额"], [21, 7, 5], ["00022", 8, 6], [123456, 9, 7], [2.5, 10, 8]
    )
    page = book.worksheets[0]
    for row in range(2, 6):
        page.cell(row, 1).number_format = "00000"
        page.cell(row, 2).number_format = "000"
        page.cell(row, 3).number_format = "#,##0.00"
    path.write_bytes(saved(book))


def old_padded_codes(path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("明细")
    for column, caption in enumerate(("ID", "金额")):
        page.write(0, column, caption)
    page.write(1, 0, 21, xlwt.easyxf(num_format_str="00000"))
    page.write(1, 1, 5)
    book.save(str(path))


def padded_xml(path: Path) -> None:
    style = '<Style ss:ID="q"><NumberFormat ss:Format="00000"/></Style>'
    rows = _row(_cell("String", "ID"), _cell("String", "金额")) + _row(
        _cell("Number", "21", 'ss:StyleID="q"'), _cell("Number", "5")
    )
    path.write_text(_xml_2003(rows).replace("</Styles>", f"{style}</Styles>"), "utf-8")


def padded_open_document(path: Path) -> None:
    _ods_file(
        path,
        '<number:number-style style:name="n"><number:number number:decimal-places="0" '
        'number:min-integer-digits="5"/></number:number-style>'
        '<number:number-style style:name="k"><number:number number:decimal-places="0" '
        'number:min-integer-digits="1" number:display-factor="1000"/></number:number-style>'
        '<style:style style:name="c" style:data-style-name="n"/>'
        '<style:style style:name="d" style:data-style-name="k"/>',
        _ods_row(_ods("单位：元")),
        _ods_row(_ods("ID"), _ods("金额")),
        _ods_row(_ods_number("21", "c"), _ods_number("5")),
        _ods_row(_ods("00022"), _ods_number("6000", "d")),
    )


def old_hidden_rows(path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("明细")
    for row, cells in enumerate((HEADER, ROW, ["002", "二小", 6])):
        for column, cell in enumerate(cells):
            page.write(row, column, cell)
    page.row(2).hidden = True
    book.save(str(path))


def hidden_xml(path: Path) -> None:
    rows = [
        _row(*[_cell("String", str(cell)) for cell in cells], more=more)
        for cells, more in ((HEADER, ""), (ROW, ""), (["002", "二小", 6], 'ss:Hidden="1"'))
    ]
    path.write_text(_xml_2003("".join(rows)), "utf-8")


def hidden_open_document(path: Path) -> None:
    _ods_file(
        path, "", _ods_row(*map(_ods, HEADER)),
        _ods_row(*map(_ods, ("001", "一小", "5"))),
        _ods_row(*map(_ods, ("002", "二小", "6")), more='table:visibility="filter"'),
    )  # fmt: skip


def cell_twice(path: Path) -> None:
    cell = b'<c r="C2" t="n"><v>5</v></c>'

    def change(members: dict[str, bytes]) -> None:
        assert cell in members[SHEET], members[SHEET]
        members[SHEET] = members[SHEET].replace(cell, cell + cell.replace(b"5", b"7"))

    changed(path, change, HEADER, ROW)


def cell_twice_in_xml(path: Path) -> None:
    header = _row(*[_cell("String", caption) for caption in HEADER])
    twice = _cell("Number", "7", 'ss:Index="3"')
    path.write_text(
        _xml_2003(header + _row(_cell("String", "001"), _cell("String", "一小"),
                                _cell("Number", "5"), twice)), "utf-8")  # fmt: skip


def merged_amounts(path: Path) -> None:
    """One amount over three rows, one over two columns; texts and layout may be merged."""
    book = book_of(["代码", "学校", "金额", "人数"], ["001", "一小", 300, 1],
                   ["002", "二小", None, 2], ["003", "三小", None, 3], ["004", "四小", 5, None],
                   ["005", "五小", 10, 5], [None, None, 20, 6])  # fmt: skip
    for area in ("C2:C4", "C5:D5", "A6:A7", "B6:B7"):
        book.worksheets[0].merge_cells(area)
    path.write_bytes(saved(book))


def merged_amounts_in_page(path: Path) -> None:
    path.write_text(
        "<table><tr><td>代码<td>学校<td>金额<tr><td>001<td>一小<td rowspan=2>300"
        "<tr><td>002<td>二小<tr><td rowspan=2>003<td rowspan=2>三小<td>5<tr><td>6</table>",
        "utf-8",
    )


def merged_label(path: Path) -> None:
    book = book_of(HEADER, ["001", "一小", 100], ["002", "二小", 200], ["合计", None, 300])
    book.worksheets[0].merge_cells("A4:B4")
    path.write_bytes(saved(book))


def classes_made_days(path: Path) -> None:
    book = book_of(["NAME", "日期", "金额"], [date(2023, 3, 5), date(2023, 9, 1), 1],
                   ["三(1)班", date(2023, 9, 2), 2])  # fmt: skip
    book.worksheets[0]["A2"].number_format = 'm"月"d"日"'
    path.write_bytes(saved(book))


def days_of_1900(path: Path) -> None:
    book = book_of(["代码", "日期"], ["001", 60], ["002", 45170], ["003", 1])
    for row in (2, 3, 4):
        book.worksheets[0].cell(row, 2).number_format = "yyyy-mm-dd"
    path.write_bytes(saved(book))


def radicals(path: Path) -> None:
    """Captions and names copied out of a PDF: ⾦ for 金, ⻓ for 长, a compatibility sign for 六."""
    text = "代码,学校,⾦额\n001,普通⾼中,5\n002,⻓江⼩学,6\n003,\uf9d1一小学,7\n"
    path.write_text(text, "utf-8")


def never_calculated(path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("明细")
    for column, caption in enumerate(HEADER):
        page.write(0, column, caption)
    for row, formula in enumerate(("2*3", 'IF(1=1;"";"x")'), 1):
        page.write(row, 0, f"{row:03d}")
        page.write(row, 1, "x")
        page.write(row, 2, xlwt.Formula(formula))
    book.save(str(path))
