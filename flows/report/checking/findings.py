"""What a check finds: each number's verdict and each breach of a rule, with place and quote."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.common.masking import MASK, without_ids
from flows.releases.tables import number_figure
from flows.report.checking.document import Paragraph
from flows.report.checking.numbers import Number
from flows.report.checking.rules import Rule

Row = Mapping[str, Any]
CONTRADICTION, OPEN, NOTE = "contradiction", "open", "note"
GRAVITY = {CONTRADICTION: "矛盾", OPEN: "待核", NOTE: "提示"}
MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
QUOTE = 24  # characters on either side


def describe_figure(figure: Mapping[str, Any]) -> dict[str, Any]:
    """Give a figure of the warehouse as `--json` names it."""
    return {"figure": number_figure(figure), "title": figure["title"], "text": figure["text"]}


@dataclass(frozen=True)
class Finding:
    """One thing that somebody has to look at."""

    rule: Rule
    gravity: str
    paragraph: Paragraph
    quote: str
    what: str

    def as_json(self) -> dict[str, Any]:
        """Give it as `--json` prints it."""
        return {
            "rule": self.rule.name,
            "title": self.rule.title,
            "gravity": self.gravity,
            "chapter": self.paragraph.chapter,
            "place": self.paragraph.place,
            "paragraph": self.paragraph.number,
            "quote": self.quote,
            "what": self.what,
            "resolve": self.rule.resolve,
        }


def breach(rule: Rule, paragraph: Paragraph, quote: str, what: str, gravity: str = "") -> Finding:
    """Write a breach of a rule, as grave as the rule says unless said."""
    return Finding(
        rule, gravity or rule.gravity, paragraph, hide_persons(quote), hide_persons(what)
    )


def hide_persons(text: str) -> str:
    """Hide numbers of identity cards and of mobile phones."""
    return MOBILE.sub(MASK, without_ids(text))


def place_of(paragraph: Paragraph) -> str:
    """Name a place for a reader: 一(二)4 第9段; tables and notes are called so."""
    kind = {"table": "表格", "footnote": "脚注"}.get(paragraph.kind, "")
    return f"{paragraph.place} 第{paragraph.number}段{kind}".strip()


@dataclass(frozen=True)
class CheckedNumber:
    """A number that a warehouse might hold, and what it says of it."""

    paragraph: Paragraph
    number: Number
    verdict: str
    figures: Sequence[Row] = ()  # the one that it is, or those that it may be
    why: str = ""

    @property
    def quote(self) -> str:
        """The number within its words."""
        return hide_persons(quote_around(self.paragraph.text, self.number.start, self.number.end))

    def as_json(self) -> dict[str, Any]:
        """Give it as `--json` prints it."""
        return {
            "place": self.paragraph.place,
            "paragraph": self.paragraph.number,
            "written": self.number.written,
            "quote": self.quote,
            "verdict": self.verdict,
            "why": self.why,
            "figures": list(map(describe_figure, self.figures)),
        }


@dataclass(frozen=True)
class CheckResult:
    """All that was found in one report."""

    numbers: Sequence[CheckedNumber]
    others: Mapping[str, int]  # numbers that no figure is meant by, by kind
    unread: int  # numbers that were not understood; each is a finding
    findings: Sequence[Finding]  # the gravest first
    not_printed: Sequence[Row]  # figures that the report leaves out

    @property
    def gravities(self) -> Counter[str]:
        """Count the findings by gravity."""
        return Counter(finding.gravity for finding in self.findings)


def quote_around(text: str, start: int, end: int) -> str:
    """Cut out a place with the words on either side, up to the ends of its sentence."""
    begin = max(start - QUOTE, *(text.rfind(mark, 0, start) + 1 for mark in "。;"), 0)
    stops = [place for mark in "。;" if (place := text.find(mark, end)) >= 0]
    return text[begin : min([*stops, len(text), end + QUOTE])].strip(" 、，:")
