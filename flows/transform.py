"""The flow `transform`: the build database anew over what is active, then dbt."""

from prefect import flow

from flows.common.error_messages import redact_errors
from flows.runs.context import current_run
from flows.warehouse.build import describe_report, prepare_warehouse
from flows.warehouse.dbt import parse_project, read_manifest, run_dbt


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
            parsed = parse_project(build, target)
            describe_report(build, read_manifest(target), run.settings, years)
            run_dbt(["build", "--exclude-resource-type", "unit_test"], build, target, parsed)
    finally:
        (target / "run_results.json").unlink(missing_ok=True)  # its errors repeat values of rows
