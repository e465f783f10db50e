"""What the district's money is spent on: functions, projects, economic classes, words."""

from __future__ import annotations

from dataclasses import dataclass

from flows.sample.entitlements import BOARDING, OPERATING, SPECIAL

PROJECT_CAPTIONS = ("项目编码", "项目名称", "用途类别", "学段", "有效期起", "有效期止")

FUNCTION_OF_STAGE = {
    "幼儿园": "2050201-学前教育",
    "小学": "2050202-小学教育",
    "初中": "2050203-初中教育",
    "高中": "2050204-高中教育",
    "特教": "2050701-特殊学校教育",
}
FUNCTIONS_OF_INSTITUTIONS = {
    "样例区教育局": "2050101-行政运行",
    "样例区教师进修学校": "2050801-教师进修",
    "样例区教育技术装备中心": "2050299-其他普通教育支出",
}
SURCHARGE_FUNCTION = "2050999-其他教育费附加安排的支出"
STAFF, MEALS, AID, SECURITY, BUILDING, MISCELLANEOUS = (
    "人员经费", "营养改善", "学生资助", "安保", "基本建设", "其他",
)  # fmt: skip
GENERAL_FUNDS, SURCHARGE_FUNDS = "111-一般公共预算资金", "111-一般公共预算资金(教育费附加)"


@dataclass(frozen=True)
class Project:
    """A project of the budget with its purpose."""

    code: str
    name: str
    purpose: str
    stage: str = ""
    since: str = "2015-01-01"
    until: str = ""


PROJECTS = (
    Project("51990015000000000101", "公办幼儿园公用经费", OPERATING, "幼儿园"),
    Project("51990015000000000102", "小学公用经费", OPERATING, "小学"),
    Project("51990015000000000103", "初中公用经费", OPERATING, "初中"),
    Project("51990015000000000104", "普通高中公用经费", OPERATING, "高中"),
    Project("51990015000000000105", "特殊教育公用经费", SPECIAL, "特教"),
    Project("51990015000000000106", "寄宿生公用经费补助", BOARDING),
    Project("51990015000000000201", "农村学生营养改善计划", MEALS),
    Project("51990015000000000202", "家庭经济困难学生资助", AID),
    Project("51990015000000000203", "校园安保经费", SECURITY, until="2022-12-31"),
    Project("51990023000000000203", "校园安全防范经费", SECURITY, since="2023-01-01"),
    Project("51990015000000000301", "在职人员工资福利", STAFF),
    Project("51990018000000000401", "薄弱环节改善与能力提升", BUILDING),
    Project("51990015000000000901", "教育事务综合支出", MISCELLANEOUS),
)


def make_project(purpose: str, stage: str, year: int) -> Project:
    """Find the project of a purpose and stage that is valid throughout a year."""
    return next(
        project
        for project in PROJECTS
        if project.purpose == purpose
        and (purpose != OPERATING or project.stage == stage)
        and project.since <= f"{year}-01-01"
        and (not project.until or f"{year}-12-31" <= project.until)
    )


def project_rows() -> list[list[str]]:
    """Write the project library."""
    return [[p.code, p.name, p.purpose, p.stage, p.since, p.until] for p in PROJECTS]


@dataclass(frozen=True)
class Item:
    """An economic class in both classifications, with words of use and payees; no persons."""

    department_class: str
    government_class: str
    uses: tuple[str, ...]
    payees: tuple[str, ...]


PAYROLL = ("样例区财政工资统发专户",)
SHOPS = ("样例文化用品有限公司", "样例办公设备商行", "样例印务有限公司", "样例百货经营部")
SERVICES = ("样例物业服务有限公司", "样例信息技术有限公司", "样例维修工程队")
WAGES, GOODS, CAPITAL, GRANTS = (
    "50501-工资福利支出", "50502-商品和服务支出", "50601-资本性支出", "50901-社会福利和救助",
)  # fmt: skip
STAFF_ITEMS = (
    Item("30101-基本工资", WAGES, ("发放基本工资",), PAYROLL),
    Item("30102-津贴补贴", WAGES, ("发放津贴补贴",), PAYROLL),
    Item("30107-绩效工资", WAGES, ("发放绩效工资", "发放绩效工资,含班主任津贴"), PAYROLL),
    Item("30112-其他社会保障缴费", WAGES, ("缴纳工伤及失业保险",), ("样例区社会保险专户",)),
    Item("30305-生活补助", GRANTS, ("发放遗属生活补助",), PAYROLL),
)
OPERATING_ITEMS = (
    Item("30201-办公费", GOODS, ("购办公用品", "购打印纸,硒鼓及文件夹", "购教学用粉笔"), SHOPS),
    Item("30202-印刷费", GOODS, ("印制试卷及作业本", "印制宣传资料"), SHOPS),
    Item("30205-水费", GOODS, ("缴水费",), ("样例自来水有限公司",)),
    Item("30206-电费", GOODS, ("缴电费",), ("样例供电公司",)),
    Item("30207-邮电费", GOODS, ("缴网络及电话费",), ("样例通信公司",)),
    Item("30213-维修(护)费", GOODS, ("教室门窗维修", "厕所及管道维修,更换龙头"), SERVICES),
    Item("30216-培训费", GOODS, ("教师培训费",), ("样例区教师进修学校",)),
    Item("30227-委托业务费", GOODS, ("校园保洁服务费",), SERVICES),
    Item("31002-办公设备购置", CAPITAL, ("购课桌椅", "购打印机,一体机"), SHOPS),
)
# Paid for the same people, but no education payments: per mille of what the claims leave.
SOCIAL_PAYMENTS = {
    "2080505-机关事业单位基本养老保险缴费支出": (
        95,
        Item("30108-机关事业单位基本养老保险缴费", WAGES, ("单位缴费",), ("样例区社会保险专户",)),
    ),
    "2101102-事业单位医疗": (
        42,
        Item("30110-职工基本医疗保险缴费", WAGES, ("单位缴费",), ("样例区医疗保险专户",)),
    ),
    "2210201-住房公积金": (
        68,
        Item("30113-住房公积金", WAGES, ("单位缴存",), ("样例区住房公积金专户",)),
    ),
}
ITEMS = {
    STAFF: STAFF_ITEMS,
    MEALS: (Item("30308-助学金", GRANTS, ("学生营养膳食补助",), ("样例学校食堂专户",)),),
    AID: (Item("30308-助学金", GRANTS, ("困难学生生活补助",), ("样例区学生资助资金专户",)),),
    SECURITY: (Item("30226-劳务费", GOODS, ("保安服务费",), ("样例保安服务有限公司",)),),
    BUILDING: (
        Item("31001-房屋建筑物购建", CAPITAL, ("运动场改造进度款", "校舍加固,付进度款"),
             ("样例建筑工程有限公司",)),
    ),
    MISCELLANEOUS: OPERATING_ITEMS,
    OPERATING: OPERATING_ITEMS,
    BOARDING: OPERATING_ITEMS,
    SPECIAL: OPERATING_ITEMS,
}  # fmt: skip
# The size of a usual payment in fen, from which the number of payments follows.
USUAL_PAYMENT = {
    STAFF: 6_900_000,
    MEALS: 900_000,
    AID: 700_000,
    SECURITY: 500_000,
    BUILDING: 9_000_000,
    MISCELLANEOUS: 700_000,
    OPERATING: 148_000,
    BOARDING: 120_000,
    SPECIAL: 150_000,
}
