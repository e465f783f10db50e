"""Write the trace of a figure as a workbook: a page to print and stamp, and what adds up to it."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from flows.common import excel
from flows.common.clock import CHINA, known_until
from flows.common.errors import WrongUse
from flows.common.labels import HIDDEN, WORDS
from flows.common.settings import SAMPLE_MARK
from flows.lineage.contributions import contributions, total_of
from flows.lineage.recompute import Recomputation
from flows.lineage.trace import SHOWN_STATES, TraceNode, Tracer
from flows.quality.waivers import waived_sentence
from flows.releases.tables import Row, number_figure

PRIVATE = 0o600  # what it lists of schools is closed in the release too
WIDTHS = (12, 33, 20, 19, 19, 11, 11)  # of the page's columns
SPANS = {2: ((0, 0), (1, 6)), 4: ((0, 0), (1, 2), (3, 3), (4, 6))}  # of pairs in a row
STEPS = ("项目", "名称", "期间与范围", "公布值", "重算值", "核对", "判定或明细")
FILES = ("序号", "文件", "工作表", "来源", "责任科室", "收到日期", "sha256")
SIGNING = ("经办人", "审核人", "日期")
# Of the table of what adds up: captions and widths.
TABLE = {"文件序号": 9, "工作表": 20, "单位或学期": 34, "名称": 28, "行数": 10, "计入": 23}
TABLE_NOTE = "按文件和单位汇总；涉及个人的来源不列个人所在的行，人数过少的单位合并列示或不列数额。"
MOST_REMARKS = 5


class Printed(NamedTuple):
    """A traced value with the figure that prints it, if it is one of the report."""

    node: TraceNode
    figure: Row | None


class File(NamedTuple):
    """A file on which a value rests, as the page lists it."""

    file_id: str
    name: str
    sheets: str
    title: str
    office: str
    received: str


def refuse_target(target: Path, option: str = "--xlsx") -> None:
    """Say at once where a workbook cannot be written."""
    if target.suffix.lower() != ".xlsx":
        raise WrongUse(f"{target.name} must end in .xlsx: say {option} FILE.xlsx")
    if not target.parent.is_dir():
        raise WrongUse(f"there is no folder {target.parent}: make it, or name another file")


def write_trace(target: Path, tracer: Tracer, name: str, values: Sequence[Printed]) -> None:
    """Write one page for each value and, behind it, one table of what adds up to it."""
    manifest = tracer.release.manifest
    with excel.open_book(target, f"{manifest['title']} {name}", PRIVATE) as (book, style):
        for number, printed in enumerate(values, start=1):
            label = _label(name, printed, number)
            files = list(_files(tracer, printed.node))
            numbers = {file.file_id: number for number, file in enumerate(files, start=1)}
            page, places = book.add_worksheet(label), dict[Recomputation, str]()
            if inputs := list(_inputs(printed.node)):
                sheet = book.add_worksheet(f"{label}-明细")
                heading = f"{label} 分子与分母由哪些文件和单位相加"
                places = _write_table(sheet, label, heading, inputs, numbers, manifest, style)
            blocks = _blocks(tracer, label, printed, numbers)
            _write_page(page, blocks, printed.node, files, places, manifest, style)


def _label(name: str, printed: Printed, number: int) -> str:
    """Name the page of a value: by its figure and part, or as the indicator's first, second."""
    if printed.figure:
        return number_figure(printed.figure)
    return name[:20] + (f".{number}" if number > 1 else "")


def _inputs(node: TraceNode) -> Iterator[tuple[Row, str, Recomputation]]:
    """Go through all numerators and denominators on which a value rests."""
    if not node.gone:
        for role, recomputation in node.roles.items():
            yield node.value, role, recomputation
    for part in node.parts:
        yield from _inputs(part)


def _evidence(node: TraceNode) -> Iterator[Row]:
    yield from node.evidence
    for part in node.parts:
        yield from _evidence(part)


def _files(tracer: Tracer, node: TraceNode) -> Iterator[File]:
    """List the files, each once; what is not run at all is shown by the library of schools."""
    sheets: dict[str, list[str]] = {}
    for row in _evidence(node):
        found = sheets.setdefault(row["file_id"], [])
        names = json.loads(row["sheets"] or "[]")
        found += [sheet for sheet in names if sheet and sheet not in found]
    if node.value["state"] == "not_applicable":
        sheets |= {file["sha256"]: [] for file in tracer.not_applicable_rows()}
    own = [file for file_id, file in tracer.raw.sources.items() if file_id in sheets]
    own.sort(key=lambda file: (file["source"], file["period"], file["original_name"]))
    for file in own:
        received = datetime.fromisoformat(file["received_at"]).astimezone(CHINA).date()
        documents = len(file.get("attachments", ()))
        places = [*sheets[file["sha256"]], *([f"附件{documents}份"] if documents else [])]
        yield File(file["sha256"], file["original_name"], "、".join(places), file["title"],
                   file["owner_office"], received.isoformat())  # fmt: skip


