"""Tracing a figure: its definition, its parts, its files and rows, and a second computation."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import Workspace
from flows.contracts.periods import shifted, year_of
from flows.extract.raw_store import Store
from flows.lineage.formulas import (
    ROW_FORMULAS,
    VALUE_FORMULAS,
    all_met,
    coefficient_of_variation,
    count_unmet,
)
from flows.lineage.raw_cells import LIBRARY, RawBytesGone, RawRows
from flows.lineage.recompute import Recomputation
from flows.releases.release import Release
from flows.releases.tables import Key, ReleaseTables, Row, key_of, number_figure

SHOWN_STATES = ("actual", "provisional", "partial")


@dataclass
class TraceNode:
    """One value with what it rests on, and whether a second computation agrees."""

    value: Row
    indicator: Row
    evidence: Sequence[Row]
    parts: list["TraceNode"] = field(default_factory=list)
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
        self.tables = ReleaseTables.load(release.folder)
        self.raw = RawRows(release, self.tables, Store(workspace.landed))
        self._recomputations: dict[tuple[str, str, int, str, str], Recomputation] = {}

    def printed_as(self, name: str) -> list[Row]:
        """Find a figure with all its parts (14.3), or one part of it (14.3.2)."""
        return [
            row
            for row in self.tables.figures
            if name in (row["figure_id"], number_figure(row), f"{row['figure_id']}.{row['part']}")
        ]

    def keys_of(self, name: str) -> list[Key]:
        """Find the values of a figure, of one part of it, or of an indicator."""
        if figures := self.printed_as(name):
            return [key_of(row) for row in figures]
        found = [key for key in self.tables.values if key[2] == name]
        if not found:
            known = ", ".join(dict.fromkeys(row["figure_id"] for row in self.tables.figures))
            raise WrongUse(f"no figure and no indicator {name}; figures: {known}")
        return sorted(found)

    def trace(self, key: Key) -> TraceNode:
        """Trace one value and compute it again."""
        value = self.tables.values[key]
        indicator = self.tables.indicators[key[2]]
        node = TraceNode(value, indicator, self.tables.evidence.get(key, []))
        if value["state"] not in SHOWN_STATES:
            return node
        components = indicator["components"]
        if indicator["formula"] == "standard":
            self._trace_standard(node)
        elif components:
            self._trace_parts(node, key, components)
        else:
            self._trace_rows(node, key)
        return node

    def _trace_parts(self, node: TraceNode, key: Key, components: list[Row]) -> None:
        for part in components:
            for part_key in self._part_keys(key, part):
                node.parts.append(self.trace(part_key))
        formula = str(node.indicator["formula"])
        if formula == "all_met":
            again = all_met(part.value["judgement"] for part in node.parts)
            if node.value["state"] == "partial":
                again = "无法判定"
            node.recomputed["value"] = again
            if again != node.value["value_text"]:
                node.differences.append("the judgements of its parts give another word")
            return
        if formula == "count_unmet":
            unmet = count_unmet(part.value["judgement"] for part in node.parts)
            self._compare(node, "value", unmet)
            return
        later, earlier = (part.recomputed.get("value") for part in node.parts)
        if isinstance(later, Decimal) and isinstance(earlier, Decimal):
            self._compare(node, "value", VALUE_FORMULAS[formula](later, earlier))

    def _part_keys(self, key: Key, part: Row) -> Iterator[Key]:
        formula = self.tables.indicators[key[2]]["formula"]
        period = shifted(str(key[3]), int(part["year_offset"]))
        for candidate in sorted(self.tables.values):
            if candidate[:2] != key[:2] or candidate[2] != part["id"]:
                continue
            if formula == "count_unmet":  # of periods of all kinds that lie in the year
                is_part = year_of(str(candidate[3])) == year_of(period)
            else:
                is_part = candidate[3] == period and (
                    formula == "all_met" or candidate[5] == key[5]
                )
            if is_part:
                yield candidate

    def _trace_standard(self, node: TraceNode) -> None:
        found = self.standard_of(node.value)
        node.recomputed["value"] = value = Decimal(found[0]["value"]) if found else None
        if value != node.value["value"]:
            node.differences.append("the row of the standards has another value")

    def _trace_rows(self, node: TraceNode, key: Key) -> None:
        indicator = node.indicator
        for role in ("numerator", "denominator"):
            if name := indicator[role]:
                fact, measure = name.split(".")
                wanted = fact, measure, year_of(str(key[3])), str(key[4]), str(key[5])
                if wanted not in self._recomputations:
                    self._recomputations[wanted] = Recomputation(self.raw, *wanted)
                node.roles[role] = self._recomputations[wanted]
        try:
            for role, recomputation in node.roles.items():
                self._compare(node, role, recomputation.total)
                node.differences += recomputation.differences[:20]
        except RawBytesGone as error:
            node.gone.append(str(error))
            return
        numerator, denominator = (
            value if isinstance(value := node.recomputed.get(role), Decimal) else Decimal(1)
            for role in ("numerator", "denominator")
        )
        if indicator["formula"] == "coefficient_of_variation":
            has, pupils = (node.roles[role].by_school() for role in ("numerator", "denominator"))
            again = coefficient_of_variation((has[school], pupils[school]) for school in pupils)
            self._compare(node, "value", again)
            return
        formula = ROW_FORMULAS[str(indicator["formula"])]
        self._compare(node, "value", formula(numerator, denominator, int(indicator["multiplier"])))

    def _compare(self, node: TraceNode, role: str, again: Decimal | None) -> None:
        node.recomputed[role] = again
        if again != node.value[role]:
            node.differences.append(f"the {role} computed again differs from the published one")

    def standard_of(self, value: Row) -> Sequence[Row]:
        """Find the rows of the standard that stood on the days by which a value is judged."""
        return self.tables.standards_of(value)

    def waived_in(self, files: Container[str]) -> list[Row]:
        """List the known cases that were let through in files, by their sha256."""
        entries = self.release.manifest.get("waived", ())
        return [entry for entry in entries if entry["file_id"] in files]

    def not_applicable_rows(self) -> list[dict[str, Any]]:
        """List the sources that show what a district does not run: its school library."""
        return [
            delivery
            for delivery in self.release.manifest["deliveries"]
            if delivery["source"] == LIBRARY
        ]
