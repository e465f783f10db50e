"""Independent answer key: the figures worked out from a district's source files in plain loops.

It imports nothing of the project; it knows the files only by the text of their specification.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import openpyxl

T = TypeVar("T")
Result = dict[str, Decimal | str | list[tuple[str, Decimal, Decimal]] | None]
Grid = Sequence[Sequence[object]]
Spans = dict[str, list[tuple[T, date, date]]]  # by key: what holds from one day to another
Census = dict[tuple[str, str], "Heads"]  # by school and stage
Sums = dict[str, Decimal] | None  # by stage, and "total"; None when there is no file

KINDERGARTEN, PRIMARY, JUNIOR, SENIOR, SPECIAL = CODES = (
    "幼儿园", "普通小学", "普通初中", "普通高中", "特殊教育")  # fmt: skip
BOARDERS, SEN = "寄宿生", "随班就读"
SHORT = {"小学": PRIMARY, "初中": JUNIOR, "高中": SENIOR, "特教": SPECIAL,
         "中职": "中等职业学校", "高校": "普通高等学校"}  # fmt: skip
STAGE_OF_FUNCTION = dict(zip(("2050201", "2050202", "2050203", "2050204", "2050701"), CODES,
                             strict=True))  # fmt: skip
COMPULSORY = (PRIMARY, JUNIOR)
CORE = (KINDERGARTEN, PRIMARY, JUNIOR, SENIOR)
PUBLIC = ("831", "832")
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
YUAN = {"元": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}


class School(NamedTuple):
    """What the school register says of a school at a time."""

    kind: str
    public: bool
    managed_by: str


class Heads(NamedTuple):
    """Pupils of one school and stage at a census, and how many board or have special needs."""

    pupils: int = 0
    boarders: int = 0
    sen: int = 0


class Payment(NamedTuple):
    """One payment that counts: neither deleted nor a duplicate."""

    day: date
    unit: str
    function: str
    project: str
    yuan: Decimal


@lru_cache(maxsize=200_000)
def _clean(value: str) -> str:
    """Half-width form of a text, without any blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", value))


