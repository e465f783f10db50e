"""The flow `transform`: the build database anew over what is in force, then dbt."""

from prefect import flow

from flows.common.error_messages import telling
from flows.runs.lifecycle import OPEN
from flows.warehouse.build import prepare_warehouse
from flows.warehouse.dbt import run_dbt


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
