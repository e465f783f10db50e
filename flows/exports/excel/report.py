"""Write report.xlsx: one district's release as officials read and print it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from flows.common import excel
from flows.common.labels import HIDDEN, WORDS
from flows.common.settings import SAMPLE_MARK
from flows.exports.excel.cover import COVER, list_issues, write_cover
from flows.releases.tables import Key, ReleaseTables, Row, key_of, number_figure

WORKBOOK = "report.xlsx"
HEADER = 3  # the row of the captions; above it stand title, release and sample mark
LIBRARY = "schools.schools"  # shows which stages a district runs
COLUMNS: dict[str, dict[str, tuple[str, float]]] = {
    "指标": {
        "place": ("章节", 9), "label": ("图号", 7), "title": ("标题", 26),
        "text": ("印出文字", 15), "value": ("数值\n（单位见右列）", 16), "unit": ("单位", 11),
        "state": ("状态", 10), "judgement": ("判定", 9), "standard_value": ("标准值", 10),
        "margin": ("距标准", 13), "numerator": ("分子", 16), "denominator": ("分母", 12),
        "period": ("期间", 19), "reason": ("说明", 32),
    },
    "定义": {
        "label": ("图号", 7), "indicator_id": ("指标编号", 16), "title_zh": ("指标", 16),
        "definition_zh": ("定义", 28), "formula": ("计算方法", 20), "measures": ("分子与分母", 24),
        "population": ("口径", 18), "standard": ("标准", 22), "document": ("标准文件及文号", 20),
        "certainty": ("核实", 10), "basis": ("依据", 13), "owner_office": ("责任科室", 10),
    },
    "缺失与待核": {
        "label": ("图号", 8), "title": ("事项", 28), "state": ("状态", 18),
        "reason": ("说明", 52), "sources": ("缺失来源", 26), "units": ("已报/应报\n（单位数）", 11),
        "quarantined_rows": ("搁置\n（行）", 9), "quarantined_amount": ("搁置金额\n（元）", 16),
    },
    "来源": {
        "kind": ("类别", 7), "label": ("图号", 8), "title": ("名称", 27), "role": ("作用", 10),
        "source": ("来源表", 17), "period": ("期间", 19), "original_name": ("文件", 30),
        "sha256": ("sha256", 24), "rows_landed": ("计入\n（行）", 9),
        "rows_quarantined": ("搁置\n（行）", 8), "measure_sum": ("合计", 16),
        "owner_office": ("责任科室", 13),
    },
}  # fmt: skip
# What stands beside the sample mark of each sheet.
HINTS = {
    "指标": "点“图号”看定义，点“印出文字”看依据的文件，点“状态”看缺失与待核。",
    "定义": "点“图号”回到指标；一个指标在多处印出时，是最先的一处。",
    "缺失与待核": "不是“实际”的数，以及没有报送、退回的文件；点“图号”回到指标。",
    "来源": "先列收到的文件，后列每个数依据的文件；点“图号”回到指标。",
}


class Report(NamedTuple):
    """What the workbook shows of one district and year."""

    tables: ReleaseTables
    figures: Sequence[Row]
    indicators: Mapping[str, Row]  # those of the figures first
    standards: Sequence[Row]


def write_workbook(tables: ReleaseTables, manifest: Row, folder: Path) -> None:
    """Write the workbook of the manifest's district and year; the same input, the same bytes."""
    report = _report(tables, manifest["district_code"], manifest["evaluation_year"])
    places = _LinkTargets(report)
    sources = _sources(report, manifest["deliveries"], places)
    missing = _missing(report, manifest, places)
    definitions = [
        _definition(report, indicator, places) for indicator in report.indicators.values()
    ]
    sheets = _figures(report, places), definitions, missing, sources
    with excel.open_book(folder / WORKBOOK, manifest["title"]) as (book, style):
        values = [report.tables.values[key_of(figure)] for figure in report.figures]
        write_cover(book.add_worksheet(COVER), report.figures, values, manifest, style)
        for name, rows in zip(COLUMNS, sheets, strict=True):
            _write_sheet(book.add_worksheet(name), rows, manifest, style)


class _LinkTargets:
    """On which line of which sheet a figure or an indicator stands, for the links."""

    def __init__(self, report: Report) -> None:
        self.defined = _number_lines(report.indicators)
        self.figures = _number_lines(figure["label"] for figure in report.figures)
        self.printed: dict[str, str] = {}  # an indicator's first figure
        for figure in report.figures:
            self.printed.setdefault(figure["indicator_id"], figure["label"])
        self.sources: dict[str, int] = {}
        self.missing: dict[str, int] = {}

    def to_figure(self, label: str | None) -> str:
        """Say where a figure stands."""
        return f"'指标'!B{self.figures[label]}" if label in self.figures else ""


