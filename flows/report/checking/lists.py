"""Lists of a text whose values stand in the order of their names: 甲、乙分别为1人、2人."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flows.report.checking.numbers import Number

RESPECTIVELY = re.compile(r"分别(?:为|是|达到?|增长|增加|下降|提高)|依次(?:为|是)")
JOINTS = re.compile(r"[、/]|以及|和|及|与")
ONLY_JOINTS = re.compile(r"[\s、，,/和及与]*")
BLANK = "|"  # no title has it


@dataclass(frozen=True)
class ParallelList:
    """Names and values that belong together by their order; spans are places in a text."""

    names: Sequence[tuple[int, int]]
    values: Sequence[Number]


def find_parallel_lists(text: str, numbers: Sequence[Number]) -> Iterator[ParallelList]:
    """Find the lists of a paragraph, be they of equal length or not."""
    figures = [number for number in numbers if number.is_figure]
    last: ParallelList | None = None
    for match in RESPECTIVELY.finditer(text):
        values = _values_behind(text, match.end(), figures)
        names = _names_before(text, match.start(), figures)
        if not names and last and not re.search("[。;]", text[last.names[0][0] : match.start()]):
            names = [*last.names]  # 分别为1人、2人，分别增长3%、4%
        if len(values) > 1 and len(names) > 1:
            last = ParallelList(names, values)
            yield last


def _values_behind(text: str, place: int, figures: Sequence[Number]) -> list[Number]:
    """List the numbers that follow a place with nothing but commas and 和 between them."""
    found: list[Number] = []
    for number in figures:
        if number.start < place:
            continue
        if not ONLY_JOINTS.fullmatch(text[place : number.start]):
            break
        found.append(number)
        place = number.end
    return found


def _names_before(text: str, place: int, figures: Sequence[Number]) -> list[tuple[int, int]]:
    """List the names that are joined by 、 in the clause that ends at a place."""
    last = max([number.end for number in figures if number.end <= place], default=0)
    begin = max(last, *(text.rfind(mark, 0, place) + 1 for mark in "，:。;"))
    found, start = [], begin
    for joint in [*JOINTS.finditer(text, begin, place), None]:
        end = joint.start() if joint else place
        if start < end:
            found.append((start, end))
        start = joint.end() if joint else place
    return found if len(found) > 1 else []


def focus_on(text: str, number: Number, lists: Sequence[ParallelList], kinds: Sequence[str]) -> str:
    """Blank the names of a list that belong to its other values; the places stay.

    What stands behind the last name, as 生均经费 does, belongs to all of them.
    """
    for parallel in lists:
        if number not in parallel.values or len(parallel.names) != len(parallel.values):
            continue
        start, end = parallel.names[-1]
        kind = re.match(f"普通?(?:{'|'.join(kinds)})|(?:{'|'.join(kinds)})", text[start:end])
        if kind is None:
            return text
        spans = [*parallel.names[:-1], (start, start + kind.end())]
        own = spans[parallel.values.index(number)]
        for begin, stop in spans:
            if (begin, stop) != own:
                text = text[:begin] + BLANK * (stop - begin) + text[stop:]
    return text
