"""What the reader of .xlsx does not tell of its cells: errors, percents, footnotes, no value yet.

It gives an empty cell for an error and for a formula that was never calculated, 0.125 for what is
shown as 12.5%, and 12041 for the text 1204 with a raised 1.
"""

import codecs
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from flows.lib.errors import Rejected
from flows.lib.markup_readers import (
    NOT_CALCULATED,
    percent_text,
    shows_percent,
    with_mark,
    xml_parser,
)

Place = tuple[int, int]

# No pattern may look beyond its cell, or a file could make it look for hours.
FORMULA = rb"<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
ERROR = re.compile(
    rb"""<(?:\w+:)?c\b([^<>]*\bt=["']e["'][^<>]*)>(?:\s*(?:"""
    + FORMULA
    + rb")?<(?:\w+:)?v>([^<]*)<)?"
)
UNCALCULATED = re.compile(
    rb"<(?:\w+:)?c\b([^<>]*)>\s*"
    + FORMULA
    + rb"(<(?:\w+:)?v>\s*</(?:\w+:)?v>\s*|<(?:\w+:)?v\s*/>\s*)?</(?:\w+:)?c>"
)
# A program that cannot calculate writes 0 and asks for it to be done when the book is opened.
ZERO = re.compile(rb"<(?:\w+:)?c\b([^<>]*)>\s*" + FORMULA + rb"<(?:\w+:)?v>0</(?:\w+:)?v>")
IS_TEXT = re.compile(rb"""\bt=["']str["']""")
HAS_TYPE = re.compile(rb"\bt=")
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
TAG = re.compile(rb"<(?:\w+:)?(row|c)\b([^<>]*)>")
PLACE = re.compile(rb"""\br=["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
ROW = re.compile(rb"""\br=["']([0-9]{1,7})["']""")
NUMBER_OF_ROW = re.compile(rb"""<(?:\w+:)?row\b[^<>]*?\br=["']([0-9]{1,7})["']""")
PERCENT = "%"
BUILT_IN_PERCENT = {"9", "10"}


class Untold:
    """What a workbook says beside the values of its cells."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Read the book, its styles and the raised signs in its texts."""
        self.archive = archive
        self.members = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
        book = self._parsed("xl/workbook.xml")
        links = self._parsed("xl/_rels/workbook.xml.rels")
        about = book.find("{*}workbookPr")
        calculation = book.find("{*}calcPr")
        self.date_system = 1904 if _is_on(about, "date1904") else 1900
        self.is_uncalculated = _is_on(calculation, "fullCalcOnLoad")
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        self.sheets = {
            sheet.get("name", ""): _member(targets.get(_link_of(sheet), ""))
            for sheet in book.iterfind("{*}sheets/{*}sheet")
        }
        styles = next((one.get("Target", "") for one in links
                       if one.get("Type", "").endswith("/styles")), "styles.xml")  # fmt: skip
        self.percent = _cells_of_styles(_percent_styles(self._parsed(_member(styles))))
        self.marked = _marked_texts(self._read("xl/sharedstrings.xml"))

    def _read(self, member: str) -> bytes:
        name = self.members.get(member.lower())
        return self.archive.read(name) if name else b""

    def _parsed(self, member: str) -> Any:
        return _parsed(self._read(member) or b"<none/>")

    def of_sheet(self, name: str) -> dict[Place, str]:
        """Find the errors, the formulas without a value and the percents of a sheet."""
        content = self._read(self.sheets.get(name, ""))
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Rejected("a sheet is written in UTF-16: open the workbook, save it anew")
        if b"<!--" in content:
            content = COMMENT.sub(b"", content)
        numbers = NUMBER_OF_ROW.findall(content)
        if b"<![CDATA[" in content or len({*numbers}) < len(numbers):  # of which some would be lost
            raise Rejected(
                "a sheet is written as no spreadsheet writes it: open the workbook, save it anew"
            )
        self.marked |= _marked_texts(content)
        found: dict[Place, str] = {}
        counted: Mapping[int, Place] = {}
        for match, word in self._words(content):
            if place := PLACE.search(match[1]):
                found[_place(place)] = word
            else:
                counted = counted or _counted(content)
                found[counted[match.start()]] = word
        return found

    def _words(self, content: bytes) -> Iterator[tuple[re.Match[bytes], str]]:
        for match in self.percent.finditer(content) if self.percent else ():
            yield match, PERCENT
        if b"<f" in content or b":f" in content:
            for match in UNCALCULATED.finditer(content):
                if not (match[2] and IS_TEXT.search(match[1])):  # else the formula gave no text
                    yield match, NOT_CALCULATED
            for match in ZERO.finditer(content) if self.is_uncalculated else ():
                if not HAS_TYPE.search(match[1]):
                    yield match, NOT_CALCULATED
        if b't="e"' in content or b"t='e'" in content:
            for match in ERROR.finditer(content):
                yield match, (match[2] or b"").decode("utf-8", "replace") or "#N/A"

    def tell(self, words: Mapping[Place, str], cells: list[list[Any]]) -> None:
        """Write into the cells of a sheet what their reader did not tell."""
        for (row, column), word in words.items():
            if row >= len(cells) or column >= len(cells[row]):
                continue
            cell = cells[row][column]
            if word == PERCENT:
                if isinstance(cell, int | float) and not isinstance(cell, bool):
                    cells[row][column] = percent_text(f"{cell:.15g}") or cell
            elif cell == "" or word == NOT_CALCULATED:
                cells[row][column] = word
        if self.marked:
            for line in cells:
                line[:] = [self.marked.get(one, one) if isinstance(one, str) else one
                           for one in line]  # fmt: skip


def _parsed(content: bytes) -> Any:
    try:
        return etree.fromstring(content, xml_parser())
    except etree.XMLSyntaxError:
        raise Rejected("the workbook is damaged: open it, save it anew and send that") from None


def _marked_texts(content: bytes) -> dict[str, str]:
    """Find the texts in which a raised digit follows a digit, and how to tell them apart."""
    found: dict[str, str] = {}
    if b"superscript" not in content:
        return found
    for item in _parsed(content).iter("{*}si", "{*}is"):
        plain = marked = ""
        for run in item.iterfind("{*}r"):
            text = run.findtext("{*}t") or ""
            raised = run.find("{*}rPr/{*}vertAlign[@val='superscript']") is not None
            marked = with_mark(marked, text) if raised else marked + text
            plain += text
        if marked != plain:
            found[plain] = marked
    return found


def _is_on(element: Any, word: str) -> bool:
    return element is not None and element.get(word) in ("1", "true")


def _link_of(sheet: Any) -> str:
    return next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")


def _member(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _percent_styles(styles: Any) -> list[int]:
    """List the styles of cells that show a number as percent."""
    shown = BUILT_IN_PERCENT | {
        form.get("numFmtId", "")
        for form in styles.iterfind("{*}numFmts/{*}numFmt")
        if shows_percent(form.get("formatCode", ""))
    }
    cells = styles.iterfind("{*}cellXfs/{*}xf")
    return [place for place, one in enumerate(cells) if one.get("numFmtId") in shown]


def _cells_of_styles(styles: list[int]) -> re.Pattern[bytes] | None:
    if not styles:
        return None
    numbers = "|".join(map(str, styles)).encode()
    return re.compile(rb"""<(?:\w+:)?c\b([^<>]*\bs=["'](?:%s)["'][^<>]*)>""" % numbers)


def _place(found: re.Match[bytes]) -> Place:
    number = 0
    for letter in found[1].upper():
        number = number * 26 + letter - 64
    return int(found[2]) - 1, number - 1


def _counted(content: bytes) -> Mapping[int, Place]:
    """Count where the cells of a sheet are that does not say it, by where their tags begin."""
    places, row, column = {}, -1, -1
    for tag in TAG.finditer(content):
        if tag[1] == b"row":
            stated = ROW.search(tag[2])
            row, column = int(stated[1]) - 1 if stated else row + 1, -1
        else:
            own = PLACE.search(tag[2])
            row, column = _place(own) if own else (row, column + 1)
            places[tag.start()] = row, column
    return places
