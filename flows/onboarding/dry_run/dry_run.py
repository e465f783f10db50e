"""A dry run of what is not yet sent: read and judged as a run would, and nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flows.common.errors import Rejected
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.extract.inbox.inbox_file import InboxFile
from flows.extract.inbox.zip_archives import Unsound
from flows.landing.load import ROWS, ParsedFile, judge_files, parse_into
from flows.landing.outcome import Outcome, describe_landing, rejected_details
from flows.parsing.result import ParseResult, RowLogEntry
from flows.quality.suite import SuiteError
from flows.quality.waivers import Waiver
from flows.runs.context import RunContext
from flows.runs.validation import compare_candidates, find_outcomes


@dataclass(frozen=True)
class FileTrial:
    """One file of a dry run: what was read of it, and its outcome; its rows are in its folder."""

    delivery: Delivery
    row_log: list[RowLogEntry]  # each row that is no data
    parsed: ParseResult | None  # none where it cannot be read
    outcome: Outcome
    last: Delivery | None = None  # the accepted one that it was compared with
    landed_at: str = ""  # when these bytes came under this name, if that was the last time


def try_files(
    run: RunContext, contract: Contract, candidates: Sequence[InboxFile], scratch: Path
) -> list[FileTrial]:
    """Read and judge files as if they were the next to land; typed rows go to `scratch`."""
    _, waivers = find_outcomes(run, read_new=False)
    trials = [
        _read(run, contract, candidate, scratch / str(number))
        for number, candidate in enumerate(candidates)
    ]
    trials = _judge(run, contract, trials, waivers)
    with_period = [number for number, trial in enumerate(trials) if trial.delivery.period]
    asked = [(trials[number].delivery, trials[number].outcome) for number in with_period]
    landed = {
        (delivery.district_code, delivery.files[0].original_name): delivery
        for delivery in run.store.deliveries()
        if delivery.source == contract.name
    }
    found = compare_candidates(run, asked, scratch / "earlier")
    for number, (outcome, last) in zip(with_period, found, strict=True):
        delivery = trials[number].delivery
        same = landed.get((delivery.district_code, delivery.files[0].original_name))
        at = same.received_at if same and same.id == delivery.id else ""
        trials[number] = replace(trials[number], outcome=outcome, last=last, landed_at=at)
    return trials


def _read(run: RunContext, contract: Contract, candidate: InboxFile, folder: Path) -> FileTrial:
    """Read a file's rows; one that cannot be read has its outcome already."""
    folder.mkdir()
    route = candidate.route
    delivery = Delivery(
        route.contract.name,
        route.district_code,
        route.period,
        (LandedFile(candidate.sha256, candidate.size, candidate.name),),
        run.started_at,
        "inbox",
        source_date=route.source_date,
        attachments=tuple(
            LandedFile(file.sha256, file.size, file.name) for file in candidate.attachments
        ),
        archive=candidate.archive,
    )
    parsed, outcome = None, dict[str, Any]()
    row_log: list[RowLogEntry] = []
    try:
        path = candidate.extract(folder / "unpacked")
        pseudonym = run.key.pseudonym
        parsed = parse_into(folder / ROWS, path, delivery, contract, pseudonym, row_log)
    except (Rejected, Unsound) as error:
        outcome = rejected_details(contract, error, run.suites)
    return FileTrial(delivery, row_log, parsed, Outcome(folder, outcome))


def _judge(
    run: RunContext, contract: Contract, trials: Sequence[FileTrial], waivers: Sequence[Waiver]
) -> list[FileTrial]:
    """Judge the rows of the files that can be read."""
    many = [
        ParsedFile(
            trial.outcome.folder,
            trial.delivery,
            trial.parsed,
            run.pick_waivers(waivers, trial.delivery),
        )
        for trial in trials
        if trial.parsed
    ]
    try:
        suite = run.suites.load(contract)
        landings = judge_files(many, contract, suite)
        outcomes = iter([describe_landing(landing, contract) for landing in landings])
    except SuiteError as error:
        outcomes = iter([rejected_details(contract, error, run.suites) for _ in many])
    return [
        replace(trial, outcome=replace(trial.outcome, details=next(outcomes)))
        if trial.parsed
        else trial
        for trial in trials
    ]
