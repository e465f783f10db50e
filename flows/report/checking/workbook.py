"""What a check found as a workbook: findings, numbers, what the report leaves out, rules."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.common.excel import (
    NOTE,
    SAMPLE,
    TITLE,
    Style,
    open_book,
    set_up_page,
    write_paragraph,
    write_table,
)
from flows.common.masking import without_ids
from flows.common.settings import SAMPLE_MARK
from flows.releases.tables import number_figure
from flows.report.checking.findings import GRAVITY, CheckResult, place_of
from flows.report.checking.rules import Rules

Row = Mapping[str, Any]
PRIVATE = 0o600
# Widths that add up to 125 are printed at nine points.
FINDINGS = {"序号": 5, "轻重": 7, "位置": 11, "规则": 13, "原文": 30, "说明": 34, "怎么办": 25}
NUMBERS = {"位置": 11, "写的": 13, "判断": 11, "图号": 8, "仓库的数": 14, "说明": 30, "原文": 38}
LEFT_OUT = {"图号": 10, "章节": 12, "标题": 44, "仓库的数": 22}
RULES = {"规则": 18, "轻重": 7, "含义": 55, "怎么办": 45}


def write_check(
    target: Path, result: CheckResult, rules: Rules, manifest: Row, summary: Sequence[str]
) -> None:
    """Write the workbook; the same report and release give the same bytes."""
    title = f"{manifest['title']}：自评报告核对"
    with open_book(target, title, PRIVATE) as (book, style):
        findings = [
            [number, GRAVITY[row.gravity], place_of(row.paragraph), row.rule.title, row.quote,
             row.what, row.rule.resolve]
            for number, row in enumerate(result.findings, start=1)
        ]  # fmt: skip
        numbers = [
            [place_of(row.paragraph), row.number.written, row.verdict,
             number_figure(row.figures[0]) if row.figures else "",
             row.figures[0]["text"] if row.figures else "", row.why, row.quote]
            for row in result.numbers
        ]  # fmt: skip
        left_out = [
            [number_figure(row), row["place"], row["title"], row["text"]]
            for row in result.not_printed
        ]
        listed = [
            [rule.title, GRAVITY[rule.gravity], rule.meaning, rule.resolve]
            for rule in rules.rules.values()
            if not rule.skip
        ]
        for name, widths, rows in (
            ("发现", FINDINGS, findings),
            ("各数", NUMBERS, numbers),
            ("未写的数", LEFT_OUT, left_out),
            ("规则", RULES, listed),
        ):
            page = book.add_worksheet(name)
            _write_sheet(page, title, widths, rows, manifest, summary, style)


def _write_sheet(
    page: Any,
    title: str,
    widths: Mapping[str, float],
    rows: Sequence[Sequence[Any]],
    manifest: Row,
    summary: Sequence[str],
    style: Style,
) -> None:
    set_up_page(page, manifest)
    page.set_row(0, 26)
    page.write(0, 0, title, style(**TITLE))
    page.write(1, 0, SAMPLE_MARK if manifest["is_sample"] else "", style(**SAMPLE))
    for line, text in enumerate(summary, start=2):
        write_paragraph(page, line, without_ids(text), [*widths.values()], style)
    first = len(summary) + 2
    if not rows:
        page.write(first, 0, "没有。", style(**NOTE))
        return
    masked = [
        [without_ids(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    ]
    write_table(page, first, widths, masked, style)
    page.freeze_panes(first + 1, 0)
    page.autofilter(first, 0, first + len(rows), len(widths) - 1)
