"""Readers of .xlsx and .xls; they run in the reader process alone."""

import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, time
from io import StringIO
from pathlib import Path
from typing import Any

from flows.common.errors import Rejected
from flows.readers.grid import NOT_CALCULATED, Merged, SheetCells
from flows.readers.number_formats import STRUCK, as_shown, is_telling
from flows.readers.xlsx_details import XlsxDetails

OF_UNICODE = 80  # what xlrd calls the form of 1997
LARGEST_MERGED = 1 << 20  # cells, in all merged ranges of a sheet
XLS_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!"}


def _fill_ranges(
    cells: list[list[Any]], ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]
) -> Merged:
    """Give each cell of a merged range the value of its first, by row number and column."""
    merged: Merged = {}
    for (top, left), (bottom, right) in ranges:
        if top >= len(cells) or left >= len(cells[top]):
            continue
        bottom = min(bottom, len(cells) - 1)
        if len(merged) + (bottom - top + 1) * (right - left + 1) > LARGEST_MERGED:
            raise Rejected("merged_cells_span_table")
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                merged[row + 1, column] = cells[top][left]
    return merged


def xlsx_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each sheet of an .xlsx: name, hidden, merged cells, rows."""
    import python_calamine

    try:
        with zipfile.ZipFile(path) as archive:
            details = XlsxDetails(archive)
            workbook = python_calamine.CalamineWorkbook.from_path(str(path))
            for about in workbook.sheets_metadata:
                if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                found = details.find(about.name)  # as long as its header says, which may lie
                hidden = details.hidden_rows
                sheet = workbook.get_sheet_by_name(about.name)
                cells = sheet.to_python(skip_empty_area=False)
                details.complete(cells, found)
                is_hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
                merged = _fill_ranges(cells, sheet.merged_cell_ranges or ())
                date_system = details.date_system
                yield SheetCells(about.name, is_hidden, merged, date_system, cells, hidden)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # it has no base class but that of all
            raise
        raise Rejected("workbook_damaged") from None


def _old_book(path: Path) -> Any:
    """Open an .xls of Excel 97 or later: before, texts may be of another code page than said."""
    import xlrd

    with suppress(UnicodeDecodeError):
        try:
            # It may quote cells in what it says, so nobody reads that.
            book = xlrd.open_workbook(
                str(path), formatting_info=True, ragged_rows=True, logfile=StringIO()
            )
        except xlrd.XLRDError as error:
            if "ncrypt" in str(error) or "assword" in str(error):
                raise Rejected("workbook_has_password") from None
            raise
        if book.biff_version >= OF_UNICODE:
            return book
    raise Rejected("workbook_too_old")


def xls_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each sheet of an .xls: name, hidden, merged cells, rows."""
    import xlrd
    from xlrd.xldate import XLDateError, xldate_as_datetime

    def plain(cell: Any) -> Any:
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return XLS_ERRORS.get(cell.value, "#N/A")
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_NUMBER and cell.xf_index in telling:
            return as_shown(cell.value, telling[cell.xf_index])
        if cell.ctype == xlrd.XL_CELL_DATE and cell.value >= 0:
            try:
                moment: datetime = xldate_as_datetime(cell.value, book.datemode)
            except (XLDateError, OverflowError):
                return cell.value  # shown as ####
            return moment.date() if moment.time() == time(0) else moment
        return cell.value

    book = _old_book(path)
    forms = [
        getattr(book.format_map.get(style.format_key), "format_str", "") for style in book.xf_list
    ]
    telling = {place: form for place, form in enumerate(forms) if is_telling(form or "")}
    uncalculated = _uncalculated(path, book)
    for sheet in book.sheets():
        cells = [[plain(cell) for cell in sheet.row(number)] for number in range(sheet.nrows)]
        for row, column in _struck(book, sheet):
            if cells[row][column] != "":
                cells[row][column] = STRUCK
        for row, column in uncalculated.get(sheet.number, ()):
            cells += [[] for _ in range(len(cells), row + 1)]
            cells[row] += [""] * (column + 1 - len(cells[row]))
            if cells[row][column] == "":
                cells[row][column] = NOT_CALCULATED
        ranges = (
            ((top, left), (bottom - 1, right - 1))
            for top, bottom, left, right in sheet.merged_cells
        )
        date_system = 1904 if book.datemode else 1900
        merged = _fill_ranges(cells, ranges)
        hidden = [row + 1 for row, about in sheet.rowinfo_map.items() if about.hidden]
        yield SheetCells(sheet.name, sheet.visibility != 0, merged, date_system, cells, hidden)


def _struck(book: Any, sheet: Any) -> Iterator[tuple[int, int]]:
    """Find the cells of which some text is struck out."""
    fonts = {place for place, font in enumerate(book.font_list) if font.struck_out}
    if not fonts:
        return
    styles = {place for place, style in enumerate(book.xf_list) if style.font_index in fonts}
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            if cell.xf_index in styles:
                yield row, column
    for place, runs in sheet.rich_text_runlist_map.items():
        if any(font in fonts for _, font in runs):
            yield place


FORMULA_RECORD, TEXT_RECORD, SHEET_RECORD, END_RECORD = 0x0006, 0x0207, 0x0809, 0x000A
EMPTY_TEXT = 3  # the result of a formula that gave "", or of one that gave nothing yet
STRING_TOKEN = re.compile(rb"\x17.[\x00\x01]", re.DOTALL)  # without one it gives no ""
BESIDE_TEXT = (0x04BC, 0x0221, 0x0236)  # what stands between a formula and its text


def _uncalculated(path: Path, book: Any) -> dict[int, list[tuple[int, int]]]:
    """Find, by sheet, the formulas whose text was never written: xlrd gives an empty cell."""
    from xlrd.compdoc import SIGNATURE, CompDoc, CompDocError

    content = path.read_bytes()
    if not content.startswith(SIGNATURE):
        return {}
    stream = b""
    with suppress(CompDocError):
        stream = CompDoc(content, logfile=StringIO()).get_named_stream("Workbook") or b""
    found: dict[int, list[tuple[int, int]]] = {}
    numbers = zip(
        getattr(book, "_sh_abs_posn", ()), getattr(book, "_all_sheets_map", ()), strict=False
    )
    for start, number in numbers:
        place = start - book.base
        waiting: tuple[int, int] | None = None
        depth = 0
        while place + 4 <= len(stream):
            kind, size = struct.unpack_from("<HH", stream, place)
            if waiting and kind not in (TEXT_RECORD, *BESIDE_TEXT):
                found.setdefault(number, []).append(waiting)
            if kind != FORMULA_RECORD and kind not in BESIDE_TEXT:
                waiting = None
            if kind == FORMULA_RECORD and size >= 14:
                row, column = struct.unpack_from("<HH", stream, place + 4)
                result = stream[place + 10 : place + 18]
                is_text = result[6:] == b"\xff\xff"
                if is_text and result[0] == 0:
                    waiting = row, column
                elif (
                    is_text
                    and result[0] == EMPTY_TEXT
                    and not STRING_TOKEN.search(stream, place + 26, place + 4 + size)
                ):
                    found.setdefault(number, []).append((row, column))
            depth += (kind == SHEET_RECORD) - (kind == END_RECORD)
            if not depth:
                break
            place += 4 + size
    return found