def _number_lines(names: Iterable[str]) -> dict[str | None, int]:
    return {name: line for line, name in enumerate(names, HEADER + 2)}


def _report(tables: ReleaseTables, district_code: str, year: int) -> Report:
    figures = [
        {**row, "label": number_figure(row)}
        for row in tables.figures
        if row["district_code"] == district_code
    ]
    printed_first = {row["indicator_id"]: tables.indicators[row["indicator_id"]] for row in figures}
    standards = [
        row
        for row in tables.standards
        if district_code.startswith(_region(row))
        and str(row["valid_from"])[:4] <= str(year) <= str(row["valid_to"] or "9999")[:4]
    ]
    indicators = {**printed_first, **tables.indicators}
    return Report(tables, figures, indicators, standards)


def _region(standard: Row) -> str:
    return str(standard["region_code"]).replace("CN", "")


def _join_lines(texts: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(texts))


def _figures(report: Report, places: _LinkTargets) -> list[Row]:
    """List the figures in the order of the report, with links to definition, source and gap."""
    rows: list[Row] = []
    for figure in report.figures:
        value, indicator = (
            report.tables.values[key_of(figure)],
            report.indicators[figure["indicator_id"]],
        )
        label, form = figure["label"], _number_format(indicator, value["value"], value["margin"])
        definition = _link("定义", places.defined[figure["indicator_id"]])
        words = HIDDEN.get(value["state"], value["value_text"])
        shown = words if value["value"] is None else value["value"]
        rows.append({
            **figure, **value,
            "label": excel.Cell(label, link=definition),
            "text": excel.Cell(figure["text"], link=_link("来源", places.sources.get(label)) or (
                definition if indicator["formula"] == "standard" else "")),
            "state": excel.Cell(WORDS[value["state"]],
                          link=_link("缺失与待核", places.missing.get(label))),
            "value": excel.Cell(shown, form), "margin": excel.Cell(value["margin"], form),
            "standard_value": excel.Cell(value["standard_value"], _number_format(indicator)),
        })  # fmt: skip
    return rows


def _link(sheet: str, line: int | None) -> str:
    return f"'{sheet}'!A{line}" if line else ""


def _number_format(
    indicator: Row, value: Decimal | None = None, margin: Decimal | None = None
) -> str:
    """Show the decimals of the indicator, and more where they are not the whole value.

    The report may cut where a sheet rounds; and a standard may be missed or met by a hair.
    """
    whole = "0" if indicator["value_type"] == "percent" else "#,##0"
    decimals = 2 if indicator["value_type"] == "money" else indicator["decimals"]
    if margin and abs(margin) < Decimal(10) ** -decimals / 2:
        decimals += 4
    elif value is not None and value != round(value, decimals):
        decimals += 2
    return f"{whole}.{'0' * decimals}" if decimals else whole


def _definition(report: Report, indicator: Row, places: _LinkTargets) -> Row:
    """Say in words how an indicator is measured and by which standard it is judged."""
    formula = WORDS.get(indicator["formula"], indicator["formula"])
    parts = dict.fromkeys(report.indicators[p["id"]]["title_zh"] for p in indicator["components"])
    rows = [row for row in report.standards if row["standard_id"] == indicator["standard_id"]]
    nearest = {row["stage"]: _region(row) for row in sorted(rows, key=_region)}
    standards = [row for row in rows if _region(row) == nearest[row["stage"]]]
    is_verified = all(row["certainty"] == "verified" for row in standards)
    measures = [f"{WORDS[role]}：{name}" for role in ("numerator", "denominator")
                if (name := indicator[role])]  # fmt: skip
    if indicator["multiplier"] not in (None, "1"):
        measures.append(f"乘数：{indicator['multiplier']}")
    printed = places.printed.get(indicator["indicator_id"])
    return {
        **indicator,
        "label": excel.Cell(printed, link=places.to_figure(printed)) if printed else None,
        "indicator_id": f"{indicator['indicator_id']}\n{indicator['definition_version']}",
        "formula": f"{formula}。依据：{'、'.join(parts)}" if parts else formula,
        "measures": _join_lines(measures),
        "standard": _join_lines(map(_standard, standards)),
        "document": _join_lines(
            f"《{row['document']}》{row['document_number']}" for row in standards
        ),
        "certainty": None if is_verified else "标准待核",
    }


def _standard(row: Row) -> str:
    stage = "" if row["stage"] == "total" else f"{row['stage']} "
    value = "" if row["value"] in (None, "") else f"{Decimal(str(row['value'])).normalize():f}"
    sign = WORDS.get(row["comparison"], row["comparison"])
    return f"{stage}{sign}{value}{row['unit'] or ''}（{row['valid_from']}起）"


