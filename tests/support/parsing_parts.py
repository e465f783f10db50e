"""What the tests of reading share: a contract of a payment table, and its rows as CSV."""

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from contract_parts import META

from flows.contracts.model import Contract, contract_from_json
from flows.parsing.file_parser import read_file
from flows.parsing.result import ParseResult
from flows.readers.sheets import open_sheets

CAPTIONS = ("凭证号", "预算单位", "学段", "支付金额", "支付日期", "是否删除")
DETAIL = ("V1", "205101-样例一小", "小学", "1,234.50", "20230901", "否")
TABLE = [list(CAPTIONS), list(DETAIL), ["V2", "205102-样例二小", "初中", "7.50", "20230902", "否"]]


def contract(**read: Any) -> Contract:
    """A contract of six columns with a totals row, changed where a test says so."""
    columns = [
        {"name": "voucher_no", "data_type": "string"},
        {"name": "unit_code", "data_type": "string", "take": "code", "role": "unit"},
        {"name": "stage", "data_type": "string", "role": "member",
         "values": {"小学": "普通小学", "初中": "普通初中"}},
        {"name": "amount_yuan", "data_type": "decimal(18,2)", "role": "amount"},
        {"name": "paid_on", "data_type": "date"},
        {"name": "is_deleted", "data_type": "boolean"},
    ]  # fmt: skip
    rules = {
        "totals": {
            "column": "voucher_no",
            "labels": ["合计", "小计"],
            "check": "amount_yuan",
            "unless": "is_deleted",
        },
        "footer": "^填表人",
    }
    described = [
        {**column, "captions": [caption]} for column, caption in zip(columns, CAPTIONS, strict=True)
    ]
    return contract_from_json(
        {
            "system": "s",
            "table": "t",
            "columns": described,
            **META | {"key": ["voucher_no"], "read": rules | read},
        }
    )


def as_csv(rows: Iterable[Sequence[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=end).writerows(rows)
    return buffer.getvalue()


def read(content: bytes | str, wanted: Contract | None = None) -> ParseResult:
    """Read bytes as a kept file, which has no ending."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_file(path, wanted or contract())


def as_xlsx(rows: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def opened(
    content: bytes, tmp_path: Path, wanted: Contract | None = None
) -> dict[str, list[list[Any]]]:
    """Open bytes as a kept file and give its sheets."""
    path = tmp_path / "kept"
    path.write_bytes(content)
    return {
        sheet.name: [row for _, row in sheet.rows]
        for sheet in open_sheets(path, wanted or contract())
    }


def cells(content: bytes, tmp_path: Path, wanted: Contract | None = None) -> list[list[Any]]:
    (rows,) = opened(content, tmp_path, wanted).values()
    return rows
