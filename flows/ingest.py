"""The flow `ingest`: land what was dropped, pull the live systems side by side, judge it all."""

from typing import Any

from prefect import flow, task
from prefect.futures import PrefectConcurrentFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows.common.error_messages import telling
from flows.common.errors import Unavailable, Waiting
from flows.extract.inbox.inbox_file import land_file
from flows.extract.pull.pull import land_pull
from flows.runs.lifecycle import OPEN
from flows.runs.validation import verdicts


@task
@telling
def pull(night: str, source: str, period: str) -> None:
    """Pull one period of a live source and land it whole.

    No retries of Prefect's: whether asking again can help, and for how long, is for the one
    time budget that the night has for a source.
    """
    tonight = OPEN[night]
    contract, retry_budget = tonight.contracts[source], tonight.retry_budget_for(source)
    land_pull(tonight.store, contract, tonight.settings, period, retry_budget)


SIDE_BY_SIDE: ThreadPoolTaskRunner[PrefectConcurrentFuture[Any]] = ThreadPoolTaskRunner(
    max_workers=4
)


@flow(task_runner=SIDE_BY_SIDE)  # type: ignore[arg-type]
@telling
def ingest(night: str) -> None:
    """Land dropped files, pull what has changed, and judge every new delivery.

    A source that cannot be reached is a gap of the night; any other failure ends it.
    """
    tonight = OPEN[night]
    if tonight.difference:
        waiting = [
            pull.submit(night, owed.contract.name, owed.period) for owed in tonight.difference.pulls
        ]
        for file in tonight.difference.dropped:
            try:
                land_file(tonight.store, file)
            except Waiting as changed:
                tonight.remarks.append(str(changed))
            except Unavailable as error:
                tonight.unavailable.append(str(error))
        for future in waiting:
            try:
                future.result()
            except Unavailable as error:
                tonight.unavailable.append(str(error))
    with tonight.stage("reading and gates of deliveries"):
        verdicts(tonight, judge_new=True)
