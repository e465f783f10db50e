"""Reader of tables in HTML; it runs in the reader process alone."""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree, html

from flows.common.errors import Rejected
from flows.readers.encodings import decode_page
from flows.readers.grid import HIGHEST, WIDEST, Grid, SheetCells, number_in, with_mark
from flows.readers.number_formats import STRUCK, percent_text, shown_in_unit

FIELDS = ("text", "number")  # of a form, which show what they hold
BREAK = "\u2028"
SHOWN_NUMBER = re.compile(r"[-+]?[0-9][0-9, \xa0]*(?:\.[0-9]+)?%?")
IS_STRUCK = re.compile(r"text-decoration[^;]*line-through", re.IGNORECASE)
IS_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)


def html_sheets(
    path: Path, captions: Collection[str] = (), encoding: str | None = None
) -> Iterator[SheetCells]:
    """Read each table, also those within the cells of others, with its merged cells."""
    text = decode_page(path.read_bytes(), captions, encoding)
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = html.document_fromstring(_without_declaration(text), parser=parser)
    except etree.ParserError:  # nothing but comments
        raise Rejected("page_empty") from None
    etree.strip_elements(root, "script", "style", with_tail=False)
    position = 0
    for position, table in enumerate(root.iter("table"), start=1):
        grid = _html_grid(table)
        caption = table.find("caption")
        name = "".join(map(str, caption.itertext())).strip() if caption is not None else ""
        shown_as = name or f"table {position}"
        hidden = [row for row, line in enumerate(_own(table, "table", "tr"), 1) if _is_hidden(line)]
        yield SheetCells(shown_as, False, grid.merged, None, grid.rows, hidden)
    if not position:
        raise Rejected("page_without_table")


def _without_declaration(text: str) -> str:
    """Drop an XML declaration: lxml refuses text that names an encoding."""
    return text.partition("?>")[2] if text.lstrip().startswith("<?xml") else text


def _html_grid(table: Any) -> Grid:
    grid = Grid()
    taken: dict[int, int] = {}  # column -> the row up to which a cell from above reaches
    lines = _own(table, "table", "tr")
    for row, line in enumerate(lines):
        column = 0
        while len(grid.rows) <= row:
            grid.rows.append([])
        for cell in _own(line, "tr", "td", "th"):
            while taken.get(column, -1) >= row:
                column += 1
            right = (number_in(cell.get("colspan"), WIDEST) or 1) - 1
            height = number_in(cell.get("rowspan"), HIGHEST)  # 0 reaches to the last row
            below = len(lines) - row - 1
            down = min(height - 1, below) if height else below
            grid.set(row, column, _shown(cell), down, right)
            for taken_column in range(column, column + right + 1):
                if down:
                    taken[taken_column] = row + down
            column += right + 1
    return grid


def _own(element: Any, holder: str, *tags: str) -> list[Any]:
    """Give what an element holds itself, not through another of its kind within it."""
    return [inner for inner in element.iter(*tags) if next(inner.iterancestors(holder)) is element]


def _is_hidden(line: Any) -> bool:
    """Say whether a row of a page is not shown, or what it stands in within its table."""
    for element in (line, *line.iterancestors("tbody", "thead", "tfoot")):
        if element.get("hidden") is not None or IS_HIDDEN.search(element.get("style") or ""):
            return True
    return False


def _is_struck(cell: Any) -> bool:
    """Say whether some of what a cell shows is struck out."""
    line = next(cell.iterancestors("tr"), None)
    if line is not None and IS_STRUCK.search(line.get("style") or ""):
        return True
    return any(
        (element.tag in ("s", "strike", "del") or IS_STRUCK.search(element.get("style") or ""))
        and str(element.text_content()).strip()
        for element in cell.iter()
        if isinstance(element.tag, str)
    )


def _shown(cell: Any) -> str:
    """Give a cell's text; a number as Excel keeps it in `x:num`, which shows fewer digits."""
    for element in cell.iter("br", "sup", "input", "select"):
        match element.tag:
            case "br":
                element.text = BREAK
            case "sup":
                before = element.getprevious()
                text = element.getparent().text if before is None else before.tail
                raised = element.text or ""
                if with_mark(text or "", raised) != (text or "") + raised:
                    element.text = f"({_settable(raised).strip()})"
            case "input":
                is_shown = element.get("type", "text") in FIELDS
                element.text = _settable(element.get("value", "")) if is_shown else None
            case "select":
                _choose(element)
    # A line end in the source is a blank, however many; only <br> is one.
    text = re.sub("[ \t\r\n]+", " ", str(cell.text_content())).replace(BREAK, "\n").strip()
    if text and _is_struck(cell):
        return STRUCK
    kept = cell.get("x:num")
    if not kept or not SHOWN_NUMBER.fullmatch(text) or re.match("-?0[0-9]", text):
        return text
    if text.endswith("%"):
        return percent_text(kept) or text
    number = re.sub(r"[^-+.0-9]", "", text)
    with suppress(ArithmeticError):  # but for decimals it is shown as it is kept, or scaled
        if abs(Decimal(number) - Decimal(kept)) > Decimal(1).scaleb(-len(number.partition(".")[2])):
            return shown_in_unit(Decimal(kept), None)
    return str(kept)


def _settable(text: str) -> str:
    """Leave out control signs, which a page may hold but lxml does not let one write."""
    return "".join(filter(str.isprintable, text))


def _choose(select: Any) -> None:
    """Leave of a list what it shows: what is selected, else its first entry."""
    options = select.findall(".//option")
    shown = [option for option in options if option.get("selected") is not None] or options[:1]
    for option in options:
        if option is not shown[-1]:
            option.text = None
