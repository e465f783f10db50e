"""Readers of tables in HTML and in XML Spreadsheet 2003; they run in the reader process alone."""

import codecs
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lxml import etree, html

from flows.lib.errors import Rejected

Merged = dict[tuple[int, int], Any]
SheetCells = tuple[str, bool, Merged, int | None, list[list[Any]]]
SPREADSHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
EXCEL = "{urn:schemas-microsoft-com:office:excel}"
WIDEST, HIGHEST = 16_384, 1_048_576
ENCODINGS = ("utf-8", "gb18030", "big5", "windows-1252")
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NUMBER = re.compile("[0-9]{1,9}")
SHOWN_NUMBER = re.compile(r"[-+]?[0-9][0-9, \xa0]*(?:\.[0-9]+)?%?")


class _Grid:
    """Rows that grow as cells are set, bounded as a spreadsheet is."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.merged: Merged = {}

    def set(self, row: int, column: int, value: Any, down: int, right: int) -> None:
        """Set a cell, and for a merged one remember its value in each cell of its range."""
        if row + down >= HIGHEST or column + right >= WIDEST:
            raise Rejected("the file holds more cells than a spreadsheet: send the table alone")
        if (down + 1) * (right + 1) > WIDEST:
            raise Rejected("a merged cell spans a whole table: undo it and send the file again")
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        cells += [""] * (column + right + 1 - len(cells))
        cells[column] = value
        if down or right:
            for one_row in range(row, row + down + 1):
                for one_column in range(column, column + right + 1):
                    self.merged[one_row + 1, one_column] = value


def _number(text: str | None, largest: int, otherwise: int = 1) -> int:
    """Read a span or a position; what is no number counts as it does where there is none."""
    found = NUMBER.match(text.strip()) if text else None
    return min(int(found[0]), largest) if found else otherwise


def decoded(content: bytes, captions: Collection[str] = (), stated: str | None = None) -> str:
    """Decode a page by the captions that it must hold, not by what it says of itself."""
    marked = next((name for bom, name in BOMS if content.startswith(bom)), None)
    texts: dict[str, str] = {}
    for encoding in [marked or stated] if marked or stated else ENCODINGS:
        with suppress(UnicodeDecodeError):
            texts[str(encoding)] = content.decode(str(encoding))
    if not texts:
        wanted = stated or "UTF-8 or GB18030"
        raise Rejected(f"the text is not {wanted} throughout: save it as .xlsx")
    plain = {encoding: "".join(text.split()) for encoding, text in texts.items()}
    found = {
        encoding: sum(caption in text for caption in captions) for encoding, text in plain.items()
    }
    best = max(found.values())
    fitting = [encoding for encoding in texts if found[encoding] == best]
    if best and len(fitting) > 1 and not content.isascii():
        raise Rejected(f"the text could be {', '.join(fitting)}: state `encoding` in the contract")
    return texts[fitting[0]]


def html_sheets(
    path: Path, captions: Collection[str] = (), encoding: str | None = None
) -> Iterator[SheetCells]:
    """Read each table that holds no other table, with its merged cells."""
    text = decoded(path.read_bytes(), captions, encoding)
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = html.document_fromstring(_without_declaration(text), parser=parser)
    except etree.ParserError:  # nothing but comments
        raise Rejected("the page is empty: export the file again") from None
    etree.strip_elements(root, "script", "style", with_tail=False)
    found = False
    for position, table in enumerate(root.iter("table"), start=1):
        if table.find(".//table") is not None:
            continue
        found = True
        grid = _html_grid(table)
        caption = table.find("caption")
        name = "".join(map(str, caption.itertext())).strip() if caption is not None else ""
        yield name or f"table {position}", False, grid.merged, None, grid.rows
    if not found:
        raise Rejected("the page holds no table (a login page?): export the file again")


def _without_declaration(text: str) -> str:
    """Drop an XML declaration: lxml refuses text that names an encoding."""
    return text.partition("?>")[2] if text.lstrip().startswith("<?xml") else text


def _html_grid(table: Any) -> _Grid:
    grid = _Grid()
    taken: dict[int, int] = {}  # column -> the row up to which a cell from above reaches
    for row, line in enumerate(table.iter("tr")):
        column = 0
        while len(grid.rows) <= row:
            grid.rows.append([])
        for cell in line.iter("td", "th"):
            while taken.get(column, -1) >= row:
                column += 1
            right = (_number(cell.get("colspan"), WIDEST) or 1) - 1
            height = _number(cell.get("rowspan"), HIGHEST)  # 0 reaches to the last row
            down = height - 1 if height else sum(1 for _ in line.itersiblings("tr"))
            for break_ in cell.iter("br"):
                break_.text = "\n"
            grid.set(row, column, _shown(cell), down, right)
            for one in range(column, column + right + 1):
                if down:
                    taken[one] = row + down
            column += right + 1
    return grid


def percent_text(number: Any) -> str | None:
    """Write a number that is shown as percent as it is shown; None where it is none."""
    try:
        return f"{Decimal(str(number)) * 100:f}%"
    except InvalidOperation:
        return None


def _shown(cell: Any) -> str:
    """Give a cell's text; a number as Excel keeps it in `x:num`, which shows fewer digits."""
    text = str(cell.text_content()).strip()
    kept = cell.get("x:num")
    if not kept or not SHOWN_NUMBER.fullmatch(text):
        return text
    return (percent_text(kept) or text) if text.endswith("%") else str(kept)


