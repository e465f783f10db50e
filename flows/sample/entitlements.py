"""What operating funds each school is owed: half by the census before, half by this year's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from flows.sample.district import School
from flows.sample.enrolments import Censuses
from flows.sample.kinds import COMPULSORY_STAGES, WITH_COMPULSORY_STAGE

FLOOR = 100  # a smaller school counts as many pupils
STANDARDS = {  # yuan a pupil and year
    2022: {"幼儿园": 500, "小学": 650, "初中": 850, "高中": 1000},
    2023: {"幼儿园": 500, "小学": 720, "初中": 940, "高中": 1100},
}
BOARDER_STANDARDS = {2022: 200, 2023: 300}
SPECIAL_STANDARD = 6000
OPERATING, BOARDING, SPECIAL = "公用经费", "寄宿生公用经费", "特殊教育公用经费"
FEN_OF_HALF_A_YUAN = 50


class Claim(NamedTuple):
    """For what a school is owed money; the stage is that of the pupils."""

    school_code: str
    stage: str
    purpose: str


def list_claims(schools: Sequence[School], censuses: Censuses, year: int) -> dict[Claim, int]:
    """Work out what each public school is owed in a year, in fen, by purpose and stage."""
    public = {school.code: school for school in schools if school.is_public}
    owed: Counter[Claim] = Counter()
    for census in (year - 1, year):
        for (code, stage), heads in censuses[census].items():
            if code not in public:
                continue
            ledger = public[code].ledger
            is_compulsory = stage in COMPULSORY_STAGES
            special = heads.special if is_compulsory or stage == "特教" else 0
            counted = (max(heads.pupils, FLOOR) if is_compulsory else heads.pupils) - special
            if stage in STANDARDS[year]:
                owed[Claim(ledger, stage, OPERATING)] += counted * STANDARDS[year][stage]
            owed[Claim(ledger, stage, SPECIAL)] += special * SPECIAL_STANDARD
            if is_compulsory:
                yuan = heads.boarders * BOARDER_STANDARDS[year]
                owed[Claim(ledger, stage, BOARDING)] += yuan
    return {claim: yuan * FEN_OF_HALF_A_YUAN for claim, yuan in owed.items() if yuan}


def paid_claims(
    rng: Random, schools: Sequence[School], claims: Mapping[Claim, int], underpaid: int
) -> dict[Claim, int]:
    """Pay every claim and a little more, but for the schools that shall come short."""
    open_schools = [
        school.code
        for school in schools
        if school.is_public and school.kind in WITH_COMPULSORY_STAGE and school.closed is None
    ]
    short = set(rng.sample(open_schools, underpaid))
    paid = {}
    for claim, fen in claims.items():
        rate = rng.randrange(9_500, 9_900) if claim.school_code in short else 10_000
        paid[claim] = fen * (rate + rng.randrange(4, 95)) // 10_000
    return paid
