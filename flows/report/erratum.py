"""The 勘误 of an amendment: which figure stood how, how it is to read, and why; as Word."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flows.common.settings import SAMPLE_MARK
from flows.releases.signed_drift import Moved, shown_texts
from flows.releases.signing import SignedVersion
from flows.releases.tables import Row
from flows.report.package import pack, unpack

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

ERRATUM = "勘误.docx"
CAPTIONS = ("位置（图号）", "项目", "原载", "更正为", "原因")
WIDTHS_CM = (2.6, 4.2, 2.7, 2.7, 3.4)
TITLE_FONT, TEXT_FONT = "方正小标宋简体", "仿宋_GB2312"
TITLE_POINTS, TEXT_POINTS, TABLE_POINTS = 22, 16, 10.5


def write_erratum(
    before: SignedVersion, content: Row, moved: Sequence[Moved], titles: Mapping[str, str]
) -> bytes:
    """Write the erratum of a version that follows `before`; `titles` names source tables."""
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
    title = f"{content['district_title']}{content['evaluation_year']}年教育职责自评报告勘误"
    heading = _add(document, title, TITLE_POINTS, TITLE_FONT)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if content["is_sample"]:
        _add(document, SAMPLE_MARK, TABLE_POINTS).alignment = WD_ALIGN_PARAGRAPH.CENTER
    signed_on = _chinese_day(before.content["signed_on"])
    opening = (
        f"　　本报告第{before.number}版由{before.content['signed_by']}于{signed_on}签发。"
        f"因{content['reason'].rstrip('。')}，"
    )
    closing = "现将下列数据更正如下。" if moved else "现更正文字，数据没有变动。"
    _add(document, opening + closing, TEXT_POINTS)
    if moved:
        _add_table(document, moved, titles)
    signature = f"{content['signed_by']}　{_chinese_day(content['signed_on'])}"
    closing_line = _add(document, signature, TEXT_POINTS)
    closing_line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    closing_line.paragraph_format.space_before = Pt(TEXT_POINTS)
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "", title, ""
    saved = io.BytesIO()
    document.save(saved)
    return pack(unpack(saved.getvalue()))


def _add_table(document: "Document", moved: Sequence[Moved], titles: Mapping[str, str]) -> None:
    from docx.shared import Cm

    table = document.add_table(rows=0, cols=len(CAPTIONS), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, WIDTHS_CM, strict=True):
        column.width = Cm(width)
    because = (_explain(entry.because, titles) for entry in moved)
    rows = [
        (
            f"{entry.key['place']}（{entry.number}）",
            entry.title,
            *shown_texts(entry.signed, entry.now),
            cause,
        )
        for entry, cause in zip(moved, because, strict=True)
    ]
    for texts in (CAPTIONS, *rows):
        cells = table.add_row().cells
        for cell, text, width in zip(cells, texts, WIDTHS_CM, strict=True):
            cell.width = Cm(width)
            _fill(cell.paragraphs[0], text, TABLE_POINTS, TEXT_FONT)
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(properties.makeelement(_word("tblHeader"), {}))  # repeated on each page


def _explain(because: Sequence[str], titles: Mapping[str, str]) -> str:
    """Write causes as an office reads them: tables by their titles, files without their hashes."""
    text = "；".join(because)
    for name, title in titles.items():
        text = text.replace(f"数据 {name} ", f"{title}（").replace(": ", "）：")
    return re.sub(r" \([0-9a-f]{12}(?: → [0-9a-f]{12})?\)", "", text)


def _add(document: "Document", text: str, points: float, font: str = TEXT_FONT) -> "Paragraph":
    return _fill(document.add_paragraph(), text, points, font)


def _fill(paragraph: "Paragraph", text: str, points: float, font: str) -> "Paragraph":
    """Write a text in a font, which Word asks for once more for Chinese signs."""
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.font.name, run.font.size = font, Pt(points)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(_word("eastAsia"), font)
    return paragraph


def _word(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(f"w:{name}"))


def _chinese_day(day: str) -> str:
    year, month, number = (int(part) for part in day.split("-"))
    return f"{year}年{month}月{number}日"
