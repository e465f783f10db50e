"""Times across a header: 2006, 2006年末, FY2006, 2006-07, 2006Q1, Jan 2006, 1月."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flows.common.text import squeezed

FEWEST_TIMES = 3
YEAR, YEAR_OF_NOW = "(?:19|20)[0-9]{2}", "20[0-9]{2}"
MONTH = (
    "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    "(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?"
)
QUARTER = "(?:Q[1-4]|第?[一二三四1-4]季度?)"
# The column that the times become, its type, how they are written, and what more a caption may
# have. The most telling come first.
FORMS: tuple[tuple[str, str, str, str], ...] = (
    ("day", "date", f"({YEAR}-[0-9]{{2}}-[0-9]{{2}})", "(?:00:00:00)?"),
    ("day", "date", f"({YEAR}年[0-9]{{1,2}}月[0-9]{{1,2}}日)", ""),
    ("quarter", "string", f"({YEAR}年?-?{QUARTER})", ""),
    ("quarter", "string", f"({QUARTER}-?{YEAR})", ""),
    ("school_year", "string", f"({YEAR}[-–—/~至](?:{YEAR}|[0-9]{{2}}))", ""),
    ("school_year", "string", "(20[0-9]{4})", ""),
    ("month", "string", f"({YEAR}[-/.M]?(?:1[0-2]|0[1-9]))", ""),
    ("month", "string", f"({YEAR}年[0-9]{{1,2}}月)", ""),
    ("month", "string", f"({MONTH}[-/.]?(?:{YEAR}|[0-9]{{2}}))", ""),
    ("month", "string", f"({YEAR}[-/]?{MONTH})", ""),
    ("year", "int", f"({YEAR})", "年?度?"),
    ("school_year", "string", "([0-9]{2,3})", "學年度?"),
    ("era_year", "string", "((?:昭和|平成|令和|民國)[0-9元]{1,3})", "年?度?"),
    ("month", "string", "([0-9]{1,2}月|[一二三四五六七八九十]{1,2}月)", "份?"),
    ("month", "string", f"({MONTH})", ""),
    ("quarter", "string", f"({QUARTER})", ""),
)  # fmt: skip
WITH_YEAR = tuple(form + more for _, _, form, more in FORMS if "20" in form)
AFFIXES = "(?:FY|SY|CY|YR)?", "(?:学?年度?|年?[末底])?"
JOINTS = "/_-: "  # between a measure and its time
AGAIN = "\0"  # stands for the time where a caption says it once more: 2006 [YR2006]
# Of a footnote, behind a caption.
MARK = r"(?:\([0-9a-z]{1,2}\)|\[[a-z]{1,5}[0-9]*\]|\\[0-9]{1,2}\\|[a-z]|[*†‡#¹²³]+)"


class Parted(NamedTuple):
    """A caption in parts: what stands before its time, the time, its 年, the rest, and a mark."""

    before: str
    time: str
    more: str
    behind: str
    mark: str


@dataclass(frozen=True)
class Times:
    """Columns of which captions say one thing at several times, by their places."""

    name: str
    data_type: str
    form: str
    more: str
    columns: Mapping[int, Parted]

    @property
    def measure(self) -> str:
        """What the captions say beside their times; empty where no more than 年末 or FY."""
        before, behind = (
            max(getattr(one, side) for one in self.columns.values()).strip(JOINTS)
            for side in ("before", "behind")
        )
        affixes = (AGAIN, *AFFIXES)
        said = [
            one
            for one in (before, behind)
            if AGAIN not in one and not any(re.fullmatch(affix, one) for affix in affixes)
        ]
        return "".join(said)

    @property
    def pattern(self) -> str:
        """The pattern that finds these captions and reads their times."""
        parts = self.columns.values()
        before, behind = max(one.before for one in parts), max(one.behind for one in parts)
        upper = re.escape(before)
        if before and not all(one.before for one in parts):
            upper = f"(?:{upper})?"
        return _whole([self], upper, re.escape(behind))


def _whole(several: Sequence[Times], before: str, behind: str) -> str:
    """Write the pattern around a time: 年 where some have it, marks where some have one."""
    first, parts = several[0], [one for times in several for one in times.columns.values()]
    more = first.more * any(one.more for one in parts)
    again = behind.replace(re.escape(AGAIN), first.form.replace("(", "(?:", 1))
    mark = f"{MARK}?" * any(one.mark for one in parts)
    pattern = f"^{before}{first.form}{more}{again}{mark}$"
    is_old = any(re.search("(?<![0-9])19", one.time) for one in parts)
    return pattern if is_old else pattern.replace(YEAR, YEAR_OF_NOW)


def pattern_of_several(several: Sequence[Times]) -> tuple[str, list[str]] | None:
    """Write one pattern for several measures, and what a group of it says of each.

    None where the captions do not tell them alike: now before the time, now behind it.
    """
    parts = [[*times.columns.values()] for times in several]
    befores, behinds = ([{getattr(one, side) for one in ones} for ones in parts]
                        for side in ("before", "behind"))  # fmt: skip
    if any(len(one) > 1 for one in (*befores, *behinds)):
        return None
    before, behind = [one.pop() for one in befores], [one.pop() for one in behinds]
    for telling, other, is_before in ((before, behind, True), (behind, before, False)):
        texts = [text.strip(JOINTS) for text in telling]
        joints = {text.replace(said, "", 1) for text, said in zip(telling, texts, strict=True)}
        if len({*other}) == 1 and len(joints) == 1 and all(texts) and AGAIN not in "".join(texts):
            measures, joint = "|".join(map(re.escape, texts)), re.escape(joints.pop())
            sides = f"({measures}){joint}", re.escape(other[0])
            if not is_before:
                sides = re.escape(other[0]), f"{joint}({measures})"
            return _whole(several, *sides), texts
    return None


def is_time(cell: object) -> bool:
    """Say whether a caption says a time that has a year, and no more."""
    text = squeezed(cell) or ""
    return any(re.fullmatch(f"{AFFIXES[0]}{form}{AFFIXES[1]}{MARK}?", text) for form in WITH_YEAR)


def _parted(form: str, more: str, caption: str) -> Parted | None:
    pattern = f"(?<![0-9.]){form}({more})(?![-/.]?[0-9])(?![A-Za-z]{{2}})"
    found = re.search(pattern, caption)
    if not found or re.search(r"[{}]", caption):  # dbt would render it
        return None
    behind, mark = caption[found.end() :], ""
    if re.fullmatch(MARK, behind):
        behind, mark = "", behind
    behind = behind.replace(found[1], AGAIN)
    return Parted(caption[: found.start()], found[1], found[2], behind, mark)


def follows(text: str) -> bool:
    """Say whether of two years, 2006-07 or 200607, the second is the next; true of one (111)."""
    digits = re.sub("[^0-9]", "", text)
    return len(digits) < 6 or (int(digits[:4]) + 1) % 100 == int(digits[-2:])


def _grouped(parted: Mapping[int, Parted]) -> list[dict[int, Parted]]:
    """Group columns, by their places, of which captions say the same beside the time."""
    groups: dict[tuple[str, str], dict[int, Parted]] = defaultdict(dict)
    for place, one in parted.items():
        groups[one.before, one.behind][place] = one
    for (before, behind), group in list(groups.items()):
        # An upper storey that is not merged stands above the first of its columns alone.
        following = groups.get(("", behind), {}) if before.endswith("/") else {}
        if len(group) == 1 and min(following, default=0) == min(group) + 1:
            group.update(groups.pop(("", behind)))
    return list(groups.values())


def times_across(captions: Sequence[str]) -> Iterator[Times]:
    """Find the columns of which captions say one thing at three times or more.

    Beside these, at two of their times: a measure that was counted later, or no more.
    """
    left = {place: one for place, one in enumerate(captions) if captions.count(one) == 1}
    for name, data_type, form, more in FORMS:
        found = {place: _parted(form, more, caption) for place, caption in left.items()}
        groups = _grouped({place: one for place, one in found.items() if one})
        groups = [one for one in groups if len(_times(one)) == len(one)]
        known = set().union(*(_times(one) for one in groups if len(one) >= FEWEST_TIMES))
        for group in groups:
            is_meant = name != "school_year" or all(map(follows, _times(group)))
            if is_meant and len(group) > 1 and _times(group) <= known:
                yield Times(name, data_type, form, more, dict(sorted(group.items())))
                left = {place: one for place, one in left.items() if place not in group}


def _times(group: Mapping[int, Parted]) -> set[str]:
    return {one.time for one in group.values()}
