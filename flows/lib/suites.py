"""Expectation suites: what must be true of a table, as it stands in YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flows.lib.suite_words import (
    Notes,
    ReadingRule,
    SuiteError,
    common_words,
    load_readings,
    mapping,
    read_suite_file,
    reading_rules,
)

# These would hide failing rows, or are stated beside the kwargs and nowhere else.
FORBIDDEN_KWARGS = (
    "mostly", "result_format", "catch_exceptions", "meta", "severity", "notes", "id",
)  # fmt: skip
# Great Expectations has harmless defaults for these: a rule that leaves them out asks nothing.
ASKS_BY = {
    "expect_column_values_to_be_in_set": ("value_set",),
    "expect_column_values_to_not_be_in_set": ("value_set",),
    "expect_column_values_to_match_regex": ("regex",),
    "expect_column_values_to_not_match_regex": ("regex",),
    "expect_column_values_to_be_between": ("min_value", "max_value"),
    "expect_column_value_lengths_to_be_between": ("min_value", "max_value"),
}
COLUMN_KWARGS = ("column", "column_A", "column_B")


@dataclass(frozen=True)
class Rule:
    """One expectation: with an effect it sets rows aside, or keeps them and doubts the table."""

    type: str
    kwargs: Mapping[str, Any] = field(hash=False)
    severity: str
    effect: str | None
    notes: Notes
    keeps_rows: bool = False  # it is about aggregates, or about the file as it was read

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule names."""
        single = [self.kwargs[key] for key in COLUMN_KWARGS if key in self.kwargs]
        return tuple(map(str, [*single, *self.kwargs.get("column_list", ())]))

    @property
    def column(self) -> str | None:
        """The column, or the columns of a rule on several, as they are shown."""
        return ", ".join(self.columns) or None

    @property
    def is_row_rule(self) -> bool:
        """Whether the rule sets rows aside."""
        return self.effect is not None and not self.keeps_rows

    @property
    def makes_doubt(self) -> bool:
        """Whether figures are doubtful where it fails, though no row is taken out of them."""
        return self.effect == "provisional" and self.keeps_rows


@dataclass(frozen=True)
class Suite:
    """What must be true of one table."""

    name: str
    aggregates: Mapping[str, str] = field(hash=False)
    rules: tuple[Rule, ...]
    reading: Mapping[str, ReadingRule] = field(hash=False)


def load_suite(path: Path, readings: Path | None = None) -> Suite:
    """Read a suite, and what stands in `readings` for every table that is read from a file.

    Raises SuiteError where it is missing, empty or unclear.
    """
    raw = read_suite_file(path)
    raw = mapping(raw, f"{path}: the suite", ("name", "rules"), ("aggregates", "reading"))
    name, rules = raw["name"], raw["rules"]
    if not isinstance(rules, list) or not rules:
        raise SuiteError(f"{path}: the suite has no rules")
    aggregates = raw.get("aggregates") or {}
    if not isinstance(aggregates, dict) or not all(isinstance(v, str) for v in aggregates.values()):
        raise SuiteError(f"{path}: aggregates must give one SQL expression a name")
    for_all = load_readings(readings) if readings else {}
    return Suite(
        name=str(name),
        aggregates=aggregates,
        rules=tuple(
            _rule(f"{path}: rule {n}", entry, aggregates) for n, entry in enumerate(rules, start=1)
        ),
        reading=reading_rules(str(path), raw.get("reading") or {}, for_all),
    )


def _rule(where: str, raw: Any, aggregates: Mapping[str, str]) -> Rule:
    kind = raw.get("type") if isinstance(raw, dict) else None
    where = f"{where} ({kind})" if kind else where
    raw = mapping(raw, where, ("type", "kwargs", "severity", "notes"), ("effect",))
    kwargs = mapping(raw["kwargs"], f"{where} kwargs", (), raw["kwargs"])
    if forbidden := sorted(set(FORBIDDEN_KWARGS) & set(kwargs)):
        raise SuiteError(f"{where} must not use {forbidden[0]} among its kwargs")
    rule = Rule(str(raw["type"]), kwargs, *common_words(where, raw))
    if not rule.columns:
        raise SuiteError(f"{where} names no column; what is counted of a table is an aggregate")
    asks_by = ASKS_BY.get(rule.type, ())
    if asks_by and all(kwargs.get(key) is None for key in asks_by):
        raise SuiteError(f"{where} asks nothing: it states no {' or '.join(asks_by)}")
    return replace(rule, keeps_rows=aggregates.keys() >= set(rule.columns))