def text(cell: object) -> str:
    """A cell as normalised text, whole numbers without decimals."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else _clean(str(cell))


def code(cell: object) -> str:
    """The code in front of `代码-名称`, or the bare code, in upper case."""
    found = re.match(r"[0-9A-Z]+", text(cell).upper())
    return found.group() if found else ""


def amount(cell: object) -> Decimal:
    """A cell as an exact number; empty cells and lone dashes are zero."""
    plain = text(cell).replace("\N{MINUS SIGN}", "-").replace(",", "")
    return Decimal(plain) if plain.strip("-—") else Decimal(0)


def day(cell: object) -> date | None:
    """A cell as a date: 20230901, 2023-09-01, 2023年9月1日 or a real date; else None."""
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    runs = re.findall(r"\d+", unicodedata.normalize("NFKC", str(cell or "")))
    if len(joined := "".join(runs)) == 8:
        runs = [joined[:4], joined[4:6], joined[6:]]
    return date(int(runs[0]), int(runs[1]), int(runs[2])) if len(runs) >= 3 else None


def stage(cell: object) -> str:
    """The full name of a stage written short; other texts stay as they are."""
    return SHORT.get(text(cell), text(cell))


def is_school(cell: object) -> bool:
    """Whether a cell holds a school code, so that its row is data and no total or footer."""
    return re.fullmatch(r"\d{10}", text(cell)) is not None


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


def find(workspace: Path, name: str) -> Path | None:
    """The last file by name below raw/inbox that fits the pattern, if any."""
    found = [p for p in (workspace / "raw" / "inbox").rglob(name) if not p.name.startswith("~")]
    return max(found, key=lambda path: path.name, default=None)


def csv_grid(path: Path | None) -> Grid:
    """The cells of a CSV in UTF-8 (with or without BOM) or GB18030."""
    if path is None:
        raise FileNotFoundError("a standing file is missing below raw/inbox")
    raw = path.read_bytes()
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("gb18030")
    return list(csv.reader(io.StringIO(content, newline="")))


def xlsx_grids(path: Path) -> Iterator[Grid]:
    """The cells of each sheet; a merged text stands in every cell it covers, an amount once."""
    for sheet in openpyxl.load_workbook(path, data_only=True).worksheets:
        grid: list[list[object]] = [list(row) for row in sheet.iter_rows(values_only=True)]
        for area in sheet.merged_cells.ranges:
            value = grid[area.min_row - 1][area.min_col - 1]
            if isinstance(value, str):
                for row in grid[area.min_row - 1 : area.max_row]:
                    row[area.min_col - 1 : area.max_col] = [value] * len(area.top)
        yield grid


def records(
    grid: Grid, captions: str, *, depth: int = 1, once: bool = False
) -> Iterator[list[object]]:
    """The cells under the captions, row by row below the header; `once` drops exact duplicates."""
    wanted = captions.split()
    for top in range(len(grid)):
        columns: dict[str, int] = {}
        for row in grid[top : top + depth]:
            for column, cell in enumerate(row):
                columns.setdefault(text(cell).removeprefix("其中:"), column)
        if all(caption in columns for caption in wanted):
            break
    else:
        raise ValueError(f"no header row with {captions}")
    seen: set[tuple[object, ...]] = set()
    for row in grid[top + depth :]:
        if not (once and tuple(row) in seen):
            seen.add(tuple(row))
            padded = [*row, *[None] * len(columns)]
            yield [padded[columns[caption]] for caption in wanted]


def spans(rows: Iterable[tuple[str, T, object, object]]) -> Spans[T]:
    """Rows of key, value, first and last day of validity, by key."""
    by_key: Spans[T] = defaultdict(list)
    for key, value, since, until in rows:
        by_key[key].append((value, day(since) or date.min, day(until) or date.max))
    return by_key


def as_of(by_key: Spans[T], key: str, when: date | None) -> T | None:
    """The value of a key that holds on a day."""
    for value, since, until in by_key.get(key, ()):
        if when is not None and since <= when <= until:
            return value
    return None


def read_schools(workspace: Path) -> Spans[School]:
    """The school register by school code."""
    captions = "学校标识码 办学类型 举办者 主管学校标识码 有效期起 有效期止"
    rows = records(csv_grid(find(workspace, "*学校代码库*.csv")), captions)
    return spans(
        (text(r[0]), School(code(r[1]), code(r[2]) in PUBLIC, text(r[3])), r[4], r[5])
        for r in rows
        if is_school(r[0])
    )


def read_students(workspace: Path, when: date) -> Iterator[dict[str, str]] | None:
    """The API's rows of one census as the sample keeps them; None when there is no such census."""
    path = workspace / "raw" / "sample" / f"students-{when.isoformat()}.jsonl"
    if not path.exists():
        return None
    return (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())


def public_census(workspace: Path, schools: Spans[School], when: date) -> Census | None:
    """Heads by school and stage at the schools public on the census day."""
    rows = read_students(workspace, when)
    if rows is None:
        return None
    census: Census = defaultdict(Heads)
    for row in rows:
        key = (text(row["XXBSM"]), stage(row["XD"]))
        school = as_of(schools, key[0], when)
        if school is not None and school.public:
            had, boards, sen = census[key], text(row["JDFS"]) == "2", text(row["TSXS"]) == "1"
            census[key] = Heads(had.pupils + 1, had.boarders + boards, had.sen + sen)
    return census


def read_funds(workspace: Path, year: int) -> Sums:
    """Yuan by stage and in total of one year's funds file."""
    path = find(workspace, f"*教育经费统计*{year}年*.xlsx")
    if path is None:
        return None
    captions = "学校标识码 学段 人员经费 公用经费 基建经费 教育费附加"
    funds: dict[str, Decimal] = defaultdict(Decimal)
    for grid in xlsx_grids(path):
        top = "\n".join("".join(text(cell) for cell in row) for row in grid[:10])
        unit = re.search("单位:(亿元|万元|千元|元)", top)
        for school, its_stage, *cells in records(grid, captions, depth=2):
            for cell in cells if is_school(school) else ():
                yuan = amount(cell) * YUAN[unit.group(1) if unit else "万元"]
                yuan = yuan.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
                funds[stage(its_stage)] += yuan
                funds["total"] += yuan
    return funds


