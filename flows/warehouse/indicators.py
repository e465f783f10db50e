"""The indicators of the report, as the YAML beside marts and facts defines them.

Read from what dbt parsed (`manifest.json`): the definitions are the `meta` of columns and facts,
what they need follows from the lineage. `metadata_rows` gives them as the rows of `landing.*`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import md5
from typing import Any

from flows.common.errors import ZipingError
from flows.warehouse.outline import OutlineRow

Definition = dict[str, Any]
ROLES = ("numerator", "denominator")
UNITS_OF_PERSONS = ("人", "名", "人次")
FORMULAS = {"of": "share_meeting", "sum": "sum", "distinct": "count_distinct"}
OF_EVERY_COLUMN: Definition = {"multiplier": 1, "members": ["total"], "standard": None, "inputs": []}
OF_EVERY_REGISTER: Definition = OF_EVERY_COLUMN | {
    "dimension": "total", "components": [], "better": "", "decimals": 0, "value_type": "count",
    "publish": "public",
}  # fmt: skip
OF_EVERY_SHARE: Definition = {"multiplier": 100, "unit": "%", "decimals": 2, "value_type": "percent"}
OF_JUDGEMENTS = ("all_met", "count_unmet")  # they only ask whether tests are met
COLUMNS = (
    "title_zh", "title_en", "mart", "mart_column", "value_type", "unit", "decimals", "formula",
    "multiplier", "numerator", "denominator", "components", "dimension", "period_kind",
    "population", "standard_id", "better", "data_class", "owner_office", "publish", "basis",
    "definition_zh", "definition_version",
)  # fmt: skip


def dimensions_of(indicator: Definition) -> dict[str, list[str]]:
    """Give the dimensions by which an indicator is told, with the members of each."""
    return {indicator["dimension"]: indicator["members"], **indicator.get("also_by", {})}


def components_of(indicator: Definition) -> list[dict[str, Any]]:
    """Give the components of an indicator: years before it, and weight."""
    two_years = indicator["formula"] in ("difference", "growth")
    offsets = {0: 1, -1: -1} if two_years else {0: 1}
    return [
        {"id": component, "year_offset": offset, "weight": weight}
        for component in indicator["components"]
        for offset, weight in offsets.items()
    ]


def _of_column(mart: str, column: str, meta: Definition) -> Iterator[Definition]:
    """Give the indicator of a mart's column, and those that are derived from it."""
    base = OF_EVERY_COLUMN | meta | {"mart": mart, "mart_column": column}
    children = base.pop("derived", [])
    yield base | {"components": []}
    inherited = base | OF_EVERY_COLUMN | {"members": base["members"]} | dict.fromkeys(ROLES)
    for child in children:
        derived = inherited | child
        if child["formula"] in OF_JUDGEMENTS:
            parts = derived.pop("of", [])
            derived |= {"dimension": "total", "members": ["total"], "components": parts}
            derived.pop("also_by", None)
        else:
            growth = child["formula"] == "growth"
            derived |= {"components": [base["id"]], "multiplier": 100 if growth else 1}
        yield derived


def _of_register(name: str, fact: Mapping[str, Any]) -> Iterator[Definition]:
    """Give the indicators of a register; counts of persons are compared within a population."""
    for entry in fact["indicators"]:
        formula = next((FORMULAS[word] for word in FORMULAS if entry.get(word)), "count")
        whole = entry.get("of")
        described = OF_EVERY_REGISTER | {"title_en": entry["id"].replace("_", " ").capitalize()}
        described |= fact.get("defaults", {}) | (OF_EVERY_SHARE if whole else {}) | entry
        has_persons = described.get("persons")
        described |= {
            "formula": formula,
            "mart": "mart_registers",
            "mart_column": "value",
            "register": name,
            "cells_of": f"mart_registers: {described['population']}" if has_persons else None,
            "numerator": {"fact": name, "measure": entry["id"]},
        }
        if whole:
            described["denominator"] = {
                "fact": whole.get("fact", name),
                "measure": whole.get("measure", f"{entry['id']}_of"),
            }
        if described["unit"] in UNITS_OF_PERSONS and not has_persons:
            raise ZipingError(
                f"{name}.yml: {entry['id']} counts persons by its unit: say persons: true, or "
                "another unit"
            )
        yield described


