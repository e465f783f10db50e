"""What schools have for their pupils: teachers, rooms and equipment, one workbook per school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from flows.sample import MARK
from flows.sample.annual_forms import YEAR
from flows.sample.district import School, census_day
from flows.sample.enrolments import Body, Heads
from flows.sample.kinds import COMPULSORY_STAGES
from flows.sample.workbooks import workbook_at

PUPILS_OF_A_POINT_WITH_A_FORM = 50
# caption; of a thousand pupils in primary and in junior schools; decimals
RESOURCES = (
    ("高于规定学历教师数", 55, 66, 0),
    ("县级以上骨干教师数", 14, 15, 0),
    ("体育艺术专任教师数", 12, 12, 0),
    ("教学及辅助用房面积", 5_900, 7_400, 2),
    ("其中室内体育用房面积", 400, 500, 2),
    ("运动场地面积", 8_100, 11_200, 2),
    ("教学仪器设备值(万元)", 265, 330, 2),
    ("网络多媒体教室数", 28, 29, 0),
)
EVEN, UNEVEN = (75, 125), (5, 400)  # smallest and largest in percent of the mean

Amounts = list[float]
Forms = dict[str, dict[str, Amounts]]  # by school and stage


def draw_resources(
    rng: Random, schools: Sequence[School], heads: Mapping[Body, Heads], *, is_uneven: bool
) -> Forms:
    """Give each school about what its pupils need; in some districts one thing is uneven."""
    spread = dict.fromkeys(range(len(RESOURCES)), EVEN)
    if is_uneven:
        spread[rng.choice((0, 5, 6))] = UNEVEN
    forms: Forms = {}
    for school in schools:
        for stage in COMPULSORY_STAGES:
            pupils = heads[school.code, stage].pupils if stage in school.stages else 0
            if not pupils or (school.is_point and pupils < PUPILS_OF_A_POINT_WITH_A_FORM):
                continue
            forms.setdefault(school.code, {})[stage] = [
                round(pupils * rates[stage == "初中"] * rng.randint(*spread[place]) / 1e5, decimals)
                for place, (_, *rates, decimals) in enumerate(RESOURCES)
            ]
    return forms


def write_resources(folder: Path, schools: Sequence[School], forms: Forms) -> int:
    """Write the workbook of each school, in place of older ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.xlsx"):
        path.unlink()
    captions = ("学段", *(caption for caption, *_ in RESOURCES))
    for school in schools:
        if school.code not in forms:
            continue
        with workbook_at(folder / f"{school.code}.xlsx") as workbook:
            sheet = workbook.add_worksheet("资源配置")
            sheet.write_string(0, 0, f"义务教育学校资源配置表({YEAR}年9月1日){MARK}")
            sheet.write_string(1, 0, f"学校(机构)名称:{school.name_on(census_day(YEAR))}")
            sheet.write_string(1, 3, f"学校(机构)标识码:{school.code}")
            sheet.write_row(2, 0, captions)
            of_stages = forms[school.code]
            for row, (stage, amounts) in enumerate(of_stages.items(), start=3):
                sheet.write_row(row, 0, (f"{stage}部" if len(of_stages) > 1 else stage, *amounts))
            if len(of_stages) > 1:
                sums = [round(sum(amounts), 2) for amounts in zip(*of_stages.values(), strict=True)]
                sheet.write_row(3 + len(of_stages), 0, ("全校", *sums))
            sheet.write_string(4 + len(of_stages), 0, "填表人:样例")
    return sum(map(len, forms.values()))
