"""Printing what the check of a written report found."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from flows.common.console import make_console, say
from flows.common.masking import without_ids
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.lineage.workbook import refuse_target
from flows.releases.release import find_release
from flows.releases.tables import ReleaseTables
from flows.report.checking.check import check_report, exit_code_of
from flows.report.checking.findings import GRAVITY, CheckResult, describe_figure, place_of
from flows.report.checking.rules import load_rules, own_rules
from flows.report.checking.verdicts import VERDICTS
from flows.report.checking.workbook import write_check

OTHERS = {
    "date": "日期", "duration": "期限", "phrase": "说法", "name": "名称", "ordinal": "序数",
    "document": "文号", "phone": "电话", "person_id": "证件号", "ratio": "比", "marker": "编号",
    "figure": "打算的数",
}  # fmt: skip


def print_check(
    workspace: Workspace,
    file: Path,
    year: int | None,
    name: str | None,
    *,
    rules: Path | None,
    workbook: Path | None,
    as_json: bool,
) -> int:
    """Check a report, print what was found, and give the exit code."""
    if workbook:
        refuse_target(workbook, "--workbook")
    asked = load_rules(rules or own_rules(workspace))
    wanted = year or load_settings(workspace).default_year
    release = find_release(workspace, wanted, name)
    result = check_report(file, ReleaseTables.load(release.folder), asked)
    summary = [
        f"{without_ids(file.name)}，对照 {release.manifest['title']} 发布 {release.name}",
        *summarize(result),
    ]
    if as_json:
        say(json.dumps(_as_json(result, release.name), ensure_ascii=False, indent=1))
    else:
        for line in summary:
            say(line)
        _print_findings(result)
    if workbook:
        write_check(workbook, result, asked, release.manifest, summary)
        if not as_json:
            say(f"wrote {workbook}")
    return exit_code_of(result)


def summarize(result: CheckResult) -> list[str]:
    """Say how many numbers were recognised, what the warehouse says of them, what was found."""
    verdicts = Counter(checked.verdict for checked in result.numbers)
    known = len(result.numbers) + sum(result.others.values())
    others = "、".join(f"{OTHERS.get(kind, kind)}{count}" for kind, count in result.others.items())
    judged = "、".join(f"{verdict}{verdicts[verdict]}" for verdict in VERDICTS)
    found = "、".join(f"{title}{result.gravities[name]}" for name, title in GRAVITY.items())
    return [
        f"全文{known + result.unread}个数，认出{known}个，没有认出{result.unread}个",
        f"与仓库对照的{len(result.numbers)}个：{judged}"
        + (f"；不对照的：{others}" if others else ""),
        f"发现：{found}；仓库有、报告没有写的{len(result.not_printed)}个（见 --workbook）",
    ]


def _as_json(result: CheckResult, release: str) -> Mapping[str, Any]:
    return {
        "release": release,
        "exit_code": exit_code_of(result),
        "recognised": len(result.numbers) + sum(result.others.values()),
        "unrecognised": result.unread,
        "others": result.others,
        "findings": [found.as_json() for found in result.findings],
        "numbers": [checked.as_json() for checked in result.numbers],
        "not_printed": [describe_figure(row) for row in result.not_printed],
    }


def _print_findings(result: CheckResult) -> None:
    table = Table(show_lines=True)
    for caption, ratio in {
        "轻重": 2,
        "位置": 4,
        "规则": 5,
        "原文": 14,
        "说明": 16,
        "怎么办": 12,
    }.items():
        table.add_column(caption, ratio=ratio, overflow="fold")
    for found in result.findings:
        cells = (found.rule.title, found.quote, found.what, found.rule.resolve)
        table.add_row(GRAVITY[found.gravity], place_of(found.paragraph), *map(without_ids, cells))
    if result.findings:
        make_console().print(table)
