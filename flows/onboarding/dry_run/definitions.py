"""Trying the suite and the staging model of a source table against its contract, before a run."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from flows.common.settings import CHECKOUT
from flows.contracts.model import Contract
from flows.quality.suite import Rule, Suite, SuiteError, Suites
from flows.warehouse.build import SOURCE_COLUMNS, make_relation, open_warehouse
from flows.warehouse.dbt import FAILED_STATUSES, invoke_dbt, told_by_dbt

PROJECT = CHECKOUT / "dbt_project"
PROJECT_FILES = ("dbt_project.yml", "profiles.yml", "macros", "seeds/_seeds.yml")
REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]")
UNKNOWN = re.compile(r"(?:column|named) \"(\w+)\"", re.IGNORECASE)
WHERE = re.compile(r"^\w+ Error in \w+ \w+ \([^)]*\)\s*")  # what is said with file and line
# What a condition says besides the names of columns, and names that follow a point.
NO_NAMES = re.compile(r"'[^']*'|\"[^\"]*\"|\.\w+|\b(?:and|or|not|in|is|True|False|None)\b|\b\d\w*")


class ModelTrial(NamedTuple):
    """What a staging model made of rows: how many, or why the run would end."""

    rows: int | None
    problems: list[str]


def model_name(contract: Contract) -> str:
    """Name the staging model of a source table."""
    return f"stg_{contract.relation}"


def find_models(contract: Contract, project: Path = PROJECT) -> list[str]:
    """Name the models that read a source table: its staging model, if it has one, or others."""
    source = re.compile(
        rf"""['"]({contract.system}['"], *['"]{contract.table}|{re.escape(contract.name)})['"]"""
    )
    paths = sorted(project.glob("models/**/*.sql"))
    return [path.stem for path in paths if source.search(path.read_text("utf-8"))]


def find_suite_problems(contract: Contract, suites: Suites) -> list[str]:
    """Name each column that the suite names and the table does not have, with file and line."""
    path = suites.path(contract)
    try:
        suite = suites.load(contract)
    except SuiteError as error:
        return [str(error)]
    return [*_check_rules(contract, suite, path), *_check_aggregates(contract, suite, path)]


def _check_rules(contract: Contract, suite: Suite, path: Path) -> Iterator[str]:
    columns = {*(column.name for column in contract.columns), *SOURCE_COLUMNS}
    root = yaml.compose(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    assert isinstance(root, yaml.MappingNode)
    nodes = next(value for key, value in root.value if key.value == "rules").value
    for rule, node in zip(suite.rules, nodes, strict=True):
        known = columns if rule.is_row_rule else suite.aggregates.keys()
        what = f"a column of {contract.name}" if rule.is_row_rule else "among the aggregates"
        where = f"{path.name}, line {node.start_mark.line + 1}, {rule.type}"
        yield from (f"{where}: {name} is not {what}" for name in _names(rule) if name not in known)


def _names(rule: Rule) -> list[str]:
    condition = NO_NAMES.sub(" ", str(rule.kwargs.get("row_condition", "")))
    return list(dict.fromkeys([*rule.columns, *re.findall(r"[^\W\d]\w*", condition)]))


def _check_aggregates(contract: Contract, suite: Suite, path: Path) -> Iterator[str]:
    """Ask each aggregate of a table without rows: what it names must be there."""
    import duckdb

    with open_warehouse(Path(":memory:")) as connection:
        connection.execute("create schema landing")
        make_relation(connection, contract, ())
        for name, expression in suite.aggregates.items():
            try:
                connection.execute(f"select {expression} from landing.{contract.relation}")
            except duckdb.Error as error:
                unknown = UNKNOWN.search(str(error))
                problem = f"{unknown[1]} is not a column of {contract.name}" if unknown else ""
                where = f"{path.name}, line {find_line(path, name)}, aggregate {name}"
                yield f"{where}: {problem or 'it cannot be computed of this table'}"


def try_staging_model(
    contract: Contract,
    contracts: Mapping[str, Contract],
    rows: Sequence[Path],
    scratch: Path,
    project: Path = PROJECT,
) -> ModelTrial:
    """Build the staging model with its tests over the rows of files, by dbt, in an empty folder."""
    name = model_name(contract)
    trial, build = scratch / "project", scratch / "build.duckdb"
    _copy_project(project, trial, name)
    with open_warehouse(build) as connection:
        connection.execute("create schema landing")
        for each in contracts.values():
            make_relation(connection, each, rows if each.name == contract.name else ())
    command = ["build", "--exclude-resource-type", "unit_test"]
    result = invoke_dbt(command, trial, build, scratch / "target")
    nodes = getattr(result.result, "results", None) or []
    if result.exception is not None or not nodes:
        message = told_by_dbt(str(result.exception or "it built nothing"))
        return ModelTrial(None, [f"dbt cannot read {name}.sql or its YAML: {message}"])
    failed = [each for each in nodes if str(each.status) in FAILED_STATUSES]
    problems = [_describe(each, project) for each in failed if str(each.status) != "skipped"]
    if name not in {each.node.name for each in nodes if each not in failed}:
        return ModelTrial(None, problems)
    with open_warehouse(build) as connection:
        count = connection.execute(f"select count(*) from staging.{name}").fetchall()[0][0]
    return ModelTrial(int(count), problems)


def _copy_project(project: Path, trial: Path, name: str) -> None:
    """Make a project of the files that a model needs: the whole one takes dbt much longer.

    They are those of the model and of all that it is made of, with the tests on these alone.
    """
    found: dict[str, Path] = {}
    waiting = [name]
    while waiting:
        model = waiting.pop()
        paths = [*project.glob(f"models/**/{model}.sql"), *project.glob(f"seeds/**/{model}.csv")]
        if model in found or not paths:
            continue
        found[model] = paths[0]
        for path in (paths[0], paths[0].with_suffix(".yml")):
            if path.suffix != ".csv" and path.exists():
                waiting += REF.findall(path.read_text("utf-8"))
    tests = [
        path
        for path in project.glob("tests/**/*.sql")
        if name in (named := set(REF.findall(path.read_text("utf-8")))) and named <= found.keys()
    ]
    described = [path.with_suffix(".yml") for path in found.values()]
    kept = [project / name for name in PROJECT_FILES]
    sources = project.glob("models/**/_*__sources.yml")
    for path in (*kept, *sources, *found.values(), *described, *tests):
        target = trial / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target)
        elif path.exists():
            shutil.copy(path, target)


def _describe(failed: Any, project: Path) -> str:
    """Say what failed, with its file, and the line of the first unknown name if it is said."""
    node, message = failed.node, failed.message or ""
    path = project / node.original_file_path
    unknown = UNKNOWN.search(message)
    line = find_line(path, unknown[1]) if unknown else None
    place = f"{path.name}, line {line}" if line else path.name
    what = f"the test {node.name}" if node.resource_type == "test" else node.name
    sentence = WHERE.sub("", " ".join(told_by_dbt(message, node).split()))
    return f"{what} fails ({place}): {sentence}"


def find_line(path: Path, word: str) -> int | None:
    """Find the first line of a file that holds a word."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    pattern = re.compile(rf"\b{re.escape(word)}\b")
    return next((number for number, line in enumerate(lines, 1) if pattern.search(line)), None)
