"""The figures of registers worked out from their files in plain loops.

It imports nothing of the project; it knows the files only by the text of their specification.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from answer_files import School, Spans, as_of, day, read_students, stage, text
from answer_register_files import PRIMARY_AND_SECONDARY, Answer, Files, Key, Row, count, percent


def activities(files: Files) -> dict[str, Answer] | None:
    """Sessions, attendance and schools by theme."""
    rows = files.rows("教育活动台账", "主题 活动日期 场次 参与人次 学校标识码")
    if rows is None:
        return None

    def add(column: str, *themes: str, until: int = 12) -> Answer:
        total = 0
        for row in rows:
            when = day(row["活动日期"])
            assert when is not None
            if row["主题"] in themes and when.year == files.year and when.month <= until:
                total += int(row[column])
        return count(total)

    schools = {row["学校标识码"] for row in rows if row["主题"] == "生态"}
    return {
        "lifelong_learning_events": add("场次", "终身学习"),
        "lifelong_learning_attendance": add("参与人次", "终身学习"),
        "law_lectures": add("场次", "法治"),
        "law_lecture_attendance": add("参与人次", "法治"),
        "ecology_events": add("场次", "生态"),
        "schools_with_ecology_events": count(len(schools)),
        "labour_events": add("场次", "劳动", "研学"),
        "labour_event_attendance": add("参与人次", "劳动", "研学"),
        "speech_events": add("场次", "心理演讲", until=6),
        "counselling_sessions": add("场次", "心理咨询", until=6),
    }


def leader_visits(files: Files) -> dict[str, Answer] | None:
    """Schools with a leader, and visits in the year."""
    rows = files.rows("区领导联系学校台账", "学校标识码 联系起始日期 走访日期")
    if rows is None:
        return None
    linked = {
        row["学校标识码"]
        for row in rows
        if files.is_by_the_end(row["联系起始日期"])
        and files.is_primary_or_secondary(row["学校标识码"])
    }
    visits = sum(row["走访日期"].startswith(str(files.year)) for row in rows)
    return {
        "schools_with_linked_leader_share": percent(len(linked), files.primary_and_secondary),
        "leader_visits": count(visits),
    }


def rooms(files: Files) -> dict[str, Answer] | None:
    """Counselling rooms that were inspected and found good."""
    rows = files.rows("心理辅导室台账", "学校标识码 验收结果")
    if rows is None:
        return None
    good = [row for row in rows if row["验收结果"] == "达标"]
    return {
        "counselling_rooms_up_to_standard": count(
            sum(files.is_primary_or_secondary(row["学校标识码"]) for row in good)
        )
    }


def projects(files: Files) -> dict[str, Answer] | None:
    """Schools and kindergartens that are planned, built and opened, and their places."""
    rows = files.rows(
        "教育建设项目台账",
        "项目类别 建设阶段 新增学位 其中普惠性学位 投用日期 是否列入布局调整 是否上级交办",
    )
    if rows is None:
        return None
    listed = handed = opened = affiliated = affordable = built = coming = design = 0
    for row in rows:
        kind, stage, places = row["项目类别"], row["建设阶段"], int(row["新增学位"])
        if kind == "新建学校":
            listed += row["是否列入布局调整"] == "是"
            built += places if stage == "投用" else 0
            coming += places if stage == "在建" else 0
        if kind in ("幼儿园", "附属幼儿园"):
            when = day(row["投用日期"])
            opened += places if when is not None and when.year == files.year else 0
        if kind == "附属幼儿园" and stage == "在建":
            affiliated += 1
            affordable += int(row["其中普惠性学位"])
        if kind == "幼儿园" and row["是否上级交办"] == "是":
            handed += 1
            design += places if stage == "方案设计" else 0
    return {
        "schools_in_layout_plan": count(listed),
        "kindergarten_places_opened": count(opened),
        "affiliated_kindergartens_in_construction": count(affiliated),
        "affordable_places_in_construction": count(affordable),
        "school_places_opened": count(built),
        "school_places_to_come": count(coming),
        "kindergartens_handed_down": count(handed),
        "places_in_design": count(design),
    }


def facilities(files: Files) -> dict[str, Answer] | None:
    """Courses, classrooms, halls, rooms and bases that are in use at the end of the year."""
    rows = files.rows("特色场所与课程台账", "类别 名称 学校标识码 启用日期 停用日期")
    if rows is None:
        return None
    names: dict[str, list[str]] = {}
    teaching = set()
    for row in rows:
        until = day(row["停用日期"])
        if files.is_by_the_end(row["启用日期"]) and (until is None or until > files.end):
            names.setdefault(row["类别"], []).append(row["名称"])
            if row["类别"] == "劳动教育课程" and files.is_primary_or_secondary(row["学校标识码"]):
                teaching.add(row["学校标识码"])
    return {
        "kinds_of_special_classroom": count(len(set(names.get("特色课堂", [])))),
        "labour_courses": count(len(set(names.get("劳动教育课程", [])))),
        "schools_with_labour_course_share": percent(len(teaching), files.primary_and_secondary),
        "practice_halls": count(len(names.get("劳动实践馆", []))),
        "science_and_robotics_rooms": count(len(names.get("科学及机器人室", []))),
        "bases_with_companies": count(len(names.get("校企共建基地", []))),
    }


def groups(files: Files) -> dict[str, Answer] | None:
    """Groups that have a member at the end of the year."""
    rows = files.rows("教育集团台账", "集团名称 加入日期 退出日期")
    if rows is None:
        return None
    found = set()
    for row in rows:
        until = day(row["退出日期"])
        if files.is_by_the_end(row["加入日期"]) and (until is None or until > files.end):
            found.add(row["集团名称"])
    return {"school_groups": count(len(found))}


def awards(files: Files) -> dict[str, Answer] | None:
    """Lessons of three years, and works of the year."""
    rows = files.rows("获奖与参赛作品台账", "类别 级别 作品数 获奖或推送日期")
    city = files.rows("参考值台账", "指标 数值")
    if rows is None or city is None:
        return None
    lessons, sent = 0, {"绘画作品": 0, "硬笔书法作品": 0}
    for row in rows:
        when = day(row["获奖或推送日期"])
        assert when is not None
        if (row["类别"], row["级别"]) == ("精品课", "部级"):
            lessons += int(row["作品数"]) if files.year - 3 < when.year <= files.year else 0
        elif row["类别"] in sent and when.year == files.year:
            sent[row["类别"]] += int(row["作品数"])
    values = {row["指标"]: int(row["数值"]) for row in city}
    return {
        "ministry_lessons": count(lessons),
        "ministry_lessons_share_of_city": percent(lessons, values["全市部级精品课"]),
        "ministry_lessons_rank": count(values["全省部级精品课排名"]),
        "paintings_sent": count(sent["绘画作品"]),
        "calligraphy_sent": count(sent["硬笔书法作品"]),
    }


def organisations(files: Files) -> dict[str, Answer] | None:
    """Party organisations by form, their members, and those of the public schools."""
    captions = "组织形式 学校标识码 是否学校主体组织 成立日期 撤销日期 领导体制改革完成日期 党员数"
    rows = files.rows("党组织台账", captions)
    if rows is None:
        return None
    forms = {"党委": 0, "党总支": 0, "党支部": 0}
    bodies: dict[str, set[str]] = {form: set() for form in forms}
    members, covered, reformed = 0, set(), set()
    for row in rows:
        until, number = day(row["撤销日期"]), row["学校标识码"]
        if not files.is_by_the_end(row["成立日期"]) or (until is not None and until <= files.end):
            continue
        forms[row["组织形式"]] += 1
        members += int(row["党员数"])
        school = as_of(files.schools, number, files.end)
        if school is not None and school.kind in PRIMARY_AND_SECONDARY:
            covered.add(number)
            if school.public and row["是否学校主体组织"] == "是":
                bodies[row["组织形式"]].add(number)
                if files.is_by_the_end(row["领导体制改革完成日期"]):
                    reformed.add(number)
    return {
        "party_committees": count(forms["党委"]),
        "general_party_branches": count(forms["党总支"]),
        "party_branches": count(forms["党支部"]),
        "party_members": count(members),
        "schools_with_party_organisation_share": percent(len(covered), files.primary_and_secondary),
        "schools_with_committee": count(len(bodies["党委"])),
        "schools_with_general_branch": count(len(bodies["党总支"])),
        "schools_with_branch": count(len(bodies["党支部"])),
        "schools_reformed": count(len(reformed)),
        "schools_reformed_share": percent(len(reformed), len(set().union(*bodies.values()))),
    }


def inspections(files: Files) -> dict[str, Answer] | None:
    """What was inspected in the year, and what of it was good."""
    rows = files.rows("督导检查台账", "检查事项 检查内容 学校标识码 检查日期 结论")
    if rows is None:
        return None
    of_year = [row for row in rows if row["检查日期"].startswith(str(files.year))]

    def found(item: str, *results: str) -> list[Row]:
        taken = results or ("合格", "不合格")
        return [row for row in of_year if row["检查事项"] == item and row["结论"] in taken]

    def share(item: str) -> Answer:
        return percent(len(found(item, "合格")), len(found(item)))

    teams = {row["学校标识码"] for row in found("周边治安防控", "合格")}
    return {
        "parts_of_private_schools_inspected": count(
            len({row["检查内容"] for row in found("民办学校专项整治")})
        ),
        "safety_measures_share": share("安防建设"),
        "schools_with_escort_team": count(len(teams)),
        "six_installations_share": share("平安校园六个一"),
        "putonghua_use_share": share("普通话使用"),
        "five_managements_inspected": count(len(found("五项管理"))),
        "five_managements_failed": count(len(found("五项管理", "不合格"))),
        "training_bodies_inspected": count(len(found("校外培训机构"))),
        "fees_posted_share": share("收费公示"),
    }


def exam_sittings(files: Files) -> dict[str, Answer] | None:
    """Candidates, sittings and incidents of the year's tests."""
    rows = files.rows("学业水平考试组考台账", "考试日期 场次 考生人次 违规或安全事件数")
    if rows is None:
        return None
    names = {"exam_candidates": "考生人次", "exam_sittings": "场次",
             "exam_incidents": "违规或安全事件数"}  # fmt: skip
    return {
        indicator: count(sum(int(row[name]) for row in rows)) for indicator, name in names.items()
    }


