"""Opening files by what they are: every encoding, dialect and spreadsheet gives the same cells."""

import io
import json
import struct
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from contract_parts import META
from hypothesis import given, settings
from hypothesis import strategies as st
from parsing_parts import CAPTIONS, TABLE, as_csv, as_xlsx, cells, contract, opened

from flows.common.errors import Rejected
from flows.contracts.model import Contract, contract_from_json
from flows.readers.sheets import open_sheets

SS = "urn:schemas-microsoft-com:office:spreadsheet"


def as_html(rows: Sequence[Sequence[str]]) -> str:
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    return (
        f"<html><body><table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table></body></html>"
    )


def as_xml(rows: Sequence[Sequence[str]]) -> str:
    lines = [
        "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row)
        for row in rows
    ]
    table = "".join(f"<Row>{line}</Row>" for line in lines)
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{SS}" xmlns:ss="{SS}">'
        f'<Worksheet ss:Name="明细"><Table>{table}</Table></Worksheet></Workbook>'
    )


def as_xls(rows: Sequence[Sequence[Any]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("明细")
    for row, line in enumerate(rows):
        for column, cell in enumerate(line):
            sheet.write(row, column, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        as_csv(TABLE).encode(),
        as_csv(TABLE).encode("utf-8-sig"),
        as_csv(TABLE).encode("gb18030"),
        as_csv(TABLE).encode("utf-16"),
        as_csv(TABLE).encode("utf-16-le"),
        as_csv(TABLE).encode("utf-16-be"),
        as_csv(TABLE, "\t", "\r").encode("gb18030"),
        as_csv(TABLE, ";", "\n").encode(),
        as_csv(TABLE, "|").encode(),
        as_html(TABLE).encode("gb18030"),
        f'<meta charset="gb2312">{as_html(TABLE)}'.encode(),
        as_html(TABLE).encode("utf-16"),
        as_xml(TABLE).encode(),
        as_xls(TABLE),
        as_xlsx(TABLE),
        json.dumps([dict(zip(TABLE[0], row, strict=True)) for row in TABLE[1:]]).encode(),
        json.dumps(
            {"total": 2, "rows": [dict(zip(TABLE[0], row, strict=True)) for row in TABLE[1:]]},
            ensure_ascii=False,
        ).encode(),
    ],
    ids=[
        "utf-8", "bom", "gb18030", "utf-16 bom", "utf-16-le", "utf-16-be", "tabs cr", "semicolons",
        "bars", "html gbk", "html that lies", "html utf-16", "xml 2003", "xls", "xlsx",
        "json list", "json object",
    ],
)  # fmt: skip
def test_the_same_table_in_any_form_gives_the_same_cells(content: bytes, tmp_path: Path) -> None:
    assert cells(content, tmp_path) == TABLE


def test_big5_is_known_by_its_captions(tmp_path: Path) -> None:
    rows = [["憑證號", "預算單位", "學段", "支付金額", "支付日期", "是否刪除"], ["V1", "一小"]]
    entry = contract().as_json()
    for column, caption in zip(entry["columns"], rows[0], strict=True):
        column["captions"] = [caption]
    wanted = contract_from_json(entry)
    assert cells(as_csv(rows).encode("big5"), tmp_path, wanted) == rows


ASCII_ENTRY = [("id", "string"), ("name", "string")]


def ascii_contract(**read: Any) -> Contract:
    columns = [
        {"name": name, "data_type": kind, "captions": [name.upper()]} for name, kind in ASCII_ENTRY
    ]
    table = META | {"system": "s", "table": "t", "read": read, "columns": columns}
    return contract_from_json(table)


def test_where_two_encodings_fit_the_contract_must_state_one(tmp_path: Path) -> None:
    rows = [["ID", "NAME"], ["1", "联通学校"]]
    content = as_csv(rows).encode("gb18030")
    with pytest.raises(Rejected, match="state `encoding`"):
        cells(content, tmp_path, ascii_contract())
    assert cells(content, tmp_path, ascii_contract(encoding="gb18030")) == rows
    late = as_csv([["ID", "NAME"], *([["1", "A"]] * 50_000), ["2", "é"]])
    stated = ascii_contract(encoding="windows-1252")
    assert cells(late.encode("cp1252"), tmp_path, stated)[-1] == ["2", "é"]


def test_text_that_is_not_what_the_contract_states_is_refused(tmp_path: Path) -> None:
    content = as_csv([["ID", "NAME"], ["1", "é"], ["2", "é"]]).encode("cp1252")
    with pytest.raises(Rejected, match="not utf-8 throughout"):
        cells(content, tmp_path, ascii_contract(encoding="utf-8"))


def test_plain_ascii_needs_no_encoding(tmp_path: Path) -> None:
    assert cells(b"ID,NAME\r\n1,A\r\n", tmp_path, ascii_contract()) == [["ID", "NAME"], ["1", "A"]]


CELLS = st.text(
    st.characters(
        min_codepoint=32, max_codepoint=0xFFFF, exclude_categories=("Cs", "Co", "Cn", "Cc"),
        exclude_characters="\ufeff",
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=12),
    st.sampled_from(",\t;|"),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]),
)
def test_any_table_in_any_dialect_is_read_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    delimiter: str,
    end: str,
    encoding: str,
) -> None:
    table = [list(CAPTIONS), *rows]
    content = as_csv(table, delimiter, end).encode(encoding)
    read = cells(content, tmp_path_factory.mktemp("dialect"))
    assert _without_leading_blanks(read) == _without_leading_blanks(table)


