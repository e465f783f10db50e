"""A dry run of what is not yet sent: read and judged as a run would, and nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.extract.inbox.inbox_file import InboxFile
from flows.landing.outcome import Outcome, UnreadFile, ValidationRequest, parse_and_judge
from flows.parsing.result import ParseResult, RowLogEntry
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
    files = []
    for number, candidate in enumerate(candidates):
        delivery, folder = _make_delivery(run, candidate), scratch / str(number)
        request = ValidationRequest(delivery, run.pick_waivers(waivers, delivery))
        files.append(
            UnreadFile(folder, request, partial(candidate.extract, folder / "unpacked"), [])
        )
    read = parse_and_judge(files, contract, run.suites, run.key.pseudonym)
    trials = [
        FileTrial(file.request.delivery, file.row_log or [], parsed, Outcome(file.folder, details))
        for file, (parsed, details) in zip(files, read, strict=True)
    ]
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


def _make_delivery(run: RunContext, candidate: InboxFile) -> Delivery:
    route = candidate.route
    return Delivery(
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
