"""Reader of OpenDocument sheets (.ods); it runs in the reader process alone."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from flows.common.errors import Rejected
from flows.common.messages import message
from flows.readers.grid import (
    HIGHEST,
    NOT_CALCULATED,
    WIDEST,
    Grid,
    SheetCells,
    number_in,
    xml_parser,
)
from flows.readers.number_formats import STRUCK, as_shown, is_telling, percent_text

OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TABLE, TEXT, STYLE, NUMBER = (
    f"{OASIS}{name}:1.0}}" for name in ("office", "table", "text", "style", "datastyle")
)
HIDDEN_ROW = ("collapse", "filter")
Styles = dict[str | None, tuple[str, bool]]  # of each style its format, and whether it is struck
NO_STYLE = ("", False)
KIND_IN_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
ROW, CELL, COVERED = f"{TABLE}table-row", f"{TABLE}table-cell", f"{TABLE}covered-table-cell"
BLANKS = {f"{TEXT}s": " ", f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}


def open_document_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each sheet of an .ods, with its merged cells and its types."""
    with zipfile.ZipFile(path) as archive:
        manifest = "META-INF/manifest.xml"
        if manifest in archive.namelist() and b"encryption-data" in archive.read(manifest):
            raise Rejected("workbook_has_password")
        content = archive.read("content.xml")
    try:
        root = etree.fromstring(content, xml_parser())
    except etree.XMLSyntaxError:
        raise Rejected("xml_cut_short") from None
    book = root.find(f"{OFFICE}body/{OFFICE}spreadsheet")
    if book is None:
        raise Rejected("not_a_table", kind=message("kind_text_document"))
    hidden = {
        style.get(f"{STYLE}name")
        for style in root.iter(f"{STYLE}style")
        for about in style.iterfind(f"{STYLE}table-properties")
        if about.get(f"{TABLE}display") == "false"
    }
    epoch = book.find(f"{TABLE}calculation-settings/{TABLE}null-date")
    began = epoch.get(f"{TABLE}date-value", "") if epoch is not None else ""
    styles = _styles(root)
    for sheet in book.iterfind(f"{TABLE}table"):
        grid, hidden_rows = _grid(sheet, styles)
        is_hidden = sheet.get(f"{TABLE}style-name") in hidden
        date_system = 1904 if began.startswith("1904") else 1900
        name = sheet.get(f"{TABLE}name", "")
        yield SheetCells(name, is_hidden, grid.merged, date_system, grid.rows, hidden_rows)


def _styles(root: Any) -> Styles:
    """Take of each style the format of its numbers, and whether it strikes text out."""
    forms = {}
    for style in root.iter(f"{NUMBER}number-style", f"{NUMBER}currency-style"):
        number = style.find(f"{NUMBER}number")
        words = "".join(part.text or "" for part in style.iterfind(f"{NUMBER}text"))
        if number is not None:
            forms[style.get(f"{STYLE}name")] = _form(number) + (f'"{words}"' if words else "")
    styles: Styles = {}
    for style in root.iter(f"{STYLE}style"):
        about = style.find(f"{STYLE}text-properties")
        lines = [f"{STYLE}text-line-through-{word}" for word in ("style", "type")]
        is_struck = about is not None and any(about.get(line, "none") != "none" for line in lines)
        form = forms.get(style.get(f"{STYLE}data-style-name"), "")
        styles[style.get(f"{STYLE}name")] = (form if is_telling(form) else "", is_struck)
    return styles


