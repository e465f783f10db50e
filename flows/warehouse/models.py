"""What the YAML beside the models says of marts, facts and report tables, read without dbt."""

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from flows.common.settings import CHECKOUT
from functools import lru_cache
from pathlib import Path
from typing import Any
import yaml

MODELS = CHECKOUT / "dbt_project" / "models"
# keys of every register
OF_REGISTERS = ["left_out", "school_type_group", "school_is_public", "school_is_rural"]
PUBLISHED = (
    "report_values", "report_figures", "report_indicators", "report_needs", "report_evidence",
    "report_tasks", "report_narratives",
)  # fmt: skip


@dataclass(frozen=True)
class Model:
    """One described model: its columns with their descriptions and meta, in order."""

    name: str
    description: str
    meta: Mapping[str, Any]
    key: tuple[str, ...]
    columns: Mapping[str, Mapping[str, Any]]

    def title(self, column: str) -> str:
        """Give a column's Chinese title, else its description."""
        entry = self.columns[column]
        meta = entry.get("config", {}).get("meta", {})
        found = meta.get("title_zh") or meta.get("indicator", {}).get("title_zh")
        return str(found or entry.get("description", ""))

    def column_meta(self, name: str) -> Mapping[str, Any]:
        """Give a column's meta."""
        meta: Mapping[str, Any] = self.columns[name].get("config", {}).get("meta", {})
        return meta


def _models_in(folder: Path, prefix: str, kind: str = "models") -> Iterator[Model]:
    for path in sorted(folder.glob(f"{prefix}*.yml")):
        for entry in yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)[kind]:
            meta = entry.get("config", {}).get("meta", {})
            types = entry.get("config", {}).get("column_types", {})  # a seed's
            keys = (
                constraint
                for constraint in entry.get("constraints", ())
                if constraint["type"] == "primary_key"
            )
            yield Model(
                entry["name"],
                entry.get("description", ""),
                meta,
                tuple(next((key["columns"] for key in keys), meta.get("key", ()))),
                {
                    column["name"]: {"data_type": types.get(column["name"]), **column}
                    for column in entry.get("columns", ())
                },
            )


@lru_cache(maxsize=1)
def marts() -> tuple[Model, ...]:
    """List the marts, those of district grain and those of school grain."""
    return tuple(_models_in(MODELS / "marts", "mart_"))


@lru_cache(maxsize=1)
def report_tables() -> tuple[Model, ...]:
    """List the published tables."""
    found = {model.name: model for model in _models_in(MODELS / "report", "report_")}
    return tuple(found[name] for name in PUBLISHED)


def standards() -> Model:
    """Describe the seed of the standards, which is published as it is."""
    seeds = _models_in(MODELS.parent / "seeds", "_seeds", "seeds")
    return next(seed for seed in seeds if seed.name == "standards")


def _register_measures(fact: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Describe the measures of a register: one per indicator, and the whole of a share."""
    described = {}
    for entry in fact.get("indicators", ()):
        indicator = fact.get("defaults", {}) | entry
        measures = {entry["id"]: entry}
        if "of" in entry and "fact" not in entry["of"]:
            measures[f"{entry['id']}_of"] = entry["of"]
        for name, measure in measures.items():
            described[name] = {
                "title": indicator["title_zh"],
                "unit": "" if "of" in entry else indicator["unit"],
                "cells": [measure["sum"]] if "sum" in measure else [],
                "trace": None,
                "where": measure.get("where", {}),
                "distinct": measure.get("distinct"),
                "is_of_persons": indicator.get("persons", False),
            }
    return described


@lru_cache(maxsize=1)
def facts() -> dict[str, dict[str, Any]]:
    """Describe the facts as a release's manifest keeps them for the trace.

    Per fact its source, its further keys, and per measure the landed cells that it is the sum of,
    or how it is traced where it is no such sum.
    """
    described = {}
    for model in _models_in(MODELS / "intermediate", "int_"):
        if fact := model.meta.get("fact"):
            described[model.name] = {
                "source": fact["source"],
                "keys": [*OF_REGISTERS, *fact.get("own_columns", ())]
                if "indicators" in fact
                else fact.get("keys", []),
                "measures": _register_measures(fact)
                | {
                    name: {
                        "title": model.title(name),
                        "unit": model.column_meta(name).get("unit", ""),
                        "cells": model.column_meta(name)["measure"]["cells"],
                        "less": model.column_meta(name)["measure"].get("less", []),
                        "trace": model.column_meta(name)["measure"].get("trace"),
                    }
                    for name in model.columns
                    if "measure" in model.column_meta(name)
                },
            }
    return described