def _missing(report: Report, manifest: Row, places: _LinkTargets) -> list[Row]:
    """List the figures that are not simply actual, then what else is missing or sent back."""
    titles = {name: entry["title"] for name, entry in manifest["contracts"].items()}
    rows: list[Row] = []
    for figure in report.figures:
        value = report.tables.values[key_of(figure)]
        sources = [name.split(" ") for name in json.loads(value["missing_sources"] or "[]")]
        names = (" ".join([titles.get(name, name), *period]) for name, *period in sources)
        units = f"{value['units_received']}/{value['units_expected']}"
        if value["state"] not in ("actual", "not_applicable"):
            places.missing[figure["label"]] = len(rows) + HEADER + 2
            rows.append({
                **figure, **value, "state": WORDS[value["state"]], "sources": _join_lines(names),
                "label": excel.Cell(figure["label"], link=places.to_figure(figure["label"])),
                "units": units if value["units_expected"] else None,
                "quarantined_rows": value["quarantined_rows"] or None,
                "quarantined_amount": excel.Cell(value["quarantined_amount"] or None, "#,##0.00"),
            })  # fmt: skip
    rows += [{"state": kind, "reason": sentence} for kind, sentence in list_issues(manifest)]
    return rows or [{"reason": "没有缺失、待核或退回的数据。"}]


def _sources(report: Report, deliveries: Sequence[Row], places: _LinkTargets) -> list[Row]:
    """List the deliveries, then the evidence of each figure."""
    rows: list[Row] = [
        {**row, "kind": "收到", "period": WORDS.get(row["period"], row["period"])}
        for row in deliveries
    ]
    for figure in report.figures:
        label = figure["label"]
        keys = dict.fromkeys(_evidence_keys(report.tables, key_of(figure)))
        places.sources[label] = len(rows) + HEADER + 2
        if report.tables.values[key_of(figure)]["state"] == "not_applicable":
            rows += [
                {**row, "kind": "依据", "label": excel.Cell(label, link=places.to_figure(label)),
                 "role": "无此学段", "period": WORDS["standing"], "sha256": row["sha256"][:12]}
                for row in deliveries if row["source"] == LIBRARY
            ]  # fmt: skip
        for row in (row for key in keys for row in report.tables.evidence[key]):
            title = report.indicators[row["indicator_id"]]["title_zh"]
            rows.append({
                **row, "kind": "依据", "rows_landed": row["row_count"],
                "label": excel.Cell(label, link=places.to_figure(label)),
                "title": title if row["member"] == "total" else f"{title}（{row['member']}）",
                "role": WORDS.get(row["role"], row["role"]), "sha256": row["sha256"][:12],
            })  # fmt: skip
        if places.sources[label] == len(rows) + HEADER + 2:
            del places.sources[label]
    return rows


def _evidence_keys(tables: ReleaseTables, key: Key) -> list[Key]:
    """Find the values whose rows a value rests on: its own, or those of its components."""
    value = tables.values[key]
    if value["state"] in HIDDEN:
        return []
    if key in tables.evidence:
        return [key]
    parts = tables.parts_of(value)
    return [found for part in parts for found in _evidence_keys(tables, key_of(part))]


def _write_sheet(page: Any, rows: Sequence[Row], manifest: Row, style: excel.Style) -> None:
    columns = COLUMNS[page.name]
    district = f"{manifest['district_title']}（{manifest['district_code']}）"
    line = f"{district}　{manifest['evaluation_year']}年　发布 {manifest['release']}"
    excel.set_up_page(page, manifest)
    page.repeat_rows(0, HEADER)
    page.freeze_panes(HEADER + 1, 3)
    page.autofilter(HEADER, 0, HEADER + len(rows), len(columns) - 1)
    page.set_row(0, 26)
    page.write(0, 0, f"{manifest['title']}　{page.name}", style(**excel.TITLE))
    page.write(1, 0, f"{line}　　{HINTS[page.name]}", style(**excel.NOTE))
    page.write(2, 0, SAMPLE_MARK if manifest["is_sample"] else "", style(**excel.SAMPLE))
    page.set_row(HEADER, excel.LINE_HEIGHT * 2 + 3)
    heights = [1] * len(rows)
    for column, (name, (caption, least)) in enumerate(columns.items()):
        cells = [excel.as_cell(row.get(name)) for row in rows]
        width = max([least, *map(excel.least_width, cells)])
        page.set_column(column, column, width)
        page.write(HEADER, column, caption, style(**excel.CAPTION))
        for number, cell in enumerate(cells):
            excel.write_cell(page, HEADER + 1 + number, column, cell, style)
            heights[number] = max(heights[number], excel.line_count(cell.value, width))
    for number, height in enumerate(heights, HEADER + 1):
        page.set_row(number, excel.LINE_HEIGHT * height + 3)
