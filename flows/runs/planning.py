"""What a night would do, seen before anything heavy is loaded."""

import shutil
from collections.abc import Sequence

from flows.common.disk import check_room
from flows.common.errors import Unavailable
from flows.common.files import hash_file
from flows.contracts.delivery import Delivery, last_of
from flows.extract.inbox.scan import InboxScan, scan_inbox
from flows.extract.pull.pull import has_changed
from flows.landing.cache_key import cache_key
from flows.landing.source_status import Owed, all_in_force
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
from flows.runs.context import Difference, Night, inputs_of_year
from flows.runs.validation import relevant_deliveries, standings_of, verdicts


def check_what_is_kept(night: Night) -> None:
    """Stop before any work where what is in force was changed; tell of other damage."""
    for year in night.years:
        refuse_what_is_no_link(year_folder(night.workspace, year) / "current")
    refuse_what_is_no_link(night.workspace.warehouse / "current")
    night.deliveries()  # a line that cannot be read is told by its number
    night.remarks += check_received(night.workspace)
    night.remarks += find_problems(night.workspace, night.years, NEWEST_RELEASES)
    judged = verdicts(night, judge_new=False)  # what is not judged yet is verified when read
    standings = standings_of(night, judged)
    night.store.verify(part.delivery for part in all_in_force(standings))


def look(night: Night) -> Difference:
    """Look for what is new, in plain code: the inbox by hash, live systems by asking."""
    check_what_is_kept(night)
    deliveries = night.deliveries()
    scan = InboxScan()
    pulls: list[Owed] = []
    if night.as_of is None:
        districts = (night.settings.district,)
        scan = scan_inbox(night.workspace, night.contracts, districts, deliveries, night.settings)
        night.remarks += scan.notices
        night.unavailable += scan.unreadable
        night.held = scan.held
        pulls = _changed_pulls(night, deliveries)
    known = verdicts(night, judge_new=False)
    owed = {one.key for one in night.owed()}
    unjudged = [
        one
        for one in relevant_deliveries(night)
        if one.key in owed and (one.source, one.period, one.id) not in known
    ]
    return Difference(tuple(scan.new), tuple(pulls), tuple(unjudged))


def _changed_pulls(night: Night, deliveries: Sequence[Delivery]) -> list[Owed]:
    changed = []
    live = {
        owed.key: owed for owed in night.owed() if owed.contract.meta["pull"]["from"] != "inbox"
    }
    for owed in live.values():
        if why := owed.why_not_asked(night.today):
            night.remarks.append(why)
            continue
        contract, retry_budget = owed.contract, night.retry_budget_for(owed.contract.name)
        asked = (night.store, contract, night.settings, owed.period, retry_budget, night.today)
        try:
            if has_changed(*asked):
                changed.append(owed)
        except Unavailable as error:
            last = last_of(deliveries, owed.key)
            stands = "; the last delivery stands" if last and not last.withdrawn else ""
            night.unavailable.append(f"{error}{stands}")
    return changed


def require_room(night: Night) -> None:
    """Refuse to begin what the disk has no room for."""
    assert night.difference is not None
    deliveries = night.deliveries()
    last = [last_of(deliveries, owed.key) for owed in night.difference.pulls]
    arriving = sum(file.size for one in last if one for file in one.files)
    arriving += sum(dropped.size_of_all for dropped in night.difference.dropped)
    archives = {dropped.archive for dropped in night.difference.dropped if dropped.archive}
    arriving += sum(archive.size for archive in archives)
    check_room(night.workspace, arriving)


def forget_unused_readings(night: Night) -> None:
    """Remove cached readings that no delivery of the night's years has any more."""
    wanted = {
        cache_key(one, night.contracts[one.source], night.key.id, night.waivers_for(one))
        for one in relevant_deliveries(night)
    }
    for folder in night.workspace.cache.glob("*"):  # there is none before anything has landed
        if folder.is_dir() and folder.name not in wanted:
            shutil.rmtree(folder)


def years_to_build(night: Night) -> list[int]:
    """Pick the years whose newest release does not follow from tonight's inputs.

    Where it does, `current` is switched to it if a killed night left that undone; one that is
    pinned to an older release stays there and is told, as a gap, until a new release.
    """
    waiting = []
    for year in night.years:
        default_year = night.settings.default_year
        night.remarks += find_link_problems(night.workspace, year, default_year)
        release = newest_release(night.workspace, year)
        wanted = fingerprint_of(inputs_of_year(night, year))
        if release and not release.find_problems() and release.fingerprint == wanted:
            pinned = pinned_release(night.workspace, year)
            switch_current(night.workspace, year, default_year, pinned or release)
            night.results[year] = {
                "result": "unchanged",
                "release": release.name,
                "manifest_sha256": hash_file(release.folder / MANIFEST),
                "has_gaps": bool(release.manifest["has_gaps"]) or pinned is not None,
            }
        else:
            waiting.append(year)
            if (
                release
                and not release.find_problems()
                and release.manifest["inputs"]["key_id"] != night.key.id
            ):
                night.remarks.append(
                    "the key of the pseudonyms is another one than before: all rows are read again"
                )
    return waiting
