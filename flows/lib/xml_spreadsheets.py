"""Reader of XML Spreadsheet 2003; it runs in the reader process alone."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from flows.lib.errors import Rejected
from flows.lib.markup_readers import (
    HIGHEST,
    NOT_CALCULATED,
    WIDEST,
    Grid,
    SheetCells,
    decoded,
    number_in,
    percent_text,
    shows_percent,
    xml_parser,
)

SPREADSHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
EXCEL = "{urn:schemas-microsoft-com:office:excel}"


def xml_sheets(
    path: Path, captions: Collection[str] = (), encoding: str | None = None
) -> Iterator[SheetCells]:
    """Read each worksheet of an XML Spreadsheet 2003, with its merged cells and its types."""
    text = decoded(path.read_bytes(), captions, encoding)
    if "<!DOCTYPE" in text:
        raise Rejected("the XML declares entities, which no spreadsheet does: refused")
    try:
        root = etree.fromstring(text.strip().encode(), xml_parser("utf-8"))
    except etree.XMLSyntaxError:
        raise Rejected("the XML is cut short or damaged: save it as .xlsx") from None
    date_system = 1900 if root.find(f".//{EXCEL}Date1904") is None else 1904
    percent = _percent_styles(root)
    for sheet in root.iter(f"{SPREADSHEET}Worksheet"):
        grid = _xml_grid(sheet, percent)
        visible = sheet.findtext(f"{EXCEL}WorksheetOptions/{EXCEL}Visible", "")
        is_hidden = visible.strip() in ("SheetHidden", "SheetVeryHidden")
        name = sheet.get(f"{SPREADSHEET}Name", "")
        yield name, is_hidden, grid.merged, date_system, grid.rows


def _percent_styles(root: Any) -> set[str | None]:
    """Name the styles that show a number as percent, by themselves or by the one they rest on."""
    shown: set[str | None] = set()
    for style in root.iter(f"{SPREADSHEET}Style"):
        found = style.find(f"{SPREADSHEET}NumberFormat")
        form = found.get(f"{SPREADSHEET}Format", "") if found is not None else None
        inherits = form is None and style.get(f"{SPREADSHEET}Parent") in shown
        if inherits or form == "Percent" or shows_percent(form or ""):
            shown.add(style.get(f"{SPREADSHEET}ID"))
    return shown


def _at(element: Any, word: str, otherwise: int) -> int:
    return number_in(element.get(f"{SPREADSHEET}{word}"), HIGHEST, otherwise)


def _styles_of_columns(sheet: Any) -> dict[int, str | None]:
    styles: dict[int, str | None] = {}
    column = -1
    for one in sheet.iter(f"{SPREADSHEET}Column"):
        first = _at(one, "Index", column + 2) - 1
        column = min(first + _at(one, "Span", 0), WIDEST)
        styles |= dict.fromkeys(range(first, column + 1), one.get(f"{SPREADSHEET}StyleID"))
    return styles


def _xml_grid(sheet: Any, percent: Collection[str | None]) -> Grid:
    grid = Grid()
    of_columns = _styles_of_columns(sheet)
    row = -1
    for line in sheet.iter(f"{SPREADSHEET}Row"):
        row = _at(line, "Index", row + 2) - 1
        column = -1
        for cell in line.iterchildren(f"{SPREADSHEET}Cell"):
            column = _at(cell, "Index", column + 2) - 1
            right, down = _at(cell, "MergeAcross", 0), _at(cell, "MergeDown", 0)
            value = _value(cell.find(f"{SPREADSHEET}Data"))
            style = f"{SPREADSHEET}StyleID"
            style_id = cell.get(style) or line.get(style) or of_columns.get(column)
            if isinstance(value, float) and style_id in percent:
                value = percent_text(f"{value:.15g}")
            if value is None and cell.get(f"{SPREADSHEET}Formula"):
                value = NOT_CALCULATED
            if row < 0 or column < 0:
                raise Rejected("the XML counts cells from 0: save it as .xlsx")
            grid.set(row, column, "" if value is None else value, down, right)
            column += right
        row += _at(line, "Span", 0)
    return grid


def _value(data: Any) -> Any:
    """Give a typed value, or None; what is not what its type says stays the text that it is."""
    if data is None:
        return None
    text, kind = "".join(data.itertext()), data.get(f"{SPREADSHEET}Type")
    if not text.strip() and kind != "String":
        return None
    with suppress(ValueError):
        match kind:
            case "Number":
                return float(text)
            case "Boolean":
                return text.strip() == "1"
            case "DateTime":
                return datetime.fromisoformat(text.strip()[:19])
    return text
