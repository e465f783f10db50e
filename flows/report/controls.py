"""The controls and comments of a part of a Word file, found by their bytes and changed in place.

Everything between them stays byte for byte: a parser says where they stand, and what changes is
spliced in. So prose, layout, tracked changes and remarks of people are what they were.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
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
WITH_CONTROLS = re.compile(r"word/(document|header[0-9]*|footer[0-9]*|footnotes|endnotes)\.xml")
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
    """Find the controls of figures in a part; where one is lost, its bookmark stands for it.

    Raises WrongUse where the part is damaged.
    """
    found = _Scanner(content, part, "sdt").scan()
    return [holder for holder in found if holder.name.startswith(TAG)]


def controls_by_part(parts: Mapping[str, bytes]) -> dict[str, list[Holder]]:
    """Find the controls of figures in all parts of a file that people read."""
    return {
        name: found
        for name, content in parts.items()
        if WITH_CONTROLS.fullmatch(name) and (found := find_controls(content, name))
    }


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
        self.range: tuple[str, Holder] | None = (
            None  # that bookmark by its id, if no control is in it
        )
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
            self.open.append((len(self.stack), Holder(said.get("author", ""))))
            self.found.append(self.open[-1][1])
            self.range = None
        elif local == "bookmarkStart" and (figure := figure_of_bookmark(said.get("name", ""))):
            self.bookmark = figure
            self.range = None if self.open else (said.get("id", ""), Holder(TAG + figure))
        elif local == "bookmarkEnd" and self.range and self.range[0] == said.get("id"):
            self.found += [self.range[1]] if self.range[1].texts else []
            self.range, self.bookmark = None, ""
        elif local == "r":
            self.run = (self._tag_end(start), None, 0)
        elif parents == ["r", "rPr"]:
            run, look, place = self.run
            if local == "highlight":
                self.highlights.append(Span(start, self._tag_end(start)))
            elif local in BEHIND and not place:
                self.run = (run, look, start)
        elif self.open and parents[-1:] == ["sdtPr"]:
            depth, holder = self.open[-1]
            is_own = len(self.stack) == depth + 2
            holder.name = said.get("val", "") if is_own and local == "tag" else holder.name
            holder.is_placeholder |= is_own and local == "showingPlcHdr"

    def _end(self, name: str) -> None:
        local, start = self.stack.pop()
        if local == "p":
            self.range = None  # a figure never goes on in the next paragraph
        if local in ("rPr", "sdtPr", "t", "r"):
            self._end_of_interest(local, start)
        if self.open and len(self.stack) < self.open[-1][0]:
            self._close()

    def _end_of_interest(self, local: str, start: int) -> None:
        at, begun = self.parser.CurrentByteIndex, self._tag_end(start)
        is_empty = self.content.endswith(b"/>", start, begun)
        whole = Span(start, begun if is_empty else self._tag_end(at), is_empty)
        inside = whole if is_empty else Span(begun, at)
        holder = self._holder()
        if local == "rPr" and self.stack[-1:] and self.stack[-1][0] == "r":
            run, _, place = self.run
            self.run = (run, whole, place or at)
        elif local == "sdtPr" and self.open and len(self.stack) == self.open[-1][0]:
            self.properties[len(self.stack)] = inside
        elif local == "t" and holder:
            if not holder.texts:
                holder.run_start, holder.look, holder.look_end = self.run
            holder.texts.append(inside)
        elif local == "r":
            if holder:
                holder.highlights += self.highlights
            self.highlights = []

    def _holder(self) -> Holder | None:
        """Find the control, the comment or the bookmark to which a text belongs."""
        if not self.open:
            return self.range[1] if self.range else None
        depth, holder = self.open[-1]
        is_within = any(known == "sdtContent" for known, _ in self.stack[depth:])
        return holder if is_within or self.kind == "comment" else None

    def _close(self) -> None:
        """End a control; one without a tag is that of the bookmark around it."""
        depth, holder = self.open.pop()
        properties = self.properties.pop(depth, None)
        if self.kind == "sdt" and not holder.name and self.bookmark and properties is not None:
            holder.name, holder.untagged = TAG + self.bookmark, properties
        self.bookmark = ""

    def _text(self, text: str) -> None:
        if self.stack and self.stack[-1][0] == "t" and (holder := self._holder()):
            holder.text += text
