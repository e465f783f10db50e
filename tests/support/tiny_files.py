"""Writing the tiny district's rows into the files of a real one."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count, groupby
from pathlib import Path

import openpyxl
import tiny_district
from openpyxl.worksheet.worksheet import Worksheet


def person_number(birth: str, sequence: int) -> str:
    """An 18-digit number of the unassigned area 519900 with its check digit (MOD 11-2)."""
    digits = f"519900{birth}{sequence:03d}"
    rest = sum(int(d) * 2 ** (17 - i) for i, d in enumerate(digits)) % 11
    return digits + "10X98765432"[rest]


def _csv(path: Path, rows: Iterable[Sequence[str]], encoding: str, end: str) -> None:
    """Write rows as a CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=end).writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))


def _save(book: openpyxl.Workbook, path: Path) -> None:
    """Save a workbook marked as sample data."""
    book.properties.title = f"{path.stem}"
    book.properties.subject = "样例数据"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _students(folder: Path) -> None:
    """Write the pupils of each census, one JSON row a line."""
    for index, year in enumerate((2021, 2022, 2023)):
        numbers: dict[int, count[int]] = {}
        rows = []
        for school, stage, age, grades, *censuses in tiny_district.STUDENTS:
            pupils, boarders, special = censuses[index]
            for pupil in range(pupils):
                grade = pupil % grades + 1
                classes = tiny_district.CLASSES.get((school, stage), (1,) * grades)[grade - 1]
                birth = year - age - grade + 1
                number = next(numbers.setdefault(birth, count()))  # moves up with its year
                born = f"{birth}{number % 8 + 1:02d}{number // 8 % 28 + 1:02d}"
                rows.append({
                    "XJH": "G" + person_number(born, number // 224 + 1),
                    "XXBSM": school, "XD": stage, "NJ": str(grade),
                    "BH": str(pupil // grades % classes + 1),
                    "JDFS": "2" if pupil < boarders else "1",
                    "TSXS": "1" if pupil >= pupils - special else "0",
                })  # fmt: skip
        rows.sort(key=lambda row: row["XJH"])
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        (folder / f"students-{year}-09-01.jsonl").write_text("".join(lines), encoding="utf-8")


def _staff(path: Path) -> None:
    """Write the staffing database."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(
        "create table jzg (gh text unique, sfzjh text, xxbsm text, gwlb text, xd text,"
        " rjxk text, rzrq text, lzrq text, bzlb text, sfzz text, rxrq text, pthdj text, pthrq text)"
    )
    connection.execute("create table shuoming (text text)")
    connection.execute("insert into shuoming values ('样例数据')")
    for i, (gh, *rest) in enumerate(tiny_district.STAFF, start=1):
        more = ("是", rest[4], "二级甲等", rest[4])
        row = (gh, person_number("19750101", i), *rest, *more)
        connection.execute(f"insert into jzg values ({', '.join('?' * len(row))})", row)
    connection.commit()
    connection.close()


def _trainings(path: Path) -> None:
    """Write the register of training hours, with one row of 2023 twice."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for year, rows in tiny_district.TRAININGS.items():
        sheet = book.create_sheet(f"{year}年")
        sheet.append([f"样例区{year}年教师培训学时登记表(样例数据)"])
        sheet.merge_cells("A1:F1")
        sheet.append(["序号", "工号", "培训项目", "培训级别", "培训日期", "学时"])
        for i, row in enumerate(rows, start=1):
            for _ in range(2 if (year, row[0]) == (2023, "SY000003") else 1):
                sheet.append([i, *row])
        sheet.append(["合计", None, None, None, None, sum(row[-1] for row in rows)])
    _save(book, path)


def _funds(path: Path, year: int) -> None:
    """Write one year's funds file."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "基层汇总"
    sheet.append([f"样例区{year}年教育经费统计基层汇总表(样例数据)"])
    sheet.append([None] * 8 + ["单位:万元"])
    heads = ["序号", "学校标识码", "学校名称", "学段", "教育事业费", None]
    sheet.append([*heads, "基建经费", "教育费附加", "合计"])
    sheet.append([None, None, None, None, "其中:人员经费", "其中:公用经费"])
    for area in ("A1:I1", "A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:F3", "G3:G4", "H3:H4", "I3:I4"):
        sheet.merge_cells(area)

    def line(front: list[object], rows: list[list[Decimal]]) -> None:
        sums = [sum(column, Decimal(0)) for column in zip(*rows, strict=True)]
        sheet.append([*front, *map(float, sums), float(sum(sums))])

    everything: list[list[Decimal]] = []
    for stage in dict.fromkeys(row[2] for row in tiny_district.FUNDS[year]):
        group: list[list[Decimal]] = []
        for school, name, its_stage, *cells in tiny_district.FUNDS[year]:
            if its_stage == stage:
                group.append([Decimal(cell) for cell in cells])
                line([len(everything) + len(group), school, name, stage], group[-1:])
        line([None, None, "小计", None], group)
        everything += group
    line([None, None, "合计", None], everything)
    sheet.append([f"填表人:——  审核人:——  填表日期:{year + 1}年3月20日"])
    _save(book, path)


def _rooms(path: Path) -> None:
    """Write the register of counselling rooms."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "台账"
    sheet.append(["样例区中小学心理辅导室台账(样例数据)"])
    sheet.merge_cells("A1:G1")
    sheet.append(["填报单位:", "样例区教育局"])
    sheet.append(["填报日期:", "2024-01-08"])
    sheet.append(["签字人职务:", "基础教育股负责人"])
    sheet.append([])
    heads = "序号 学校标识码 学校名称 是否列入建设任务 投入使用日期 验收结果 是否拟撤并"
    for column, head in enumerate(heads.split(), start=1):
        sheet.cell(row=6, column=column, value=head)
    for i, row in enumerate(tiny_district.ROOMS, start=1):
        sheet.append([i, *row])
    _save(book, path)


def _notices(path: Path) -> None:
    """Write the fund notices, with one row twice."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "指标文"
    sheet.append(["样例区2023年教育资金下达指标文台账(样例数据)"])
    sheet.append([None] * 6 + ["单位:万元"])
    sheet.append(["指标文号", "下达日期", "用途类别", "资金级次", "学段", "预算单位", "下达金额"])
    for *texts, amount in tiny_district.NOTICES:
        for _ in range(2 if amount == "1.2" else 1):
            sheet.append([*(cell or None for cell in texts), float(amount)])
    total = sum(Decimal(amount) for *_, amount in tiny_district.NOTICES)
    sheet.append(["合计", *[None] * 5, float(total)])
    sheet.append(["审核人:样例"])
    _save(book, path)


def _guards(path: Path) -> None:
    """Write the register of guards with the sums of each school; one date is a real one."""
    names = {code: name for code, name, *_ in tiny_district.SCHOOLS}
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "保安台账"
    sheet.append(["样例区2023年中小学幼儿园保安人员台账(样例数据)"])
    sheet.append(["统计时间:2023年12月31日", *[None] * 6, "单位:元"])
    heads = "序号 学校标识码 学校名称 身份证号 保安公司 合同起始日期 合同终止日期 年服务费"
    sheet.append(heads.split())
    numbers = count(1)
    for school, contracts in groupby(tiny_district.GUARDS, key=lambda contract: contract[1]):
        rows = list(contracts)
        for birth, _, since, until in rows:
            guard = person_number(birth, 900)
            first = datetime.fromisoformat(since) if since == "2023-01-01" else since
            line = (next(numbers), school, names[school], guard, "样例保安公司", first)
            sheet.append([*line, until or None, float(tiny_district.FEE)])
        sheet.append([None, None, "小计", *[None] * 4, float(tiny_district.FEE * len(rows))])
    sheet.append(
        [None, None, "合计", *[None] * 4, float(tiny_district.FEE * len(tiny_district.GUARDS))]
    )
    sheet.append(["填表人:样例"])
    _save(book, path)


def _aid(path: Path) -> None:
    """Write the awards of aid, with the first row twice."""
    heads = "资助编号 学籍号 学校标识码 学校名称 资助项目 学期 发放日期 发放金额(元)"
    names = {code: name for code, name, *_ in tiny_district.SCHOOLS}
    rows: list[Sequence[str]] = [heads.split()]
    for number, birth, school, programme, term, day, yuan in tiny_district.AID:
        pupil = "G" + person_number(birth, 1)
        row = (number, pupil, school, names[school], programme, term, day, yuan)
        rows += [row, row] if row[0] == tiny_district.AID[0][0] else [row]
    total = sum(Decimal(row[-1].replace(",", "")) for row in tiny_district.AID)
    rows.append(("合计", *[""] * 6, f"{total:,.2f}"))
    _csv(path, rows, "gb18030", "\r\n")


def _forms(folder: Path) -> None:
    """Write a workbook for each school, with a cover and a form per stage."""
    names = {code: name for code, name, *_ in tiny_district.SCHOOLS}
    for school, forms in groupby(tiny_district.FORMS.items(), key=lambda form: form[0][0]):
        book = openpyxl.Workbook()
        cover = book.worksheets[0]
        cover.title = "封面"
        cover.append(["教育事业统计报表(样例数据)"])
        cover.append([f"学校(机构)标识码:{school}"])
        for (_, form), grades in forms:
            _form(book.create_sheet(form), school, names[school], grades)
        _save(book, folder / f"{school}.xlsx")


def _form(sheet: Worksheet, school: str, name: str, grades: Sequence[Sequence[int]]) -> None:
    """Write the sizes of the classes of one stage; where there is none stands a dash or nothing."""
    none = "-" if len(grades) == 3 else None
    sheet.append([f"{sheet.title[:6]} 班数、班额情况"])
    code = f"学校(机构)标识码:{school}"
    sheet.append([f"学校(机构)名称:{name}", None, None, code, *[None] * 8, "单位:班"])
    sheet.append(["指标名称", "代码", "班数", "班额"])
    sheet.append([None, None, None, *tiny_district.BANDS])
    for area in ("A1:M1", "A3:A4", "B3:B4", "C3:C4", "D3:M3"):
        sheet.merge_cells(area)
    sheet.append(["甲", "乙", *map(str, range(1, 12))])
    everything = [size for grade in grades for size in grade]
    for number, sizes in enumerate((everything, *grades)):
        line: list[object] = ["总计" if not number else "一二三四五六"[number - 1] + "年级"]
        line += [f"{number + 1:02d}", len(sizes)]
        for low, high in zip((0, *range(26, 67, 5)), (*range(25, 66, 5), 999), strict=True):
            line.append(sum(low <= size <= high for size in sizes) or none)
        sheet.append(line)
    sheet.append(["#复式班", f"{len(grades) + 2:02d}"])
    sheet.append(["注:复式班是其中数。"])


def write_tiny_district(workspace: Path) -> None:
    """Write the files of the tiny district below a workspace."""
    inbox, sample = workspace / "raw" / "inbox", workspace / "raw" / "sample"
    sample.mkdir(parents=True, exist_ok=True)
    heads = (
        "学校标识码 学校名称 办学类型 举办者 城乡分类"
        " 主管学校标识码 撤并到学校标识码 有效期起 有效期止"
    )
    path = inbox / "schools" / "学校代码库_样例数据.csv"
    _csv(path, [heads.split(), *tiny_district.SCHOOLS], "utf-8-sig", "\r\n")
    heads = "学校标识码 标识种类 标识值 有效期起 有效期止"
    path = inbox / "schools" / "单位对照表_样例数据.csv"
    _csv(path, [heads.split(), *tiny_district.CROSSWALK], "utf-8", "\n")
    _students(sample)
    _staff(sample / "staffing.sqlite")
    _trainings(inbox / "staffing" / "教师培训学时_2019-2023_样例数据.xlsx")
    heads = "项目编码 项目名称 用途类别 学段 有效期起 有效期止"
    path = inbox / "finance" / "项目库_样例数据.csv"
    _csv(path, [heads.split(), *tiny_district.PROJECTS], "gb18030", "\r\n")
    names = {project: name for project, name, *_ in tiny_district.PROJECTS}
    heads = (
        "支付凭证号 支付日期 预算单位 支出功能分类 部门预算经济分类 政府预算经济分类"
        " 项目编码 项目名称 资金性质 支付金额 用途 收款人全称 是否删除"
    )
    for year, payments in tiny_district.PAYMENTS.items():
        rows: list[Sequence[str]] = [heads.split()]
        for voucher, day, unit, function, project, yuan, deleted in payments:
            row = (voucher, day, unit, function, "30201-办公费", "50502-商品和服务支出",
                   project, names[project], "一般公共预算资金", yuan, "样例", "样例供应商",
                   deleted)  # fmt: skip
            rows += [row, row] if voucher == "Z2023-01" else [row]
        rows.append(("合计", *[""] * 8, tiny_district.PAYMENTS_SUM[year], "", "", ""))
        path = inbox / "finance" / f"支付明细_{year}年_样例数据.csv"
        _csv(path, rows, "gb18030", "\r\n")
        _funds(inbox / "finance" / f"教育经费统计_{year}年_样例数据.xlsx", year)
    _notices(inbox / "finance" / "资金下达指标文_2023年_样例数据.xlsx")
    _aid(inbox / "finance" / "学生资助发放_2023年_样例数据.csv")
    _guards(inbox / "staffing" / "保安人员台账_2023年_样例数据.xlsx")
    _forms(inbox / "schools" / "教育事业统计报表_2023_样例数据")
    _rooms(inbox / "registers" / "心理辅导室台账_2023-12-31_样例数据.xlsx")
    key = workspace / "warehouse" / "person_id.key"
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_text(hashlib.sha256(b"ziping sample key tiny").hexdigest() + "\n")
        key.chmod(0o600)
