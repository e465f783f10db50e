"""The awards of student aid: one row per pupil, programme and term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import NamedTuple

from flows.sample.csv_files import csv_bytes, yuan
from flows.sample.dirt import in_full_width, soil, with_blanks, with_duplicates
from flows.sample.district import School
from flows.sample.drawing import apportion
from flows.sample.students import Enrolment
from flows.sample.targets import Earmarked

CAPTIONS = (
    "资助编号", "学籍号", "学校标识码", "学校名称", "资助项目", "学期", "发放日期",
    "发放金额(元)",
)  # fmt: skip
STUDENT, SCHOOL, AMOUNT = 1, 2, 7
YEAR = 2023
FEN_OF_STEP = 50  # every amount is a whole number of half yuan
LIVING = "义务教育家庭经济困难学生生活补助"
# What an award of a programme is worth against another, by how poor a family is.
PROGRAMMES: Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    "幼儿园": (("学前教育保教费减免", (500,)),),
    "小学": ((LIVING, (250, 500)),),
    "初中": ((LIVING, (313, 625)),),
    "高中": (("普通高中国家助学金", (750, 1000, 1250)), ("普通高中免学费", (430,))),
    "特教": ((LIVING, (500, 625)),),
}
TERMS = {"春季": (YEAR - 1, (3, 6)), "秋季": (YEAR, (10, 12))}  # its census, and when it is paid


class Award(NamedTuple):
    """One award, in fen."""

    day: date
    pupil: str
    school_code: str
    programme: str
    term: str
    fen: int


def draw_awards(
    rng: Random, enrolments: Mapping[int, Sequence[Enrolment]], targets: Earmarked
) -> list[Award]:
    """Choose who is aided in which term, and share out what is paid."""
    possible = [
        (row, programme, values, term)
        for term, (census, _) in TERMS.items()
        for row in enrolments[census]
        for programme, values in PROGRAMMES[row.stage]
    ]
    chosen = rng.sample(possible, targets.aid_awards)
    steps, rest = divmod(targets.aid_paid, FEN_OF_STEP)
    amounts = apportion(steps, [rng.choice(values) for _, _, values, _ in chosen])
    awards = []
    for (row, programme, _, term), amount in zip(chosen, amounts, strict=True):
        day = date(YEAR, rng.randint(*TERMS[term][1]), rng.randrange(1, 29))
        fen = amount * FEN_OF_STEP
        awards.append(Award(day, row.number, row.school_code, programme, term, fen))
    awards[-1] = awards[-1]._replace(fen=awards[-1].fen + rest)
    return sorted(awards)


def write_awards(
    path: Path, rng: Random, awards: Sequence[Award], schools: Sequence[School]
) -> int:
    """Write the awards of a year, with their totals row at the end."""
    by_code = {school.code: school for school in schools}
    rows = [
        [
            f"ZZ{YEAR}{number:06d}",
            f"G{award.pupil}",
            award.school_code,
            by_code[award.school_code].name_on(award.day),
            award.programme,
            f"{YEAR}年{award.term}",
            award.day.isoformat(),
            yuan(award.fen),
        ]
        for number, award in enumerate(awards, start=1)
    ]
    ways = (STUDENT, with_blanks), (STUDENT, in_full_width), (SCHOOL, with_blanks)
    soil(rng, rows, (*ways, (AMOUNT, in_full_width)))
    rows = with_duplicates(rng, rows)
    totals = ["合计"] + [""] * (len(CAPTIONS) - 1)
    totals[AMOUNT] = yuan(sum(award.fen for award in awards))
    path.write_bytes(csv_bytes([CAPTIONS, *rows, totals], "gb18030", "\r\n"))
    return len(rows)
