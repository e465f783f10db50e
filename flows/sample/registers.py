"""The register of counselling rooms at the end of 2023."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from flows.sample.district import School
from flows.sample.enrolments import Body, Heads
from flows.sample.targets import Targets

DAY = date(2023, 12, 31)


@dataclass(frozen=True)
class Room:
    """The row of one primary or secondary school."""

    school: School
    is_in_task_list: bool
    in_use_since: date | None
    inspection: str
    is_to_be_merged: bool


def draw_rooms(
    rng: Random, schools: Sequence[School], heads: Mapping[Body, Heads], targets: Targets
) -> list[Room]:
    """Give rooms to the larger schools; the smallest public ones are to be merged and have none."""
    listed = [school for school in schools if school.is_primary_or_secondary and not school.closed]
    pupils = {s.code: sum(heads[s.code, stage].pupils for stage in s.stages) for s in listed}
    by_size = sorted(listed, key=lambda s: (not s.is_public, pupils[s.code], s.code))

    def share(count: int) -> int:
        return len(listed) * count // targets.schools

    codes = [school.code for school in by_size]
    merged = codes[: share(targets.schools_to_be_merged)]
    with_room = rng.sample(codes[len(merged) :], share(targets.schools_with_room))
    in_task_list = with_room[: share(targets.rooms_in_task_list)]
    rooms = []
    for school in sorted(listed, key=lambda school: school.code):
        since = None
        if school.code in in_task_list:
            since = date(rng.choice((2022, 2023)), rng.randrange(3, 13), rng.randrange(1, 29))
        elif school.code in with_room:
            since = date(rng.randrange(2016, 2022), 9, rng.randrange(1, 29))
        rooms.append(
            Room(
                school,
                school.code in in_task_list,
                since,
                rng.choice(("达标", "达标", "达标", "未达标")) if since else "",
                school.code in merged,
            )
        )
    return rooms