def matters(files: Files) -> dict[str, Answer] | None:
    """Matters, complaints and cases of the year, and which of them are settled by its end."""
    rows = files.rows("进校园事项与师德案件台账", "类别 是否在白名单 受理日期 办结日期")
    if rows is None:
        return None
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row["类别"], []).append(row)

    def settled(kind: str) -> Answer:
        return count(sum(files.is_by_the_end(row["办结日期"]) for row in kinds[kind]))

    lists = [row["是否在白名单"] for row in kinds["社会事务进校园"]]
    return {
        "ethics_cases": count(len(kinds["师德案件"])),
        "ethics_cases_settled": settled("师德案件"),
        "matters_on_white_list": count(lists.count("是")),
        "matters_off_white_list": count(lists.count("否")),
        "burden_complaints": count(len(kinds["减负投诉"])),
        "burden_complaints_settled": settled("减负投诉"),
    }


def tasks(files: Files) -> dict[str, Answer] | None:
    """Tasks of the next year, and those with indicator and target."""
    rows = files.rows("重点工作任务台账", "类别 关联指标 目标值")
    if rows is None:
        return None
    ahead = [row for row in rows if row["类别"] == "下一步工作"]
    targeted = [row for row in ahead if row["关联指标"] and row["目标值"]]
    return {"tasks_ahead": count(len(ahead)), "tasks_ahead_with_target": count(len(targeted))}


