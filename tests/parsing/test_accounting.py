"""Every row of a messy file is landed, quarantined or told as what it is, in every form."""

import csv
import html
import io
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading_parts import NAME, OTHER, SCHOOL, STAFF, TOTALS, contract_of

from flows.parsing.file_parser import read_file
from flows.parsing.result import RowLogEntry

HEADER = [["代码", "学校", "教育事业费", "", "备注"], ["", "", "人员", "公用", ""]]
COLUMNS = (
    SCHOOL, NAME,
    {**STAFF, "captions": ["教育事业费/人员"]},
    {**OTHER, "captions": ["教育事业费/公用", "公用"]},
)  # fmt: skip
READ = {
    "totals": TOTALS, "subsets": "^其中", "groups": {"match": "^[一二]、"}, "footer": "^填表人",
    "unit": "元",
}  # fmt: skip
CONTRACT = contract_of(*COLUMNS, read=READ, key=["school_code"])
KINDS = (
    "data", "data", "data", "blank", "total", "header", "columns_row", "subset", "group",
    "exact_duplicate", "unreadable", "note",
)  # fmt: skip
Rows = list[list[str]]
Kinds = list[str]  # of each row of a file, from its first


def messy(kinds: Sequence[str]) -> tuple[Rows, Kinds]:
    """Write a page of rows of some kinds, and say what becomes of each."""
    rows: Rows = [["样例区经费", "", "", "", ""], *HEADER]
    told, last, is_below_header, is_ended = ["title", "header", "header"], None, True, False
    for kind in kinds:
        number = len(rows) + 1
        if kind == "exact_duplicate" and last is None:
            kind = "data"
        data = [f"S{number}", f"第{number}校", f"{number}.5", "1,000", ""]
        made: dict[str, Rows] = {
            "data": [data],
            "blank": [["", "", "", "", ""]],
            "total": [["", "合计", "", "", ""]],
            "header": HEADER,
            "columns_row": [["甲", "乙", "1", "2", "3"] if not is_below_header
                            else ["(1)", "(2)", "(3)", "(4)=(1)", "(5)"]],
            "subset": [["其中:乡镇", "", "1", "", ""]],
            "group": [["一、小学", "", "", "", ""]],
            "exact_duplicate": [last or data],
            "unreadable": [[f"S{number}", f"第{number}校", "待核", "2", ""]],
            "note": [["填表人:甲", "", "", "", ""]],
        }  # fmt: skip
        rows += made[kind]
        is_ended = is_ended or kind == "note"
        told += ["note" if is_ended else kind] * len(made[kind])
        last = data if kind == "data" and not is_ended else last
        is_below_header = kind in ("header", "columns_row") or (is_below_header and kind == "blank")
    return rows, told


def as_csv(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("gb18030")


def as_xlsx(rows: Rows) -> bytes:
    """Write a workbook whose first header is of merged cells."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in rows:
        page.append([cell or None for cell in row] if any(row) else [" "])
    page.merge_cells("C2:D2")
    page.merge_cells("A2:A3")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_html(rows: Rows) -> bytes:
    """Write a page whose first header is of merged cells."""
    lines = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    lines[1] = (
        "<td rowspan=2>代码</td><td rowspan=2>学校</td><td colspan=2>教育事业费</td>"
        "<td rowspan=2>备注</td>"
    )
    lines[2] = "<td>人员</td><td>公用</td>"
    table = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<html><meta charset=utf-8><body><table>{table}</table></body></html>".encode()


def as_json(rows: Rows) -> bytes:
    captions = ["代码", "学校", "教育事业费/人员", "教育事业费/公用", "备注"]
    return json.dumps([dict(zip(captions, row, strict=True)) for row in rows]).encode()


def became(content: bytes) -> tuple[dict[int, str], Decimal]:
    """Read a file; say of each row what became of it, by its number, and what landed in sum."""
    row_log: list[RowLogEntry] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kept"
        path.write_bytes(content)
        parsed = read_file(path, CONTRACT, row_log=row_log)
    landed = parsed.table().to_pylist()
    found = [(number, kind) for _, number, kind in row_log]
    found += [(number, "unreadable") for number in {row.row_number for row in parsed.quarantined}]
    found += [(row["_row_number"], "data") for row in landed]
    assert len(dict(found)) == len(found), "a row is accounted for once"
    assert parsed.landed == len(landed)
    return dict(found), sum((row["staff_yuan"] for row in landed), Decimal(0))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(KINDS), max_size=20))
@example(["data", "columns_row", "columns_row"])
def test_every_row_is_accounted_for_in_every_form(kinds: list[str]) -> None:
    rows, told = messy(kinds)
    wanted = dict(enumerate(told, start=1))
    amount = sum((Decimal(row[2]) for row, kind in zip(rows, told, strict=True) if kind == "data"),
                 Decimal(0))  # fmt: skip
    forms: list[Callable[[Rows], bytes]] = [as_csv, as_xlsx, as_html]
    for form in forms:
        found, landed = became(form(rows))
        assert found == wanted
        assert landed == amount


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["data", "exact_duplicate", "unreadable", "total"]), max_size=12))
def test_every_record_is_accounted_for(kinds: list[str]) -> None:
    rows, told = messy(kinds)
    rows, told = rows[3:], told[3:]
    if not rows:
        return
    found, landed = became(as_json(rows))
    assert found == {1: "header", **dict(enumerate(told, start=2))}
    amounts = [Decimal(row[2]) for row, kind in zip(rows, told, strict=True) if kind == "data"]
    assert landed == sum(amounts, Decimal(0))


def test_the_first_record_of_a_system_may_count_up() -> None:
    found, landed = became(as_json([["1", "2", "3", "4", "5"]]))
    assert found == {1: "header", 2: "data"}
    assert landed == 3
