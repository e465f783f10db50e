"""Rules on what a text says: plans as results, claims beside problems, pasted and odd passages."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from flows.report.checking.document import Paragraph
from flows.report.checking.findings import Finding, breach, quote_around
from flows.report.checking.matching import pairs_of
from flows.report.checking.rules import PROBLEMS, RESULTS, Rule
from flows.report.checking.text import Sentence, Text

YEAR = re.compile(r"(?<!\d)(20\d{2})年")
DATE = re.compile(r"(20\d{2})年(\d{1,2})月(\d{1,2})日")
QUOTED = re.compile(r"[“\"《‘][^”\"》’]*[”\"》’]")
ADMITTED = re.compile("数据缺失|无法判定|未达标|不达标|尚未")  # what is said needs no finding
ODD = re.compile(
    r"(?<=[\u4e00-\u9fff/])\?(?=[\u4e00-\u9fff])|\ufffd|锟斤拷|烫烫烫|[\ue000-\uf8ff]|[À-ÿ]{2,}|Â·|â€"
)
INNER_BLANK = re.compile(r"[\u4e00-\u9fff][ \u3000]+[\u4e00-\u9fff]")
PASTED = 8  # characters that a clause must have, and 16 all that is pasted together
PASTED_TOGETHER = 16
SHOWN = 6
SHORT = 20  # characters: what stands below a title is then no text
LONG_PART = 4  # pairs of characters; a shorter part of a title may be said in other words


def find_plans(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find in chapters of results what is planned, and what lies behind the year reported on."""
    words = re.compile("|".join(rule.words))
    for sentence in text.sentences:
        if text.roles[sentence.paragraph.number] != RESULTS or sentence.paragraph.is_heading:
            continue
        if not sentence.paragraph.chapter and len(text.paragraphs) - sentence.paragraph.number < 2:
            continue
        later = [year for year in YEAR.findall(sentence.text) if int(year) > text.year]
        found = [match[0] for match in words.finditer(sentence.text)]
        if found and (sentence.numbers or later):
            said = "、".join(dict.fromkeys([*found, *(f"{year}年" for year in later)]))
            what = f"说的是打算，不是{text.year}年的结果：{said}"
            match = words.search(sentence.text)
            place = sentence.start + (match.start() if match else 0)
            quote = quote_around(sentence.paragraph.text, place, place + len(found[0]))
            yield breach(rule, sentence.paragraph, quote, what)


