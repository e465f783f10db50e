"""Rules on single numbers: one thing with two numbers, fuzzy numbers, shares without counts."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from flows.report.checking.document import Paragraph
from flows.report.checking.findings import CheckedNumber, Finding, breach, quote_around
from flows.report.checking.numbers import Number
from flows.report.checking.rules import RESULTS, Rule
from flows.report.checking.text import Sentence, Text
from flows.report.checking.verdicts import AGREES, DIFFERS

DOUBLED = re.compile(
    r"^(?:大约|约|近|接近|将近|超过|逾).*(?:余|多|左右|上下)|(?:余|多).*(?:左右|上下|以上)"
)
FUZZY = re.compile("余|多|左右|上下|约|近")
NOUN = re.compile(r"[\u4e00-\u9fff]+")
NOUN_START = 4  # characters of a noun by which two of them are compared
NEVER_A_NOUN = re.compile("[的了是在为并已将被把等]")
COUNTED = {"people", "schools", "things"}
FEWEST_SCHOOLS = 10  # fewer are no total of a district


def find_same_things(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find one thing with two numbers: of one indicator, or of one noun (10大名校集团, 16大…)."""
    by_value: dict[tuple[object, ...], list[CheckedNumber]] = defaultdict(list)
    for checked in text.checked:
        if checked.verdict in (AGREES, DIFFERS) and checked.figures:
            figure = checked.figures[0]
            names = ("indicator_id", "period", "dimension", "member")
            by_value[tuple(figure[name] for name in names)].append(checked)
    told = set()
    for group in by_value.values():
        if {checked.verdict for checked in group} == {AGREES, DIFFERS}:
            right = next(checked for checked in group if checked.verdict == AGREES)
            wrong = next(checked for checked in group if checked.verdict == DIFFERS)
            told |= {checked.number.start for checked in group}
            yield _two_numbers(rule, wrong, right, str(right.figures[0]["title"]))
    nouns = [
        (checked, _noun_behind(checked)) for checked in text.checked if checked.number.is_figure
    ]
    for place, (first, noun) in enumerate(nouns):
        for second, other in nouns[place + 1 :]:
            if (
                noun and other
                and first.number.group == second.number.group in COUNTED
                and first.number.value != second.number.value
                and _is_same_noun(noun, other)
                and not {first.number.start, second.number.start} <= told
            ):  # fmt: skip
                yield _two_numbers(rule, first, second, noun)


def _two_numbers(rule: Rule, first: CheckedNumber, second: CheckedNumber, name: str) -> Finding:
    where = second.paragraph.place or f"第{second.paragraph.number}段"
    what = f"“{name}”此处是{first.number.written}，{where}是{second.number.written}"
    return breach(rule, first.paragraph, first.quote, what)


def _noun_behind(checked: CheckedNumber) -> str:
    match = NOUN.match(checked.paragraph.text, checked.number.end)
    noun = match[0][:8] if match else ""
    head = NEVER_A_NOUN.split(noun)[0]
    return head if len(head) >= NOUN_START else ""


def _is_same_noun(first: str, second: str) -> bool:
    """Whether two nouns begin alike and one is the other with a word more within."""
    short, long = sorted((first[:NOUN_START], second), key=len)
    if short[:2] != long[:2]:
        short, long = second[:NOUN_START], first
    rest = iter(long[: NOUN_START + 2])
    return short[:2] == long[:2] and all(character in rest for character in short)


