"""The flow `ingest`: land what was dropped, and pull the live systems side by side."""

from typing import Any

from prefect import flow, task
from prefect.futures import PrefectConcurrentFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows.common.error_messages import redact_errors
from flows.common.errors import Unavailable, Waiting
from flows.extract.inbox.inbox_file import land_file
from flows.extract.pull.pull import land_pull
from flows.runs.context import current_run


@task
@redact_errors
def pull(source: str, period: str) -> None:
    """Pull one period of a live source and land it whole.

    No retries of Prefect's: whether asking again can help, and for how long, is for the one time
    budget that the run has for a source.
    """
    run = current_run()
    land_pull(run.store, run.contracts[source], run.settings, period, run.budgets[source])


SIDE_BY_SIDE: ThreadPoolTaskRunner[PrefectConcurrentFuture[Any]] = ThreadPoolTaskRunner(
    max_workers=4
)


@flow(task_runner=SIDE_BY_SIDE)  # type: ignore[arg-type]
@redact_errors
def ingest() -> None:
    """Land dropped files and pull what has changed, as the run has planned.

    A source that cannot be reached is a gap of the run; any other failure ends it.
    """
    run = current_run()
    plan = run.log.plan
    assert plan is not None
    pulls = [pull.submit(expected.contract.name, expected.period) for expected in plan.pulls]
    for file in plan.files:
        try:
            land_file(run.store, file)
        except Waiting as changed:
            run.log.notices.append(str(changed))
        except Unavailable as error:
            run.log.unavailable.append(str(error))
    for future in pulls:
        try:
            future.result()
        except Unavailable as error:
            run.log.unavailable.append(str(error))
