"""A written report as the rules ask it: paragraphs, sentences and numbers, beside the release."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flows.report.checking.document import Paragraph, clauses_of, sentences_of
from flows.report.checking.figures import FigureChecker
from flows.report.checking.findings import CheckedNumber
from flows.report.checking.numbers import Number
from flows.report.checking.verdicts import AGREES

Cut = Callable[[str, int], Iterator[tuple[int, str]]]


@dataclass(frozen=True)
class Sentence:
    """A sentence, or a clause of one, with its place in a paragraph and the figures in it."""

    paragraph: Paragraph
    start: int
    text: str
    numbers: Sequence[Number]

    @property
    def quote(self) -> str:
        """What a finding shows of it."""
        return self.text.strip()[:80]


@dataclass(frozen=True)
class Text:
    """A report that is being checked."""

    paragraphs: Sequence[Paragraph]
    numbers: Mapping[int, Sequence[Number]]  # by the number of the paragraph
    checked: Sequence[CheckedNumber]
    checker: FigureChecker

    @property
    def year(self) -> int:
        """The year that is reported on."""
        return self.checker.year

    @property
    def terms(self) -> Mapping[str, Sequence[str]]:
        """The words that several rules share."""
        return self.checker.rules.terms

    @cached_property
    def sentences(self) -> list[Sentence]:
        """All sentences, those of titles too."""
        return [*self._cut(sentences_of)]

    @cached_property
    def clauses(self) -> list[Sentence]:
        """All clauses."""
        return [*self._cut(clauses_of)]

    def _cut(self, cut: Cut) -> Iterator[Sentence]:
        for paragraph in self.paragraphs:
            for start, part in cut(paragraph.text, paragraph.mark_end):
                inside = [
                    number
                    for number in self.numbers[paragraph.number]
                    if number.is_figure and start <= number.start < start + len(part)
                ]
                yield Sentence(paragraph, start, part, inside)

    @cached_property
    def roles(self) -> dict[int, str]:
        """By paragraph: whether it tells results, problems or plans."""
        rules = self.checker.rules
        return {paragraph.number: rules.role_of(paragraph) for paragraph in self.paragraphs}

    @cached_property
    def follows_outline(self) -> bool:
        """Whether a report is cut as the outline is: its places then say which figures are due."""
        places = [
            str(checked.figures[0]["place"]) == checked.paragraph.place
            for checked in self.checked
            if checked.verdict == AGREES and checked.figures
        ]
        return sum(places) * 2 > len(places)

    def below(self, heading: Paragraph) -> str:
        """Give what stands under a title: behind it, and in the paragraphs that follow."""
        others = [
            paragraph.text
            for paragraph in self.paragraphs
            if paragraph.number > heading.number and paragraph.chapter == heading.chapter
            and paragraph.heading.startswith(heading.heading) and heading.heading
        ]  # fmt: skip
        return "\n".join([heading.body, *others])
