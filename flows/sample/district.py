"""The schools of the district and their rows in the school code library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from flows.sample.kinds import (
    AREA_NAMES,
    CATEGORIES,
    COUNTRY,
    FOUNDER_NAMES,
    GROUPS,
    INSTITUTION,
    KIND_NAMES,
    POINT,
    PRIMARY_AND_SECONDARY,
    Group,
)
from flows.sample.names import PLACES, WORDS, numeral

LIBRARY_CAPTIONS = (
    "学校标识码", "学校名称", "办学类型", "举办者", "城乡分类",
    "主管学校标识码", "撤并到学校标识码", "有效期起", "有效期止",
)  # fmt: skip
MERGED_BEFORE_THE_CENSUSES = (date(2020, 8, 31), date(2021, 8, 31))
POINT_CLOSED_ON = date(2022, 8, 31)
LAST_DAY_OF_OLD_NAME, FIRST_DAY_OF_NEW_NAME = date(2022, 7, 31), date(2022, 8, 1)


@dataclass(frozen=True)
class School:
    """One institution; `sizes` are its weights by stage, not yet its pupils."""

    code: str
    name: str
    kind: str
    founder: str
    area: str
    opened: date
    sizes: Mapping[str, int]
    boarding: Mapping[str, int]
    closed: date | None = None
    managed_by: str = ""
    merged_into: str = ""
    former_name: str = ""

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that it runs."""
        return tuple(self.sizes)

    @property
    def is_public(self) -> bool:
        """Whether the district runs it."""
        return self.founder != "999"

    @property
    def is_point(self) -> bool:
        """Whether it is a teaching point, whose money is in its managing school's ledger."""
        return self.kind == POINT

    @property
    def ledger(self) -> str:
        """The code of the school in whose ledger its money is."""
        return self.managed_by or self.code

    @property
    def is_primary_or_secondary(self) -> bool:
        """Whether it counts among 中小学校."""
        return self.kind in PRIMARY_AND_SECONDARY

    def is_open_on(self, day: date) -> bool:
        """Say whether it is open on a day."""
        return self.closed is None or day <= self.closed

    def name_on(self, day: date) -> str:
        """Give its name on a day."""
        is_old = self.former_name and day <= LAST_DAY_OF_OLD_NAME
        return self.former_name if is_old else self.name


def census_day(year: int) -> date:
    """Give the day on which pupils and staff are counted."""
    return date(year, 9, 1)


def _draw_school(rng: Random, group: Group, name: str, number: int) -> School:
    factor = rng.randint(*group.spread)
    public_founder = "832" if rng.random() < 0.06 else "831"
    return School(
        code=f"{CATEGORIES[group.kind]}51{number:06d}",
        name=name,
        kind=group.kind,
        founder=public_founder if group.is_public else "999",
        area=rng.choice(group.areas),
        opened=date(rng.randrange(1996, 2015), 9, 1),
        sizes={stage: max(1, size * factor // 100) for stage, size in group.sizes.items()},
        boarding=group.boarding or {},
    )


def draw_schools(rng: Random, scale: float) -> list[School]:
    """Draw the schools, at least one of each group, with some that ended or changed their name."""
    places, words = rng.sample(PLACES, len(PLACES)), rng.sample(WORDS, len(WORDS))
    numbers = iter(rng.sample(range(100, 999), 200))
    ordinals: Counter[str] = Counter()
    schools: list[School] = []

    def draw(group: Group) -> School:
        ordinals[group.name] += 1
        name = group.name.format(
            number=numeral(ordinals[group.name]),
            place=places.pop() if "{place}" in group.name else "",
            word=words.pop() if "{word}" in group.name else "",
        )
        return _draw_school(rng, group, name, next(numbers))

    for group in GROUPS:
        schools += [draw(group) for _ in range(max(1, round(group.count * scale)))]
    country_primary = next(g for g in GROUPS if g.kind == "211" and g.areas == COUNTRY)
    points = next(g for g in GROUPS if g.kind == POINT)
    merged = [draw(country_primary) for _ in MERGED_BEFORE_THE_CENSUSES]
    schools.append(replace(draw(points), closed=POINT_CLOSED_ON))
    managers = [
        school
        for school in schools
        if school.is_public
        and not school.is_point
        and "小学" in school.stages
        and school.area in COUNTRY
    ]
    schools = [_managed(school, rng.choice(managers)) for school in schools]
    schools += [
        replace(school, closed=day, merged_into=rng.choice(managers).code, sizes={})
        for school, day in zip(merged, MERGED_BEFORE_THE_CENSUSES, strict=True)
    ]
    return _rename_one(rng, schools, places.pop())


def _managed(school: School, manager: School) -> School:
    """Put a teaching point under its managing school, which takes its pupils when it closes."""
    if not school.is_point:
        return school
    merged_into = manager.code if school.closed else ""
    return replace(school, managed_by=manager.code, merged_into=merged_into)


def _rename_one(rng: Random, schools: Sequence[School], place: str) -> list[School]:
    """Let one junior school have had another name before."""
    renamed = rng.choice(
        [school for school in schools if school.kind == "311" and school.is_public]
    )
    former = replace(renamed, former_name=f"样例区{place}初级中学")
    return [former if school is renamed else school for school in schools]


def library_rows(schools: Sequence[School]) -> list[list[str]]:
    """Write the school code library: one row per school and span of validity."""
    rows = []
    for school in sorted(schools, key=lambda school: school.code):
        spans = [(school.name, school.opened, school.closed)]
        if school.former_name:
            spans = [
                (school.former_name, school.opened, LAST_DAY_OF_OLD_NAME),
                (school.name, FIRST_DAY_OF_NEW_NAME, school.closed),
            ]
        for name, since, until in spans:
            rows.append(
                [
                    school.code,
                    name,
                    f"{school.kind}-{KIND_NAMES[school.kind]}",
                    f"{school.founder}-{FOUNDER_NAMES[school.founder]}",
                    f"{school.area}-{AREA_NAMES[school.area]}",
                    school.managed_by,
                    school.merged_into,
                    since.isoformat(),
                    until.isoformat() if until else "",
                ]
            )
    return rows


def public_institutions(schools: Sequence[School]) -> list[School]:
    """Choose who keeps a ledger: public, open, and no teaching point."""
    return [
        school
        for school in schools
        if school.is_public and not school.is_point and school.closed is None
    ]


def is_institution(school: School) -> bool:
    """Say whether it is an office or the like, without pupils."""
    return school.kind == INSTITUTION
