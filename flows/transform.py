"""The flow `transform`: the build database anew over what is active, then dbt."""

from prefect import flow

from flows.common.error_messages import redact_errors
from flows.runs.context import current_run
from flows.warehouse.build import prepare_warehouse
from flows.warehouse.dbt import run_dbt


@flow(flow_run_name="transform {years}")
@redact_errors
def transform(years: list[int]) -> None:
    """Build all models for the years."""
    run = current_run()
    build, target = run.workspace.build, run.workspace.warehouse / "dbt_target"
    with run.log.timed("landing relations"):
        prepare_warehouse(build, run.contracts, run.log.statuses, run.settings, years)
    try:
        with run.log.timed("dbt"):
            run_dbt(["build", "--exclude-resource-type", "unit_test"], build, target)
    finally:
        (target / "run_results.json").unlink(missing_ok=True)  # its errors repeat values of rows
