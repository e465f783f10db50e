"""The flow `transform`: the build database anew over what is in force, then dbt."""

import os
from pathlib import Path

from prefect import flow

from flows.lib.dbt_runs import FAILED_STATUSES, invoke_dbt, told_by_dbt
from flows.lib.disk import raise_refusal
from flows.lib.errors import Blocked, ZipingError
from flows.lib.night import OPEN
from flows.lib.redaction import telling
from flows.lib.settings import CHECKOUT
from flows.lib.warehouse import dbt_environment, prepare_warehouse


def run_dbt(command: list[str]) -> None:
    """Run dbt in this process; a failed or skipped node fails, and a failed test blocks."""
    result = invoke_dbt(command, CHECKOUT / "dbt_project")
    nodes = getattr(result.result, "results", None) or []
    failed = [one for one in nodes if str(one.status) in FAILED_STATUSES]
    texts = [str(result.exception or ""), *(one.message or "" for one in failed)]
    raise_refusal("\n".join(texts), Path(os.environ["ZIPING_BUILD"]))
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
