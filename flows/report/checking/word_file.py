"""The paragraphs of a .docx as its reader sees them: body, tables, footnotes, tracked changes."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml.etree import XMLSyntaxError

from flows.common.errors import WrongUse
from flows.common.text import FULL_WIDTH
from flows.report.checking.document import Control, Draft
from flows.report.marking import TAG, figure_of_bookmark, parse_xml
from flows.report.package import DOCUMENT, read_package

NOTES = ("word/footnotes.xml", "word/endnotes.xml")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
# Not shown: what was deleted or moved away, codes of fields, the second form of a drawing.
UNSEEN = {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}rPr", f"{W}pPr"}
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
BARE_NUMBER = re.compile(r"-?\d[\d,.]*")
BREAKS = {f"{W}tab": " ", f"{W}br": " ", f"{W}cr": " ", f"{W}noBreakHyphen": "-"}


def read_word_file(path: Path) -> list[Draft]:
    """Read paragraphs, rows of tables (cells apart by |), footnotes and endnotes.

    Raises WrongUse where the file is damaged, no Word document, or unpacks to what no report is.
    """
    parts = read_package(path)
    drafts = _read_blocks(_parse(path, parts[DOCUMENT]), "body")
    for name in NOTES:
        if name in parts:
            drafts += _read_blocks(_parse(path, parts[name]), "footnote")
    return drafts


def _parse(path: Path, content: bytes) -> Any:
    try:
        # Word's strict form differs in the names of its spaces alone.
        return parse_xml(content.replace(STRICT, W.strip("{}").encode()))
    except XMLSyntaxError:
        raise WrongUse(f"{path.name} is damaged: open it in Word and save it again") from None


def _read_blocks(element: Any, kind: str) -> list[Draft]:
    drafts: list[Draft] = []
    for child in element:
        if child.tag == f"{W}p":
            drafts += _read_paragraph(child, kind)
        elif child.tag == f"{W}tbl":
            drafts += _read_table(child)
        elif child.tag not in UNSEEN and child.tag != FALLBACK:
            drafts += _read_blocks(child, kind)
    return drafts


def _read_paragraph(element: Any, kind: str) -> list[Draft]:
    """Read a paragraph, and those of text boxes that hang on it behind it."""
    reader = _Reader(Draft("", kind))
    reader.append(element)
    boxes = [found for box in reader.boxes for found in _read_blocks(box, kind)]
    return [reader.draft, *boxes]


def _read_table(table: Any) -> list[Draft]:
    """Read the rows of a table: a number gets the caption of its column and the unit in it."""
    rows = [[_read_cell(cell) for cell in row.iter(f"{W}tc")] for row in table.iter(f"{W}tr")]
    captions: list[str] = []
    drafts = []
    for cells in rows:
        is_header = not any(BARE_NUMBER.fullmatch(cell.text.strip()) for cell in cells)
        drafts.append(_join_cells(cells, [] if is_header else captions))
        captions = [cell.text.strip() for cell in cells] if is_header else captions
    return drafts


def _read_cell(cell: Any) -> Draft:
    reader = _Reader(Draft("", "table"))
    reader.append(cell)
    return reader.draft


def _join_cells(cells: Sequence[Draft], captions: Sequence[str]) -> Draft:
    draft = Draft("", "table")
    for number, cell in enumerate(cells):
        before = after = ""
        if number < len(captions) and BARE_NUMBER.fullmatch(cell.text.strip()):
            before, _, after = captions[number].translate(FULL_WIDTH).rstrip(")").partition("(")
        draft.text += ("|" if number else "") + before
        shift = len(draft.text)
        draft.controls += [
            control._replace(start=control.start + shift, end=control.end + shift)
            for control in cell.controls
        ]
        draft.text += cell.text.strip() + after
    return draft


class _Reader:
    """Collects the text of a paragraph that is shown, and which of it is a figure."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.boxes: list[Any] = []
        self.bookmarks: dict[str, tuple[int, str]] = {}  # by id: where a figure's begins

    def append(self, element: Any) -> None:
        """Append an element."""
        if element.tag in UNSEEN or element.tag == FALLBACK or not isinstance(element.tag, str):
            return
        text = self.draft.text
        if element.tag == f"{W}txbxContent":
            self.boxes.append(element)
        elif element.tag == f"{W}t":
            self.draft.text += element.text or ""
        elif element.tag in BREAKS:
            self.draft.text += BREAKS[element.tag]
        elif element.tag == f"{W}bookmarkStart":
            if figure := figure_of_bookmark(element.get(f"{W}name", "")):
                self.bookmarks[element.get(f"{W}id", "")] = (len(text), figure)
        elif element.tag == f"{W}bookmarkEnd":
            if begun := self.bookmarks.pop(element.get(f"{W}id", ""), None):
                self.draft.controls.append(Control(begun[0], len(text), begun[1]))
        else:
            for child in element:
                self.append(child)
            self._bind(element, len(text))

    def _bind(self, element: Any, start: int) -> None:
        tag = element.find(f"{W}sdtPr/{W}tag") if element.tag == f"{W}sdt" else None
        value = "" if tag is None else tag.get(f"{W}val", "")
        if value.startswith(TAG):
            end = len(self.draft.text)
            self.draft.controls.append(Control(start, end, value.removeprefix(TAG)))
