"""The workbook that an office fills in: one sheet for its rows, one that explains the columns."""

from pathlib import Path
from typing import Any

from flows.common.excel import (
    BODY,
    BOX,
    CAPTION,
    HEAD,
    LINE_HEIGHT,
    NOTE,
    SAMPLE,
    TITLE,
    Style,
    line_count,
    open_book,
    set_up_page,
    text_width,
    write_paragraph,
)
from flows.common.settings import SAMPLE_DISTRICT, SAMPLE_MARK
from flows.forms.cell_rules import CODES, find_long_lists, name_column, write_cell_rule
from flows.forms.fields import NEEDED, Field, Form, unit_line
from flows.forms.guide import write_guide
from flows.parsing.columns import decimal_shape

ROWS = 2_000  # for which cells are checked while they are filled in
BOXED = 15  # rows that look like a form, also on paper, before anything stands in them
ROWS_BEFORE_TOTAL = 200
ASKED = {**BOX, "bottom": 1, "text_wrap": False, "num_format": "@"}
NEEDED_CAPTION = {**CAPTION, "bg_color": "#FBE3C8", "font_color": "#C00000"}
EDGES = {"border": 1, "border_color": "#7F7F7F"}
SIGNERS = ("填表人", "审核人", "负责人", "填表日期")
LIKE_A_DAY = ("日期", "时间")


def write_form(target: Path, form: Form) -> None:
    """Write a template; the same contract and suite, the same bytes."""
    title = f"{form.settings.district_title}{form.contract.title}"
    title += f"（{form.stamp}）" if form.stamp else ""
    is_sample = form.settings.district == SAMPLE_DISTRICT
    setup = {"title": title, "is_sample": is_sample}
    with open_book(target, title) as (book, style):
        page = book.add_worksheet(form.sheet)
        set_up_page(page, setup)
        page.set_default_row(LINE_HEIGHT + 3)
        page.hide_gridlines(1)  # only on paper
        for place, field in enumerate(form.fields):
            page.set_column(place, place, _width(field), style(**_cell_look(field)))
        page.set_row(0, 28)
        across = style(**TITLE, align="center_across")
        page.write(0, 0, title, across)
        for place in range(1, len(form.fields)):
            page.write_blank(0, place, None, across)
        line = _write_head(page, form, style, is_sample=is_sample)
        first = _write_captions(page, line, form, style)
        page.repeat_rows(line, first - 1)
        page.freeze_panes(first, min(2, len(form.fields) - 1))
        _write_body(page, first, form, style)
        guide = book.add_worksheet("填表说明")
        set_up_page(guide, setup)
        write_guide(guide, form, title, style)
        if lists := find_long_lists(form.fields):
            codes = book.add_worksheet(CODES)
            for place, choices in enumerate(lists.values()):
                codes.write_column(0, place, choices, style(num_format="@"))
            codes.hide()


def _width(field: Field) -> float:
    widest = max(map(text_width, (field.caption.rpartition("/")[2], *field.choices)))
    least = 16 if field.column.data_type.startswith("decimal") else 12
    is_long = field.column.person or field.column.attachment or field.column.name.endswith("_name")
    return min(max(widest + 4, least, 22 if is_long else 0), 30)


def _cell_look(field: Field) -> dict[str, Any]:
    """Keep codes as texts, so that no zero is lost, and show numbers and days as such."""
    column = field.column
    look = {"valign": "vcenter"}
    if column.percent == "written" or field.choices:
        return {**look, "num_format": "@"}
    if column.data_type == "date":
        return {**look, "num_format": "yyyy-mm" if column.precision else "yyyy-mm-dd"}
    if column.percent == "share":
        return {**look, "num_format": "0.00%"}
    if column.data_type.startswith("decimal"):
        scale = decimal_shape(column.data_type)[1]
        return {**look, "num_format": f"#,##0.{'0' * scale}" if scale else "#,##0"}
    return {**look, "num_format": "@" if column.data_type == "string" else "0"}


def _write_head(page: Any, form: Form, style: Style, *, is_sample: bool) -> int:
    """Write above the columns whose form it is, of when, and what is said for the whole sheet."""
    contract, settings = form.contract, form.settings
    period = f"　　期间：{form.stamp}" if form.stamp else ""
    where = f"行政区划：{settings.district} {settings.district_title}{period}"
    page.write(1, 0, where, style(**NOTE))
    if is_sample:
        page.write(2, 0, SAMPLE_MARK, style(**SAMPLE))
    line = 3
    if unit := unit_line(contract):
        page.write(2, len(form.fields) - 1, f"单位：{unit}", style(**NOTE, align="right"))
    labels = [column.preamble[0] for column in contract.columns if column.preamble]
    for label in labels:
        line = _write_labels(page, line, [label], len(form.fields), style)
    signed = list(contract.sign_off.values())
    others = [signer for signer in SIGNERS if signer not in signed]
    if any(word in label for label in signed for word in LIKE_A_DAY):
        others.remove(SIGNERS[-1])
    line = _write_labels(page, line, signed, len(form.fields), style)
    line = _write_labels(page, line, others, len(form.fields), style)
    hint = f"橙色的列{NEEDED}；每个对象一行，不留空行；不要改动列名。各列的要求见“填表说明”。"
    if any(field.column.person for field in form.fields):
        hint += "本表含个人信息，注意保密。"
    write_paragraph(page, line, hint, [*map(_width, form.fields)], style)
    return line + 1


