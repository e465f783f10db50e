"""Write what is wrong with an office's files as a workbook that can be sent back to it."""

from collections.abc import Sequence
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
    "文件": 20,
    "工作表": 10,
    "行号": 7,
    "列": 14,
    "规则": 17,
    "说明": 27,
    "为何重要": 25,
    "如何处理": 25,
    "后果": 12,
    "处理结果": 16,
}
STATES = {"in_force": "在用", "rejected": "退回，未采用"}
HELP = (
    "请按文件、工作表、行号和列在原件中改正，在“处理结果”中写明如何处理，连同改正后的整份文件一并返回。"
    "确属无误、不能改正的，请申请放行（登入放行登记），写明“规则”列的代码、文件、工作表和行号。"
    "本清单只列位置，不含任何单元格的内容。"
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
        rows = [_write_row(examined, problem) for examined in own for problem in examined.problems]
        write_table(page, line + 1, WIDTHS, rows, style)
        page.freeze_panes(line + 2, 4)
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


def _write_row(examined: Examined, problem: Problem) -> list[str | int | None]:
    rule = f"{RULE_TITLES.get(problem.rule, '')}\n{problem.rule}".strip()
    caption = problem.caption or ("" if problem.row else "整份文件")
    texts = [problem.what, problem.why, problem.resolve, problem.consequence]
    name, sheet = without_ids(Path(examined.delivery.name).name), without_ids(problem.sheet)
    return [name, sheet, problem.row, *map(without_ids, (caption, rule, *texts)), None]