def find_denied_claims(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a claim that all is done which the chapter of problems takes back."""
    claims = re.compile("|".join(rule.words))
    lacks = re.compile("|".join(text.terms["lacks"]))
    common = re.compile("|".join([*text.terms["common"], *text.terms["lacks"]]))
    denied: dict[int, tuple[float, Sentence]] = {}
    seen = Counter(pair for paragraph in text.paragraphs for pair in pairs_of(paragraph.text))
    count = len(text.paragraphs)

    def weight(pair: str) -> float:
        return math.log(count / seen[pair])

    claimed = [
        clause
        for clause in text.clauses
        if text.roles[clause.paragraph.number] == RESULTS and claims.search(clause.text)
        and not clause.paragraph.is_heading
    ]  # fmt: skip
    for problem in text.clauses:
        if text.roles[problem.paragraph.number] != PROBLEMS or not lacks.search(problem.text):
            continue
        topic = pairs_of(common.sub(",", problem.text))
        for number, claim in enumerate(claimed):
            score = sum(weight(pair) for pair in topic & pairs_of(common.sub(",", claim.text)))
            if (
                score >= rule.limit * math.log(count)
                and score > denied.get(number, (0.0, problem))[0]
            ):
                denied[number] = (score, problem)
    for number, (_, problem) in denied.items():
        claim = claimed[number]
        where = problem.paragraph.place or f"第{problem.paragraph.number}段"
        what = f"此处说“{claim.text.strip()[:40]}”，{where}说“{problem.text.strip()[:40]}”"
        yield breach(rule, claim.paragraph, claim.quote, what)


def find_unmet_claims(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a claim that all is done of what the warehouse judges 未达标 or 无法判定."""
    claims = re.compile("|".join(rule.words))
    index = text.checker.index
    unmet = [
        (number, figure)
        for number, figure in enumerate(text.checker.figures)
        if figure["judgement"] in ("未达标", "无法判定")
    ]
    for clause in text.clauses:
        if text.roles[clause.paragraph.number] != RESULTS or not claims.search(clause.text):
            continue
        if ADMITTED.search(clause.text):
            continue
        for number, figure in unmet:
            if index.cover_text(number, clause.text) >= rule.limit:
                what = f"{figure['figure_id']} {figure['title']}在仓库里{figure['judgement']}"
                yield breach(rule, clause.paragraph, clause.quote, what)


def find_pasted(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find passages that stand in two paragraphs word by word."""
    places: dict[str, list[Sentence]] = defaultdict(list)
    for clause in text.clauses:
        if len(clause.text.strip()) >= PASTED and clause.start >= clause.paragraph.body_start:
            places[clause.text.strip()].append(clause)
    pasted: dict[tuple[int, int], list[str]] = defaultdict(list)
    paragraphs = {paragraph.number: paragraph for paragraph in text.paragraphs}
    for passage, clauses in places.items():
        if len(clauses) > 1:
            numbers = (clauses[0].paragraph.number, clauses[1].paragraph.number)
            pasted[numbers].append(passage)
    for (first, second), passages in pasted.items():
        if sum(map(len, passages)) >= PASTED_TOGETHER:
            where = paragraphs[second].place or f"第{second}段"
            what = f"与{where}逐字相同：{'，'.join(passages[:SHOWN])}"
            yield breach(rule, paragraphs[first], passages[0], what)


def find_words(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find the words of a rule, one finding a paragraph: placeholders, forbidden topics."""
    words = re.compile("|".join(rule.words))
    for paragraph in text.paragraphs:
        matches = [match for match in words.finditer(paragraph.text) if match[0]]
        if matches:
            first = matches[0]
            said = "、".join(dict.fromkeys(match[0] for match in matches))
            quote = quote_around(paragraph.text, first.start(), first.end())
            yield breach(rule, paragraph, quote, f"写有“{said}”")


def find_odd_characters(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find signs that were lost on the way, and blanks within words."""
    for paragraph in text.paragraphs:
        odd = [match[0] for match in ODD.finditer(paragraph.raw.replace("？", "。"))]
        if odd:
            match = ODD.search(paragraph.raw.replace("？", "。"))
            place = match.start() if match else 0
            what = f"有{len(odd)}处丢失或错乱的字符：{'、'.join(dict.fromkeys(odd))}"
            yield breach(rule, paragraph, quote_around(paragraph.raw, place, place + 1), what)
        bare = QUOTED.sub(lambda match: "”" * len(match[0]), paragraph.raw)
        if paragraph.kind == "body" and (match := INNER_BLANK.search(bare)):
            quote = quote_around(paragraph.raw, match.start(), match.end())
            yield breach(rule, paragraph, quote, f"字中间有空格：“{match[0]}”")


def find_empty_titles(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a part of a title (A、B、C等工作) of which the text below says nothing."""
    common = re.compile("|".join(text.terms["common"]))
    for paragraph in text.paragraphs:
        if not paragraph.body_start:
            continue
        title = paragraph.text[paragraph.mark_end : paragraph.body_start].rstrip("。")
        parts = [part for part in re.split("、", QUOTED.sub("", title)) if part]
        below = text.below(paragraph)
        if len(parts) < 2 or len(below) < SHORT:
            continue
        said = pairs_of(below)
        for part in parts:
            own = pairs_of(common.sub(",", part))
            if len(own) >= LONG_PART and len(own & said) <= 1 and not re.search(r"\d", part):
                what = f"题目有“{part}”，下文没有写"
                yield breach(rule, paragraph, title, what)


def find_opposed_titles(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a title that says 未启动 over a text that says 已建成."""
    for paragraph in text.paragraphs:
        title = paragraph.text[: paragraph.body_start]
        below = text.below(paragraph) if title else ""
        for first, second in rule.words:
            says, denies = re.search(first, title), re.search(second, below)
            if says and denies:
                what = f"题目说“{says[0]}”，下文说“{denies[0]}”"
                yield breach(rule, paragraph, title, what)


def find_mixed_measures(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find two measures that are not the same within one sentence."""
    for sentence in text.sentences:
        for first, second in rule.words:
            if first in sentence.text and second in sentence.text:
                what = f"一句话里混用“{first}”和“{second}”，这是两个口径"
                yield breach(rule, sentence.paragraph, sentence.quote, what)


def find_periods(text: Text, rule: Rule) -> Iterator[Finding]:
    """List the periods other than the year reported on to which numbers belong."""
    words = re.compile("|".join(rule.words))
    found: dict[str, Paragraph] = {}
    for sentence in text.sentences:
        if text.roles[sentence.paragraph.number] == RESULTS and sentence.numbers:
            for match in words.finditer(sentence.text):
                found.setdefault(match[0], sentence.paragraph)
    if len(found) >= 2:
        first = next(iter(found.values()))
        what = f"数的期间不一：{text.year}年之外还有{'、'.join(found)}"
        yield breach(rule, first, first.text[:60], what)


def find_missing_basics(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find that a report gives nowhere how many schools, pupils and teachers there are."""
    lacking = []
    for name, pattern in rule.words:
        words = re.compile(pattern)
        if not any(words.search(s.text) and s.numbers for s in text.sentences):
            lacking.append(name)
    if lacking and text.paragraphs:
        first = text.paragraphs[0]
        yield breach(rule, first, first.text[:40], f"全文没有写{'、'.join(lacking)}")


def find_late_signature(text: Text, rule: Rule) -> Iterator[Finding]:
    """Find a report that is dated long after its year."""
    for paragraph in text.paragraphs[-3:]:
        match = DATE.fullmatch(paragraph.text)
        if match and text.year:
            try:
                signed = date(*(int(part) for part in match.groups()))
            except ValueError:
                yield breach(rule, paragraph, paragraph.text, "没有这一天")
                continue
            days = (signed - date(text.year, 12, 31)).days
            if days > rule.limit:
                what = f"落款在{text.year}年结束后{days}天：请核对写的是不是当年的数"
                yield breach(rule, paragraph, paragraph.text, what)


PROSE_RULES = {
    "plans": find_plans,
    "denied_claims": find_denied_claims,
    "unmet_claims": find_unmet_claims,
    "pasted": find_pasted,
    "placeholders": find_words,
    "forbidden_topics": find_words,
    "odd_characters": find_odd_characters,
    "empty_titles": find_empty_titles,
    "opposed_titles": find_opposed_titles,
    "mixed_measures": find_mixed_measures,
    "periods": find_periods,
    "missing_basics": find_missing_basics,
    "late_signature": find_late_signature,
}