class Definitions:
    """All indicators that a parsed project defines, with what they are made of."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        """Read what dbt parsed, as it stands in `manifest.json`."""
        self._nodes: dict[str, dict[str, Any]] = manifest["nodes"]
        self._macros: dict[str, dict[str, Any]] = manifest["macros"]
        self._sources: dict[str, dict[str, Any]] = manifest["sources"]
        self._parents: dict[str, list[str]] = manifest["parent_map"]
        self.models = {
            node["name"]: node for node in self._nodes.values() if node["resource_type"] == "model"
        }
        self._needs: dict[str, dict[str, frozenset[int]]] = {}

    @cached_property
    def indicators(self) -> dict[str, Definition]:
        """Give the indicators by id; raises ZipingError where two have one."""
        found: dict[str, Definition] = {}
        for indicator in self._read_indicators():
            if found.setdefault(indicator["id"], indicator) is not indicator:
                raise ZipingError(f"the indicator {indicator['id']} is defined twice")
        # what is short is counted of all that is judged
        judged = sorted(name for name, indicator in found.items() if indicator["standard"])
        for indicator in found.values():
            if indicator["formula"] == "count_unmet":
                indicator["components"] = judged
        return dict(sorted(found.items()))

    def _read_indicators(self) -> Iterator[Definition]:
        for name, model in self.models.items():
            for column in model["columns"].values():
                if meta := column["meta"].get("indicator"):
                    yield from _of_column(name, column["name"], meta)
            if (fact := model["meta"].get("fact")) and "indicators" in fact:
                yield from _of_register(name, fact)

    def measures_of(self, indicator: Definition) -> Iterator[tuple[str, str, str]]:
        """Give the measures of an indicator: role, fact and measure; also what it is decided by."""
        for role in ROLES:
            if measure := indicator.get(role):
                yield role, measure["fact"], measure["measure"]
        for measure in indicator["inputs"]:
            yield "input", measure["fact"], measure["measure"]

    def fact(self, name: str) -> dict[str, Any]:
        """Give what the YAML says of a fact; raises ZipingError where there is none."""
        fact: dict[str, Any] | None = self.models.get(name, {}).get("meta", {}).get("fact")
        if fact is None:
            raise ZipingError(f"{name} is no fact: its YAML says no source")
        return fact

    def needs_of(self, fact: str, measure: str) -> dict[str, frozenset[int]]:
        """Give the sources that a measure rests on, with the years before its own.

        They are those that the models behind the fact read, but what the measure is `without`.
        """
        described = self.fact(fact)
        column = self.models[fact]["columns"].get(measure, {"meta": {}})
        if "measure" not in column["meta"] and "indicators" not in described:
            raise ZipingError(f"the measure {measure} of {fact} is not described in its YAML")
        without = column["meta"].get("measure", {}).get("without", ())
        found = self._sources_behind(self.models[fact]["unique_id"])
        if unknown := sorted({*without} - found.keys()):
            raise ZipingError(f"{fact}.{measure} is without {unknown[0]}, which nothing reads")
        return {name: years for name, years in sorted(found.items()) if name not in without}

    def _sources_behind(self, node_id: str) -> dict[str, frozenset[int]]:
        """Follow the lineage of a model to the landed tables.

        A model that `reads_years` of a table needs these; one that only asks which units there are
        (`asks_only`) needs no row.
        """
        if node_id not in self._needs:
            found: dict[str, frozenset[int]] = {}
            for parent in self._parents.get(node_id, ()):
                if source := self._sources.get(parent):
                    name = f"{source['source_name']}.{source['name']}"
                    behind = {} if source["source_name"] == "landing" else {name: frozenset({0})}
                else:
                    behind = self._sources_behind(parent)
                for name, years in behind.items():
                    found[name] = found.get(name, frozenset()) | years
            meta = self._nodes[node_id].get("meta", {})
            found |= {name: frozenset(years) for name, years in meta.get("reads_years", {}).items()}
            dropped = meta.get("asks_only", ())
            self._needs[node_id] = {k: years for k, years in found.items() if k not in dropped}
        return self._needs[node_id]

    def is_standing(self, source: str) -> bool:
        """Say whether a source table is one list that serves every period."""
        system, table = source.split(".")
        described = self._sources[f"source.ziping.{system}.{table}"]
        return bool(described["meta"]["period"]["kind"] == "standing")

    def persons_from(self, indicator: Definition, fact: str, measure: str) -> str | None:
        """Say what of a measure counts persons: its rows, or their sum; nothing if none are."""
        if "register" in indicator:
            return "sum" if indicator["cells_of"] else None
        shown = self.models[indicator["mart"]]["columns"].get(measure, {"meta": {}})
        if "persons_unit" not in shown["meta"]:
            return None
        cells = self.models[fact]["columns"][measure]["meta"]["measure"]["cells"]
        return "sum" if cells or self.evidence_of(fact) != "rows" else "rows"

    def evidence_of(self, fact: str) -> str:
        """Say what of a fact stands for landed cells: its rows, else its files, or none of it."""
        return str(self.fact(fact).get("evidence", "rows"))

    def version_of(self, indicator: Definition) -> str:
        """Hash a definition: its meta, and the SQL of its mart and of all that the mart rests on.

        The seed of standards is not among it: a changed standard shows by itself.
        """
        texts = [json.dumps(indicator, sort_keys=True)]
        names = [indicator["mart"]]
        if "register" in indicator:
            names = [indicator["register"], (indicator.get("denominator") or {}).get("fact")]
        waiting = [self.models[name]["unique_id"] for name in names if name]
        seen = set()
        while waiting:
            node_id = waiting.pop()
            node = self._nodes.get(node_id)
            if node and node_id not in seen and node["name"] != "standards":
                seen.add(node_id)
                texts.append(node_id + (node["raw_code"] or node["checksum"]["checksum"]))
                texts.extend(self._macro_texts(node))
                waiting.extend(self._parents.get(node_id, ()))
        return md5("\n".join(sorted(texts, key=str.lower)).encode()).hexdigest()[:12]

    def _macro_texts(self, node: Mapping[str, Any]) -> list[str]:
        """Give the texts of a node's macros and of those that they call."""
        texts: dict[str, str] = {}
        waiting = list(node["depends_on"]["macros"])
        while waiting:
            macro_id = waiting.pop()
            if macro_id.startswith("macro.ziping.") and macro_id not in texts:
                texts[macro_id] = self._macros[macro_id]["macro_sql"]
                waiting.extend(self._macros[macro_id]["depends_on"]["macros"])
        return list(texts.values())


