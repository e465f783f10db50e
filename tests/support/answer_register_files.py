"""Reading registers for the answer key, in plain loops.

It imports nothing of the project; it knows the files only by the text of their specification.
"""

from __future__ import annotations

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
