"""The rosters of staff and pupils that offices keep beside the systems, towards the targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from flows.sample.crosswalk import Unit
from flows.sample.csv_files import csv_bytes, yuan
from flows.sample.district import School
from flows.sample.drawing import apportion
from flows.sample.kinds import COMPULSORY_STAGES, URBAN
from flows.sample.payments import Payment
from flows.sample.register_rows import YEAR, Cell, Draw, Rows
from flows.sample.registers import AT_THE_END, END, OF_THE_YEAR, Register, write_register
from flows.sample.staff import Person
from flows.sample.students import Enrolment


@dataclass(frozen=True)
class LedgerDraw(Draw):
    """What rosters are drawn from, beside what registers are: the staff and the pupils."""

    staff: Sequence[Person]
    enrolments: Sequence[Enrolment]
    pay: Mapping[str, tuple[int, int, int]]


def draw_posts(draw: LedgerDraw) -> Rows:
    """Give every public institution posts by its pupils and staff, most of them filled."""
    held = Counter(p.school_code for p in draw.staff if p.contract == "在编" and p.left is None)
    rows: Rows = []
    for school in draw.schools:
        if school.is_public and not school.is_point:
            filled = held[school.code]
            approved = filled + draw.rng.randrange(filled // 8 + 3)
            number = f"样例编发〔{YEAR}〕{draw.rng.randrange(1, 9)}号"
            rows.append((school.code, school.name, approved, filled, number))
    return rows


ITEMS_OF_PAY = ("基本工资", "津贴补贴", "奖金")
PAY_CAPTIONS = ("工号", "月份", *ITEMS_OF_PAY)
MONTHS = range(1, 13)


def draw_pay(rng: Random, staff: Sequence[Person]) -> dict[str, tuple[int, int, int]]:
    """Draw what each member of the public staff is paid a month, in fen, item by item."""
    return {
        person.staff_number: (
            rng.randrange(330_000, 560_000), rng.randrange(260_000, 420_000),
            rng.randrange(90_000, 160_000),
        )
        for person in staff
        if person.is_public and person.left is None
    }  # fmt: skip


def write_pay(path: Path, pay: Mapping[str, tuple[int, int, int]]) -> int:
    """Write the pay of every month as the salary system exports it."""
    rows = [
        [number, str(month), *(f"{fen / 100:.2f}" for fen in items)]
        for number, items in pay.items()
        for month in MONTHS
    ]
    path.write_bytes(csv_bytes([PAY_CAPTIONS, *rows], "gb18030", "\r\n"))
    return len(rows)


def draw_civil_servant_pay(draw: LedgerDraw) -> Rows:
    """Pay civil servants a little less than teachers of the compulsory stages, or a little more."""
    of_teachers = {
        person.staff_number
        for person in draw.staff
        if person.stage in COMPULSORY_STAGES and person.is_public_teacher_in_post
    }
    paid = [items for number, items in draw.pay.items() if number in of_teachers]
    share = 990 - 5 * draw.rng.randrange(3) + 20 * draw.targets["misses pay"]
    return [
        (item, sum(items[place] for items in paid) * 12 // len(paid) * share // 100_000,
         f"样例财教〔{YEAR}〕15号")
        for place, item in enumerate(ITEMS_OF_PAY)
    ]  # fmt: skip


def draw_assignments(draw: LedgerDraw) -> Rows:
    """Send teachers in spring, and exchange others in autumn, most of them after six years."""
    rng, rows = draw.rng, list[tuple[Cell, ...]]()
    teachers = [person for person in draw.staff if person.is_public_teacher_in_post]
    sent = rng.sample(teachers, min(draw.targets["K1.3"], len(teachers)))
    last = date(YEAR - 6, 9, 1)
    taken = {person.staff_number for person in sent}
    others = [person for person in teachers if person.staff_number not in taken]
    settled = [person for person in others if (person.at_school_since or END) <= last]
    exchanged = rng.sample(settled, len(settled) // 8)
    exchanged += [p for p in others if (p.at_school_since or END) > last][:3]
    for number, person in enumerate([*sent, *exchanged]):
        in_spring = number < len(sent)
        kind = rng.choice(("支教", "跟岗")) if in_spring else "交流轮岗"
        since = draw.day(2, 3) if in_spring else draw.day(9, 9)
        school = rng.choice(draw.primary_and_secondary)
        rows.append((person.id_number, kind, number % 4 == 0, school.code, school.name, since,
                     date(YEAR + 1, 7, 10)))  # fmt: skip
    return rows


BUDGET_CAPTIONS = (
    "预算单位", "项目编码", "部门预算经济分类", "年初预算数", "调整预算数", "累计支付数",
)  # fmt: skip


def write_budget(
    path: Path, rng: Random, payments: Sequence[Payment], units: Mapping[str, Unit]
) -> int:
    """Write the execution of the budget, of which the payments of the year are what is paid."""
    paid: Counter[tuple[str, str, str]] = Counter()
    for payment in payments:
        if not payment.is_deleted:
            unit = f"{units[payment.school.code].code_on(date(YEAR, 12, 31))}-{payment.school.name}"
            paid[unit, payment.project.code, payment.item.department_class] += payment.fen
    rows, total = [], 0
    for key, fen in sorted(paid.items()):
        adjusted = max(fen, 0) + rng.randrange(max(fen, 0) // 12 + 1)
        rows.append([*key, yuan(adjusted - adjusted // 30), yuan(adjusted), yuan(fen)])
        total += fen
    sums = ["合计", "", "", "", "", yuan(total)]
    path.write_bytes(csv_bytes([BUDGET_CAPTIONS, *rows, sums], "gb18030", "\r\n"))
    return len(rows)


EXAM_CAPTIONS = ("年份", "学校标识码", "人数类别", "人数")
HIGH_SCORES_IN_TEN_THOUSAND = 4543


def draw_exams(draw: LedgerDraw) -> Rows:
    """Draw results of the town's primary schools, and grades and admissions that rise for years."""
    rng, rows = draw.rng, list[tuple[int, str, str, int]]()
    in_stage = {
        stage: [s for s in draw.primary_and_secondary if stage in s.stages]
        for stage in ("小学", "初中", "高中")
    }
    tested = [max(20, draw.pupils[school.code]) for school in in_stage["小学"]]
    town = [place for place, school in enumerate(in_stage["小学"]) if school.area in URBAN]
    good = -(-sum(tested[place] for place in town) * HIGH_SCORES_IN_TEN_THOUSAND // 10_000)
    of_town = dict(zip(town, apportion(good, [tested[place] for place in town]), strict=True))
    for place, school in enumerate(in_stage["小学"]):
        rows.append((YEAR, school.code, "小学测试", tested[place]))
        rows.append((YEAR, school.code, "小学优生", of_town.get(place, tested[place] // 4)))

    def rise(stage: str, years: int, **counts: tuple[int, int]) -> None:
        """Let a count of every school of a stage begin at one number and rise each year."""
        for result, (first, more) in counts.items():
            for school in in_stage[stage]:
                begun = first + rng.randrange(10)
                for step in range(years + 1):
                    rows.append((YEAR - years + step, school.code, result, begun + more * step))

    rise("初中", 5, 中考A加1=(12, 2), 中考A加=(20, 3))
    rise("高中", 10, 高考报名=(400, 0), 本科上线=(150, 6), 一本上线=(60, 4), 重点高校录取=(3, 1))
    return [(year, code, result.replace("加", "+"), n) for year, code, result, n in rows]


def write_exams(path: Path, rows: Rows) -> int:
    """Write the results of the exams."""
    texts = [[str(cell) for cell in row] for row in rows]
    path.write_bytes(csv_bytes([EXAM_CAPTIONS, *texts], "utf-8-sig", "\r\n"))
    return len(texts)


REASONS = {
    "转入": ("随迁", "户口迁移"),
    "转出": ("随迁", "户口迁移"),
    "休学": ("因病",),
    "复学": ("其他",),
}


def draw_movements(draw: LedgerDraw) -> Rows:
    """Let pupils come, go, rest for illness, and come back; nobody drops out for good."""
    schools = {school.code: school for school in draw.primary_and_secondary}
    pupils = [row for row in draw.enrolments if row.school_code in schools]
    rows: Rows = []
    for row in draw.rng.sample(pupils, len(pupils) // 60):
        kind = draw.rng.choice(("转入", "转入", "转出", "转出", "休学", "复学"))
        reason = draw.rng.choice(REASONS[kind])
        _move(draw, rows, row, schools, (kind, reason, None))
    for row in draw.rng.sample(pupils, min(6, len(pupils))):
        _move(draw, rows, row, schools, ("失学", "厌学", date(YEAR, 12, 1)))
    return rows


def _move(
    draw: LedgerDraw,
    rows: Rows,
    pupil: Enrolment,
    schools: Mapping[str, School],
    what: tuple[str, str, date | None],
) -> None:
    kind, reason, returned = what
    school = schools[pupil.school_code]
    rows.append((f"G{pupil.number}", school.code, school.name, pupil.stage, kind, reason,
                 draw.day(3, 11), returned))  # fmt: skip


Drawing = Callable[[LedgerDraw], Rows]
# by table: title, period, who signs it, captions, and how it is drawn
LEDGERS: dict[str, tuple[str, str, str, str, Drawing]] = {
    "staffing.posts": (
        "编制核定表", AT_THE_END, "编办负责人",
        "学校标识码 学校名称 核定编制数 实有在编人数 文号", draw_posts),
    "staffing.assignments": (
        "教师交流支教台账", OF_THE_YEAR, "人事股负责人",
        "身份证号 类别 是否骨干教师 学校标识码 学校名称 起始日期 终止日期", draw_assignments),
    "finance.civil_servant_pay": (
        "公务员平均工资核定表", OF_THE_YEAR, "财政局教科文股负责人",
        "工资项目 年人均水平（元） 文号", draw_civil_servant_pay),
    "schools.movements": (
        "学籍异动名单", OF_THE_YEAR, "学籍办负责人",
        "学籍号 学校标识码 学校名称 学段 异动类别 异动原因 异动日期 复学返校日期", draw_movements),
}  # fmt: skip


def write_ledgers(
    inbox: Path,
    generators: Callable[[str], Random],
    draw_with: Callable[[Random], LedgerDraw],
) -> dict[str, int]:
    """Draw and write all rosters; say how many rows each has."""
    rows = {}
    for name, (title, period, post, captions, drawing) in LEDGERS.items():
        system, table = name.split(".")
        rng = generators(f"ledger {table}")
        drawn = drawing(draw_with(rng))
        register = Register(name, title, period, post, captions, lambda _: [])
        rows[name] = write_register(inbox / system, rng, register, drawn)
    return rows