def _without_leading_blanks(rows: list[list[str]]) -> list[list[str]]:
    """Blanks behind a delimiter are no part of a cell."""
    return [[cell.lstrip(" ") for cell in row] for row in rows]


def test_an_error_in_a_cell_is_no_empty_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([*CAPTIONS])
    sheet.append(["V1", "一", "小学", "#REF!", "20230901", "=1+1"])
    sheet["D2"].data_type = "e"
    buffer = io.BytesIO()
    book.save(buffer)
    row = cells(buffer.getvalue(), tmp_path)[1]
    assert row == ["V1", "一", "小学", "#REF!", "20230901", "#FORMULA!"]


def test_dates_and_numbers_of_a_workbook_are_values(tmp_path: Path) -> None:
    row = [date(2023, 9, 1), 0.5, True, 12, "007", None]
    assert cells(as_xlsx([row]), tmp_path) == [[date(2023, 9, 1), 0.5, True, 12, "007"]]
    book = xlwt.Workbook()
    sheet = book.add_sheet("明细")
    sheet.write(0, 0, date(2023, 9, 1), xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    sheet.write(0, 1, datetime(2023, 9, 1, 12), xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm"))
    buffer = io.BytesIO()
    book.save(buffer)
    assert cells(buffer.getvalue(), tmp_path) == [[date(2023, 9, 1), datetime(2023, 9, 1, 12)]]


def test_merged_cells_are_known_in_every_form(tmp_path: Path) -> None:
    html = (
        '<table><tr><td rowspan="2">校</td><td colspan="2">经费</td></tr>'
        "<tr><td>甲</td><td>乙</td></tr></table>"
    )
    xml = (
        f'<?xml version="1.0"?><Workbook xmlns="{SS}" xmlns:ss="{SS}">'
        '<Worksheet ss:Name="x"><Table><Row>'
        '<Cell ss:MergeDown="1"><Data ss:Type="String">校</Data></Cell>'
        '<Cell ss:MergeAcross="1"><Data ss:Type="String">经费</Data></Cell></Row>'
        '<Row><Cell ss:Index="2"><Data ss:Type="String">甲</Data></Cell>'
        '<Cell><Data ss:Type="String">乙</Data></Cell></Row></Table></Worksheet></Workbook>'
    )
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for place, text in {"A1": "校", "B1": "经费", "B2": "甲", "C2": "乙"}.items():
        sheet[place] = text
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    buffer = io.BytesIO()
    book.save(buffer)
    old = xlwt.Workbook()
    old_sheet = old.add_sheet("x")
    old_sheet.write_merge(0, 1, 0, 0, "校")
    old_sheet.write_merge(0, 0, 1, 2, "经费")
    old_sheet.write(1, 1, "甲")
    old_sheet.write(1, 2, "乙")
    old_buffer = io.BytesIO()
    old.save(old_buffer)
    forms = [html.encode(), xml.encode(), buffer.getvalue(), old_buffer.getvalue()]
    for content in forms:
        path = tmp_path / "kept"
        path.write_bytes(content)
        opened_sheet = next(open_sheets(path, contract()))
        rows = [row for _, row in opened_sheet.rows]
        assert rows[1][1:3] == ["甲", "乙"]
        merged = opened_sheet.merged
        assert {merged[place] for place in ((1, 0), (2, 0))} == {"校"}
        assert {merged[place] for place in ((1, 1), (1, 2))} == {"经费"}


def test_hidden_sheets_are_told_from_those_that_people_see(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("旧表").sheet_state = "hidden"
    book.worksheets[0]["A1"] = book.worksheets[1]["A1"] = 1
    book.save(tmp_path / "kept")
    found = [(sheet.name, sheet.is_hidden) for sheet in open_sheets(tmp_path / "kept", contract())]
    assert found == [("Sheet", False), ("旧表", True)]


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return buffer.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"Rar!\x1a\x07\x00", "a RAR archive"),
        (b"\0" * 10_000, "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "has a password"),
        (OLE + "_VBA_PROJECT_CUR".encode("utf-16-le"), "holds macros"),
        (OLE + "WordDocument".encode("utf-16-le"), "a text document"),
        (OLE + "ET_Sheet".encode("utf-16-le"), "as .et is"),
        (OLE + "Workbook".encode("utf-16-le"), "as a workbook"),
        (zipped(xl__workbook_dot_xml="", xl__vbaProject_dot_bin=""), "holds macros"),
        (zipped(word__document_dot_xml="x"), "a text document"),
        (zipped(xl__workbook_dot_xml="<workbook"), "workbook is damaged"),
        (b"<html><body><form>login</form></body></html>", "no table"),
        (b"<?xml version='1.0'?><feed/>", "XML of an unknown form"),
        (b'[{"a": 1', "no whole JSON"),
        (b'{"code": 401, "message": "login"}', "no single list of records"),
    ],
)  # fmt: skip
def test_what_holds_no_table_is_refused_with_what_to_do(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(Rejected, match=sentence) as caught:
        opened(content, tmp_path)
    assert ":" in str(caught.value)


def test_entities_of_xml_are_never_expanded(tmp_path: Path) -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        f'<Workbook xmlns="{SS}" xmlns:ss="{SS}"><Worksheet ss:Name="x"><Table><Row><Cell>'
        '<Data ss:Type="String">&b;</Data></Cell></Row></Table></Worksheet></Workbook>'
    )
    with pytest.raises(Rejected, match="declares entities"):
        opened(bomb.encode(), tmp_path)


def test_parts_of_an_archive_that_overlap_are_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(a_dot_csv="x" * 100, b_dot_csv="y" * 100))
    directory = [place for place in range(len(content)) if content[place : place + 4] == b"PK\1\2"]
    content[directory[1] + 42 : directory[1] + 46] = struct.pack("<I", 0)
    with pytest.raises(Rejected, match="overlap"):
        opened(bytes(content), tmp_path)


def test_a_row_that_is_wider_than_a_spreadsheet_is_refused_unless_it_is_empty_there(
    tmp_path: Path,
) -> None:
    head = as_csv(TABLE).encode()
    assert cells(head + b"V3" + b"," * 1_000_000 + b"\n", tmp_path)[-1] == ["V3"]
    with pytest.raises(Rejected, match="more than 16384 columns"):
        cells(head + b"," * 20_000 + b"x\n", tmp_path)
