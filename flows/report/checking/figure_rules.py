"""Rules between text and outline: what a title announces and no number tells, what is 不涉及."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from flows.report.checking.document import Paragraph
from flows.report.checking.findings import CheckedNumber, Finding, breach
from flows.report.checking.matching import names_of, pairs_of
from flows.report.checking.rules import RESULTS, Rule
from flows.report.checking.text import Text
from flows.report.checking.verdicts import AGREES, DIFFERS, WITHHELD

SHOWN = 4


def find_titles_without_figures(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find an item whose title is about figures of the outline that its text does not give."""
    common = re.compile("|".join(text.terms["common"]))
    for paragraph in text.paragraphs:
        if not paragraph.body_start or text.roles[paragraph.number] != RESULTS:
            continue
        below = [paragraph.number] + [
            other.number
            for other in text.paragraphs
            if other.number > paragraph.number
            and other.chapter == paragraph.chapter
            and other.heading.startswith(paragraph.heading)
        ]
        if paragraph.is_heading and len(below) < 2:
            continue
        if any(text.paragraphs[number - 1].body_start for number in below[1:]):
            continue  # the title of a section: its items are asked
        told = {
            str(figure["figure_id"])
            for checked in text.checked
            if checked.paragraph.number in below
            for figure in checked.figures
        }
        due = _due_under(text, paragraph, common)
        lacking = [figure for figure in due if figure["figure_id"] not in told]
        if due and len(lacking) == len(due):
            shown = "；".join(
                f"{figure['figure_id']} {figure['title']}（仓库：{figure['text']}）"
                for figure in lacking[:SHOWN]
            )
            more = f" 等{len(lacking)}项" if len(lacking) > SHOWN else ""
            title = paragraph.text[: paragraph.body_start]
            yield breach(rule, paragraph, title, f"本条没有写：{shown}{more}")


def _due_under(text: Text, paragraph: Paragraph, common: re.Pattern[str]) -> list[Any]:
    """List the figures that a title is about, or that the outline has at its place."""
    title = paragraph.text[paragraph.mark_end : paragraph.body_start]
    own = pairs_of(common.sub(",", title))
    public = [
        figure
        for figure in text.checker.figures
        if figure["listing"] == "report"
        and figure["publish"] == "public"
        and figure["value"] is not None
    ]
    about = [
        figure
        for figure in public
        if any(_shares_topic(own, common.sub(",", name)) for name in names_of(figure))
        and (not paragraph.place or not text.follows_outline or figure["place"] == paragraph.place)
    ]
    if about:
        return about
    if not (paragraph.place and text.follows_outline):
        return []
    return [figure for figure in public if figure["place"] == paragraph.place]


def _shares_topic(title: set[str], name: str) -> bool:
    pairs = pairs_of(name)
    return len(pairs & title) >= 2 and len(pairs & title) >= len(pairs) / 3


def find_not_applicable(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a stage that a sentence names for a figure which is 不涉及 in the district."""
    away = [
        (number, figure)
        for number, figure in enumerate(text.checker.figures)
        if figure["text"] == "不涉及"
    ]
    for sentence in text.sentences:
        if not sentence.numbers:
            continue
        named = [
            figure
            for number, figure in away
            if str(figure["member"]) in sentence.text
            and text.checker.index.cover_text(number, sentence.text) >= rule.limit
        ]
        if named:
            shown = "；".join(f"{figure['figure_id']} {figure['title']}" for figure in named)
            what = f"仓库说不涉及：{shown}"
            yield breach(rule, sentence.paragraph, sentence.quote, what)


def find_persons(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find numbers of identity cards and of mobile phones; neither is shown again."""
    for paragraph in text.paragraphs:
        for number in text.numbers[paragraph.number]:
            is_mobile = number.kind == "phone" and re.match("1[3-9]", number.written)
            if number.kind == "person_id" or is_mobile:
                what = "写有身份证号" if number.kind == "person_id" else "写有手机号码"
                yield breach(rule, paragraph, paragraph.text[: min(12, number.start)], what)


def figures_not_printed(text: Text, checked: Sequence[CheckedNumber]) -> list[Any]:
    """List the public figures of the outline that the report gives nowhere."""
    told = {
        (figure["figure_id"], figure["part"])
        for number in checked
        if number.verdict in (AGREES, DIFFERS, WITHHELD)
        for figure in number.figures[:1]
    }
    same = {
        figure["indicator_id"]
        for figure in text.checker.figures
        if (figure["figure_id"], figure["part"]) in told and figure["dimension"] == "total"
    }
    return [
        figure
        for figure in text.checker.figures
        if figure["listing"] == "report"
        and figure["publish"] == "public"
        and figure["value"] is not None
        and (figure["figure_id"], figure["part"]) not in told
        and figure["indicator_id"] not in same
    ]


FIGURE_RULES = {
    "titles_without_figures": find_titles_without_figures,
    "not_applicable": find_not_applicable,
    "persons": find_persons,
}
