"""The figures of rosters and of the staff database worked out in plain loops.

It imports nothing of the project; it knows the files only by the text of their specification.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from math import ceil
from pathlib import Path

from answer_files import (
    School,
    Spans,
    amount,
    as_of,
    code,
    csv_grid,
    day,
    find,
    read_students,
    records,
    spans,
    stage,
    text,
    xlsx_grids,
)
from answer_register_files import PRIMARY_AND_SECONDARY, Answer, Files, Key, count, percent

POINT = "218"
TEACHING = ("校长", "园长", "专任教师")
IDEOLOGY = ("道德与法治", "思想政治", "思想品德")
LABOUR = ("劳动", "劳动教育", "劳动与技术")
GOOD = ("一级甲等", "一级乙等", "二级甲等")  # also for who teaches Chinese

Person = dict[str, str]


def everybody(files: Files) -> list[tuple[Person, School | None]]:
    """Everybody of the staff with the school on the census day."""
    database = files.workspace / "raw" / "sample" / "staffing.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        people = [dict(row) for row in connection.execute("select * from jzg")]
    census = date(files.year, 9, 1)
    return [(person, as_of(files.schools, text(person["xxbsm"]), census)) for person in people]


def all_staff(files: Files) -> list[tuple[Person, School]]:
    """Everybody of the staff whose school is known on the census day."""
    return [(person, school) for person, school in everybody(files) if school is not None]


def staff_in_post(files: Files) -> list[tuple[Person, School]] | None:
    """Principals and teachers in post on the census day, each with the school."""
    if not (files.workspace / "raw" / "sample" / "staffing.sqlite").exists():
        return None
    census, found = date(files.year, 9, 1), []
    for person, school in all_staff(files):
        entered, left = day(person["rzrq"]) or date.max, day(person["lzrq"]) or date.max
        if entered <= census <= left and person["gwlb"] in TEACHING:
            found.append((person, school))
    return found


def has_level(person: Person) -> bool:
    """Whether a teacher speaks as well as the subject asks for."""
    chinese = person["rjxk"] in ("语文", "生活语文")
    return person["pthdj"] in GOOD or (person["pthdj"] == "二级乙等" and not chinese)


def of_six_years(files: Files) -> list[Person] | None:
    """Who is for six years at one public school, on the census day."""
    staff = staff_in_post(files)
    if staff is None:
        return None
    last = date(files.year - 6, 9, 1)
    return [
        person
        for person, school in staff
        if school.public
        and school.kind in (*PRIMARY_AND_SECONDARY, POINT)
        and (day(person["rxrq"]) or date.max) <= last
    ]


def roster(files: Files) -> dict[str, Answer] | None:
    """Who teaches what, and how well they speak."""
    staff, six = staff_in_post(files), of_six_years(files)
    if staff is None or six is None:
        return None

    def teaching(subjects: Sequence[str], its_stage: str = "") -> Answer:
        return count(
            sum(
                school.kind in (*PRIMARY_AND_SECONDARY, POINT)
                and person["rjxk"] in subjects
                and person["sfzz"] == "是"
                and its_stage in ("", stage(person["xd"]))
                for person, school in staff
            )
        )

    at_schools = [person for person, school in staff if school.kind != "911"]
    return {
        "staff_of_six_years": count(len(six)),
        "ideology_teachers": teaching(IDEOLOGY),
        "ideology_teachers_primary": teaching(IDEOLOGY, "普通小学"),
        "ideology_teachers_junior": teaching(IDEOLOGY, "普通初中"),
        "ideology_teachers_senior": teaching(IDEOLOGY, "普通高中"),
        "labour_teachers": teaching(LABOUR),
        "putonghua_share": percent(sum(map(has_level, at_schools)), len(at_schools)),
    }


def assignments(files: Files) -> dict[str, Answer] | None:
    """Who was exchanged in the year, of those who are for six years at a school."""
    rows = files.rows("教师交流支教台账", "身份证号 类别 是否骨干教师 起始日期")
    if rows is None:
        return None
    sent = [
        r for r in rows if r["类别"] == "交流轮岗" and r["起始日期"].startswith(str(files.year))
    ]
    exchanged = {row["身份证号"].upper() for row in sent}
    backbone = {row["身份证号"].upper() for row in sent if row["是否骨干教师"] == "是"}
    found = {"backbone_exchanged_share": percent(len(backbone), len(exchanged))}
    if (six := of_six_years(files)) is not None:
        settled = {text(person["sfzjh"]).upper() for person in six}
        found["staff_exchanged_share"] = percent(len(exchanged & settled), len(six))
    return found


def trainings(files: Files) -> dict[str, Answer] | None:
    """Who was trained in psychology in the year, and in ethics of those in post."""
    path = find(files.workspace, "*教师培训学时*.xlsx")
    staff = staff_in_post(files)
    if path is None or staff is None:
        return None
    known = {text(person["gh"]).upper() for person, _ in everybody(files)}
    in_post = {
        text(person["gh"]).upper()
        for person, school in staff
        if school.public and school.kind != "911"
    }
    psychology, ethics = set(), set()
    for grid in xlsx_grids(path):
        for number, course, when in records(grid, "工号 培训项目 培训日期"):
            held, person = day(when), text(number).upper()
            if held is None or held.year != files.year or person not in known:
                continue
            if "心理" in text(course):
                psychology.add(person)
            if any(word in text(course) for word in ("师德", "师风", "职业道德")):
                ethics.add(person)
    return {
        "staff_trained_in_psychology": count(len(psychology)),
        "ethics_trained_share": percent(len(ethics & in_post), len(in_post)),
    }


def movements(files: Files) -> dict[str, Answer] | None:
    """Pupils of the compulsory stages who dropped out."""
    rows = files.rows("学籍异动名单", "学籍号 学段 异动类别 异动原因 复学返校日期")
    if rows is None:
        return None
    gone = [r for r in rows if r["异动类别"] == "失学" and r["学段"] in ("小学", "初中")]
    poor = {row["学籍号"] for row in gone if row["异动原因"] == "因贫"}
    out = {row["学籍号"] for row in gone if not files.is_by_the_end(row["复学返校日期"])}
    return {"dropped_out_for_poverty": count(len(poor)), "out_of_school": count(len(out))}


def posts(files: Files) -> dict[str, Answer] | None:
    """Posts of the public schools: due by the pupils, given and filled."""
    rows = files.rows("编制核定表", "学校标识码 核定编制数 实有在编人数")
    pupils = read_students(files.workspace, date(files.year, 9, 1))
    if rows is None or pupils is None:
        return None
    ratios = {"普通小学": Fraction(19), "普通初中": Fraction(27, 2), "普通高中": Fraction(25, 2)}
    owed: dict[str, Fraction] = {}
    for pupil in pupils:
        number, its_stage = text(pupil["XXBSM"]), stage(pupil["XD"])
        school = as_of(files.schools, number, date(files.year, 9, 1))
        if school is not None and school.kind == POINT:
            number = school.managed_by
        if its_stage in ratios:
            owed[number] = owed.get(number, Fraction(0)) + 1 / ratios[its_stage]
    due = approved = filled = 0
    for row in rows:
        school = as_of(files.schools, row["学校标识码"], files.end)
        if school is not None and school.public and school.kind in PRIMARY_AND_SECONDARY:
            due += ceil(owed[row["学校标识码"]])
            approved += int(row["核定编制数"])
            filled += int(row["实有在编人数"])
    return {
        "posts_due": count(due),
        "approved_posts": count(approved),
        "filled_posts": count(filled),
        "posts_short": count(due - approved),
    }


def quotient(above: Decimal, below: Decimal, times: int) -> Answer:
    """A quotient of money, at 10 decimals half up."""
    with localcontext(prec=60):
        value = (times * above / below).quantize(Decimal("1e-10"), rounding=ROUND_HALF_UP)
    return Answer(value, above, below)


def pay(files: Files) -> dict[str, Answer] | None:
    """What teachers of the compulsory stages are paid, against civil servants."""
    path = find(files.workspace, f"*工资统发明细*{files.year}年*.csv")
    notice = files.rows("公务员平均工资核定表", "工资项目 年人均水平(元)")
    staff = staff_in_post(files)
    if path is None or notice is None or staff is None:
        return None
    civil = {row["工资项目"]: Decimal(row["年人均水平(元)"]) for row in notice}
    teachers = {
        text(person["gh"])
        for person, school in all_staff(files)
        if school.public and person["gwlb"] in TEACHING and person["xd"] in ("小学", "初中")
    }
    items = [item for item in ("基本工资", "津贴补贴", "奖金") if item in civil]
    total, months, people = Decimal(0), 0, set()
    for number, *amounts in records(csv_grid(path), " ".join(["工号", *items])):
        if text(number) in teachers:
            total += sum((amount(cell) for cell in amounts), Decimal(0))
            months += 1
            people.add(text(number))
    return {
        "compulsory_teachers_paid": count(len(people)),
        "teacher_pay_ratio": quotient(12 * total, months * sum(civil.values(), Decimal(0)), 1),
    }


AGAINST_THE_RULES = {
    ("公用经费", "301"), ("公用经费", "309"), ("公用经费", "307"), ("寄宿生公用经费", "301"),
    ("特殊教育公用经费", "301"), ("营养改善", "301"), ("营养改善", "310"), ("学生资助", "301"),
    ("学生资助", "302"),
}  # fmt: skip


def budget(files: Files) -> dict[str, Answer] | None:
    """What of the budget was paid."""
    path = find(files.workspace, f"*预算执行表*{files.year}年*.csv")
    if path is None:
        return None
    adjusted = paid = Decimal(0)
    for unit, planned, spent in records(csv_grid(path), "预算单位 调整预算数 累计支付数"):
        if text(unit) != "合计":
            adjusted += amount(planned)
            paid += amount(spent)
    return {"budget_paid_share": quotient(paid, adjusted, 100)}


def negative_list(files: Files) -> dict[str, Answer] | None:
    """Payments on what money of their purpose must not be spent."""
    path = find(files.workspace, f"*支付明细*{files.year}年*.csv")
    if path is None:
        return None
    grid = csv_grid(find(files.workspace, "*项目库*.csv"))
    rows = records(grid, "项目编码 用途类别 有效期起 有效期止")
    purposes = spans((text(r[0]), text(r[1]), r[2], r[3]) for r in rows)
    captions = "支付日期 部门预算经济分类 项目编码 支付金额 是否删除"
    number, yuan = 0, Decimal(0)
    for paid, economic, project, cell, gone in records(csv_grid(path), captions, once=True):
        purpose = as_of(purposes, text(project), day(paid))
        if text(gone) != "是" and (purpose, code(economic)[:3]) in AGAINST_THE_RULES:
            number += 1
            yuan += amount(cell)
    return {
        "payments_against_rules": count(number),
        "payments_against_rules_yuan": Answer(yuan, yuan),
    }


Figures = Callable[[Files], dict[str, Answer] | None]
FIGURES: Sequence[tuple[str, Figures]] = (
    ("{}-09-01", roster),
    ("{}-12-31", posts),
    ("{}", assignments),
    ("{}", trainings),
    ("{}", movements),
    ("{}", pay),
    ("{}", budget),
    ("{}", negative_list),
)


def ledger_answers(workspace: Path, schools: Spans[School], year: int) -> dict[Key, Answer]:
    """All values of rosters by indicator and period; without a file there are none."""
    files = Files(workspace, schools, year)
    return {
        (indicator, period.format(year)): answer
        for period, figure in FIGURES
        for indicator, answer in (figure(files) or {}).items()
    }
