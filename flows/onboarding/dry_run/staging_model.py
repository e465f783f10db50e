"""Trying the staging model of a source table, alone, on rows that have not landed."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from flows.common.settings import CHECKOUT
from flows.contracts.model import Contract
from flows.contracts.schema import NAME_OR_TYPE
from flows.warehouse.build import make_relation, open_warehouse
from flows.warehouse.dbt import FAILED_STATUSES, invoke_dbt, told_by_dbt

PROJECT = CHECKOUT / "dbt_project"
KEPT = ("dbt_project.yml", "profiles.yml", "macros", "seeds/_seeds.yml")
REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]")
UNKNOWN = re.compile(r"(?:column|named) \"(\w+)\"", re.IGNORECASE)
WHERE = re.compile(r"^\w+ Error in \w+ \w+ \([^)]*\)\s*")  # what is said with file and line
SCHEMA = "staging"


class Trial(NamedTuple):
    """What a staging model made of rows: how many, or why the night would end."""

    rows: int | None
    faults: list[str]  # the night would end with these, or publish nothing
    remarks: list[str]


def model_name(contract: Contract) -> str:
    """Name the staging model of a source table."""
    return f"stg_{contract.relation}"


def try_staging(
    contract: Contract,
    contracts: Mapping[str, Contract],
    rows: Sequence[Path],
    scratch: Path,
    project: Path = PROJECT,
) -> Trial:
    """Build the staging model with its tests over the rows of files, by dbt, in an empty folder."""
    name = model_name(contract)
    if not list((project / "models").rglob(f"{name}.sql")):
        return Trial(
            None, [], [f"there is no {name}.sql: the rows would land, and nothing use them"]
        )
    trial = scratch / "project"
    needed = _needed(name, project)
    _copy_project(project, trial, needed)
    build = scratch / "build.duckdb"
    with open_warehouse(build) as connection:
        connection.execute("create schema landing")
        for one in contracts.values():
            make_relation(connection, one, rows if one.name == contract.name else ())
    result = invoke_dbt(["build"], trial, build, scratch / "target")
    nodes = getattr(result.result, "results", None) or []
    if result.exception is not None or not nodes:
        said = told_by_dbt(str(result.exception or "it built nothing"))
        return Trial(None, [f"dbt cannot read {name}.sql or its YAML: {said}"], [])
    own = next((one for one in nodes if one.node.name == name), None)
    failed = [one for one in nodes if str(one.status) in FAILED_STATUSES]
    faults, remarks = _told(failed, project)
    if own is None or own in failed:
        return Trial(None, faults, remarks)
    with open_warehouse(build) as connection:
        count = connection.execute(f"select count(*) from {SCHEMA}.{name}").fetchall()[0][0]
        found = connection.execute(f"describe {SCHEMA}.{name}").fetchall()
        types = {row[0]: row[1] for row in found}
        differing = list(_differing(project, name, types, connection))
    return Trial(int(count), faults, [*remarks, *differing])


def _needed(name: str, project: Path) -> list[Path]:
    """Find the files of a model and of all that it is made of, with the tests on these alone."""
    found: dict[str, Path] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        paths = [*project.glob(f"models/**/{one}.sql"), *project.glob(f"seeds/**/{one}.csv")]
        if one in found or not paths:
            continue
        found[one] = paths[0]
        for path in (paths[0], paths[0].with_suffix(".yml")):
            if path.suffix != ".csv" and path.exists():
                waiting += REF.findall(path.read_text("utf-8"))
    described = [path.with_suffix(".yml") for path in found.values()]
    tests = [
        path
        for path in project.glob("tests/**/*.sql")
        if name in (named := set(REF.findall(path.read_text("utf-8")))) and named <= found.keys()
    ]
    return [*found.values(), *(path for path in described if path.exists()), *tests]


def _copy_project(project: Path, trial: Path, needed: Sequence[Path]) -> None:
    """Make a project of the files that a model needs: the whole one takes dbt much longer."""
    sources = project.glob("models/**/_*__sources.yml")
    kept = [project / name for name in KEPT if (project / name).exists()]
    for path in (*kept, *sources, *needed):
        target = trial / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy(path, target)


def _told(failed: Sequence[Any], project: Path) -> tuple[list[str], list[str]]:
    """Say what failed: what would end the night, and the unit tests, which it leaves out."""
    faults, remarks = [], []
    for one in failed:
        node, status = one.node, str(one.status)
        if status == "skipped":
            continue
        place = _place(project / node.original_file_path, one.message or "")
        message = WHERE.sub("", " ".join(told_by_dbt(one.message or "", node).split()))
        if node.resource_type == "unit_test":
            remarks.append(f"the unit test {node.name} fails ({place}): {message}")
        elif node.resource_type == "test":
            faults.append(f"the test {node.name} fails ({place}): {message}")
        else:
            faults.append(f"{node.name} fails ({place}): {message}")
    return faults, remarks


def _place(path: Path, message: str) -> str:
    """Name the file, and the line of the first unknown name where the message has one."""
    unknown = UNKNOWN.search(message)
    number = line_of(path, unknown[1]) if unknown else None
    return f"{path.name}, line {number}" if number else path.name


def line_of(path: Path, word: str) -> int | None:
    """Find the first line of a file that holds a word."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    pattern = re.compile(rf"\b{re.escape(word)}\b")
    return next((number for number, one in enumerate(lines, 1) if pattern.search(one)), None)


def _naming(project: Path, name: str, column: str) -> Iterator[str]:
    """Find the models made of a model that name a column."""
    for path in sorted(project.glob("models/**/*.sql")):
        if name in REF.findall(path.read_text("utf-8")) and (line := line_of(path, column)):
            yield f"{path.name}, line {line}"


def _differing(
    project: Path, name: str, types: Mapping[str, str], connection: Any
) -> Iterator[str]:  # fmt: skip
    """Compare the columns that the model's YAML describes with those that it has."""
    for path in project.glob(f"models/**/{name}.yml"):
        content = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader) or {}
        models = [one for one in content.get("models") or () if one.get("name") == name]
        for column in (column for one in models for column in one.get("columns") or ()):
            own, wanted = str(column.get("name")), str(column.get("data_type") or "")
            where = f"{path.name}, line {line_of(path, own)}"
            if own not in types:
                named = "".join(f"; {one}, names it" for one in _naming(project, name, own))
                yield f"{where}: the model has no column {own}{named}"
            elif wanted and re.fullmatch(NAME_OR_TYPE, wanted):
                meant = connection.execute(f"describe select cast(null as {wanted}) as it")
                if (type_meant := meant.fetchall()[0][1]) != types[own]:
                    found = types[own].lower()
                    yield f"{where}: {own} is {found}, and not {type_meant.lower()}"
