"""Places: where a paragraph stands in the report, and where a figure stands in a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flows.report.chinese_numerals import read_chinese, write_chinese

# {4.1}, {5.1a} or {P.1}; {4.8.2} is the second part of 4.8
FIGURE_PLACE = re.compile(r"\{([A-Z]?[0-9]*\.[0-9]+[a-z]?)(?:\.([1-9][0-9]*))?\}")
TITLE, LEAD, SIGNATURE = "标题", "导语", "落款"
NUMERAL = "[一二三四五六七八九十]+"
ITEM = re.compile(rf"({NUMERAL})(?:\(({NUMERAL})\)([1-9][0-9]*)?)?")
SENTENCE = re.compile(r"[^。！？；]*[。！？；]?")
FULL_WIDTH = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
HALF_WIDTH = re.compile(r"[,;:?!()]")
NUMBERING = re.compile(r"(?<=[0-9A-Za-z])[,:](?=[0-9A-Za-z])")  # 1,538 and 10:30
FigureKey = tuple[str, int]  # figure and part


@dataclass(frozen=True, order=True)
class ItemPlace:
    """A place as the outline writes it, to be sorted by: 一(二)4."""

    chapter: int
    section: int = 0
    item: int = 0

    @property
    def level(self) -> int:
        """Which heading it has: 1 for a chapter, 2 for a section, 3 for an item."""
        return 3 if self.item else 2 if self.section else 1

    @property
    def number(self) -> str:
        """The number before its heading."""
        if self.item:
            return f"{self.item}."
        return (
            f"（{write_chinese(self.section)}）"
            if self.section
            else f"{write_chinese(self.chapter)}、"
        )

    @property
    def name(self) -> str:
        """The place as the outline writes it."""
        section = f"({write_chinese(self.section)})" if self.section else ""
        return f"{write_chinese(self.chapter)}{section}{self.item or ''}"

    def is_within(self, other: "ItemPlace") -> bool:
        """Say whether it is another place, or one of its parts."""
        ours = (self.chapter, self.section, self.item)
        return ours[: other.level] == (other.chapter, other.section, other.item)[: other.level]

    def parents(self) -> Iterator["ItemPlace"]:
        """List the places that it is a part of, the outermost first."""
        if self.section:
            yield ItemPlace(self.chapter)
        if self.item:
            yield ItemPlace(self.chapter, self.section)


def read_item(text: str) -> ItemPlace | None:
    """Read a place; None where it is none."""
    found = ITEM.fullmatch(text.translate(str.maketrans("（）", "()")))
    if not found:
        return None
    chapter, section, item = found.groups()
    return ItemPlace(_number(chapter), _number(section or ""), int(item or 0))


def _number(numeral: str) -> int:
    return int(read_chinese(numeral) or 0)


def split_text(text: str) -> Iterator[str | FigureKey]:
    """Split a text into words and the figures that stand between them."""
    end = 0
    for found in FIGURE_PLACE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        yield found[1], int(found[2] or 1)
        end = found.end()
    if end < len(text):
        yield text[end:]


def figures_in(text: str) -> list[FigureKey]:
    """List the figures of a text."""
    return [part for part in split_text(text) if not isinstance(part, str)]


def split_sentences(text: str) -> list[str]:
    """Split a text behind its full stops and semicolons."""
    return [found[0] for found in SENTENCE.finditer(text) if found[0]]


def write_full_width(text: str) -> str:
    """Give a Chinese text its own punctuation again, which landing writes in half width."""
    kept = {found.start() for found in NUMBERING.finditer(text)}
    return HALF_WIDTH.sub(
        lambda found: found[0] if found.start() in kept else FULL_WIDTH[found[0]], text
    )
