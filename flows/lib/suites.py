"""Expectation suites: what must be true of a table, and its rules run by Great Expectations."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.lib.expecting import Answer, frame_of, joined, not_answered, run
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

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 100_000
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
# What these say of a row they say of it alone; every other rule looks at the whole table at once.
NULL_RULES = ("expect_column_values_to_not_be_null", "expect_column_values_to_be_null")
ROW_LOCAL = (
    *ASKS_BY, *NULL_RULES, "expect_column_value_lengths_to_equal",
    "expect_column_pair_values_to_be_equal", "expect_column_pair_values_a_to_be_greater_than_b",
)  # fmt: skip
COLUMN_KWARGS = ("column", "column_A", "column_B")


@dataclass(frozen=True)
class Rule:
    """One expectation: with an effect it judges rows and sets them aside, without one the table."""

    type: str
    kwargs: Mapping[str, Any] = field(hash=False)
    severity: str
    effect: str | None
    notes: Notes

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
        return self.effect is not None


@dataclass(frozen=True)
class Suite:
    """What must be true of one table."""

    name: str
    aggregates: Mapping[str, str] = field(hash=False)
    rules: tuple[Rule, ...]
    reading: Mapping[str, ReadingRule] = field(hash=False)


@dataclass(frozen=True)
class RuleResult:
    """What became of a rule; it carries positions and names of exceptions, never a value."""

    rule: Rule
    success: bool
    raised: bool
    failed_positions: tuple[int, ...] = ()
    error: str = ""


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
        rules=tuple(_rule(f"{path}: rule {n}", entry) for n, entry in enumerate(rules, start=1)),
        reading=reading_rules(str(path), raw.get("reading") or {}, for_all),
    )


def _rule(where: str, raw: Any) -> Rule:
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
    return rule


def judge_rows(suite: Suite, table: "pa.Table") -> list[RuleResult]:
    """Run the row rules; failed positions are row numbers of the table, from 0."""
    rules = [rule for rule in suite.rules if rule.is_row_rule]
    local = [rule for rule in rules if rule.type in ROW_LOCAL]
    whole = [rule for rule in rules if rule.type not in ROW_LOCAL]
    parts = [
        run(_asked(local), frame_of(table.slice(start, CHUNK_ROWS), _words(local), start))
        for start in range(0, max(table.num_rows, 1), CHUNK_ROWS)
    ]
    answers = [joined(answers) for answers in zip(*parts, strict=True)]
    answers += run(_asked(whole), frame_of(table, _words(whole)))
    by_rule = {id(rule): answer for rule, answer in zip(local + whole, answers, strict=True)}
    return [_of_rows(rule, by_rule[id(rule)]) for rule in rules]


def judge_table(suite: Suite, aggregates: Mapping[str, Any]) -> list[RuleResult]:
    """Run the table rules over the aggregates; a null one fails, for nothing was measured."""
    import pandas as pd

    rules = [rule for rule in suite.rules if not rule.is_row_rule]
    row = {name: pd.Series([value], dtype=object) for name, value in aggregates.items()}
    nulls = {name for name, value in aggregates.items() if pd.isna(value)}
    results = []
    for rule, answer in zip(rules, run(_asked(rules), pd.DataFrame(row)), strict=True):
        if rule.type not in NULL_RULES and nulls.intersection(rule.columns):
            answer = not_answered("NothingMeasured")
        results.append(RuleResult(rule, answer.success, answer.raised, (), answer.error))
    return results


def _asked(rules: Iterable[Rule]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(rule.type, rule.kwargs) for rule in rules]


def _words(rules: Iterable[Rule]) -> set[str]:
    """Find the columns that rules name, also those in their conditions."""
    texts = [str(rule.kwargs.get("row_condition", "")) for rule in rules]
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    return words.union(*(rule.columns for rule in rules))


def _of_rows(rule: Rule, answer: Answer) -> RuleResult:
    """Let a row rule that cannot say which rows fail count as raised."""
    if not answer.raised and (answer.positions is None or answer.success == bool(answer.positions)):
        answer = not_answered("NoPositions")
    return RuleResult(rule, answer.success, answer.raised, answer.positions or (), answer.error)


def aggregates_of(suite: Suite, table: "pa.Table") -> dict[str, Any]:
    """Compute a suite's aggregates over a table, for its table rules."""
    import duckdb

    if not suite.aggregates:
        return {}
    columns = ", ".join(f"{sql} as {name}" for name, sql in suite.aggregates.items())
    with duckdb.connect() as connection:
        connection.register("landed", table)
        cursor = connection.execute(f"select {columns} from landed")
        names = [description[0] for description in cursor.description or ()]
        return dict(zip(names, cursor.fetchone() or (), strict=True))
