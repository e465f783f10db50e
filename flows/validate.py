"""The flow `validate`: the gates of the published tables, asked before a release gets its name."""

from pathlib import Path

from prefect import flow

from flows.common.error_messages import telling
from flows.common.errors import Blocked
from flows.common.messages import Message
from flows.quality.suite import SUITES
from flows.releases.audit import gate_outcomes
from flows.runs.lifecycle import OPEN


@flow
@telling
def validate(night: str, year: int, folder: str) -> None:
    """Judge a part folder; a critical rule that fails, or cannot be run, blocks the release."""
    tonight = OPEN[night]
    with tonight.stage("gates of the report"):
        outcomes = gate_outcomes(Path(folder), SUITES / "report", year, tonight.settings.district)
    tonight.outcomes += outcomes
    rejections = [
        f"{outcome['suite']}: {Message.from_json(kept).english}"
        for outcome in outcomes
        for kept in outcome["rejections"]
    ]
    if rejections:
        raise Blocked(f"{year}: {'; '.join(rejections)}")
