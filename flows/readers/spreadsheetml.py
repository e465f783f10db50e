"""Reader of XML Spreadsheet 2003; it runs in the reader process alone."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from flows.common.errors import Rejected
from flows.readers.encodings import decode_page
from flows.readers.grid import (
    HIGHEST,
    NOT_CALCULATED,
    WIDEST,
    Grid,
    SheetCells,
    number_in,
    xml_parser,
)
from flows.readers.number_formats import STRUCK, as_shown, is_telling

SPREADSHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
EXCEL = "{urn:schemas-microsoft-com:office:excel}"
NAMED = {"Percent": "0.00%"}  # formats that have a name for a text
Styles = dict[str | None, tuple[str, bool]]  # of each style its format, and whether it is struck


def xml_sheets(
    path: Path, captions: Collection[str] = (), encoding: str | None = None
) -> Iterator[SheetCells]:
    """Read each worksheet of an XML Spreadsheet 2003, with its merged cells and its types."""
    text = decode_page(path.read_bytes(), captions, encoding)
    if "<!DOCTYPE" in text:
        raise Rejected("xml_declares_entities")
    try:
        root = etree.fromstring(text.strip().encode(), xml_parser("utf-8"))
    except etree.XMLSyntaxError:
        raise Rejected("xml_cut_short") from None
    date_system = 1900 if root.find(f".//{EXCEL}Date1904") is None else 1904
    styles = _styles(root)
    for sheet in root.iter(f"{SPREADSHEET}Worksheet"):
        grid, hidden = _xml_grid(sheet, styles)
        visible = sheet.findtext(f"{EXCEL}WorksheetOptions/{EXCEL}Visible", "")
        is_hidden = visible.strip() in ("SheetHidden", "SheetVeryHidden")
        name = sheet.get(f"{SPREADSHEET}Name", "")
        yield SheetCells(name, is_hidden, grid.merged, date_system, grid.rows, hidden)


def _styles(root: Any) -> Styles:
    """Take format and strike of each style, from itself or from the one that it rests on."""
    styles: Styles = {}
    for style in root.iter(f"{SPREADSHEET}Style"):
        form, is_struck = styles.get(style.get(f"{SPREADSHEET}Parent"), ("", False))
        found = style.find(f"{SPREADSHEET}NumberFormat")
        if found is not None:
            form = found.get(f"{SPREADSHEET}Format", "")
        font = style.find(f"{SPREADSHEET}Font")
        if font is not None:
            is_struck = font.get(f"{SPREADSHEET}StrikeThrough") == "1"
        form = NAMED.get(form, form)
        styles[style.get(f"{SPREADSHEET}ID")] = (form if is_telling(form) else "", is_struck)
    return styles


def _at(element: Any, word: str, otherwise: int) -> int:
    return number_in(element.get(f"{SPREADSHEET}{word}"), HIGHEST, otherwise)


def _find_column_styles(sheet: Any) -> dict[int, str | None]:
    styles: dict[int, str | None] = {}
    column = -1
    for about in sheet.iter(f"{SPREADSHEET}Column"):
        first = _at(about, "Index", column + 2) - 1
        column = min(first + _at(about, "Span", 0), WIDEST)
        styles |= dict.fromkeys(range(first, column + 1), about.get(f"{SPREADSHEET}StyleID"))
    return styles


def _xml_grid(sheet: Any, styles: Styles) -> tuple[Grid, list[int]]:
    grid, hidden = Grid(), list[int]()
    of_columns = _find_column_styles(sheet)
    row = -1
    for line in sheet.iter(f"{SPREADSHEET}Row"):
        row = _at(line, "Index", row + 2) - 1
        if line.get(f"{SPREADSHEET}Hidden") == "1":
            hidden += range(row + 1, row + 2 + min(_at(line, "Span", 0), WIDEST))
        column = -1
        for cell in line.iterchildren(f"{SPREADSHEET}Cell"):
            column = _at(cell, "Index", column + 2) - 1
            right, down = _at(cell, "MergeAcross", 0), _at(cell, "MergeDown", 0)
            data = cell.find(f"{SPREADSHEET}Data")
            value = _value(data)
            style = f"{SPREADSHEET}StyleID"
            style_id = cell.get(style) or line.get(style) or of_columns.get(column)
            form, is_struck = styles.get(style_id, ("", False))
            if form:
                value = as_shown(value, form)
            if value not in (None, "") and (is_struck or _has_struck(data)):
                value = STRUCK
            if value is None and cell.get(f"{SPREADSHEET}Formula"):
                value = NOT_CALCULATED
            if row < 0 or column < 0:
                raise Rejected("xml_counts_from_0")
            grid.set(row, column, "" if value is None else value, down, right)
            column += right
        row += _at(line, "Span", 0)
    return grid, hidden


def _has_struck(data: Any) -> bool:
    """Say whether a run of a text is struck out, as <S> in <ss:Data>."""
    runs = (run for run in data.iter() if isinstance(run.tag, str))
    return any(run.tag.rpartition("}")[2] == "S" and "".join(run.itertext()) for run in runs)


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