def _scope(value: Row) -> str:
    return f"{value['period']}　{WORDS.get(value['member'], value['member'])}"


def _measure(recomputation: Recomputation) -> str:
    """Name a measure; releases of before its title stood in the manifest have its code alone."""
    described = recomputation.described
    unit = f"（{described['unit']}）" if described.get("unit") else ""
    return f"{described.get('title', recomputation.measure)}{unit}"


def _number(content: Any) -> Any:
    """Write a number with as many decimals as it has."""
    if not isinstance(content, Decimal):
        return content
    exponent = content.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    decimals += decimals == 1  # half a yuan is written .50
    return excel.Cell(content, f"#,##0.{'0' * decimals}" if decimals else "#,##0")


def _shown(value: Row) -> Any:
    if value["state"] not in SHOWN_STATES:
        return HIDDEN.get(value["state"], WORDS[value["state"]])
    return _number(value["value"]) if value["value"] is not None else value["value_text"]


def _steps(node: TraceNode, places: Mapping[Recomputation, str]) -> Iterator[Sequence[Any]]:
    """Show how a value follows from its parts, or from numerator and denominator."""
    for part in node.parts:
        yield _step("构成", part)
        yield from _measures(part, places, "　")
    yield from _measures(node, places, "")
    yield _step("数值", node)


def _step(kind: str, node: TraceNode) -> Sequence[Any]:
    again = node.recomputed.get("value")
    unit = node.value["unit"]
    name = node.indicator["title_zh"] + (f"（{unit}）" if unit else "")
    judgement = node.value["judgement"]
    return (kind, name, _scope(node.value), _shown(node.value), _number(again), _verdict(node),
            None if judgement == "无标准" else judgement)  # fmt: skip


def _measures(
    node: TraceNode, places: Mapping[Recomputation, str], indent: str
) -> Iterator[Sequence[Any]]:
    for role, recomputation in node.roles.items():
        published, again = node.value[role], node.recomputed.get(role)
        verdict = "未重算" if again is None else "重算一致" if again == published else "重算不一致"
        name = f"{_measure(recomputation)}\n{recomputation.fact}.{recomputation.measure}"
        place = places.get(recomputation)
        link = excel.Cell("明细", link=place) if place else None
        yield (f"{indent}{WORDS[role]}", name, _scope(node.value), _number(published),
               _number(again), verdict, link)  # fmt: skip


def _verdict(node: TraceNode) -> str:
    if node.value["state"] not in SHOWN_STATES:
        return ""
    if node.agrees:
        return "重算一致"
    return "未重算" if node.gone else "重算不一致"


def _blocks(
    tracer: Tracer, name: str, printed: Printed, files: Container[str]
) -> list[tuple[str, list[Sequence[Any]]]]:
    value, indicator = printed.node.value, printed.node.indicator
    figure: Row = printed.figure or {}
    formula = str(WORDS.get(indicator["formula"], indicator["formula"]))
    multiplier = indicator["multiplier"]
    return [
        ("数字", [
            ("图号", name, "章节", figure.get("place")),
            ("标题", figure.get("title") or indicator["title_zh"]),
            ("印出文字", figure.get("text")),
            ("数值", _shown(value), "单位", value["unit"]),
            ("状态", WORDS[value["state"]], "判定", value["judgement"]),
            ("期间", value["period"], "范围", WORDS.get(value["member"], value["member"])),
            *_doubts(tracer, value),
            *(("放行", waived_sentence(entry)) for entry in tracer.waived_in(files)),
        ]),
        ("定义", [
            ("指标", f"{indicator['title_zh']}（{indicator['indicator_id']}）",
             "定义版本", indicator["definition_version"]),
            ("定义", indicator["definition_zh"]),
            ("计算方法", formula.replace("乘数", multiplier) if multiplier else formula),
            ("口径", indicator["population"]),
            ("依据", indicator["basis"], "责任科室", indicator["owner_office"]),
        ]),
        ("标准", list(_standards(tracer, value))),
    ]  # fmt: skip


