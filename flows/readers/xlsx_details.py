"""What the reader of .xlsx leaves out of its cells: errors, formats, footnotes, no value yet.

It gives an empty cell for an error and for a formula that was never calculated, 0.125 for what is
shown as 12.5%, 21 for 00021, 12041 for the text 1204 with a raised 1, and text that is struck out.
"""

import codecs
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from flows.common.errors import Rejected
from flows.readers.grid import NOT_CALCULATED, with_mark, xml_parser
from flows.readers.number_formats import STRUCK, as_shown, is_telling

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
STRUCK_WITHIN = re.compile(
    rb"""<(?:\w+:)?c\b([^<>]*\bt=["']inlineStr["'][^<>]*)>(?:(?!</(?:\w+:)?c>).){0,9999}?"""
    rb"""<(?:\w+:)?strike(?:\s*/|\s+val=["'](?:1|true)["'])"""
)
IS_TEXT = re.compile(rb"""\bt=["']str["']""")
HAS_TYPE = re.compile(rb"\bt=")
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
TAG = re.compile(rb"<(?:\w+:)?(row|c)\b([^<>]*)>")
PLACE = re.compile(rb"""\br=["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
ROW = re.compile(rb"""\br=["']([0-9]{1,7})["']""")
NUMBER_OF_ROW = re.compile(rb"""<(?:\w+:)?row\b[^<>]*?\br=["']([0-9]{1,7})["']""")
HIDDEN_ROW = re.compile(
    rb"""<(?:\w+:)?row\b(?=[^<>]*\bhidden=["'](?:1|true)["'])[^<>]*?\br=["']([0-9]{1,7})["']"""
)
CELL = re.compile(rb"""<(?:\w+:)?c\b[^<>]*?\br=["']([A-Za-z]{1,3}[0-9]{1,7})["']""")
STYLE = re.compile(rb"""\bs=["']([0-9]+)["']""")
SHARED = re.compile(rb"""<(?:\w+:)?c\b([^<>]*\bt=["']s["'][^<>]*)>\s*<(?:\w+:)?v>([0-9]+)<""")
BUILT_IN = {"9": "0%", "10": "0.00%"}
AS_FORMAT = "="  # before a word that is a format of numbers


class XlsxDetails:
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
            sheet.get("name", ""): _member(targets.get(_find_link(sheet), ""))
            for sheet in book.iterfind("{*}sheets/{*}sheet")
        }
        of_styles = (link for link in links if link.get("Type", "").endswith("/styles"))
        styles = next((link.get("Target", "") for link in of_styles), "styles.xml")
        self.styles_with_meaning = _find_telling_styles(self._parsed(_member(styles)))
        self.styled = _compile_cell_pattern(self.styles_with_meaning)
        texts = self._read("xl/sharedstrings.xml")
        self.marked, self.struck = _find_raised_texts(texts), _find_struck_texts(texts)
        self.hidden_rows: list[int] = []  # of the sheet that was read last

    def _read(self, member: str) -> bytes:
        name = self.members.get(member.lower())
        return self.archive.read(name) if name else b""

    def _parsed(self, member: str) -> Any:
        return _parsed(self._read(member) or b"<none/>")

    def find(self, name: str) -> dict[Place, str]:
        """Find the errors, the formulas without a value and the percents of a sheet."""
        content = self._read(self.sheets.get(name, ""))
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Rejected("sheet_in_utf16")
        if b"<!--" in content:
            content = COMMENT.sub(b"", content)
        numbers = NUMBER_OF_ROW.findall(content)
        if b"<![CDATA[" in content or len({*numbers}) < len(numbers):  # of which some would be lost
            raise Rejected("odd_sheet")
        if len({*(cells := CELL.findall(content))}) < len(cells):
            raise Rejected("cell_stands_twice")
        self.hidden_rows = [int(number) for number in HIDDEN_ROW.findall(content)]
        self.marked |= _find_raised_texts(content)
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
        for match in self.styled.finditer(content) if self.styled else ():
            if style := STYLE.search(match[1]):
                yield match, self.styles_with_meaning[int(style[1])]
        for match in SHARED.finditer(content) if self.struck else ():
            if int(match[2]) in self.struck:
                yield match, STRUCK
        if b"strike" in content:
            for match in STRUCK_WITHIN.finditer(content):
                yield match, STRUCK
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

    def complete(self, cells: list[list[Any]], found: Mapping[Place, str]) -> None:
        """Write into the cells of a sheet what their reader left out."""
        for (row, column), word in found.items():
            if row >= len(cells) or column >= len(cells[row]):
                continue
            cell = cells[row][column]
            if word.startswith(AS_FORMAT):
                cells[row][column] = as_shown(cell, word.removeprefix(AS_FORMAT))
            elif word == STRUCK:
                cells[row][column] = STRUCK if cell != "" else cell
            elif cell == "" or word == NOT_CALCULATED:
                cells[row][column] = word
        if self.marked:
            for line in cells:  # a number is no text that is marked
                line[:] = map(self.marked.get, line, line)


def _parsed(content: bytes) -> Any:
    try:
        return etree.fromstring(content, xml_parser())
    except etree.XMLSyntaxError:
        raise Rejected("workbook_damaged") from None


def _find_raised_texts(content: bytes) -> dict[str, str]:
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


def _find_struck_texts(content: bytes) -> set[int]:
    """Find the texts, by their places, of which a part is struck out."""
    if b"strike" not in content:
        return set()
    items = enumerate(_parsed(content).iterfind("{*}si"))
    return {place for place, item in items if _has_struck(item)}


def _has_struck(item: Any) -> bool:
    runs = (run for run in item.iterfind("{*}r") if run.findtext("{*}t"))
    return any(_strikes(run.find("{*}rPr/{*}strike")) for run in runs)


def _strikes(element: Any) -> bool:
    return element is not None and element.get("val", "1") in ("1", "true")


def _is_on(element: Any, word: str) -> bool:
    return element is not None and element.get(word) in ("1", "true")


def _find_link(sheet: Any) -> str:
    return next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")


def _member(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _find_telling_styles(styles: Any) -> dict[int, str]:
    """Say of the styles that tell something of their cells what it is: a format, or struck out."""
    forms = BUILT_IN | {
        form.get("numFmtId", ""): form.get("formatCode", "")
        for form in styles.iterfind("{*}numFmts/{*}numFmt")
    }
    fonts = [_strikes(font.find("{*}strike")) for font in styles.iterfind("{*}fonts/{*}font")]
    struck = {str(place) for place, is_struck in enumerate(fonts) if is_struck}
    words = {}
    for place, style in enumerate(styles.iterfind("{*}cellXfs/{*}xf")):
        form = forms.get(style.get("numFmtId", ""), "")
        if style.get("fontId") in struck:
            words[place] = STRUCK
        elif is_telling(form):
            words[place] = AS_FORMAT + form
    return words


def _compile_cell_pattern(styles: Iterable[int]) -> re.Pattern[bytes] | None:
    numbers = "|".join(map(str, styles)).encode()
    if not numbers:
        return None
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
