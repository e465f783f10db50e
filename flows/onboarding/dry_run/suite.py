"""Comparing a suite with the contract of its table before any file is judged by it."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from flows.contracts.model import Contract
from flows.onboarding.dry_run.staging_model import UNKNOWN, line_of
from flows.quality.suite import Rule, Suite, SuiteError, load_suite, readings_path, suite_path
from flows.warehouse.build import SOURCE_COLUMNS, make_relation, open_warehouse

# What a condition says besides the names of columns, and names that follow a point.
NO_NAMES = re.compile(r"'[^']*'|\"[^\"]*\"|\.\w+|\b(?:and|or|not|in|is|True|False|None)\b|\b\d\w*")


def suite_faults(contract: Contract) -> list[str]:
    """Name each column that the suite names and the table does not have, with file and line."""
    path = suite_path(contract)
    try:
        suite = load_suite(path, readings_path())
    except SuiteError as error:
        return [str(error)]
    return [*_of_rules(contract, suite, path), *_of_aggregates(contract, suite, path)]


def _of_rules(contract: Contract, suite: Suite, path: Path) -> Iterator[str]:
    columns = {*(column.name for column in contract.columns), *SOURCE_COLUMNS}
    lines = _lines_of_rules(path)
    for rule, line in zip(suite.rules, lines, strict=True):
        known = columns if rule.is_row_rule else suite.aggregates.keys()
        unknown = [name for name in _names(rule) if name not in known]
        what = f"a column of {contract.name}" if rule.is_row_rule else "among the aggregates"
        yield from (
            f"{path.name}, line {line}, {rule.type}: {name} is not {what}" for name in unknown
        )


def _names(rule: Rule) -> list[str]:
    condition = NO_NAMES.sub(" ", str(rule.kwargs.get("row_condition", "")))
    return list(dict.fromkeys([*rule.columns, *re.findall(r"[^\W\d]\w*", condition)]))


def _lines_of_rules(path: Path) -> list[int]:
    root = yaml.compose(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    assert isinstance(root, yaml.MappingNode)
    rules = next(value for key, value in root.value if key.value == "rules")
    return [one.start_mark.line + 1 for one in rules.value]


def _of_aggregates(contract: Contract, suite: Suite, path: Path) -> Iterator[str]:
    """Ask each aggregate of a table without rows: what it names must be there."""
    import duckdb

    with open_warehouse(Path(":memory:")) as connection:
        connection.execute("create schema landing")
        make_relation(connection, contract, ())
        for name, expression in suite.aggregates.items():
            try:
                connection.execute(f"select {expression} from landing.{contract.relation}")
            except duckdb.BinderException as error:
                unknown = UNKNOWN.search(str(error))
                named = f"{unknown[1]} is not a column of {contract.name}" if unknown else ""
                where = f"{path.name}, line {line_of(path, name)}, aggregate {name}"
                yield f"{where}: {named or 'it cannot be computed of this table'}"
            except duckdb.Error:
                where = f"{path.name}, line {line_of(path, name)}, aggregate {name}"
                yield f"{where}: it cannot be computed of this table"
