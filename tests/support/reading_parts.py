"""What the tests of reading share: a contract of a few columns, and files written out in full."""

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from contract_parts import META

from flows.contracts.model import Contract, contract_from_json
from flows.parsing.file_parser import read_file
from flows.parsing.result import ParseResult

SCHOOL = {"name": "school_code", "data_type": "string", "captions": ["代码"], "role": "unit"}
NAME = {"name": "school_name", "data_type": "string", "captions": ["学校"]}
STAFF = {"name": "staff_yuan", "data_type": "decimal(18,2)", "captions": ["人员"], "role": "amount"}
OTHER = {"name": "other_yuan", "data_type": "decimal(18,2)", "captions": ["公用"], "role": "amount"}
TOTALS = {"column": "school_name", "labels": ["小计", "合计", "总计"]}


def contract_of(*columns: dict[str, Any], read: dict[str, Any], **meta: Any) -> Contract:
    """Make a contract of columns and of words on reading."""
    pull = {"from": "inbox", "files": ["*"]}
    period = {"kind": "calendar_year"}
    return contract_from_json(
        {
            "system": "finance",
            "table": "funds",
            "columns": list(columns or (SCHOOL, NAME, STAFF, OTHER)),
            **META | {"title": "经费", "pull": pull, "period": period, "read": read} | meta,
        }
    )


def sheet(text: str) -> list[list[Any]]:
    """Write a sheet as lines of cells between bars; numbers are numbers, a dot is an empty cell."""
    return [[_cell(cell.strip()) for cell in line.split("|")] for line in text.strip().splitlines()]


def _cell(text: str) -> Any:
    if text in ("", "."):
        return None
    try:
        return float(text) if "." in text else int(text) if len(text) < 9 else text
    except ValueError:
        return text


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    """Write sheets of rows as a workbook."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        written = book.create_sheet(name)
        for row in rows:
            written.append(list(row))
    content = io.BytesIO()
    book.save(content)
    path.write_bytes(content.getvalue())
    return path


def read_sheets(wanted: Contract, **sheets: str) -> ParseResult:
    """Read sheets that are written as text."""
    with tempfile.TemporaryDirectory() as folder:
        path = workbook(Path(folder) / "kept", **{name: sheet(t) for name, t in sheets.items()})
        return read_file(path, wanted)


def found(parsed: ParseResult) -> list[tuple[str, int, str]]:
    """Give what was found while reading: rule, row and column."""
    return [(finding.rule, finding.row_number, finding.column) for finding in parsed.findings]
