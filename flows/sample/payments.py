"""The payments of a year, each school's adding up to what its stage and its claims demand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import NamedTuple

from flows.sample.district import School, is_institution
from flows.sample.drawing import apportion, uneven
from flows.sample.enrolments import Body, Censuses
from flows.sample.entitlements import Claim
from flows.sample.funds import grown, student_months
from flows.sample.kinds import OTHER
from flows.sample.spending import (
    AID,
    BUILDING,
    FUNCTION_OF_STAGE,
    FUNCTIONS_OF_INSTITUTIONS,
    GENERAL_FUNDS,
    ITEMS,
    MISCELLANEOUS,
    SOCIAL_PAYMENTS,
    STAFF,
    SURCHARGE_FUNCTION,
    SURCHARGE_FUNDS,
    USUAL_PAYMENT,
    Item,
    Project,
    make_project,
)
from flows.sample.targets import GROWING_STAGES, Targets

SHARE_OF_REVERSALS, SHARE_OF_DELETED = 0.01, 0.005
# How the money beyond the claims is spent, in per mille of it.
USES_BEYOND_CLAIMS = {STAFF: 953, AID: 22, MISCELLANEOUS: 25}
USES_OF_INSTITUTIONS = {STAFF: 640, MISCELLANEOUS: 360}
SURCHARGE_PER_MILLE = 12


@dataclass(frozen=True)
class Allotment:
    """Money of one school for one project under one function, to be paid over the year."""

    school: School
    function: str
    project: Project
    fen: int
    payments: int
    items: Sequence[Item]
    funds: str = GENERAL_FUNDS


class Payment(NamedTuple):
    """One row of the payment detail; money in fen."""

    day: date
    school: School
    function: str
    item: Item
    project: Project
    funds: str
    fen: int
    use: str
    payee: str
    is_deleted: bool = False


def payments_by_stage(
    rng: Random,
    schools: Sequence[School],
    censuses: Censuses,
    funds: Mapping[int, Mapping[str, int]],
    targets: Targets,
) -> dict[int, dict[str, int]]:
    """Find the education payments of both years by stage: somewhat less than the funds."""
    rates = {stage: rng.randrange(9_150, 9_450) for stage in funds[2022]}
    spent = {
        year: {stage: fen * rates[stage] // 10_000 for stage, fen in by_stage.items()}
        for year, by_stage in funds.items()
    }
    for stage in GROWING_STAGES:
        months = {year: student_months(schools, censuses, stage, year) for year in funds}
        growth = targets.payments_growth[stage]
        spent[2023][stage] = grown(spent[2022][stage], months, growth)
    return spent


def _allotment(
    school: School, function: str, purpose: str, stage: str, fen: int, year: int
) -> Allotment:
    payments = max(2, round(fen / USUAL_PAYMENT[purpose]))
    project = make_project(purpose, stage, year)
    return Allotment(school, function, project, fen, payments, ITEMS[purpose])


def allot(
    rng: Random,
    schools: Sequence[School],
    shares: Mapping[Body, int],
    claims: Mapping[Claim, int],
    year: int,
) -> Iterator[Allotment]:
    """Split each school's payments: its claims first, then staff and the rest."""
    by_code = {school.code: school for school in schools}
    left = dict(shares)
    for (code, stage, purpose), fen in claims.items():
        left[code, stage] -= fen
        yield _allotment(by_code[code], FUNCTION_OF_STAGE[stage], purpose, stage, fen, year)
    for (code, stage), fen in left.items():
        school = by_code[code]
        if is_institution(school):
            function, uses = FUNCTIONS_OF_INSTITUTIONS[school.name], USES_OF_INSTITUTIONS
        else:
            function, uses = FUNCTION_OF_STAGE[stage], USES_BEYOND_CLAIMS
        weights = [weight * rng.randrange(950, 1050) for weight in uses.values()]
        for purpose, part in zip(uses, apportion(fen, weights), strict=True):
            yield _allotment(school, function, purpose, stage, part, year)
        if stage != OTHER:
            surcharge = shares[code, stage] * SURCHARGE_PER_MILLE // 1000
            yield Allotment(
                school,
                SURCHARGE_FUNCTION,
                make_project(BUILDING, stage, year),
                surcharge,
                max(1, round(surcharge / USUAL_PAYMENT[BUILDING])),
                ITEMS[BUILDING],
                SURCHARGE_FUNDS,
            )
        for social, (rate, item) in SOCIAL_PAYMENTS.items():
            project = make_project(STAFF, stage, year)
            yield Allotment(school, social, project, fen * rate // 1000, 12, (item,))


def pay(rng: Random, allotments: Iterable[Allotment], year: int) -> list[Payment]:
    """Pay every allotment in parts, with reversals and with rows that were deleted again."""
    payments: list[Payment] = []
    for allotment in allotments:
        for place, fen in enumerate(uneven(rng, allotment.fen, allotment.payments)):
            item = allotment.items[place % len(allotment.items)]
            payment = Payment(
                date(year, (place * 5) % 12 + 1, rng.randrange(4, 29)),
                allotment.school,
                allotment.function,
                item,
                allotment.project,
                allotment.funds,
                fen,
                rng.choice(item.uses),
                rng.choice(item.payees),
            )
            payments += _with_corrections(rng, payment)
    payments.sort(key=lambda payment: payment.day)
    return payments


def _with_corrections(rng: Random, payment: Payment) -> list[Payment]:
    """Overpay a few payments and take the excess back later; add a few deleted rows."""
    chance = rng.random()
    if chance < SHARE_OF_REVERSALS and payment.day.month < 12:
        excess = payment.fen * rng.randrange(5, 60) // 100 + 1
        later = payment.day.replace(month=rng.randint(payment.day.month + 1, 12))
        reversal = payment._replace(day=later, fen=-excess, use=f"冲正:{payment.use}")
        return [payment._replace(fen=payment.fen + excess), reversal]
    if chance > 1 - SHARE_OF_DELETED:
        return [payment, payment._replace(is_deleted=True)]
    return [payment]
