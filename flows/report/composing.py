"""The paragraphs of the report: what offices wrote, and what the release itself has to say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.common.errors import WrongUse, ZipingError
from flows.releases.tables import ReleaseTables, Row, figure_number, is_withheld
from flows.report.commitments import answer_commitments
from flows.report.generating import (
    describe_failures,
    describe_tasks_ahead,
    describe_tasks_handed_down,
    list_figures,
)
from flows.report.notes import Notes
from flows.report.places import (
    LEAD,
    SIGNATURE,
    TITLE,
    FigureKey,
    ItemPlace,
    figures_in,
    read_item,
    split_sentences,
    write_full_width,
)

NARRATIVES = "registers.narratives"
HANDED_DOWN, PROBLEMS, AHEAD = ItemPlace(2), ItemPlace(4), ItemPlace(5)
TITLES = {1: "chapter_title", 2: "section_title", 3: "item_title"}
HEADINGS = {1: "heading_1", 2: "heading_2", 3: "heading_3"}


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the report: how it looks, and its text with places for figures."""

    kind: str  # title, heading_1, heading_2, heading_3, body or signature
    text: str


@dataclass(frozen=True)
class Finding:
    """What is open about the report: what, about which figure or place, and in which row."""

    rule: str
    sentence: str
    figure: str = ""
    item: str = ""
    file: str = ""
    sheet: str = ""
    row: int | None = None

    def __str__(self) -> str:
        """Say it with the row where it stands."""
        at = f"（{self.file} {self.sheet} 第{self.row}行）" if self.row else ""
        return f"{self.rule}：{self.sentence}{at}"


@dataclass
class Composition:
    """The report before it is set: its paragraphs, its figures, and what is open about it."""

    figures: Mapping[FigureKey, Row]  # of the district, those withheld among them
    notes: Mapping[FigureKey, str]  # on those in doubt
    paragraphs: list[Paragraph] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def compose(tables: ReleaseTables, manifest: Row, *, is_internal: bool = False) -> Composition:
    """Compose the report of the district of a release; an internal one names schools.

    Raises WrongUse where the release is of a version of ziping that published no text.
    """
    if "report_narratives" not in tables.published:
        raise WrongUse(
            f"{manifest['release']} was published before ziping knew the text of a report: "
            "run `ziping nightly`, or name a newer release"
        )
    return _Composer(tables, manifest, is_internal=is_internal).compose()