def _doubts(tracer: Tracer, value: Row) -> Iterator[Sequence[Any]]:
    """Say why a value is not simply actual: what is missing or quarantined."""
    if value["reason"]:
        yield "说明", value["reason"]
    titles = {name: contract.title for name, contract in tracer.raw.contracts.items()}
    missing = [entry.split(" ") for entry in json.loads(value["missing_sources"] or "[]")]
    if missing:
        names = (" ".join([titles.get(source, source), *period]) for source, *period in missing)
        yield "缺失来源", "、".join(names)
    if value["state"] == "partial":
        yield "应报单位（个）", value["units_expected"], "已报单位（个）", value["units_received"]
    if value["quarantined_rows"]:
        yield "搁置（行）", value["quarantined_rows"], "搁置金额（元）", value["quarantined_amount"]


def _standards(tracer: Tracer, value: Row) -> Iterator[Sequence[Any]]:
    """Name each standard with its document, and whether it has been verified."""
    found = tracer.standard_of(value)
    for row in found:
        sign = WORDS.get(row["comparison"], row["comparison"])
        amount = "" if row["value"] is None else f"{Decimal(row['value']).normalize():f}"
        until = f"至{row['valid_to']}" if row["valid_to"] else "起"
        limit = f"{sign}{amount}{row['unit']}（{row['valid_from']}{until}）"
        yield "标准", limit, "核实", "已核实" if row["certainty"] == "verified" else "标准待核"
        yield "文件及文号", f"《{row['document']}》{row['document_number']}"
    if value["margin"] is not None and value["state"] in SHOWN_STATES:
        yield "距标准", _number(value["margin"]), "单位", value["unit"]
    if not found:
        yield "标准", "这一指标没有须达到的标准。"


def _write_page(
    page: Any,
    blocks: Sequence[tuple[str, list[Sequence[Any]]]],
    node: TraceNode,
    files: Sequence[File],
    places: Mapping[Recomputation, str],
    manifest: Row,
    style: excel.Style,
) -> None:
    """Write the one page of a value, with room for names, date and stamp."""
    excel.set_up_page(page, manifest)
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.merge_range(
        0, 0, 0, 6, "数据溯源单", style(**{**excel.TITLE, "font_size": 20}, align="center")
    )
    page.set_row(0, 34)
    known = known_until(date.fromisoformat(manifest["as_of"]) if manifest.get("as_of") else None)
    district = f"{manifest['district_title']}（{manifest['district_code']}）{known}"
    line = f"{district}　{manifest['evaluation_year']}年教育职责自评　发布 {manifest['release']}"
    page.merge_range(1, 0, 1, 6, line, style(**excel.NOTE, align="center"))
    mark = SAMPLE_MARK if manifest["is_sample"] else ""
    page.merge_range(2, 0, 2, 6, mark, style(**excel.SAMPLE, align="center"))
    at = 3
    for title, pairs in blocks:
        at = _heading(page, at, title, style)
        for pair in pairs:
            at = _pairs(page, at, pair, style)
    at = _heading(page, at, "计算与核对（由原始单元格重新计算）", style)
    at = _lines(page, at, STEPS, list(_steps(node, places)), style)
    for sentence in [*node.gone, *node.differences][:MOST_REMARKS]:
        at = _pairs(page, at, ("核对说明", sentence), style)
    if files:
        at = _heading(page, at, "所依据的文件", style)
        rows = [(number, *file[1:], file.file_id[:8]) for number, file in enumerate(files, 1)]
        at = _lines(page, at, FILES, rows, style)
    _signing(page, at, style)


def _heading(page: Any, at: int, title: str, style: excel.Style) -> int:
    page.set_row(at, 22)
    page.write(at, 0, title, style(**excel.HEAD, font_size=12, valign="bottom"))
    return at + 1


def _pairs(page: Any, at: int, row: Sequence[Any], style: excel.Style) -> int:
    """Write captions with what they say, over the columns of the page."""
    lines = 1
    for content, (first, last) in zip(row, SPANS[len(row)], strict=True):
        is_caption = first == last
        extra = {**excel.CAPTION} if is_caption else {"align": "left", "indent": 1}
        if row[0] == "印出文字" and not is_caption:
            extra |= {**excel.HEAD, "font_size": 14}
        if not is_caption:
            for column in range(first + 1, last + 1):
                page.write_blank(at, column, None, style(**excel.BOX))
            page.merge_range(at, first, at, last, None, style(**excel.BOX))
        excel.write_cell(page, at, first, content, style, **extra)
        text = excel.as_cell(content).value
        lines = max(lines, excel.line_count(text, sum(WIDTHS[first : last + 1])))
    page.set_row(at, excel.LINE_HEIGHT * lines + (10 if row[0] == "印出文字" else 4))
    return at + 1


