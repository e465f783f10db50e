"""By which codes and names other systems know the institutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from flows.sample.district import School
from flows.sample.names import short_name
from flows.sample.people import credit_code

CAPTIONS = ("学校标识码", "标识种类", "标识值", "有效期起", "有效期止")
SINCE = date(2015, 1, 1)
LAST_DAY_OF_OLD_UNIT, FIRST_DAY_OF_NEW_UNIT = date(2023, 6, 30), date(2023, 7, 1)
UNKNOWN_UNIT = "205999"  # in no row of the crosswalk


@dataclass(frozen=True)
class Unit:
    """The budget unit of an institution; one institution's code changes within 2023."""

    code: str
    new_code: str = ""

    def code_on(self, day: date) -> str:
        """Give the code on a day."""
        return self.new_code if self.new_code and day >= FIRST_DAY_OF_NEW_UNIT else self.code


def draw_units(rng: Random, schools: Sequence[School]) -> dict[str, Unit]:
    """Give each public institution its budget unit, those included that ended."""
    owners = [school for school in schools if school.is_public and not school.is_point]
    units = {school.code: Unit(str(205101 + place)) for place, school in enumerate(owners)}
    changing = rng.choice([s for s in owners if s.kind == "211" and s.closed is None])
    new_code = str(205101 + len(owners))
    return units | {changing.code: Unit(units[changing.code].code, new_code)}


def crosswalk_rows(
    rng: Random, schools: Sequence[School], units: Mapping[str, Unit]
) -> list[list[str]]:
    """Write budget units, credit codes and names, each with its validity."""
    rows = []

    def add(school: School, kind: str, value: str, since: date, until: date | None) -> None:
        last = until.isoformat() if until else ""
        rows.append([school.code, kind, value, since.isoformat(), last])

    running_numbers = rng.sample(range(40_000_000, 60_000_000), len(schools))
    for school, running_number in zip(schools, running_numbers, strict=True):
        unit = units.get(school.code)
        if unit and unit.new_code:
            add(school, "预算单位编码", unit.code, SINCE, LAST_DAY_OF_OLD_UNIT)
            add(school, "预算单位编码", unit.new_code, FIRST_DAY_OF_NEW_UNIT, school.closed)
        elif unit:
            add(school, "预算单位编码", unit.code, SINCE, school.closed)
        if not school.is_point:
            code = credit_code(school.is_public, running_number)
            add(school, "统一社会信用代码", code, SINCE, school.closed)
        for name in dict.fromkeys((school.name, short_name(school.name))):
            add(school, "名称", name, SINCE, school.closed)
    return rows
