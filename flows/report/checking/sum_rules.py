"""Rules of arithmetic within a text: parts and total, growth, share, people times money."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from flows.common.text import plain
from flows.report.checking.findings import CONTRADICTION, OPEN, Finding, breach
from flows.report.checking.numbers import Number
from flows.report.checking.rules import Rule
from flows.report.checking.text import Sentence, Text

CHANGE = re.compile("[增减][加少长收]|新增")
EXCEPT = re.compile(r"除[^。;]*?外")
COUNTS = {"people", "schools", "things", "money", "person_times", "times"}


def slack(*numbers: Number) -> Decimal:
    """Say how far a sum of rounded numbers may be off."""
    return sum((number.step for number in numbers), Decimal(0)) / 2


def find_wrong_parts(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find parts behind 其中 that are more than their total, and what is left of a total."""
    for sentence in text.sentences:
        place = sentence.text.find("其中")
        if place >= 0:
            yield from _compare_parts(sentence, sentence.start + place, rule)
        if match := EXCEPT.search(sentence.text):
            yield from _compare_rest(sentence, sentence.start + match.start(), match.end(), rule)


def _compare_parts(sentence: Sentence, place: int, rule: Rule) -> Iterator[Finding]:
    before = [number for number in sentence.numbers if number.end <= place]
    behind = [number for number in sentence.numbers if number.start > place]
    text = sentence.paragraph.text
    totals = [
        number
        for number in before
        if behind
        and number.unit == behind[0].unit
        and number.group in COUNTS
        and not CHANGE.search(text[max(0, number.start - 6) : number.start])
    ]
    if not totals:
        return
    total = totals[-1]
    parts = [number for number in behind if number.unit == total.unit]
    whole, most = sum((part.value for part in parts), Decimal(0)), total.value + slack(total)
    if total.qualifier:
        most = total.value * 2
    written = "+".join(part.written for part in parts)
    if any(part.value > most for part in parts):
        what = f"其中一项大于合计{total.written}：{written}"
        yield breach(rule, sentence.paragraph, sentence.quote, what)
    elif whole > most + slack(*parts):
        # Of persons one may be in several parts: 女教师 and 党员.
        gravity = CONTRADICTION if total.group == "money" else OPEN
        what = f"{written}={plain(whole / scale_of(total))}，大于合计{total.written}"
        yield breach(rule, sentence.paragraph, sentence.quote, what, gravity)
    elif total.group == "money" and len(parts) > 1 and whole < total.value - slack(total, *parts):
        what = f"{written}={plain(whole / scale_of(total))}，小于合计{total.written}：是否漏了一项"
        yield breach(rule, sentence.paragraph, sentence.quote, what, OPEN)


def scale_of(number: Number) -> Decimal:
    """Say in what a number is written: 10000 for 万元."""
    return Decimal(10**8 if "亿" in number.written else 10**4 if "万" in number.written else 1)


def _compare_rest(sentence: Sentence, start: int, length: int, rule: Rule) -> Iterator[Finding]:
    """Compare 56所…除…15所…外,41所."""
    end = sentence.start + length
    excepted = [number for number in sentence.numbers if start < number.start < end]
    before = [number for number in sentence.numbers if number.end <= start]
    behind = [number for number in sentence.numbers if number.start >= end]
    if len(excepted) != 1 or not before or not behind:
        return
    total, left, rest = before[-1], excepted[0], behind[0]
    if total.unit == left.unit == rest.unit and total.value - left.value != rest.value:
        right = plain(total.value - left.value)
        what = f"{total.written}除去{left.written}是{right}，写的是{rest.written}"
        yield breach(rule, sentence.paragraph, sentence.quote, what)


