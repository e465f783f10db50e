"""Printing a trace, for the inspector who asks where a figure comes from."""

import gc
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.common.console import say
from flows.common.masking import MASK, without_ids
from flows.common.settings import Workspace
from flows.common.text import plain
from flows.contracts.environment import load_settings
from flows.lineage.disclosure import rows_to_show, schools_of_few
from flows.lineage.raw_cells import FactRow
from flows.lineage.recompute import Recomputation
from flows.lineage.trace import SHOWN_STATES, TraceNode, Tracer
from flows.lineage.workbook import Printed, refuse_target, write_trace
from flows.parsing.attachments import write_document
from flows.quality.waivers import waived_sentence
from flows.releases.release import find_release
from flows.releases.tables import Key, key_of, number_figure

ROLE_TITLES = {"numerator": "分子", "denominator": "分母", "value": "数值", "input": "依据"}


def _lines(tracer: Tracer, node: TraceNode, indent: str) -> Iterator[str]:
    value, indicator = node.value, node.indicator
    yield f"{indent}{indicator['title_zh']} · {value['member']} · {value['period']}"
    shown = value["value_text"] or plain(value["value"])
    yield f"{indent}  {value['state']}: {shown} {value['unit'] or ''}"
    yield f"{indent}  判定: {value['judgement']}" + (
        f" ({value['reason']})" if value["reason"] else ""
    )
    yield (
        f"{indent}  定义: {indicator['definition_zh'] or ''}"
        f" [{indicator['formula']}, 版本 {indicator['definition_version']}]"
    )
    if indicator["population"]:
        yield f"{indent}  口径: {indicator['population']}"
    for row in tracer.standard_of(value):
        unverified = "" if row["certainty"] == "verified" else " 标准待核"
        yield (
            f"{indent}  标准: {row['comparison']} {plain(Decimal(row['value']))} {row['unit']}"
            f" 自{row['valid_from']}"
            f" {row['document']} {row['document_number']}{unverified}"
        )
    for entry in tracer.waived_in({row["sha256"] for row in node.evidence}):
        yield f"{indent}  放行: {waived_sentence(entry)}"
    if value["state"] == "not_applicable":
        for file in tracer.not_applicable_rows():
            yield f"{indent}  依据: {file['original_name']} sha256 {file['sha256']}"
    for role, recomputation in node.roles.items():
        yield (
            f"{indent}  {ROLE_TITLES[role]}: {plain(value[role])}"
            f" = {recomputation.fact}.{recomputation.measure}"
            f"; 由原始单元格重算 {plain(node.recomputed.get(role))}"
        )
    for row in node.evidence:
        yield (
            f"{indent}    {ROLE_TITLES[row['role']]} {row['original_name']}"
            f" {_masked(row['row_count'])}行 合计{_masked(row['measure_sum'])}"
            f" sha256 {row['sha256']}"
        )
        if archive := tracer.raw.sources.get(row["sha256"], {}).get("archive"):
            yield f"{indent}      取自压缩包 {archive['name']} sha256 {archive['sha256']}"


def _print_node(
    tracer: Tracer, node: TraceNode, listed: set[Recomputation] | None, depth: int = 0
) -> None:
    """Print a value, its rows and its parts; of rows there may be hundreds of thousands.

    `listed` holds what has been listed, None where nothing is to be; what two parts rest on is
    listed once.
    """
    indent = "    " * depth
    for line in _lines(tracer, node, indent):
        say(line)
    if listed is not None and not node.gone:
        for role, recomputation in node.roles.items():
            if recomputation in listed:
                say(f"{indent}      {ROLE_TITLES[role]} 各行已列于上文")
                continue
            listed.add(recomputation)
            begin = f"{indent}      {ROLE_TITLES[role]} "
            sys.stdout.writelines(f"{begin}{line}\n" for line in _rows(recomputation))
    for part in node.parts:
        _print_node(tracer, part, listed, depth + 1)
    for sentence in (*node.gone, *node.differences):
        say(f"{indent}  ! {sentence}")


def _masked(number: Any) -> str:
    return MASK if number is None else plain(number)


def _rows(recomputation: Recomputation) -> Iterator[str]:
    """List each contributing row: file, sheet, row number, amount; never who a person is."""
    if recomputation.described["trace"] == "school_entitlements":
        hidden = schools_of_few(recomputation)
        for row in recomputation.own_rows:
            school = row.keys["school_code"]
            owed, paid = (
                MASK if school in hidden else plain(row.keys[name])
                for name in ("entitled_yuan", "allocated_yuan")
            )
            yield f"学校 {school} 应拨 {owed} 已拨 {paid} 计 {plain(row.measure)}"
        return
    sources = recomputation.raw.sources
    names = {file_id: without_ids(file["original_name"]) for file_id, file in sources.items()}
    hidden_lines: set[str] = set()
    for row, is_shown in rows_to_show(recomputation):
        line = _row(names[row.file_id], row, is_shown)
        if is_shown or line not in hidden_lines:
            yield line
        if is_shown and row.row_number:
            raw = recomputation.raw
            for column in raw.attachment_columns(row):
                for document in raw.documents(row, column):
                    yield f"  附件 {write_document(document)}"
        if not is_shown:
            hidden_lines.add(line)


def _row(name: str, row: FactRow, is_shown: bool) -> str:
    if "term" in row.keys:
        return (
            f"{name} 学校 {row.keys['school_code']} {row.keys['stage']} {row.keys['term']}"
            f" 核定 {plain(row.measure) if is_shown else MASK}"
        )
    if not is_shown:
        return f"{name} {MASK}"
    sheet = f" 工作表 {row.sheet}" if row.sheet else ""
    return f"{name}{sheet} 第{row.row_number}行 {plain(row.measure)}"


def print_trace(
    workspace: Workspace,
    figure: str,
    year: int | None,
    name: str | None,
    *,
    show_rows: bool,
    xlsx: Path | None = None,
) -> bool:
    """Print the trace of a figure and say whether the second computation agrees."""
    if xlsx:
        refuse_target(xlsx)
    wanted = year or load_settings(workspace).default_year
    tracer = Tracer(workspace, find_release(workspace, wanted, name))
    manifest = tracer.release.manifest
    say(f"{manifest['title']} release {tracer.release.name}")
    if manifest["is_sample"]:
        say("样例数据")
    gc.disable()  # rows by the hundred thousand, none of them in a circle
    try:
        values = [
            _print_value(tracer, figure, key, show_rows=show_rows) for key in tracer.keys_of(figure)
        ]
        if xlsx:
            write_trace(xlsx, tracer, figure, values)
            say(f"wrote {xlsx}")
    finally:
        gc.enable()
    return all(printed.node.agrees for printed in values)


def _print_value(tracer: Tracer, figure: str, key: Key, *, show_rows: bool) -> Printed:
    found = [printed for printed in tracer.printed_as(figure) if key_of(printed) == key]
    for printed in found:
        say(f"{number_figure(printed)} {printed['title']}: {printed['text']}")
    node = tracer.trace(key)
    _print_node(tracer, node, set() if show_rows else None)
    if node.value["state"] in SHOWN_STATES:
        verdict = "重算一致" if node.agrees else "重算不一致或无法重算"
        say(f"  {verdict}")
    return Printed(node, found[0] if found else None)
