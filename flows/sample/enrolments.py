"""How many pupils each school has in each stage on the three census days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from flows.sample.district import School, census_day
from flows.sample.drawing import apportion
from flows.sample.kinds import GROUPS, STAGES

CENSUS_YEARS = (2021, 2022, 2023)
SMALLEST_ENROLMENT = 6

Body = tuple[str, str]  # the code of a school and a stage


class Heads(NamedTuple):
    """How many pupils a school has in a stage on a census day, and of what kind."""

    pupils: int = 0
    boarders: int = 0
    special: int = 0


Censuses = Mapping[int, Mapping[Body, Heads]]  # by year


def _weights(
    schools: Sequence[School], trends: Mapping[str, int], year: int
) -> dict[tuple[str, bool], dict[Body, int]]:
    """Weigh the schools open on a census day, apart by stage and by public or private."""
    weights: dict[tuple[str, bool], dict[Body, int]] = defaultdict(dict)
    years = year - CENSUS_YEARS[0]
    by_code = {school.code: school for school in schools}
    for school in schools:
        keeper = school
        if not school.is_open_on(census_day(year)):
            keeper = by_code[school.merged_into]  # where its pupils are now
        for stage, size in school.sizes.items():
            bodies = weights[stage, school.is_public]
            weight = size * trends[school.code] ** years // 1000**years
            bodies[keeper.code, stage] = bodies.get((keeper.code, stage), 1) + weight
    return weights


def plan_enrolments(
    rng: Random, schools: Sequence[School], scale: float
) -> dict[int, dict[Body, int]]:
    """Plan the pupils of each school, stage and census.

    Public and private schools of a stage each grow by the rate of the stage; single schools grow
    faster or slower than it.
    """
    trends = {school.code: rng.randint(985, 1015) for school in schools}
    growth = {stage: rng.randrange(10_138, 10_152) for stage in STAGES}
    plans: dict[int, dict[Body, int]] = {}
    for years, year in enumerate(CENSUS_YEARS):
        plan: dict[Body, int] = {}
        for (stage, is_public), bodies in _weights(schools, trends, year).items():
            full = sum(g.count * g.sizes.get(stage, 0) for g in GROUPS if g.is_public == is_public)
            pupils = int(full * scale) * growth[stage] ** years // 10_000**years
            to_share = max(0, pupils - SMALLEST_ENROLMENT * len(bodies))
            shares = apportion(to_share, list(bodies.values()))
            plan |= {b: SMALLEST_ENROLMENT + n for b, n in zip(bodies, shares, strict=True)}
        plans[year] = plan
    return plans