def find_wrong_growth(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find an amount, its increase and its growth that do not go together."""
    for sentence in text.sentences:
        for total, increase, growth in zip(
            sentence.numbers, sentence.numbers[1:], sentence.numbers[2:], strict=False
        ):
            words = sentence.paragraph.text[total.end : growth.start]
            if not (
                total.group == increase.group != growth.group == "percent"
                and re.search("增加|增长|增收|增幅", words)
                and total.value > increase.value > 0
            ):
                continue
            bounds = [
                (increase.value + sign * slack(increase)) * 100
                / (total.value - sign * slack(total) - (increase.value + sign * slack(increase)))
                for sign in (-1, 1)
            ]  # fmt: skip
            if not bounds[0] - slack(growth) <= growth.value <= bounds[1] + slack(growth):
                exact = increase.value * 100 / (total.value - increase.value)
                what = (
                    f"由{total.written}和增加{increase.written}算得增长{exact:.2f}%，"
                    f"写的是{growth.written}"
                )
                yield breach(rule, sentence.paragraph, sentence.quote, what)


def find_wrong_shares(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a share (占…%) that two counts before it do not give."""
    for sentence in text.sentences:
        for share in sentence.numbers:
            before = sentence.paragraph.text[max(sentence.start, share.start - 12) : share.start]
            if share.group != "percent" or "占" not in before or share.qualifier:
                continue
            earlier = [number for number in sentence.numbers if number.end <= share.start]
            units = {number.unit for number in earlier[-2:]}
            if len(earlier) < 2 or len(units) != 1 or earlier[-1].group not in COUNTS:
                continue
            part, whole = sorted(earlier[-2:], key=lambda number: number.value)
            exact = part.value * 100 / whole.value if whole.value else Decimal(0)
            if abs(exact - share.value) > share.step + slack(part) * 100 / (whole.value or 1):
                what = f"{part.written}占{whole.written}是{exact:.2f}%，写的是{share.written}"
                yield breach(rule, sentence.paragraph, sentence.quote, what)


def find_wrong_products(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find people times money per person that is not the money beside them.

    The money per person stands in the text, or is a standard of the release that the rule names
    for some words.
    """
    for sentence in text.sentences:
        people = [number for number in sentence.numbers if number.group == "people"]
        rates = [number for number in sentence.numbers if number.group == "money_per_person"]
        money = [number for number in sentence.numbers if number.group == "money"]
        if len(people) == len(rates) == len(money) == 1:
            yield from _compare_product(rule, sentence, people[0], rates[0].value, money, "")
    for paragraph in text.paragraphs:
        figures = [number for number in text.numbers[paragraph.number] if number.is_figure]
        for words in rule.words:
            if not re.search(words["text"], paragraph.text):
                continue
            standard = text.checker.standard(words["standard"])
            people = [n for n in figures if n.group == "people" and n.value > 1]
            money = [n for n in figures if n.group == "money"]
            if standard is not None and len(people) == 1 and money:
                whole = Sentence(paragraph, 0, paragraph.text, figures)
                name = f"（标准{plain(standard)}元）"
                yield from _compare_product(rule, whole, people[0], standard, money, name)


def _compare_product(
    rule: Rule,
    sentence: Sentence,
    people: Number,
    rate: Decimal,
    money: Sequence[Number],
    name: str,
) -> Iterator[Finding]:
    product = people.value * rate
    allowed = people.step * rate / 2 + (product / 10 if people.qualifier else 0)
    near = [total for total in money if abs(total.value - product) <= allowed + slack(total)]
    if not near:
        ends = [*money[:1], *money[1:][-1:]]
        totals = "、".join(number.written for number in ends)
        each = "、".join(f"{total.value / people.value:.1f}元" for total in ends)
        what = (
            f"{people.written}×{plain(rate)}元{name}={plain(product / 10000)}万元，"
            f"写的是{totals}（人均{each}）"
        )
        yield breach(rule, sentence.paragraph, sentence.quote, what)


def find_unbounded_growth(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a growth in all beside growths per head that all lie on one side of it."""
    one_unit = text.terms["one_unit"]
    for sentence in text.sentences:
        grows = [number for number in sentence.numbers if number.group == "percent"]
        begin = sentence.start
        heads: list[Number] = []
        totals: list[Number] = []
        for number in grows:
            words = sentence.paragraph.text[begin : number.start]
            if any(word in words for word in one_unit) or (heads and len(words) < 4):
                heads.append(number)
            elif "增长" in words:
                totals.append(number)
            begin = number.end
        if not totals or len(heads) < 2:
            continue
        low, high = (pick(head.value for head in heads) for pick in (min, max))
        total = totals[0].value
        if low <= total <= high:
            continue
        grown = sorted((1 + total / 100) / (1 + head / 100) * 100 - 100 for head in (low, high))
        what = (
            f"总额增长{plain(total)}%，人均各项只在{plain(low)}%到{plain(high)}%之间："
            f"人数须变动{grown[0]:.2f}%到{grown[1]:.2f}%，或有不分学段的部分"
        )
        yield breach(rule, sentence.paragraph, sentence.quote, what)


SUM_RULES = {
    "wrong_parts": find_wrong_parts,
    "wrong_growth": find_wrong_growth,
    "wrong_shares": find_wrong_shares,
    "wrong_products": find_wrong_products,
    "unbounded_growth": find_unbounded_growth,
}
