"""The rows of the registers that offices keep by hand, drawn towards one table of targets."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from flows.sample.district import School
from flows.sample.drawing import apportion, uneven
from flows.sample.kinds import URBAN
from flows.sample.people import person_number

YEAR = 2023
NARRATIVES = Path(__file__).with_name("narratives.csv")
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


def _named(school: School | None) -> tuple[str | None, str | None]:
    """Give code and name of a school, if there is one."""
    return (school.code, school.name) if school else (None, None)


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


def draw_projects(draw: Draw) -> Rows:
    """Draw new schools and kindergartens, open or in construction, and those handed down."""
    rows: Rows = []

    def add(
        name: str,
        kind: str,
        plan: int,
        stage: str,
        places: int,
        affordable: int | None,
        opened: date | None,
        *,
        in_layout: bool = False,
        handed_down: bool = False,
    ) -> None:
        code = f"XM{len(rows) + 1:03d}"
        rows.append((code, f"样例区{name}", kind, plan, stage, places, affordable, opened,
                     in_layout, handed_down))  # fmt: skip

    targets, rng = draw.targets, draw.rng
    opened = max(1, targets["9.1"] - 3)
    for number, places in enumerate(uneven(rng, targets["14.1"], opened + 1)):
        day = draw.day(8, 8, YEAR - number % 2)
        add(f"新建学校{number + 1}", "新建学校", YEAR - 3, "投用", places, None, day,
            in_layout=number < opened)  # fmt: skip
    for number, places in enumerate(uneven(rng, targets["14.2"], targets["9.1"] - opened)):
        add(
            f"在建学校{number + 1}",
            "新建学校",
            YEAR - 1,
            "在建",
            places,
            None,
            None,
            in_layout=True,
        )
    add("改扩建中学", "改扩建学校", YEAR - 1, "在建", 900, None, None)
    add("新建幼儿园", "幼儿园", YEAR - 3, "投用", targets["12.2"], targets["12.2"], draw.day(3, 9))
    for number, places in enumerate(uneven(rng, targets["12.4"], targets["12.3"])):
        add(f"附属幼儿园{number + 1}", "附属幼儿园", YEAR - 2, "在建", places, places, None)
    stages = ("方案设计", "在建", "投用", "招标", "竣工")
    for number in range(targets["K2.1"]):
        stage = stages[number % 5] if number < 5 else "在建"
        places = targets["K2.2"] if number == 0 else 270
        since = draw.day(9, 9, YEAR - 1) if stage == "投用" else None
        name = f"遗留幼儿园{number + 1}"
        add(name, "幼儿园", YEAR - 5, stage, places, places, since, handed_down=True)
    return rows


def draw_facilities(draw: Draw) -> Rows:
    """Give every school a course of labour; draw kinds of classrooms, halls, rooms and bases."""
    rows: Rows = []

    def add(kind: str, name: str, school: School, until: date | None = None) -> None:
        since = draw.day(9, 9, draw.rng.randrange(2018, YEAR))
        number = f"CS{len(rows) + 1:04d}"
        rows.append((number, kind, name, school.code, school.name, since, until))

    schools, targets = draw.primary_and_secondary, draw.targets
    taught = schools[targets["misses"] :]
    for number in range(max(len(taught), targets["H1.1"])):
        course = f"劳动课程{number % targets['H1.1'] + 1:02d}"
        add("劳动教育课程", course, taught[number % len(taught)])
    for number in range(targets["33.2"]):
        for school in draw.rng.sample(schools, min(3, len(schools))):
            add("特色课堂", f"特色课堂{number + 1:02d}", school)
    add("特色课堂", "停办的特色课堂", schools[0], date(YEAR, 6, 30))
    for kind, figure in (("劳动实践馆", "H1.5"), ("科学及机器人室", "H2.1")):
        for number in range(targets[figure]):
            add(kind, f"{kind}{number + 1}", schools[0])
    for number in range(draw.rng.randrange(2, 6)):
        add("校企共建基地", f"实训基地{number + 1}", draw.rng.choice(schools))
    return rows


def draw_groups(draw: Draw) -> Rows:
    """Draw groups of a leading school and some members, and one that ended."""
    rows: Rows = []
    schools = draw.primary_and_secondary
    for number in range(draw.targets["K1.1"] + 1):
        until = None if number else date(YEAR - 1, 8, 31)
        members = draw.rng.sample(schools, min(draw.rng.randrange(2, 5), len(schools)))
        for place, school in enumerate(members):
            since = draw.day(9, 9, draw.rng.randrange(2015, YEAR - 1))
            rows.append((f"第{number}教育集团", school.code, school.name, place == 0, since, until))
    return rows


def draw_awards(draw: Draw) -> Rows:
    """Draw lessons of the last three years and one of before, and works sent to competitions."""
    targets = draw.targets
    given: list[tuple[str, str, int, date]] = [
        ("精品课", "部级", 1, draw.day(year=YEAR - number % 3)) for number in range(targets["33.3"])
    ]
    given += [("精品课", "部级", 2, draw.day(year=YEAR - 3)), ("精品课", "省级", 9, draw.day())]
    for kind, figure in (("绘画作品", "H5.1"), ("硬笔书法作品", "H5.2")):
        given += [
            (kind, "市级", works, draw.day()) for works in uneven(draw.rng, targets[figure], 4)
        ]
    return [(f"HJ{number:03d}", *row) for number, row in enumerate(given, start=1)]


def draw_reference_values(draw: Draw) -> Rows:
    """Say what city and province do: 40.7 % of the city's lessons are the district's."""
    city = draw.targets["33.3"] * 1000 // 407
    return [
        ("全市部级精品课", city, "样市教研〔2023〕12号"),
        ("全省部级精品课排名", draw.targets["33.5"], "样教研〔2023〕5号"),
    ]


def draw_organisations(draw: Draw) -> Rows:
    """Give each public school an organisation by its size, and others below and beside them."""
    targets, schools = draw.targets, draw.primary_and_secondary
    public = sorted((s for s in schools if s.is_public), key=lambda s: -draw.pupils[s.code])
    whole = targets["3.1"] + targets["3.2"] + targets["3.3"]
    committees, general = (len(public) * targets[figure] // whole for figure in ("3.1", "3.2"))
    forms = ["党委"] * committees + ["党总支"] * general
    forms += ["党支部"] * (len(public) - len(forms))
    found: list[tuple[School | None, str, bool]] = [
        (school, form, True) for school, form in zip(public, forms, strict=True)
    ]
    others: list[School | None] = [school for school in schools if not school.is_public]
    for form, figure in (("党委", "2.1"), ("党总支", "2.2"), ("党支部", "2.3")):
        for _ in range(targets[figure] - forms.count(form)):
            is_branch = form == "党支部"
            school = (others.pop() if others else draw.rng.choice(public)) if is_branch else None
            found.append((school, form, False))
    members = uneven(draw.rng, targets["2.4"], len(found))
    rows: Rows = []
    for number, ((school, form, is_body), count) in enumerate(zip(found, members, strict=True)):
        is_late = number < targets["misses"]
        reformed = draw.day(3, 12, YEAR - 1) if is_body and not is_late else None
        founded = draw.day(7, 7, draw.rng.randrange(1990, 2020))
        name, parent, place = f"第{number + 1}{form}", "教育局党委", _named(school)
        rows.append((name, form, parent, *place, is_body, founded, None, reformed, count))
    rows.append(("撤销的党支部", "党支部", "教育局党委", None, None, False, date(2001, 7, 1),
                 date(YEAR, 6, 30), None, 12))  # fmt: skip
    return rows


AREAS = ("办学条件", "乱收费", "套取资金", "师资队伍", "教学管理", "招生入学", "安全后勤")
MEASURES = ("专职保安", "封闭化管理", "一键报警", "视频联网", "护学岗", "防冲撞设施")
ONES = ("一门", "一岗", "一栏", "一网", "一室", "一器")
FIVE = ("睡眠", "作业", "手机", "读物", "体质")


def draw_inspections(draw: Draw) -> Rows:
    """Draw inspections by school and part; all are passed but for a few of other districts."""
    rows: Rows = []
    schools, misses = draw.primary_and_secondary, draw.targets["misses"]

    def add(item: str, part: str, school: School | None, *, is_good: bool) -> None:
        number, day = f"JC{len(rows) + 1:04d}", draw.day(1, 11)
        put_right = None if is_good else draw.day(12, 12)
        result = "合格" if is_good else "不合格"
        rows.append((number, item, part, *_named(school), day, result, put_right))

    private = [school for school in schools if not school.is_public]
    for place, part in enumerate(AREAS[: draw.targets["7.1"]]):
        for school in private:
            add("民办学校专项整治", part, school, is_good=place > 1)
    for number, school in enumerate(schools):
        for part in MEASURES:
            add("安防建设", part, school, is_good=number >= misses)
        for part in ONES:
            add("平安校园六个一", part, school, is_good=draw.rng.random() > 0.01)
        add("周边治安防控", "护学队", school, is_good=draw.rng.random() > 0.05)
        add("普通话使用", "课堂教学", school, is_good=number >= misses)
        add("五项管理", draw.rng.choice(FIVE), school, is_good=draw.rng.random() > 0.1)
        add("收费公示", "收费项目和标准", school, is_good=draw.rng.random() > 0.03)
    for _ in range(draw.rng.randrange(15, 40)):
        add("校外培训机构", "收费与资质", None, is_good=draw.rng.random() > 0.1)
    return rows


def draw_exam_sittings(draw: Draw) -> Rows:
    """Draw two sessions of the senior-secondary level tests."""
    subjects = ("思想政治", "历史", "地理", "物理", "化学", "生物", "信息技术")
    return [
        (f"{month}月考次", subject, date(YEAR, month, 7 + place), draw.rng.randrange(40, 70),
         draw.rng.randrange(1500, 2400), 1 if draw.rng.random() < 0.1 else 0)
        for month in (1, 7)
        for place, subject in enumerate(subjects)
    ]  # fmt: skip


def draw_matters(draw: Draw) -> Rows:
    """Draw matters that entered schools, complaints about burdens, cases of ethics."""
    rows: Rows = []
    for kind, count in (("社会事务进校园", 24), ("减负投诉", 9), ("师德案件", 7)):
        for place in range(count + draw.rng.randrange(5)):
            listed = place % 8 > 0 if kind == "社会事务进校园" else None
            is_settled = draw.rng.random() > 0.2
            settled = date(YEAR + 1, 1, 8) if not is_settled else draw.day(12, 12)
            number = f"SX{len(rows) + 1:03d}"
            rows.append((number, kind, listed, draw.day(1, 11), settled, "已处理"))
    return rows


HANDED_DOWN = ("推进义务教育优质均衡", "启动历史遗留幼儿园项目", "建设中小学心理辅导室")
AHEAD: Sequence[tuple[str, str | None, str | None]] = (  # with what they are measured by
    ("复查学校收费公示", None, None),
    ("更新校园安防设备", "六项安防建设达标率", "100%"),
    ("补齐周边护学岗", "周边治安防控到位学校", "全部中小学"),
    ("配齐平安校园设施设备", "平安校园“六个一”配齐率", "100%"),
    ("修订安全演练办法", None, None),
    ("建成在建附属幼儿园", "普惠性幼儿园覆盖率", "85%以上"),
    ("扩大教师交流轮岗", "校长教师交流轮岗比例", "15%以上"),
    ("扩大课后服务", "课后服务覆盖率", "95%以上"),
    ("调整撤并小规模学校", None, None),
    ("推进心理咨询室达标", "达标心理咨询室", "每校1个"),
    ("落实近视防控措施", "近视率", "比上年下降1个百分点"),
)


def draw_tasks(draw: Draw) -> Rows:
    """Draw tasks from above and for the next year, most with an indicator and a target."""
    rows: Rows = []
    ahead = AHEAD[: draw.rng.randrange(6, 12)]
    for kind, tasks in (
        ("上级交办", [(task, None, None) for task in HANDED_DOWN]), ("下一步工作", ahead),
    ):  # fmt: skip
        for task, indicator, target in tasks:
            state = draw.rng.choice(("未启动", "推进中", "已完成"))
            rows.append((f"RW{len(rows) + 1:03d}", kind, task,
                         "市教育局" if kind == "上级交办" else None, date(YEAR + 1, 12, 31),
                         state, indicator, target))  # fmt: skip
    return rows


def draw_narratives(_draw: Draw) -> Rows:
    """Read the written report of the sample; its figures are places, so it fits every district."""
    with NARRATIVES.open(encoding="utf-8", newline="") as file:
        return [
            (row["item"], int(row["paragraph"]), row["text"], row["office"], date(YEAR + 1, 3, 15),
             row["answered_by"])
            for row in csv.DictReader(file)
        ]  # fmt: skip


def draw_admissions(draw: Draw) -> Rows:
    """Place the children of age of each public school and stage."""
    rows: Rows = []
    for school in draw.schools:
        for stage in ("小学", "初中") if school.is_public and not school.is_point else ():
            if stage in school.stages:
                eligible = max(5, draw.pupils[school.code] // 8)
                placed = eligible - (len(rows) < draw.targets["misses"])
                special = draw.rng.randrange(3)
                rows.append((school.code, school.name, f"普通{stage}", eligible, placed, special,
                             special))  # fmt: skip
    return rows


def draw_kindergartens(draw: Draw) -> Rows:
    """List kindergartens; so many public ones in the centre were graded in the year."""
    rows: Rows = []
    public = 0
    for school in (school for school in draw.schools if "幼儿园" in school.stages):
        public += school.is_public
        is_graded = school.is_public and public <= draw.targets["12.1"]
        graded = draw.day() if is_graded else draw.day(year=YEAR - 2)
        grade = draw.rng.choice(("一级", "二级", "三级"))
        is_affordable = school.is_public or draw.rng.random() < 0.6
        is_central = is_graded or draw.rng.random() < 0.5
        # counted some weeks after the census
        children = max(1, draw.pupils[school.code] + draw.rng.randint(-3, 3))
        rows.append((school.code, school.name, "公办" if school.is_public else "民办", is_central,
                     is_affordable, graded, grade, children))  # fmt: skip
    return rows


def draw_services(draw: Draw) -> Rows:
    """Give meals at the smaller rural schools, and the services of all schools, by term."""
    rng, pupils, targets = draw.rng, draw.pupils, draw.targets
    compulsory = [s for s in draw.schools if {"小学", "初中"} & set(s.stages)]
    rural = [school for school in compulsory if school.is_public and school.area not in URBAN]
    fed = sorted(rural, key=lambda school: pupils[school.code])[: targets["15.6"]]
    meals = min(rng.randrange(13_600, 14_400), sum(pupils[s.code] for s in fed))
    rows: Rows = []
    for term in ("春季", "秋季"):
        for school, served in zip(
            fed, apportion(meals, [pupils[s.code] for s in fed]), strict=True
        ):
            rows.append(
                (school.code, school.name, "营养餐", term, pupils[school.code], served, None)
            )
    for school in compulsory:
        eligible = pupils[school.code]
        served = eligible * rng.randrange(85, 99) // 100
        rows.append((school.code, school.name, "课后服务", "秋季", eligible, served, None))
        rows.append((school.code, school.name, "免费教科书", "秋季", eligible, eligible, None))
    everybody = [school for school in draw.schools if pupils[school.code]]
    persons = rng.randrange(80_200, 84_000)
    for school, screened in zip(
        everybody, apportion(persons, [pupils[s.code] for s in everybody]), strict=True
    ):
        odd = screened * rng.randrange(1, 5) // 100
        rows.append((school.code, school.name, "心理测评", "秋季", screened, screened, odd))
        seen = pupils[school.code] * rng.randrange(92, 100) // 100
        short = seen * rng.randrange(30, 60) // 100
        rows.append(
            (school.code, school.name, "视力监测", "秋季", pupils[school.code], seen, short)
        )
    return rows


def draw_volunteers(draw: Draw) -> Rows:
    """Enrol volunteers, and some who left; their numbers are of the unassigned area."""
    count, taken = draw.targets["H4.1"], Counter[date]()
    rows: Rows = []
    for number in range(count + 3):
        until = None if number < count else date(YEAR, 6, 30)
        person = person_number(taken, draw.day(year=draw.rng.randrange(1975, 1996)))
        rows.append((person, draw.day(9, 9, YEAR - 1), until))
    return rows


def draw_roles(draw: Draw) -> Rows:
    """Give each school a brigade counsellor, and draw the others; one of each kind has left."""
    taken, targets, schools = Counter[date](), draw.targets, draw.primary_and_secondary
    roles: list[tuple[str, bool, School | None]] = [("总辅导员", False, None)] * targets["27.1"]
    roles += [("大队辅导员", False, school) for school in schools[targets["misses"] :]]
    roles += [("中队辅导员", False, draw.rng.choice(schools)) for _ in range(targets["27.3"])]
    roles += [("劳动教育专家", True, draw.rng.choice(schools)) for _ in range(targets["H1.3"])]
    left: list[tuple[str, bool, School | None]] = [
        ("中队辅导员", False, schools[0]), ("劳动教育专家", True, schools[0]),
    ]  # fmt: skip
    rows: Rows = []
    for number, (role, is_external, school) in enumerate([*roles, *left]):
        person = person_number(taken, draw.day(year=draw.rng.randrange(1965, 2000)))
        until = None if number < len(roles) else date(YEAR, 6, 30)
        since = draw.day(9, 9, YEAR - 1)
        rows.append((person, role, is_external, *_named(school), since, until))
    return rows


def draw_recruitment(draw: Draw) -> Rows:
    """Split the plan of high-level staff, of whom most arrived."""
    plans = [("高层次人才", count) for count in uneven(draw.rng, draw.targets["K1.2"], 3)]
    plans.append(("公开招聘", draw.rng.randrange(60, 150)))
    return [
        (f"RC{number}", kind, count, count * draw.rng.randrange(60, 100) // 100)
        for number, (kind, count) in enumerate(plans, start=1)
    ]


def draw_post_changes(draw: Draw) -> Rows:
    """Move posts to town in three years, and some before and between schools of one kind."""
    moved: list[tuple[str, str, int, date]] = [
        ("农村", "城区", count, draw.day(year=YEAR - number % 3))
        for number, count in enumerate(uneven(draw.rng, draw.targets["20.1"], 9))
    ]
    moved += [("农村", "城区", 15, draw.day(year=YEAR - 3)), ("农村", "农村", 6, draw.day())]
    return [
        (f"BZ{number:02d}", f"样编发〔{day.year}〕{number}号", *areas, count, day)
        for number, (*areas, count, day) in enumerate(moved, start=1)
    ]