def _lines(
    page: Any, at: int, captions: Sequence[str], rows: Sequence[Sequence[Any]], style: excel.Style
) -> int:
    """Write a table over the columns of the page."""
    for column, caption in enumerate(captions):
        page.write(at, column, caption, style(**excel.CAPTION))
    page.set_row(at, excel.LINE_HEIGHT + 4)
    for line, row in enumerate(rows, at + 1):
        for column, content in enumerate(row):
            excel.write_cell(page, line, column, content, style)
        lines = max(excel.line_count(text, width) for text, width in zip(row, WIDTHS, strict=True))
        page.set_row(line, excel.LINE_HEIGHT * lines + 4)
    return at + 1 + len(rows)


def _signing(page: Any, at: int, style: excel.Style) -> None:
    """Leave room for who prepared it, who checked it, the day and the stamp."""
    at = _heading(page, at, "签核", style)
    room = style(**excel.BOX)
    for number, (caption, (first, last)) in enumerate(
        zip(SIGNING, ((1, 1), (3, 3), (5, 6)), strict=True)
    ):
        page.write(at, 2 * number, caption, style(**excel.CAPTION))
        page.write_blank(at, first, None, room)
        if first < last:
            page.merge_range(at, first, at, last, None, room)
    page.set_row(at, 30)
    page.write(at + 1, 0, "盖章", style(**excel.CAPTION))
    page.merge_range(at + 1, 1, at + 1, 6, None, room)
    page.set_row(at + 1, 90)


def _write_table(
    sheet: Any,
    back: str,
    heading: str,
    inputs: Sequence[tuple[Row, str, Recomputation]],
    files: Mapping[str, int],
    manifest: Row,
    style: excel.Style,
) -> dict[Recomputation, str]:
    """Write what adds up to each numerator and denominator; say where each begins."""
    excel.set_up_page(sheet, manifest)
    sheet.repeat_rows(0, 4)
    sheet.freeze_panes(5, 0)
    sheet.set_row(0, 24)
    sheet.write(0, 0, heading, style(**{**excel.TITLE, "font_size": 13}))
    where = f"{manifest['title']}　发布 {manifest['release']}　文件序号见《{back}》页，点此返回"
    sheet.write_url(1, 0, f"internal:'{back}'!A1", style(**excel.NOTE), where)
    sheet.write(2, 0, SAMPLE_MARK if manifest["is_sample"] else "", style(**excel.SAMPLE))
    sheet.write(3, 0, TABLE_NOTE, style(**excel.NOTE))
    for column, (caption, width) in enumerate(TABLE.items()):
        sheet.set_column(column, column, width)
        sheet.write(4, column, caption, style(**excel.CAPTION))
    last, foot = len(TABLE) - 1, {**excel.HEAD, "bg_color": "#EDEDED"}
    places: dict[Recomputation, str] = {}
    at = 5
    for value, role, recomputation in inputs:
        if recomputation in places:
            continue
        places[recomputation] = f"'{sheet.name}'!A{at + 1}"
        title = f"{WORDS[role]}：{_measure(recomputation)}　{_scope(value)}"
        sheet.merge_range(
            at, 0, at, last, title, style(**{**excel.BODY, **excel.HEAD, **excel.BOX})
        )
        at += 1
        is_money = recomputation.described.get("unit") == "元"
        for row in contributions(recomputation, files):
            for column, content in enumerate(row):
                excel.write_cell(sheet, at, column, _money(content, is_money=is_money), style)
            widths = zip(row, TABLE.values(), strict=True)
            sheet.set_row(at, excel.LINE_HEIGHT * max(excel.line_count(*pair) for pair in widths))
            at += 1
        total = _money(total_of(recomputation), is_money=is_money)
        for column in range(last + 1):
            excel.write_cell(sheet, at, column, {0: "合计", last: total}.get(column), style, **foot)
        at += 1
    return places


def _money(content: Any, *, is_money: bool) -> Any:
    """Write all amounts of money with as many decimals."""
    return excel.Cell(content, "#,##0.00") if is_money and isinstance(content, Decimal) else content
