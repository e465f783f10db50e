"""What a run would do, found before anything heavy is loaded."""

import shutil
from collections.abc import Sequence
from typing import Any

from flows.common.disk import check_room
from flows.common.errors import Unavailable
from flows.common.files import hash_file
from flows.contracts.delivery import Delivery, find_last_delivery
from flows.extract.inbox.scan import InboxScan, scan_inbox
from flows.extract.pull.pull import has_changed
from flows.landing.outcome import ValidationRequest
from flows.landing.source_status import ExpectedDelivery, all_active, find_status
from flows.releases.fingerprint import fingerprint_of
from flows.releases.integrity import (
    NEWEST_RELEASES,
    check_received,
    find_link_problems,
    find_problems,
)
from flows.releases.release import (
    MANIFEST,
    newest_release,
    pinned_release,
    refuse_what_is_no_link,
    switch_current,
    year_folder,
)
from flows.releases.signed_drift import record_drift
from flows.runs.context import RunContext, RunPlan, ValidatedSources, inputs_of_year
from flows.runs.validation import find_outcomes, relevant_deliveries


def check_kept(run: RunContext) -> list[str]:
    """Stop before any work where links or the list of what was received are not as they were left.

    Gives sentences on other damage, which stops nothing.
    """
    for year in run.years:
        refuse_what_is_no_link(year_folder(run.workspace, year) / "current")
    refuse_what_is_no_link(run.workspace.warehouse / "current")
    run.deliveries()  # a line that cannot be read is named by its number
    return [
        *check_received(run.workspace),
        *find_problems(run.workspace, run.years, NEWEST_RELEASES),
    ]


def plan_run(run: RunContext) -> RunPlan:
    """Find what is new, in plain code: the inbox by hash, live systems by asking.

    Stops before any work where the kept bytes of an active delivery were changed.
    """
    notices = check_kept(run)
    deliveries, expected = run.deliveries(), run.expected()
    known, _ = find_outcomes(run, read_new=False)  # what is not known is verified when read
    statuses = [find_status(period, deliveries, known, run.today) for period in expected]
    run.store.verify(part.delivery for part in all_active(statuses))
    inbox, pulls, unavailable = InboxScan(), list[ExpectedDelivery](), list[str]()
    if run.as_of is None:
        districts = (run.settings.district,)
        inbox = scan_inbox(run.workspace, run.contracts, districts, deliveries, run.settings)
        pulls, not_asked, unavailable = _find_changed_pulls(run, deliveries)
        notices += [*inbox.notices, *not_asked]
    keys = {period.key for period in expected}
    return RunPlan(
        files=tuple(inbox.new),
        pulls=tuple(pulls),
        not_yet_validated=tuple(
            delivery
            for delivery in relevant_deliveries(run)
            if delivery.key in keys and (delivery.source, delivery.period, delivery.id) not in known
        ),
        held=inbox.held,
        notices=tuple(notices),
        unavailable=(*inbox.unreadable, *unavailable),
        unmatched=tuple(inbox.unmatched),
    )


def _find_changed_pulls(
    run: RunContext, deliveries: Sequence[Delivery]
) -> tuple[list[ExpectedDelivery], list[str], list[str]]:
    """Ask live systems; gives what changed, why some are not asked, and which did not answer."""
    changed, not_asked, unavailable = [], [], []
    live = {
        period.key: period for period in run.expected() if period.contract.pull.origin != "inbox"
    }
    for expected in live.values():
        if why := expected.why_not_asked(run.today):
            not_asked.append(why)
            continue
        contract, budget = expected.contract, run.budgets[expected.contract.name]
        try:
            if has_changed(run.store, contract, run.settings, expected.period, budget, run.today):
                changed.append(expected)
        except Unavailable as error:
            last = find_last_delivery(deliveries, expected.key)
            stands = "; the last delivery stands" if last and not last.withdrawn else ""
            unavailable.append(f"{error}{stands}")
    return changed, not_asked, unavailable


def require_room(run: RunContext, plan: RunPlan) -> None:
    """Refuse to begin what the disk has no room for."""
    deliveries = run.deliveries()
    last = [find_last_delivery(deliveries, expected.key) for expected in plan.pulls]
    arriving = sum(file.size for delivery in last if delivery for file in delivery.files)
    arriving += sum(file.size_of_all for file in plan.files)
    archives = {file.archive for file in plan.files if file.archive}
    arriving += sum(archive.size for archive in archives)
    check_room(run.workspace, arriving)


def forget_unused_results(run: RunContext, sources: ValidatedSources) -> None:
    """Remove cached readings that no delivery of the run's years has any more."""
    wanted = {
        run.validator.cache_key(
            ValidationRequest(delivery, run.pick_waivers(sources.waivers, delivery)),
            run.contracts[delivery.source],
        )
        for delivery in relevant_deliveries(run)
    }
    for folder in run.workspace.cache.glob("*"):  # there is none before anything has landed
        if folder.is_dir() and folder.name not in wanted:
            shutil.rmtree(folder)


def find_unchanged_years(
    run: RunContext, sources: ValidatedSources
) -> tuple[dict[int, dict[str, Any]], list[str]]:
    """Find the years whose newest release follows from the inputs of this run already.

    Gives their results and notices. `current` is switched to that release if a killed run left
    that undone; one that is pinned to an older release stays there and is named, as a gap, until a
    new release.
    """
    results, notices = dict[int, dict[str, Any]](), list[str]()
    for year in run.years:
        default_year = run.settings.default_year
        notices += find_link_problems(run.workspace, year, default_year)
        release = newest_release(run.workspace, year)
        if release is None or release.find_problems():
            continue
        notices += record_drift(release)  # which a run that was killed after the switch left undone
        if release.fingerprint == fingerprint_of(inputs_of_year(run, sources, year)):
            pinned = pinned_release(run.workspace, year)
            switch_current(run.workspace, year, default_year, pinned or release)
            results[year] = {
                "result": "unchanged",
                "release": release.name,
                "manifest_sha256": hash_file(release.folder / MANIFEST),
                "has_gaps": bool(release.manifest["has_gaps"]) or pinned is not None,
            }
        elif release.manifest["inputs"]["key_id"] != run.key.id:
            notices.append(
                "the key of the pseudonyms is another one than before: all rows are read again"
            )
    return results, notices
