"""The flow `transform`: the build database anew over what is in force, then dbt."""

import os
import re
from pathlib import Path
from typing import Any

from prefect import flow

from flows.lib.contracts import load_contracts
from flows.lib.disk import raise_refusal
from flows.lib.errors import Blocked, ZipingError
from flows.lib.memory import memory_sentence
from flows.lib.night import OPEN
from flows.lib.redaction import redacted, telling
from flows.lib.settings import CHECKOUT
from flows.lib.warehouse import dbt_environment, prepare_warehouse

FAILED_STATUSES = ("error", "fail", "skipped", "runtime error", "partial success")


def _told(message: str, node: Any = None) -> str:
    """Say what dbt said; of what is quoted, the names that stand in the model's own text."""
    names = set(re.findall(r"[a-z_]\w*", getattr(node, "raw_code", "")))
    names |= {column.name for one in load_contracts().values() for column in one.columns}
    return memory_sentence(message) or redacted(message, names=names)


def run_dbt(command: list[str]) -> None:
    """Run dbt in this process; a failed or skipped node fails, and a failed test blocks."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    project = str(CHECKOUT / "dbt_project")
    result = dbtRunner().invoke(
        [
            *command,
            *("--project-dir", project, "--profiles-dir", project),
            *("--log-level", "none", "--log-level-file", "none", "--quiet"),
        ]
    )
    # dbt holds the database open; a second night in this process would find the old one.
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    nodes = getattr(result.result, "results", None) or []
    failed = [one for one in nodes if str(one.status) in FAILED_STATUSES]
    texts = [str(result.exception or ""), *(one.message or "" for one in failed)]
    raise_refusal("\n".join(texts), Path(os.environ["ZIPING_BUILD"]))
    if result.exception is not None:
        raise ZipingError(f"dbt: {_told(str(result.exception))}")
    if not nodes:
        raise ZipingError("dbt built nothing: look at dbt_project for a selection or parse error")
    broken = [one for one in failed if str(one.status) != "skipped"]
    tests = [one for one in broken if one.node.resource_type == "test"]
    models = [one for one in broken if one.node.resource_type != "test"]
    if models:
        message = _told(models[0].message or "", models[0].node)
        raise ZipingError(f"dbt: {models[0].node.name} failed: {message}")
    if unasked := [one for one in tests if str(one.status) != "fail"]:
        message = _told(unasked[0].message or "", unasked[0].node)
        raise Blocked(f"dbt: the test {unasked[0].node.name} could not be asked: {message}")
    if tests:
        names = ", ".join(one.node.name for one in tests)
        raise Blocked(f"dbt: the test {names} failed: nothing is published")
    if failed or not result.success:
        names = ", ".join(one.node.name for one in failed)
        raise ZipingError(f"dbt: skipped or not run: {names or 'unknown'}")


@flow
@telling
def transform(night: str, years: list[int]) -> None:
    """Build all models for the years."""
    tonight = OPEN[night]
    workspace = tonight.workspace
    with tonight.stage("landing relations"):
        prepare_warehouse(
            workspace.build, tonight.contracts, tonight.standings, tonight.settings, years
        )
    target = workspace.warehouse / "dbt_target"
    os.environ.update(dbt_environment(workspace.build, target))
    try:
        with tonight.stage("dbt"):
            run_dbt(["build", "--exclude-resource-type", "unit_test"])
    finally:
        (target / "run_results.json").unlink(missing_ok=True)  # its errors repeat values of rows
