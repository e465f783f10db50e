"""Checking a written report: its numbers against a release, and its text against itself."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from flows.common.errors import BLOCKED, GAPS, PUBLISHED
from flows.releases.tables import ReleaseTables
from flows.report.checking.document import read_document
from flows.report.checking.figure_rules import FIGURE_RULES, figures_not_printed
from flows.report.checking.figures import FigureChecker
from flows.report.checking.findings import (
    CONTRADICTION,
    NOTE,
    OPEN,
    CheckResult,
    Finding,
    breach,
    quote_around,
)
from flows.report.checking.list_rules import LIST_RULES
from flows.report.checking.name_rules import NAME_RULES
from flows.report.checking.number_rules import NUMBER_RULES
from flows.report.checking.numbers import UNREAD, find_numbers
from flows.report.checking.prose_rules import PROSE_RULES
from flows.report.checking.rules import Rule, Rules
from flows.report.checking.sum_rules import SUM_RULES
from flows.report.checking.text import Text
from flows.report.checking.verdicts import DIFFERS, UNCLEAR, UNKNOWN, WITHHELD

Search = Callable[[Text, Rule], Iterator[Finding]]
SEARCHES: dict[str, Search] = {
    **LIST_RULES, **SUM_RULES, **NUMBER_RULES, **PROSE_RULES, **FIGURE_RULES, **NAME_RULES,
}  # fmt: skip


VERDICT_RULES = {
    DIFFERS: "differs",
    WITHHELD: "withheld",
    UNCLEAR: "unclear",
    UNKNOWN: "unknown",
}
GRAVEST_FIRST = (CONTRADICTION, OPEN, NOTE)


def check_report(path: Path, tables: ReleaseTables, rules: Rules) -> CheckResult:
    """Check a report; raises WrongUse where the file cannot be read."""
    paragraphs = read_document(path)
    checker = FigureChecker(tables, rules)
    numbers = {
        paragraph.number: find_numbers(paragraph.text, paragraph.mark_end)
        for paragraph in paragraphs
    }
    checked = [
        found
        for paragraph in paragraphs
        for found in checker.check(paragraph, numbers[paragraph.number])
    ]
    text = Text(paragraphs, numbers, checked, checker)
    figures = {(found.paragraph.number, found.number.start) for found in checked}
    kinds = Counter(
        number.kind
        for paragraph in paragraphs
        for number in numbers[paragraph.number]
        if (paragraph.number, number.start) not in figures
    )
    return CheckResult(
        numbers=checked,
        others={kind: count for kind, count in kinds.items() if kind != UNREAD},
        unread=kinds[UNREAD],
        findings=sorted(
            find_breaches(text, rules),
            key=lambda found: (GRAVEST_FIRST.index(found.gravity), found.paragraph.number),
        ),
        not_printed=figures_not_printed(text, checked),
    )


def find_breaches(text: Text, rules: Rules) -> Iterator[Finding]:
    """Ask every rule that is not turned off; two that say one thing of one place say it once."""
    seen = set()
    for name, rule in rules.rules.items():
        search = SEARCHES.get(name, find_verdicts)
        for found in search(text, rule) if not rule.skip else ():
            key = (name, found.paragraph.number, found.what)
            if key not in seen:
                seen.add(key)
                yield found


def find_verdicts(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find the numbers with the verdict that a rule is about, and those that were not read."""
    for checked in text.checked:
        if VERDICT_RULES.get(checked.verdict) == rule.name:
            figures = "；".join(
                f"{figure['figure_id']} {figure['title']} {figure['text']}"
                for figure in checked.figures
            )
            what = f"{checked.number.written}：{checked.why}{f'（{figures}）' if figures else ''}"
            yield breach(rule, checked.paragraph, checked.quote, what)
    for paragraph in text.paragraphs if rule.name == UNREAD else ():
        for number in text.numbers[paragraph.number]:
            if number.kind == UNREAD:
                quote = quote_around(paragraph.text, number.start, number.end)
                yield breach(rule, paragraph, quote, f"没有认出“{number.written}”")


def exit_code_of(result: CheckResult) -> int:
    """Say how a check ends: 3 with contradictions, 4 with what is open, else 0."""
    if result.gravities[CONTRADICTION]:
        return BLOCKED
    return GAPS if result.gravities[OPEN] else PUBLISHED
