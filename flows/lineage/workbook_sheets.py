"""The sheets of a trace on paper: the page that is signed, and a table of what contributes."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flows.common.clock import known_until
from flows.common.excel import (
    BODY,
    BOX,
    CAPTION,
    HEAD,
    LINE_HEIGHT,
    NOTE,
    SAMPLE,
    TITLE,
    Cell,
    Row,
    Style,
    as_cell,
    least_width,
    line_count,
    set_up_page,
    text_width,
    write_cell,
)
from flows.common.settings import SAMPLE_MARK
from flows.lineage.contributions import Listing

WIDTHS = (13, 36, 23, 21, 21, 13, 12)  # of the page's columns
SPANS = {2: ((0, 0), (1, 6)), 4: ((0, 0), (1, 2), (3, 3), (4, 6))}  # of pairs in a row
TOP = 4  # the rows above the captions of a table
MARK_WIDTH = 40  # what no column of a table exceeds
SIGNING = ("经办人", "审核人", "日期")


class Step(NamedTuple):
    """One line of the computation."""

    kind: str
    name: str
    of: str
    published: Any
    again: Any
    verdict: str
    judgement: Any  # or the sheet that lists what adds up to it


class File(NamedTuple):
    """A file on which a value rests."""

    file_id: str
    name: str
    sheets: str
    title: str
    office: str
    received: str


class Page(NamedTuple):
    """What the page of a value says."""

    blocks: list[tuple[str, list[Sequence[Any]]]]
    steps: list[Step]
    files: list[File]
    verdict: str
    remarks: list[str]


def write_page(page: Any, content: Page, manifest: Row, style: Style) -> None:
    """Write the one page of a value, with room for names, date and stamp."""
    set_up_page(page, manifest, landscape=False, pages_high=1)
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.merge_range(0, 0, 0, 6, "数据溯源单", style(**{**TITLE, "font_size": 20}, align="center"))
    page.set_row(0, 34)
    known = known_until(date.fromisoformat(manifest["as_of"]) if manifest.get("as_of") else None)
    district = f"{manifest['district_title']}（{manifest['district_code']}）{known}"
    line = f"{district}　{manifest['evaluation_year']}年教育职责自评　发布 {manifest['release']}"
    page.merge_range(1, 0, 1, 6, line, style(**NOTE, align="center"))
    mark = SAMPLE_MARK if manifest["is_sample"] else ""
    page.merge_range(2, 0, 2, 6, mark, style(**SAMPLE, align="center"))
    at = 3
    for title, rows in content.blocks:
        at = _heading(page, at, title, style)
        for row in rows:
            at = _pairs(page, at, row, style)
    at = _steps(
        page, _heading(page, at, "计算与核对（由原始单元格重新计算）", style), content, style
    )
    if content.files:
        at = _files(page, _heading(page, at, "所依据的文件", style), content.files, style)
    _signing(page, at, style)


def _heading(page: Any, at: int, title: str, style: Style) -> int:
    page.set_row(at, 22)
    page.write(at, 0, title, style(**HEAD, font_size=12, valign="bottom"))
    return at + 1


def _pairs(page: Any, at: int, row: Sequence[Any], style: Style) -> int:
    """Write captions with what they say, over the columns of the page."""
    lines = 1
    for content, (first, last) in zip(row, SPANS[len(row)], strict=True):
        is_caption = first == last
        extra = {**CAPTION} if is_caption else {"align": "left", "indent": 1}
        if row[0] == "印出文字" and not is_caption:
            extra |= {**HEAD, "font_size": 14}
        if not is_caption:
            for column in range(first + 1, last + 1):
                page.write_blank(at, column, None, style(**BOX))
            page.merge_range(at, first, at, last, None, style(**BOX))
        write_cell(page, at, first, content, style, **extra)
        text = as_cell(content).value
        lines = max(lines, line_count(text, sum(WIDTHS[first : last + 1])))
    page.set_row(at, LINE_HEIGHT * lines + (10 if row[0] == "印出文字" else 4))
    return at + 1


def _table(page: Any, at: int, captions: Sequence[str], style: Style) -> int:
    for column, caption in enumerate(captions):
        page.write(at, column, caption, style(**CAPTION))
    page.set_row(at, LINE_HEIGHT + 4)
    return at + 1


def _steps(page: Any, at: int, content: Page, style: Style) -> int:
    at = _table(
        page, at, ("项目", "名称", "期间与范围", "公布值", "重算值", "核对", "判定或明细"), style
    )
    for step in content.steps:
        for column, cell in enumerate(step):
            write_cell(page, at, column, cell, style)
        lines = max(line_count(text, width) for text, width in zip(step[:3], WIDTHS, strict=False))
        page.set_row(at, LINE_HEIGHT * lines + 4)
        at += 1
    for sentence in content.remarks:
        at = _pairs(page, at, ("核对说明", sentence), style)
    return at


def _files(page: Any, at: int, files: Sequence[File], style: Style) -> int:
    at = _table(
        page, at, ("序号", "文件", "工作表", "来源", "责任科室", "收到日期", "sha256"), style
    )
    for number, file in enumerate(files, start=1):
        cells = (number, file.name, file.sheets, file.title, file.office, file.received,
                 file.file_id[:8])  # fmt: skip
        for column, cell in enumerate(cells):
            write_cell(page, at, column, cell, style)
        lines = max(line_count(text, width) for text, width in zip(cells, WIDTHS, strict=True))
        page.set_row(at, LINE_HEIGHT * lines + 4)
        at += 1
    return at


def _signing(page: Any, at: int, style: Style) -> None:
    """Leave room for who prepared it, who checked it, the day and the stamp."""
    at = _heading(page, at, "签核", style)
    room = style(**BOX)
    for number, (caption, (first, last)) in enumerate(
        zip(SIGNING, ((1, 1), (3, 3), (5, 6)), strict=True)
    ):
        page.write(at, 2 * number, caption, style(**CAPTION))
        page.write_blank(at, first, None, room)
        if first < last:
            page.merge_range(at, first, at, last, None, room)
    page.set_row(at, 30)
    page.write(at + 1, 0, "盖章", style(**CAPTION))
    page.merge_range(at + 1, 1, at + 1, 6, None, room)
    page.set_row(at + 1, 90)


def write_listing(
    page: Any, back: str, heading: str, table: Listing, manifest: Row, style: Style
) -> None:
    """Write a table of what contributes, with the sum of all of it at the foot."""
    set_up_page(page, manifest)
    page.repeat_rows(0, TOP)
    page.freeze_panes(TOP + 1, 0)
    last = TOP + len(table.rows)
    page.autofilter(TOP, 0, last, len(table.captions) - 1)
    page.set_row(0, 24)
    page.write(0, 0, heading, style(**{**TITLE, "font_size": 13}))
    where = f"{manifest['title']}　发布 {manifest['release']}　文件序号见《{back}》页，点此返回"
    page.write_url(1, 0, f"internal:'{back}'!A1", style(**NOTE), where)
    page.write(2, 0, SAMPLE_MARK if manifest["is_sample"] else "", style(**SAMPLE))
    page.write(3, 0, table.note, style(**NOTE))
    page.set_row(TOP, LINE_HEIGHT * 2 + 4)
    heights = [1] * len(table.rows)
    for column, caption in enumerate(table.captions):
        cells = [_in_column(caption, row[column]) for row in table.rows]
        total = _in_column(caption, table.total) if column == len(table.captions) - 1 else None
        width = _width(caption, [*cells, total] if total else cells)
        page.set_column(column, column, width)
        page.write(TOP, column, caption, style(**CAPTION))
        for number, cell in enumerate(cells):
            write_cell(page, TOP + 1 + number, column, cell, style)
            heights[number] = max(heights[number], line_count(cell.value, width))
    for number, height in enumerate(heights, TOP + 1):
        page.set_row(number, LINE_HEIGHT * height)
    foot, end = {**BODY, **HEAD, **BOX, "font_size": 10, "bg_color": "#EDEDED"}, last + 1
    for column in range(len(table.captions) - 1):
        page.write(end, column, "合计" if column == 0 else None, style(**foot))
    write_cell(page, end, column + 1, total, style, **foot)
    page.set_row(end, LINE_HEIGHT + 4)


def _in_column(caption: str, content: Any) -> Cell:
    """Write all amounts of a column with as many decimals."""
    is_money = caption.endswith("（元）") and isinstance(content, Decimal)
    return Cell(content, "#,##0.00") if is_money else as_cell(content)


def _width(caption: str, cells: Sequence[Cell]) -> float:
    """Give a column the width of its contents, within reason."""
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    longest = max(map(text_width, [*caption.split("\n"), *texts]), default=0) + 3
    return max([min(longest, MARK_WIDTH), *map(least_width, cells)])
