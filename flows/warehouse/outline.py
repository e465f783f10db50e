"""The outline: what the report prints, in its order, by the list that serves a district and year."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.common.settings import CHECKOUT

OUTLINE = CHECKOUT / "dbt_project" / "seeds" / "report_outline.csv"


@dataclass(frozen=True)
class OutlineRow:
    """One row of a list; an empty text is null in the build."""

    framework: str
    year: str
    figure_id: str
    part: str
    order_no: str
    item_no: str
    place: str
    title_zh: str
    indicator_id: str
    dimension: str
    member: str
    mode: str
    scale: str
    step: str
    decimals: str
    suffix: str
    publish: str
    owner_office: str
    listing: str
    words: str

    @property
    def is_uncovered(self) -> bool:
        """Whether the figure has no source yet."""
        return not self.indicator_id

    @property
    def indicator(self) -> str:
        """Give the indicator, or the id under which a figure without a source stands."""
        return self.indicator_id or f"not_covered_{self.figure_id}"

    def printed(self) -> tuple[str | None, ...]:
        """Give what says where and how the figure is printed, as a row of `landing.outline`."""
        cells = (
            self.figure_id, self.part, self.order_no, self.item_no, self.place, self.title_zh,
            self.indicator, self.dimension, self.member, self.mode, self.scale, self.step,
            self.decimals, self.suffix, self.publish, self.listing, self.words, self.framework,
            self.year,
        )  # fmt: skip
        return tuple(cell or None for cell in cells)


def read_outlines(path: Path = OUTLINE) -> tuple[OutlineRow, ...]:
    """Read the lists of all frameworks and years."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(OutlineRow(**row) for row in csv.DictReader(file))


def outline_of(
    outlines: Sequence[OutlineRow], framework: str, evaluation_year: int
) -> list[OutlineRow]:
    """Choose the list of the framework for the year, else the nearest earlier one, or the first."""
    own = [row for row in outlines if row.framework == framework]
    years = {int(row.year) for row in own}
    earlier = [year for year in years if year <= evaluation_year]
    chosen = max(earlier) if earlier else min(years, default=None)
    return [row for row in own if int(row.year) == chosen]
