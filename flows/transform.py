"""The flow `transform`: the build database anew over what is in force, then dbt."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow

from flows.lib.dbt_runs import FAILED_STATUSES, invoke_dbt, told_by_dbt
from flows.lib.disk import raise_refusal
from flows.lib.errors import Blocked, ZipingError
from flows.lib.night import OPEN
from flows.lib.redaction import telling
from flows.lib.settings import CHECKOUT
from flows.lib.warehouse import prepare_warehouse


def run_dbt(command: list[str], build: Path, target: Path) -> None:
    """Run dbt in this process; a failed or skipped node fails, and a failed test blocks."""
    result = invoke_dbt(command, CHECKOUT / "dbt_project", build, target)
    nodes = getattr(result.result, "results", None) or []
    failed = [one for one in nodes if str(one.status) in FAILED_STATUSES]
    texts = [str(result.exception or ""), *(one.message or "" for one in failed)]
    raise_refusal("\n".join(texts), build)
    if result.exception is not None:
        raise ZipingError(f"dbt: {told_by_dbt(str(result.exception))}")
    if not nodes:
        raise ZipingError("dbt built nothing: look at dbt_project for a selection or parse error")
    broken = [one for one in failed if str(one.status) != "skipped"]
    tests = [one for one in broken if one.node.resource_type == "test"]
    models = [one for one in broken if one.node.resource_type != "test"]
    if models:
        message = told_by_dbt(models[0].message or "", models[0].node)
        raise ZipingError(f"dbt: {models[0].node.name} failed: {message}")
    if unasked := [one for one in tests if str(one.status) != "fail"]:
        message = told_by_dbt(unasked[0].message or "", unasked[0].node)
        raise Blocked(f"dbt: the test {unasked[0].node.name} could not be asked: {message}")
    if tests:
        names = ", ".join(one.node.name for one in tests)
        raise Blocked(f"dbt: the test {names} failed: nothing is published")
    if failed or not result.success:
        names = ", ".join(one.node.name for one in failed)
        raise ZipingError(f"dbt: skipped or not run: {names or 'unknown'}")
    if not_asked := _not_asked(nodes, target):
        raise Blocked(
            f"dbt: {len(not_asked)} of its models and tests were not asked, {not_asked[0]} among "
            "them: nothing is published"
        )


def _not_asked(nodes: Sequence[Any], target: Path) -> list[str]:
    """List what dbt parsed and left out of its build: a test that was not asked did not pass."""
    parsed = json.loads((target / "manifest.json").read_text("utf-8"))["nodes"]
    asked = {one.node.unique_id for one in nodes}
    wanted = {
        identity: one["name"]
        for identity, one in parsed.items()
        if one["resource_type"] in ("model", "seed", "test")
        and one["config"]["materialized"] != "ephemeral"
    }
    return sorted(name for identity, name in wanted.items() if identity not in asked)


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
    try:
        with tonight.stage("dbt"):
            run_dbt(["build", "--exclude-resource-type", "unit_test"], workspace.build, target)
    finally:
        (target / "run_results.json").unlink(missing_ok=True)  # its errors repeat values of rows
