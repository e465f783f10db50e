"""Write the trace of a figure as a workbook: a page to print and stamp, then what adds up to it."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from flows.common.clock import CHINA
from flows.common.errors import WrongUse
from flows.common.excel import Cell, Row, Style, open_book
from flows.common.labels import HIDDEN, WORDS
from flows.lineage.contributions import listings
from flows.lineage.recompute import Recomputation
from flows.lineage.trace import SHOWN_STATES, Traced, Tracer
from flows.lineage.workbook_sheets import File, Page, Step, write_listing, write_page
from flows.quality.waivers import waived_sentence

MOST_ROWS = 1000  # of one printed value, one by one
PRIVATE = 0o600  # what it lists of schools is closed in the release too


class Printed(NamedTuple):
    """A traced value with the figure that prints it, if it is one of the report."""

    traced: Traced
    figure: Row | None


def refuse_target(target: Path) -> None:
    """Say at once where a workbook cannot be written."""
    if target.suffix.lower() != ".xlsx":
        raise WrongUse(f"{target.name} must end in .xlsx: say --xlsx FILE.xlsx")
    if not target.parent.is_dir():
        raise WrongUse(f"there is no folder {target.parent}: make it, or name another file")


def write_trace(target: Path, tracer: Tracer, name: str, values: Sequence[Printed]) -> None:
    """Write one page for each value and, behind it, a sheet for each table of what contributes."""
    title = f"{tracer.release.manifest['title']} {name}"
    with open_book(target, title, PRIVATE) as (book, style):
        for number, one in enumerate(values, start=1):
            label = name[:20] + (f"({number})" if len(values) > 1 else "")
            _write_value(book, label, name, tracer, one, style)


def _write_value(
    book: Any, label: str, name: str, tracer: Tracer, printed: Printed, style: Style
) -> None:
    traced, manifest = printed.traced, tracer.release.manifest
    files = list(_files(tracer, traced))
    numbers = {file.file_id: number for number, file in enumerate(files, start=1)}
    page, sheets, left, count = book.add_worksheet(label), dict[Recomputation, str](), MOST_ROWS, 0
    for value, role, recomputation in _roles(traced):
        if recomputation in sheets:
            continue
        tables, used = listings(recomputation, numbers, left)
        left -= used
        for table in tables:
            count += 1
            sheet = book.add_worksheet(f"{label}-{count}")
            sheets.setdefault(recomputation, sheet.name)
            of = f"{_measure(recomputation)}　{_of(value)}"
            heading = f"{name} {WORDS[role]}：{of}　{table.title}"
            write_listing(sheet, label, heading, table, manifest, style)
    content = Page(
        _blocks(tracer, name, printed, numbers), list(_steps(traced, sheets)), files,
        _verdict(traced), [*traced.gone, *traced.differences][:5],
    )  # fmt: skip
    write_page(page, content, manifest, style)


def _roles(traced: Traced) -> Iterator[tuple[Row, str, Recomputation]]:
    """Go through all numerators and denominators on which a value rests."""
    if not traced.gone:
        for role, recomputation in traced.roles.items():
            yield traced.value, role, recomputation
    for part in traced.parts:
        yield from _roles(part)


def _evidence(traced: Traced) -> Iterator[Row]:
    yield from traced.evidence
    for part in traced.parts:
        yield from _evidence(part)


def _files(tracer: Tracer, traced: Traced) -> Iterator[File]:
    """List the files, each once; what is not run at all is shown by the library of schools."""
    sheets: dict[str, list[str]] = {}
    for row in _evidence(traced):
        found = sheets.setdefault(row["file_id"], [])
        found += [one for one in json.loads(row["sheets"] or "[]") if one and one not in found]
    if traced.value["state"] == "not_applicable":
        sheets |= {one["sha256"]: [] for one in tracer.not_applicable_rows()}
    own = [one for file_id, one in tracer.raw.sources.items() if file_id in sheets]
    for one in sorted(own, key=lambda one: (one["source"], one["period"], one["original_name"])):
        file_id = one["sha256"]
        received = datetime.fromisoformat(one["received_at"]).astimezone(CHINA).date()
        yield File(file_id, one["original_name"], "、".join(sheets[file_id]), one["title"],
                   one["owner_office"], received.isoformat())  # fmt: skip


def _of(value: Row) -> str:
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
    return Cell(content, f"#,##0.{'0' * decimals}" if decimals else "#,##0")


def _shown(value: Row) -> Any:
    if value["state"] not in SHOWN_STATES:
        return HIDDEN.get(value["state"], WORDS[value["state"]])
    return _number(value["value"]) if value["value"] is not None else value["value_text"]


def _steps(traced: Traced, sheets: Mapping[Recomputation, str]) -> Iterator[Step]:
    """Show how a value follows from its parts, or from numerator and denominator."""
    for part in traced.parts:
        yield _step("构成", part)
        yield from _measures(part, sheets, "　")
    yield from _measures(traced, sheets, "")
    yield _step("数值", traced)


def _step(kind: str, traced: Traced) -> Step:
    again = traced.recomputed.get("value")
    unit = traced.value["unit"]
    name = traced.indicator["title_zh"] + (f"（{unit}）" if unit else "")
    judgement = traced.value["judgement"]
    return Step(kind, name, _of(traced.value), _shown(traced.value), _number(again),
                _verdict(traced), None if judgement == "无标准" else judgement)  # fmt: skip


def _measures(traced: Traced, sheets: Mapping[Recomputation, str], indent: str) -> Iterator[Step]:
    for role, recomputation in traced.roles.items():
        published, again = traced.value[role], traced.recomputed.get(role)
        verdict = "未重算" if again is None else "重算一致" if again == published else "重算不一致"
        name = f"{_measure(recomputation)}\n{recomputation.fact}.{recomputation.measure}"
        sheet = sheets.get(recomputation)
        link = sheet and Cell(sheet, link=f"'{sheet}'!A1")
        yield Step(f"{indent}{WORDS[role]}", name, _of(traced.value), _number(published),
                   _number(again), verdict, link)  # fmt: skip


def _verdict(traced: Traced) -> str:
    if traced.value["state"] not in SHOWN_STATES:
        return ""
    if traced.agrees:
        return "重算一致"
    return "未重算" if traced.gone else "重算不一致"


def _blocks(
    tracer: Tracer, name: str, printed: Printed, files: Container[str]
) -> list[tuple[str, list[Sequence[Any]]]]:
    value, indicator = printed.traced.value, printed.traced.indicator
    figure: Row = printed.figure or {}
    formula = WORDS.get(indicator["formula"], indicator["formula"])
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
    """Say why a value is not simply actual: what is missing or set aside."""
    if value["reason"]:
        yield "说明", value["reason"]
    titles = {name: one.title for name, one in tracer.raw.contracts.items()}
    missing = [one.split(" ") for one in json.loads(value["missing_sources"] or "[]")]
    if missing:
        names = (" ".join([titles.get(source, source), *period]) for source, *period in missing)
        yield "缺失来源", "、".join(names)
    if value["state"] == "partial":
        yield "应报单位（个）", value["units_expected"], "已报单位（个）", value["units_received"]
    if value["quarantined_rows"] and value["state"] not in HIDDEN:
        yield "搁置（行）", value["quarantined_rows"], "搁置金额（元）", value["quarantined_amount"]


def _standards(tracer: Tracer, value: Row) -> Iterator[Sequence[Any]]:
    """Tell each standard with its document, and whether it has been verified."""
    found = tracer.standard_of(value) if value["standard_id"] else []
    for row in found:
        sign = WORDS.get(row["comparison"], row["comparison"])
        amount = "" if row["value"] is None else f"{Decimal(row['value']).normalize():f}"
        until = f"至{row['valid_to']}" if row["valid_to"] else "起"
        yield (
            "标准",
            f"{sign}{amount}{row['unit']}（{row['valid_from']}{until}）",
            "核实",
            ("已核实" if row["certainty"] == "verified" else "标准待核"),
        )
        yield "文件及文号", f"《{row['document']}》{row['document_number']}"
    if value["margin"] is not None and value["state"] in SHOWN_STATES:
        yield "距标准", _number(value["margin"]), "单位", value["unit"]
    if not found:
        yield "标准", "这一指标没有须达到的标准。"
