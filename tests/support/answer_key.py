"""Independent answer key: the figures worked out from a district's source files in plain loops.

It imports nothing of the project; it knows the files only by the text of their specification.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

from answer_files import (
    BOARDERS,
    CODES,
    JUNIOR,
    KINDERGARTEN,
    PRIMARY,
    SEN,
    SENIOR,
    SPECIAL,
    STAGE_OF_FUNCTION,
    Census,
    Heads,
    Payment,
    School,
    Spans,
    Sums,
    amount,
    as_of,
    code,
    csv_grid,
    day,
    find,
    is_school,
    keeper,
    public_census,
    read_aid,
    read_classes,
    read_funds,
    read_guards,
    read_notices,
    read_payments,
    read_schools,
    records,
    spans,
    stage,
    text,
    xlsx_grids,
)

Result = dict[str, Decimal | str | list[tuple[str, Decimal, Decimal]] | None]

COMPULSORY = (PRIMARY, JUNIOR)
CORE = (KINDERGARTEN, PRIMARY, JUNIOR, SENIOR)
PRIMARY_AND_SECONDARY = ("211", "311", "312", "341", "342", "345")
OF_COMPULSORY_STAGE = ("211", "311", "312", "341", "345", "514")
FLOOR = 100
OLD, RAISED = date(1900, 1, 1), date(2023, 1, 1)
STANDARDS: dict[str, dict[date, int]] = {  # yuan a year, from the day on
    PRIMARY: {OLD: 650, RAISED: 720},
    JUNIOR: {OLD: 850, RAISED: 940},
    BOARDERS: {OLD: 200, RAISED: 300},
    SEN: {OLD: 6000},
}


def divide(above: Decimal | int | None, below: Decimal | int | None) -> Decimal | None:
    """A quotient at 10 decimals half up; None when a part is missing or the lower one is zero."""
    if above is None or not below:
        return None
    with localcontext(prec=60):
        return (Decimal(above) / below).quantize(Decimal("1e-10"), rounding=ROUND_HALF_UP)


def minus(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The increase; None when an input is missing."""
    return None if now is None or before is None else now - before


