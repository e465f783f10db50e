"""The first sheet of report.xlsx: what it is, how to read it, what is missing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from flows.common import excel
from flows.common.labels import MEANINGS, WORDS
from flows.common.settings import SAMPLE_MARK
from flows.landing.outcome import rejection_in_chinese
from flows.landing.withdrawals import withdrawn_in_chinese
from flows.quality.waivers import waived_sentence
from flows.releases.tables import Row, describe_coverage

COVER = "说明"
WIDTHS = (13, 49, 13, 49)
SHEETS = {
    "指标": "报告里的每个数字，按报告的顺序：印出文字、状态、判定、距标准多远",
    "定义": "每个指标怎样算、算谁、按哪条标准判定、依据什么文件、由谁负责",
    "缺失与待核": "不能直接引用的数，以及没有报送或被退回的文件",
    "收到的文件": "收到的文件，各有多少行计入、多少行搁置",
    "依据": "每个数依据的文件、行数、合计",
    "数值": "未取整的数，供核对和再计算",
    "代码": "指标在数据仓库中的编号和版本，供工程师核对",
    "校验": "文件的校验和，供工程师核对",
}
STATES = 7  # of MEANINGS; behind them stand the judgements
MOST_GAPS = 10  # more stand on the sheet of gaps
ABOUT = (
    "本工作簿由自评数据仓库按各单位报送的文件自动算出，校验通过后整套发布，发布后不再改动。"
    "每个数字都可以追到文件、工作表和行，并由原始单元格重新算出。"
)
NOTES = (
    "“印出文字”是报告里写的；未取整的数在《数值》页，金额一律以元计，百分比以百分点计。"
    "“距标准”小于 0 即未达到标准；恰在标准上下的数多显示几位小数。"
    "颜色只作提示，状态和判定都写明文字，未达标、数据缺失、无法判定用黑体。",
)


def write_cover(
    page: Any, figures: Sequence[Row], values: Sequence[Row], manifest: Row, style: excel.Style
) -> None:
    """Write the sheet; `values` are those of the figures."""
    excel.set_up_page(page, manifest)
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.set_row(0, 28)
    page.write(0, 0, manifest["title"], style(**excel.TITLE))
    page.write(1, 0, SAMPLE_MARK if manifest["is_sample"] else "", style(**excel.SAMPLE))
    line = _merged(page, 2, ABOUT, style)
    line = _facts(page, line, figures, values, manifest, style)
    line = _sheets(page, line, style)
    line = _meanings(page, line + 1, style)
    line = _gaps(page, line, manifest, style)
    for text in NOTES:
        line = _merged(page, line, text, style)


def _merged(page: Any, line: int, text: str, style: excel.Style) -> int:
    excel.write_paragraph(page, line, text, WIDTHS, style)
    return line + 1


def _table(page: Any, line: int, rows: Iterable[Sequence[Any]], style: excel.Style) -> int:
    """Write rows of caption, text, caption, text."""
    for row in rows:
        for column, content in enumerate(row):
            is_caption = column % 2 == 0 and content not in excel.FILLS
            extra = {**excel.HEAD, "align": "center"} if is_caption else {}
            excel.write_cell(page, line, column, content, style, **extra)
        texts = [cell.value if isinstance(cell, excel.Cell) else cell for cell in row]
        lines = max(
            excel.line_count(text, width) for text, width in zip(texts, WIDTHS, strict=False)
        )
        page.set_row(line, excel.LINE_HEIGHT * lines + 3)
        line += 1
    return line


def _counted(words: Iterable[str], order: Sequence[str]) -> str:
    counts = Counter(words)
    return "，".join(f"{word} {counts[word]}" for word in order if counts[word])


def _facts(
    page: Any,
    line: int,
    figures: Sequence[Row],
    values: Sequence[Row],
    manifest: Row,
    style: excel.Style,
) -> int:
    order = list(MEANINGS)
    states = _counted((WORDS[value["state"]] for value in values), order)
    judged = _counted((value["judgement"] for value in values), order)
    before = (manifest.get("previous") or {}).get("release", "无（首次发布）")
    district = f"{manifest['district_title']}（{manifest['district_code']}）"
    return _table(page, line, [
        ("区县", district, "评价年度", f"{manifest['evaluation_year']}年"),
        ("本次发布", manifest["release"], "上一次发布", before),
        ("报告数字", f"{describe_coverage(figures)}；{states}", "判定", judged),
    ], style)  # fmt: skip


def _sheets(page: Any, line: int, style: excel.Style) -> int:
    links = [(excel.Cell(name, link=f"'{name}'!A1"), text) for name, text in SHEETS.items()]
    pairs = zip(links[::2], links[1::2], strict=True)
    return _table(page, line, [(*left, *right) for left, right in pairs], style)


def _meanings(page: Any, line: int, style: excel.Style) -> int:
    for column, caption in enumerate(("状态", "怎样理解", "判定", "怎样理解")):
        page.write(line, column, caption, style(**excel.CAPTION))
    page.set_row(line, excel.LINE_HEIGHT + 3)
    entries = list(MEANINGS.items())
    pairs = zip_longest(entries[:STATES], entries[STATES:], fillvalue=("", ""))
    return _table(page, line + 1, [(*state, *judged) for state, judged in pairs], style)


def list_issues(manifest: Row) -> list[tuple[str, str]]:
    """List what is missing, what was sent back, each once, what was let through or withdrawn."""
    return [
        *(("缺口", gap) for gap in manifest["gaps"]),
        *(("退回", rejection_in_chinese(entry, manifest)) for entry in manifest["rejections"]),
        *(("放行", waived_sentence(entry)) for entry in manifest.get("waived", ())),
        *(("撤回", withdrawn_in_chinese(entry)) for entry in manifest.get("withdrawn", ())),
    ]


def _gaps(page: Any, line: int, manifest: Row, style: excel.Style) -> int:
    """List what was not delivered or sent back; the sheet of gaps says more."""
    sentences = list_issues(manifest)
    if not sentences:
        sentences = [("缺口", "没有缺口：应报的来源都已收到。")]
    for kind, sentence in sentences[:MOST_GAPS]:
        excel.write_cell(page, line, 0, excel.Cell(kind, link="'缺失与待核'!A1"), style)
        page.merge_range(line, 1, line, 3, sentence, style(**excel.BOX, indent=1))
        page.set_row(line, excel.LINE_HEIGHT * excel.line_count(sentence, sum(WIDTHS[1:])) + 3)
        line += 1
    if (more := len(sentences) - MOST_GAPS) > 0:
        line = _merged(page, line, f"另有 {more} 条，见《缺失与待核》。", style)
    return line
