"""Printing a trace, for the inspector who asks where a figure comes from."""

from collections.abc import Iterator
from decimal import Decimal

from flows.lib.console import plain, say
from flows.lib.raw_rows import FactRow
from flows.lib.recomputing import Recomputation
from flows.lib.releases import find_release
from flows.lib.settings import Workspace, load_settings
from flows.lib.tracing import Traced, Tracer

ROLE_TITLES = {"numerator": "分子", "denominator": "分母", "value": "数值", "input": "依据"}


def _lines(tracer: Tracer, traced: Traced, depth: int, *, show_rows: bool) -> Iterator[str]:
    indent = "    " * depth
    value, indicator = traced.value, traced.indicator
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
    if value["state"] == "not_applicable":
        for one in tracer.not_applicable_rows():
            yield f"{indent}  依据: {one['original_name']} sha256 {one['sha256']}"
    for role, recomputation in traced.roles.items():
        yield (
            f"{indent}  {ROLE_TITLES[role]}: {plain(value[role])}"
            f" = {recomputation.fact}.{recomputation.measure}"
            f"; 由原始单元格重算 {plain(traced.recomputed.get(role))}"
        )
    for row in traced.evidence:
        yield (
            f"{indent}    {ROLE_TITLES[row['role']]} {row['original_name']}"
            f" {row['row_count']}行 合计{plain(row['measure_sum'])} sha256 {row['sha256']}"
        )
    if show_rows and not traced.gone:
        for role, recomputation in traced.roles.items():
            for line in _rows(recomputation):
                yield f"{indent}      {ROLE_TITLES[role]} {line}"
    for part in traced.parts:
        yield from _lines(tracer, part, depth + 1, show_rows=show_rows)
    for sentence in (*traced.gone, *traced.differences):
        yield f"{indent}  ! {sentence}"


def _rows(recomputation: Recomputation) -> Iterator[str]:
    """List each contributing row: file, sheet, row number, amount; never who a person is."""
    if recomputation.described["trace"] == "school_entitlements":
        for row in recomputation.rows():
            keys = row.keys
            yield (
                f"学校 {keys['school_code']} 应拨 {plain(keys['entitled_yuan'])}"
                f" 已拨 {plain(keys['allocated_yuan'])} 计 {plain(row.measure)}"
            )
        return
    for row in recomputation.rows():
        yield _row(recomputation, row)


def _row(recomputation: Recomputation, row: FactRow) -> str:
    name = recomputation.raw.sources[row.file_id]["original_name"]
    if "term" in row.keys:
        return (
            f"{name} 学校 {row.keys['school_code']} {row.keys['stage']} {row.keys['term']}"
            f" 核定 {plain(row.measure)}"
        )
    sheet = f" 工作表 {row.sheet}" if row.sheet else ""
    return f"{name}{sheet} 第{row.row_number}行 {plain(row.measure)}"


def print_trace(
    workspace: Workspace, figure: str, year: int | None, name: str | None, *, show_rows: bool
) -> bool:
    """Print the trace of a figure and say whether the second computation agrees."""
    wanted = year or load_settings(workspace).default_year
    tracer = Tracer(workspace, find_release(workspace, wanted, name))
    manifest = tracer.release.manifest
    say(f"{manifest['title']} release {tracer.release.name}")
    if manifest["is_sample"]:
        say("样例数据")
    agrees = True
    for key in tracer.keys_of(figure):
        for printed in tracer.figures:
            if printed["figure_id"] == figure and printed["member"] == key[5]:
                say(f"{figure} {printed['title']}: {printed['text']}")
        traced = tracer.trace(key)
        for line in _lines(tracer, traced, 0, show_rows=show_rows):
            say(line)
        if traced.value["state"] in ("actual", "provisional", "partial"):
            verdict = "重算一致" if traced.agrees else "重算不一致或无法重算"
            say(f"  {verdict}")
        agrees = agrees and traced.agrees
    return agrees