def _form(number: Any) -> str:
    """Write how a number is shown as spreadsheets write it: 00000 or 0,."""
    factor = number_in(number.get(f"{NUMBER}display-factor"), 10**9)
    is_padded = number.get(f"{NUMBER}decimal-places", "0") == "0"
    is_padded = is_padded and number.get(f"{NUMBER}grouping") != "true"
    digits = number_in(number.get(f"{NUMBER}min-integer-digits"), 30)
    return "0" * (digits if is_padded and digits else 1) + "," * ((len(str(factor)) - 1) // 3)


def _many(element: Any, word: str, largest: int) -> int:
    return number_in(element.get(f"{TABLE}{word}"), largest)


def _find_column_styles(sheet: Any) -> list[str | None]:
    styles: list[str | None] = []
    for column in sheet.iter(f"{TABLE}table-column"):
        times = min(_many(column, "number-columns-repeated", WIDEST), WIDEST - len(styles))
        styles += [column.get(f"{TABLE}default-cell-style-name")] * times
    return styles


def _grid(sheet: Any, styles: Styles) -> tuple[Grid, list[int]]:
    grid, hidden = Grid(), list[int]()
    of_columns = _find_column_styles(sheet)
    row = 0
    for line in sheet.iter(ROW):
        filled = list(_filled(line, styles, of_columns))
        times = _many(line, "number-rows-repeated", HIGHEST)
        if filled and line.get(f"{TABLE}visibility") in HIDDEN_ROW:
            hidden += range(row + 1, row + 1 + times)
        for repeated_row in range(row, row + times if filled else row):
            for column, value, down, right in filled:
                grid.set(repeated_row, column, value, down, right)
        row += times
    return grid, hidden


def _filled(
    line: Any, styles: Styles, of_columns: Sequence[str | None]
) -> Iterator[tuple[int, Any, int, int]]:
    """Give the cells of a row that hold something: where, what, and how far they reach."""
    column = 0
    for cell in line.iterchildren(CELL, COVERED):
        times = _many(cell, "number-columns-repeated", WIDEST)
        value = _value(cell) if cell.tag == CELL else ""
        own = cell.get(f"{TABLE}style-name") or line.get(f"{TABLE}default-cell-style-name")
        if own is None and column < len(of_columns):
            own = of_columns[column]
        form, is_struck = styles.get(own, NO_STYLE)
        if form:
            value = as_shown(value, form)
        if value != "" and (is_struck or _has_struck(cell, styles)):
            value = STRUCK
        down = _many(cell, "number-rows-spanned", HIGHEST) - 1
        right = _many(cell, "number-columns-spanned", WIDEST) - 1
        if value != "" or down > 0 or right > 0:
            for repeated_column in range(column, column + times):
                yield repeated_column, value, max(down, 0), max(right, 0)
        column += times


def _has_struck(cell: Any, styles: Styles) -> bool:
    spans = (span for span in cell.iter(f"{TEXT}span") if "".join(span.itertext()))
    return any(styles.get(span.get(f"{TEXT}style-name"), NO_STYLE)[1] for span in spans)


def _value(cell: Any) -> Any:
    """Give a typed value; what is not what its type says stays the text that it is."""
    kind, number = cell.get(f"{OFFICE}value-type"), cell.get(f"{OFFICE}value", "")
    if cell.get(KIND_IN_CALC) == "error":
        return "#VALUE!"  # however it is worded, Err:502 or #WERT!
    if kind is None and cell.get(f"{TABLE}formula"):
        return NOT_CALCULATED
    text = "\n".join(_text(paragraph) for paragraph in cell.iterchildren(f"{TEXT}p"))
    with suppress(ValueError):
        match kind:
            case "float" | "currency":
                return float(number)
            case "percentage":
                return percent_text(f"{float(number):.15g}") or text
            case "boolean":
                return cell.get(f"{OFFICE}boolean-value") == "true"
            case "date":
                moment = datetime.fromisoformat(cell.get(f"{OFFICE}date-value", "")[:19])
                is_day = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
                return moment.date() if is_day else moment
    return text


def _text(element: Any) -> str:
    """Give the text of a paragraph, in which several blanks are written as one element."""
    parts = [element.text or ""]
    for part in element:
        if isinstance(part.tag, str):
            times = number_in(part.get(f"{TEXT}c"), WIDEST)
            parts.append(BLANKS[part.tag] * times if part.tag in BLANKS else _text(part))
        parts.append(part.tail or "")
    return "".join(parts)