def _write_labels(page: Any, line: int, labels: list[str], width: int, style: Style) -> int:
    """Write labels, each with the cell right of it to be filled in; give the next line."""
    across = max(width // 2, 1)
    for number, label in enumerate(labels):
        row, place = line + number // across, number % across * 2
        page.write(row, place, f"{label}：", style(**BODY, align="right", valign="vcenter"))
        is_day = any(word in label for word in LIKE_A_DAY)
        look = {**ASKED, "num_format": "yyyy-mm-dd"} if is_day else ASKED
        page.write_blank(row, place + 1, None, style(**look))
        page.set_row(row, LINE_HEIGHT + 5)
    return line + -(-len(labels) // across)


def _write_captions(page: Any, line: int, form: Form, style: Style) -> int:
    """Mark what is required, then write the header as the contract looks for it."""
    height = form.contract.read.header_rows or 1
    page.set_row(line, LINE_HEIGHT + 1)
    first = line + 1
    names = [_split_caption(field.caption, height) for field in form.fields]
    lines = [1] * height
    for place, field in enumerate(form.fields):
        look = style(**(NEEDED_CAPTION if field.need == NEEDED else CAPTION))
        mark = {**HEAD, "font_size": 9, "align": "center"}
        mark["font_color"] = "#C00000" if field.need == NEEDED else "#595959"
        page.write(line, place, field.need, style(**mark))
        parts = names[place]
        for level, part in enumerate(parts):
            last = level == len(parts) - 1
            lines[level] = max(lines[level], line_count(part, _width(field)) if last else 1)
            if last and level < height - 1:
                page.merge_range(first + level, place, first + height - 1, place, part, look)
            elif last or not _is_same_group(names, place, level):
                span = 1 if last else _span(names, place, level)
                if span > 1:
                    row = first + level
                    page.merge_range(row, place, row, place + span - 1, part, style(**CAPTION))
                else:
                    page.write(first + level, place, part, look)
    for level, count in enumerate(lines):
        page.set_row(first + level, LINE_HEIGHT * count + 8)
    return first + int(height)


def _split_caption(caption: str, height: int) -> list[str]:
    """Spread a caption of several levels over the rows of the header."""
    return caption.split("/", height - 1) if height > 1 else [caption]


def _is_same_group(names: list[list[str]], place: int, level: int) -> bool:
    """Whether the column before already stands under the same group."""
    before = names[place - 1] if place else []
    own = names[place][: level + 1]
    return len(before) > level + 1 and before[: level + 1] == own


def _span(names: list[list[str]], place: int, level: int) -> int:
    following = place + 1
    while following < len(names) and _is_same_group(names, following, level):
        following += 1
    return following - place


def _write_body(page: Any, first: int, form: Form, style: Style) -> None:
    """Check what is filled in, box the rows, and sum them up where the file must end so."""
    last_place, has_total = len(form.fields) - 1, form.contract.read.ends_with_totals
    rows = ROWS_BEFORE_TOTAL if has_total else ROWS
    lists = list(find_long_lists(form.fields))
    for place, field in enumerate(form.fields):
        rule = write_cell_rule(field, first, place, lists)
        page.data_validation(first, place, first + rows - 1, place, rule)

    def is_filled(line: int) -> str:
        return f"COUNTA($A{line + 1}:${name_column(last_place)}{line + 1})>0"

    for place, field in enumerate(form.fields):
        if field.need == NEEDED:
            cell = f"{name_column(place)}{first + 1}"
            criteria = f'=AND({cell}="",{is_filled(first)})'
            empty = {"type": "formula", "criteria": criteria, "format": style(bg_color="#F8C9C9")}
            page.conditional_format(first, place, first + rows - 1, place, empty)
    for line in range(first, first + BOXED):
        for place, field in enumerate(form.fields):
            page.write_blank(line, place, None, style(**{**_cell_look(field), **EDGES}))
    below = first + BOXED
    boxed = {"type": "formula", "criteria": f"={is_filled(below)}", "format": style(**EDGES)}
    page.conditional_format(below, 0, first + rows - 1, last_place, boxed)
    if has_total:
        _write_total(page, first, first + rows, form, style)


def _write_total(page: Any, first: int, line: int, form: Form, style: Style) -> None:
    """Write the row that sums up the rows above it, as the contract's check will."""
    totals = form.contract.read.totals
    assert totals
    places = {field.column.name: place for place, field in enumerate(form.fields)}
    unless = places.get(totals.unless or "")
    for place, field in enumerate(form.fields):
        names = (field.column.name, field.caption)
        look = style(**{**CAPTION, **_cell_look(field)})
        if totals.column in names:
            page.write(line, place, totals.labels[0], look)
        elif field.column.name in form.contract.summed:
            cells = _name_range(place, first, line)
            formula = f"=SUM({cells})"
            if unless is not None:
                formula += f'-SUMIF({_name_range(unless, first, line)},"是",{cells})'
            page.write_formula(line, place, formula, look, 0)
        else:
            page.write_blank(line, place, None, look)


def _name_range(place: int, first: int, line: int) -> str:
    column = name_column(place)
    return f"${column}${first + 1}:${column}${line}"
