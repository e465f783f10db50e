"""The yearly statistics of education funds: by stage first, then by institution, in fen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from flows.sample.district import School, is_institution, public_institutions
from flows.sample.drawing import about, apportion
from flows.sample.enrolments import Body, Censuses
from flows.sample.kinds import OTHER
from flows.sample.targets import GROWING_STAGES, Targets

YEARS = (2022, 2023)
# How dear a pupil is in one stage against another, in yuan a year.
COST_OF_A_PUPIL = {"幼儿园": 7_050, "小学": 9_640, "初中": 13_120, "高中": 13_480}
COST_OF_A_SPECIAL_PUPIL = 61_700
PERCENT_OF_GROWING_STAGES = 92
# A school costs something before its first pupil comes: as much as so many pupils.
PUPILS_OF_FIXED_COSTS = 35

Fen = dict[Body, int]


@dataclass(frozen=True)
class FundsRow:
    """The funds of one institution and stage in a year, in fen."""

    school: School
    stage: str
    amounts: tuple[int, ...]  # 人员经费 公用经费 基建经费 教育费附加


def student_months(schools: Sequence[School], censuses: Censuses, stage: str, year: int) -> int:
    """Count the months that pupils of public schools spent in a stage during a year."""
    public = [school.code for school in schools if school.is_public]
    return sum(
        months * censuses[census][code, stage].pupils
        for census, months in ((year - 1, 8), (year, 4))
        for code in public
        if (code, stage) in censuses[census]
    )


def grown(amount: int, months: Mapping[int, int], growth: Decimal) -> int:
    """Give the amount of 2023 at which the amount per pupil has grown by so many percent."""
    value = amount * (100 + growth) / 100 * months[2023] / months[2022]
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def funds_by_stage(
    rng: Random, schools: Sequence[School], censuses: Censuses, targets: Targets
) -> dict[int, dict[str, int]]:
    """Find the funds of both years by stage; what belongs to no stage closes the total."""
    months = {
        stage: {year: student_months(schools, censuses, stage, year) for year in YEARS}
        for stage in (*GROWING_STAGES, "特教")
    }
    before = targets.funds_before
    weights = [
        about(rng, COST_OF_A_PUPIL[stage], 2) * months[stage][2022] for stage in GROWING_STAGES
    ]
    shares = apportion(before * PERCENT_OF_GROWING_STAGES // 100, weights)
    funds_before = dict(zip(GROWING_STAGES, shares, strict=True))
    funds_now = {
        stage: grown(funds_before[stage], months[stage], targets.funds_growth[stage])
        for stage in GROWING_STAGES
    }
    special = about(rng, COST_OF_A_SPECIAL_PUPIL * 100 * months["特教"][2022] // 12, 2)
    funds_before["特教"] = special
    funds_now["特教"] = special * rng.randrange(10_120, 10_240) // 10_000
    funds_before[OTHER] = before - sum(funds_before.values())
    if targets.funds_increase is None:
        funds_now[OTHER] = funds_before[OTHER] * rng.randrange(9_850, 10_350) // 10_000
    else:
        funds_now[OTHER] = before + targets.funds_increase - sum(funds_now.values())
    return {2022: funds_before, 2023: funds_now}


def institution_weights(
    rng: Random, schools: Sequence[School], censuses: Censuses
) -> dict[int, Fen]:
    """Weigh the institutions of each stage by their pupils, those of their points included."""
    ledgers = {school.code: school.ledger for school in schools}
    rates = {school.code: rng.randint(900, 1100) for school in public_institutions(schools)}
    weights: dict[int, Fen] = {}
    for year in YEARS:
        months: Fen = {
            (school.code, stage): 12 * PUPILS_OF_FIXED_COSTS
            for school in public_institutions(schools)
            for stage in (school.stages or (OTHER,))
        }
        for census, weight in ((year - 1, 8), (year, 4)):
            for (code, stage), heads in censuses[census].items():
                if (ledgers[code], stage) in months:
                    months[ledgers[code], stage] += weight * heads.pupils
        weights[year] = {
            (code, stage): count * rates[code] * rng.randint(990, 1010)
            for (code, stage), count in months.items()
        }
    return weights


def share_out(totals: Mapping[str, int], weights: Mapping[Body, int]) -> Fen:
    """Split the amount of each stage among its institutions."""
    shares: Fen = {}
    for stage, total in totals.items():
        bodies = [body for body in weights if body[1] == stage]
        parts = apportion(total, [weights[body] for body in bodies])
        shares |= dict(zip(bodies, parts, strict=True))
    return shares


def funds_rows(
    rng: Random, schools: Sequence[School], shares: Mapping[Body, int]
) -> list[FundsRow]:
    """Split the funds of each institution and stage into the four kinds."""
    by_code = {school.code: school for school in schools}
    rows = []
    for (code, stage), total in shares.items():
        school = by_code[code]
        builds = rng.random() < 0.22 and not is_institution(school)
        staff = rng.randrange(560, 640) if is_institution(school) else rng.randrange(770, 840)
        weights = [
            staff,
            rng.randrange(105, 165),
            rng.randrange(20, 90) if builds else 0,
            rng.randrange(8, 30) if rng.random() < 0.8 else 0,
        ]
        # Finer than per mille, or every share would be a round one.
        amounts = apportion(total, [weight * rng.randrange(9_000, 11_000) for weight in weights])
        rows.append(FundsRow(school, stage, tuple(amounts)))
    return rows
