"""The pupils of the three censuses, one by one: the same child moves up from one to the next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import NamedTuple

from flows.sample.district import School
from flows.sample.drawing import apportion
from flows.sample.enrolments import CENSUS_YEARS, Body, Heads
from flows.sample.people import person_number

GRADES = {"幼儿园": 3, "小学": 6, "初中": 3, "高中": 3, "特教": 9}
GRADES_OF_A_POINT = 4  # afterwards its pupils go to the managing school
FIRST_AGE = {"幼儿园": 3, "小学": 6, "初中": 12, "高中": 15, "特教": 6}
STAGE_BEFORE = {"小学": "幼儿园", "初中": "小学", "高中": "初中"}
FIRST_BOARDING_GRADE = {"小学": 3}
PUPILS_OF_A_CLASS = {"幼儿园": 30, "小学": 45, "初中": 50, "高中": 50, "特教": 10}
PUPILS_OF_A_LARGE_CLASS = 56  # at least
LARGEST_OF_A_KIND = 3
SHARE_WITH_SPECIAL_NEEDS = 0.0045
SHARE_THAT_MOVES_AWAY = 0.006  # each is replaced by a newcomer


class Pupil(NamedTuple):
    """One child; `rank` decides lastingly who of a school boards."""

    number: str
    rank: float
    has_special_needs: bool


class Enrolment(NamedTuple):
    """One row of a census."""

    number: str
    school_code: str
    stage: str
    grade: int
    class_number: int
    is_boarder: bool
    has_special_needs: bool


Grades = list[list[Pupil]]  # the pupils of a school and stage by grade


def _newcomers(
    rng: Random, taken: Counter[date], stage: str, grade: int, year: int
) -> Iterator[Pupil]:
    """Bring in children who were in none of the district's schools, as old as their grade."""
    age = FIRST_AGE[stage] + grade - 1
    first_birthday = date(year - age - 1, 9, 1)
    while True:
        born = first_birthday + timedelta(rng.randrange(365))
        special = stage == "特教" or rng.random() < SHARE_WITH_SPECIAL_NEEDS
        yield Pupil(person_number(taken, born), rng.random(), special)


def _begin(
    rng: Random, taken: Counter[date], plan: Mapping[Body, int], points: Mapping[str, str]
) -> dict[Body, Grades]:
    """Fill the schools for the first census."""
    filled: dict[Body, Grades] = {}
    for (code, stage), pupils in plan.items():
        count = GRADES_OF_A_POINT if code in points else GRADES[stage]
        sizes = apportion(pupils, [rng.randrange(92, 108) for _ in range(count)])
        filled[code, stage] = [
            list(islice(_newcomers(rng, taken, stage, grade, CENSUS_YEARS[0]), size))
            for grade, size in enumerate(sizes, start=1)
        ]
    return filled


def _move_up(
    rng: Random,
    taken: Counter[date],
    year: int,
    before: Mapping[Body, Grades],
    plan: Mapping[Body, int],
    points: Mapping[str, str],
) -> dict[Body, Grades]:
    """Move every child up a grade or on to the next stage, and admit the new first grades."""
    now: dict[Body, Grades] = {
        (code, stage): [[] for _ in range(GRADES[stage])] for code, stage in plan
    }
    leaving: dict[str, list[Pupil]] = defaultdict(list)
    for (code, stage), grades in before.items():
        for grade, pupils in enumerate(grades, start=2):
            if grade > GRADES[stage]:
                leaving[stage] += pupils
                continue
            is_over = (code, stage) not in plan or (code in points and grade > GRADES_OF_A_POINT)
            keeper = points[code] if is_over else code
            newcomers = _newcomers(rng, taken, stage, grade, year)
            now[keeper, stage][grade - 1] += [
                next(newcomers) if rng.random() < SHARE_THAT_MOVES_AWAY else pupil
                for pupil in pupils
            ]
    for pupils in leaving.values():
        rng.shuffle(pupils)
    for (code, stage), grades in now.items():
        missing = max(0, plan[code, stage] - sum(map(len, grades)))
        pool = leaving[STAGE_BEFORE.get(stage, "")]
        admitted, pool[:missing] = pool[:missing], []
        newcomers = _newcomers(rng, taken, stage, 1, year)
        grades[0] = admitted + list(islice(newcomers, missing - len(admitted)))
    return now


def draw_crowded(rng: Random, schools: Sequence[School], count: int) -> set[str]:
    """Choose schools with large classes among the largest primary and junior ones."""
    largest: list[str] = []
    for kind in ("211", "311"):
        of_kind = [school for school in schools if school.kind == kind and not school.closed]
        of_kind.sort(key=lambda school: (-sum(school.sizes.values()), school.code))
        largest += [school.code for school in of_kind[:LARGEST_OF_A_KIND]]
    return set(rng.sample(largest, min(count, len(largest))))


def _enrolments(
    schools: Mapping[str, School], filled: Mapping[Body, Grades], crowded: Set[str]
) -> list[Enrolment]:
    """Write one row per pupil, in the order of their numbers."""
    rows: list[Enrolment] = []
    for (code, stage), grades in filled.items():
        boarding = schools[code].boarding.get(stage, 0) / 100
        for grade, pupils in enumerate(grades, start=1):
            classes = -(-len(pupils) // PUPILS_OF_A_CLASS[stage])
            if code in crowded:
                classes = max(1, len(pupils) // PUPILS_OF_A_LARGE_CLASS)
            may_board = grade >= FIRST_BOARDING_GRADE.get(stage, 1)
            rows += [
                Enrolment(
                    pupil.number,
                    code,
                    stage,
                    grade,
                    place % classes + 1,
                    may_board and pupil.rank < boarding,
                    pupil.has_special_needs,
                )
                for place, pupil in enumerate(pupils)
            ]
    rows.sort()
    return rows


def draw_censuses(
    rng: Random,
    schools: Sequence[School],
    plans: Mapping[int, Mapping[Body, int]],
    crowded: Set[str],
) -> dict[int, list[Enrolment]]:
    """Draw the pupils of every census by its plan; crowded schools have larger classes."""
    taken: Counter[date] = Counter()
    by_code = {school.code: school for school in schools}
    points = {school.code: school.managed_by for school in schools if school.is_point}
    filled = _begin(rng, taken, plans[CENSUS_YEARS[0]], points)
    censuses = {CENSUS_YEARS[0]: _enrolments(by_code, filled, crowded)}
    for year in CENSUS_YEARS[1:]:
        filled = _move_up(rng, taken, year, filled, plans[year], points)
        censuses[year] = _enrolments(by_code, filled, crowded)
    return censuses


def count_heads(enrolments: Sequence[Enrolment]) -> dict[Body, Heads]:
    """Count the pupils of a census by school and stage."""
    pupils: Counter[Body] = Counter()
    boarders: Counter[Body] = Counter()
    special: Counter[Body] = Counter()
    for row in enrolments:
        body = row.school_code, row.stage
        pupils[body] += 1
        boarders[body] += row.is_boarder
        special[body] += row.has_special_needs
    return {body: Heads(pupils[body], boarders[body], special[body]) for body in pupils}
