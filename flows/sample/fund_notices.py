"""The notices by which the finance bureau gives out money: to schools, by purpose and level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random

from flows.sample import MARK
from flows.sample.crosswalk import Unit
from flows.sample.dirt import in_full_width, soil, with_blanks, with_full_width_hyphen
from flows.sample.district import School, is_institution
from flows.sample.drawing import apportion
from flows.sample.entitlements import OPERATING, SPECIAL, Claim
from flows.sample.spending import AID, MEALS
from flows.sample.targets import FEN_OF_TEN_THOUSAND_YUAN, LEVELS, Earmarked
from flows.sample.workbooks import workbook_at

CAPTIONS = ("指标文号", "下达日期", "用途类别", "资金级次", "学段", "预算单位", "下达金额")
YEAR = 2023
WAYS_TO_WRITE = {  # a level
    "中央": ("中央", "中央", "中央资金"),
    "省": ("省", "省级"),
    "市": ("市", "市级"),
    "区": ("区", "区级", "县级"),
}
# What each level bears of a claim, in percent.
SHARES_OF_LEVELS = {
    OPERATING: {"中央": 62, "省": 18, "区": 20},
    SPECIAL: {"中央": 50, "省": 25, "市": 5, "区": 20},
}
SHARES_BEYOND_COMPULSORY = {"省": 30, "区": 70}
BATCHES = ((1, 4), (8, 11))  # the months of each; the unit codes change in between
PERCENT_FOR_THE_OFFICE = 4  # of the meals' money
SHARE_TAKEN_BACK = 0.01
FIRST_ROW = 3
UNIT = 4  # among the texts of a row


@dataclass(frozen=True)
class Notice:
    """One row: money of one notice for one unit, in fen."""

    batch: int
    purpose: str
    level: str
    stage: str
    school: School
    fen: int
    number: str = ""
    day: date = date(YEAR, 1, 1)


def _of_claim(rng: Random, school: School, claim: Claim, fen: int) -> Iterator[Notice]:
    levels = SHARES_OF_LEVELS.get(claim.purpose, SHARES_OF_LEVELS[OPERATING])
    if claim.stage in ("幼儿园", "高中"):
        levels = SHARES_BEYOND_COMPULSORY
    # Left out only where it leaves no two rows alike.
    is_plain = claim.purpose != OPERATING and len(school.stages) == 1 and rng.random() < 0.7
    stage = "" if is_plain else claim.stage
    for batch, half in enumerate(apportion(fen, (rng.randrange(45, 56), 50))):
        parts = apportion(half, list(levels.values()))
        for level, part in zip(levels, parts, strict=True):
            yield Notice(batch, claim.purpose, level, stage, school, part)


def _of_meals(
    rng: Random, by_code: Mapping[str, School], meals: Mapping[Claim, int], targets: Earmarked
) -> Iterator[Notice]:
    """Share out the meals' money of each level by what the schools pay, a part to the office."""
    office = next(school for school in by_code.values() if is_institution(school))
    paid: Counter[str] = Counter()
    for claim, fen in meals.items():
        paid[claim.school_code] += fen
    schools = [by_code[code] for code in paid]
    weights = [fen * rng.randrange(97, 104) for fen in paid.values()]
    reserve = sum(weights) * PERCENT_FOR_THE_OFFICE // 100
    for level, total in targets.meal_funds.items():
        for batch, half in enumerate(apportion(total, (60, 40))):
            parts = apportion(half, [*weights, reserve])
            for school, part in zip([*schools, office], parts, strict=True):
                yield Notice(batch, MEALS, level, "", school, part)


def _taken_back(rng: Random, notice: Notice) -> list[Notice]:
    """Give a few units too much in the first batch and take it back in the second."""
    if notice.batch or rng.random() > SHARE_TAKEN_BACK:
        return [notice]
    excess = notice.fen // rng.randrange(5, 12) + 1
    back = replace(notice, batch=1, fen=-excess)
    return [replace(notice, fen=notice.fen + excess), back]


def draw_notices(
    rng: Random,
    schools: Sequence[School],
    claims: Mapping[Claim, int],
    meals: Mapping[Claim, int],
    targets: Earmarked,
) -> list[Notice]:
    """Issue what the claims were paid, the meals' funds of each level, and the aid to students.

    The rows of one purpose, level and batch are one notice, of one day and number.
    """
    by_code = {school.code: school for school in schools}
    drawn = [
        notice
        for claim, fen in claims.items()
        for notice in _of_claim(rng, by_code[claim.school_code], claim, fen)
    ]
    drawn += _of_meals(rng, by_code, meals, targets)
    office = next(school for school in schools if is_institution(school))
    for level, part in zip(LEVELS, apportion(targets.aid_paid, (55, 25, 5, 15)), strict=True):
        drawn.append(Notice(0, AID, level, "", office, part))
    drawn = [each for notice in drawn if notice.fen for each in _taken_back(rng, notice)]
    heads = sorted({(n.batch, n.purpose, n.level) for n in drawn})
    days = {
        head: date(YEAR, rng.randint(*BATCHES[head[0]]), rng.randrange(3, 28)) for head in heads
    }
    numbers = {
        head: f"样财教〔{YEAR}〕{number}号"
        for number, head in enumerate(sorted(heads, key=lambda head: (days[head], head)), start=11)
    }
    issued = [
        replace(n, number=numbers[head], day=days[head])
        for n in drawn
        for head in [(n.batch, n.purpose, n.level)]
    ]
    return sorted(issued, key=lambda n: (n.day, n.number))  # a notice's rows stay in order


def write_notices(
    path: Path,
    rng: Random,
    notices: Sequence[Notice],
    units: Mapping[str, Unit],
    dirt: frozenset[str],
) -> int:
    """Write the notices of a year, in 万元 to the fen, with their total."""
    levels = {n.number: rng.choice(WAYS_TO_WRITE[n.level]) for n in notices}
    texts = [
        [
            n.number,
            n.purpose,
            levels[n.number],
            n.stage,
            f"{units[n.school.code].code_on(n.day)}-{n.school.name_on(n.day)}",
        ]
        for n in notices
    ]
    soil(rng, texts, [(UNIT, way) for way in (with_blanks, in_full_width, with_full_width_hyphen)])
    total = sum(notice.fen for notice in notices)
    if "wrong_total" in dirt:
        total += FEN_OF_TEN_THOUSAND_YUAN
    with workbook_at(path) as workbook:
        sheet = workbook.add_worksheet("指标文")
        days = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, 6, f"样例区{YEAR}年教育资金下达指标文台账({MARK})")
        sheet.write_string(1, 6, "单位:万元")
        sheet.write_row(2, 0, CAPTIONS)
        for row, (notice, text) in enumerate(zip(notices, texts, strict=True), start=FIRST_ROW):
            number, *others = text
            sheet.write_string(row, 0, number)
            if rng.random() < 0.1:
                sheet.write_datetime(row, 1, notice.day, days)
            else:
                sheet.write_string(row, 1, notice.day.isoformat())
            for column, cell in enumerate(others, start=2):
                if cell:
                    sheet.write_string(row, column, cell)
            sheet.write_number(row, 6, notice.fen / FEN_OF_TEN_THOUSAND_YUAN)
        last = FIRST_ROW + len(notices)
        sheet.write_string(last, 0, "合计")
        sheet.write_number(last, 6, total / FEN_OF_TEN_THOUSAND_YUAN)
        sheet.write_string(last + 1, 0, "审核人:样例")
    return len(notices)
