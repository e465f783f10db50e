"""Each number of the text beside the figure of the warehouse that it is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from flows.contracts.periods import shifted
from flows.releases.standards import standard_in_force
from flows.releases.tables import ReleaseTables, key_of
from flows.report.checking.document import Paragraph
from flows.report.checking.findings import CheckedNumber
from flows.report.checking.lists import ParallelList, find_parallel_lists, focus_on
from flows.report.checking.matching import Candidate, FigureIndex, names_of, unit_of
from flows.report.checking.numbers import Number, find_numbers, group_of_unit
from flows.report.checking.rules import PLANS, Rules
from flows.report.checking.verdicts import (
    AGREES,
    DIFFERS,
    UNCLEAR,
    UNKNOWN,
    WITHHELD,
    describe_value,
    find_difference,
    is_far,
)

Row = Mapping[str, Any]

SURE = 0.9  # so well, before a number that is far from the figure is called wrong
LIKELY = 0.7  # so well the words must say which figure it is, before a number is called wrong
POSSIBLE = 0.5  # and so well, before it is called unclear
AGREEING = 0.4  # a number that is the figure's needs fewer words
BEHIND_BEST = 0.4  # but not so many fewer than another figure has
BOUNDS = {"more", "at_least", "at_most"}
AS_STANDARD = re.compile(r"(?:标准[为是]?|[≤≥<>])\s*$")
OF_STANDARDS = {"hours", "money_per_person"}
ALIKE = 0.1  # of figures whose words fit so nearly as well, the one of the same range is meant
YEAR = re.compile(r"(?:19|20)\d{2}(?=年(?![^，。]{1,10}的))")


class FigureChecker:
    """Compares the numbers of paragraphs with the figures of one release."""

    def __init__(self, tables: ReleaseTables, rules: Rules) -> None:
        """Read how each figure is printed."""
        self.tables, self.rules = tables, rules
        self.figures = [describe_print(figure) for figure in tables.printed]
        self.index = FigureIndex(self.figures)
        titles = {str(figure["title"]) for figure in self.figures}
        self.numbered_titles = [title for title in titles if re.search(r"\d", title)]
        years = {figure["evaluation_year"] for figure in self.figures}
        self.year = max(years, default=0)

    def check(self, paragraph: Paragraph, numbers: Sequence[Number]) -> list[CheckedNumber]:
        """Give each number of a paragraph its verdict.

        A figure that one number of a paragraph is, another one is not wrong in.
        """
        found: dict[Number, CheckedNumber] = {}
        candidates: dict[Number, list[Candidate]] = {}
        asked = [
            number
            for number in numbers
            if (number.is_figure or number.kind in QUIET)
            and not self._is_in_title(paragraph.text, number)
        ]
        lists = [*find_parallel_lists(paragraph.text, numbers)]
        for number in asked:
            if bound := self._bound(paragraph, number):
                found[number] = self._compare_bound(paragraph, number, bound)
                continue
            near = self._focus(paragraph, number, lists)
            candidates[number] = self.index.find(near, number, numbers)
            if checked := self._find_agreeing(paragraph, number, candidates[number]):
                found[number] = checked
        for number in asked:
            if number not in found and (twin := _find_twin(paragraph, number, found)):
                found[number] = replace(found[twin], number=number)
        taken = {id(figure) for checked in found.values() for figure in checked.figures[:1]}
        left = [number for number in asked if number not in found and number.kind not in QUIET]
        for number in sorted(left, key=lambda number: -best_score(candidates[number])):
            near = self._focus(paragraph, number, lists)
            free = [c for c in candidates[number] if id(c.figure) not in taken]
            judged = self._find_agreeing(near, number, free)
            judged = judged or self._judge(near, number, free, numbers)
            if self._is_plan(paragraph, number) and not self._are_plans(judged.figures[:1]):
                continue
            found[number] = replace(judged, paragraph=paragraph)
            taken |= {id(figure) for figure in judged.figures[:1] if judged.verdict == DIFFERS}
        return [found[number] for number in asked if number in found]

    def _focus(
        self, paragraph: Paragraph, number: Number, lists: Sequence[ParallelList]
    ) -> Paragraph:
        """Leave out the names that belong to the other values of a list."""
        kinds = self.rules.terms["qualifiers"]
        return replace(paragraph, text=focus_on(paragraph.text, number, lists, kinds))

    def _is_in_title(self, text: str, number: Number) -> bool:
        """Whether a number stands within the title of a figure: 资源配置7项指标."""
        for title in self.numbered_titles:
            place = text.find(title, max(0, number.end - len(title)))
            if 0 <= place <= number.start:
                return True
        return False

    def _are_plans(self, figures: Sequence[Row]) -> bool:
        """Whether figures are themselves what is to come: 计划引进高层次人才."""
        words = self.rules.terms["plan_titles"]
        return any(word in figure["title"] for figure in figures for word in words)

    def _is_plan(self, paragraph: Paragraph, number: Number) -> bool:
        """Whether a number is what is to come: no release can have it."""
        text = paragraph.text
        begin = max(text.rfind(mark, 0, number.start) for mark in "。;，") + 1
        sentence = text[max(text.rfind(mark, 0, number.start) for mark in "。;") + 1 : number.start]
        words = "|".join(self.rules.rules["plans"].words)
        return (
            self.rules.role_of(paragraph) == PLANS
            or re.search(words, text[begin : number.start]) is not None
            or any(int(year[0]) > self.year for year in YEAR.finditer(sentence))
        )

    def standard(self, standard_id: str) -> Decimal | None:
        """Give the value of a standard that held at the end of the year."""
        if not self.figures:
            return None
        district = str(self.figures[0]["district_code"])
        day = date(self.year, 12, 31)
        row = standard_in_force(self.tables.standards, standard_id, "total", district, day)
        return None if row is None else Decimal(row["value"])

    def _is_standard(self, text: str, number: Number) -> bool:
        """Whether a number is a standard of the release, as 360学时 is, and no figure."""
        is_called_so = AS_STANDARD.search(text[: number.end - len(number.written)]) is not None
        return any(
            Decimal(row["value"]) == number.value
            and (is_called_so or number.group in OF_STANDARDS)
            and (is_called_so or group_of_unit(row["unit"]) == number.group)
            for row in self.tables.standards
        )

    def _bound(self, paragraph: Paragraph, number: Number) -> list[Row]:
        """Find the figure to which a draft bound a number by a content control."""
        for control in paragraph.controls:
            if control.start <= number.start < control.end:
                return [figure for figure in self.figures if control.figure_id in labels_of(figure)]
        return []

    def _compare_bound(
        self, paragraph: Paragraph, number: Number, figures: Sequence[Row]
    ) -> CheckedNumber:
        for figure in figures:
            if self._agrees(paragraph, number, figure):
                return CheckedNumber(paragraph, number, AGREES, [figure], _standing(figure))
        candidates = [Candidate(f, 1.0, True) for f in figures[:1]]
        return self._judge(paragraph, number, candidates, [number])

    def _find_agreeing(
        self, paragraph: Paragraph, number: Number, candidates: Sequence[Candidate]
    ) -> CheckedNumber | None:
        """Find the likeliest figure that a number agrees with."""
        if not candidates:
            return None
        best = candidates[0].score
        least = LIKELY if number.kind in QUIET else max(AGREEING, best - BEHIND_BEST)
        for candidate in candidates:
            figure = candidate.figure
            if candidate.score < least:
                break
            is_hidden = is_withheld(figure) and candidate.score >= max(LIKELY, best - 0.1)
            if is_hidden:
                return CheckedNumber(paragraph, number, WITHHELD, [figure], "这一数不得公开")
            if number.qualifier in BOUNDS and candidate.score < best - ALIKE:
                break  # 不低于1100元 holds for many a figure
            if candidate.has_unit and self._agrees(paragraph, number, figure):
                return CheckedNumber(paragraph, number, AGREES, [figure], _standing(figure))
        return None

    def _agrees(self, paragraph: Paragraph, number: Number, figure: Row) -> bool:
        row = self._in_its_year(paragraph, number, figure)
        return (
            row is not None
            and row["value"] is not None
            and not self._differ(paragraph, number, row)
        )

    def _differ(self, paragraph: Paragraph, number: Number, row: Row) -> str:
        value = Decimal(row["value"])
        before = paragraph.text[max(0, number.start - 6) : number.start]
        if "增" in row["title"] and any(word in before for word in self.rules.terms["down"]):
            if value > 0:
                return "写的是下降，仓库是增长"
            value = -value
        return find_difference(number, value, row["printed_number"])

    def _in_its_year(self, paragraph: Paragraph, number: Number, figure: Row) -> Row | None:
        """Find the value of the year that the sentence names before the number; else the figure."""
        begin = max(paragraph.text.rfind(mark, 0, number.start) for mark in "。;") + 1
        before = paragraph.text[begin : number.start]
        years = [int(match[0]) for match in YEAR.finditer(before)]
        clause = re.split("[，:]", before)[-1]
        year = years[-1] if years else self.year
        if re.search(r"(?:上年|上一年|去年)[^增减升降]*$", clause) and "比" not in clause:
            year = self.year - 1
        distance = year - self.year
        if not -6 < distance < 0 or str(year) in str(figure["period"]):
            return figure
        key = (*key_of(figure)[:3], shifted(figure["period"], distance), *key_of(figure)[4:])
        value = self.tables.values.get(key)
        return None if value is None else {**figure, **value, "printed_number": None}

    def _judge(
        self,
        paragraph: Paragraph,
        number: Number,
        candidates: Sequence[Candidate],
        numbers: Sequence[Number],
    ) -> CheckedNumber:
        """Say of a number that agrees with no figure whether it is wrong, unclear or unknown."""
        if self._is_standard(paragraph.text, number):
            return CheckedNumber(paragraph, number, AGREES, (), "标准")
        likely = [c for c in candidates if c.score >= POSSIBLE]
        if not likely:
            return CheckedNumber(paragraph, number, UNKNOWN, (), "仓库里没有用这些词的数")
        alike = [c for c in likely if c.score >= likely[0].score - ALIKE]
        best = min(
            alike,
            key=lambda c: (
                len(self._differing_qualifiers(paragraph, number, c, numbers)),
                c.figure["text"] == "不涉及",
            ),
        )
        figure = best.figure
        nearest = [c.figure for c in likely[:3]]
        row = self._in_its_year(paragraph, number, figure)
        if row is None:
            return CheckedNumber(paragraph, number, UNKNOWN, nearest[:1], "仓库没有这一年的数")
        if best.score < LIKELY:
            return CheckedNumber(paragraph, number, UNCLEAR, nearest, "说不准是哪一个数")
        if is_withheld(figure):
            return CheckedNumber(paragraph, number, WITHHELD, [figure], "这一数不得公开")
        if figure["text"] == "不涉及":
            return CheckedNumber(paragraph, number, DIFFERS, [figure], "仓库说不涉及")
        if row["value"] is None:
            return CheckedNumber(paragraph, number, UNKNOWN, [figure], "仓库今天没有这个数")
        if not best.has_unit or (
            group_of_unit(unit_of(figure)) != number.group
            and not ({group_of_unit(unit_of(figure)), number.group} <= {"things", "schools"})
        ):
            why = f"单位不同：文中是{number.unit}，仓库是{unit_of(figure)}"
            return CheckedNumber(paragraph, number, UNCLEAR, nearest, why)
        if differing := self._differing_qualifiers(paragraph, number, best, numbers):
            why = f"范围可能不同：{'、'.join(differing)}"
            return CheckedNumber(paragraph, number, UNCLEAR, nearest, why)
        if best.score < SURE and is_far(number.value, Decimal(row["value"])):
            return CheckedNumber(paragraph, number, UNCLEAR, nearest, "相差太大，可能不是这个数")
        why = f"{self._differ(paragraph, number, row)}：仓库是{describe_value(row)}"
        return CheckedNumber(paragraph, number, DIFFERS, [figure], why)

    def _differing_qualifiers(
        self,
        paragraph: Paragraph,
        number: Number,
        candidate: Candidate,
        numbers: Sequence[Number],
    ) -> list[str]:
        """List the words that narrow one of both and not the other."""
        text = paragraph.text
        begins = [text.rfind(mark, 0, number.start) + 1 for mark in "。;，:"]
        ends = [place for mark in "。;，:、" if (place := text.find(mark, number.end)) >= 0]
        begins += [other.end for other in numbers if other.end <= number.start]
        ends += [other.start for other in numbers if other.start >= number.end]
        near = _without_spans(text[max(begins) : min([*ends, len(text)])])
        names = _without_spans(" ".join(names_of(candidate.figure)))
        wide = _without_spans(f"{paragraph.heading} {text}")
        sentence = text[max(text.rfind(mark, 0, number.start) for mark in "。;") + 1 : number.start]
        if group_of_unit(unit_of(candidate.figure)) != "money_per_person":
            near += "".join(word for word in self.rules.terms["one_unit"] if word in sentence)
        levels = self.rules.terms["levels"]
        words: Iterable[str] = [*self.rules.terms["qualifiers"], *levels]
        return [
            word
            for word in words
            if (word in near and word not in names)
            or (word in names and word not in (near if word in levels else wide))
        ]


def best_score(candidates: Sequence[Candidate]) -> float:
    """Say how well the likeliest figure fits."""
    return candidates[0].score if candidates else 0.0


QUIET = {"duration", "phrase"}  # told only where they are a figure


def describe_print(figure: Row) -> Row:
    """Add to a figure the number that it is printed as, and its unit."""
    text = str(figure["text"] or "").replace("（暂定）", "")
    title = re.sub(r"\d", "", str(figure["title"]))  # some units stand in the title alone
    found = find_numbers(f"{title}{text}", len(title))
    numbers = [number for number in found if number.is_figure]
    printed = numbers[0] if len(numbers) == 1 else None
    if printed and "排名" in figure["title"]:
        printed = replace(printed, unit="名次")
    unit = printed.unit if printed else ("名次" if "排名" in figure["title"] else "")
    return {**figure, "printed_number": printed, "printed_unit": unit}


def labels_of(figure: Row) -> tuple[str, str]:
    """Give the names of a figure in a draft: 14.3, and 14.3.2 for its second part."""
    return figure["figure_id"], f"{figure['figure_id']}.{figure['part']}"


def is_withheld(figure: Row) -> bool:
    """Say whether a figure must not be written at all."""
    return figure["text"] in ("不公开", "＊")


def _find_twin(
    paragraph: Paragraph, number: Number, found: Mapping[Number, CheckedNumber]
) -> Number | None:
    """Find a number that says the same once more: 不足100人的学校按100人核定."""
    for other, checked in found.items():
        between = paragraph.text[min(other.end, number.end) : max(other.start, number.start)]
        is_same = (other.value, other.unit) == (number.value, number.unit)
        if is_same and checked.verdict == AGREES and not re.search("[。;，]", between):
            return other
    return None


def _without_spans(text: str) -> str:
    """Take out the words that look narrower than they are: 中小学 is more than 小学."""
    return text.replace("中小学", "").replace("中、小学", "")


def _standing(figure: Row) -> str:
    return "暂定" if "暂定" in str(figure["text"]) else ""
