"""Write report.xlsx: one district's release as officials read and print it."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter

from flows.lib.durable import write_durably
from flows.lib.times import shifted
from flows.lib.workbook_words import COLUMNS, FILLS, WORDS

Row = Mapping[str, Any]
Key = tuple[Any, ...]

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
FONT = {"font_name": "微软雅黑", "font_family": 2, "font_charset": 134, "font_size": 10}
BOX = {"border": 1, "border_color": "#A6A6A6", "valign": "vcenter", "text_wrap": True}
CAPTION = {"bold": True, "bg_color": "#DCE6F1", "align": "center"}
INDENT = {"indent": 1}
LINK = {"font_color": "#1F4E9E", "underline": 1}
HEADER = 3  # the row of the captions; above it stand title, release and sample mark
LINE_HEIGHT = 16.5  # rows get their height here: not every program fits them to wrapped text
KEY = ("district_code", "evaluation_year", "indicator_id", "period", "dimension", "member")
HIDDEN = {"suppressed": "＊", "withheld": "不公开"}
NUMBERS = ("value", "numerator", "denominator", "margin", "quarantined_rows", "quarantined_amount")


class Cell(NamedTuple):
    """A value that needs more than its type says: a number format, or a place that it leads to."""

    value: Any
    number_format: str = ""
    link: str = ""


class Release(NamedTuple):
    """The tables of one district and year, by the keys that join them."""

    figures: Sequence[Row]
    values: Mapping[Key, Row]
    indicators: Mapping[str, Row]
    evidence: Mapping[Key, Sequence[Row]]
    standards: Sequence[Row]


def write_workbook(
    target: Path, tables: Mapping[str, Sequence[Row]], manifest: Mapping[str, Any]
) -> None:
    """Write the workbook of the manifest's district and year; the same input, the same bytes."""
    release = _release(tables, manifest["district_code"], manifest["evaluation_year"])
    sources, lines = _sources(release, manifest["deliveries"])
    definitions = [_definition(release, indicator) for indicator in release.indicators.values()]
    sheets = _figures(release, lines), definitions, _missing(release, manifest), sources
    content = BytesIO()
    with xlsxwriter.Workbook(content, OPTIONS) as book:
        # A clock in the file would give other bytes every night.
        book.set_properties({"title": manifest["title"], "created": datetime(2000, 1, 1)})
        style = cache(lambda **look: book.add_format({**FONT, **look}))
        for name, rows in zip(COLUMNS, sheets, strict=True):
            _write_sheet(book.add_worksheet(name), rows, manifest, style)
    write_durably(target, content.getvalue())


def _release(tables: Mapping[str, Sequence[Row]], district_code: str, year: int) -> Release:
    figures = [
        {**row, "label": row["figure_id"] + (f"({row['part']})" if row["part"] > 1 else "")}
        for row in sorted(tables["report_figures"], key=lambda row: (row["order_no"], row["part"]))
        if _key(row)[:2] == (district_code, year)
    ]
    values = {_key(row): _without_hidden(row) for row in tables["report_values"]}
    by_id = {
        row["indicator_id"]: {**row, "components": json.loads(row["components"] or "[]")}
        for row in tables["report_indicators"]
    }
    printed_first = {row["indicator_id"]: by_id[row["indicator_id"]] for row in figures}
    evidence: dict[Key, list[Row]] = {}
    for row in tables["report_evidence"]:
        evidence.setdefault(_key(row), []).append(row)
    standards = [
        row
        for row in tables["standards"]
        if district_code.startswith(_region(row))
        and str(row["valid_from"])[:4] <= str(year) <= str(row["valid_to"] or "9999")[:4]
    ]
    return Release(figures, values, printed_first | by_id, evidence, standards)


def _key(row: Row) -> Key:
    return tuple(row[column] for column in KEY)


def _without_hidden(value: Row) -> Row:
    sign = HIDDEN.get(value["state"])
    return {**value, **dict.fromkeys(NUMBERS), "value_text": sign} if sign else value


def _region(standard: Row) -> str:
    return str(standard["region_code"]).replace("CN", "")


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(texts))


