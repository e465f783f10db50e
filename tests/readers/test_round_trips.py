"""Any table in any form and encoding is read back unchanged or refused, and never changed."""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import corpus
import openpyxl
import pytest
import xlwt
from corpus_workbooks import saved
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.common.errors import Rejected
from flows.parsing.file_parser import read_file
from flows.parsing.values import ERRORS
from flows.readers.sheets import open_sheets

NAMES = ["code", "name", "amount", "day", "kept"]
SIMPLIFIED = ["代码", "学校", "金额", "日期", "在用"]
TRADITIONAL = ["代碼", "學校", "金額", "日期", "在用"]
WANTED = corpus.contract_of({"columns": " ".join(NAMES)})
SS = "urn:schemas-microsoft-com:office:spreadsheet"
Table = Sequence[Sequence[Any]]

SIGNS = st.one_of(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    st.sampled_from("abcXYZ019 .,;|\t\"'\\/<>&%$@+-=()[]{}#·—\n"),
)
TEXTS = (
    st.text(SIGNS, max_size=8)
    .map(str.strip)
    .filter(lambda text: text and not text.startswith("=") and text not in ERRORS)
)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 999).map(lambda number: f"{number:03d}"),
        TEXTS,
        st.none() | st.decimals(-(10**9), 10**9, places=2),
        st.none() | st.dates(date(1955, 1, 1), date(2100, 12, 31)),
        st.none() | st.booleans(),
    ),
    max_size=8,
    unique_by=lambda row: row[0],
)


def as_texts(rows: Table) -> list[list[str]]:
    """Write cells as an export does."""
    words = {True: "是", False: "否", None: ""}
    return [
        [words[cell] if cell is None or isinstance(cell, bool) else str(cell) for cell in row]
        for row in rows
    ]


def as_text(draw: st.DrawFn, captions: list[str], rows: Table) -> str:
    buffer = io.StringIO(newline="")
    quoting, end = draw(
        st.sampled_from(
            [
                (csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_MINIMAL, "\n"), (csv.QUOTE_ALL, "\n"),
                (csv.QUOTE_ALL, "\r"),  # the module quotes a \n only where it may end a line
            ]
        )
    )  # fmt: skip
    delimiter = draw(st.sampled_from(",;\t|"))
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([captions, *as_texts(rows)])
    return buffer.getvalue()


NEW_LINE = "\n"


def as_html(captions: list[str], rows: Table) -> str:
    lines = [
        "".join(f"<td>{html.escape(cell).replace(NEW_LINE, '<br>')}</td>" for cell in row)
        for row in [captions, *as_texts(rows)]
    ]
    return "<html><table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table></html>"


def as_xml(captions: list[str], rows: Table) -> str:
    lines = [
        "".join(f'<Cell><Data ss:Type="String">{html.escape(cell)}</Data></Cell>' for cell in row)
        for row in [captions, *as_texts(rows)]
    ]
    table = "".join(f"<Row>{line}</Row>" for line in lines)
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{SS}" xmlns:ss="{SS}">'
        f'<Worksheet ss:Name="Sheet1"><Table>{table}</Table></Worksheet></Workbook>'
    )


def as_json(captions: list[str], rows: Table) -> str:
    plain = [
        [float(c) if isinstance(c, Decimal) else str(c) if isinstance(c, date) else c for c in row]
        for row in rows
    ]
    return json.dumps([dict(zip(captions, row, strict=True)) for row in plain], ensure_ascii=False)


def as_xlsx(captions: list[str], rows: Table) -> bytes:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(captions)
    for number, row in enumerate(rows, start=2):
        page.append(list(row))
        page.cell(number, 2).data_type = "s"
    return saved(book)


def as_xls(captions: list[str], rows: Table) -> bytes:
    book = xlwt.Workbook()
    page = book.add_sheet("明细")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for number, row in enumerate([captions, *rows]):
        for place, cell in enumerate(row):
            if cell is not None:
                page.write(number, place, cell, *([day] if isinstance(cell, date) else []))
    return saved(book)


WITHOUT_MARK = ["utf-8", "gb18030", "big5"]
WITH_MARK = ["utf-8-sig", "utf-16"]
FORMS: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "text": (as_text, [*WITHOUT_MARK, *WITH_MARK, "utf-16-le", "utf-16-be"]),
    "html": (as_html, [*WITHOUT_MARK, *WITH_MARK]),
    "xml": (as_xml, [*WITHOUT_MARK, *WITH_MARK]),
    "json": (as_json, ["utf-8", "utf-8-sig"]),
    "xlsx": (as_xlsx, [""]),
    "xls": (as_xls, [""]),
}


@st.composite
def written(draw: st.DrawFn) -> tuple[list[tuple[Any, ...]], bytes]:
    """Draw a table, and its bytes in a form and an encoding that can say it."""
    form = draw(st.sampled_from(list(FORMS)))
    write, encodings = FORMS[form]
    encoding = draw(st.sampled_from(encodings))
    rows = draw(ROWS)
    if encoding == "big5":
        known = [(row[1].encode("big5", "ignore").decode("big5").strip() or "一") for row in rows]
        rows = [(row[0], name, *row[2:]) for row, name in zip(rows, known, strict=True)]
    if form == "html":  # in which blanks are one, however many
        rows = [(row[0], re.sub("[ \t\r]+", " ", row[1]), *row[2:]) for row in rows]
    if form == "json" and not rows:
        rows = [("001", "一", None, None, None)]
    captions = TRADITIONAL if encoding == "big5" else SIMPLIFIED
    content = write(draw, captions, rows) if form == "text" else write(captions, rows)
    if isinstance(content, str):
        content = content.encode(encoding)
    return rows, content


@settings(max_examples=200, deadline=None)
@given(written())
def test_a_table_in_any_form_and_encoding_is_read_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[list[tuple[Any, ...]], bytes]
) -> None:
    rows, content = drawn
    path = tmp_path_factory.mktemp("form") / "kept"
    path.write_bytes(content)
    parsed = read_file(path, WANTED)
    assert [tuple(row[name] for name in NAMES) for row in parsed.table().to_pylist()] == rows
    assert parsed.quarantined == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(SIGNS, min_size=1, max_size=10).filter(str.strip), min_size=1, max_size=6),
    st.sampled_from(["utf-8", "gb18030", "big5", "windows-1252"]),
)
def test_where_nothing_decides_the_encoding_the_contract_does_or_the_file_is_refused(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], encoding: str
) -> None:
    # Blanks around a cell are no part of it.
    names = [name.encode(encoding, "ignore").decode(encoding).strip() or "a" for name in names]
    table = [["ID", "NAME"], *([str(place), name] for place, name in enumerate(names))]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(table)
    path = tmp_path_factory.mktemp("encoding") / "kept"
    content = buffer.getvalue().encode(encoding)
    path.write_bytes(content)
    # Whole Han of UTF-8 are taken for what they are, though a short text may be so by chance.
    if encoding != "utf-8" and any(sign >= "\u0800" for sign in content.decode("utf-8", "ignore")):
        return

    def cells(**read: Any) -> list[list[Any]]:
        wanted = corpus.contract_of({"columns": "voucher_no label", "read": read})
        (sheet,) = open_sheets(path, wanted)
        return [row for _, row in sheet.rows]

    assert cells(encoding=encoding) == table
    with suppress(Rejected):
        assert cells() == table
