"""Write what is wrong with an office's files as a workbook that can be sent back to it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.common.clock import day_of
from flows.common.excel import (
    LINE_HEIGHT,
    NOTE,
    SAMPLE,
    TITLE,
    Style,
    open_book,
    set_up_page,
    write_paragraph,
    write_table,
)
from flows.common.labels import RULE_TITLES, WORDS
from flows.common.masking import without_ids
from flows.common.settings import SAMPLE_DISTRICT, SAMPLE_MARK, Settings
from flows.landing.problems import Examined, Problem

SHEET = "问题清单"
WIDTHS: dict[str, float] = {
    "文件": 17,
    "工作表和行": 25,
    "列": 11,
    "规则": 25,
    "缘由和处理": 25,
    "后果": 10,
    "处理结果": 12,
}
MOST_ROWS = 40  # in one cell: no program shows a higher one
STATES = {"in_force": "在用", "rejected": "退回，未采用"}
HELP = (
    "请按文件、工作表、行号和列在原件中改正，在“处理结果”中写明如何处理，连同改正后的整份文件一并返回。"
    "行号后的“同”指它与哪一行完全相同。确属无误、不能改正的，请申请放行（登入放行登记），写明“规则”列的代码、"
    "文件、工作表和行号。本清单只列位置，不含任何单元格的内容。"
)


def write_quarantine(folder: Path, found: Sequence[Examined], settings: Settings) -> list[Path]:
    """Write one workbook per source table that has something wrong; the same input, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    of_offices = [examined for examined in found if not examined.is_fault_of_suite]
    for name in dict.fromkeys(examined.contract.name for examined in of_offices):
        own = [examined for examined in of_offices if examined.contract.name == name]
        target = folder / f"{own[0].contract.title}_{SHEET}_{name}.xlsx"
        _write(target, own, settings)
        written.append(target)
    return written


def _write(target: Path, own: Sequence[Examined], settings: Settings) -> None:
    contract = own[0].contract
    title = f"{settings.district_title}{contract.title}{SHEET}"
    is_sample = settings.district == SAMPLE_DISTRICT
    with open_book(target, title, 0o600) as (book, style):
        page = book.add_worksheet(SHEET)
        set_up_page(page, {"title": title, "is_sample": is_sample})
        page.set_row(0, 26)
        page.write(0, 0, title, style(**TITLE))
        owner = f"报送单位：{contract.owed.by}　　数据表：{contract.name}"
        page.write(1, 0, owner, style(**NOTE))
        page.write(2, 0, SAMPLE_MARK if is_sample else "", style(**SAMPLE))
        line = _write_files(page, 3, own, style)
        write_paragraph(page, line, HELP, [*WIDTHS.values()], style)
        rows = [row for examined in own for row in _group_rows(examined)]
        write_table(page, line + 1, WIDTHS, rows, style)
        page.freeze_panes(line + 2, 1)
        page.autofilter(line + 1, 0, line + 1 + len(rows), len(WIDTHS) - 1)


def _write_files(page: Any, line: int, own: Sequence[Examined], style: Style) -> int:
    """Say of each file its period, when it came and what became of it."""
    for number, examined in enumerate(own, line):
        period = WORDS.get(examined.delivery.period, examined.delivery.period)
        text = (
            f"{Path(examined.delivery.name).name}　　期间：{period}　　"
            f"收到日期：{day_of(examined.delivery.received_at).isoformat()}　　"
            f"{STATES[examined.state]}，{len(examined.problems)} 处"
        )
        page.write(number, 0, without_ids(text), style(**NOTE))
        page.set_row(number, LINE_HEIGHT + 3)
    return line + len(own)


def _group_rows(examined: Examined) -> Iterator[list[str | None]]:
    """Write one line for all places where a file breaks a rule in the same column and sheet."""
    groups: dict[Problem, list[Problem]] = {}
    for problem in examined.problems:
        groups.setdefault(replace(problem, row=None, twin=""), []).append(problem)
    for rule, problems in groups.items():
        for first in range(0, len(problems), MOST_ROWS):
            part = problems[first : first + MOST_ROWS]
            yield _write_row(examined, rule, [_write_place(problem) for problem in part])


def _write_place(problem: Problem) -> str:
    if problem.row is None:
        return ""
    return str(problem.row) + (f"（同{problem.twin}）" if problem.twin else "")


def _write_row(examined: Examined, problem: Problem, rows: Sequence[str]) -> list[str | None]:
    title = RULE_TITLES.get(problem.rule, "")
    numbers = "、".join(filter(None, rows))
    where = "\n".join(filter(None, (problem.sheet, f"第{numbers}行" if numbers else "")))
    texts = [
        Path(examined.delivery.name).name,
        where or "整份文件",
        problem.caption,
        "\n".join(filter(None, (title, problem.what, problem.rule))),
        f"{problem.why}\n{problem.resolve}",
        problem.consequence,
    ]
    return [*map(without_ids, texts), None]
