"""Readers of tables in HTML and in XML Spreadsheet 2003; they run in the reader process alone."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree, html

from flows.lib.errors import Rejected

Merged = dict[tuple[int, int], Any]
SheetCells = tuple[str, bool, Merged, int | None, list[list[Any]]]
SPREADSHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
WIDEST, HIGHEST = 16_384, 1_048_576
ENCODINGS = ("utf-8-sig", "gb18030", "big5", "windows-1252")


class _Grid:
    """Rows that grow as cells are set, bounded as a spreadsheet is."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.merged: Merged = {}

    def set(self, row: int, column: int, value: Any, down: int, right: int) -> None:
        """Set a cell, and for a merged one remember its value in each cell of its range."""
        if row + down >= HIGHEST or column + right >= WIDEST:
            raise Rejected("the file holds more cells than a spreadsheet: send the table alone")
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        cells += [""] * (column + right + 1 - len(cells))
        cells[column] = value
        if down or right:
            for one_row in range(row, row + down + 1):
                for one_column in range(column, column + right + 1):
                    self.merged[one_row + 1, one_column] = value


def _number(text: str | None, largest: int) -> int:
    """Read a span; what is no number counts as one cell."""
    return min(int(text), largest) if text and text.isdigit() else 1


def decoded(content: bytes) -> str:
    """Decode a page by what its bytes are, not by what it says of itself."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Rejected("the text is neither UTF-8 nor GB18030: save it as .xlsx")


def html_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each table that holds no other table, with its merged cells."""
    text = decoded(path.read_bytes())
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
    root = html.document_fromstring(_without_declaration(text), parser=parser)
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
        for cell in line.iterchildren("td", "th"):
            while taken.get(column, -1) >= row:
                column += 1
            right = _number(cell.get("colspan"), WIDEST) - 1
            down = _number(cell.get("rowspan"), HIGHEST) - 1
            for break_ in cell.iter("br"):
                break_.tail = "\n" + (break_.tail or "")
            grid.set(row, column, cell.text_content().strip(), 0, right)
            if down or right:
                _merge(grid, row, column, down, right)
            for one in range(column, column + right + 1):
                if down:
                    taken[one] = row + down
            column += right + 1
    return grid


def _merge(grid: _Grid, row: int, column: int, down: int, right: int) -> None:
    if (down + 1) * (right + 1) > WIDEST:
        raise Rejected("a merged cell spans a whole table: undo it and send the file again")
    for one_row in range(row, row + down + 1):
        for one_column in range(column, column + right + 1):
            grid.merged[one_row + 1, one_column] = grid.rows[row][column]


def xml_sheets(path: Path) -> Iterator[SheetCells]:
    """Read each worksheet of an XML Spreadsheet 2003, with its merged cells and its types."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        tree = etree.parse(str(path), parser)
    except etree.XMLSyntaxError:
        raise Rejected("the XML is cut short or damaged: save it as .xlsx") from None
    if tree.docinfo.internalDTD is not None:
        raise Rejected("the XML declares entities, which no spreadsheet does: refused")
    for sheet in tree.iter(f"{SPREADSHEET}Worksheet"):
        grid = _Grid()
        row = -1
        for line in sheet.iter(f"{SPREADSHEET}Row"):
            row = int(line.get(f"{SPREADSHEET}Index", row + 2)) - 1
            column = -1
            for cell in line.iterchildren(f"{SPREADSHEET}Cell"):
                column = int(cell.get(f"{SPREADSHEET}Index", column + 2)) - 1
                right = int(cell.get(f"{SPREADSHEET}MergeAcross", 0))
                down = int(cell.get(f"{SPREADSHEET}MergeDown", 0))
                grid.set(row, column, _value(cell.find(f"{SPREADSHEET}Data")), down, right)
                column += right
        yield sheet.get(f"{SPREADSHEET}Name", ""), False, grid.merged, 1900, grid.rows


def _value(data: Any) -> Any:
    if data is None:
        return ""
    text = "".join(data.itertext())
    match data.get(f"{SPREADSHEET}Type"):
        case "Number":
            return float(text)
        case "Boolean":
            return text.strip() == "1"
        case "DateTime":
            return datetime.fromisoformat(text.strip()[:19])
        case _:
            return text
