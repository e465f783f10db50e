"""Write report.xlsx: one district's release as officials read and print it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from flows.common.excel import (
    CAPTION,
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
    open_book,
    set_up_page,
    write_cell,
)
from flows.common.labels import HIDDEN, WORDS
from flows.common.settings import SAMPLE_MARK
from flows.contracts.periods import shifted
from flows.exports.excel.cover import COVER, matters_of, write_cover
from flows.exports.excel.layout import COLUMNS, HINTS

Key = tuple[Any, ...]

HEADER = 3  # the row of the captions; above it stand title, release and sample mark
KEY = ("district_code", "evaluation_year", "indicator_id", "period", "dimension", "member")
LIBRARY = "schools.schools"  # shows which stages a district runs
NUMBERS = ("value", "numerator", "denominator", "margin", "quarantined_rows", "quarantined_amount")


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
    places = _Places(release)
    sources = _sources(release, manifest["deliveries"], places)
    missing = _missing(release, manifest, places)
    definitions = [_definition(release, one, places) for one in release.indicators.values()]
    sheets = _figures(release, places), definitions, missing, sources
    with open_book(target, manifest["title"]) as (book, style):
        values = [release.values[_key(figure)] for figure in release.figures]
        write_cover(book.add_worksheet(COVER), release.figures, values, manifest, style)
        for name, rows in zip(COLUMNS, sheets, strict=True):
            _write_sheet(book.add_worksheet(name), rows, manifest, style)


class _Places:
    """On which line of which sheet a figure or an indicator stands, for the links."""

    def __init__(self, release: Release) -> None:
        self.defined = _lines_of(release.indicators)
        self.figures = _lines_of(figure["label"] for figure in release.figures)
        self.printed: dict[str, str] = {}  # an indicator's first figure
        for figure in release.figures:
            self.printed.setdefault(figure["indicator_id"], figure["label"])
        self.sources: dict[str, int] = {}
        self.missing: dict[str, int] = {}

    def to_figure(self, label: str | None) -> str:
        """Say where a figure stands."""
        return f"'指标'!B{self.figures[label]}" if label in self.figures else ""


def _lines_of(names: Iterable[str]) -> dict[str | None, int]:
    return {name: line for line, name in enumerate(names, HEADER + 2)}


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


def _figures(release: Release, places: _Places) -> list[Row]:
    """List the figures in the order of the report, with links to definition, source and gap."""
    rows: list[Row] = []
    for figure in release.figures:
        value, indicator = release.values[_key(figure)], release.indicators[figure["indicator_id"]]
        label, form = figure["label"], _number_format(indicator, value["value"], value["margin"])
        definition = _link("定义", places.defined[figure["indicator_id"]])
        shown = value["value_text"] if value["value"] is None else value["value"]
        rows.append({
            **figure, **value,
            "label": Cell(label, link=definition),
            "text": Cell(figure["text"], link=_link("来源", places.sources.get(label)) or (
                definition if indicator["formula"] == "standard" else "")),
            "state": Cell(WORDS[value["state"]],
                          link=_link("缺失与待核", places.missing.get(label))),
            "value": Cell(shown, form), "margin": Cell(value["margin"], form),
            "standard_value": Cell(value["standard_value"], _number_format(indicator)),
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


def _definition(release: Release, indicator: Row, places: _Places) -> Row:
    """Say in words how an indicator is measured and by which standard it is judged."""
    formula = WORDS.get(indicator["formula"], indicator["formula"])
    parts = dict.fromkeys(release.indicators[p["id"]]["title_zh"] for p in indicator["components"])
    rows = [row for row in release.standards if row["standard_id"] == indicator["standard_id"]]
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
        "label": Cell(printed, link=places.to_figure(printed)) if printed else None,
        "indicator_id": f"{indicator['indicator_id']}\n{indicator['definition_version']}",
        "formula": f"{formula}。依据：{'、'.join(parts)}" if parts else formula,
        "measures": _lines(measures),
        "standard": _lines(map(_standard, standards)),
        "document": _lines(f"《{row['document']}》{row['document_number']}" for row in standards),
        "certainty": None if is_verified else "标准待核",
    }


def _standard(row: Row) -> str:
    stage = "" if row["stage"] == "total" else f"{row['stage']} "
    value = "" if row["value"] in (None, "") else f"{Decimal(str(row['value'])).normalize():f}"
    sign = WORDS.get(row["comparison"], row["comparison"])
    return f"{stage}{sign}{value}{row['unit'] or ''}（{row['valid_from']}起）"


def _missing(release: Release, manifest: Mapping[str, Any], places: _Places) -> list[Row]:
    """List the figures that are not simply actual, then what else is missing or sent back."""
    titles = {name: one["meta"]["title"] for name, one in manifest["contracts"].items()}
    rows: list[Row] = []
    for figure in release.figures:
        value = release.values[_key(figure)]
        sources = [name.split(" ") for name in json.loads(value["missing_sources"] or "[]")]
        names = (" ".join([titles.get(name, name), *period]) for name, *period in sources)
        units = f"{value['units_received']}/{value['units_expected']}"
        if value["state"] not in ("actual", "not_applicable"):
            places.missing[figure["label"]] = len(rows) + HEADER + 2
            rows.append({
                **figure, **value, "state": WORDS[value["state"]], "sources": _lines(names),
                "label": Cell(figure["label"], link=places.to_figure(figure["label"])),
                "units": units if value["units_expected"] else None,
                "quarantined_rows": value["quarantined_rows"] or None,
                "quarantined_amount": Cell(value["quarantined_amount"] or None, "#,##0.00"),
            })  # fmt: skip
    rows += [{"state": matter, "reason": sentence} for matter, sentence in matters_of(manifest)]
    return rows or [{"reason": "没有缺失、待核或退回的数据。"}]


def _sources(release: Release, deliveries: Sequence[Row], places: _Places) -> list[Row]:
    """List the deliveries, then the evidence of each figure."""
    rows: list[Row] = [
        {**row, "kind": "收到", "period": WORDS.get(row["period"], row["period"])}
        for row in deliveries
    ]
    for figure in release.figures:
        label = figure["label"]
        keys = dict.fromkeys(_evidence_keys(release, _key(figure)))
        places.sources[label] = len(rows) + HEADER + 2
        if release.values[_key(figure)]["state"] == "not_applicable":
            rows += [
                {**row, "kind": "依据", "label": Cell(label, link=places.to_figure(label)),
                 "role": "无此学段", "period": WORDS["standing"], "sha256": row["sha256"][:12]}
                for row in deliveries if row["source"] == LIBRARY
            ]  # fmt: skip
        for row in (row for key in keys for row in release.evidence[key]):
            title = release.indicators[row["indicator_id"]]["title_zh"]
            rows.append({
                **row, "kind": "依据", "rows_landed": row["row_count"],
                "label": Cell(label, link=places.to_figure(label)),
                "title": title if row["member"] == "total" else f"{title}（{row['member']}）",
                "role": WORDS.get(row["role"], row["role"]), "sha256": row["sha256"][:12],
            })  # fmt: skip
        if places.sources[label] == len(rows) + HEADER + 2:
            del places.sources[label]
    return rows


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


def _write_sheet(page: Any, rows: Sequence[Row], manifest: Row, style: Style) -> None:
    columns = COLUMNS[page.name]
    district = f"{manifest['district_title']}（{manifest['district_code']}）"
    line = f"{district}　{manifest['evaluation_year']}年　发布 {manifest['release']}"
    set_up_page(page, manifest)
    page.repeat_rows(0, HEADER)
    page.freeze_panes(HEADER + 1, 3)
    page.autofilter(HEADER, 0, HEADER + len(rows), len(columns) - 1)
    page.set_row(0, 26)
    page.write(0, 0, f"{manifest['title']}　{page.name}", style(**TITLE))
    page.write(1, 0, f"{line}　　{HINTS[page.name]}", style(**NOTE))
    page.write(2, 0, SAMPLE_MARK if manifest["is_sample"] else "", style(**SAMPLE))
    page.set_row(HEADER, LINE_HEIGHT * 2 + 3)
    heights = [1] * len(rows)
    for column, (name, (caption, least)) in enumerate(columns.items()):
        cells = [as_cell(row.get(name)) for row in rows]
        width = max([least, *map(least_width, cells)])
        page.set_column(column, column, width)
        page.write(HEADER, column, caption, style(**CAPTION))
        for number, cell in enumerate(cells):
            write_cell(page, HEADER + 1 + number, column, cell, style)
            heights[number] = max(heights[number], line_count(cell.value, width))
    for number, height in enumerate(heights, HEADER + 1):
        page.set_row(number, LINE_HEIGHT * height + 3)
