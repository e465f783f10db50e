"""Reading a written report into paragraphs, each with its place: chapter, section, item."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from flows.common.errors import WrongUse
from flows.common.text import FULL_WIDTH

MOST_BYTES = 50 << 20
MOST_CHARACTERS = 2_000_000  # some hundred times what a report has
ENCODINGS = ("utf-8-sig", "gb18030", "utf-16")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .doc, .wps, and .docx with a password

MARKS = {
    "chapter": re.compile(r"^([一二三四五六七八九十]{1,3})、"),
    "section": re.compile(r"^\(([一二三四五六七八九十]{1,3})\)"),
    "item": re.compile(r"^(\d{1,3})[.、](?!\d)"),
    "firstly": re.compile(r"^([一二三四五六七八九十]{1,3})是"),
}
LEVELS = (*MARKS,)
MARK_FORMS = {"chapter": "{}", "section": "({})", "item": "{}", "firstly": "({})"}
LONGEST_HEADING = 60
# A comma within a number stays one; the others part clauses.
CLAUSE_COMMA = re.compile(r"(?<!\d),|,(?!\d{3}(?!\d))")


class Control(NamedTuple):
    """A place of a paragraph's text that a draft bound to a figure of the warehouse."""

    start: int
    end: int
    figure_id: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph as it is compared: half width, without blanks between Chinese characters."""

    number: int  # from 1, in the order of the document
    raw: str
    text: str = ""
    kind: str = "body"  # body, table, footnote
    controls: tuple[Control, ...] = ()
    chapter: str = ""  # the title of its chapter, empty before the first and without chapters
    heading: str = ""  # the titles of its section and item; its own, where it is one
    place: str = ""  # 一(二)4, as the outline writes it
    mark_end: int = 0  # where the number of its title ends
    body_start: int = 0  # where its own title ends: 0 without one, its length where it is all title

    @property
    def is_heading(self) -> bool:
        """Whether it is a title and nothing else."""
        return 0 < self.body_start == len(self.text)

    @property
    def body(self) -> str:
        """What stands behind the title that it begins with."""
        return self.text[self.body_start :]


@dataclass
class Draft:
    """A paragraph as a file has it."""

    text: str
    kind: str = "body"
    controls: list[Control] = field(default_factory=list)


def read_document(path: Path) -> list[Paragraph]:
    """Read the paragraphs of a .docx, a PDF with text or a plain text.

    Raises WrongUse with one sentence where the file is none of these, damaged, locked or empty.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise WrongUse(f"{path.name}: cannot be read ({error.strerror})") from None
    if size == 0:
        raise WrongUse(f"{path.name} is empty: save the report again")
    if size > MOST_BYTES:
        raise WrongUse(f"{path.name} is larger than 50 MB: take its pictures out, then check it")
    if start == OLE:
        raise WrongUse(
            f"{path.name} is a .doc or .wps, or has a password: save it as .docx without one"
        )
    if start.startswith(b"PK"):
        from flows.report.checking.word_file import read_word_file

        drafts = read_word_file(path)
    elif b"%PDF" in start:
        from flows.report.checking.pdf_file import read_pdf_file

        drafts = read_pdf_file(path)
    else:
        drafts = [Draft(line) for line in _decode(path).splitlines()]
    found = [squeeze(draft) for draft in drafts]
    paragraphs = find_places(draft for draft in found if draft.text)
    if not paragraphs:
        raise WrongUse(f"{path.name} holds no text: save the report again")
    if sum(len(paragraph.text) for paragraph in paragraphs) > MOST_CHARACTERS:
        raise WrongUse(f"{path.name} holds more text than any report: is it the right file?")
    return paragraphs


def _decode(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise WrongUse(f"{path.name} is neither .docx nor PDF nor a text: save it as .docx")


def squeeze(draft: Draft) -> Paragraph:
    """Write a paragraph in half width, but for commas, without blanks beside Chinese characters.

    A blank between two words or numbers stays one blank; the places of controls move along.
    """
    raw = draft.text.strip()
    moved: list[int] = []  # for each character of the file's text, its place in the new one
    text = ""
    for character in draft.text:
        moved.append(len(text))
        plain = character.translate(FULL_WIDTH)
        if plain.isspace():
            if text and text[-1].isascii() and text[-1] != " ":
                text += " "
            continue
        if text.endswith(" ") and plain and not plain.isascii():
            text = text[:-1]
        text += plain
    text = CLAUSE_COMMA.sub("，", text.rstrip())
    moved.append(len(text))
    controls = tuple(
        Control(min(moved[c.start], len(text)), min(moved[c.end], len(text)), c.figure_id)
        for c in draft.controls
    )
    return Paragraph(0, raw, text, draft.kind, controls)


def find_places(paragraphs: Iterable[Paragraph]) -> list[Paragraph]:
    """Give each paragraph its number and the titles that it stands under."""
    found: list[Paragraph] = []
    titles: dict[str, tuple[str, str]] = {}  # by level: the mark as a place has it, and the title
    for number, paragraph in enumerate(paragraphs, start=1):
        text, end, mark_end = paragraph.text, 0, 0
        if paragraph.kind == "body":
            level, mark, mark_end = _read_mark(text)
            end = _title_end(text, level)
            if end and (level != "firstly" or not {"section", "item"} & titles.keys()):
                kept = LEVELS[: LEVELS.index(level)]
                titles = {name: titles[name] for name in kept if name in titles}
                titles[level] = (MARK_FORMS[level].format(mark), text[:end])
        below = [titles[name][1] for name in LEVELS[1:] if name in titles]
        found.append(
            replace(
                paragraph,
                number=number,
                chapter=titles["chapter"][1] if "chapter" in titles else "",
                heading=" ".join(below),
                place="".join(titles[name][0] for name in LEVELS if name in titles),
                mark_end=mark_end,
                body_start=end,
            )
        )
    return found


def _read_mark(text: str) -> tuple[str, str, int]:
    for level, pattern in MARKS.items():
        if match := pattern.match(text):
            return level, match[1], match.end()
    return "", "", 0


def _title_end(text: str, level: str) -> int:
    """Find where the title ends that a paragraph begins with; 0 where it begins with none."""
    if not level:
        return 0
    end = text.find("。")
    if end == -1:
        return len(text) if len(text) <= LONGEST_HEADING and level != "firstly" else 0
    return end + 1 if end < LONGEST_HEADING else 0


def sentences_of(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """Cut a text into sentences, each with its place in the text."""
    for match in re.finditer(r"[^。;!]+[。;!]?", text[start:]):
        if match[0].strip():
            yield start + match.start(), match[0]


def clauses_of(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """Cut a text at every mark that parts clauses, each with its place in the text."""
    for match in re.finditer(r"[^，。;:!?]+", text[start:]):
        if match[0].strip():
            yield start + match.start(), match[0]