def _figures(release: Release, source_lines: Mapping[str, int]) -> list[Row]:
    """List the figures in the order of the report, with links to definition and source."""
    lines = {indicator_id: line for line, indicator_id in enumerate(release.indicators, HEADER + 2)}
    rows: list[Row] = []
    for figure in release.figures:
        value, indicator = release.values[_key(figure)], release.indicators[figure["indicator_id"]]
        line, form = source_lines.get(figure["label"]), _number_format(indicator, value["margin"])
        shown = value["value_text"] if value["value"] is None else value["value"]
        rows.append({
            **figure, **value, "state": WORDS[value["state"]],
            "population": indicator["population"],
            "label": Cell(figure["label"], link=f"定义!A{lines[figure['indicator_id']]}"),
            "text": Cell(figure["text"], link=f"来源!A{line}" if line else ""),
            "value": Cell(shown, form), "margin": Cell(value["margin"], form),
            "standard_value": Cell(value["standard_value"], _number_format(indicator)),
        })  # fmt: skip
    return rows


def _number_format(indicator: Row, margin: Decimal | None = None) -> str:
    """Show the decimals of the indicator, or more where a standard is missed or met by a hair."""
    whole = "0" if indicator["value_type"] == "percent" else "#,##0"
    decimals = 2 if indicator["value_type"] == "money" else indicator["decimals"]
    if margin and abs(margin) < Decimal(10) ** -decimals / 2:
        decimals += 4
    return f"{whole}.{'0' * decimals}" if decimals else whole


def _definition(release: Release, indicator: Row) -> Row:
    """Say in words how an indicator is measured and by which standard it is judged."""
    formula = WORDS.get(indicator["formula"], indicator["formula"])
    parts = dict.fromkeys(release.indicators[p["id"]]["title_zh"] for p in indicator["components"])
    rows = [row for row in release.standards if row["standard_id"] == indicator["standard_id"]]
    nearest = {row["stage"]: _region(row) for row in sorted(rows, key=_region)}
    standards = [row for row in rows if _region(row) == nearest[row["stage"]]]
    is_verified = all(row["certainty"] == "verified" for row in standards)
    return {
        **indicator,
        "formula": f"{formula}。依据：{'、'.join(parts)}" if parts else formula,
        "standard": _lines(map(_standard, standards)),
        "document": _lines(f"《{row['document']}》{row['document_number']}" for row in standards),
        "certainty": None if is_verified else "标准待核",
        "data_class": WORDS.get(indicator["data_class"], indicator["data_class"]),
    }


def _standard(row: Row) -> str:
    stage = "" if row["stage"] == "total" else f"{row['stage']} "
    value = "" if row["value"] in (None, "") else f"{Decimal(str(row['value'])).normalize():f}"
    sign = WORDS.get(row["comparison"], row["comparison"])
    return f"{stage}{sign}{value}{row['unit'] or ''}（{row['valid_from']}起）"


def _missing(release: Release, manifest: Mapping[str, Any]) -> list[Row]:
    """List the figures that are not simply actual, then what else is missing or sent back."""
    titles = {delivery["source"]: delivery["title"] for delivery in manifest["deliveries"]}
    rows: list[Row] = []
    for figure in release.figures:
        value = release.values[_key(figure)]
        sources = [name.split(" ") for name in json.loads(value["missing_sources"] or "[]")]
        names = (" ".join([titles.get(name, name), *period]) for name, *period in sources)
        units = f"{value['units_received']}/{value['units_expected']}"
        if value["state"] not in ("actual", "not_applicable"):
            rows.append({
                **figure, **value, "state": WORDS[value["state"]], "sources": _lines(names),
                "units": units if value["units_expected"] else None,
                "quarantined_amount": Cell(value["quarantined_amount"], "#,##0.00"),
            })  # fmt: skip
    for kind, matter in (("gaps", "缺口"), ("rejections", "退回")):
        rows += [{"state": matter, "reason": sentence} for sentence in manifest[kind]]
    return rows or [{"reason": "没有缺失、待核或退回的数据。"}]


def _sources(release: Release, deliveries: Sequence[Row]) -> tuple[list[Row], dict[str, int]]:
    """List the deliveries, then the evidence of each figure; say on which line a figure begins."""
    rows: list[Row] = [
        {**row, "kind": "收到", "period": WORDS.get(row["period"], row["period"])}
        for row in deliveries
    ]
    begins: dict[str, int] = {}
    for figure in release.figures:
        keys = dict.fromkeys(_evidence_keys(release, _key(figure)))
        for row in (row for key in keys for row in release.evidence[key]):
            begins.setdefault(figure["label"], len(rows) + HEADER + 2)
            title = release.indicators[row["indicator_id"]]["title_zh"]
            rows.append({
                **row, "kind": "依据", "label": figure["label"], "rows_landed": row["row_count"],
                "title": title if row["member"] == "total" else f"{title}（{row['member']}）",
                "role": WORDS.get(row["role"], row["role"]),
            })  # fmt: skip
    return rows, begins


