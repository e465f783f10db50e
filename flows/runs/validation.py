"""The verdicts on the deliveries of a night, and what stands in force after it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flows.common.settings import SAMPLE_DISTRICT, Workspace
from flows.contracts.delivery import Delivery
from flows.landing.acceptance import Acceptance, Asked, accept_all, cached
from flows.landing.drift import Verdicts, nearest, with_drift
from flows.landing.source_status import (
    Standing,
    all_in_force,
    candidates,
    files_of_the_sample,
    standing_of,
    with_period_before,
)
from flows.landing.withdrawals import withdrawn_entries, withdrawn_sentences
from flows.quality.suite import rule_names
from flows.quality.waivers import NEVER, WAIVERS, Waiver, waivers_in
from flows.releases.run_log import records
from flows.runs.context import Night, open_night

JUDGED_ANEW_BYTES = 20_000_000  # for a comparison by day


def relevant_deliveries(night: Night) -> list[Delivery]:
    """List the deliveries of the periods owed, and those with which they are compared."""
    deliveries = night.deliveries()
    keys = sorted(with_period_before(night.owed(), deliveries))
    return [one for key in keys for one in candidates(deliveries, key)]


def verdicts(night: Night, *, judge_new: bool) -> Verdicts:
    """Give the verdict on each delivery owed; unless `judge_new`, only those of earlier nights."""
    relevant = relevant_deliveries(night)
    judged = _judged_all(night, relevant, judge_new=judge_new)
    told = with_drift(judged, relevant, night.deliveries(), night.contracts, night.waivers_for)
    owed = {(one.contract.name, one.period) for one in night.owed()}
    return {key: verdict for key, verdict in told.items() if key[:2] in owed}


def _judged_all(night: Night, relevant: Sequence[Delivery], *, judge_new: bool) -> Verdicts:
    """Judge each delivery for itself, not yet compared with others."""
    found: Verdicts = {}
    by_table: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in relevant:
        by_table[delivery.source].append(delivery)
    # The waivers first: the verdicts on all others follow from them.
    for source in sorted(by_table, key=lambda name: name != WAIVERS):
        found |= _judged(night, by_table[source], judge_new=judge_new)
        if source == WAIVERS:
            night.waivers = _waivers_in_force(night, found)
    return found


def _judged(night: Night, deliveries: Sequence[Delivery], *, judge_new: bool) -> Verdicts:
    contract, cache = night.contracts[deliveries[0].source], night.workspace.cache
    asked = [Asked(one, night.waivers_for(one)) for one in deliveries]
    judged: Sequence[Acceptance | None]
    if judge_new:
        judged = accept_all(night.store, cache, asked, contract, night.key)
    else:
        judged = [cached(cache, one.delivery, contract, night.key.id, one.waivers) for one in asked]
    return {
        (one.source, one.period, one.id): verdict
        for one, verdict in zip(deliveries, judged, strict=True)
        if verdict
    }


def _waivers_in_force(night: Night, judged: Verdicts) -> list[Waiver]:
    """Read the register that is in force; what it names in vain is told."""
    owed = next((one for one in night.owed() if one.contract.name == WAIVERS), None)
    if owed is None:
        return []
    standing = standing_of(owed, night.deliveries(), judged, night.today)
    # One whose cached rows are damaged is read anew by the night, before it judges the others.
    sound = [part.acceptance.rows for part in standing.in_force if part.acceptance.is_sound]
    found = [waiver for rows in sound for waiver in waivers_in(rows)]
    for waiver in found:
        sentences = (_useless(night, waiver) or _too_wide(waiver), _too_long(waiver))
        night.remarks += [one for one in sentences if one and one not in night.remarks]
    return found


def _useless(night: Night, waiver: Waiver) -> str | None:
    """Say why a waiver can let nothing through: it names no table or no rule that there is."""
    where = f"{WAIVERS}: {waiver.number}"
    contract = night.contracts.get(waiver.source)
    if contract is None or waiver.source == WAIVERS:
        return f"{where}: no source table {waiver.source} can be waived"
    if waiver.rule not in rule_names(contract):
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


def compared(
    night: Night, tried: Sequence[tuple[Delivery, Acceptance]], scratch: Path
) -> list[tuple[Acceptance, Delivery | None]]:
    """Compare deliveries of one table that did not land with those that did, as the last of them.

    Gives of each its verdict, and the accepted delivery with which it was compared. Earlier ones
    that a changed contract makes the next night judge anew are judged now, if that takes not long;
    what is read for it goes to `scratch`.
    """
    if not tried:
        return []
    relevant, known = relevant_deliveries(night), night.deliveries()
    last = [replace(one, number=len(known) + n) for n, (one, _) in enumerate(tried, start=1)]
    keys = [(one.source, one.period, one.id) for one in last]
    verdicts_of = zip(keys, (verdict for _, verdict in tried), strict=True)
    judged = _judged_all(night, relevant, judge_new=False)
    anew = [
        Asked(one, night.waivers_for(one))
        for one in relevant
        if one.source == last[0].source and (one.source, one.period, one.id) not in judged
    ]
    if sum(one.delivery.files[0].size for one in anew) <= JUDGED_ANEW_BYTES:
        contract = night.contracts[last[0].source]
        found = accept_all(night.store, scratch, anew, contract, night.key)
        for one, its in zip(anew, found, strict=True):
            judged[one.delivery.source, one.delivery.period, one.delivery.id] = its
    judged |= dict(verdicts_of)
    others = [one for one in relevant if (one.source, one.period, one.id) not in keys]
    told = with_drift(judged, [*others, *last], [*known, *last], night.contracts, night.waivers_for)
    before = [
        (one, verdict)
        for one in others
        if (one.source, one.district_code) == (last[0].source, last[0].district_code)
        and (verdict := told.get((one.source, one.period, one.id))) and verdict.accepted
    ]  # fmt: skip
    return [
        (told[key], nearest(one, before, night.contracts[one.source])[0] if before else None)
        for one, key in zip(last, keys, strict=True)
    ]


def standings_of(night: Night, judged: Verdicts) -> list[Standing]:
    """Say of each period owed what stands in force by some verdicts."""
    deliveries = night.deliveries()
    return [
        replace(
            standing_of(owed, deliveries, judged, night.today), held=night.held.get(owed.key, 0)
        )
        for owed in night.owed()
    ]


def find_standings(night: Night, *, judge_new: bool) -> None:
    """Find what is in force for every period owed; a waiver that helps none of it is told."""
    judged = verdicts(night, judge_new=judge_new)
    night.standings = standings_of(night, judged)
    night.withdrawn = withdrawn_entries(
        night.deliveries(), {one.key: one.contract for one in night.owed()}
    )
    night.remarks += withdrawn_sentences(night.withdrawn)
    if night.settings.district != SAMPLE_DISTRICT:
        night.remarks += [
            f"{name} says that its rows are invented: take it out of raw/inbox; until another is "
            "in force in its place what is published says 样例数据"
            for name in files_of_the_sample(night.standings)
        ]
    standing = [part.acceptance for part in all_in_force(night.standings)]
    rejected = [one for one in judged.values() if not one.accepted]
    used = {
        entry["number"] for one in (*standing, *rejected) for entry in one.outcome.get("waived", ())
    }
    night.remarks += [
        f"{WAIVERS}: {one.number} let nothing through: is its period, column, file, sheet, row or "
        "unit mistyped, or is it needed no more?"
        for one in night.waivers
        if one.is_open(night.today) and one.number not in used and not _useless(night, one)
    ]


def look_at_standings(workspace: Workspace, year: int | None = None) -> Night:
    """Find what stands in force now, for people who ask by day: no lock, no judging, no record."""
    night = open_night(workspace, year, None)
    known = (record["held"] for record in reversed(records(workspace)) if "held" in record)
    night.held = {(source, *key): files for source, *key, files in next(known, ())}
    find_standings(night, judge_new=False)
    return night
