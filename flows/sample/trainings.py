"""The register of training hours of five years."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from flows.sample.drawing import apportion
from flows.sample.staff import Person

YEARS = range(2019, 2024)
FIRST_DAY, END = date(2019, 1, 1), date(2024, 1, 1)
HOURS_OF_A_MONTH = 6  # 360 hours in 60 months
HALF_HOURS_OF_A_LONG_COURSE = 240
COURSES = (
    ("国培计划县级骨干教师研修", "国家级"),
    ("省级学科带头人培训", "省级"),
    ("市级课堂教学改革研修", "市级"),
    ("新课程标准专题培训", "县级"),
    ("信息技术应用能力提升工程2.0", "县级"),
    ("师德师风专题教育", "县级"),
    ("心理健康教育专题培训", "县级"),
    ("校本研修", "校级"),
    ("教学基本功训练", "校级"),
    ("安全教育与应急处置培训", "校级"),
)


class Training(NamedTuple):
    """One person's course; the hours are counted in halves."""

    day: date
    staff_number: str
    course: str
    level: str
    half_hours: int


def required_hours(entered: date) -> int:
    """Give the hours that are owed: in proportion to the full months for who entered later."""
    months = 60
    if entered > FIRST_DAY:
        months = (END.year - entered.year) * 12 + END.month - entered.month - (entered.day > 1)
    return HOURS_OF_A_MONTH * months


def _days(rng: Random, person: Person, trained_in_last_year: bool) -> list[date]:
    """Draw the days of a person's courses, all while in post."""
    first, last = max(person.entered, FIRST_DAY), min(person.left or END, END - timedelta(1))
    days = []
    for year in YEARS:
        begin, end = max(first, date(year, 1, 5)), min(last, date(year, 12, 28))
        if begin > end or (year == YEARS[-1] and not trained_in_last_year):
            continue
        count = rng.choice((1, 1, 2, 2, 3)) if (end - begin).days > 200 else 1
        days += [begin + timedelta(rng.randint(0, (end - begin).days)) for _ in range(count)]
    return days


def _of_person(rng: Random, person: Person, percent: int, in_last_year: bool) -> list[Training]:
    """Draw a person's courses, whose hours come to so many percent of those required."""
    days = _days(rng, person, in_last_year)
    if not days:
        return []
    half_hours = -(-2 * required_hours(person.entered) * percent // 100)
    if person.left:  # who has left had not the time for all
        half_hours = min(half_hours, HALF_HOURS_OF_A_LONG_COURSE * len(days))
    shares = apportion(half_hours, [rng.randrange(60, 180) for _ in days])
    courses = rng.sample(COURSES, min(len(days), len(COURSES)))
    return [
        Training(day, person.staff_number, *courses[place % len(courses)], max(1, share))
        for place, (day, share) in enumerate(zip(days, shares, strict=True))
    ]


ETHICS, PSYCHOLOGY, OTHERWISE = COURSES[5][0], COURSES[6][0], COURSES[7][0]


def with_themes(rng: Random, trainings: Sequence[Training], psychology: int) -> list[Training]:
    """Let so many persons have a course of psychology in the last year, and most one of ethics."""
    of_year = [training for training in trainings if training.day.year == YEARS[-1]]
    people = sorted({training.staff_number for training in of_year})
    chosen = set(rng.sample(people, min(psychology, len(people))))
    waiting = {person: [PSYCHOLOGY] if person in chosen else [] for person in people}
    for person in people:
        if rng.random() < 0.95:
            waiting[person].append(ETHICS)
    found = []
    for training in trainings:
        if training.day.year == YEARS[-1]:
            courses = waiting[training.staff_number]
            given = courses.pop(0) if courses else OTHERWISE
            if given != OTHERWISE or training.course == PSYCHOLOGY:
                training = training._replace(course=given)
        found.append(training)
    return sorted(found)


def draw_trainings(
    rng: Random, staff: Sequence[Person], trained: int, undertrained: int
) -> list[Training]:
    """Draw all courses: the public teachers in post have hours enough but for a few."""
    counted = [person for person in staff if person.is_public_teacher_in_post]
    # Who entered in the last year has no other year in which to have had the hours.
    settled = [p.staff_number for p in counted if p.entered < date(2022, 9, 1)]
    rng.shuffle(settled)
    untrained = set(settled[: max(0, len(counted) - trained)])
    short = set(settled[len(settled) - undertrained :])
    counted_numbers = {person.staff_number for person in counted}
    trainings: list[Training] = []
    for person in staff:
        number = person.staff_number
        percent = rng.randint(101, 128)
        if number in short:
            percent = rng.randint(70, 95)
        elif number not in counted_numbers:
            if rng.random() < 0.4:
                continue  # private schools and other posts register only some
            percent = rng.randint(30, 120)
        trainings += _of_person(rng, person, percent, number not in untrained)
    trainings.sort()
    return trainings
