"""Reading a district's source files for the answer key, in plain loops.

It imports nothing of the project; it knows the files only by the text of their specification.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import openpyxl

T = TypeVar("T")
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
STAGE_OF_FORM = {"教基2106": PRIMARY, "教基2107": JUNIOR}
LEVELS = {"中": "中央", "省": "省", "市": "市", "区": "区", "县": "区"}  # by the first character
PUBLIC = ("831", "832")
RURAL = ("121", "122", "123", "210", "220")
YUAN = {"元": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}


class School(NamedTuple):
    """What the school register says of a school at a time."""

    kind: str
    public: bool
    managed_by: str
    merged_into: str
    rural: bool = False


class Notice(NamedTuple):
    """Money given out to a unit; taken-back money is negative."""

    day: date
    purpose: str
    level: str
    stage: str
    unit: str
    yuan: Decimal


class Classes(NamedTuple):
    """How many classes there are, how many of them of 56 and of 66 pupils or more."""

    classes: int = 0
    large: int = 0
    oversize: int = 0


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


def above(grid: Grid, pattern: str) -> str:
    """What the pattern's group finds in the rows above a table; empty where it finds nothing."""
    top = "\n".join(" ".join(text(cell) for cell in row) for row in grid[:10])
    found = re.search(pattern, top)
    return found.group(1) if found else ""


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
    captions = (
        "学校标识码 办学类型 举办者 主管学校标识码 撤并到学校标识码 城乡分类 有效期起 有效期止"
    )
    rows = records(csv_grid(find(workspace, "*学校代码库*.csv")), captions)
    return spans(
        (
            text(r[0]),
            School(code(r[1]), code(r[2]) in PUBLIC, text(r[3]), text(r[4]), code(r[5]) in RURAL),
            r[6],
            r[7],
        )
        for r in rows
        if is_school(r[0])
    )


def keeper(schools: Spans[School], number: str, when: date) -> str:
    """Who answers on a day for the money of a school: itself, or who took it over."""
    while as_of(schools, number, when) is None and number in schools:
        *_, (last, _, _) = sorted(schools[number], key=lambda span: span[2])
        if not last.merged_into:
            break
        number = last.merged_into
    return number


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
        factor = YUAN[above(grid, "单位:(亿元|万元|千元|元)") or "万元"]
        for school, its_stage, *cells in records(grid, captions, depth=2):
            for cell in cells if is_school(school) else ():
                yuan = amount(cell) * factor
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


def read_notices(workspace: Path, year: int) -> list[Notice] | None:
    """The fund notices of one year; None when there is no file."""
    path = find(workspace, f"*资金下达指标文*{year}年*.xlsx")
    if path is None:
        return None
    notices: list[Notice] = []
    captions = "下达日期 用途类别 资金级次 学段 预算单位 下达金额"
    for grid in xlsx_grids(path):
        factor = YUAN[above(grid, "单位:(亿元|万元|千元|元)") or "万元"]
        for issued, purpose, level, its_stage, unit, cell in records(grid, captions, once=True):
            when = day(issued)
            if when is not None and code(unit):
                yuan = (amount(cell) * factor).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
                its_level = LEVELS[text(level)[0]]
                notices.append(
                    Notice(when, text(purpose), its_level, stage(its_stage), code(unit), yuan)
                )
    return notices


def read_aid(workspace: Path, year: int) -> list[Decimal] | None:
    """The yuan of each award of one year; None when there is no file."""
    path = find(workspace, f"*学生资助发放*{year}年*.csv")
    if path is None:
        return None
    rows = records(csv_grid(path), "学籍号 发放金额(元)", once=True)
    return [amount(yuan) for student, yuan in rows if text(student)]


def read_guards(workspace: Path, year: int) -> list[tuple[str, str, date, date]] | None:
    """The guards' numbers, schools, first and last days of contract; None without a file."""
    path = find(workspace, f"*保安人员台账*{year}年*.xlsx")
    if path is None:
        return None
    return [
        (text(guard).upper(), text(school), day(since) or date.max, day(until) or date.max)
        for grid in xlsx_grids(path)
        for school, guard, since, until in records(
            grid, "学校标识码 身份证号 合同起始日期 合同终止日期"
        )
        if is_school(school)
    ]


def read_classes(workspace: Path, year: int) -> dict[tuple[str, str], Classes] | None:
    """The classes by school and stage in the schools' workbooks; None when there is none."""
    inbox = workspace / "raw" / "inbox"
    found = sorted(inbox.rglob(f"*教育事业统计报表*{year}*/*.xlsx"))
    by_school: dict[tuple[str, str], Classes] = {}
    for path in found:
        for grid in xlsx_grids(path):
            form = above(grid, "(教基210[67])")
            if not form:
                continue
            counts = Classes()
            captions = "指标名称 班数 56-60人 61-65人 66人及以上"
            for name, *cells in records(grid, captions, depth=2):
                if re.fullmatch("[一二三四五六七八九]年级", text(name)):
                    classes, to_60, to_65, more = (int(amount(cell)) for cell in cells)
                    one = Classes(classes, to_60 + to_65 + more, more)
                    counts = Classes(*map(sum, zip(counts, one, strict=True)))
            school = above(grid, r"标识码:(\d{10})")
            by_school[school, STAGE_OF_FORM[form]] = counts
    return by_school if found else None
