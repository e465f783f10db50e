"""The registers that offices keep by hand: who signs them, their captions, and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from flows.sample import MARK
from flows.sample import register_rows as drawn
from flows.sample.dirt import soil, with_blanks
from flows.sample.district import School
from flows.sample.enrolments import Body, Heads
from flows.sample.register_rows import YEAR, Cell, Draw, Rows
from flows.sample.workbooks import workbook_at

END = date(YEAR, 12, 31)
OF_THE_YEAR, AT_THE_END = f"{YEAR}年", END.isoformat()


@dataclass(frozen=True)
class Register:
    """A register: its table, title and period, who signs it, its captions, and how it is drawn."""

    table: str
    title: str
    period: str
    post: str
    captions: str
    rows: Callable[[Draw], Rows]


REGISTERS = (
    Register("registers.counselling_rooms", "心理辅导室台账", AT_THE_END, "基础教育股负责人",
             "学校标识码 学校名称 是否列入建设任务 投入使用日期 验收结果 是否拟撤并",
             drawn.draw_rooms),
    Register("registers.activities", "教育活动台账", OF_THE_YEAR, "基础教育股负责人",
             "编号 主题 时间节点 活动日期 场次 参与人次 学校标识码 学校名称",
             drawn.draw_activities),
    Register("registers.leader_visits", "区领导联系学校台账", AT_THE_END, "办公室负责人",
             "领导职务 学校标识码 学校名称 联系起始日期 走访日期", drawn.draw_leader_visits),
    Register("registers.projects", "教育建设项目台账", AT_THE_END, "规划股负责人",
             "项目编号 项目名称 项目类别 规划年度 建设阶段 新增学位 其中普惠性学位 投用日期 "
             "是否列入布局调整 是否上级交办", drawn.draw_projects),
    Register("registers.facilities", "特色场所与课程台账", AT_THE_END, "基础教育股负责人",
             "编号 类别 名称 学校标识码 学校名称 启用日期 停用日期", drawn.draw_facilities),
    Register("registers.groups", "教育集团台账", AT_THE_END, "基础教育股负责人",
             "集团名称 学校标识码 学校名称 是否牵头学校 加入日期 退出日期", drawn.draw_groups),
    Register("registers.awards", "获奖与参赛作品台账", AT_THE_END, "教研室负责人",
             "编号 类别 级别 作品数 获奖或推送日期", drawn.draw_awards),
    Register("registers.reference_values", "参考值台账", AT_THE_END, "教研室负责人",
             "指标 数值 文号", drawn.draw_reference_values),
    Register("registers.organisations", "党组织台账", AT_THE_END, "机关党委负责人",
             "组织名称 组织形式 上级组织 学校标识码 学校名称 是否学校主体组织 成立日期 撤销日期 "
             "领导体制改革完成日期 党员数", drawn.draw_organisations),
    Register("registers.inspections", "督导检查台账", OF_THE_YEAR, "督导室负责人",
             "编号 检查事项 检查内容 学校标识码 学校名称 检查日期 结论 整改完成日期",
             drawn.draw_inspections),
    Register("registers.exam_sittings", "学业水平考试组考台账", OF_THE_YEAR, "教育考试中心负责人",
             "考次 科目 考试日期 场次 考生人次 违规或安全事件数", drawn.draw_exam_sittings),
    Register("registers.matters", "进校园事项与师德案件台账", OF_THE_YEAR, "督导室负责人",
             "编号 类别 是否在白名单 受理日期 办结日期 处理结果", drawn.draw_matters),
    Register("registers.tasks", "重点工作任务台账", AT_THE_END, "督导室负责人",
             "编号 类别 任务 交办单位 完成时限 进展 关联指标 目标值", drawn.draw_tasks),
    Register("registers.narratives", "自评报告文稿", OF_THE_YEAR, "办公室负责人",
             "章节 段落号 文字 责任单位 成稿日期 责任岗位", drawn.draw_narratives),
    Register("registers.admissions", "义务教育招生安置台账", OF_THE_YEAR, "基础教育股负责人",
             "学校标识码 学校名称 学段 符合条件人数 公办学位安置人数 其中特殊儿童 特殊儿童入学人数",
             drawn.draw_admissions),
    Register("registers.kindergartens", "幼儿园分类定级与普惠认定台账", AT_THE_END, "学前股负责人",
             "学校标识码 学校名称 办园性质 是否中心城区 是否普惠性 定级日期 级别 在园幼儿数",
             drawn.draw_kindergartens),
    Register("registers.services", "学生服务台账", OF_THE_YEAR, "基础教育股负责人",
             "学校标识码 学校名称 服务项目 学期 应享受人数 实际享受人数 其中筛查异常人数",
             drawn.draw_services),
    Register("registers.volunteers", "近视防控宣讲团名册", AT_THE_END, "基础教育股负责人",
             "身份证号 加入日期 退出日期", drawn.draw_volunteers),
    Register("staffing.roles", "辅导员与兼职专家名册", AT_THE_END, "共青团区委负责人",
             "身份证号 岗位 是否外聘 学校标识码 学校名称 起始日期 终止日期",
             drawn.draw_roles),
    Register("staffing.recruitment", "人才引进台账", OF_THE_YEAR, "人事股负责人",
             "编号 类别 计划人数 到岗人数", drawn.draw_recruitment),
    Register("staffing.post_changes", "编制调整台账", AT_THE_END, "区委编办负责人",
             "编号 文号 调出学校城乡 调入学校城乡 编制数 调整日期", drawn.draw_post_changes),
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
    inbox: Path,
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
        cells = register.rows(Draw(rng, is_open, pupils, targets))
        folder = inbox / register.table.partition(".")[0]
        rows[register.table] = write_register(folder, rng, register, cells)
    return rows
