"""The published tables of a release, read once and joined by their keys."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.contracts.periods import shifted
from flows.releases.release import rows_of
from flows.releases.standards import standards_of

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
Key = tuple[Any, ...]
KEY = ("district_code", "evaluation_year", "indicator_id", "period", "dimension", "member")

NOT_COVERED = "not_covered"  # in place of a missing source: none is there yet


def is_covered(value: Row) -> bool:
    """Say whether a value has a source, be it missing tonight."""
    return NOT_COVERED not in (value["missing_sources"] or "")


def count_coverage(figures: Sequence[Row]) -> tuple[int, int]:
    """Count the figures that the report lists and that have a value tonight, and all it lists."""
    due = {row["figure_id"] for row in figures if row["listing"] == "report"}
    lacking = {
        row["figure_id"]
        for row in figures
        if row["text"] == "数据缺失" or row["indicator_id"].startswith(NOT_COVERED)
    }
    return len(due - lacking), len(due)


def describe_coverage(figures: Sequence[Row]) -> str:
    """Say how many of the figures that the report lists have a source, and a value tonight."""
    covered, due = count_coverage(figures)
    return f"已有数 {covered} / 应报 {due}"


def figure_number(figure_id: str, part: int) -> str:
    """Name a figure, or a part of it beyond the first, as every reader knows it: 14.3, 14.3.2."""
    return f"{figure_id}.{part}" if part > 1 else figure_id


def number_figure(figure: Row) -> str:
    """Name the figure of a row."""
    return figure_number(figure["figure_id"], figure["part"])


def is_withheld(figure: Row) -> bool:
    """Say whether a figure must not be written, not even with its name."""
    return "withheld" in (figure["publish"], figure["state"])


def key_of(row: Row) -> Key:
    """Give the key of the value that a row belongs to."""
    return tuple(row[name] for name in KEY)


@dataclass(frozen=True)
class ReleaseTables:
    """What a release publishes; SQL leaves no number in it that must not be shown."""

    folder: Path
    published: Mapping[str, "pa.Table"]  # by name: report_values, standards, mart_meals

    @classmethod
    def load(cls, folder: Path) -> "ReleaseTables":
        """Read the published Parquet of a release; of `internal/` only what is asked for later."""
        import pyarrow.parquet as pq

        paths = [*sorted(folder.glob("*.parquet")), *sorted(folder.glob("marts/*.parquet"))]
        return cls(folder, {path.stem: pq.read_table(path) for path in paths})

    def rows(self, name: str) -> list[Row]:
        """List the rows of a published table."""
        found: list[Row] = self.published[name].to_pylist()
        return found

    def internal_rows(self, name: str) -> list[Row]:
        """Read the rows of a table that no reader is given."""
        return [*rows_of(self.folder / "internal" / f"{name}.parquet")]

    @cached_property
    def figures(self) -> Sequence[Row]:
        """The figures in the order of the report."""
        return sorted(self.rows("report_figures"), key=lambda row: (row["order_no"], row["part"]))

    @cached_property
    def values(self) -> Mapping[Key, Row]:
        """The values by their keys."""
        return {key_of(row): row for row in self.rows("report_values")}

    @cached_property
    def printed(self) -> Sequence[Row]:
        """The figures in the order of the report, each with the columns of its value."""
        return [{**self.values[key_of(figure)], **figure} for figure in self.figures]

    def printed_in(self, district: str) -> list[Row]:
        """List the figures of a district in the order of the report."""
        return [row for row in self.printed if row["district_code"] == district]

    @cached_property
    def indicators(self) -> Mapping[str, Row]:
        """The definitions by their ids, with `components` as a list."""
        return {
            row["indicator_id"]: {**row, "components": json.loads(row["components"] or "[]")}
            for row in self.rows("report_indicators")
        }

    @cached_property
    def needs(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """By indicator: the sources that it needs, each with its distance from the year."""
        found: dict[str, list[tuple[str, int]]] = {}
        for row in self.rows("report_needs"):
            found.setdefault(row["indicator_id"], []).append((row["source"], row["year_offset"]))
        return found

    @cached_property
    def evidence(self) -> Mapping[Key, Sequence[Row]]:
        """The files on which values rest, by the keys of the values."""
        found: dict[Key, list[Row]] = {}
        for row in self.rows("report_evidence"):
            found.setdefault(key_of(row), []).append(row)
        return found

    @cached_property
    def standards(self) -> Sequence[Row]:
        """The standards of all years and regions."""
        return self.rows("standards")

    def standards_of(self, value: Row) -> Sequence[Row]:
        """Find the standards of a value: those of its stage before those of all."""
        return standards_of(self.standards, value) if value["standard_id"] else []

    def parts_of(self, value: Row) -> list[Row]:
        """List the published values that a derived value is made from."""
        found: dict[Key, Row] = {}
        for part in self.indicators[value["indicator_id"]]["components"]:
            period = shifted(value["period"], int(part["year_offset"]))
            head = (value["district_code"], value["evaluation_year"], part["id"], period)
            same = (*head, value["dimension"], value["member"])
            if same in self.values:
                found[same] = self.values[same]
            elif value["member"] == "total":
                found |= {key: row for key, row in self.values.items() if key[:4] == head}
        return list(found.values())
