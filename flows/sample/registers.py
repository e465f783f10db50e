"""The registers that offices keep by hand: their captions and rows, towards one table of targets.

A register is a function that gives its rows from a `Draw`; `REGISTERS` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from flows.sample import MARK
from flows.sample.dirt import soil, with_blanks
from flows.sample.district import School
from flows.sample.drawing import uneven
from flows.sample.enrolments import Body, Heads
from flows.sample.workbooks import workbook_at

YEAR = 2023
END = date(YEAR, 12, 31)
OF_THE_YEAR, AT_THE_END = f"{YEAR}年", END.isoformat()
Cell = str | int | date | bool | None
Rows = list[tuple[Cell, ...]]


@dataclass(frozen=True)
class Draw:
    """What registers are drawn from: the open schools, how many pupils each has, the targets."""

    rng: Random
    schools: Sequence[School]
    pupils: Mapping[str, int]
    targets: Mapping[str, int]  # by figure

    @property
    def primary_and_secondary(self) -> list[School]:
        """The schools that count among 中小学校."""
        return [school for school in self.schools if school.is_primary_or_secondary]

    def share(self, figure: str, schools: Sequence[School]) -> int:
        """How many of some schools a figure asks for, where the whole district has `K3.2`."""
        return len(schools) * self.targets[figure] // self.targets["K3.2"]

    def day(self, first_month: int = 1, last_month: int = 12, year: int = YEAR) -> date:
        """Draw a day between two months of a year."""
        return date(year, self.rng.randint(first_month, last_month), self.rng.randint(1, 28))


@dataclass(frozen=True)
class Register:
    """A register: its table, title and period, who signs it, its captions, and how it is drawn."""

    table: str
    title: str
    period: str
    post: str
    captions: str
    rows: Callable[[Draw], Rows]


def draw_rooms(draw: Draw) -> Rows:
    """Give rooms to the larger schools; the smallest public ones are to be merged and have none."""
    schools = draw.primary_and_secondary
    by_size = sorted(schools, key=lambda s: (not s.is_public, draw.pupils[s.code], s.code))
    codes = [school.code for school in by_size]
    merged = codes[: draw.share("K3.3", schools)]
    with_room = draw.rng.sample(codes[len(merged) :], draw.share("K3.4", schools))
    in_task_list = with_room[: draw.share("K3.1", schools)]
    up_to_standard = draw.rng.sample(with_room, draw.share("H3.2", schools))
    rows: Rows = []
    for school in sorted(schools, key=lambda school: school.code):
        code, since = school.code, None
        if code in in_task_list:
            since = draw.day(3, 12, draw.rng.choice((YEAR - 1, YEAR)))
        elif code in with_room:
            since = draw.day(9, 9, draw.rng.randrange(2016, 2022))
        inspection = "达标" if code in up_to_standard else "未达标" if since else None
        rows.append((code, school.name, code in in_task_list, since, inspection, code in merged))
    return rows


Total = str | tuple[int, int]
# sessions and attendance by figure, or by chance between two numbers; first and last month
THEMES: dict[str, tuple[Total, Total, int, int]] = {
    "法治": ("26.1", "26.2", 1, 12), "劳动": ("H1.6", "H1.7", 3, 12),
    "心理演讲": ("H3.3", (800, 2000), 1, 6), "心理咨询": ("H3.4", (900, 1500), 1, 6),
    "终身学习": ((20, 60), (1000, 4000), 1, 12), "生态": ((40, 90), (9000, 20000), 6, 6),
}  # fmt: skip
OCCASIONS = ("六五环境日校园活动周", "节能宣传周", "低碳日")


def draw_activities(draw: Draw) -> Rows:
    """Split the sessions and attendance of each theme into a dozen activities."""
    rows: Rows = []
    for theme, (sessions, attendance, first, last) in THEMES.items():
        totals = [
            draw.rng.randint(*of) if isinstance(of, tuple) else draw.targets[of]
            for of in (sessions, attendance)
        ]
        parts = min(totals[0], 12)
        held_and_present = (uneven(draw.rng, total, parts) for total in totals)
        for held, present in zip(*held_and_present, strict=True):
            school = draw.rng.choice(draw.primary_and_secondary)
            name = draw.rng.choice(("劳动", "研学")) if theme == "劳动" else theme
            occasion = draw.rng.choice(OCCASIONS) if theme == "生态" else None
            day = draw.day(first, last)
            number = f"HD{len(rows) + 1:04d}"
            rows.append((number, name, occasion, day, held, present, school.code, school.name))
    return rows


def draw_leader_visits(draw: Draw) -> Rows:
    """Link each school with a leader, who visits it once or twice in the year, or not yet."""
    posts = ("区委书记", "区长", "区委副书记", "常务副区长", "分管副区长", "宣传部部长", "政协主席")
    rows: Rows = []
    for school in draw.primary_and_secondary:
        linked = draw.day(1, 12, draw.rng.randrange(2020, YEAR))
        visits: list[date | None] = [*sorted({draw.day() for _ in range(draw.rng.randrange(3))})]
        for visited in visits or [None]:
            rows.append((draw.rng.choice(posts), school.code, school.name, linked, visited))
    return rows


REGISTERS = (
    Register("counselling_rooms", "心理辅导室台账", AT_THE_END, "基础教育股负责人",
             "学校标识码 学校名称 是否列入建设任务 投入使用日期 验收结果 是否拟撤并", draw_rooms),
    Register("activities", "教育活动台账", OF_THE_YEAR, "基础教育股负责人",
             "编号 主题 时间节点 活动日期 场次 参与人次 学校标识码 学校名称", draw_activities),
    Register("leader_visits", "区领导联系学校台账", AT_THE_END, "办公室负责人",
             "领导职务 学校标识码 学校名称 联系起始日期 走访日期", draw_leader_visits),
)  # fmt: skip


def _written(cell: Cell) -> str | int | None:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    return cell.isoformat() if isinstance(cell, date) else cell


def write_register(folder: Path, rng: Random, register: Register, rows: Rows) -> int:
    """Write a register as its office sends it: signed, numbered, with blanks around some codes."""
    captions = register.captions.split()
    texts = [[_written(cell) for cell in row] for row in rows]
    if "学校标识码" in captions:
        codes = [[str(row[captions.index("学校标识码")] or "")] for row in texts]
        soil(rng, codes, ((0, with_blanks),))
        for row, (code,) in zip(texts, codes, strict=True):
            row[captions.index("学校标识码")] = code
    with workbook_at(folder / f"{register.title}_{register.period}_{MARK}.xlsx") as workbook:
        sheet = workbook.add_worksheet("台账")
        sheet.write_string(0, 0, f"样例区{register.title}({register.period}){MARK}")
        sheet.write_row(1, 0, ("填报单位:", "样例区教育局"))
        sheet.write_row(2, 0, ("填报日期:", (END + timedelta(days=8)).isoformat()))
        sheet.write_row(3, 0, ("签字人职务:", register.post))
        sheet.write_row(5, 0, ("序号", *captions))
        for number, row in enumerate(texts, start=1):
            sheet.write_number(number + 5, 0, number)
            for column, cell in enumerate(row, start=1):
                if cell not in (None, ""):
                    sheet.write(number + 5, column, cell)
    return len(rows)


def write_registers(
    folder: Path,
    generators: Callable[[str], Random],
    schools: Sequence[School],
    heads: Mapping[Body, Heads],
    targets: Mapping[str, int],
) -> dict[str, int]:
    """Draw and write all registers; say how many rows each has."""
    is_open = [school for school in schools if not school.closed]
    pupils = {s.code: sum(heads[s.code, stage].pupils for stage in s.stages) for s in is_open}
    rows = {}
    for register in REGISTERS:
        rng = generators(f"register {register.table}")
        drawn = register.rows(Draw(rng, is_open, pupils, targets))
        rows[f"registers.{register.table}"] = write_register(folder, rng, register, drawn)
    return rows
