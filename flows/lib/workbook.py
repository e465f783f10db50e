"""Write report.xlsx: one district's release as officials read and print it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter  # type: ignore[import-untyped]

from flows.lib.durable import write_durably

Row = Mapping[str, Any]
Key = tuple[Any, ...]
Style = Callable[..., Any]

CREATED = datetime(2000, 1, 1)  # a clock in the file would give other bytes every night
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
FONT = {"font_name": "微软雅黑", "font_family": 2, "font_charset": 134, "font_size": 10}
BOX = {"border": 1, "border_color": "#A6A6A6", "valign": "vcenter", "text_wrap": True}
CAPTION = {"bold": True, "bg_color": "#DCE6F1", "align": "center"}
LINK = {"font_color": "#1F4E9E", "underline": 1}
TEXT, WHOLE, CENTS = "@", "#,##0", "#,##0.00"
HEADER = 3  # the row of the captions; above it stand title, release and sample mark
LINE_HEIGHT = 15.5  # rows get their height here: not every program fits them to wrapped text
KEY = ("district_code", "evaluation_year", "indicator_id", "period", "dimension", "member")
HIDDEN = {"suppressed": "＊", "withheld": "不公开"}
WORDS = {
    "actual": "实际", "provisional": "暂定", "partial": "部分上报", "missing": "数据缺失",
    "not_applicable": "不涉及", "suppressed": "不公开(人数过少)", "withheld": "不得公开",
    "sum": "分子各行相加", "count": "计数", "count_distinct": "计数，同一对象只计一次",
    "ratio": "分子 ÷ 分母 × 乘数", "difference": "本期 − 上期", "weighted_mean": "加权平均",
    "growth": "（本期 − 上期）÷ 上期 × 乘数", "share_meeting": "达到要求的个数 ÷ 总个数 × 乘数",
    "entitlement": "逐校按人数和标准核定应拨额", "standard": "取当日有效的标准",
    "coefficient_of_variation": "差异系数：按在校生数加权的标准差 ÷ 平均数",
    "all_met": "各项全部达标方为达标", "attested": "部门认定", "statistical": "统计数据",
    "administrative": "行政记录", "numerator": "分子", "denominator": "分母", "input": "逐校依据",
    ">=": "≥", "<=": "≤", "=": "＝", ">= prior_year": "不低于上年", ">= indicator": "不低于对照指标",
}  # fmt: skip
COLOURS = {
    "#C6E7CE": ("达标",),
    "#F8C9C9": ("未达标", "数据缺失"),
    "#FFE3A3": ("无法判定", "暂定", "部分上报", "标准待核", "缺口", "退回"),
    "#E3E3E3": ("不适用", "无标准", "不涉及", "不公开(人数过少)", "不得公开", "不公开", "＊"),
}
FILLS = {word: colour for colour, words in COLOURS.items() for word in words}
WIDTHS = {
    "指标": {"章节": 9, "图号": 8, "标题": 24, "印出文字": 16, "数值": 15, "单位": 9, "状态": 10,
           "判定": 9, "标准值": 10, "距标准": 12, "分子": 15, "分母": 12, "期间": 12, "口径": 27,
           "说明": 20},
    "定义": {"指标编号": 15, "指标": 14, "计算方法": 19, "分子": 17, "分母": 17, "乘数": 7, "口径": 18,
           "标准": 18, "标准文件及文号": 20, "核实": 9, "依据": 12, "责任科室": 9, "数据类别": 9,
           "定义": 26, "定义版本": 9},
    "缺失与待核": {"图号": 8, "事项": 28, "状态": 18, "说明": 50, "缺失来源": 26, "已报/应报": 11,
              "搁置行数": 10, "搁置金额(元)": 15},
    "来源": {"类别": 7, "来源表": 21, "图号": 8, "名称": 26, "作用": 10, "期间": 12, "文件": 30,
           "sha256": 35, "行数": 9, "搁置行数": 10, "合计": 16, "责任科室": 13},
}  # fmt: skip


class Cell(NamedTuple):
    """A value that needs more than its type says: a number format, or a link and its tip."""

    value: Any
    number_format: str = TEXT
    link: str = ""
    tip: str = ""


class Release(NamedTuple):
    """The tables of one district and year, by the keys that join them."""

    district_code: str
    year: int
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
    sources, source_lines = _sources(release, manifest["deliveries"])
    definitions = [_definition(release, indicator) for indicator in release.indicators.values()]
    sheets = (_figures(release, source_lines), definitions, _missing(release, manifest), sources)
    content = BytesIO()
    with xlsxwriter.Workbook(content, OPTIONS) as book:
        book.set_properties({"title": manifest["title"], "created": CREATED})
        style = cache(partial(_style, book))
        for name, rows in zip(WIDTHS, sheets, strict=True):
            _write_sheet(book.add_worksheet(name), rows, manifest, style)
    write_durably(target, content.getvalue())


def _release(tables: Mapping[str, Sequence[Row]], district_code: str, year: int) -> Release:
    here = [row for row in tables["report_figures"] if _key(row)[:2] == (district_code, year)]
    figures = sorted(here, key=lambda row: (row["order_no"], row["part"]))
    values = {_key(row): row for row in tables["report_values"]}
    by_id = {row["indicator_id"]: row for row in tables["report_indicators"]}
    indicators = {row["indicator_id"]: by_id[row["indicator_id"]] for row in figures} | by_id
    evidence: dict[Key, list[Row]] = {}
    for row in tables["report_evidence"]:
        evidence.setdefault(_key(row), []).append(row)
    standards = tables["standards"]
    return Release(district_code, year, figures, values, indicators, evidence, standards)


def _key(row: Row) -> Key:
    return tuple(row[column] for column in KEY)


def _label(figure: Row) -> str:
    return f"{figure['figure_id']}({figure['part']})" if figure["part"] > 1 else figure["figure_id"]


def _lines(texts: Iterable[str], separator: str = "\n") -> str:
    return separator.join(dict.fromkeys(texts))


def _figures(release: Release, source_lines: Mapping[str, int]) -> list[list[Any]]:
    """List the figures in the order of the report, with links to definition and source."""
    lines = {indicator_id: line for line, indicator_id in enumerate(release.indicators, HEADER + 2)}
    rows = []
    for figure in release.figures:
        value, indicator = release.values[_key(figure)], release.indicators[figure["indicator_id"]]
        shown: Row = {} if value["state"] in HIDDEN else value
        form, source = _number_format(indicator), source_lines.get(_label(figure))
        number = value["value_text"] if value["value"] is None else value["value"]
        rows.append([
            figure["place"], _label(figure),
            Cell(figure["title_zh"], link=f"定义!A{lines[figure['indicator_id']]}", tip="看定义"),
            Cell(figure["text"], link=f"来源!A{source}" if source else "", tip="看来源"),
            Cell(HIDDEN.get(value["state"], number), form), value["unit"],
            WORDS[value["state"]], value["judgement"], Cell(value["standard_value"], form),
            Cell(shown.get("margin"), form), shown.get("numerator"), shown.get("denominator"),
            value["period"], indicator["population"], value["reason"],
        ])  # fmt: skip
    return rows


def _number_format(indicator: Row) -> str:
    whole = "0" if indicator["value_type"] == "percent" else WHOLE
    decimals = 2 if indicator["value_type"] == "money" else indicator["decimals"]
    return f"{whole}.{'0' * decimals}" if decimals else whole


def _definition(release: Release, indicator: Row) -> list[Any]:
    """Say in words how an indicator is measured and by which standard it is judged."""
    formula = WORDS.get(indicator["formula"], indicator["formula"])
    parts = [release.indicators[part["id"]]["title_zh"] for part in _components(indicator)]
    standards = _standards_in_force(release, indicator["standard_id"])
    is_verified = all(row["certainty"] == "verified" for row in standards)
    return [
        indicator["indicator_id"], indicator["title_zh"],
        f"{formula}。依据：{_lines(parts, '、')}" if parts else formula,
        indicator["numerator"], indicator["denominator"], indicator["multiplier"],
        indicator["population"], _lines(map(_standard, standards)),
        _lines(f"《{row['document']}》{row['document_number']}" for row in standards),
        None if is_verified else "标准待核", indicator["basis"], indicator["owner_office"],
        WORDS.get(indicator["data_class"], indicator["data_class"]),
        indicator["definition_zh"], indicator["definition_version"],
    ]  # fmt: skip


def _components(indicator: Row) -> list[dict[str, Any]]:
    return list(json.loads(indicator["components"] or "[]"))


def _standards_in_force(release: Release, standard_id: str | None) -> list[Row]:
    """Choose the standards that hold during the year, for each stage of the nearest region."""
    nearest: dict[str, tuple[int, list[Row]]] = {}
    for row in release.standards:
        region, until = row["region_code"].replace("CN", ""), str(row["valid_to"] or "9999")
        is_valid = str(row["valid_from"])[:4] <= str(release.year) <= until[:4]
        if row["standard_id"] == standard_id and release.district_code.startswith(region):
            length, rows = nearest.get(row["stage"], (0, []))
            if is_valid and len(region) >= length:
                same = rows if len(region) == length else []
                nearest[row["stage"]] = len(region), [*same, row]
    return [row for _, rows in nearest.values() for row in rows]


def _standard(row: Row) -> str:
    stage = "" if row["stage"] == "total" else f"{row['stage']} "
    value = "" if row["value"] in (None, "") else f"{Decimal(str(row['value'])).normalize():f}"
    sign = WORDS.get(row["comparison"], row["comparison"])
    return f"{stage}{sign}{value}{row['unit'] or ''}（{row['valid_from']}起）"


def _missing(release: Release, manifest: Mapping[str, Any]) -> list[list[Any]]:
    """List the figures that are not simply actual, then what else is missing or sent back."""
    titles = {delivery["source"]: delivery["title"] for delivery in manifest["deliveries"]}
    rows: list[list[Any]] = []
    for figure in release.figures:
        value = release.values[_key(figure)]
        if value["state"] in ("actual", "not_applicable"):
            continue
        sources = [name.split(" ") for name in json.loads(value["missing_sources"] or "[]")]
        units, shown = value["units_expected"], {} if value["state"] in HIDDEN else value
        rows.append([
            _label(figure), figure["title_zh"], WORDS[value["state"]], value["reason"],
            _lines(" ".join([titles.get(name, name), *period]) for name, *period in sources),
            f"{value['units_received']}/{units}" if units else None,
            shown.get("quarantined_rows"), Cell(shown.get("quarantined_amount"), CENTS),
        ])  # fmt: skip
    for kind, matter in (("gaps", "缺口"), ("rejections", "退回")):
        rows += [["—", None, matter, sentence, *[None] * 4] for sentence in manifest[kind]]
    return rows or [["—", None, None, "没有缺失、待核或退回的数据。", *[None] * 4]]


def _sources(release: Release, deliveries: Sequence[Row]) -> tuple[list[list[Any]], dict[str, int]]:
    """List the deliveries, then the evidence of each figure; say on which line a figure begins."""
    rows: list[list[Any]] = [[
        "收到", row["source"], None, row["title"], None, row["period"], row["original_name"],
        row["sha256"], row["rows_landed"], row["rows_quarantined"], None, row["owner_office"],
    ] for row in deliveries]  # fmt: skip
    begins: dict[str, int] = {}
    for figure in release.figures:
        keys = dict.fromkeys(_evidence_keys(release, _key(figure)))
        for row in (row for key in keys for row in release.evidence[key]):
            begins.setdefault(_label(figure), len(rows) + HEADER + 2)
            title = release.indicators[row["indicator_id"]]["title_zh"]
            rows.append([
                "依据", row["source"], _label(figure),
                title if row["member"] == "total" else f"{title}（{row['member']}）",
                WORDS.get(row["role"], row["role"]), row["period"], row["original_name"],
                row["sha256"], row["row_count"], None, row["measure_sum"], None,
            ])  # fmt: skip
    return rows, begins


def _evidence_keys(release: Release, key: Key) -> list[Key]:
    """Find the values whose rows a value rests on: its own, or those of its components."""
    if key not in release.values or release.values[key]["state"] in HIDDEN:
        return []
    if key in release.evidence:
        return [key]
    found = []
    for part in _components(release.indicators[key[2]]):
        years = re.sub(r"\d{4}", lambda year, by=part["year_offset"]: f"{int(year[0]) + by}", key[3])
        same = (*key[:2], part["id"], years, *key[4:])
        members = [other for other in release.values if other[:4] == same[:4]]
        for component in [same] if same in members or key[5] != "total" else members:
            found += _evidence_keys(release, component)
    return found


def _style(book: Any, **look: Any) -> Any:
    return book.add_format({**FONT, **look})


def _write_sheet(
    page: Any, rows: Sequence[Sequence[Any]], manifest: Mapping[str, Any], style: Style
) -> None:
    """Write the head, the captions and the rows of a sheet."""
    widths, sample = WIDTHS[page.name], "样例数据" if manifest["is_sample"] else ""
    district = f"{manifest['district_title']}（{manifest['district_code']}）"
    line = f"{district}　{manifest['evaluation_year']}年　发布 {manifest['release']}"
    _set_up_page(page, HEADER + len(rows), f"{manifest['title'][:80]}　{sample}")
    page.write_string(0, 0, f"{manifest['title']}　{page.name}", style(bold=True, font_size=15))
    page.write_string(1, 0, line, style())
    page.write_string(2, 0, sample, style(bold=True, font_color="#C00000"))
    for column, (caption, width) in enumerate(widths.items()):
        page.set_column(column, column, width)
        page.write_string(HEADER, column, caption, style(**BOX, **CAPTION))
    for number, row in enumerate(rows, HEADER + 1):
        lines = [_line_count(value, width) for value, width in zip(row, widths.values(), strict=True)]
        page.set_row(number, LINE_HEIGHT * max(lines) + 3)
        for column, value in enumerate(row):
            _write_cell(page, number, column, _cell(value), style)


def _set_up_page(page: Any, last_row: int, title: str) -> None:
    """Print on A4 across, one page wide, the head on every page; keep the head in view."""
    last_column = len(WIDTHS[page.name]) - 1
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.repeat_rows(0, HEADER)
    page.print_area(0, 0, last_row, last_column)
    page.set_footer(f"&L{title.replace('&', '&&')}&C{page.name}&R第 &P 页，共 &N 页")
    page.freeze_panes(HEADER + 1, 3)
    page.autofilter(HEADER, 0, last_row, last_column)
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _line_count(value: Any, width: float) -> int:
    """Count the lines that a text needs in a column; Chinese characters are two wide."""
    text = value.value if isinstance(value, Cell) else value
    parts = text.split("\n") if isinstance(text, str) else [""]
    return sum(max(1, ceil(len(part.encode("gb18030")) / (width - 1.5))) for part in parts)


def _cell(value: Any) -> Cell:
    """Give a bare value the look of its type."""
    if isinstance(value, Cell):
        return value
    if isinstance(value, str) or value is None:
        return Cell(value)
    return Cell(value, WHOLE if value == int(value) else CENTS)


def _write_cell(page: Any, row: int, column: int, cell: Cell, style: Style) -> None:
    fill = FILLS.get(cell.value)
    is_text = isinstance(cell.value, str)
    look = {"bg_color": fill, "align": "center"} if fill else {"indent": 1} if is_text else {}
    look |= LINK if cell.link else {}
    form = style(**BOX, num_format=TEXT if is_text else cell.number_format, **look)
    if cell.value is None or cell.value == "":
        page.write_blank(row, column, None, form)
    elif cell.link:
        page.write_url(row, column, f"internal:{cell.link}", form, cell.value, cell.tip)
    elif is_text:
        page.write_string(row, column, cell.value, form)
    else:
        page.write_number(row, column, float(cell.value), form)
