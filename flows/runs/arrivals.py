"""What a night says of files that came since the last release: which is in force, and why."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from flows.common.clock import CHINA
from flows.common.errors import ZipingError
from flows.contracts.delivery import Delivery, newest_first
from flows.landing.source_status import sentences_on_unneeded
from flows.releases.release import newest_release

if TYPE_CHECKING:
    from flows.runs.context import Night

MOST_NAMED = 5
MISTAKE = "if that is a mistake, drop the right file again under another name"


def receipt_sentences(night: "Night") -> list[str]:
    """Explain each period for which several files came, or bytes that had come before."""
    since, deliveries, found = _last_release(night), night.deliveries(), []
    for standing in {one.owed.key: one for one in night.standings}.values():
        own = [one for one in deliveries if one.key == standing.owed.key and one.origin == "inbox"]
        new = [one for one in own if since is None or _moment(one) > since]
        sentences = [
            f"{part.delivery.name} holds no row and its suite allows that: what it counts is 0, "
            "not missing"
            for part in standing.in_force
            if not part.acceptance.outcome["rows_read"]
        ]
        if new and standing.owed.contract.in_parts:
            sentences += _of_parts(standing.replaced, own, new)
        elif new and standing.in_force:
            sentences += _sentences(standing.in_force[0].delivery, own, new)
        head = f"{standing.owed.contract.name} {standing.owed.period}"
        found += [f"{head}: {text}" for text in sentences]
    new = [one for one in deliveries if since is None or _moment(one) > since]
    return found + sentences_on_unneeded(night.owed(), new, night.years)


def _last_release(night: "Night") -> datetime | None:
    moments = []
    for year in night.years:
        with contextlib.suppress(ZipingError):  # damaged, which is told elsewhere
            if release := newest_release(night.workspace, year):
                moments.append(datetime.fromisoformat(release.manifest["written_at"]))
    return max(moments, default=None)


def _moment(delivery: Delivery) -> datetime:
    return datetime.fromisoformat(delivery.received_at)


def _named(delivery: Delivery) -> str:
    of_day = f"of {delivery.source_date}, " if delivery.source_date else ""
    return f"{delivery.name} ({of_day}received {_moment(delivery).astimezone(CHINA).date()})"


def _of_parts(
    replaced: Sequence[Delivery], own: Sequence[Delivery], new: Sequence[Delivery]
) -> Iterator[str]:
    """Say which new parts change nothing; all others are in force together."""
    first = {one.id: one for one in reversed(own)}
    if again := [one for one in new if first[one.id] is not one]:
        yield f"{_listed(again)}: the same bytes had come before"
    ids = {one.id for one in replaced}
    if beaten := list({one.id: one for one in new if one.id in ids}.values()):
        yield (
            f"{_listed(beaten)}: not counted, for parts of a later day, or received after, hold "
            f"the same units; {MISTAKE}"
        )


def _listed(deliveries: Sequence[Delivery]) -> str:
    names = ", ".join(_named(one) for one in deliveries[:MOST_NAMED])
    more = len(deliveries) - MOST_NAMED
    return names + (f" and {more} more" if more > 0 else "")


def _sentences(
    in_force: Delivery, own: Sequence[Delivery], new: Sequence[Delivery]
) -> Iterator[str]:
    newest = newest_first(own)
    # What is newer than the one in force was rejected, and is told as that.
    standing = newest[[one.id for one in newest].index(in_force.id) :]
    last = new[-1]
    before = [one for one in own if one.number < last.number]
    same = next((one for one in before if one.id == last.id), None)
    if same and before[-1].id == last.id:
        yield f"{last.name} holds the same bytes as {_named(before[-1])}: nothing changes"
    elif same and in_force.id == last.id:
        yield (
            f"{last.name} holds the bytes received as {_named(same)} and is in force, not "
            f"{_named(before[-1])}, which came between; {MISTAKE}"
        )
    elif same and last in standing:
        yield (
            f"{last.name} holds the bytes received as {_named(same)}; {_named(in_force)} stays in "
            f"force, for its day is later; {MISTAKE}, with a later day in it"
        )
    elif beaten := {one.id: one for one in new if one in standing and one.id != in_force.id}:
        names = ", ".join(_named(one) for one in beaten.values())
        yield f"{_named(in_force)} is in force, not {names}: {_why(in_force, beaten)}; {MISTAKE}"


def _why(in_force: Delivery, beaten: Mapping[str, Delivery]) -> str:
    if any(one.source_date != in_force.source_date for one in beaten.values()):
        return "the latest day in the files' names counts"
    day = "of the same day" if in_force.source_date else "without a day in their names"
    return f"of files {day} the last one received counts, in one night the last by name"
