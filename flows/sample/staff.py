"""The staff of the schools, with those who have left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from flows.sample.district import School, census_day, is_institution
from flows.sample.drawing import apportion
from flows.sample.enrolments import Body, Heads
from flows.sample.people import person_number

CENSUS_DAY = census_day(2023)
TEACHING_POSTS = ("校长", "专任教师")
OTHER_POSTS = ("行政人员", "教辅人员", "工勤人员", "工勤人员")
SUBJECTS = {
    "幼儿园": ("保育教育",),
    "小学": ("语文", "语文", "数学", "数学", "英语", "科学", "体育", "音乐", "美术", "道德与法治"),
    "初中": ("语文", "数学", "英语", "物理", "化学", "历史", "地理", "生物学", "体育与健康"),
    "高中": ("语文", "数学", "英语", "物理", "化学", "历史", "地理", "生物学", "思想政治"),
    "特教": ("生活适应", "康复训练", "生活语文", "生活数学"),
}
# Teachers per 1,000 pupils, by which the stages weigh against each other.
TEACHERS_OF_A_THOUSAND = {"幼儿园": 70, "小学": 58, "初中": 73, "高中": 77, "特教": 200}
SHARE_TRAINED_IN_THE_YEAR = 0.975
TEACHERS_OF_PRIVATE_SCHOOLS = 0.75  # per pupil, against public ones
SHARE_OF_OTHER_POSTS = 0.07
SHARE_THAT_HAS_LEFT, SHARE_THAT_LEAVES_SOON = 0.03, 0.0015
SHARE_THAT_CAME_LATE = 0.16  # within the five years of the training register
SHARE_ON_THE_ESTABLISHMENT = 0.93


@dataclass(frozen=True)
class Person:
    """One member of the staff."""

    staff_number: str
    id_number: str
    school_code: str
    is_public: bool  # counts among the staff of public schools
    post: str
    stage: str | None
    subject: str | None
    entered: date
    left: date | None
    contract: str
    is_full_time: bool = True
    at_school_since: date = date.min
    putonghua: str | None = None
    putonghua_on: date | None = None

    @property
    def is_public_teacher_in_post(self) -> bool:
        """Whether the figures of the teachers' training count this person."""
        in_post = self.left is None or self.left >= CENSUS_DAY
        return self.is_public and self.post in TEACHING_POSTS and in_post


@dataclass(frozen=True)
class Place:
    """A place that somebody fills."""

    school: School
    post: str
    stage: str | None
    has_left: bool = False


def _teaching_places(
    schools: Sequence[School], heads: Mapping[Body, Heads], teachers: int
) -> list[Place]:
    """Give every school and stage teachers by its pupils, at least one."""
    bodies = [(s, stage) for s in schools for stage in s.stages if (s.code, stage) in heads]
    weights = [heads[s.code, stage].pupils * TEACHERS_OF_A_THOUSAND[stage] for s, stage in bodies]
    counts = apportion(max(0, teachers - len(bodies)), weights)
    return [
        Place(school, "专任教师", stage)
        for (school, stage), count in zip(bodies, counts, strict=True)
        for _ in range(1 + count)
    ]


