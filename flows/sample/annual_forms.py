"""The yearly education statistics: one workbook per school with the sizes of its classes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from xlsxwriter.worksheet import Worksheet

from flows.sample import MARK
from flows.sample.district import School, census_day
from flows.sample.kinds import COMPULSORY_STAGES
from flows.sample.students import GRADES, Enrolment
from flows.sample.workbooks import workbook_at

YEAR = 2023
FORMS = {"小学": "教基2106", "初中": "教基2107"}
GRADE_NAMES = ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级")
SMALLEST_OF_BAND = (0, 26, 31, 36, 41, 46, 51, 56, 61, 66)
BANDS = (
    "25人及以下", "26-30人", "31-35人", "36-40人", "41-45人", "46-50人", "51-55人", "56-60人",
    "61-65人", "66人及以上",
)  # fmt: skip
FIRST_ROW, LAST_COLUMN = 5, 2 + len(BANDS)

Classes = Mapping[tuple[str, str], Sequence[Sequence[int]]]  # pupils of each, by stage and grade


def count_classes(schools: Sequence[School], enrolments: Sequence[Enrolment]) -> Classes:
    """Count the pupils of every class, those of teaching points in the managing school's form."""
    ledgers = {school.code: school.ledger for school in schools}
    pupils = Counter(
        (row.school_code, row.stage, row.grade, row.class_number)
        for row in enrolments
        if row.stage in COMPULSORY_STAGES
    )
    classes: dict[tuple[str, str], list[list[int]]] = {}
    for (code, stage, grade, _), count in sorted(pupils.items()):
        of_stage = classes.setdefault((ledgers[code], stage), [[] for _ in range(GRADES[stage])])
        of_stage[grade - 1].append(count)
    return classes


def write_forms(
    folder: Path,
    rng: Random,
    schools: Sequence[School],
    classes: Classes,
    dirt: frozenset[str],
) -> int:
    """Write a workbook for each school that runs a compulsory stage, in place of older ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.xlsx"):
        path.unlink()
    stages = defaultdict(list)
    for code, stage in sorted(classes):
        stages[code].append(stage)
    by_code = {school.code: school for school in schools}
    rows: Counter[str] = Counter()
    for code, its_stages in stages.items():
        school = by_code[code]
        with workbook_at(folder / f"{code}.xlsx") as workbook:
            _write_cover(workbook.add_worksheet("封面"), school)
            for stage in sorted(its_stages, key=COMPULSORY_STAGES.index):
                form = FORMS[stage]
                name = rng.choice((form, f"{form}_{stage}"))
                sheet = workbook.add_worksheet(name)
                none = rng.choice(("", "-"))
                rows[code] += _write_form(sheet, school, stage, classes[code, stage], none)
    if "missing_workbook" in dirt:
        absent = next(code for code in stages if by_code[code].kind == "311")
        (folder / f"{absent}.xlsx").unlink()
        del rows[absent]
    return rows.total()


def _write_cover(sheet: Worksheet, school: School) -> None:
    lines = (
        f"教育事业统计报表({MARK})",
        f"{YEAR}/{YEAR + 1}学年初",
        f"学校(机构)名称:{school.name_on(census_day(YEAR))}",
        f"学校(机构)标识码:{school.code}",
        f"统计时点:{YEAR}年9月1日",
        "填表人:样例",
    )
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)


def _write_form(
    sheet: Worksheet, school: School, stage: str, grades: Sequence[Sequence[int]], none: str
) -> int:
    """Write the sizes of the classes of a stage; `none` stands where there is no class."""
    sheet.merge_range(0, 0, 0, LAST_COLUMN, f"{FORMS[stage]} {stage}班数、班额情况")
    sheet.write_string(1, 0, f"学校(机构)名称:{school.name_on(census_day(YEAR))}")
    sheet.write_string(1, 3, f"学校(机构)标识码:{school.code}")
    sheet.write_string(1, LAST_COLUMN, "单位:班")
    for column, caption in enumerate(("指标名称", "代码", "班数")):
        sheet.merge_range(2, column, 3, column, caption)
    sheet.merge_range(2, 3, 2, LAST_COLUMN, "班额")
    sheet.write_row(3, 3, BANDS)
    sheet.write_row(4, 0, ("甲", "乙", *map(str, range(1, LAST_COLUMN))))
    lines = [("总计", [size for grade in grades for size in grade])]
    lines += list(zip(GRADE_NAMES, map(list, grades), strict=False))
    for row, (name, sizes) in enumerate(lines, start=FIRST_ROW):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, f"{row - FIRST_ROW + 1:02d}")
        bands = Counter(sum(size >= low for low in SMALLEST_OF_BAND) - 1 for size in sizes)
        sheet.write_number(row, 2, len(sizes))
        for band in range(len(BANDS)):
            if bands[band]:
                sheet.write_number(row, 3 + band, bands[band])
            elif none:
                sheet.write_string(row, 3 + band, none)
    last = FIRST_ROW + len(lines)
    sheet.write_string(last, 0, "#复式班")
    sheet.write_string(last, 1, f"{len(lines) + 1:02d}")
    sheet.write_string(last + 1, 0, "注:各年级班数不重复计算;复式班是其中数。")
    return len(grades)
