"""Figure 13.2 worked out in plain loops: what schools have for their pupils, and how they differ.

It imports nothing of the project; it knows the files only by the text of their specification.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

from answer_files import (
    School,
    Spans,
    amount,
    as_of,
    read_students,
    records,
    stage,
    text,
    xlsx_grids,
)

TITLE = "义务教育学校资源配置表"
CAPTIONS = (
    "学段 高于规定学历教师数 县级以上骨干教师数 体育艺术专任教师数 教学及辅助用房面积 "
    "其中室内体育用房面积 运动场地面积 教学仪器设备值(万元) 网络多媒体教室数"
)
FOR_HUNDRED = ("teachers_above_degree", "backbone_teachers", "sports_and_art_teachers",
               "network_classrooms")  # fmt: skip
TEACHERS = FOR_HUNDRED[:3]
MOST = {"普通小学": Decimal("0.50"), "普通初中": Decimal("0.45")}
NOT_COMPARED = ("361", "362", "363", "364", "365", "366", "511", "512", "513", "514", "519")
POINT, FEWEST_OF_A_POINT = "218", 50
TENTH = Decimal("1e-10")

Value = dict[str, Decimal | str | bool | None]
Schools = dict[str, dict[str, tuple[dict[str, Decimal], int]]]  # by stage and school


def half_up(number: Decimal) -> Decimal:
    """A number at ten decimals."""
    return number.quantize(TENTH, rounding=ROUND_HALF_UP)


def difference_of_schools(schools: list[tuple[Decimal, int]]) -> Decimal:
    """The coefficient of variation: each school is told with what it has, and with its pupils."""
    with localcontext(prec=60):
        whole = sum(has for has, _ in schools)
        everybody = sum(pupils for _, pupils in schools)
        squares = Decimal(0)
        for has, pupils in schools:
            apart = half_up((has * everybody - whole * pupils) / (whole * pupils))
            squares += pupils * half_up(apart**2)
        return half_up(half_up(squares / everybody).sqrt())


def read_resources(workspace: Path, schools: Spans[School], year: int) -> Schools | None:
    """What each school has, with its pupils, by stage; None without forms or census."""
    folders = sorted((workspace / "raw" / "inbox" / "schools").glob(f"*{TITLE}*{year}*"))
    pupils = read_students(workspace, date(year, 9, 1))
    if not folders or pupils is None:
        return None
    heads = Counter((text(pupil["XXBSM"]), stage(pupil["XD"])) for pupil in pupils)
    found: Schools = {name: {} for name in MOST}
    for path in sorted(folders[-1].glob("*.xlsx")):
        for grid in xlsx_grids(path):
            said = "".join(text(cell) for row in grid[:3] for cell in row)
            number = said.partition("学校(机构)标识码:")[2][:10]
            school = as_of(schools, number, date(year, 9, 1))
            for name, *cells in records(grid, CAPTIONS):
                its_stage = stage(text(name).removesuffix("部"))
                of_stage = heads[number, its_stage]
                is_small_point = (
                    school is not None and school.kind == POINT and of_stage < FEWEST_OF_A_POINT
                )
                if (
                    school is None
                    or school.kind in NOT_COMPARED
                    or is_small_point
                    or its_stage not in MOST
                    or not of_stage
                ):
                    continue
                above, backbone, arts, rooms, halls, grounds, wan, networked = map(amount, cells)
                has = {
                    "teachers_above_degree": above, "backbone_teachers": backbone,
                    "sports_and_art_teachers": arts, "rooms_m2": rooms - halls,
                    "sports_m2": grounds + halls, "equipment_yuan": 10_000 * wan,
                    "network_classrooms": networked,
                }  # fmt: skip
                found[its_stage][number] = has, of_stage
    return found


def few_teachers(resources: Iterable[dict[str, Decimal]], pupils: Decimal) -> set[str]:
    """Which counts of teachers are not told: of 1 to 4, and those that leave 1 to 4 to another."""
    counts = dict.fromkeys(TEACHERS, Decimal(0))
    for of_school in resources:
        for name in TEACHERS:
            counts[name] += of_school[name]
    return {
        name
        for name, number in counts.items()
        if number
        and any(0 < apart < 5 for apart in (number, *(c - number for c in counts.values()),
                                            pupils - number))
    }  # fmt: skip


def resource_answers(
    workspace: Path, schools: Spans[School], year: int
) -> dict[tuple[str, str, str], Value]:
    """Figure 13.2 by indicator, period and member."""
    by_stage = read_resources(workspace, schools, year)
    if by_stage is None:
        return {}
    period, found, words = f"{year}-09-01", dict[tuple[str, str, str], Value](), set()
    for its_stage, of_stage in by_stage.items():
        if not of_stage:
            continue
        names = next(iter(of_stage.values()))[0]
        everybody = Decimal(sum(pupils for _, pupils in of_stage.values()))
        few = few_teachers((has for has, _ in of_stage.values()), everybody)
        for name in names:
            has = [(resources[name], pupils) for resources, pupils in of_stage.values()]
            whole = sum((amounts for amounts, _ in has), Decimal(0))
            is_told = name not in few
            for_how_many = 100 if name in FOR_HUNDRED else 1
            with localcontext(prec=60):
                level = half_up(for_how_many * whole / everybody)
            parts = {"numerator": whole, "denominator": everybody}
            of_all = {"value": level, **parts, "is_told": is_told}
            found[f"{name}_per_pupil", period, its_stage] = of_all
            apart = difference_of_schools(has)
            word = "达标" if apart <= MOST[its_stage] else "未达标"
            words.add(word if is_told else "无法判定")
            balance = {"value": apart, **parts, "judgement": word, "is_told": is_told}
            found[f"{name}_balance", period, its_stage] = balance
    met = next(word for word in ("未达标", "无法判定", "达标") if word in words)
    found["resources_balanced", period, "total"] = {"value_text": met, "judgement": met}
    return found
