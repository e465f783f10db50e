"""Running dbt in this process, and telling what it says without a value of a row."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from flows.common.disk import raise_refusal
from flows.common.errors import Blocked
from flows.common.errors import ZipingError
from flows.common.masking import redacted
from flows.common.process import memory_sentence
from flows.common.settings import CHECKOUT
from flows.common.settings import forget_settings
from flows.contracts.loading import load_contracts
from flows.warehouse.build import SOURCE_COLUMNS
from flows.warehouse.build import dbt_environment
from pathlib import Path
from typing import Any
import json
import os
import re

FAILED_STATUSES = ("error", "fail", "skipped", "runtime error", "partial success")


def invoke_dbt(
    command: Sequence[str], project: Path, build: Path, target: Path, parsed: Any = None
) -> Any:
    """Run a command of dbt on a project and a build database; give its result, whatever it is."""
    forget_another_project(project, target)
    forget_settings("DBT_.*")  # one of another project on the machine can leave out all tests
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with _environment(dbt_environment(build, target)):
        result = dbtRunner(parsed).invoke(
            [
                *command,
                *("--project-dir", str(project), "--profiles-dir", str(project)),
                *("--log-level", "none", "--log-level-file", "none", "--quiet"),
            ]
        )
    if result.exception is not None and not isinstance(result.exception, Exception):
        raise result.exception  # what ends the run itself, as a cancellation
    # dbt holds the database open; a second run in this process would find the old one.
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    return result


def forget_another_project(project: Path, target: Path) -> None:
    """Parse anew where another checkout parsed last: dbt would read its seeds, or find none."""
    mark, parsed = target / "project", target / "partial_parse.msgpack"
    if not (mark.is_file() and mark.read_text("utf-8") == str(project)):
        parsed.unlink(missing_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    mark.write_text(str(project), "utf-8")


@contextmanager
def _environment(said: Mapping[str, str]) -> Iterator[None]:
    """Say something to dbt by the environment, which is then as it was."""
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text


def told_by_dbt(message: str, node: Any = None) -> str:
    """Say what dbt said; of what is quoted, the names that stand in the model's own text."""
    names = set(re.findall(r"[a-z_]\w*", getattr(node, "raw_code", "")))
    names |= {column.name for contract in load_contracts().values() for column in contract.columns}
    names.update(SOURCE_COLUMNS)
    return memory_sentence(message) or redacted(message, names=names)


def parse_project(build: Path, target: Path) -> Any:
    """Let dbt parse the models; give its manifest for `run_dbt`, and leave `manifest.json`."""
    result = invoke_dbt(["parse"], CHECKOUT / "dbt_project", build, target)
    if not result.success:
        raise ZipingError(f"dbt: {told_by_dbt(str(result.exception))}")
    return result.result


def read_manifest(target: Path) -> dict[str, Any]:
    """Read what dbt parsed last."""
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text("utf-8"))
    return manifest


def run_dbt(command: list[str], build: Path, target: Path, parsed: Any = None) -> None:
    """Run dbt in this process; a failed or skipped node fails, and a failed test blocks.

    With the manifest of `parse_project` nothing is parsed a second time.
    """
    result = invoke_dbt(command, CHECKOUT / "dbt_project", build, target, parsed)
    nodes = getattr(result.result, "results", None) or []
    failed = [outcome for outcome in nodes if str(outcome.status) in FAILED_STATUSES]
    texts = [str(result.exception or ""), *(outcome.message or "" for outcome in failed)]
    raise_refusal("\n".join(texts), build)
    if result.exception is not None:
        raise ZipingError(f"dbt: {told_by_dbt(str(result.exception))}")
    if not nodes:
        raise ZipingError("dbt built nothing: look at dbt_project for a selection or parse error")
    broken = [outcome for outcome in failed if str(outcome.status) != "skipped"]
    tests = [outcome for outcome in broken if outcome.node.resource_type == "test"]
    models = [outcome for outcome in broken if outcome.node.resource_type != "test"]
    if models:
        message = told_by_dbt(models[0].message or "", models[0].node)
        raise ZipingError(f"dbt: {models[0].node.name} failed: {message}")
    if unasked := [test for test in tests if str(test.status) != "fail"]:
        message = told_by_dbt(unasked[0].message or "", unasked[0].node)
        raise Blocked(f"dbt: the test {unasked[0].node.name} could not be asked: {message}")
    if tests:
        names = ", ".join(test.node.name for test in tests)
        raise Blocked(f"dbt: the test {names} failed: nothing is published")
    if failed or not result.success:
        names = ", ".join(outcome.node.name for outcome in failed)
        raise ZipingError(f"dbt: skipped or not run: {names or 'unknown'}")
    if command[0] == "build" and (not_asked := _not_asked(nodes, target)):
        raise Blocked(
            f"dbt: {len(not_asked)} of its models and tests were not asked, {not_asked[0]} among "
            "them: nothing is published"
        )


def _not_asked(nodes: Sequence[Any], target: Path) -> list[str]:
    """List what dbt parsed and left out of its build: a test that was not asked did not pass."""
    parsed = read_manifest(target)["nodes"]
    asked = {outcome.node.unique_id for outcome in nodes}
    wanted = {
        identity: item["name"]
        for identity, item in parsed.items()
        if item["resource_type"] in ("model", "seed", "test")
        and item["config"]["materialized"] != "ephemeral"
    }
    return sorted(name for identity, name in wanted.items() if identity not in asked)
