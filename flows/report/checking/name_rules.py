"""Rules on names: one school under three of them, one that is built here and to be built there."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from flows.report.checking.findings import Finding, breach
from flows.report.checking.rules import RESULTS, Rule
from flows.report.checking.text import Sentence, Text
from flows.report.chinese_numerals import read_chinese

TYPE = "附属幼儿园|附属园|幼儿园|小学校|小学|初级中学|高级中学|中学|校区|分校|学校|校"
# The longest run up to the last type word; without one behind it: 实验小学五里店校区.
NAME = re.compile(rf"[一-鿿A-Za-z]{{2,16}}(?:{TYPE})(?![区园长舍服门级本车风外内友])")
# 一小, 县二中, but not 三中全会
SHORT_NAME = re.compile(
    r"(?:[一-鿿]{0,3}[市县区])?[一二三四五六七八九十]{1,2}[小中幼](?![学部型心共全等国期考小级])"
)
ADMINISTRATIVE = re.compile(
    r"^(?:[一-鿿]{2,3}省)?(?:[一-鿿]{2,3}市)?(?:[一-鿿]{1,3}县|[一-鿿]{0,2}[^校园片新]区)?"
)
ORDINAL = re.compile(r"第?([一二三四五六七八九十]{1,3})(?=小|中|幼|完小)")
SHORTEST = 2
PARTS = re.compile(r"[、，。;:!?()“”《》|\d]|以及|和|及|与|等")


@dataclass(frozen=True)
class School:
    """A school as one sentence calls it."""

    name: str
    core: str  # without district and kind, by which two names are one school
    sentence: Sentence


def find_schools(text: Text) -> list[School]:
    """Find the schools that a text names; what only says 各中小学 is none."""
    return [
        School(name, core, sentence)
        for sentence in text.clauses
        if not sentence.paragraph.is_heading
        for part in PARTS.split(sentence.text)
        for name in _names_in(part, text)
        if len(core := core_of(name)) >= SHORTEST
    ]


def _names_in(part: str, text: Text) -> Iterator[str]:
    """Find the name that ends in a kind of school, behind the words that lead to it."""
    match = NAME.search(part) or SHORT_NAME.search(part)
    if match is None:
        return
    name = match[0]
    for word in text.terms["before_names"]:
        if word in name:
            name = name[name.rindex(word) + len(word) :]
    if not any(word in name for word in text.terms["no_names"]) and not name.isdigit():
        yield name


def core_of(name: str) -> str:
    """Take district and kind off a name: 乙市甲区第二小学 is 二小, 甲区红星学校 红星."""
    bare = ADMINISTRATIVE.sub("", name) or name
    bare = re.sub(r"^[区县](?=[一二三四五六七八九十])", "", bare)
    bare = ORDINAL.sub(lambda match: f"{read_chinese(match[1])}", bare)
    bare = re.sub(r"(?<=\d)([小中])学", r"\1", bare)
    short = re.sub(rf"(?:{TYPE})$", "", bare)
    short = re.sub(r"(?:校区|分校|学校)$", "", short)  # the kindergarten of a campus
    return bare if short.isdigit() else short


def find_school_names(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find one school under several names."""
    by_core: dict[str, dict[str, School]] = defaultdict(dict)
    for school in find_schools(text):
        bare = re.sub(r"(?:附属幼儿园|附属园)$", "", school.name)
        if "幼儿园" not in bare:
            by_core[school.core].setdefault(bare, school)
    for schools in by_core.values():
        if len(schools) > 1:
            first = next(iter(schools.values()))
            places = [
                f"“{name}”（{school.sentence.paragraph.place or school.sentence.paragraph.number}）"
                for name, school in schools.items()
            ]
            what = f"可能是同一所学校的{len(places)}个名称：{'、'.join(places)}"
            yield breach(rule, first.sentence.paragraph, first.sentence.quote, what)


def find_done_and_to_come(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a school that one sentence tells as done and another one as being built."""
    done_words, plan_words = (re.compile("|".join(words)) for words in rule.words)
    done: dict[tuple[str, bool, bool], School] = {}
    plans: dict[tuple[str, bool, bool], School] = {}
    for school in find_schools(text):
        if text.roles[school.sentence.paragraph.number] != RESULTS:
            continue
        key = (
            school.core,
            "幼儿园" in school.name or "附属园" in school.name,
            "中学" in school.name,
        )
        if plan_words.search(school.sentence.text):
            plans.setdefault(key, school)
        elif done_words.search(school.sentence.text):
            done.setdefault(key, school)
    both: dict[tuple[int, int], list[tuple[str, bool, bool]]] = defaultdict(list)
    for key in done:
        if key in plans:
            numbers = [group[key].sentence.paragraph.number for group in (done, plans)]
            both[numbers[0], numbers[1]].append(key)
    for keys in both.values():
        first, second = done[keys[0]].sentence, plans[keys[0]].sentence
        names = "、".join(done[key].name for key in keys)
        where = second.paragraph.place or f"第{second.paragraph.number}段"
        what = f"{names}：此处当作已建成，{where}说还在建：“{second.quote[:40]}”"
        yield breach(rule, first.paragraph, first.quote, what)


NAME_RULES = {"school_names": find_school_names, "done_and_to_come": find_done_and_to_come}
