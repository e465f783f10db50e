"""A dry run of what is not yet sent: read and judged as a night would, and nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flows.common.errors import Rejected
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.extract.inbox.inbox_file import Dropped
from flows.extract.inbox.zip_archives import Unsound
from flows.landing.acceptance import Acceptance, outcome_of, rejected_outcome
from flows.landing.load import ROWS, Read, judge_landed, read_into
from flows.onboarding.dry_run.candidate_files import unpacked_to
from flows.parsing.result import Line, Reading
from flows.quality.suite import SuiteError, load_suite, readings_path, suite_path
from flows.runs.context import Night
from flows.runs.validation import compared, verdicts


@dataclass(frozen=True)
class Tried:
    """One file of a dry run: what was read of it, and the verdict; its rows are in its folder."""

    path: Path
    delivery: Delivery
    account: list[Line]  # each row that is no data
    reading: Reading | None  # none where it cannot be read
    verdict: Acceptance
    last: Delivery | None = None  # the accepted one that it was compared with
    landed_at: str = ""  # when these bytes came under this name, if that was the last time


def try_files(
    night: Night, contract: Contract, found: Sequence[Dropped], scratch: Path
) -> list[Tried]:
    """Read and judge files as if they were the next to land; typed rows go to `scratch`."""
    verdicts(night, judge_new=False)  # finds the waivers in force, too
    tried = [_read(night, contract, one, scratch / str(n)) for n, one in enumerate(found)]
    readable = [one for one in tried if one.reading]
    try:
        suite = load_suite(suite_path(contract), readings_path())
        landings = judge_landed([_as_read(night, one) for one in readable], contract, suite)
        outcomes = [outcome_of(landing, contract) for landing in landings]
    except SuiteError as error:
        outcomes = [rejected_outcome(contract, error) for _ in readable]
    for one, outcome in zip(readable, outcomes, strict=True):
        tried[tried.index(one)] = replace(one, verdict=replace(one.verdict, outcome=outcome))
    with_period = [number for number, one in enumerate(tried) if one.delivery.period]
    asked = [(tried[one].delivery, tried[one].verdict) for one in with_period]
    told = compared(night, asked, scratch / "earlier")
    landed = {
        (one.district_code, one.files[0].original_name): one
        for one in night.store.deliveries()
        if one.source == contract.name
    }
    for number, (verdict, last) in zip(with_period, told, strict=True):
        own = tried[number].delivery
        same = landed.get((own.district_code, own.files[0].original_name))
        at = same.received_at if same and same.id == own.id else ""
        tried[number] = replace(tried[number], verdict=verdict, last=last, landed_at=at)
    return tried


def _delivery(night: Night, dropped: Dropped) -> Delivery:
    attachments = tuple(LandedFile(one.sha256, one.size, one.name) for one in dropped.attachments)
    place = dropped.place
    return Delivery(
        place.contract.name, place.district_code, place.period,
        (LandedFile(dropped.sha256, dropped.size, dropped.name),), night.started_at, "inbox",
        source_date=place.source_date, attachments=attachments, archive=dropped.archive,
    )  # fmt: skip


def _as_read(night: Night, one: Tried) -> Read:
    assert one.reading
    return Read(one.verdict.folder, one.delivery, one.reading, night.waivers_for(one.delivery))


def _read(night: Night, contract: Contract, dropped: Dropped, folder: Path) -> Tried:
    """Read a file's rows; one that cannot be read has its verdict already."""
    folder.mkdir()
    delivery, pseudonym = _delivery(night, dropped), night.key.pseudonym
    path, reading, outcome = folder / "unpacked", None, dict[str, Any]()
    account: list[Line] = []
    try:
        path = unpacked_to(dropped, path)
        reading = read_into(folder / ROWS, path, delivery, contract, pseudonym, account)
    except (Rejected, Unsound) as error:
        outcome = rejected_outcome(contract, error)
    return Tried(path, delivery, account, reading, Acceptance(folder, outcome))
