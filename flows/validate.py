"""The flow `validate`: the gates of the published tables, asked before a release gets its name."""

from pathlib import Path

from prefect import flow

from flows.common.error_messages import redact_errors
from flows.common.errors import Blocked
from flows.common.messages import Message
from flows.releases.audit import gate_outcomes
from flows.runs.context import current_run


@flow(flow_run_name="validate {year}")
@redact_errors
def validate(year: int, folder: str) -> None:
    """Judge a part folder; a critical rule that fails, or cannot be run, blocks the release."""
    run = current_run()
    with run.log.timed("gates of the report"):
        suites = run.suites.folder / "report"
        outcomes = gate_outcomes(Path(folder), suites, year, run.settings.district)
    run.log.report_outcomes += outcomes
    rejections = [
        f"{outcome['suite']}: {Message.from_json(kept).english}"
        for outcome in outcomes
        for kept in outcome["rejections"]
    ]
    if rejections:
        raise Blocked(f"{year}: {'; '.join(rejections)}")