def _evidence_keys(release: Release, key: Key) -> list[Key]:
    """Find the values whose rows a value rests on: its own, or those of its components."""
    if key not in release.values or release.values[key]["state"] in HIDDEN:
        return []
    found = [key] if key in release.evidence else []
    for part in [] if found else release.indicators[key[2]]["components"]:
        period = shifted(key[3], int(part["year_offset"]))
        same = (*key[:2], part["id"], period, *key[4:])
        members = [other for other in release.values if other[:4] == same[:4]]
        for component in [same] if same in members or key[5] != "total" else members:
            found += _evidence_keys(release, component)
    return found


def _write_sheet(
    page: Any, rows: Sequence[Row], manifest: Mapping[str, Any], style: Callable[..., Any]
) -> None:
    columns, sample = COLUMNS[page.name], "样例数据" if manifest["is_sample"] else ""
    district = f"{manifest['district_title']}（{manifest['district_code']}）"
    line = f"{district}　{manifest['evaluation_year']}年　发布 {manifest['release']}"
    _set_up_page(page, HEADER + len(rows), f"{manifest['title'][:80]}　{sample}")
    page.write(0, 0, f"{manifest['title']}　{page.name}", style(bold=True, font_size=15))
    page.write(1, 0, line, style())
    page.write(2, 0, sample, style(bold=True, font_color="#C00000"))
    heights = [1] * len(rows)
    for column, (name, (caption, least)) in enumerate(columns.items()):
        cells = [_cell(row.get(name)) for row in rows]
        width = max([least, *map(_number_width, cells)])
        page.set_column(column, column, width)
        page.write(HEADER, column, caption, style(**BOX, **CAPTION))
        for number, cell in enumerate(cells):
            _write_cell(page, HEADER + 1 + number, column, cell, style)
            heights[number] = max(heights[number], _line_count(cell, width))
    for number, height in enumerate(heights, HEADER + 1):
        page.set_row(number, LINE_HEIGHT * height)


def _set_up_page(page: Any, last_row: int, title: str) -> None:
    """Print on A4 across, one page wide, the head on every page; keep the head in view."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.repeat_rows(0, HEADER)
    page.set_footer(f"&L{title.replace('&', '&&')}&C{page.name}&R第 &P 页，共 &N 页")
    page.freeze_panes(HEADER + 1, 3)
    page.autofilter(HEADER, 0, last_row, len(COLUMNS[page.name]) - 1)
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _cell(content: Any) -> Cell:
    """Give what stands bare in a row the look of its type."""
    if isinstance(content, Cell):
        return content
    if isinstance(content, str) or content is None:
        return Cell(content)
    return Cell(content, "#,##0" if content == int(content) else "#,##0.00")


def _number_width(cell: Cell) -> float:
    """Say how wide a number stands; in a narrower column it would be shown as ###."""
    if isinstance(cell.value, str) or cell.value is None:
        return 0
    decimals = len(cell.number_format.partition(".")[2])
    return len(f"{cell.value:,.{decimals}f}") * 1.15 + 1


def _line_count(cell: Cell, width: float) -> int:
    """Count the lines that a text needs in a column; Chinese characters are two wide."""
    parts = cell.value.split("\n") if isinstance(cell.value, str) else [""]
    return sum(max(1, ceil(len(part.encode("gb18030")) / (width - 1))) for part in parts)


def _write_cell(page: Any, row: int, column: int, cell: Cell, style: Callable[..., Any]) -> None:
    """Write a text as text, whatever it begins with, and a number as a number."""
    is_text, fill = isinstance(cell.value, str), FILLS.get(cell.value)
    look = {**BOX, "num_format": "@" if is_text else cell.number_format}
    if is_text:
        look |= {"bg_color": fill, "align": "center"} if fill else INDENT
    if cell.link:
        page.write_url(row, column, f"internal:{cell.link}", style(**look, **LINK), cell.value)
    else:
        page.write(row, column, cell.value, style(**look))
