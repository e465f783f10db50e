"""Readers of .xlsx and .xls; they run in the reader process alone."""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from flows.lib.errors import Rejected

Merged = dict[tuple[int, int], Any]
SheetCells = tuple[str, bool, Merged, int | None, list[list[Any]]]

# What calamine gives as an empty cell though it is none: an error, or a formula never calculated.
CELL = rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]+)"'
ERROR = re.compile(CELL + rb'[^>]*?\bt="e"[^>]*>.*?<(?:\w+:)?v>([^<]*)</', re.DOTALL)
ERROR_T_FIRST = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\bt="e"[^>]*?\br="([A-Z]{1,3})([0-9]+)"[^>]*>.*?<(?:\w+:)?v>([^<]*)</',
    re.DOTALL,
)
UNCALCULATED = re.compile(
    CELL + rb"[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>|<(?:\w+:)?v\s*/>)?\s*</(?:\w+:)?c>"
)
NOT_CALCULATED = "#FORMULA!"
XLS_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!"}


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _lost_cells(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    """Find error cells and formulas without a value, by sheet name, row and column."""
    found: dict[str, dict[tuple[int, int], str]] = {}
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return found
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        targets = {}
        for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", links):
            parts = dict(re.findall(r'\b(\w+)="([^"]*)"', tag))
            targets[parts.get("Id", "")] = parts.get("Target", "")
        for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
            parts = dict(re.findall(r'([\w:]+)="([^"]*)"', tag))
            target = targets.get(next((v for k, v in parts.items() if k.endswith(":id")), ""), "")
            member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if member not in archive.namelist():
                continue
            content = archive.read(member)
            cells: dict[tuple[int, int], str] = {}
            for pattern in (ERROR, ERROR_T_FIRST) if b't="e"' in content else ():
                for letters, number, error in pattern.findall(content):
                    cells[int(number) - 1, _column(letters)] = error.decode() or "#N/A"
            for letters, number in UNCALCULATED.findall(content) if b"<f" in content else ():
                cells.setdefault((int(number) - 1, _column(letters)), NOT_CALCULATED)
            if cells:
                found[unescape(parts.get("name", ""), {"&quot;": '"'})] = cells
    return found


def _date_system(path: Path) -> int:
    """Ask the book from which year its serial numbers count days."""
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return 1900
        book = archive.read("xl/workbook.xml")
    return 1904 if re.search(rb'\bdate1904="(?:1|true)"', book) else 1900


def _spread(
    cells: list[list[Any]], ranges: Iterator[tuple[tuple[int, int], tuple[int, int]]]
) -> Merged:
    """Give each cell of a merged range the value of its first, by row number and column."""
    return {
        (row + 1, column): cells[top][left]
        for (top, left), (bottom, right) in ranges
        if top < len(cells) and left < len(cells[top])
        for row in range(top, min(bottom, len(cells) - 1) + 1)
        for column in range(left, right + 1)
    }


def xlsx_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each sheet of an .xlsx (or .xlsb, .ods): name, hidden, merged cells, rows."""
    import python_calamine

    workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    lost = _lost_cells(path)
    date_system = _date_system(path)
    for about in workbook.sheets_metadata:
        if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_name(about.name)
        cells = sheet.to_python(skip_empty_area=False)
        for (row, column), error in lost.get(about.name, {}).items():
            if row < len(cells) and column < len(cells[row]) and cells[row][column] == "":
                cells[row][column] = error
        is_hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
        merged = _spread(cells, iter(sheet.merged_cell_ranges or ()))
        yield about.name, is_hidden, merged, date_system, cells


def xls_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each sheet of an .xls: name, hidden, merged cells, rows."""
    import xlrd
    from xlrd.xldate import xldate_as_datetime

    def plain(cell: Any) -> Any:
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return XLS_ERRORS.get(cell.value, "#N/A")
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_DATE:
            moment: datetime = xldate_as_datetime(cell.value, book.datemode)
            return moment.date() if moment.time() == time(0) else moment
        return cell.value

    try:
        book = xlrd.open_workbook(str(path), formatting_info=True, logfile=_Nowhere())
    except xlrd.XLRDError as error:
        if "ncrypt" in str(error) or "assword" in str(error):
            raise Rejected("the workbook has a password: save it without one") from None
        raise
    for sheet in book.sheets():
        cells = [[plain(cell) for cell in sheet.row(number)] for number in range(sheet.nrows)]
        ranges = (((top, left), (bottom - 1, right - 1))
                  for top, bottom, left, right in sheet.merged_cells)  # fmt: skip
        date_system = 1904 if book.datemode else 1900
        yield sheet.name, sheet.visibility != 0, _spread(cells, ranges), date_system, cells


class _Nowhere:
    """What xlrd says of a file while it reads it."""

    def write(self, _text: str) -> None:
        """Drop it: it may quote cells, and standard output is the channel of the messages."""

    def flush(self) -> None:
        """Do nothing."""