def xml_sheets(
    path: Path, captions: Collection[str] = (), encoding: str | None = None
) -> Iterator[SheetCells]:
    """Read each worksheet of an XML Spreadsheet 2003, with its merged cells and its types."""
    text = decoded(path.read_bytes(), captions, encoding)
    if "<!DOCTYPE" in text:
        raise Rejected("the XML declares entities, which no spreadsheet does: refused")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        raise Rejected("the XML is cut short or damaged: save it as .xlsx") from None
    date_system = 1900 if root.find(f".//{EXCEL}Date1904") is None else 1904
    percent = {
        style.get(f"{SPREADSHEET}ID")
        for style in root.iter(f"{SPREADSHEET}Style")
        for form in style.iter(f"{SPREADSHEET}NumberFormat")
        if (shown := form.get(f"{SPREADSHEET}Format", "")) == "Percent" or "%" in shown
    }
    for sheet in root.iter(f"{SPREADSHEET}Worksheet"):
        grid = _xml_grid(sheet, percent)
        visible = sheet.findtext(f"{EXCEL}WorksheetOptions/{EXCEL}Visible", "")
        is_hidden = visible.strip() in ("SheetHidden", "SheetVeryHidden")
        name = sheet.get(f"{SPREADSHEET}Name", "")
        yield name, is_hidden, grid.merged, date_system, grid.rows


def _xml_grid(sheet: Any, percent: Collection[str | None]) -> _Grid:
    def number(element: Any, word: str, otherwise: int) -> int:
        return _number(element.get(f"{SPREADSHEET}{word}"), HIGHEST, otherwise)

    grid = _Grid()
    row = -1
    for line in sheet.iter(f"{SPREADSHEET}Row"):
        row = number(line, "Index", row + 2) - 1
        column = -1
        for cell in line.iterchildren(f"{SPREADSHEET}Cell"):
            column = number(cell, "Index", column + 2) - 1
            right, down = number(cell, "MergeAcross", 0), number(cell, "MergeDown", 0)
            value = _value(cell.find(f"{SPREADSHEET}Data"))
            if isinstance(value, float) and cell.get(f"{SPREADSHEET}StyleID") in percent:
                value = percent_text(f"{value:.15g}")
            if row < 0 or column < 0:
                raise Rejected("the XML counts cells from 0: save it as .xlsx")
            grid.set(row, column, value, down, right)
            column += right
    return grid


def _value(data: Any) -> Any:
    """Give a typed value; what is not what its type says stays the text that it is."""
    if data is None:
        return ""
    text = "".join(data.itertext())
    with suppress(ValueError):
        match data.get(f"{SPREADSHEET}Type"):
            case "Number":
                return float(text)
            case "Boolean":
                return text.strip() == "1"
            case "DateTime":
                return datetime.fromisoformat(text.strip()[:19])
    return text