def _written(indicator: Definition, version: str) -> tuple[Any, ...]:
    """Write an indicator as its row; an empty text is none."""
    measures = {
        role: f"{measure['fact']}.{measure['measure']}"
        for role in ROLES
        if (measure := indicator.get(role))
    }
    row = indicator | dict.fromkeys(ROLES) | measures
    row |= {
        "multiplier": str(indicator["multiplier"]),
        "components": json.dumps(components_of(indicator), sort_keys=True),
        "dimension": ", ".join(dimensions_of(indicator)),
        "standard_id": indicator["standard"] or indicator.get("shows_standard"),
        "definition_version": version,
    }
    return (indicator["id"], *(None if row.get(key) == "" else row.get(key) for key in COLUMNS))


def _uncovered(outlines: Sequence[OutlineRow]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Describe the figures of all outlines that have no source yet: one indicator each."""
    rows: dict[str, list[OutlineRow]] = {}
    for row in outlines:
        if row.is_uncovered:
            rows.setdefault(row.indicator, []).append(row)
    said = "尚未接入数据来源"
    for name, own in rows.items():
        described = dict.fromkeys(COLUMNS) | {
            "title_zh": max(row.title_zh for row in own),
            "value_type": "text",
            "unit": max((row.suffix for row in own), default="") or None,
            "decimals": 0,
            "formula": "not_covered",
            "multiplier": "1",
            "components": "[]",
            "dimension": "total",
            "period_kind": "calendar_year",
            "owner_office": max(row.owner_office for row in own),
            "publish": "public",
            "basis": said,
            "definition_zh": said,
            "definition_version": "not_covered",
        }
        yield name, (name, *(described[column] for column in COLUMNS))


def _components(definitions: Definitions) -> Iterator[tuple[Any, ...]]:
    """Give all that each indicator rests on, with the years between, itself among them."""

    def below(name: str) -> Iterator[tuple[str, int]]:
        for part in components_of(definitions.indicators[name]):
            yield part["id"], part["year_offset"]
            for deeper, offset in below(part["id"]):
                yield deeper, part["year_offset"] + offset

    for name, indicator in definitions.indicators.items():
        direct = {(part["id"], part["year_offset"]) for part in components_of(indicator)}
        if unknown := sorted({part for part, _ in direct} - definitions.indicators.keys()):
            raise ZipingError(f"the indicator {name} rests on {unknown[0]}, which is none")
        for part, offset in sorted({(name, 0), *below(name)}):
            yield name, part, offset, (part, offset) in direct


def _measures(definitions: Definitions) -> Iterator[tuple[Any, ...]]:
    paid = {
        indicator["paid_to"]: name
        for name, indicator in definitions.indicators.items()
        if indicator.get("paid_to")
    }
    for name, indicator in definitions.indicators.items():
        for role, fact, measure in definitions.measures_of(indicator):
            told_by = {*dimensions_of(indicator)} - {"total"} if role in ROLES else set()
            if unknown := sorted(told_by - {*definitions.fact(fact).get("dimensions", ())}):
                raise ZipingError(f"{fact}.yml: {name} is told by {unknown[0]}, no dimension of it")
            persons = definitions.persons_from(indicator, fact, measure)
            source = definitions.fact(fact)["source"]
            mart = indicator.get("cells_of") or indicator["mart"]
            yield name, role, mart, fact, measure, source, persons, paid.get(measure)


def _needs(definitions: Definitions) -> Iterator[tuple[Any, ...]]:
    for name, indicator in definitions.indicators.items():
        for role, fact, measure in definitions.measures_of(indicator):
            if role in ROLES:
                own, evidence = definitions.fact(fact)["source"], definitions.evidence_of(fact)
                for source, years in definitions.needs_of(fact, measure).items():
                    has_its_rows = source == own and evidence == "rows"
                    standing = definitions.is_standing(source)
                    for year in sorted(years):
                        yield name, role, fact, source, standing, has_its_rows, year


def _members(definitions: Definitions) -> Iterator[tuple[Any, ...]]:
    for name, indicator in definitions.indicators.items():
        mart = indicator.get("cells_of") or indicator["mart"]
        measures = [(indicator.get(role) or {}).get("measure") for role in ROLES]
        kinds = (indicator["formula"], indicator["period_kind"])
        for dimension, members in dimensions_of(indicator).items():
            for member in members:
                yield name, *kinds, dimension, member, mart, *measures


def metadata_rows(
    definitions: Definitions, outlines: Sequence[OutlineRow]
) -> dict[str, list[tuple[Any, ...]]]:
    """Give the rows of `landing.indicators`, `members`, `components`, `measures` and `needs`."""
    uncovered = dict(_uncovered(outlines))
    of_figures = {
        (row.indicator, "not_covered", "calendar_year", row.dimension, row.member, None, None, None)
        for row in outlines
        if row.is_uncovered
    }
    return {
        "indicators": [
            *(
                _written(indicator, definitions.version_of(indicator))
                for indicator in definitions.indicators.values()
            ),
            *uncovered.values(),
        ],
        "members": [*_members(definitions), *sorted(of_figures)],
        "components": [*_components(definitions), *((name, name, 0, False) for name in uncovered)],
        "measures": list(_measures(definitions)),
        "needs": list(_needs(definitions)),
    }
