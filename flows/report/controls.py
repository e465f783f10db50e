"""The controls and comments of a part of a Word file, found by their bytes and changed in place.

Everything between them stays byte for byte: a parser says where they stand, and what changes is
spliced in. So prose, layout, tracked changes and remarks of people are what they were.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from flows.common.errors import WrongUse
from flows.report.marking import AUTHOR, HIGHLIGHT, TAG, figure_of_bookmark, xml_text

WORD = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
}
TAG_END = re.compile(rb"""(?:[^"'>]|"[^"]*"|'[^']*')*>""")
# What stands behind the highlight among the properties of a run.
BEHIND = set(
    "u effect bdr shd fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath rPrChange"
    .split()
)  # fmt: skip
OTHER_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)


class Span(NamedTuple):
    """A stretch of bytes; an empty element has no inside."""

    start: int
    end: int
    is_empty_element: bool = False


class Splice(NamedTuple):
    """What is to stand in place of a stretch of bytes."""

    start: int
    end: int
    content: bytes


@dataclass
class Holder:
    """A control or a comment: what it is called, its text, and where its bytes stand."""

    name: str = ""  # the figure of a control, the author of a comment
    text: str = ""
    is_placeholder: bool = False  # Word's own words, shown where a control was emptied
    texts: list[Span] = field(default_factory=list)  # what stands within w:t
    highlights: list[Span] = field(default_factory=list)
    look: Span | None = None  # the properties of the run with the first text, and where they end
    look_end: int = 0  # where a highlight may be put among them
    run_start: int = 0  # behind the start tag of that run
    untagged: Span | None = None  # the properties of a control that has lost its tag

    def rewritten(self, text: str, *, is_marked: bool | None = None) -> Iterator[Splice]:
        """Put another text into it; `is_marked` sets or takes the highlight, None leaves it."""
        if self.untagged is not None:
            tag = f"<w:tag w:val={quoteattr(self.name)}/>"
            whole = f"<w:sdtPr>{tag}</w:sdtPr>" if self.untagged.is_empty_element else tag
            end = self.untagged.end if self.untagged.is_empty_element else self.untagged.start
            yield Splice(self.untagged.start, end, whole.encode())
        for number, span in enumerate(self.texts):
            content = "" if number else xml_text(text)
            if span.is_empty_element:
                content = f"<w:t>{content}</w:t>"
            yield Splice(span.start, span.end, content.encode())
        if is_marked is None:
            return
        for span in self.highlights:
            yield Splice(span.start, span.end, b"")
        if is_marked and self.look is None:
            yield Splice(self.run_start, self.run_start, f"<w:rPr>{HIGHLIGHT}</w:rPr>".encode())
        elif is_marked and self.look is not None and self.look.is_empty_element:
            yield Splice(self.look.start, self.look.end, f"<w:rPr>{HIGHLIGHT}</w:rPr>".encode())
        elif is_marked:
            yield Splice(self.look_end, self.look_end, HIGHLIGHT.encode())


def find_controls(content: bytes, part: str) -> list[Holder]:
    """Find the controls of figures in a part; raises WrongUse where it is damaged."""
    found = _Scanner(content, part, "sdt").scan()
    return [holder for holder in found if holder.name.startswith(TAG)]


def find_comments(content: bytes, part: str) -> list[Holder]:
    """Find the comments that drafts made, not those of people."""
    found = _Scanner(content, part, "comment").scan()
    return [holder for holder in found if holder.name == AUTHOR]


def apply_splices(content: bytes, splices: Iterable[Splice]) -> bytes:
    """Put what changes in place; the rest stays byte for byte."""
    kept, end = [], 0
    for splice in sorted(set(splices)):
        if splice.start < end:
            continue  # what stands within a stretch that goes
        kept += [content[end : splice.start], splice.content]
        end = splice.end
    return b"".join([*kept, content[end:]])


class _Scanner:
    """Goes once through a part; `stack` holds the open elements, each with where it begins."""

    def __init__(self, content: bytes, part: str, kind: str) -> None:
        self.content, self.part, self.kind = content, part, kind
        self.stack: list[tuple[str, int]] = []
        self.open: list[tuple[int, Holder]] = []  # with the depth of each
        self.found: list[Holder] = []
        self.run: tuple[int, Span | None, int] = (0, None, 0)  # start, properties, place within
        self.highlights: list[Span] = []
        self.bookmark = ""  # the figure of the bookmark that was last begun, until a control has it
        self.properties: dict[int, Span] = {}  # of controls, by depth
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.buffer_text = False

    def scan(self) -> list[Holder]:
        """Find what is looked for."""
        if b"\0" in self.content[:4] or OTHER_ENCODING.match(self.content[:200]):
            raise WrongUse(f"{self.part} is not UTF-8: open the file in Word and save it again")
        try:
            self.parser.Parse(self.content, True)
        except expat.ExpatError:
            raise WrongUse(
                f"{self.part} of the file is damaged: open the file in Word and save it again"
            ) from None
        return self.found

    def _refuse(self, *_: object) -> None:
        raise WrongUse(f"{self.part} declares a document type, which no Word file does: refused")

    def _tag_end(self, start: int) -> int:
        found = TAG_END.match(self.content, start)
        assert found  # the parser has read it
        return found.end()

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        local = local if space in WORD else ""
        start = self.parser.CurrentByteIndex
        parents = [known for known, _ in self.stack[-2:]]
        self.stack.append((local, start))
        said = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if local == self.kind:
            holder = Holder(said.get("author", ""))
            self.open.append((len(self.stack), holder))
            self.found.append(holder)
        if local == "bookmarkStart" and (figure := figure_of_bookmark(said.get("name", ""))):
            self.bookmark = figure
        if not self.open:
            return
        depth, holder = self.open[-1]
        if self.kind == "sdt" and parents[-1:] == ["sdtPr"] and len(self.stack) == depth + 2:
            if local == "tag":
                holder.name = said.get("val", "")
            holder.is_placeholder |= local == "showingPlcHdr"
        if local == "r":
            self.run = (self._tag_end(start), None, 0)
        elif parents == ["r", "rPr"]:
            run, look, place = self.run
            if local == "highlight":
                self.highlights.append(Span(start, self._tag_end(start)))
            elif local in BEHIND and not place:
                self.run = (run, look, start)

    def _end(self, name: str) -> None:
        local, start = self.stack.pop()
        at = self.parser.CurrentByteIndex
        begun = self._tag_end(start)
        is_empty = self.content.endswith(b"/>", start, begun)
        end = begun if is_empty else self._tag_end(at)
        if not self.open:
            return
        depth, holder = self.open[-1]
        is_in_content = any(known == "sdtContent" for known, _ in self.stack[depth:])
        if local == "rPr" and self.stack[-1:] and self.stack[-1][0] == "r":
            run, _, place = self.run
            self.run = (run, Span(start, end, is_empty), place or at)
        if local == "sdtPr" and len(self.stack) == depth:
            inside = Span(start, end, True) if is_empty else Span(begun, at)
            self.properties[depth] = inside
        if local == "t" and (is_in_content or self.kind == "comment"):
            if not holder.texts:
                holder.run_start, holder.look, holder.look_end = self.run
            inside = Span(start, end, True) if is_empty else Span(begun, at)
            holder.texts.append(inside)
        if local == "r" and is_in_content:
            holder.highlights += self.highlights
        if local == "r":
            self.highlights = []
        if len(self.stack) < depth:
            self._close()

    def _close(self) -> None:
        """End a control; one without a tag is that of the bookmark around it."""
        depth, holder = self.open.pop()
        properties = self.properties.pop(depth, None)
        if self.kind == "sdt" and not holder.name and self.bookmark and properties is not None:
            holder.name, holder.untagged = TAG + self.bookmark, properties
        self.bookmark = ""

    def _text(self, text: str) -> None:
        if self.open and self.stack and self.stack[-1][0] == "t":
            self.open[-1][1].text += text