class _Composer:
    """Composes one report; what it has found so far stands in `result`."""

    def __init__(self, tables: ReleaseTables, manifest: Row, *, is_internal: bool) -> None:
        self.tables, self.manifest, self.is_internal = tables, manifest, is_internal
        notes = Notes(tables, manifest)
        figures = {(row["figure_id"], row["part"]): row for row in self._own(tables.printed)}
        self.result = Composition(
            figures, {key: note for key, row in figures.items() if (note := notes.note_on(row))}
        )
        self.listed = {
            key: row
            for key, row in figures.items()
            if row["listing"] == "report" and not is_withheld(row)
        }
        self.written: dict[str, list[Row]] = {}
        for row in sorted(self._own(tables.rows("report_narratives")), key=_paragraph_number):
            place = read_item(row["item"])
            self.written.setdefault(place.name if place else row["item"], []).append(row)
        self.tasks = self._own(tables.rows("report_tasks"))
        self.used: set[FigureKey] = set()

    def _own(self, rows: Any) -> list[Row]:
        return [row for row in rows if row["district_code"] == self.manifest["district_code"]]

    def compose(self) -> Composition:
        """Go through the report from its title to who signs it."""
        year = f"{self.manifest['district_title']}{self.manifest['evaluation_year']}年"
        self._add_written(TITLE, "title")
        if not self.result.paragraphs:
            self._add("title", f"{year}履行教育职责自评报告")
        self._add_written(LEAD, "body")
        for place in self._places():
            self._add_place(place)
        self._add_written(SIGNATURE, "signature")
        self._find_misplaced()
        self._find_unused()
        self._find_doubts()
        return self.result

    def _places(self) -> list[ItemPlace]:
        """List the places that somebody wrote, or at which the outline has a figure, in order."""
        names = [*self.written, *(row["place"] or "" for row in self.listed.values())]
        found = {place for name in names if (place := read_item(name))}
        return sorted(found.union(*(place.parents() for place in found)))

    def _add_place(self, place: ItemPlace) -> None:
        rows = self.written.get(place.name, [])
        heading = "".join(
            line for row in rows if not row["paragraph"] for line in self._lines_of(row)
        )
        heading = heading or self._title_of(place)
        if not heading:
            sentence = f"{place.name}没有标题：请在文稿中补一行，段落号为0"
            self.result.findings.append(Finding("无标题", sentence, item=place.name))
        self._add(HEADINGS[place.level], place.number + heading)
        for text in self._generated(place):
            self._add("body", text)
        for row in rows:
            if row["paragraph"]:
                self._add_row("body", row)
        if not self._is_written(place):
            self._list_figures_of(place)

    def _title_of(self, place: ItemPlace) -> str:
        """Find how the outline heads a place, for which nobody wrote a heading."""
        titles = (
            str(row[TITLES[place.level]] or "")
            for row in self.listed.values()
            if (own := read_item(row["place"] or "")) and own.is_within(place)
        )
        return next(titles, "").removeprefix(place.number).strip()

    def _is_written(self, place: ItemPlace) -> bool:
        """Say whether an office wrote anything at a place or below it."""
        return any(
            (own := read_item(name)) and own.is_within(place) and rows[-1]["paragraph"]
            for name, rows in self.written.items()
        )

    def _list_figures_of(self, place: ItemPlace) -> None:
        own = [row for row in self.listed.values() if read_item(row["place"] or "") == place]
        if own:
            self._add("body", list_figures(own))
            sentence = f"{place.name}没有文稿：按提纲列出了{len(own)}个数字"
            self.result.findings.append(Finding("无文稿", sentence, item=place.name))

    def _generated(self, place: ItemPlace) -> Iterator[str]:
        """Write what a chapter begins with, from the release."""
        if place == HANDED_DOWN:
            yield from describe_tasks_handed_down(self.tasks)
        if place == PROBLEMS:
            figures = list(self.result.figures.values())
            shown = [row for row in figures if not is_withheld(row)]
            yield from describe_failures(
                self.tables, self.manifest, shown, is_internal=self.is_internal
            )
        if place == AHEAD:
            yield from self._answers()
            yield from describe_tasks_ahead(self.tasks)

    def _answers(self) -> Iterator[str]:
        """Answer last year's targets; that what was signed was changed stops no draft."""
        try:
            for answer in answer_commitments(self.tables, self.manifest):
                yield answer.write(f"{{{answer.figure}}}" if answer.figure else "")
        except ZipingError as error:
            self.result.findings.append(Finding("上年目标不能核对", str(error)))

    def _add_written(self, name: str, kind: str) -> None:
        for row in self.written.get(name, ()):
            self._add_row(kind, row)

    def _add_row(self, kind: str, row: Row) -> None:
        for text in self._lines_of(row):
            self._add(kind, text)

    def _lines_of(self, row: Row) -> Iterator[str]:
        """Read the lines of a row as they are printed; what is wrong with them is found."""
        for line in (row["text"] or "").splitlines():
            if text := self._without_withheld(write_full_width(line.strip()), row):
                self._find_unknown(text, row)
                yield text

    def _add(self, kind: str, text: str) -> None:
        self.result.paragraphs.append(Paragraph(kind, text))
        self.used.update(figures_in(text))

    def _without_withheld(self, text: str, row: Row) -> str:
        """Leave the sentences out that ask for a figure which must not be written."""
        kept = []
        for sentence in split_sentences(text):
            hidden = [
                figure_number(*key)
                for key in figures_in(sentence)
                if key in self.result.figures and is_withheld(self.result.figures[key])
            ]
            for name in dict.fromkeys(hidden):
                said = f"{name}不得公开，这一句未写入报告"
                self.result.findings.append(self._finding("不得公开", said, name, row))
            if not hidden:
                kept.append(sentence)
        joined = "".join(kept)
        return joined[:-1] + "。" if joined.endswith("；") and joined != text else joined

    def _find_unknown(self, text: str, row: Row) -> None:
        for key in dict.fromkeys(figures_in(text)):
            if key not in self.result.figures:
                name = figure_number(*key)
                is_known = any(figure_id == key[0] for figure_id, _ in self.result.figures)
                said = f"图号{key[0]}没有第{key[1]}分项" if is_known else f"报告提纲没有图号{name}"
                self.result.findings.append(self._finding("无此图号", said, name, row))

    def _finding(self, rule: str, sentence: str, figure: str, row: Row) -> Finding:
        """Say what is open in a row, and where the row stands."""
        names = {
            file["sha256"]: file["original_name"]
            for file in self.manifest["deliveries"]
            if file["source"] == NARRATIVES
        }
        file = names.get(row["file_id"], "")
        return Finding(
            rule, sentence, figure, row["item"], file, row["sheet"] or "", row["row_number"]
        )

    def _find_misplaced(self) -> None:
        """Tell which rows stand at no place of a report, which a waiver may have let through."""
        for name, rows in self.written.items():
            if name not in (TITLE, LEAD, SIGNATURE) and not read_item(name):
                for row in rows:
                    said = f"“{name}”不是报告的章节，这一段未写入报告"
                    self.result.findings.append(self._finding("无此章节", said, "", row))

    def _find_unused(self) -> None:
        """Tell which figures of the outline no sentence asks for."""
        for key, row in self.listed.items():
            if key not in self.used:
                name = figure_number(*key)
                said = f"{name} {row['title']}没有写入报告"
                self.result.findings.append(Finding("未写入", said, name, row["place"]))

    def _find_doubts(self) -> None:
        """Tell which figures of the text are in doubt, and who mends them."""
        for key, note in self.result.notes.items():
            if key in self.used:
                row, name = self.result.figures[key], figure_number(*key)
                said = f"{name} {row['title']} {note}"
                self.result.findings.append(
                    Finding(note.partition("：")[0], said, name, row["place"])
                )


def _paragraph_number(row: Row) -> int:
    return int(row["paragraph"])