def read_payments(workspace: Path, year: int) -> list[Payment] | None:
    """The payments of one year that count; None when there is no file."""
    path = find(workspace, f"*支付明细*{year}年*.csv")
    if path is None:
        return None
    payments: list[Payment] = []
    captions = "支付日期 预算单位 支出功能分类 项目编码 支付金额 是否删除"
    for paid, unit, function, project, yuan, gone in records(csv_grid(path), captions, once=True):
        when = day(paid)
        if when is not None and when.year == year and text(gone) != "是":
            payments.append(Payment(when, code(unit), code(function), text(project), amount(yuan)))
    return payments


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
    values["4.3"] = growth(values["4.1"], values[f"funds/{year - 1}/total"])
    for number, its_stage in enumerate(CORE, start=4):
        values[f"4.{number}"] = values[f"funds_growth/{year}/{its_stage}"]
    known = [check for check in checks if check is not None]
    met = "达标" if all(check >= 0 for check in known) else "未达标"
    return {**values, "4.9": met if len(known) == len(checks) else None}


def public_use_figures(workspace: Path, schools: Spans[School], year: int) -> Result:
    """Figures 5.x: public-use money per funded student, and schools paid what they are owed."""
    names = {PRIMARY: "5.1a", JUNIOR: "5.2a", BOARDERS: "5.3a", SPECIAL: "5.5a",
             SENIOR: "5.6a", KINDERGARTEN: "5.7a"}  # fmt: skip
    last, now = (public_census(workspace, schools, date(y, 9, 1)) for y in (year - 1, year))
    payments = read_payments(workspace, year)
    if last is None or now is None or payments is None:
        return dict.fromkeys([*names.values(), "5.8"])
    grid = csv_grid(find(workspace, "*单位对照表*.csv"))
    rows = records(grid, "标识种类 标识值 学校标识码 有效期起 有效期止")
    rows = (r for r in rows if text(r[0]) == "预算单位编码")
    units = spans((code(r[1]), text(r[2]), r[3], r[4]) for r in rows)
    grid = csv_grid(find(workspace, "*项目库*.csv"))
    rows = records(grid, "项目编码 用途类别 有效期起 有效期止 学段")
    purposes = spans((text(r[0]), (text(r[1]), stage(r[4])), r[2], r[3]) for r in rows)

    allocated: dict[str, Decimal] = defaultdict(Decimal)
    received: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments:
        kind, its_stage = as_of(purposes, payment.project, payment.day) or ("", "")
        if kind == "公用经费" and its_stage != SPECIAL:
            purpose = its_stage
        elif kind in ("寄宿生公用经费", "特殊教育公用经费"):
            purpose = BOARDERS if kind == "寄宿生公用经费" else SPECIAL
        else:
            continue
        allocated[purpose] += payment.yuan
        if purpose in (*COMPULSORY, BOARDERS, SPECIAL):
            received[as_of(units, payment.unit, payment.day) or ""] += payment.yuan
    result: Result = {}
    both = funded(last) + funded(now)
    for purpose, figure in names.items():
        result[f"allocated/{year}/{purpose}"] = allocated[purpose]
        result[f"funded/{year}/{purpose}"] = Decimal(both[purpose])
        result[figure] = divide(2 * allocated[purpose], both[purpose])

    entitled: dict[str, Decimal] = defaultdict(Decimal)
    for census, census_day, term in ((last, date(year - 1, 9, 1), date(year, 3, 1)),
                                     (now, date(year, 9, 1), date(year, 9, 1))):  # fmt: skip
        for (number, its_stage), heads in census.items():
            school = as_of(schools, number, census_day)
            managed = school is not None and school.kind == "218"
            payee = school.managed_by if school is not None and managed else number
            entitled[payee] += annual(its_stage, heads, term) / 2
    counted: list[str] = []
    for number in sorted(schools):
        school = as_of(schools, number, date(year, 12, 31))
        if school is not None and school.public and school.kind in OF_COMPULSORY_STAGE:
            counted.append(number)
    short = [(n, entitled[n], received[n]) for n in counted if received[n] < entitled[n]]
    result["shortfalls"] = short
    result["schools_compulsory"] = Decimal(len(counted))
    result["schools_meeting"] = Decimal(len(counted) - len(short))
    result["5.8"] = divide(100 * (len(counted) - len(short)), len(counted))
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
        there = entered <= date(year, 9, 1) <= left and text(post) in ("校长", "专任教师")
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


def compute(workspace: Path, year: int = 2023) -> Result:
    """All figures of an evaluation year, and intermediate values, from the files of a workspace."""
    schools = read_schools(workspace)
    result: Result = {}
    for figures in (funds_figures, public_use_figures, staff_figures, room_figures):
        result.update(figures(workspace, schools, year))
    return result
