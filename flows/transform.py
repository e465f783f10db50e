"""The flow `transform`: the build database anew over what is in force, then dbt."""

import os

from prefect import flow

from flows.lib.errors import Blocked, ZipingError
from flows.lib.night import OPEN
from flows.lib.redaction import redacted
from flows.lib.settings import CHECKOUT
from flows.lib.warehouse import dbt_environment, prepare_warehouse

FAILED_STATUSES = ("error", "fail", "skipped", "runtime error", "partial success")


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
    if result.exception is not None:
        raise ZipingError(f"dbt: {redacted(str(result.exception))}")
    if not nodes:
        raise ZipingError("dbt built nothing: look at dbt_project for a selection or parse error")
    broken = [one for one in failed if str(one.status) != "skipped"]
    tests = [one for one in broken if one.node.resource_type == "test"]
    models = [one for one in broken if one.node.resource_type != "test"]
    if models:
        first = models[0]
        raise ZipingError(f"dbt: {first.node.name} failed: {redacted(first.message or '')}")
    if tests:
        names = ", ".join(one.node.name for one in tests)
        raise Blocked(f"dbt: the test {names} failed: nothing is published")
    if failed or not result.success:
        names = ", ".join(one.node.name for one in failed)
        raise ZipingError(f"dbt: skipped or not run: {names or 'unknown'}")


@flow
def transform(night: str, years: list[int]) -> None:
    """Build all models for the years."""
    tonight = OPEN[night]
    workspace = tonight.workspace
    with tonight.stage("landing relations"):
        prepare_warehouse(
            workspace.build, tonight.contracts, tonight.standings, tonight.settings, years
        )
    os.environ.update(dbt_environment(workspace.build, workspace.warehouse / "dbt_target"))
    with tonight.stage("dbt"):
        run_dbt(["build", "--exclude-resource-type", "unit_test"])
