"""Tracing a figure: its definition, its parts, its files and rows, and a second computation."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import Workspace
from flows.contracts.periods import shifted, year_of
from flows.extract.raw_store import Store
from flows.lineage.formulas import OF_ROWS, OF_VALUES, all_met
from flows.lineage.raw_cells import RawBytesGone, RawRows
from flows.lineage.recompute import Recomputation
from flows.releases.release import Release, rows_of
from flows.releases.standards import standards_of

Key = tuple[Any, ...]
KEY = ("district_code", "evaluation_year", "indicator_id", "period", "dimension", "member")
SHOWN_STATES = ("actual", "provisional", "partial")


@dataclass
class Traced:
    """One value with what it rests on, and whether a second computation agrees."""

    value: Mapping[str, Any]
    indicator: Mapping[str, Any]
    evidence: Sequence[Mapping[str, Any]]
    parts: list["Traced"] = field(default_factory=list)
    roles: dict[str, Recomputation] = field(default_factory=dict)
    recomputed: dict[str, Decimal | str | None] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether everything that could be computed again is what was published."""
        return not self.differences and not self.gone and all(part.agrees for part in self.parts)


class Tracer:
    """Traces the values of one release."""

    def __init__(self, workspace: Workspace, release: Release) -> None:
        """Read the published tables of a release, which must be what was published."""
        if problems := release.find_problems():
            raise ZipingError(f"the release is not what was published: {'; '.join(problems[:3])}")
        self.release = release
        self.raw = RawRows(release, Store(workspace.landed))
        folder = release.folder
        self.figures = rows_of(folder / "report_figures.parquet")
        self.values = {
            tuple(row[name] for name in KEY): row
            for row in rows_of(folder / "report_values.parquet")
        }
        self.indicators = {
            row["indicator_id"]: row for row in rows_of(folder / "report_indicators.parquet")
        }
        self.evidence = rows_of(folder / "report_evidence.parquet")
        self._recomputations: dict[tuple[str, str, int, str, str], Recomputation] = {}

    def printed_as(self, name: str) -> list[Mapping[str, Any]]:
        """Find a figure with all its parts (14.3), or one part of it (14.3.2)."""
        return [
            row
            for row in self.figures
            if name in (row["figure_id"], f"{row['figure_id']}.{row['part']}")
        ]

    def keys_of(self, name: str) -> list[Key]:
        """Find the values of a figure, of one part of it, or of an indicator."""
        if figures := self.printed_as(name):
            return [tuple(row[column] for column in KEY) for row in figures]
        found = [key for key in self.values if key[2] == name]
        if not found:
            known = ", ".join(dict.fromkeys(row["figure_id"] for row in self.figures))
            raise WrongUse(f"no figure and no indicator {name}; figures: {known}")
        return sorted(found)

    def trace(self, key: Key) -> Traced:
        """Trace one value and compute it again."""
        value = self.values[key]
        indicator = self.indicators[key[2]]
        evidence = [row for row in self.evidence if tuple(row[name] for name in KEY) == key]
        traced = Traced(value, indicator, evidence)
        if value["state"] not in SHOWN_STATES:
            return traced
        components = json.loads(indicator["components"])
        if indicator["formula"] == "standard":
            self._trace_standard(traced)
        elif components:
            self._trace_parts(traced, key, components)
        else:
            self._trace_rows(traced, key)
        return traced

    def _trace_parts(self, traced: Traced, key: Key, components: list[Mapping[str, Any]]) -> None:
        for part in components:
            for part_key in self._part_keys(key, part):
                traced.parts.append(self.trace(part_key))
        formula = str(traced.indicator["formula"])
        if formula == "all_met":
            again = all_met(part.value["judgement"] for part in traced.parts)
            if traced.value["state"] == "partial":
                again = "无法判定"
            traced.recomputed["value"] = again
            if again != traced.value["value_text"]:
                traced.differences.append("the judgements of its parts give another word")
            return
        later, earlier = (part.recomputed.get("value") for part in traced.parts)
        if isinstance(later, Decimal) and isinstance(earlier, Decimal):
            self._compare(traced, "value", OF_VALUES[formula](later, earlier))

    def _part_keys(self, key: Key, part: Mapping[str, Any]) -> Iterator[Key]:
        period = shifted(str(key[3]), int(part["year_offset"]))
        for candidate in sorted(self.values):
            same = candidate[:2] == key[:2] and candidate[2:4] == (part["id"], period)
            if same and (self.indicators[key[2]]["formula"] == "all_met" or candidate[5] == key[5]):
                yield candidate

    def _trace_standard(self, traced: Traced) -> None:
        found = self.standard_of(traced.value)
        traced.recomputed["value"] = value = Decimal(found[0]["value"]) if found else None
        if value != traced.value["value"]:
            traced.differences.append("the row of the standards has another value")

    def _trace_rows(self, traced: Traced, key: Key) -> None:
        indicator = traced.indicator
        for role in ("numerator", "denominator"):
            if name := indicator[role]:
                fact, measure = name.split(".")
                wanted = fact, measure, year_of(str(key[3])), str(key[4]), str(key[5])
                if wanted not in self._recomputations:
                    self._recomputations[wanted] = Recomputation(self.raw, *wanted)
                traced.roles[role] = self._recomputations[wanted]
        try:
            for role, recomputation in traced.roles.items():
                self._compare(traced, role, recomputation.total)
                traced.differences += recomputation.differences[:20]
        except RawBytesGone as error:
            traced.gone.append(str(error))
            return
        numerator, denominator = (
            value if isinstance(value := traced.recomputed.get(role), Decimal) else Decimal(1)
            for role in ("numerator", "denominator")
        )
        formula = OF_ROWS[str(indicator["formula"])]
        self._compare(
            traced, "value", formula(numerator, denominator, int(indicator["multiplier"]))
        )

    def _compare(self, traced: Traced, role: str, again: Decimal | None) -> None:
        traced.recomputed[role] = again
        if again != traced.value[role]:
            traced.differences.append(f"the {role} computed again differs from the published one")

    def standard_of(self, value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Find the rows of the standard that stood on the days by which a value is judged."""
        return standards_of(self.raw.standards, value)

    def waived_in(self, files: Container[str]) -> list[Mapping[str, Any]]:
        """List the known cases that were let through in files, by their sha256."""
        entries = self.release.manifest.get("waived", ())
        return [entry for entry in entries if entry["file_id"] in files]

    def not_applicable_rows(self) -> list[dict[str, Any]]:
        """List the sources that show what a district does not run: its school library."""
        return [
            one for one in self.release.manifest["deliveries"] if one["source"] == "schools.schools"
        ]
