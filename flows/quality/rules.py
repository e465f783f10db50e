"""Running a suite's rules: Great Expectations gives each verdict, on no more rows than it needs."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.common.parquet import (
    ask,
    ask_small,
    chunks,
    column_names,
    count_rows,
    first_rows,
    is_one_chunk,
    joined_chunks,
    quoted,
)
from flows.quality.gx_runner import (
    UNANSWERED,
    ExpectationResult,
    join_results,
    make_frame,
    run_expectations,
)
from flows.quality.suite import ASKS_BY, Rule, Suite, SuiteError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# What these say of a row they say of it alone; every other rule looks at the whole table at once.
NULL_RULES = ("expect_column_values_to_not_be_null", "expect_column_values_to_be_null")
ROW_LOCAL = (
    *ASKS_BY,
    *NULL_RULES,
    "expect_column_value_lengths_to_equal",
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_a_to_be_greater_than_b",
)
UNIQUENESS = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")


@dataclass(frozen=True)
class RuleResult:
    """What became of a rule; it carries positions, never a value."""

    rule: Rule
    success: bool
    raised: bool
    failed_positions: tuple[int, ...] = ()


def run_row_rules(suite: Suite, path: Path) -> list[RuleResult]:
    """Run the row rules over a Parquet file; failed positions are its row numbers, from 0."""
    rules = [rule for rule in suite.rules if rule.is_row_rule]
    if is_one_chunk(path):
        local, whole = rules, []
    else:
        local = [rule for rule in rules if rule.type in ROW_LOCAL]
        whole = [rule for rule in rules if rule.type not in ROW_LOCAL]
    unique = [rule for rule in whole if rule.type in UNIQUENESS]
    others = [rule for rule in whole if rule.type not in UNIQUENESS]
    answers = _in_chunks(local, path)
    answers += run_expectations(unique, _with_twins(unique, path)) if unique else []
    answers += run_expectations(others, _whole(others, path)) if others else []
    order = [id(rule) for rule in (*local, *unique, *others)]
    by_rule = dict(zip(order, answers, strict=True))
    return [_check_positions(rule, by_rule[id(rule)]) for rule in rules]


def run_row_rules_on_files(suite: Suite, paths: Sequence[Path]) -> list[list[RuleResult]]:
    """Run the row rules over files as over each alone; small ones cost hardly more than one.

    Files of which each row is judged alone, and that have no twins, are judged as one.
    """
    rules = [rule for rule in suite.rules if rule.is_row_rule]
    local = [rule for rule in rules if rule.type in ROW_LOCAL]
    unique = [rule for rule in rules if rule.type in UNIQUENESS]
    is_each_alone = len(local) + len(unique) == len(rules)
    small = [path for path in paths if is_each_alone and is_one_chunk(path)]
    together = _without_twins(unique, small)
    if len(together) < 2:
        return [run_row_rules(suite, path) for path in paths]
    answers = _in_chunks(local, *together)
    answers += run_expectations(unique, _no_rows(unique, together[0]))
    if any(answer.raised or answer.positions is None for answer in answers):
        return [run_row_rules(suite, path) for path in paths]  # it may be the fault of one
    by_rule = {id(rule): answer for rule, answer in zip(local + unique, answers, strict=True)}
    found, start = {}, 0
    for path in together:
        end = start + count_rows(path)
        shares = [_slice_result(by_rule[id(rule)], start, end) for rule in rules]
        found[path] = [
            _check_positions(rule, share) for rule, share in zip(rules, shares, strict=True)
        ]
        start = end
    return [found[path] if path in found else run_row_rules(suite, path) for path in paths]


def _slice_result(answer: ExpectationResult, start: int, end: int) -> ExpectationResult:
    """Give of an answer about many files what it says of the one from `start` to `end`."""
    places = answer.positions or ()
    own = places[bisect_left(places, start) : bisect_left(places, end)]
    return ExpectationResult(not own, positions=tuple(place - start for place in own))


def _in_chunks(rules: Sequence[Rule], *paths: Path) -> list[ExpectationResult]:
    """Ask rules that look at one row alone, some rows at a time; positions count over all files."""
    if not rules:
        return []
    names = _name_columns(rules)
    parts: list[list[ExpectationResult]] = []
    start = 0
    for table in joined_chunks(paths, names):
        parts.append(run_expectations(rules, make_frame(table, names, start)))
        start += table.num_rows
    return [join_results(answers) for answers in zip(*parts, strict=True)]


def _no_rows(rules: Sequence[Rule], path: Path) -> "pd.DataFrame":
    return make_frame(next(chunks(path, _name_columns(rules))).slice(0, 0), _name_columns(rules))


def _whole(rules: Sequence[Rule], path: Path) -> "pd.DataFrame":
    import pyarrow as pa

    return make_frame(pa.concat_tables(chunks(path, _name_columns(rules))), _name_columns(rules))


def _with_twins(rules: Sequence[Rule], path: Path) -> "pd.DataFrame":
    """Give the rows that have a twin, with the positions at which they stand."""
    import pandas as pd

    table = _twins(rules, path)
    frame = make_frame(table, _name_columns(rules))
    frame.index = pd.Index(table["file_row_number"].to_numpy())
    return frame


def _key(rule: Rule) -> tuple[str, str]:
    """Give in SQL which rows a rule of uniqueness looks at, and the hash of their key.

    What the hash gives too much is no duplicate to the rule.
    """
    columns = [quoted(name) for name in rule.columns]
    # Unless the rule says otherwise, a row that lacks a part of its key has none.
    filled = [] if "ignore_row_if" in rule.kwargs else columns
    condition = " and ".join(f"{column} is not null" for column in filled) or "true"
    return condition, f"hash({', '.join(columns)})"


def _leave_out_unknown(rules: Sequence[Rule], path: Path) -> list[Rule]:
    """Leave out rules on columns that are not there: that will be the verdict."""
    present = set(column_names(path))
    return [rule for rule in rules if present.issuperset(rule.columns)]


def _without_twins(rules: Sequence[Rule], paths: Sequence[Path]) -> list[Path]:
    """Choose the small files in which no rows share their key by some rule of uniqueness."""
    if not paths:
        return []
    keys = [_key(rule) for rule in _leave_out_unknown(rules, paths[0])]
    questions = [
        f"select file from landed where {condition} group by file, {key} having count(*) > 1"
        for condition, key in keys
    ]
    rows = ask_small(paths, " union ".join(questions)) if questions else []
    with_twins = {paths[file] for (file,) in rows}
    return [path for path in paths if path not in with_twins]


def _twins(rules: Sequence[Rule], path: Path) -> "pa.Table":
    """Find the rows that share their key by some rule of uniqueness with another row.

    All rows of such a key are among them, so that the verdict on them is that on the table.
    """
    names = _name_columns(rules)
    present = [name for name in column_names(path) if name in names]
    keys, wanted = [], []
    for number, rule in enumerate(_leave_out_unknown(rules, path)):
        condition, key = _key(rule)
        keys.append(
            f"twins_{number} as (select {key} as key from landed where {condition} "
            "group by key having count(*) > 1)"
        )
        wanted.append(f"({condition} and {key} in (select key from twins_{number}))")
    return ask(
        path,
        f"{'with ' if keys else ''}{', '.join(keys)} "
        f"select {', '.join([*map(quoted, present), 'file_row_number'])} from landed "
        f"where {' or '.join(wanted) or 'false'} order by file_row_number",
    )


def run_table_rules(suite: Suite, many: Sequence[Mapping[str, Any]]) -> list[list[RuleResult]]:
    """Run the table rules over the aggregates of each of many files.

    Rules that look at one row alone are asked of all files at once.
    """
    rules = [rule for rule in suite.rules if not rule.is_row_rule]
    if all(rule.type in ROW_LOCAL for rule in rules):
        return _run_table_rules(rules, many)
    return [results for row in many for results in _run_table_rules(rules, [row])]


def _run_table_rules(
    rules: Sequence[Rule], many: Sequence[Mapping[str, Any]]
) -> list[list[RuleResult]]:
    """Ask the rules of a frame of aggregates; a null one fails, for nothing was measured."""
    import pandas as pd

    frame = pd.DataFrame(
        {name: pd.Series([row[name] for row in many], dtype=object) for name in many[0]}
    )
    answers = run_expectations(rules, frame)
    if len(many) > 1 and any(answer.raised or answer.positions is None for answer in answers):
        return [results for row in many for results in _run_table_rules(rules, [row])]
    found: list[list[RuleResult]] = []
    for place, row in enumerate(many):
        nulls = {name for name, value in row.items() if pd.isna(value)}
        found.append([])
        for rule, answer in zip(rules, answers, strict=True):
            if rule.type not in NULL_RULES and nulls.intersection(rule.columns):
                answer = UNANSWERED
            success = answer.success if len(many) == 1 else place not in (answer.positions or ())
            success = success and not answer.raised
            found[-1].append(RuleResult(rule, success, answer.raised))
    return found


def compute_aggregates(suite: Suite, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Compute a suite's aggregates over each file.

    Raises SuiteError where one cannot be computed, as when it names a column that is not there.
    """
    import duckdb

    names = {
        name for rule in suite.rules if rule.effect and rule.keeps_rows for name in rule.columns
    }
    if clash := sorted(names & set(column_names(paths[0]))):
        raise SuiteError(
            f"suite {suite.name}: {clash[0]} is a column and an aggregate: give the aggregate "
            "another name, so that it is clear of which a rule with an effect speaks"
        )

    def fails(name: str) -> bool:
        try:
            first_rows(paths[:1], {name: suite.aggregates[name]})
        except duckdb.Error:
            return True
        return False

    try:
        return first_rows(paths, suite.aggregates)
    except (duckdb.ProgrammingError, duckdb.DataError):
        failing = [name for name in suite.aggregates if fails(name)] or list(suite.aggregates)
        raise SuiteError(
            f"suite {suite.name}: the aggregate {', '.join(failing)} cannot be computed: "
            "compare the columns that it names with those of the table"
        ) from None


def _name_columns(rules: Iterable[Rule]) -> set[str]:
    """Find the columns that rules name, also those in their conditions."""
    texts = [str(rule.kwargs.get("row_condition", "")) for rule in rules]
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    return words.union(*(rule.columns for rule in rules))


def _check_positions(rule: Rule, answer: ExpectationResult) -> RuleResult:
    """Let a row rule that cannot say which rows fail count as raised."""
    if not answer.raised and (answer.positions is None or answer.success == bool(answer.positions)):
        answer = UNANSWERED
    return RuleResult(rule, answer.success, answer.raised, answer.positions or ())
