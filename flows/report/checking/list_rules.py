"""Rules on what a text lists and counts: as many values as names, as many names as are counted."""

import re
from collections.abc import Iterator

from flows.common.text import plain
from flows.report.checking.findings import Finding, breach, quote_around
from flows.report.checking.lists import find_parallel_lists
from flows.report.checking.rules import Rule
from flows.report.checking.text import Sentence, Text

SEPARATED = re.compile(r"、|以及")
FEWEST_NAMES, MOST_COUNTED = 3, 30
COUNTED = {"schools", "things"}


def find_unequal_lists(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find `A、B、C 分别为 1、2`: names and values of a list that are not as many."""
    for paragraph in text.paragraphs:
        whole = paragraph.text
        for parallel in find_parallel_lists(whole, text.numbers[paragraph.number]):
            names = [whole[start:end] for start, end in parallel.names]
            values = parallel.values
            if len(names) > len(values):
                what = f"列了{len(names)}项（{'、'.join(names)}），只给了{len(values)}个数"
            elif len(names) < len(values):
                what = f"列了{len(names)}项（{'、'.join(names)}），却给了{len(values)}个数"
            else:
                continue
            quote = quote_around(whole, values[0].start, values[-1].end)
            yield breach(rule, paragraph, quote, what)


def find_miscounted_names(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find `A、B、C 2所学校`, and `A、B 等`, of which more are listed than counted."""
    for sentence, value, names, noun, is_open in _counted_lists(text):
        count = len(names)
        if count > value or (count < value and not is_open):
            what = f"说是{value}，列出的是{count}：{'、'.join(names)}"
            yield breach(rule, sentence.paragraph, sentence.quote, what)
        for word in rule.words:
            without = [name for name in names if word not in name]
            if word in noun and 0 < len(without) < count and not is_open:
                what = f"“{noun}”里列了{'、'.join(without)}，名称中没有“{word}”"
                yield breach(rule, sentence.paragraph, sentence.quote, what)


def _counted_lists(text: Text) -> Iterator[tuple[Sentence, int, list[str], str, bool]]:
    for sentence in text.sentences:
        whole = sentence.paragraph.text
        for number in text.numbers[sentence.paragraph.number]:
            if not (
                sentence.start <= number.start < sentence.start + len(sentence.text)
                and number.group in COUNTED
                and not number.qualifier
                and 2 <= number.value <= MOST_COUNTED
            ):
                continue
            before = re.split("[，:“”()《》]", whole[sentence.start : number.start])[-1]
            is_open = before.endswith("等")
            parts = [part for part in SEPARATED.split(before.removesuffix("等")) if part]
            names = [*parts[:-1], *re.split("和|与", parts[-1])] if parts else []
            for word in text.terms["before_names"] if names else ():
                names[0] = names[0].split(word)[-1] or names[0]
            if len(names) < FEWEST_NAMES or re.search(r"\d", before):
                continue
            noun = re.split("[，。;:、()]", whole[number.end :])[0][:12]
            yield sentence, int(number.value), names, noun, is_open


def find_unanswered_tasks(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find the number of a title, as of a task, that nothing below takes up or lists."""
    for sentence in text.sentences:
        heading = sentence.paragraph
        if not heading.is_heading or not sentence.numbers:
            continue
        below = text.below(heading)
        others = [
            number.value
            for paragraph in text.paragraphs
            if paragraph.number > heading.number and paragraph.heading == heading.heading
            for number in text.numbers[paragraph.number]
            if number.is_figure
        ]
        for number in sentence.numbers:
            named = max((_count_named(word, below) for word in rule.words if word in heading.text),
                        default=0)  # fmt: skip
            if below and number.value not in others and named != number.value:
                shown = "、".join(plain(value) for value in others[:6]) or "没有数"
                what = f"题目的任务是{number.written}，下文没有交代这个数（下文的数：{shown}）"
                yield breach(rule, heading, heading.text, what)


def _count_named(word: str, text: str) -> int:
    """Count the different names that end in a word: 甲幼儿园, 乙幼儿园."""
    return len(set(re.findall(rf"(?:^|[，。;、\n])([^，。;、\n]{{1,10}}?{word})", text)))


LIST_RULES = {
    "unequal_lists": find_unequal_lists,
    "miscounted_names": find_miscounted_names,
    "unanswered_tasks": find_unanswered_tasks,
}
