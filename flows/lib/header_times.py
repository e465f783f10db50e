"""Times across a header: 2006, 2006年末, FY2006, 2006-07, 2006Q1, Jan 2006, 1月."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flows.lib.cells import squeezed

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
    ("month", "string", "([0-9]{1,2}月|[一二三四五六七八九十]{1,2}月)", "份?"),
    ("month", "string", f"({MONTH})", ""),
    ("quarter", "string", f"({QUARTER})", ""),
)  # fmt: skip
WITH_YEAR = tuple(form + more for _, _, form, more in FORMS if "20" in form)
AFFIXES = "(?:FY|SY|CY|YR)?", "(?:学?年度?|年?[末底])?"
AGAIN = "\0"  # stands for the time where a caption says it once more: 2006 [YR2006]
MARK = r"(?:\([0-9a-z]{1,2}\)|[a-z]|[*†‡#¹²³]+)"  # of a footnote, behind a caption


@dataclass(frozen=True)
class Times:
    """Columns that differ by a time alone: what it is, and the pattern that reads it."""

    name: str
    data_type: str
    pattern: str
    said: str  # the rest of the captions, which is the same
    places: tuple[int, ...]


def is_time(cell: object) -> bool:
    """Say whether a caption says a time that has a year, and no more."""
    text = squeezed(cell) or ""
    return any(re.fullmatch(f"{AFFIXES[0]}{form}{AFFIXES[1]}{MARK}?", text) for form in WITH_YEAR)


class _Parted(NamedTuple):
    """A caption in parts: what stands before its time, the time, its 年, the rest, and a mark."""

    before: str
    time: str
    more: str
    behind: str
    mark: str


def _parted(form: str, more: str, caption: str) -> _Parted | None:
    pattern = f"(?<![0-9.]){form}({more})(?![-/.]?[0-9])(?![A-Za-z]{{2}})"
    found = re.search(pattern, caption)
    if not found or re.search(r"[{}]", caption):  # dbt would render it
        return None
    behind, mark = caption[found.end() :], ""
    if re.fullmatch(MARK, behind):
        behind, mark = "", behind
    behind = behind.replace(found[1], AGAIN)
    return _Parted(caption[: found.start()], found[1], found[2], behind, mark)


def _follows(text: str) -> bool:
    """Say whether of two years, 2006-07 or 200607, the second is the one after the first."""
    digits = re.sub("[^0-9]", "", text)
    return (int(digits[:4]) + 1) % 100 == int(digits[-2:])


def _grouped(parted: Mapping[int, _Parted]) -> list[dict[int, _Parted]]:
    """Group columns, by their places, of which captions say the same beside the time."""
    groups: dict[tuple[str, str], dict[int, _Parted]] = defaultdict(dict)
    for place, one in parted.items():
        groups[one.before, one.behind][place] = one
    for (before, behind), group in list(groups.items()):
        # An upper storey that is not merged stands above the first of its columns alone.
        following = groups.get(("", behind), {}) if before.endswith("/") else {}
        if len(group) == 1 and min(following, default=0) == min(group) + 1:
            group.update(groups.pop(("", behind)))
    return list(groups.values())


def _pattern(form: str, more: str, group: Collection[_Parted]) -> str:
    """Write the pattern that finds the captions of a group and reads their times."""
    before, behind = max(one.before for one in group), max(one.behind for one in group)
    upper = re.escape(before)
    if not all(one.before for one in group):
        upper = f"(?:{upper})?" if upper else ""
    more = more * any(one.more for one in group)
    again = re.escape(behind).replace(re.escape(AGAIN), form.replace("(", "(?:", 1))
    mark = f"{MARK}?" * any(one.mark for one in group)
    pattern = f"^{upper}{form}{more}{again}{mark}$"
    is_old = any(re.search("(?<![0-9])19", one.time) for one in group)
    return pattern if is_old else pattern.replace(YEAR, YEAR_OF_NOW)


def times_across(captions: Sequence[str]) -> Iterator[Times]:
    """Find the columns of which captions say one thing at three times or more."""
    left = {place: one for place, one in enumerate(captions) if captions.count(one) == 1}
    for name, data_type, form, more in FORMS:
        found = {place: _parted(form, more, caption) for place, caption in left.items()}
        for group in _grouped({place: one for place, one in found.items() if one}):
            times = [one.time for one in group.values()]
            is_meant = name != "school_year" or all(map(_follows, times))
            if is_meant and FEWEST_TIMES <= len(set(times)) == len(times):
                pattern = _pattern(form, more, group.values())
                said = max(f"{one.before}{one.behind}" for one in group.values())
                said = re.sub(f"^{AFFIXES[0]}{AFFIXES[1]}$|.*{AGAIN}.*", "", said)
                yield Times(name, data_type, pattern, said, tuple(sorted(group)))
                left = {place: one for place, one in left.items() if place not in group}
