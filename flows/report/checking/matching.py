"""Which figure of the warehouse a number of the text is: by the words around it and its unit."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.report.checking.document import Paragraph
from flows.report.checking.numbers import Number, group_of_unit

Row = Mapping[str, Any]

# How much a pair of characters of a figure's title counts where it stands beside the number, in
# its sentence before another number, behind it, in the titles above, elsewhere.
BESIDE, EARLIER, BEHIND, ABOVE, NEARBY = 1.0, 0.7, 0.55, 0.6, 0.35
LEAST = 0.3  # less is no likeness
SAME_PLACE = 0.08  # the outline has the figure at this place of the report
OTHER_UNIT = 0.9  # 30类 where the warehouse counts 个
BEHIND_NUMBER = 16  # characters: the noun that a number counts
EMPTY_WORDS = re.compile("[的数率和与及、,，。;:占比“”()· ]")
# Units that count different things and are yet what a text may mean.
KIN = {
    frozenset(pair)
    for pair in (
        ("things", "schools"), ("things", "times"), ("money", "money_per_person"),
        ("things", "hours"), ("people", "person_times"), ("percent", "percent_points"),
        ("things", "people"),
    )
}  # fmt: skip
FREELY = {"things", "schools"}  # 个 stands for any of them


@dataclass(frozen=True)
class Candidate:
    """A figure that a number may be, from 0 to 1 how well the words around it say so."""

    figure: Row
    score: float
    has_unit: bool  # it counts what the figure counts
    weight: float = 0.0  # how much of its name was found: of two that fit, the longer is meant


def pairs_of(text: str) -> set[str]:
    """Cut a text into pairs of neighbouring characters, none of which bridges an empty word."""
    return {
        part[place : place + 2]
        for part in EMPTY_WORDS.split(text)
        for place in range(len(part) - 1)
    }


class FigureIndex:
    """The figures of a release by the words that reports have for them."""

    def __init__(self, figures: Sequence[Row]) -> None:
        """Take the printed figures; pairs that few titles have weigh most."""
        self.figures = figures
        self.names = [
            [pairs_of(name) for name in names_of(figure) if pairs_of(name)] for figure in figures
        ]
        seen = Counter(pair for names in self.names for pair in set().union(*names))
        self.weights = {pair: math.log(1 + len(figures) / count) for pair, count in seen.items()}

    def find(
        self, paragraph: Paragraph, number: Number, numbers: Sequence[Number]
    ) -> list[Candidate]:
        """List the figures that a number may be, the likeliest first."""
        around = weigh_surroundings(paragraph, number, numbers)
        found = []
        for figure, names in zip(self.figures, self.names, strict=True):
            factor = unit_factor(number, unit_of(figure))
            if not factor:
                continue
            score, weight = max((self._cover(name, around) for name in names), default=(0.0, 0.0))
            if paragraph.place and figure["place"] == paragraph.place:
                score = min(1.0, score + SAME_PLACE)
            if score >= LEAST:
                has_unit = factor >= OTHER_UNIT
                found.append(Candidate(figure, score * factor, has_unit, weight))
        return sorted(found, key=lambda candidate: (-round(candidate.score, 2), -candidate.weight))

    def _cover(self, name: Iterable[str], around: Mapping[str, float]) -> tuple[float, float]:
        """Say how much of a name stands around a number, of all of it and in weight."""
        pairs = list(name)
        whole = sum(self.weights[pair] for pair in pairs)
        weight = sum(self.weights[pair] * around.get(pair, 0.0) for pair in pairs)
        return weight / whole, weight

    def cover_text(self, figure_number: int, text: str) -> float:
        """Say how much of the best name of a figure stands in a text."""
        around = dict.fromkeys(pairs_of(text), 1.0)
        scores = [self._cover(name, around)[0] for name in self.names[figure_number]]
        return max(scores, default=0.0)


def names_of(figure: Row) -> list[str]:
    """List what a figure is called: its title, and the other words of the outline."""
    return [figure["title"], *filter(None, (figure.get("words") or "").split("|"))]


def unit_of(figure: Row) -> str:
    """Give the unit that a figure is printed with, as far as its text or its value says it."""
    return str(figure.get("printed_unit") or figure["unit"] or "")


def unit_factor(number: Number, unit: str) -> float:
    """Say how well the unit of a number fits a figure's: 1 the same, 0 never."""
    own, wanted = number.group, group_of_unit(unit)
    if number.unit == "名次" or unit == "名次":
        return float(number.unit == unit)
    if number.kind == "duration":
        return float(own == "years" == wanted)
    if own == wanted and own:
        if own == "things" and unit != number.unit and "个" not in (unit, number.unit):
            return OTHER_UNIT
        return 1.0
    if {own, wanted} <= FREELY and number.unit in ("个", "家", "大"):
        return 1.0
    if frozenset((own, wanted)) in KIN:
        return 0.85
    return 0.0


def weigh_surroundings(
    paragraph: Paragraph, number: Number, numbers: Sequence[Number]
) -> dict[str, float]:
    """Weigh each pair of characters around a number by where it stands."""
    text = paragraph.text
    begin = max(text.rfind(mark, 0, number.start) for mark in "。;!") + 1
    ends = [place for mark in "。;!" if (place := text.find(mark, number.end)) >= 0]
    end = min(ends, default=len(text))
    earlier = [other.end for other in numbers if other.end <= number.start and other.is_figure]
    later = [other.start for other in numbers if other.start >= number.end and other.is_figure]
    last = max([begin, *earlier])
    clause = max(last, *(text.rfind(mark, 0, number.start) + 1 for mark in "，:"), begin)
    behind = number.end + BEHIND_NUMBER
    for mark in "，。;:、(":
        place = text.find(mark, number.end)
        behind = min(behind, place) if place >= 0 else behind
    behind = min([behind, end, *later])
    found: dict[str, float] = {}
    for weight, part in (
        (NEARBY, text),
        (ABOVE, paragraph.heading),
        (BEHIND, text[number.end : end]),
        (EARLIER, text[begin:last]),
        (BESIDE, text[clause : number.start] + number.unit[-1:] + text[number.end : behind]),
        (BESIDE, text[last : number.start]),
    ):
        for pair in pairs_of(part):
            found[pair] = max(found.get(pair, 0.0), weight)
    return found
