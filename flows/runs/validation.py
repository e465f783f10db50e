"""The outcomes of all deliveries of a run, and what is active by them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from flows.common.settings import SAMPLE_DISTRICT, Workspace
from flows.contracts.delivery import Delivery
from flows.landing.drift import Outcomes, add_drift, nearest
from flows.landing.outcome import Outcome, ValidationRequest
from flows.landing.source_status import (
    Key,
    all_active,
    candidates,
    find_status,
    sample_files,
    with_period_before,
)
from flows.landing.withdrawals import withdrawn_entries, withdrawn_sentences
from flows.quality.waivers import NEVER, WAIVERS, Waiver, waivers_in
from flows.releases.run_log import records
from flows.runs.context import RunContext, ValidatedSources, make_context

VALIDATED_BY_DAY_BYTES = 20_000_000  # of earlier files, for a comparison by day


def relevant_deliveries(run: RunContext) -> list[Delivery]:
    """List the deliveries of the periods expected, and those with which they are compared."""
    deliveries = run.deliveries()
    keys = sorted(with_period_before(run.expected(), deliveries))
    return [delivery for key in keys for delivery in candidates(deliveries, key)]


def find_outcomes(run: RunContext, *, read_new: bool) -> tuple[Outcomes, list[Waiver]]:
    """Validate each delivery for itself, not yet compared with others; and find the waivers.

    Unless `read_new`, only the outcomes of earlier runs are found.
    """
    found: Outcomes = {}
    waivers: list[Waiver] = []
    by_table: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in relevant_deliveries(run):
        by_table[delivery.source].append(delivery)
    # The waivers first: the outcomes of all others follow from them.
    for source in sorted(by_table, key=lambda name: name != WAIVERS):
        requests = [
            ValidationRequest(delivery, run.pick_waivers(waivers, delivery))
            for delivery in by_table[source]
        ]
        found |= _outcomes_of_table(run, requests, read_new=read_new)
        if source == WAIVERS:
            waivers = _active_waivers(run, found)
    return found, waivers


def _outcomes_of_table(
    run: RunContext, requests: Sequence[ValidationRequest], *, read_new: bool
) -> Outcomes:
    contract, validator = run.contracts[requests[0].delivery.source], run.validator
    outcomes: Sequence[Outcome | None]
    if read_new:
        outcomes = validator.validate(requests, contract)
    else:
        outcomes = [validator.find_earlier(request, contract) for request in requests]
    return {
        _key(request.delivery): outcome
        for request, outcome in zip(requests, outcomes, strict=True)
        if outcome
    }


def _key(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.source, delivery.period, delivery.id


def _active_waivers(run: RunContext, outcomes: Outcomes) -> list[Waiver]:
    expected = next((item for item in run.expected() if item.contract.name == WAIVERS), None)
    if expected is None:
        return []
    status = find_status(expected, run.deliveries(), outcomes, run.today)
    # One whose cached rows are damaged is read anew by the run, before it validates the others.
    sound = [part.outcome.rows for part in status.active if part.outcome.is_sound]
    return [waiver for rows in sound for waiver in waivers_in(rows)]


def validate_sources(
    run: RunContext, held: Mapping[Key, int], *, read_new: bool = True
) -> ValidatedSources:
    """Validate all deliveries, compare each with what came before, and find what is active.

    `held` counts the files of a period of which none was taken.
    """
    own, waivers = find_outcomes(run, read_new=read_new)
    deliveries, expected = run.deliveries(), run.expected()
    outcomes = add_drift(
        own,
        relevant_deliveries(run),
        deliveries,
        run.contracts,
        run.suites,
        partial(run.pick_waivers, waivers),
    )
    keys = {period.key: period.contract for period in expected}
    wanted = {(source, period) for source, _, period in keys}
    statuses = [
        replace(find_status(period, deliveries, outcomes, run.today), held=held.get(period.key, 0))
        for period in expected
    ]
    sources = ValidatedSources(
        statuses=statuses,
        outcomes={key: outcome for key, outcome in outcomes.items() if key[:2] in wanted},
        waivers=waivers,
        withdrawn=withdrawn_entries(deliveries, keys),
        held=held,
        notices=(),
    )
    return replace(sources, notices=list(_notices(run, sources)))


def _notices(run: RunContext, sources: ValidatedSources) -> Iterator[str]:
    """Say what is withdrawn or invented, and which waivers help nothing or are not as they look."""
    useless = {waiver: _why_useless(run, waiver) for waiver in sources.waivers}
    for waiver, reason in useless.items():
        yield from filter(None, (reason or _too_wide(waiver), _too_long(waiver)))
    yield from withdrawn_sentences(sources.withdrawn)
    if run.settings.district != SAMPLE_DISTRICT:
        for name in sample_files(sources.statuses):
            yield (
                f"{name} says that its rows are invented: take it out of raw/inbox; until another "
                "is in force in its place what is published says 样例数据"
            )
    active = [part.outcome for part in all_active(sources.statuses)]
    rejected = [outcome for outcome in sources.outcomes.values() if not outcome.accepted]
    used = {
        entry["number"]
        for outcome in (*active, *rejected)
        for entry in outcome.details.get("waived", ())
    }
    for waiver in sources.waivers:
        if waiver.is_open(run.today) and waiver.number not in used and not useless[waiver]:
            yield (
                f"{WAIVERS}: {waiver.number} let nothing through: is its period, column, file, "
                "sheet, row or unit mistyped, or is it needed no more?"
            )


def _why_useless(run: RunContext, waiver: Waiver) -> str | None:
    """Say why a waiver can let nothing through: it names no table or no rule that there is."""
    where = f"{WAIVERS}: {waiver.number}"
    contract = run.contracts.get(waiver.source)
    if contract is None or waiver.source == WAIVERS:
        return f"{where}: no source table {waiver.source} can be waived"
    if waiver.rule not in run.suites.rule_names(contract):
        return f"{where}: the suite of {waiver.source} has no rule {waiver.rule}"
    if waiver.rule in NEVER:
        return f"{where}: {waiver.rule} cannot be waived: what cannot be read is not let through"
    return None


def _too_wide(waiver: Waiver) -> str | None:
    """Say where a waiver lets through more than one case, though it looks like one."""
    if waiver.row and not waiver.file:
        where = f"{WAIVERS}: {waiver.number}"
        return f"{where}: it names a row but no file, and another file has another row there"
    return None


def _too_long(waiver: Waiver) -> str | None:
    """Say when a waiver ends that was to last longer than a year."""
    if waiver.last_day < waiver.expires_on:
        where = f"{WAIVERS}: {waiver.number}"
        return f"{where}: a waiver lasts at most a year, so it ends on {waiver.last_day}"
    return None


def compare_candidates(
    run: RunContext, tried: Sequence[tuple[Delivery, Outcome]], scratch: Path
) -> list[tuple[Outcome, Delivery | None]]:
    """Compare deliveries of one table that did not land with those that did, as the last of them.

    Gives of each its outcome, and the accepted delivery with which it was compared. Earlier ones
    that a changed contract makes the next run read anew are read now, if that takes not long; what
    is read for it goes to `scratch`.
    """
    if not tried:
        return []
    relevant, known = relevant_deliveries(run), run.deliveries()
    last = [replace(own, number=len(known) + n) for n, (own, _) in enumerate(tried, start=1)]
    contract = run.contracts[last[0].source]
    outcomes, waivers = find_outcomes(run, read_new=False)
    waivers_for = partial(run.pick_waivers, waivers)
    anew = [
        ValidationRequest(delivery, waivers_for(delivery))
        for delivery in relevant
        if delivery.source == contract.name and _key(delivery) not in outcomes
    ]
    if sum(request.delivery.files[0].size for request in anew) <= VALIDATED_BY_DAY_BYTES:
        found = replace(run.validator, cache=scratch).validate(anew, contract)
        outcomes |= zip((_key(request.delivery) for request in anew), found, strict=True)
    keys = [_key(delivery) for delivery in last]
    outcomes |= zip(keys, (outcome for _, outcome in tried), strict=True)
    others = [delivery for delivery in relevant if _key(delivery) not in keys]
    compared = add_drift(
        outcomes, [*others, *last], [*known, *last], run.contracts, run.suites, waivers_for
    )
    before = [
        (delivery, outcome)
        for delivery in others
        if (delivery.source, delivery.district_code) == (contract.name, last[0].district_code)
        and (outcome := compared.get(_key(delivery))) and outcome.accepted
    ]  # fmt: skip
    return [
        (compared[key], nearest(delivery, before, contract)[0] if before else None)
        for delivery, key in zip(last, keys, strict=True)
    ]


def find_sources(
    workspace: Workspace, year: int | None = None
) -> tuple[RunContext, ValidatedSources]:
    """Find what is active now, for people who ask by day: no lock, no reading, no record."""
    run = make_context(workspace, year, None)
    known = (record["held"] for record in reversed(records(workspace)) if "held" in record)
    held: dict[Key, int] = {(source, *key): files for source, *key, files in next(known, ())}
    return run, validate_sources(run, held, read_new=False)