def volunteers(files: Files) -> dict[str, Answer] | None:
    """Who is enrolled at the end of the year."""
    rows = files.rows("近视防控宣讲团名册", "身份证号 加入日期 退出日期")
    if rows is None:
        return None
    enrolled = set()
    for row in rows:
        until = day(row["退出日期"])
        if files.is_by_the_end(row["加入日期"]) and (until is None or until > files.end):
            enrolled.add(row["身份证号"])
    return {"eye_health_speakers": count(len(enrolled))}


def roles(files: Files) -> dict[str, Answer] | None:
    """Counsellors and experts who are there at the end of the year."""
    captions = "身份证号 岗位 是否外聘 学校标识码 起始日期 终止日期"
    rows = files.rows("辅导员与兼职专家名册", captions)
    if rows is None:
        return None
    persons: dict[str, set[str]] = {}
    schools = set()
    for row in rows:
        until = day(row["终止日期"])
        if not files.is_by_the_end(row["起始日期"]) or (until is not None and until <= files.end):
            continue
        role = row["岗位"] + row["是否外聘"]
        persons.setdefault(role, set()).add(row["身份证号"])
        if role == "大队辅导员否" and files.is_primary_or_secondary(row["学校标识码"]):
            schools.add(row["学校标识码"])
    return {
        "chief_counsellors": count(len(persons.get("总辅导员否", ()))),
        "brigade_counsellors": count(len(persons.get("大队辅导员否", ()))),
        "squadron_counsellors": count(len(persons.get("中队辅导员否", ()))),
        "schools_with_brigade_counsellor_share": percent(len(schools), files.primary_and_secondary),
        "labour_experts": count(len(persons.get("劳动教育专家是", ()))),
    }


def assignments(files: Files) -> dict[str, Answer] | None:
    """Teachers sent from February to July."""
    rows = files.rows("教师交流支教台账", "身份证号 类别 起始日期")
    if rows is None:
        return None
    sent = set()
    for row in rows:
        since = day(row["起始日期"])
        assert since is not None
        if row["类别"] in ("支教", "跟岗") and since.year == files.year and 2 <= since.month <= 7:
            sent.add(row["身份证号"])
    return {"teachers_sent_in_spring": count(len(sent))}


def recruitment(files: Files) -> dict[str, Answer] | None:
    """High-level staff planned and arrived."""
    rows = files.rows("人才引进台账", "类别 计划人数 到岗人数")
    if rows is None:
        return None
    high = [row for row in rows if row["类别"] == "高层次人才"]
    return {
        "high_level_staff_planned": count(sum(int(row["计划人数"]) for row in high)),
        "high_level_staff_arrived": count(sum(int(row["到岗人数"]) for row in high)),
    }


