"""The figures of registers worked out from their files in plain loops.

It imports nothing of the project; it knows the files only by the text of their specification.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

from answer_files import School, Spans, as_of, day, find, records, text, xlsx_grids

PRIMARY_AND_SECONDARY = ("211", "311", "312", "341", "342", "345")
Row = dict[str, str]
Key = tuple[str, str]  # indicator and period


class Answer(NamedTuple):
    """What a value is, with its parts."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None = None


class Files:
    """The registers of a workspace and its schools at the end of the year."""

    def __init__(self, workspace: Path, schools: Spans[School], year: int) -> None:
        """Take the workspace, the school register and the year."""
        self.workspace, self.schools, self.year = workspace, schools, year
        self.end = date(year, 12, 31)

    def rows(self, title: str, captions: str) -> list[Row] | None:
        """The cells of a register under captions, as text; None when there is no file."""
        path = find(self.workspace, f"*{title}*{self.year}*.xlsx")
        if path is None:
            return None
        names = captions.split()
        return [
            {name: text(cell) for name, cell in zip(names, cells, strict=True)}
            for grid in xlsx_grids(path)
            for cells in records(grid, f"序号 {captions}")
            for cells in [cells[1:]]
            if any(text(cell) for cell in cells)
        ]

    def is_primary_or_secondary(self, number: str) -> bool:
        """Whether a school is one of 中小学校 at the end of the year."""
        school = as_of(self.schools, number, self.end)
        return school is not None and school.kind in PRIMARY_AND_SECONDARY

    @property
    def primary_and_secondary(self) -> int:
        """How many 中小学校 there are at the end of the year."""
        return sum(map(self.is_primary_or_secondary, self.schools))

    def is_by_the_end(self, cell: str) -> bool:
        """Whether a day is in or before the year."""
        when = day(cell)
        return when is not None and when <= self.end


def percent(part: int, whole: int) -> Answer:
    """A share in percent, at 10 decimals half up; None of nobody."""
    share = None
    if whole:
        share = (Decimal(100 * part) / whole).quantize(Decimal("1e-10"), rounding=ROUND_HALF_UP)
    return Answer(share, Decimal(part), Decimal(whole))


def count(number: int) -> Answer:
    """A number that is a count or a sum."""
    return Answer(Decimal(number), Decimal(number))


def activities(files: Files) -> dict[str, Answer] | None:
    """Sessions, attendance and schools by theme."""
    rows = files.rows("教育活动台账", "主题 活动日期 场次 参与人次 学校标识码")
    if rows is None:
        return None

    def add(column: str, *themes: str, until: int = 12) -> Answer:
        total = 0
        for row in rows:
            when = day(row["活动日期"])
            assert when is not None
            if row["主题"] in themes and when.year == files.year and when.month <= until:
                total += int(row[column])
        return count(total)

    schools = {row["学校标识码"] for row in rows if row["主题"] == "生态"}
    return {
        "lifelong_learning_events": add("场次", "终身学习"),
        "lifelong_learning_attendance": add("参与人次", "终身学习"),
        "law_lectures": add("场次", "法治"),
        "law_lecture_attendance": add("参与人次", "法治"),
        "ecology_events": add("场次", "生态"),
        "schools_with_ecology_events": count(len(schools)),
        "labour_events": add("场次", "劳动", "研学"),
        "labour_event_attendance": add("参与人次", "劳动", "研学"),
        "speech_events": add("场次", "心理演讲", until=6),
        "counselling_sessions": add("场次", "心理咨询", until=6),
    }


def leader_visits(files: Files) -> dict[str, Answer] | None:
    """Schools with a leader, and visits in the year."""
    rows = files.rows("区领导联系学校台账", "学校标识码 联系起始日期 走访日期")
    if rows is None:
        return None
    linked = {
        row["学校标识码"]
        for row in rows
        if files.is_by_the_end(row["联系起始日期"])
        and files.is_primary_or_secondary(row["学校标识码"])
    }
    visits = sum(row["走访日期"].startswith(str(files.year)) for row in rows)
    return {
        "schools_with_linked_leader_share": percent(len(linked), files.primary_and_secondary),
        "leader_visits": count(visits),
    }


def rooms(files: Files) -> dict[str, Answer] | None:
    """Counselling rooms that were inspected and found good."""
    rows = files.rows("心理辅导室台账", "学校标识码 验收结果")
    if rows is None:
        return None
    good = [row for row in rows if row["验收结果"] == "达标"]
    return {
        "counselling_rooms_up_to_standard": count(
            sum(files.is_primary_or_secondary(row["学校标识码"]) for row in good)
        )
    }


Figures = Callable[[Files], dict[str, Answer] | None]
AT_THE_END: Sequence[Figures] = (leader_visits, rooms)
OF_THE_YEAR: Sequence[Figures] = (activities,)


def register_answers(workspace: Path, schools: Spans[School], year: int) -> dict[Key, Answer]:
    """All values of registers by indicator and period; without a file there are none."""
    files = Files(workspace, schools, year)
    return {
        (indicator, period): answer
        for period, figures in ((str(year), OF_THE_YEAR), (files.end.isoformat(), AT_THE_END))
        for figure in figures
        for indicator, answer in (figure(files) or {}).items()
    }
