"""The flow `ingest`: land what was dropped, pull the live systems side by side, judge it all."""

from typing import Any

from prefect import flow, task
from prefect.futures import PrefectConcurrentFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows.lib.errors import Unavailable
from flows.lib.look import verdicts
from flows.lib.night import OPEN
from flows.lib.pulling import land_dropped, land_pull


def network_may_help(_task: Any, _run: Any, state: Any) -> bool:
    """Retry only where a source could not be reached."""
    try:
        state.result()
    except Unavailable:
        return True
    except BaseException:  # noqa: BLE001 - whatever else failed, asking again cannot help
        return False
    return False


@task(retries=2, retry_delay_seconds=[1, 4], retry_condition_fn=network_may_help)
def pull(night: str, source: str, period: str) -> None:
    """Pull one period of a live source and land it whole."""
    tonight = OPEN[night]
    land_pull(tonight.store, tonight.contracts[source], tonight.settings, period)


SIDE_BY_SIDE: ThreadPoolTaskRunner[PrefectConcurrentFuture[Any]] = ThreadPoolTaskRunner(
    max_workers=4
)


@flow(task_runner=SIDE_BY_SIDE)  # type: ignore[arg-type]
def ingest(night: str) -> None:
    """Land dropped files, pull what has changed, and judge every new delivery.

    A source that cannot be reached is a gap of the night; any other failure ends it.
    """
    tonight = OPEN[night]
    if tonight.difference:
        waiting = [
            pull.submit(night, owed.contract.name, owed.period) for owed in tonight.difference.pulls
        ]
        for dropped in tonight.difference.dropped:
            land_dropped(tonight.store, dropped)
        for future in waiting:
            try:
                future.result()
            except Unavailable as error:
                tonight.unavailable.append(str(error))
    with tonight.stage("reading and gates of deliveries"):
        verdicts(tonight, judge_new=True)