def post_changes(files: Files) -> dict[str, Answer] | None:
    """Posts moved to town in three years."""
    rows = files.rows("编制调整台账", "调出学校城乡 调入学校城乡 编制数 调整日期")
    if rows is None:
        return None
    moved = 0
    for row in rows:
        when = day(row["调整日期"])
        assert when is not None
        if (row["调出学校城乡"], row["调入学校城乡"]) == ("农村", "城区"):
            moved += int(row["编制数"]) if files.year - 3 < when.year <= files.year else 0
    return {"posts_moved_to_town": count(moved)}


def admissions(files: Files) -> dict[str, Answer] | None:
    """Places given to children of age, and to those with special needs."""
    names = "符合条件人数 公办学位安置人数 其中特殊儿童 特殊儿童入学人数"
    rows = files.rows("义务教育招生安置台账", names)
    if rows is None:
        return None
    eligible, placed, special, special_placed = (
        sum(int(row[name]) for row in rows) for name in names.split()
    )
    return {
        "public_places_share": percent(placed, eligible),
        "special_children_placed_share": percent(special_placed, special),
    }


def kindergartens(files: Files) -> dict[str, Answer] | None:
    """Kindergartens graded in the year, and the children of affordable and of public ones."""
    captions = "学校标识码 办园性质 是否中心城区 是否普惠性 定级日期 在园幼儿数"
    rows = files.rows("幼儿园分类定级与普惠认定台账", captions)
    if rows is None:
        return None
    pupils = read_students(files.workspace, date(files.year, 9, 1)) or iter(())
    census = Counter(text(p["XXBSM"]) for p in pupils if stage(p["XD"]) == "幼儿园")
    graded = affordable = public = everybody = 0
    for row in rows:
        children = census[row["学校标识码"]] or int(row["在园幼儿数"])
        is_public = row["办园性质"] == "公办"
        when = day(row["定级日期"])
        if is_public and row["是否中心城区"] == "是" and when is not None:
            graded += when.year == files.year
        everybody += children
        affordable += children if is_public or row["是否普惠性"] == "是" else 0
        public += children if is_public else 0
    return {
        "central_kindergartens_graded": count(graded),
        "children_in_affordable_share": percent(affordable, everybody),
        "children_in_public_share": percent(public, everybody),
    }


def services(files: Files) -> dict[str, Answer] | None:
    """Who had meals, lessons after school, books and screenings in the autumn."""
    captions = "学校标识码 服务项目 学期 应享受人数 实际享受人数 其中筛查异常人数"
    rows = files.rows("学生服务台账", captions)
    if rows is None:
        return None

    def is_rural(row: Row) -> bool:
        school = as_of(files.schools, row["学校标识码"], files.end)
        return school is not None and school.rural

    def add(service: str, column: str) -> int:
        return sum(
            int(row[column] or 0)
            for row in rows
            if (row["服务项目"], row["学期"]) == (service, "秋季")
            and (service != "营养餐" or is_rural(row))
        )

    def share(service: str) -> Answer:
        return percent(add(service, "实际享受人数"), add(service, "应享受人数"))

    fed = {row["学校标识码"] for row in rows if row["服务项目"] == "营养餐" and is_rural(row)}
    return {
        "schools_with_meals": count(len(fed)),
        "pupils_with_meals": count(add("营养餐", "实际享受人数")),
        "persons_screened_for_health_of_mind": count(add("心理测评", "实际享受人数")),
        "free_textbooks_share": share("免费教科书"),
        "after_school_share": share("课后服务"),
        "sight_screened_share": share("视力监测"),
        "short_sighted_share": percent(
            add("视力监测", "其中筛查异常人数"), add("视力监测", "实际享受人数")
        ),
    }


Figures = Callable[[Files], dict[str, Answer] | None]
AT_THE_END: Sequence[Figures] = (
    leader_visits, rooms, projects, facilities, groups, awards, organisations, tasks,
    kindergartens, volunteers, roles, post_changes,
)  # fmt: skip
OF_THE_YEAR: Sequence[Figures] = (
    activities, inspections, exam_sittings, matters, admissions, services, assignments,
    recruitment,
)  # fmt: skip


def register_answers(workspace: Path, schools: Spans[School], year: int) -> dict[Key, Answer]:
    """All values of registers by indicator and period; without a file there are none."""
    files = Files(workspace, schools, year)
    return {
        (indicator, period): answer
        for period, figures in ((str(year), OF_THE_YEAR), (files.end.isoformat(), AT_THE_END))
        for figure in figures
        for indicator, answer in (figure(files) or {}).items()
    }
