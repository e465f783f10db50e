"""Reader of tables in HTML, and what readers of markup share; for the reader process alone."""

import codecs
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree, html

from flows.lib.cells import STRUCK, shown_in_unit
from flows.lib.errors import Rejected
from flows.lib.number_formats import percent_text

Merged = dict[tuple[int, int], Any]
WIDEST, HIGHEST = 16_384, 1_048_576
ENCODINGS = ("utf-8", "gb18030", "big5", "windows-1252")
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NUMBER = re.compile("[0-9]{1,9}")
FIELDS = ("text", "number")  # of a form, which show what they hold
NOT_CALCULATED = "#FORMULA!"
BREAK = "\u2028"
SHOWN_NUMBER = re.compile(r"[-+]?[0-9][0-9, \xa0]*(?:\.[0-9]+)?%?")
IS_STRUCK = re.compile(r"text-decoration[^;]*line-through", re.IGNORECASE)
IS_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)


class SheetCells(NamedTuple):
    """What a reader tells of a sheet: what is merged or hidden in it, how it counts days, cells."""

    name: str
    is_hidden: bool
    merged: Merged  # by row number and column
    date_system: int | None
    rows: list[list[Any]]
    hidden_rows: Sequence[int] = ()  # by their numbers


class Grid:
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
        if cells[column] not in ("", value):
            raise Rejected("a cell of the sheet stands twice: open it, save it anew as .xlsx")
        cells[column] = value
        if down or right:
            for one_row in range(row, row + down + 1):
                for one_column in range(column, column + right + 1):
                    self.merged[one_row + 1, one_column] = value


def number_in(text: str | None, largest: int, otherwise: int = 1) -> int:
    """Read a span or a position; what is no number counts as it does where there is none."""
    found = NUMBER.match(text.strip()) if text else None
    return min(int(found[0]), largest) if found else otherwise


def xml_parser(encoding: str | None = None) -> Any:
    """Make a parser that follows no entity, asks no net and reads no DTD."""
    return etree.XMLParser(
        encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False
    )


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
    """Read each table, also those within the cells of others, with its merged cells."""
    text = decoded(path.read_bytes(), captions, encoding)
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = html.document_fromstring(_without_declaration(text), parser=parser)
    except etree.ParserError:  # nothing but comments
        raise Rejected("the page is empty: export the file again") from None
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
        raise Rejected("the page holds no table (a login page?): export the file again")


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
            for one in range(column, column + right + 1):
                if down:
                    taken[one] = row + down
            column += right + 1
    return grid


def _own(element: Any, holder: str, *tags: str) -> list[Any]:
    """Give what an element holds itself, not through another of its kind within it."""
    return [one for one in element.iter(*tags) if next(one.iterancestors(holder)) is element]


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
        (one.tag in ("s", "strike", "del") or IS_STRUCK.search(one.get("style") or ""))
        and str(one.text_content()).strip()
        for one in cell.iter()
        if isinstance(one.tag, str)
    )


def with_mark(text: str, raised: str) -> str:
    """Join a raised sign to a text; behind a digit it would become part of the number."""
    is_mark = text[-1:].isdigit() and raised.strip()[:1].isdigit()
    return f"{text}({raised.strip()})" if is_mark else text + raised


def _shown(cell: Any) -> str:
    """Give a cell's text; a number as Excel keeps it in `x:num`, which shows fewer digits."""
    for one in cell.iter("br", "sup", "input", "select"):
        match one.tag:
            case "br":
                one.text = BREAK
            case "sup":
                before = one.getprevious()
                text = one.getparent().text if before is None else before.tail
                raised = one.text or ""
                if with_mark(text or "", raised) != (text or "") + raised:
                    one.text = f"({_settable(raised).strip()})"
            case "input":
                is_shown = one.get("type", "text") in FIELDS
                one.text = _settable(one.get("value", "")) if is_shown else None
            case "select":
                _choose(one)
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
    shown = [one for one in options if one.get("selected") is not None] or options[:1]
    for one in options:
        if one is not shown[-1]:
            one.text = None
