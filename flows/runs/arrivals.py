"""What a run says of files that came since the last release: which is active, and why."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from flows.common.clock import CHINA
from flows.common.errors import ZipingError
from flows.contracts.delivery import Delivery, newest_first
from flows.landing.source_status import SourceStatus, by_period, sentences_on_unneeded
from flows.releases.release import newest_release
from flows.runs.context import RunContext

MOST_NAMED = 5
MISTAKE = "if that is a mistake, drop the right file again under another name"


def describe_arrivals(run: RunContext, statuses: Sequence[SourceStatus]) -> list[str]:
    """Explain each period for which several files came, or bytes that had come before."""
    since, deliveries, found = _last_release(run), run.deliveries(), []
    for status in by_period(statuses):
        expected = status.expected
        own = [
            delivery
            for delivery in deliveries
            if delivery.key == expected.key and delivery.origin == "inbox"
        ]
        new = _received_after(since, own)
        sentences = [
            f"{part.delivery.name} holds no row and its suite allows that: what it counts is 0, "
            "not missing"
            for part in status.active
            if not part.outcome.details["rows_read"]
        ]
        if new and expected.contract.in_parts:
            sentences += _describe_parts(status.replaced, own, new)
        elif new and status.active:
            sentences += _describe_newest(status.active[0].delivery, own, new)
        head = f"{expected.contract.name} {expected.period}"
        found += [f"{head}: {text}" for text in sentences]
    new = _received_after(since, deliveries)
    return found + sentences_on_unneeded(run.expected(), new, run.years)


def _received_after(since: datetime | None, deliveries: Sequence[Delivery]) -> list[Delivery]:
    return [delivery for delivery in deliveries if since is None or _received_at(delivery) > since]


def _last_release(run: RunContext) -> datetime | None:
    moments = []
    for year in run.years:
        with contextlib.suppress(ZipingError):  # damaged, which is said elsewhere
            if release := newest_release(run.workspace, year):
                moments.append(datetime.fromisoformat(release.manifest["written_at"]))
    return max(moments, default=None)


def _received_at(delivery: Delivery) -> datetime:
    return datetime.fromisoformat(delivery.received_at)


def _name_with_days(delivery: Delivery) -> str:
    of_day = f"of {delivery.source_date}, " if delivery.source_date else ""
    return f"{delivery.name} ({of_day}received {_received_at(delivery).astimezone(CHINA).date()})"


def _describe_parts(
    replaced: Sequence[Delivery], own: Sequence[Delivery], new: Sequence[Delivery]
) -> Iterator[str]:
    """Say which new parts change nothing; all others are active together."""
    first = {delivery.id: delivery for delivery in reversed(own)}
    if again := [delivery for delivery in new if first[delivery.id] is not delivery]:
        yield f"{_list_names(again)}: the same bytes had come before"
    ids = {delivery.id for delivery in replaced}
    if beaten := list({delivery.id: delivery for delivery in new if delivery.id in ids}.values()):
        yield (
            f"{_list_names(beaten)}: not counted, for parts of a later day, or received after, "
            f"hold the same units; {MISTAKE}"
        )


def _list_names(deliveries: Sequence[Delivery]) -> str:
    names = ", ".join(map(_name_with_days, deliveries[:MOST_NAMED]))
    more = len(deliveries) - MOST_NAMED
    return names + (f" and {more} more" if more > 0 else "")


def _describe_newest(
    active: Delivery, own: Sequence[Delivery], new: Sequence[Delivery]
) -> Iterator[str]:
    newest = newest_first(own)
    # What is newer than the active one was rejected, and is named as that.
    standing = newest[[delivery.id for delivery in newest].index(active.id) :]
    last = new[-1]
    before = [delivery for delivery in own if delivery.number < last.number]
    same = next((delivery for delivery in before if delivery.id == last.id), None)
    if same and before[-1].id == last.id:
        yield f"{last.name} holds the same bytes as {_name_with_days(before[-1])}: nothing changes"
    elif same and active.id == last.id:
        yield (
            f"{last.name} holds the bytes received as {_name_with_days(same)} and is in force, not "
            f"{_name_with_days(before[-1])}, which came between; {MISTAKE}"
        )
    elif same and last in standing:
        yield (
            f"{last.name} holds the bytes received as {_name_with_days(same)}; "
            f"{_name_with_days(active)} stays in force, for its day is later; {MISTAKE}, with a "
            "later day in it"
        )
    elif beaten := {
        delivery.id: delivery
        for delivery in new
        if delivery in standing and delivery.id != active.id
    }:
        names = ", ".join(map(_name_with_days, beaten.values()))
        reason = _why_active(active, beaten)
        yield f"{_name_with_days(active)} is in force, not {names}: {reason}; {MISTAKE}"


def _why_active(active: Delivery, beaten: Mapping[str, Delivery]) -> str:
    if any(delivery.source_date != active.source_date for delivery in beaten.values()):
        return "the latest day in the files' names counts"
    day = "of the same day" if active.source_date else "without a day in their names"
    return f"of files {day} the last one received counts, in one night the last by name"
