"""Write report.xlsx: one district's release as officials read and print it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from flows.common import excel
from flows.common.clock import day_of
from flows.common.labels import HIDDEN, WORDS
from flows.common.settings import SAMPLE_MARK
from flows.exports.excel.cover import COVER, list_issues, write_cover
from flows.releases.tables import Key, ReleaseTables, Row, key_of, number_figure

WORKBOOK = "report.xlsx"
HEADER = 3  # the row of the captions; above it stand title, release and sample mark
DOUBTED = "标准待核"
LIBRARY = "schools.schools"  # shows which stages a district runs
# What is read and printed, then what only engineers need: seven columns at most, so that nothing is
# printed below nine points.
COLUMNS: dict[str, dict[str, tuple[str, float]]] = {
    "指标": {
        "label": ("图号", 8), "title": ("标题", 30), "text": ("印出文字", 17),
        "state": ("状态", 17), "judgement": ("判定", 10), "standard": ("标准与距离", 20),
        "reason": ("说明", 23),
    },
    "定义": {
        "label": ("图号", 8), "title_zh": ("指标", 17), "definition_zh": ("定义与口径", 33),
        "formula": ("计算方法", 19), "standard": ("标准", 20), "document": ("文件及文号、依据", 18),
        "owner_office": ("责任科室", 10),
    },
    "缺失与待核": {
        "label": ("图号", 8), "title": ("事项", 22), "state": ("状态", 17),
        "reason": ("说明", 38), "sources": ("缺失来源", 17), "units": ("已报/应报\n（单位数）", 10),
        "quarantined": ("搁置", 13),
    },
    "收到的文件": {
        "title": ("来源", 20), "period": ("期间", 17), "original_name": ("文件", 40),
        "rows_landed": ("计入\n（行）", 9), "rows_quarantined": ("搁置\n（行）", 8),
        "received": ("收到", 12), "owner_office": ("责任科室", 19),
    },
    "依据": {
        "label": ("图号", 8), "title": ("名称", 30), "role": ("作用", 10), "period": ("期间", 17),
        "original_name": ("文件", 26), "row_count": ("计入\n（行）", 9),
        "measure_sum": ("合计", 19),
    },
    "数值": {
        "label": ("图号", 8), "value": ("数值\n（单位见右列）", 22), "unit": ("单位", 11),
        "numerator": ("分子", 22), "denominator": ("分母", 18), "margin": ("距标准", 18),
        "period": ("期间", 19),
    },
    "代码": {
        "label": ("图号", 8), "indicator_id": ("指标编号", 36), "definition_version": ("版本", 14),
        "numerator": ("分子", 28), "denominator": ("分母", 25), "multiplier": ("乘数", 6),
        "data_class": ("类别", 8),
    },
    "校验": {
        "original_name": ("文件", 35), "source": ("来源表", 22), "sha256": ("sha256", 68),
    },
}  # fmt: skip
# What stands beside the sample mark of each sheet.
HINTS = {
    "指标": "点“图号”看定义，点“印出文字”看依据的文件，点“状态”看缺失与待核。",
    "定义": "点“图号”回到指标；一个指标在多处印出时，是最先的一处。",
    "缺失与待核": "不是“实际”的数，以及没有报送、退回的文件；点“图号”回到指标。",
    "收到的文件": "本次发布在用的文件。",
    "依据": "每个数依据的文件；点“图号”回到指标。",
    "数值": "未取整的数，供核对和再计算；金额一律以元计，百分比以百分点计。",
    "代码": "指标在数据仓库中的编号和计算语句的版本，供工程师核对。",
    "校验": "在用文件的校验和，供工程师核对。",
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
    evidence = _evidence(report, manifest["deliveries"], places)
    missing = _missing(report, manifest, places)
    sheets = {
        "指标": _figures(report, places),
        "定义": [_definition(report, row, places) for row in report.indicators.values()],
        "缺失与待核": missing,
        "收到的文件": [_received(row) for row in manifest["deliveries"]],
        "依据": evidence,
        "数值": _numbers(report, places),
        "代码": [_codes(row, places) for row in report.indicators.values()],
        "校验": manifest["deliveries"],
    }
    with excel.open_book(folder / WORKBOOK, manifest["title"]) as (book, style):
        values = [report.tables.values[key_of(figure)] for figure in report.figures]
        write_cover(book.add_worksheet(COVER), report.figures, values, manifest, style)
        for name in COLUMNS:
            _write_sheet(book.add_worksheet(name), sheets[name], manifest, style)


class _LinkTargets:
    """On which line of which sheet a figure or an indicator stands, for the links."""

    def __init__(self, report: Report) -> None:
        self.defined = _number_lines(report.indicators)
        self.figures = _number_lines(figure["label"] for figure in report.figures)
        self.printed: dict[str, str] = {}  # an indicator's first figure
        for figure in report.figures:
            self.printed.setdefault(figure["indicator_id"], figure["label"])
        self.evidence: dict[str, int] = {}
        self.missing: dict[str, int] = {}

    def to_figure(self, label: str | None) -> str:
        """Say where a figure stands."""
        return f"'指标'!A{self.figures[label]}" if label in self.figures else ""


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
    """List the figures in the order of the report, with links to definition, evidence and gap."""
    rows: list[Row] = []
    for figure in report.figures:
        value = report.tables.values[key_of(figure)]
        indicator = report.indicators[figure["indicator_id"]]
        label = figure["label"]
        definition = _link("定义", places.defined[figure["indicator_id"]])
        evidence = _link("依据", places.evidence.get(label))
        rests_on = evidence or (definition if indicator["formula"] == "standard" else "")
        missing = _link("缺失与待核", places.missing.get(label))
        rows.append({
            **figure, **value,
            "label": excel.Cell(label, link=definition),
            "text": excel.Cell(figure["text"], link=rests_on),
            "state": excel.Cell(WORDS[value["state"]], link=missing),
            "standard": _distance(value, indicator),
        })  # fmt: skip
    return rows


def _distance(value: Row, indicator: Row) -> str | None:
    """Say which standard a value has and how far from it it is; percentages in 百分点."""
    if value["standard_value"] is None:
        return None
    unit = value["unit"] or ""
    lines = [f"标准 {_write(value['standard_value'], _number_format(indicator))}{unit}"]
    if value["margin"] is not None:
        shape = _number_format(indicator, value["value"], value["margin"])
        distance = "个百分点" if unit == "%" else unit
        sign = "+" if value["margin"] > 0 else ""
        lines.append(f"距标准 {sign}{_write(value['margin'], shape)}{distance}")
    return "\n".join(lines)


def _write(number: Decimal, number_format: str) -> str:
    decimals = len(number_format.partition(".")[2])
    return f"{number:{',' if ',' in number_format else ''}.{decimals}f}"


def _numbers(report: Report, places: _LinkTargets) -> list[Row]:
    """List the figures' values as numbers, neither scaled nor cut."""
    rows: list[Row] = []
    for figure in report.figures:
        value = report.tables.values[key_of(figure)]
        indicator = report.indicators[figure["indicator_id"]]
        shape = _number_format(indicator, value["value"], value["margin"])
        words = HIDDEN.get(value["state"], value["value_text"])
        rows.append({
            **value,
            "label": excel.Cell(figure["label"], link=places.to_figure(figure["label"])),
            "value": excel.Cell(words if value["value"] is None else value["value"], shape),
            "margin": excel.Cell(value["margin"], shape),
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
    formula = str(WORDS.get(indicator["formula"], indicator["formula"]))
    parts = dict.fromkeys(report.indicators[p["id"]]["title_zh"] for p in indicator["components"])
    rows = [row for row in report.standards if row["standard_id"] == indicator["standard_id"]]
    nearest = {row["stage"]: _region(row) for row in sorted(rows, key=_region)}
    standards = [row for row in rows if _region(row) == nearest[row["stage"]]]
    is_verified = all(row["certainty"] == "verified" for row in standards)
    if indicator["multiplier"] not in (None, "1"):
        formula = formula.replace("乘数", indicator["multiplier"])
    printed = places.printed.get(indicator["indicator_id"])
    population = indicator["population"]
    documents = [f"《{row['document']}》{row['document_number']}" for row in standards]
    return {
        **indicator,
        "label": _to_printed(printed, places),
        "definition_zh": _join_lines(
            filter(None, (indicator["definition_zh"], population and f"口径：{population}"))
        ),
        "formula": f"{formula}。依据：{'、'.join(parts)}" if parts else formula,
        "standard": _join_lines(
            [*map(_standard, standards), *([] if is_verified else ["标准待核"])]
        ),
        "document": _join_lines(filter(None, (*documents, indicator["basis"]))),
    }


def _to_printed(printed: str | None, places: _LinkTargets) -> excel.Cell | None:
    return excel.Cell(printed, link=places.to_figure(printed)) if printed else None


def _codes(indicator: Row, places: _LinkTargets) -> Row:
    """Give the names by which the warehouse knows an indicator."""
    printed = places.printed.get(indicator["indicator_id"])
    data_class = WORDS.get(indicator["data_class"], indicator["data_class"])
    return {**indicator, "label": _to_printed(printed, places), "data_class": data_class}


def _received(delivery: Row) -> Row:
    """Say of a file which period it is for and when it came."""
    return {
        **delivery,
        "period": WORDS.get(delivery["period"], delivery["period"]),
        "received": day_of(delivery["received_at"]).isoformat(),
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
                "quarantined": _write_quarantined(value),
            })  # fmt: skip
    rows += [{"state": kind, "reason": sentence} for kind, sentence in list_issues(manifest)]
    return rows or [{"reason": "没有缺失、待核或退回的数据。"}]


def _write_quarantined(value: Row) -> str | None:
    """Say how many rows are in quarantine, and what they add up to."""
    if not value["quarantined_rows"]:
        return None
    amount = value["quarantined_amount"]
    return f"{value['quarantined_rows']:,}行" + (f"\n{amount:,.2f}元" if amount else "")


def _evidence(report: Report, deliveries: Sequence[Row], places: _LinkTargets) -> list[Row]:
    """List the files on which each figure rests, with their rows and sums."""
    rows: list[Row] = []
    for figure in report.figures:
        label = figure["label"]
        head = {"label": excel.Cell(label, link=places.to_figure(label))}
        keys = dict.fromkeys(_evidence_keys(report.tables, key_of(figure)))
        first = len(rows)
        if report.tables.values[key_of(figure)]["state"] == "not_applicable":
            rows += [
                {**row, **head, "role": "无此学段", "period": WORDS["standing"],
                 "row_count": row["rows_landed"]}
                for row in deliveries if row["source"] == LIBRARY
            ]  # fmt: skip
        for row in (row for key in keys for row in report.tables.evidence[key]):
            title = report.indicators[row["indicator_id"]]["title_zh"]
            rows.append({
                **row, **head,
                "title": title if row["member"] == "total" else f"{title}（{row['member']}）",
                "role": WORDS.get(row["role"], row["role"]),
            })  # fmt: skip
        if len(rows) > first:
            places.evidence[label] = first + HEADER + 2
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
    page.freeze_panes(HEADER + 1, 2)
    page.autofilter(HEADER, 0, HEADER + len(rows), len(columns) - 1)
    page.set_row(0, 26)
    page.write(0, 0, f"{manifest['title']}　{page.name}", style(**excel.TITLE))
    page.write(1, 0, f"{line}　　{HINTS[page.name]}", style(**excel.NOTE))
    page.write(2, 0, SAMPLE_MARK if manifest["is_sample"] else "", style(**excel.SAMPLE))
    page.set_row(HEADER, excel.LINE_HEIGHT * 2 + 3)
    heights = [1] * len(rows)
    table = [[excel.as_cell(row.get(name)) for row in rows] for name in columns]
    widths = excel.fit_widths([least for _, least in columns.values()], table)
    described = zip(columns.values(), table, widths, strict=True)
    for column, ((caption, _), cells, width) in enumerate(described):
        page.set_column(column, column, width)
        page.write(HEADER, column, caption, style(**excel.CAPTION))
        for number, cell in enumerate(cells):
            excel.write_cell(page, HEADER + 1 + number, column, cell, style)
            heights[number] = max(heights[number], excel.line_count(cell.value, width))
    for number, height in enumerate(heights, HEADER + 1):
        page.set_row(number, excel.LINE_HEIGHT * height + 3)