def growth(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The increase in percent; None when an input is missing or the base is zero."""
    increase = minus(now, before)
    return None if increase is None else divide(100 * increase, before)


def spending(payments: list[Payment] | None) -> Sums:
    """Yuan of the education payments by stage and in total."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments or ():
        if payment.function.startswith("205"):
            sums["total"] += payment.yuan
            sums[STAGE_OF_FUNCTION.get(payment.function, "其他")] += payment.yuan
    return None if payments is None else sums


def standard(name: str, when: date) -> int:
    """The standard in yuan per student and year that holds on a day."""
    return [yuan for since, yuan in STANDARDS[name].items() if since <= when][-1]


def base(pupils: int) -> int:
    """Pupils that count: a school with pupils counts at least the floor."""
    return max(pupils, FLOOR) if pupils else 0


def annual(its_stage: str, heads: Heads, when: date) -> Decimal:
    """The entitlement for a year of one school and stage by the standards of a day."""
    if its_stage not in (*COMPULSORY, SPECIAL):
        return Decimal(0)
    yuan = heads.sen * standard(SEN, when)
    if its_stage in COMPULSORY:
        yuan += (base(heads.pupils) - heads.sen) * standard(its_stage, when)
        yuan += heads.boarders * standard(BOARDERS, when)
    return Decimal(yuan)


def funded(census: Census) -> Counter[str]:
    """Funded students by stage at a census, and the boarders."""
    counts: Counter[str] = Counter()
    for (_, its_stage), heads in census.items():
        if its_stage in COMPULSORY:
            counts[its_stage] += base(heads.pupils) - heads.sen
            counts[BOARDERS] += heads.boarders
            counts[SPECIAL] += heads.sen
        else:
            counts[its_stage] += heads.sen if its_stage == SPECIAL else heads.pupils
    return counts


def full_months(start: date, end: date) -> int:
    """Full months from one day to another."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def funds_figures(workspace: Path, schools: Spans[School], year: int) -> Result:
    """Figures 4.x: funds and payments, in total and per student."""
    values: dict[str, Decimal | None] = {}
    for y in (year - 1, year):
        months: Counter[str] = Counter()
        last, now = (public_census(workspace, schools, date(c, 9, 1)) for c in (y - 1, y))
        for census, weight in ((last, 8), (now, 4)):
            for (_, its_stage), heads in (census or {}).items():
                months[its_stage] += weight * heads.pupils
        sources = {"funds": read_funds(workspace, y),
                   "payments": spending(read_payments(workspace, y))}  # fmt: skip
        for source, sums in sources.items():
            for part in ("total", *CODES):
                yuan = None if sums is None else sums.get(part, Decimal(0))
                values[f"{source}/{y}/{part}"] = yuan
                if part != "total":
                    count = None if last is None or now is None else Decimal(months[part])
                    values[f"months/{y}/{part}"] = count
                    each = divide(None if yuan is None else 12 * yuan, count)
                    values[f"{source}_per_student/{y}/{part}"] = each
    checks: list[Decimal | None] = []
    for source in ("funds", "payments"):
        pair = values[f"{source}/{year}/total"], values[f"{source}/{year - 1}/total"]
        values[f"{source}_increase/{year}"] = minus(*pair)
        checks.append(minus(*pair))
        for its_stage in CORE:
            key = f"{source}_per_student/{{}}/{its_stage}"
            checks.append(growth(values[key.format(year)], values[key.format(year - 1)]))
            values[f"{source}_growth/{year}/{its_stage}"] = checks[-1]
    values["4.1"] = values[f"funds/{year}/total"]
    values["4.2"] = values[f"funds_increase/{year}"]
    before = values[f"payments/{year - 1}/total"]
    values["payments_total_growth"] = growth(values[f"payments/{year}/total"], before)
    values["4.3"] = growth(values["4.1"], values[f"funds/{year - 1}/total"])
    for number, its_stage in enumerate(CORE, start=4):
        values[f"4.{number}"] = values[f"funds_growth/{year}/{its_stage}"]
    known = [check for check in checks if check is not None]
    met = "达标" if all(check >= 0 for check in known) else "未达标"
    return {**values, "4.9": met if len(known) == len(checks) else None}


def read_purposes(workspace: Path) -> Spans[tuple[str, str]]:
    """The purpose and stage of each project."""
    grid = csv_grid(find(workspace, "*项目库*.csv"))
    rows = records(grid, "项目编码 用途类别 有效期起 有效期止 学段")
    return spans((text(r[0]), (text(r[1]), stage(r[4])), r[2], r[3]) for r in rows)


def read_units(workspace: Path) -> Spans[str]:
    """The school of each budget unit."""
    grid = csv_grid(find(workspace, "*单位对照表*.csv"))
    rows = records(grid, "标识种类 标识值 学校标识码 有效期起 有效期止")
    return spans((code(r[1]), text(r[2]), r[3], r[4]) for r in rows if text(r[0]) == "预算单位编码")


def use_of(kind: str, its_stage: str) -> str:
    """For whom money of a purpose and stage is, where it is operating funds; else empty."""
    if kind == "公用经费" and its_stage != SPECIAL:
        return its_stage
    return {"寄宿生公用经费": BOARDERS, "特殊教育公用经费": SPECIAL}.get(kind, "")


def public_use_figures(workspace: Path, schools: Spans[School], year: int) -> Result:
    """Figures 5.x: public-use money per funded student, and schools given what they are owed."""
    names = {PRIMARY: "5.1a", JUNIOR: "5.2a", BOARDERS: "5.3a", SPECIAL: "5.5a",
             SENIOR: "5.6a", KINDERGARTEN: "5.7a"}  # fmt: skip
    last, now = (public_census(workspace, schools, date(y, 9, 1)) for y in (year - 1, year))
    result: Result = dict.fromkeys([*names.values(), "5.8"])
    if last is None or now is None:
        return result
    result |= entitlement_figures(workspace, schools, year, (last, now))
    payments = read_payments(workspace, year)
    if payments is None:
        return result
    purposes = read_purposes(workspace)
    allocated: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments:
        kind, its_stage = as_of(purposes, payment.project, payment.day) or ("", "")
        allocated[use_of(kind, its_stage)] += payment.yuan
    both = funded(last) + funded(now)
    for purpose, figure in names.items():
        result[f"allocated/{year}/{purpose}"] = allocated[purpose]
        result[f"funded/{year}/{purpose}"] = Decimal(both[purpose])
        result[figure] = divide(2 * allocated[purpose], both[purpose])
    return result


def entitlement_figures(
    workspace: Path, schools: Spans[School], year: int, censuses: tuple[Census, Census]
) -> Result:
    """Figure 5.8: schools to which the notices gave what they are owed by the two censuses."""
    notices = read_notices(workspace, year)
    if notices is None:
        return {"5.8": None}
    units, end = read_units(workspace), date(year, 12, 31)
    received: dict[str, Decimal] = defaultdict(Decimal)
    for notice in notices:
        if use_of(notice.purpose, notice.stage) in (*COMPULSORY, BOARDERS, SPECIAL):
            school_code = as_of(units, notice.unit, notice.day) or ""
            received[keeper(schools, school_code, end)] += notice.yuan
    entitled: dict[str, Decimal] = defaultdict(Decimal)
    days = (date(year - 1, 9, 1), date(year, 9, 1))
    for census, census_day, term in zip(censuses, days, (date(year, 3, 1), days[1]), strict=True):
        for (number, its_stage), heads in census.items():
            school = as_of(schools, number, census_day)
            managed = school is not None and school.kind == "218"
            payee = school.managed_by if school is not None and managed else number
            entitled[keeper(schools, payee, end)] += annual(its_stage, heads, term) / 2
    counted: list[str] = []
    for number in sorted(schools):
        school = as_of(schools, number, end)
        if school is not None and school.public and school.kind in OF_COMPULSORY_STAGE:
            counted.append(number)
    short = [(n, entitled[n], received[n]) for n in counted if received[n] < entitled[n]]
    return {
        "shortfalls": short,
        "schools_compulsory": Decimal(len(counted)),
        "schools_meeting": Decimal(len(counted) - len(short)),
        "5.8": divide(100 * (len(counted) - len(short)), len(counted)),
    }


def paid_for(workspace: Path, year: int, *kinds: str) -> list[Decimal | None]:
    """Yuan paid in a year under the projects of each kind of purpose."""
    payments, purposes = read_payments(workspace, year), read_purposes(workspace)
    if payments is None:
        return [None] * len(kinds)
    yuan: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments:
        kind, _ = as_of(purposes, payment.project, payment.day) or ("", "")
        yuan[kind] += payment.yuan
    return [yuan[kind] for kind in kinds]


def earmarked_figures(workspace: Path, schools: Spans[School], year: int) -> Result:
    """Figures 15.x, 16.x and 22.x: meals, aid to students, guards."""
    notices, awards = read_notices(workspace, year), read_aid(workspace, year)
    result: Result = dict.fromkeys(
        ("15.1", "15.2", "15.3", "15.4", "meal_funds/区", "15.8", "16.1", "16.2", "22.1")
    )
    used, result["22.2"] = paid_for(workspace, year, "营养改善", "安保")
    result["15.5"] = used
    if notices is not None:
        by_level = dict.fromkeys(("中央", "省", "市", "区"), Decimal(0))
        for notice in notices:
            if notice.purpose == "营养改善":
                by_level[notice.level] += notice.yuan
        issued = sum(by_level.values(), Decimal(0))
        result |= {"15.1": issued, "15.2": by_level["中央"], "15.3": by_level["省"]}
        result |= {"15.4": by_level["市"], "meal_funds/区": by_level["区"]}
        result["15.8"] = divide(None if used is None else 100 * used, issued)
    if awards is not None:
        result |= {"16.1": sum(awards, Decimal(0)), "16.2": Decimal(len(awards))}
    contracts, end = read_guards(workspace, year), date(year, 12, 31)
    if contracts is not None:
        there = {
            guard
            for guard, school, since, until in contracts
            if since <= end <= until and as_of(schools, school, end) is not None
        }
        result["22.1"] = Decimal(len(there))
    return result


def class_figures(workspace: Path, schools: Spans[School], year: int) -> Result:
    """Figure 14.3: the share of classes of 56 pupils or more, and of 66 or more, by stage.

    A school that was closed on the census day has no classes, whatever form is there.
    """
    forms, census_day = read_classes(workspace, year), date(year, 9, 1)
    result: Result = {}
    for its_stage in COMPULSORY:
        of_stage = [
            one
            for (number, form), one in (forms or {}).items()
            if form == its_stage and as_of(schools, number, census_day) is not None
        ]
        for name in ("classes", "large", "oversize"):
            count = sum(getattr(one, name) for one in of_stage)
            result[f"{name}/{its_stage}"] = None if forms is None else Decimal(count)
        for name in ("large", "oversize"):
            count, whole = result[f"{name}/{its_stage}"], result[f"classes/{its_stage}"]
            result[f"{name}_share/{its_stage}"] = divide(
                None if count is None else 100 * count, whole
            )
    return result


def staff_figures(workspace: Path, schools: Spans[School], year: int) -> Result:
    """Figures 21.x: heads and teachers trained in the year, and over five years enough."""
    path = find(workspace, "*教师培训学时*.xlsx")
    database = workspace / "raw" / "sample" / "staffing.sqlite"
    if path is None or not database.exists():
        return dict.fromkeys([f"staff/{year}", "21.1", "21.2"])
    trained: set[str] = set()
    hours: dict[str, Decimal] = defaultdict(Decimal)
    for grid in xlsx_grids(path):
        for gh, when, cell in records(grid, "工号 培训日期 学时", once=True):
            held = day(when)
            if held is not None and year - 4 <= held.year <= year:
                hours[text(gh).upper()] += amount(cell)
                if held.year == year:
                    trained.add(text(gh).upper())
    with closing(sqlite3.connect(database)) as connection:
        staff = connection.execute("select gh, xxbsm, gwlb, rzrq, lzrq from jzg").fetchall()
    in_post: dict[str, date] = {}
    for gh, number, post, entry, leaving in staff:
        school = as_of(schools, text(number), date(year, 9, 1))
        entered, left = day(entry) or date.max, day(leaving) or date.max
        there = entered <= date(year, 9, 1) <= left and text(post) in ("校长", "园长", "专任教师")
        if there and school is not None and school.public and school.kind != "911":
            in_post[text(gh).upper()] = entered
    enough = 0
    for gh, entered in in_post.items():
        late = entered > date(year - 4, 1, 1)
        months = full_months(entered, date(year + 1, 1, 1)) if late else 60
        enough += hours[gh] >= 6 * months  # 360 hours in 60 months
    return {
        f"staff/{year}": Decimal(len(in_post)),
        "21.1": Decimal(len(trained & set(in_post))),
        "21.2": divide(100 * enough, len(in_post)),
    }


def room_figures(workspace: Path, schools: Spans[School], year: int) -> Result:
    """Figures K3.x: counselling rooms and primary and secondary schools at the end of the year."""
    end = date(year, 12, 31)
    found = [as_of(schools, number, end) for number in schools]
    count = sum(school is not None and school.kind in PRIMARY_AND_SECONDARY for school in found)
    path = find(workspace, f"*心理辅导室台账*{year}*.xlsx")
    if path is None:
        return {"K3.1": None, "K3.2": Decimal(count), "K3.3": None, "K3.4": None}
    task, merging, in_use = set(), set(), set()
    for grid in xlsx_grids(path):
        for row in records(grid, "学校标识码 是否列入建设任务 投入使用日期 是否拟撤并"):
            number = text(row[0])
            if is_school(number):
                task |= {number} if text(row[1]) == "是" else set()
                in_use |= {number} if (day(row[2]) or date.max) <= end else set()
                merging |= {number} if text(row[3]) == "是" else set()
    counts = (len(task), count, len(merging), len(in_use))
    return {f"K3.{i}": Decimal(n) for i, n in enumerate(counts, start=1)}


FIGURES = (
    funds_figures, public_use_figures, earmarked_figures, class_figures,
    staff_figures, room_figures,
)  # fmt: skip


def compute(workspace: Path, year: int = 2023) -> Result:
    """All figures of an evaluation year, and intermediate values, from the files of a workspace."""
    schools = read_schools(workspace)
    result: Result = {}
    for figures in FIGURES:
        result.update(figures(workspace, schools, year))
    return result
