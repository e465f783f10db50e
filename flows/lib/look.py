"""What a night sees before anything heavy is loaded, and what stands in force after it."""

import shutil
from collections.abc import Sequence

from flows.lib.acceptance import Acceptance, accept, cache_key, cached
from flows.lib.errors import Unavailable
from flows.lib.inbox import Dropped, new_files, view_inbox
from flows.lib.night import Difference, Night, open_night
from flows.lib.pulling import source_of
from flows.lib.settings import Workspace
from flows.lib.standing import Owed, candidates, standing_of
from flows.lib.store import Delivery, last_of


def _relevant(night: Night) -> list[Delivery]:
    """List the deliveries among which a period's one in force is sought."""
    deliveries = night.deliveries()
    found = {
        (one.key, one.id): one for owed in night.owed() for one in candidates(deliveries, owed)
    }
    return list(found.values())


def verdicts(night: Night, *, judge_new: bool) -> dict[tuple[str, str, str], Acceptance]:
    """Give the verdict on each delivery; unless `judge_new`, only those of earlier nights."""
    found = {}
    for delivery in _relevant(night):
        contract = night.contracts[delivery.source]
        if judge_new:
            verdict = accept(night.store, night.workspace.cache, delivery, contract, night.key)
        else:
            earlier = cached(night.workspace.cache, delivery, contract, night.key.id)
            if earlier is None:
                continue
            verdict = earlier
        found[(delivery.source, delivery.period, delivery.id)] = verdict
    return found


def look(night: Night) -> Difference:
    """Look for what is new, in plain code: the inbox by hash, live systems by asking."""
    deliveries = night.deliveries()
    dropped: list[Dropped] = []
    pulls: list[Owed] = []
    if night.as_of is None:
        view = view_inbox(night.workspace.inbox, night.contracts, (night.settings.district,))
        night.remarks += view.remarks
        dropped = new_files(view, deliveries)
        pulls = _changed_pulls(night, deliveries)
    known = verdicts(night, judge_new=False)
    unjudged = [one for one in _relevant(night) if (one.source, one.period, one.id) not in known]
    return Difference(tuple(dropped), tuple(pulls), tuple(unjudged))


def _changed_pulls(night: Night, deliveries: Sequence[Delivery]) -> list[Owed]:
    changed = []
    live = {
        owed.key: owed for owed in night.owed() if owed.contract.meta["pull"]["from"] != "inbox"
    }
    for owed in live.values():
        last = last_of(deliveries, owed.key)
        state = None
        if last:
            is_http = owed.contract.meta["pull"]["from"] == "http"
            state = last.version if is_http else last.id
        try:
            if source_of(owed.contract, night.settings).has_changed(owed.period, state):
                changed.append(owed)
        except Unavailable as error:
            if last:
                night.unavailable.append(f"{error}; the last delivery stands")
            else:
                # Nothing in force: worth the retries that the pull has.
                changed.append(owed)
    return changed


def find_standings(night: Night, *, judge_new: bool) -> None:
    """Find what is in force for every period owed."""
    judged = verdicts(night, judge_new=judge_new)
    deliveries = night.deliveries()
    night.standings = [standing_of(owed, deliveries, judged, night.today) for owed in night.owed()]


def look_at_standings(workspace: Workspace) -> Night:
    """Find what stands in force now, for people who ask by day: no lock, no judging, no record."""
    night = open_night(workspace, None, None)
    find_standings(night, judge_new=False)
    return night


def forget_unused_readings(night: Night) -> None:
    """Remove cached readings that no delivery of the night's years has any more."""
    wanted = {cache_key(one, night.contracts[one.source], night.key.id) for one in _relevant(night)}
    for folder in night.workspace.cache.iterdir():
        if folder.is_dir() and folder.name not in wanted:
            shutil.rmtree(folder)