def find_several_bases(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find numbers of schools that each stand for all of the district and yet differ."""
    found: dict[Decimal, tuple[Number, Sentence]] = {}
    for clause, following in zip(text.clauses, [*text.clauses[1:], None], strict=True):
        schools = [n for n in clause.numbers if n.group == "schools" and not n.qualifier]
        near = clause.text
        if following is not None and following.paragraph is clause.paragraph:
            near += following.text
        if schools and schools[0].value >= FEWEST_SCHOOLS:
            is_whole = any(word in near for word in rule.words)
            if is_whole and re.search("中小学|学校", clause.text):
                found.setdefault(schools[0].value, (schools[0], clause))
    if len(found) >= rule.limit:
        first = next(iter(found.values()))[1]
        places = [
            f"{sentence.paragraph.place or sentence.paragraph.number}："
            f"{quote_around(sentence.paragraph.text, number.start, number.end)[-30:]}"
            for number, sentence in found.values()
        ]
        what = f"学校总数有{len(found)}个：{'；'.join(places)}"
        yield breach(rule, first.paragraph, first.quote, what)


def find_uneven_precision(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find amounts of one paragraph of which some are written to the yuan and some to 万元."""
    for paragraph in text.paragraphs:
        money = [n for n in text.numbers[paragraph.number] if n.is_figure and n.group == "money"]
        if len(money) < 2:
            continue
        finest, coarsest = (pick(money, key=lambda n: n.step) for pick in (min, max))
        if coarsest.step >= finest.step * int(rule.limit):
            what = f"{coarsest.written}与{finest.written}精度不同"
            yield breach(rule, paragraph, paragraph.text[:60], what)


def find_fuzzy_numbers(text: Text, rule: Rule) -> Iterator[Finding]:
    """Count the numbers with 余, 近 and 约: of things that stand in a roster they can be exact."""
    fuzzy = [c for c in text.checked if FUZZY.search(c.number.written)]
    if len(fuzzy) >= rule.limit:
        shown = "、".join(checked.number.written for checked in fuzzy)
        what = f"概数{len(fuzzy)}处：{shown}"
        yield breach(rule, fuzzy[0].paragraph, fuzzy[0].quote, what)


def find_doubled_words(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find 约2000余 and 200多名左右, which say twice that a number is none."""
    for checked in text.checked:
        if DOUBLED.search(checked.number.written):
            what = f"“{checked.number.written}”把概数说了两遍"
            yield breach(rule, checked.paragraph, checked.quote, what)


def find_bare_shares(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find shares (达100%) in a paragraph without a count, growths per head without an amount."""
    for paragraph in text.paragraphs:
        numbers = [number for number in text.numbers[paragraph.number] if number.is_figure]
        shares = [number for number in numbers if number.group == "percent"]
        if not shares or text.roles[paragraph.number] != RESULTS:
            continue
        groups = {number.group for number in numbers}
        heads = [share for share in shares if _is_per_head(text, paragraph, share)]
        bare = [share for share in shares if share not in heads]
        if heads and "money_per_person" not in groups:
            quote = quote_around(paragraph.text, heads[0].start, heads[-1].end)
            what = f"写了人均的比例（{_list(heads)}），没有人均的数额和上年的数"
            yield breach(rule, paragraph, quote, what)
        if bare and groups == {"percent"}:
            quote = quote_around(paragraph.text, bare[0].start, bare[-1].end)
            yield breach(rule, paragraph, quote, f"写了{_list(bare)}，没有分子和分母")


def _is_per_head(text: Text, paragraph: Paragraph, share: Number) -> bool:
    begin = max(paragraph.text.rfind(mark, 0, share.start) for mark in "。;") + 1
    words = paragraph.text[begin : share.start]
    return any(word in words for word in text.terms["one_unit"])


def _list(numbers: Sequence[Number]) -> str:
    return "、".join(number.written for number in numbers)


def find_awards_without_persons(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find money for so many 人次 where nothing says how many persons got it."""
    for sentence in text.sentences:
        groups = {number.group for number in sentence.numbers}
        if {"money", "person_times"} <= groups and "people" not in groups:
            times = next(n for n in sentence.numbers if n.group == "person_times")
            money = next(n for n in sentence.numbers if n.group == "money")
            each = money.value / times.value if times.value else Decimal(0)
            what = f"{money.written}按{times.written}计，每人次{each:.0f}元；没有写人数和项目"
            yield breach(rule, sentence.paragraph, sentence.quote, what)


def find_thin_margins(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find what meets its standard by a hair: a few pupils more would turn it."""
    thin: dict[int, list[CheckedNumber]] = defaultdict(list)
    for checked in text.checked:
        figure = checked.figures[0] if checked.figures else {}
        margin = figure.get("margin") or Decimal(0)
        is_percent = checked.verdict == AGREES and figure.get("unit") == "%"
        if is_percent and 0 < margin < Decimal(str(rule.limit)):
            thin[checked.paragraph.number].append(checked)
    for group in thin.values():
        shown = "、".join(f"{c.figures[0]['title']}{c.number.written}" for c in group)
        what = f"与标准相差不到{rule.limit}个百分点：{shown}"
        yield breach(rule, group[0].paragraph, group[0].quote, what)


NUMBER_RULES = {
    "same_things": find_same_things,
    "several_bases": find_several_bases,
    "uneven_precision": find_uneven_precision,
    "fuzzy_numbers": find_fuzzy_numbers,
    "doubled_words": find_doubled_words,
    "bare_shares": find_bare_shares,
    "awards_without_persons": find_awards_without_persons,
    "thin_margins": find_thin_margins,
}
