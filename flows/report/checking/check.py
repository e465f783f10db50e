"""Checking a written report: its numbers against a release, and its text against itself."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from flows.common.errors import BLOCKED, GAPS, PUBLISHED
from flows.releases.tables import ReleaseTables
from flows.report.checking.document import read_document
from flows.report.checking.figure_rules import FIGURE_RULES, figures_not_printed
from flows.report.checking.figures import FigureChecker
from flows.report.checking.findings import CONTRADICTION, OPEN, CheckResult, Finding
from flows.report.checking.list_rules import LIST_RULES
from flows.report.checking.name_rules import NAME_RULES
from flows.report.checking.number_rules import NUMBER_RULES
from flows.report.checking.numbers import find_numbers
from flows.report.checking.prose_rules import PROSE_RULES
from flows.report.checking.rules import Rule, Rules
from flows.report.checking.sum_rules import SUM_RULES
from flows.report.checking.text import Text
from flows.report.checking.verdicts import DIFFERS, UNCLEAR, UNKNOWN, WITHHELD

Search = Callable[[Text, Rule], Iterator[Finding]]
SEARCHES: dict[str, Search] = {
    **LIST_RULES, **SUM_RULES, **NUMBER_RULES, **PROSE_RULES, **FIGURE_RULES, **NAME_RULES,
}  # fmt: skip


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
    told = {(found.paragraph.number, found.number.start) for found in checked}
    others = Counter(
        number.kind
        for paragraph in paragraphs
        for number in numbers[paragraph.number]
        if not number.is_figure
        and number.kind != "unread"
        and (paragraph.number, number.start) not in told
    )
    return CheckResult(
        numbers=checked,
        others=dict(others),
        unread=[
            (paragraph, number)
            for paragraph in paragraphs
            for number in numbers[paragraph.number]
            if number.kind == "unread"
        ],
        findings=sorted(find_breaches(text, rules), key=lambda found: found.paragraph.number),
        not_printed=figures_not_printed(text, checked),
    )


def find_breaches(text: Text, rules: Rules) -> Iterator[Finding]:
    """Ask every rule that is not turned off."""
    for name, search in SEARCHES.items():
        rule = rules.rules[name]
        if not rule.off:
            yield from search(text, rule)


def exit_code_of(result: CheckResult) -> int:
    """Say how a check ends: 3 with contradictions, 4 with what is open, else 0."""
    verdicts = {found.verdict for found in result.numbers}
    gravities = {found.gravity for found in result.findings}
    if verdicts & {DIFFERS, WITHHELD} or CONTRADICTION in gravities:
        return BLOCKED
    if verdicts & {UNCLEAR, UNKNOWN} or OPEN in gravities or result.unread:
        return GAPS
    return PUBLISHED
