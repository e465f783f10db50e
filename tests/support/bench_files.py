"""Large files for measuring landing, each as its system exports it; all of it is invented."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import xlsxwriter

PAYMENT_HEADER = (
    "支付凭证号,支付日期,预算单位,支出功能分类,部门预算经济分类,政府预算经济分类,项目编码,项目名称,"
    "资金性质,支付金额,用途,收款人全称,是否删除"
)
PAID_FOR = [
    ("2050202-小学教育", "30201-办公费", "小学公用经费", "购办公用品", "样例文化用品有限公司"),
    ("2050203-初中教育", "30216-培训费", "初中公用经费", "教师培训费", "样例区教师进修学校"),
    ("2050204-高中教育", "30206-电费", "普通高中公用经费", "缴电费", "样例供电公司"),
    ("2101102-事业单位医疗", "30110-职工基本医疗保险缴费", "在职人员工资福利", "单位缴费",
     "样例区医疗保险专户"),
]  # fmt: skip
STAGES = ("小学", "初中", "高中")


def _payments(year: int, size: int) -> Iterator[str]:
    """Give lines of payments up to a size in bytes of GB18030, then their sum."""
    yield PAYMENT_HEADER
    total, written, number = Decimal(0), 0, 0
    while written < size:
        function, economic, project, purpose, payee = PAID_FOR[number % 4]
        amount = Decimal(number * 7919 % 50_000_000 + 1) / 100
        unit = f"205{number % 300:03}-样例区第{number % 300}学校"
        paid_on = f"{year}{number % 12 + 1:02}{number % 28 + 1:02}"
        line = (
            f"{year}51990{number:010},{paid_on},{unit},{function},{economic},50502-商品和服务支出,"
            f"5199001500000000{number % 9000 + 1000},{project},111-一般公共预算资金,"
            f'"{amount:,.2f}",{purpose},{payee},否'
        )
        yield line
        total += amount
        written += len(line.encode("gb18030")) + 1
        number += 1
    yield f'合计,,,,,,,,,"{total:,.2f}",,,'


def payments_csv(folder: Path, megabytes: int) -> list[Path]:
    """Write a year's payments in GB18030."""
    path = folder / "支付明细_2023年_样例数据.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        file.writelines(f"{line}\n" for line in _payments(2023, megabytes * 1_000_000))
    return [path]


def trainings_xlsx(folder: Path, rows: int) -> list[Path]:
    """Write training records on one sheet."""
    path = folder / "教师培训学时_2019-2023_样例数据.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("2023")
        sheet.write_row(0, 0, ["序号", "工号", "培训项目", "培训级别", "培训日期", "学时"])
        for number in range(1, rows + 1):
            day = f"2023-{number % 12 + 1:02}-{number % 28 + 1:02}"
            words = [f"SY{number % 9000:06}", f"新课程标准培训{number % 400}", "县级", day]
            sheet.write_row(number, 0, [number, *words, number % 80 / 2 + 0.5])
    return [path]


def school_workbooks(folder: Path, count: int) -> list[Path]:
    """Write workbooks of funds, one school and its stages in each."""
    paths = []
    for number in range(count):
        path = folder / f"第{number}学校教育经费统计_2023年_样例数据.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write(0, 0, "样例区2023年教育经费统计(样例数据)")
            sheet.write(1, 8, "单位:万元")
            sheet.write_row(2, 0, ["序号", "学校标识码", "学校名称", "学段"])
            sheet.merge_range(2, 4, 2, 5, "教育事业费")
            sheet.write_row(2, 6, ["基建经费", "教育费附加", "合计"])
            sheet.write_row(3, 4, ["其中:人员经费", "其中:公用经费"])
            for place, stage in enumerate(STAGES):
                school = [place + 1, f"215{number:07}", f"样例区第{number}学校", stage]
                sheet.write_row(4 + place, 0, [*school, 45.75 + number, 7.09, 0, 1.65])
        paths.append(path)
    return paths


def census(folder: Path, pupils: int) -> list[Path]:
    """Write a census as the sample's interface of the school system serves it."""
    path = folder / "raw" / "sample" / "students-2023-09-01.jsonl"
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8") as file:
        for number in range(pupils):
            pupil = {
                "XJH": f"G5199002010{number:08}", "XXBSM": f"215{number % 300:07}",
                "XD": STAGES[number % 3], "NJ": str(number % 3 + 1), "BH": str(number % 9 + 1),
                "JDFS": str(number % 2 + 1), "TSXS": "0",
            }  # fmt: skip
            line = json.dumps(pupil, ensure_ascii=False, separators=(",", ":"))
            file.write(line + "\n")
    return [path]
