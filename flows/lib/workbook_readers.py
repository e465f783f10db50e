"""Readers of .xlsx and .xls; they run in the reader process alone."""

import codecs
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from flows.lib.errors import Rejected
from flows.lib.markup_readers import percent_text

Merged = dict[tuple[int, int], Any]
SheetCells = tuple[str, bool, Merged, int | None, list[list[Any]]]

# What calamine does not tell: an error or a formula never calculated (it gives an empty cell), and
# a number that is shown as percent. No pattern may look beyond its cell, or a file could make it
# look for hours.
FORMULA = rb"<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
ERROR = re.compile(
    rb"""<(?:\w+:)?c\b([^<>]*\bt=["']e["'][^<>]*)>\s*(?:""" + FORMULA + rb")?<(?:\w+:)?v>([^<]*)<"
)
UNCALCULATED = re.compile(
    rb"<(?:\w+:)?c\b([^<>]*)>\s*"
    + FORMULA
    + rb"(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>\s*|<(?:\w+:)?v\s*/>\s*)?</(?:\w+:)?c>"
)
PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
NOT_CALCULATED = "#FORMULA!"
PERCENT = "%"
LARGEST_MERGED = 1 << 20  # cells, in all merged ranges of a sheet
XLS_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!"}


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _percent_styles(archive: zipfile.ZipFile) -> list[int]:
    """List the styles of cells that show a number as percent."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    styles = archive.read("xl/styles.xml").decode("utf-8", "replace")
    shown = {"9", "10"}
    for tag in re.findall(r"<(?:\w+:)?numFmt\b[^<>]*>", styles):
        parts = dict(re.findall(r'\b(\w+)="([^"]*)"', tag))
        if "%" in re.sub(r"&quot;.*?&quot;|\\.", "", parts.get("formatCode", "")):
            shown.add(parts.get("numFmtId", ""))
    cells = re.search(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", styles, re.DOTALL)
    tags = re.findall(r"<(?:\w+:)?xf\b([^<>]*)>", cells[0]) if cells else []
    formats = [re.search(r'\bnumFmtId="(\d+)"', tag) for tag in tags]
    return [place for place, one in enumerate(formats) if one and one[1] in shown]


def _place(attributes: bytes) -> tuple[int, int] | None:
    found = PLACE.search(attributes)
    return (int(found[2]) - 1, _column(found[1])) if found else None


def _untold(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    """Find errors, formulas without a value and percents, by sheet name, row and column."""
    told: dict[str, dict[tuple[int, int], str]] = {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return told
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        styles = "|".join(map(str, _percent_styles(archive))).encode()
        percent = re.compile(rb"""<(?:\w+:)?c\b([^<>]*\bs=["'](?:%s)["'][^<>]*)>""" % styles)
        targets = {}
        for tag in re.findall(r"<(?:\w+:)?Relationship\b[^<>]*>", links):
            parts = dict(re.findall(r'\b(\w+)="([^"]*)"', tag))
            targets[parts.get("Id", "")] = parts.get("Target", "")
        for tag in re.findall(r"<(?:\w+:)?sheet\b[^<>]*>", book):
            parts = dict(re.findall(r'([\w:]+)="([^"]*)"', tag))
            target = targets.get(next((v for k, v in parts.items() if k.endswith(":id")), ""), "")
            member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if member not in names:
                continue
            content = archive.read(member)
            if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise Rejected("a sheet is written in UTF-16: open the workbook, save it anew")
            found: dict[tuple[int, int] | None, str] = {}
            for attributes in percent.findall(content) if styles else ():
                found[_place(attributes)] = PERCENT
            has_formulas = b"<f" in content or b":f" in content
            for attributes in UNCALCULATED.findall(content) if has_formulas else ():
                found[_place(attributes)] = NOT_CALCULATED
            has_errors = b't="e"' in content or b"t='e'" in content
            for attributes, error in ERROR.findall(content) if has_errors else ():
                found[_place(attributes)] = error.decode("utf-8", "replace") or "#N/A"
            name = unescape(parts.get("name", ""), {"&quot;": '"', "&apos;": "'"})
            told[name] = {place: word for place, word in found.items() if place}
    return told


def _with_untold(cells: list[list[Any]], untold: dict[tuple[int, int], str]) -> None:
    for (row, column), word in untold.items():
        if row >= len(cells) or column >= len(cells[row]):
            continue
        cell = cells[row][column]
        if word != PERCENT and cell == "":
            cells[row][column] = word
        elif word == PERCENT and isinstance(cell, int | float) and not isinstance(cell, bool):
            cells[row][column] = percent_text(f"{cell:.15g}") or cell


def _date_system(path: Path) -> int:
    """Ask the book from which year its serial numbers count days."""
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return 1900
        book = archive.read("xl/workbook.xml")
    return 1904 if re.search(rb'\bdate1904="(?:1|true)"', book) else 1900


def _spread(
    cells: list[list[Any]], ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]
) -> Merged:
    """Give each cell of a merged range the value of its first, by row number and column."""
    merged: Merged = {}
    for (top, left), (bottom, right) in ranges:
        if top >= len(cells) or left >= len(cells[top]):
            continue
        bottom = min(bottom, len(cells) - 1)
        if len(merged) + (bottom - top + 1) * (right - left + 1) > LARGEST_MERGED:
            raise Rejected("merged cells span a whole table: undo that and send the file again")
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                merged[row + 1, column] = cells[top][left]
    return merged


def xlsx_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each sheet of an .xlsx (or .xlsb, .ods): name, hidden, merged cells, rows."""
    import python_calamine

    untold = _untold(path)  # unpacks the sheets as long as their headers say, which may be lies
    date_system = _date_system(path)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        for about in workbook.sheets_metadata:
            if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_name(about.name)
            cells = sheet.to_python(skip_empty_area=False)
            _with_untold(cells, untold.get(about.name, {}))
            is_hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
            merged = _spread(cells, sheet.merged_cell_ranges or ())
            yield about.name, is_hidden, merged, date_system, cells
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # it has no base class but that of all
            raise
        raise Rejected("the workbook is damaged: open it, save it anew and send that") from None


def xls_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each sheet of an .xls: name, hidden, merged cells, rows."""
    import xlrd
    from xlrd.xldate import XLDateError, xldate_as_datetime

    def plain(cell: Any) -> Any:
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return XLS_ERRORS.get(cell.value, "#N/A")
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_NUMBER and cell.xf_index in percent:
            return percent_text(f"{cell.value:.15g}") or cell.value
        if cell.ctype == xlrd.XL_CELL_DATE and cell.value >= 0:
            try:
                moment: datetime = xldate_as_datetime(cell.value, book.datemode)
            except (XLDateError, OverflowError):
                return cell.value  # shown as ####
            return moment.date() if moment.time() == time(0) else moment
        return cell.value

    try:
        book = xlrd.open_workbook(
            str(path), formatting_info=True, ragged_rows=True, logfile=_Nowhere()
        )
    except xlrd.XLRDError as error:
        if "ncrypt" in str(error) or "assword" in str(error):
            raise Rejected("the workbook has a password: save it without one") from None
        raise
    percent = {
        place
        for place, style in enumerate(book.xf_list)
        if "%" in getattr(book.format_map.get(style.format_key), "format_str", "")
    }
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