def _places(
    rng: Random, schools: Sequence[School], heads: Mapping[Body, Heads], teachers: int
) -> Iterator[Place]:
    """List every place, filled or left, so that about so many teach at public schools."""
    in_use = [school for school in schools if school.is_open_on(CENSUS_DAY)]
    led = [school for school in in_use if school.stages and not school.is_point]
    public = [school for school in in_use if school.is_public]
    private = [school for school in in_use if not school.is_public]
    principals = [Place(school, "校长", school.stages[-1]) for school in led]
    teaching = _teaching_places(public, heads, teachers - sum(s.is_public for s in led))
    pupils, private_pupils = (
        sum(heads[school.code, stage].pupils for school in group for stage in school.stages)
        for group in (public, private)
    )
    private_teachers = int(teachers * TEACHERS_OF_PRIVATE_SCHOOLS * private_pupils / pupils)
    teaching += _teaching_places(private, heads, private_teachers)
    others = int(len(teaching) * SHARE_OF_OTHER_POSTS)
    sizes = [sum(school.sizes.values()) for school in led]
    other = [
        Place(school, rng.choice(OTHER_POSTS), None)
        for school in rng.choices(led, weights=sizes, k=others)
    ]
    other += [
        Place(school, rng.choice(("行政人员", "专任教师", "工勤人员")), None)
        for school in in_use
        if is_institution(school)
        for _ in range(max(2, others // 12))
    ]
    gone = rng.sample(teaching, max(1, int(len(teaching) * SHARE_THAT_HAS_LEFT)))
    yield from principals + teaching + other
    yield from (Place(place.school, place.post, place.stage, has_left=True) for place in gone)


def _entry(rng: Random, place: Place) -> date:
    """Draw the day of entry: most before the five years of the training register."""
    is_late = place.post != "校长" and not place.has_left and rng.random() < SHARE_THAT_CAME_LATE
    if is_late:
        year = rng.randrange(2019, 2024)
        if year < 2023 and rng.random() < 0.25:
            return date(year, rng.randrange(2, 12), rng.randrange(1, 29))
        return date(year, 8, 15) + timedelta(rng.randrange(18))
    return date(rng.randrange(1988, 2019), rng.choice((7, 8, 8, 9)), rng.randrange(1, 29))


def _left(rng: Random, place: Place) -> date | None:
    """Draw the day on which a person left: few after the census, as a later export shows."""
    if not place.has_left:
        late = place.post == "专任教师" and place.stage and rng.random() < SHARE_THAT_LEAVES_SOON
        return date(2023, rng.randrange(10, 13), rng.randrange(1, 29)) if late else None
    return date(rng.randrange(2019, 2024), rng.choice((1, 2, 6, 7, 8)), rng.randrange(1, 29))


def draw_staff(
    rng: Random, schools: Sequence[School], heads: Mapping[Body, Heads], trained: int
) -> list[Person]:
    """Draw the staff so that the trained among the public teachers come to the number aimed at."""
    taken: Counter[date] = Counter()
    teachers = int(trained / SHARE_TRAINED_IN_THE_YEAR)
    places = list(_places(rng, schools, heads, teachers))
    rng.shuffle(places)
    staff = []
    for number, place in enumerate(places, start=1):
        entered = _entry(rng, place)
        age = rng.randrange(21, 27)
        born = date(entered.year - age, rng.randrange(1, 13), rng.randrange(1, 29))
        is_public = place.school.is_public and not is_institution(place.school)
        is_permanent = place.school.is_public and (
            place.post == "校长" or rng.random() < SHARE_ON_THE_ESTABLISHMENT
        )
        staff.append(
            Person(
                staff_number=f"SY{number:06d}",
                id_number=person_number(taken, born),
                school_code=place.school.code,
                is_public=is_public,
                post=place.post,
                stage=place.stage,
                subject=rng.choice(SUBJECTS[place.stage]) if place.stage else None,
                entered=entered,
                left=_left(rng, place),
                contract="在编" if is_permanent else "聘用",
            )
        )
    return staff


def describe_staff(rng: Random, staff: Sequence[Person], labour: int) -> list[Person]:
    """Say since when each is at the school, and each teacher's certificate; some teach labour."""
    described = []
    may_teach_labour = [
        number
        for number, person in enumerate(staff)
        if person.post == "专任教师"
        and person.stage in ("小学", "初中")
        and person.left is None
        and person.entered <= CENSUS_DAY
        and person.subject not in ("语文", "道德与法治")
    ]
    of_labour = set(rng.sample(may_teach_labour, min(labour, len(may_teach_labour))))
    for number, person in enumerate(staff):
        moved = date(rng.randrange(2012, 2023), 9, 1)
        since = max(person.entered, moved) if rng.random() < 0.5 else person.entered
        subject = "劳动" if number in of_labour else person.subject
        if subject == "历史" and person.stage == "初中" and rng.random() < 0.5:
            subject = "道德与法治"
        level = rng.choice(("一级乙等", "二级甲等") if subject and "语文" in subject else
                           ("二级甲等", "二级乙等", "二级乙等"))  # fmt: skip
        described.append(
            replace(
                person,
                subject=subject,
                at_school_since=since,
                is_full_time=number in of_labour or rng.random() < 0.8,
                putonghua=level if person.post in TEACHING_POSTS else None,
                putonghua_on=person.entered if person.post in TEACHING_POSTS else None,
            )
        )
    return described
