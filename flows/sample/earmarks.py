"""What is paid for one thing only, besides operating funds: meals and guards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from random import Random

from flows.sample.district import School
from flows.sample.drawing import apportion
from flows.sample.enrolments import Body
from flows.sample.entitlements import Claim
from flows.sample.kinds import COMPULSORY_STAGES, COUNTRY
from flows.sample.spending import MEALS, SECURITY
from flows.sample.targets import Earmarked

RURAL = ("121", *COUNTRY)  # the statistics count 镇区 and 乡村 so
YEAR = 2023


def earmarked_payments(
    rng: Random,
    schools: Sequence[School],
    shares: Mapping[Body, int],
    guards: Iterable[School],
    targets: Earmarked,
    year: int,
) -> dict[Claim, int]:
    """Share out what is paid in a year for rural schools' meals and for public schools' guards.

    `guards` names the school of each guard; the year before spent a little less.
    """
    by_code = {school.code: school for school in schools}
    meals = {
        Claim(code, stage, MEALS): fen * rng.randrange(850, 1150)
        for (code, stage), fen in shares.items()
        if by_code[code].area in RURAL and stage in COMPULSORY_STAGES
    }
    posts = Counter(
        Claim(school.code, school.stages[0], SECURITY) for school in guards if school.is_public
    )
    paid: dict[Claim, int] = {}
    for weights, total in ((meals, targets.meals_paid), (posts, targets.security_paid)):
        spent = total if year == YEAR else total * rng.randrange(9_300, 9_900) // 10_000
        paid |= dict(zip(weights, apportion(spent, list(weights.values())), strict=True))
    return paid
