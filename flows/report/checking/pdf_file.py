"""The paragraphs of a PDF: lines are joined where a sentence goes on."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from flows.common.errors import WrongUse
from flows.common.excel import text_width
from flows.report.checking.document import Draft

MOST_PAGES = 500
PAGE_NUMBER = re.compile(r"^[-—–\s]*\d{1,3}[-—–\s]*$|^第\s*\d+\s*页")
BEGINS_PARAGRAPH = re.compile(
    r"^\s*([一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]|\d{1,3}[.、．](?!\d))"
)
FULL_LINE = 0.85  # of the width of long lines: a shorter one ends its paragraph
UNFINISHED_LINE = 0.6  # and so does one that ends in no full stop: a title, a signature
ENDS_SENTENCE = tuple("。！？；：!?;:")


def read_pdf_file(path: Path) -> list[Draft]:
    """Read the text of a PDF; raises WrongUse where it has none, is locked or damaged."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise WrongUse(f"{path.name} has a password: save it without one")
        if len(reader.pages) > MOST_PAGES:
            raise WrongUse(f"{path.name} has more than {MOST_PAGES} pages: is it the report?")
        pages = [page.extract_text().splitlines() for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        if isinstance(error, WrongUse):
            raise
        raise WrongUse(f"{path.name} is damaged: make the PDF again, or check the .docx") from None
    if not any(line.strip() for page in pages for line in page):
        raise WrongUse(f"{path.name} is a picture without text: check the .docx it was made from")
    return _join_lines(_without_margins(pages))


def _without_margins(pages: Sequence[Sequence[str]]) -> list[str]:
    """Leave out page numbers, and what stands at the top or foot of most pages."""
    filled = [[line for line in page if line.strip()] for page in pages]
    edges = Counter(line for page in filled for line in {*page[:1], *page[-1:]})
    repeated = {line for line, count in edges.items() if count > 2 and count > len(pages) / 2}
    return [
        line
        for page in filled
        for line in page
        if line not in repeated and not PAGE_NUMBER.match(line)
    ]


def _join_lines(lines: Sequence[str]) -> list[Draft]:
    """Join lines to paragraphs: one goes on behind a full line, and behind an unfinished one."""
    widths = sorted(text_width(line.strip()) for line in lines)
    full = widths[int(len(widths) * 0.9)]
    drafts: list[Draft] = []
    is_open = False
    for line in lines:
        text = line.strip()
        if is_open and not BEGINS_PARAGRAPH.match(line):
            drafts[-1].text += text
        else:
            drafts.append(Draft(text))
        is_unfinished = not text.endswith(ENDS_SENTENCE)
        is_open = text_width(text) >= full * (UNFINISHED_LINE if is_unfinished else FULL_LINE)
    return drafts
