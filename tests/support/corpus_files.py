"""Makes the text, pages, holes and noise of the corpus that cannot be written out."""

import gzip
import random
from pathlib import Path

from corpus_containers import BILLION
from corpus_workbooks import HEADER, ROW, old_book, saved

TEXT = "代码,学校,金额\n001,一小,5\n"
TWO_GIGABYTES = 2 << 30

# Text


def mark_that_lies(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode("gb18030"))


def mixed_encodings(path: Path) -> None:
    path.write_bytes(TEXT.encode("gb18030") + "002,第二中心小学校,6\n".encode())


def mixed_the_other_way(path: Path) -> None:
    path.write_bytes(TEXT.encode() + "002,第二中心小学校,6\n".encode("gb18030"))


def torn_last_sign(path: Path) -> None:
    path.write_bytes((TEXT + "002,二").encode("gb18030")[:-1])


def torn_utf_16(path: Path) -> None:
    path.write_bytes(TEXT.encode("utf-16")[:-1])


def saved_twice(path: Path) -> None:
    path.write_bytes(TEXT.encode().decode("latin-1").encode())


def one_row_in_utf_8(path: Path) -> None:
    rows = TEXT.encode("gb18030"), "002,二小,6\n".encode(), "003,三小,7\n".encode("gb18030")
    path.write_bytes(b"".join(rows))


def torn_header(path: Path) -> None:
    path.write_bytes(TEXT.encode("gb18030").replace("金额".encode("gb18030"), b"\xbd\xff\xff"))


def header_too_wide(path: Path) -> None:
    path.write_text("代码,,学校,金额\n" + "001,一小,5\n" * 20_000, "utf-8")


def middle_column_lost(path: Path) -> None:
    """Rows from the seventeenth line on, as Excel leaves out delimiters, lack the name."""
    full = ["代码,学校,金额", *[f"{row:03},一小,{row}" for row in range(1, 16)]]
    path.write_text("\n".join([*full, "016,16", "017,17"]), "utf-8")


def late_header(path: Path) -> None:
    path.write_text("说明,,\n" * 50 + TEXT, "utf-8")


def short_rows_of_excel(path: Path) -> None:
    """Remarks stand in none of the rows from the seventeenth on, which end without a comma."""
    full = ["代码,金额,备注", "001,1,", *[",,"] * 13, "015,15,"]
    path.write_text("\n".join([*full, "016,16", "017,17"]), "utf-8")


def endless_line(path: Path) -> None:
    path.write_text(TEXT + "002,二小," + "6" * (9 << 20), "utf-8")


def endless_cell(path: Path) -> None:
    path.write_text(TEXT + '002,"' + "二\n" * (1 << 20) + '",6\n', "utf-8")


def empty_columns(path: Path) -> None:
    path.write_text(TEXT.replace("\n", "," * 1_000_000 + "\n"), "utf-8")


def million_columns(path: Path) -> None:
    path.write_text(TEXT + "," * 1_000_000 + "x\n", "utf-8")


# Pages, XML and JSON


def deep_page(path: Path) -> None:
    path.write_text("<table><tr><td>代码" + "<div>" * 200_000, "utf-8")


def deep_json(path: Path) -> None:
    path.write_text("[[" * 200_000, "utf-8")


SS = "urn:schemas-microsoft-com:office:spreadsheet"


def _xml_2003(rows: str, before: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{before}<Workbook xmlns="{SS}" xmlns:ss="{SS}"><Styles>'
        '<Style ss:ID="p"><NumberFormat ss:Format="0.0%"/></Style></Styles>'
        f'<Worksheet ss:Name="明细"><Table>{rows}</Table></Worksheet></Workbook>'
    )


def _cell(kind: str, text: str, more: str = "") -> str:
    return f'<Cell {more}><Data ss:Type="{kind}">{text}</Data></Cell>'


def _row(*cells: str, more: str = "") -> str:
    return f"<Row {more}>{''.join(cells)}</Row>"


XML_HEADER = _row(*[_cell("String", one) for one in ("代码", "学校", "金额", "日期", "占比")])


def xml_2003(path: Path) -> None:
    first = _row(
        _cell("String", "001"), _cell("String", "一小", 'ss:MergeDown="2"'), _cell("Number", "5.5"),
        _cell("DateTime", "2023-09-01T00:00:00.000"), _cell("Number", "0.125", 'ss:StyleID="p"'),
    )  # fmt: skip
    last = _row(_cell("String", "003"), more='ss:Index="4"')
    path.write_text(_xml_2003(XML_HEADER + first + last), "utf-8")


def xml_2003_cut_short(path: Path) -> None:
    path.write_text(_xml_2003(XML_HEADER + _row(_cell("String", "001")))[:-40], "utf-8")


def xml_2003_entities(path: Path) -> None:
    before = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{BILLION}]>'
    path.write_text(_xml_2003(XML_HEADER + _row(_cell("String", "&i;")), before), "utf-8")


def xml_2003_external(path: Path) -> None:
    before = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'
    path.write_text(_xml_2003(XML_HEADER + _row(_cell("String", "001")), before), "utf-8")


def xml_2003_last_cell(path: Path) -> None:
    far = _row(_cell("String", "x", 'ss:Index="16385"'), more='ss:Index="1048576"')
    path.write_text(_xml_2003(XML_HEADER + far), "utf-8")


# What is no table


def zeros(path: Path) -> None:
    path.write_bytes(bytes(100_000))


def _with_hole(path: Path, start: bytes) -> None:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(TWO_GIGABYTES)


def hole(path: Path) -> None:
    _with_hole(path, b"")


def hole_behind_header(path: Path) -> None:
    _with_hole(path, TEXT.encode())


def hole_behind_workbook(path: Path) -> None:
    _with_hole(path, saved(old_book(HEADER, ROW)))


def hole_behind_page(path: Path) -> None:
    _with_hole(path, b"<html><table><tr><td>")


def hole_behind_json(path: Path) -> None:
    _with_hole(path, b'[{"a": "')


def gzipped(path: Path) -> None:
    path.write_bytes(gzip.compress(TEXT.encode(), mtime=0))


def gzipped_cut_short(path: Path) -> None:
    path.write_bytes(gzip.compress(TEXT.encode(), mtime=0)[:20])


def noise(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(5000))
