"""A corpus of bad and odd input, made anew each time: a name and the bytes of each file."""

import io
import json
import zipfile
from collections.abc import Sequence

import openpyxl
from test_parsing import CAPTIONS, DETAIL, as_csv
from test_sheets import SS, as_html, as_xls, as_xlsx, as_xml, zipped

SECOND = ("V2", "205102-样例二小", "初中", "7.50", "2023-09-02", "否")
TABLE = [list(CAPTIONS), list(DETAIL), list(SECOND)]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def with_cell(place: int, text: object) -> list[list[object]]:
    """The table with one cell of its second row changed."""
    row: list[object] = list(SECOND)
    row[place] = text
    return [list(CAPTIONS), list(DETAIL), row]


def with_rows(*rows: Sequence[str], above: Sequence[Sequence[str]] = ()) -> bytes:
    return as_csv([*above, *TABLE, *rows]).encode()


def bomb(**sizes: int) -> bytes:
    """A workbook one part of which unpacks to far more than it is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, size in sizes.items():
            archive.writestr(name.replace("__", "/") + ".xml", bytes(size))
    return buffer.getvalue()


def far_cell() -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "凭证号"
    book.worksheets[0]["XFD1048576"] = "x"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """Every file that holds a table or pretends to."""
    text = as_csv(TABLE)
    found: dict[str, bytes] = {
        f"encoding {name}": text.encode(name)
        for name in ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
    }
    rare = text.replace("样例二小", "𠮷小")
    found |= {
        "encoding gb18030 four bytes": rare.encode("gb18030"),
        "encoding mojibake": text.encode().decode("latin-1").encode(),
        "encoding broken mid-file": text.encode().replace("初中".encode(), b"\xe5\x88\xff"),
        "encoding mixed": text.encode() + as_csv([SECOND]).encode("gb18030"),
        "bytes nul in a cell": text.replace("7.50", "7\0.50").encode(),
        "bytes control in a cell": text.replace("V2", "V\x072").encode(),
    }
    for name, sign in {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|"}.items():
        found[f"dialect {name}"] = as_csv(TABLE, sign, "\n").encode()
        found[f"dialect {name} cr"] = as_csv(TABLE, sign, "\r").encode()
    found |= {
        "dialect open quote": text.replace("V2", '"V2').encode(),
        "dialect break in a cell": as_csv(with_cell(0, "V\n2")).encode(),  # type: ignore[arg-type]
        "dialect short row": with_rows(["V3", "205103-三小"]),
        "dialect long row": with_rows([*SECOND, "多"]),
    }
    for number, cell in enumerate(
        ("-", "—", "/", "无", "…", "*", "88888", "1,234.5", "$5", "¥5", "(5.00)", "1e3", "12%",
         "#REF!", "#N/A", "１２．５", "7.505", "NaN", "inf", "9" * 30, "=cmd|'/c calc'!A1")
    ):  # fmt: skip
        found[f"amount {number:02} {cell[:8].replace('/', 'slash')}"] = as_csv(
            with_cell(3, cell)  # type: ignore[arg-type]
        ).encode()
    for cell in ("2023年9月1日", "2023/9/1", "2023.9.1", "20230931", "45170", "1.9.2023", "2023-09",
                 "2023-09-01 12:30:00", "明天"):  # fmt: skip
        found[f"date {cell.replace('/', 'slash')}"] = as_csv(
            with_cell(4, cell)  # type: ignore[arg-type]
        ).encode()
    for cell in ("大学", "=cmd|x", "'); DROP TABLE t;--", "{{ 1 }}"):
        found[f"stage {cell}"] = as_csv(with_cell(2, cell)).encode()  # type: ignore[arg-type]
    rest = [""] * 5
    sql = "金额); DROP TABLE t;--{{ x }}"
    found |= {
        "rows title and unit": with_rows(above=[["支付明细", *rest], ["单位:元", *rest]]),
        "rows total": with_rows(["合计", "", "", "1242.00", "", ""]),
        "rows total that differs": with_rows(["合计", "", "", "1.00", "", ""]),
        "rows footer": with_rows(["填表人:", *rest], ["V9", *rest]),
        "rows repeated header": with_rows(CAPTIONS, ["V3", *SECOND[1:]]),
        "rows twice": with_rows(SECOND),
        "rows blank": with_rows(["", *rest], ["V3", *SECOND[1:]]),
        "rows 栏次": as_csv([CAPTIONS, ["栏次", *"12345"], DETAIL]).encode(),
        "header only": as_csv([CAPTIONS]).encode(),
        "header missing one": as_csv([row[:3] + row[4:] for row in TABLE]).encode(),
        "header two alike": as_csv([[*row, row[3]] for row in TABLE]).encode(),
        "header with sql": as_csv([[*CAPTIONS, sql], [*DETAIL, "1"]]).encode(),
        "no header": as_csv([DETAIL, SECOND]).encode(),
        "empty": b"",
        "blanks": b" \r\n\r\n",
        "sheet xlsx": as_xlsx(TABLE),
        "sheet xlsx cut short": as_xlsx(TABLE)[:-200],
        "sheet xlsx formula": as_xlsx(with_cell(3, "=1+1")),
        "sheet xls": as_xls(TABLE),
        "sheet xls cut short": as_xls(TABLE)[:1500],
        "sheet html": as_html(TABLE).encode(),
        "sheet xml": as_xml(TABLE).encode(),
        "sheet xml cut short": as_xml(TABLE).encode()[:-60],
        "sheet broken ole": OLE + "Workbook".encode("utf-16-le"),
        "sheet et": OLE + "ET_Sheet".encode("utf-16-le"),
        "sheet password": OLE + "EncryptedPackage".encode("utf-16-le"),
        "sheet macros": zipped(xl__workbook_dot_xml="", xl__vbaProject_dot_bin=""),
        "pdf": b"%PDF-1.7 ...",
        "picture": b"\x89PNG\r\n\x1a\n",
        "zip of files": zipped(a_dot_csv=text, b_dot_csv=text),
        "zip that climbs": zipped(____dot_dot__a_dot_csv=text),
        "json list": json.dumps([dict(zip(CAPTIONS, DETAIL, strict=True))]).encode(),
        "json cut short": b'[{"a": 1',
        "json login": b'{"code": 401, "message": "login"}',
        "json deep": b'[{"a":' + b"[" * 100_000,
        "html deep": b"<html><body>" + b"<table><tr><td>" * 3_000,
        "html huge spans": as_html(TABLE).replace(
            "<td>V2", '<td colspan="999999999" rowspan="999999999">V2').encode(),
        "xlsx far cell": far_cell(),
        "xlsx bomb": bomb(xl__workbook=100 << 20),
        "xml entities": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aa">]>'
        b'<Workbook xmlns="' + SS.encode() + b'">&a;</Workbook>',
        "columns a million empty": text.encode() + b"V3" + b"," * 1_000_000,
    }  # fmt: skip
    return found
