"""The paragraphs of a .docx as its reader sees them: body, tables, footnotes, tracked changes."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

from flows.common.errors import WrongUse
from flows.report.checking.document import MOST_BYTES, Control, Draft

MOST_PARTS = 5000
MOST_UNPACKED = 4 * MOST_BYTES
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Not shown: what was deleted or moved away, codes of fields, the second form of a drawing.
UNSEEN = {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}rPr", f"{W}pPr"}
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
FIGURE = "figure:"


def read_word_file(path: Path) -> list[Draft]:
    """Read paragraphs, rows of tables (cells apart by |), footnotes and endnotes.

    Raises WrongUse where the file is damaged, no Word document, or unpacks to what no report is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(path, archive)
            names = set(archive.namelist())
            if "word/document.xml" not in names:
                raise WrongUse(f"{path.name} is no Word document: save it as .docx")
            drafts = _read_blocks(_parse(archive, "word/document.xml"), "body")
            for name in ("word/footnotes.xml", "word/endnotes.xml"):
                if name in names:
                    drafts += _read_blocks(_parse(archive, name), "footnote")
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, ValueError) as error:
        if isinstance(error, WrongUse):
            raise
        raise WrongUse(f"{path.name} is damaged: open it in Word and save it again") from None
    return drafts


def _refuse_bombs(path: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise WrongUse(f"{path.name} unpacks to more than any report holds: it is not read")
    if any(part.flag_bits & 1 for part in parts):
        raise WrongUse(f"{path.name} has a password: save it as .docx without one")


def _parse(archive: zipfile.ZipFile, name: str) -> Any:
    """Parse a part without entities and without the net; never more of it than was declared."""
    from lxml import etree

    with archive.open(name) as stream:
        content = stream.read(MOST_UNPACKED + 1)
    if len(content) > MOST_UNPACKED:
        raise zipfile.BadZipFile
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise zipfile.BadZipFile from error


def _read_blocks(element: Any, kind: str) -> list[Draft]:
    drafts: list[Draft] = []
    for child in element:
        if child.tag == f"{W}p":
            drafts += _read_paragraph(child, kind)
        elif child.tag == f"{W}tbl":
            drafts += [_read_row(row) for row in child.iter(f"{W}tr")]
        elif child.tag not in UNSEEN and child.tag != FALLBACK:
            drafts += _read_blocks(child, kind)
    return drafts


def _read_paragraph(element: Any, kind: str) -> list[Draft]:
    """Read a paragraph, and those of text boxes that hang on it behind it."""
    draft = Draft("", kind)
    boxes: list[Any] = []
    _append(element, draft, boxes)
    return [draft, *(found for box in boxes for found in _read_blocks(box, kind))]


def _read_row(row: Any) -> Draft:
    draft = Draft("", "table")
    boxes: list[Any] = []
    for number, cell in enumerate(row.iter(f"{W}tc")):
        draft.text += "|" if number else ""
        _append(cell, draft, boxes)
    return draft


def _append(element: Any, draft: Draft, boxes: list[Any]) -> None:
    """Append the text of an element that is shown, and remember which of it is a figure."""
    if element.tag in UNSEEN or element.tag == FALLBACK:
        return
    if element.tag == f"{W}txbxContent":
        boxes.append(element)
    elif element.tag == f"{W}t":
        draft.text += element.text or ""
    elif element.tag in (f"{W}tab", f"{W}br", f"{W}cr"):
        draft.text += " "
    elif element.tag == f"{W}noBreakHyphen":
        draft.text += "-"
    else:
        start = len(draft.text)
        for child in element:
            _append(child, draft, boxes)
        tag = element.find(f"{W}sdtPr/{W}tag") if element.tag == f"{W}sdt" else None
        value = "" if tag is None else tag.get(f"{W}val", "")
        if value.startswith(FIGURE):
            end = len(draft.text)
            draft.controls.append(Control(start, end, value.removeprefix(FIGURE)))
