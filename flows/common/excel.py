"""What the workbooks for people share: fonts, colours, boxes, cells, and a printed page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from flows.common.files import write_durably
from flows.common.settings import SAMPLE_MARK

Row = Mapping[str, Any]
Style = Callable[..., Any]

# Every office has these fonts; elsewhere the nearest of the same kind stands in.
BODY = {"font_name": "宋体", "font_charset": 134, "font_size": 10}
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
HEAD = {"font_name": "黑体", "font_charset": 134}
NOTE = {"font_name": "仿宋", "font_charset": 134, "font_size": 10.5}
BOX = {"border": 1, "border_color": "#7F7F7F", "valign": "vcenter", "text_wrap": True}
CAPTION = {**HEAD, **BOX, "font_size": 10, "bg_color": "#DCE6F1", "align": "center"}
TITLE = {**HEAD, "font_size": 16, "valign": "vcenter"}
SAMPLE = {**HEAD, "font_size": 12, "bold": True, "font_color": "#C00000", "valign": "vcenter"}
MOST_WIDTH = 125  # of all columns of a sheet: see `set_up_page`
LINK = {"font_color": "#1F4E9E", "underline": 1}
LINE_HEIGHT = 15.0  # rows get their height here: not every program fits them to wrapped text
GREEN, RED, AMBER, GREY = "#C6E7CE", "#F8C9C9", "#FFE3A3", "#E3E3E3"
FILLS = {
    word: colour
    for colour, words in {
        GREEN: "达标 重算一致",
        RED: "未达标 数据缺失 重算不一致",
        AMBER: "无法判定 暂定 部分上报 标准待核 缺口 退回 放行 未重算",
        GREY: "不适用 无标准 不涉及 不公开(人数过少) 不得公开 不公开 ＊",
    }.items()
    for word in words.split()
}
GRAVE = ("未达标", "数据缺失", "无法判定", "重算不一致")


class Cell(NamedTuple):
    """A value that needs more than its type says: a number format, or a place that it leads to."""

    value: Any
    number_format: str = ""
    link: str = ""


@contextmanager
def open_book(target: Path, title: str, mode: int = 0o644) -> Iterator[tuple[Any, Style]]:
    """Open a workbook and its styles; the same input gives the same bytes."""
    import xlsxwriter

    content = BytesIO()
    # The width of a column counts digits of the default font: it is the one that stands in cells.
    options = OPTIONS | {"default_format_properties": dict(BODY)}
    with xlsxwriter.Workbook(content, options) as book:
        # A clock in the file would give other bytes every night.
        book.set_properties({"title": title, "created": datetime(2000, 1, 1)})
        yield book, cache(lambda **look: book.add_format({**BODY, **look}))
    write_durably(target, content.getvalue(), mode)


def set_up_page(page: Any, manifest: Row) -> None:
    """Print on A4, one page wide, with page number and title, or release, at the foot.

    Columns whose widths add up to 125 are printed at nine tenths: ten points become nine.
    """
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.center_horizontally()
    page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    if manifest["is_sample"]:
        page.set_header(f'&R&"黑体,Regular"&12&KC00000{SAMPLE_MARK}')
    release = f"　发布 {manifest['release']}" if "release" in manifest else ""
    foot = f"{manifest['title'][:60]}{release}".replace("&", "&&")
    page.set_footer(f'&L&"宋体,Regular"&11 {foot}&C&11 {page.name}&R&11 第 &P 页，共 &N 页')
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    page.hide_gridlines(2)


def text_width(text: str) -> float:
    """Say how wide a text stands; a Chinese character is two wide.

    Digits and letters are wider where another font stands in for 宋体.
    """
    narrow = sum(map(str.isascii, text))
    return 1.15 * narrow + 2 * (len(text) - narrow)


def least_width(cell: Cell) -> float:
    """Say how wide a column must be: a number in a narrower one is shown as ###, a link is cut."""
    if isinstance(cell.value, str):
        return text_width(cell.value) + 3 if cell.link else 0
    if cell.value is None:
        return 0
    decimals = len(cell.number_format.partition(".")[2])
    return len(f"{cell.value:,.{decimals}f}") * 1.1 + 2.5


def fit_widths(wanted: Sequence[float], columns: Sequence[Sequence[Cell]]) -> list[float]:
    """Widen columns to what their cells need, and take that from the one that can give most.

    Wider than `MOST_WIDTH` together they would be printed below nine points.
    """
    needed = [max(map(least_width, cells), default=0) for cells in columns]
    widths = [max(pair) for pair in zip(wanted, needed, strict=True)]
    giving = max(range(len(widths)), key=lambda column: widths[column] - needed[column])
    widths[giving] -= max(0, sum(widths) - MOST_WIDTH)
    return widths


def line_count(content: Any, width: float) -> int:
    """Count the lines that a text needs in a column."""
    parts = content.split("\n") if isinstance(content, str) else [""]
    return sum(max(1, ceil(text_width(part) / (width - 2.5))) for part in parts)


def as_cell(content: Any) -> Cell:
    """Give what stands bare in a row the look of its type."""
    if isinstance(content, Cell):
        return content
    if isinstance(content, str) or content is None:
        return Cell(content)
    return Cell(content, "#,##0" if content == int(content) else "#,##0.00")


def write_cell(page: Any, row: int, column: int, content: Any, style: Style, **extra: Any) -> None:
    """Write a text as text, whatever it begins with, and a number as a number.

    A state or judgement is marked by colour and, where it is grave, by heavy type: its word stands
    there for who prints without colour.
    """
    cell = as_cell(content)
    is_text = isinstance(cell.value, str)
    fill = FILLS.get(cell.value) if is_text else None
    look = {**BOX, "num_format": "@" if is_text else cell.number_format, "indent": 1}
    if not is_text:
        look |= {"align": "right", "text_wrap": False}
    if fill:
        look["indent"] = 0
        look |= {"bg_color": fill, "align": "center"} | (HEAD if cell.value in GRAVE else {})
    look |= extra
    if cell.link:
        page.write_url(row, column, f"internal:{cell.link}", style(**look, **LINK), cell.value)
    else:
        page.write(row, column, cell.value, style(**look))


def write_paragraph(page: Any, line: int, text: str, widths: Sequence[float], style: Style) -> None:
    """Write a text across columns of some widths, in a row as high as it needs."""
    look = style(**NOTE, text_wrap=True, valign="vcenter")
    if len(widths) > 1:
        page.merge_range(line, 0, line, len(widths) - 1, text, look)
    else:
        page.write(line, 0, text, look)
    page.set_row(line, 16.5 * line_count(text, sum(widths)))


def write_table(
    page: Any, line: int, widths: Mapping[str, float], rows: Iterable[Sequence[Any]], style: Style
) -> None:
    """Write captions, each with the width of its column, and rows as high as their texts need."""
    page.repeat_rows(line)
    page.set_row(line, LINE_HEIGHT + 6)
    for place, (caption, width) in enumerate(widths.items()):
        page.set_column(place, place, width)
        page.write(line, place, caption, style(**CAPTION))
    for number, row in enumerate(rows, start=line + 1):
        for place, content in enumerate(row):
            write_cell(page, number, place, content, style)
        lines = max(map(line_count, row, widths.values()))
        page.set_row(number, LINE_HEIGHT * lines + 4)
