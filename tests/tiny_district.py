"""A tiny invented district, small enough to work out by hand, in the files of the real one."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path

import openpyxl

# A: primary school, changes its unit code on 2023-07-01; B: its teaching point;
# C: junior secondary, renamed in 2022; D: nine-year school; H: senior; K: kindergarten;
# S: special school; M: merged into A on 2022-08-31; X: institution; P, Q: private.
A, B, C, D = "2151000001", "2151000002", "3151000003", "3151000004"
H, K, S, M = "3451000005", "1151000006", "5151000007", "2151000008"
X, P, Q = "9151000009", "2151000010", "1151000011"

COUNTY, TOWN = "831-县级教育部门", "111-主城区"
SCHOOLS = (
    (A, "样例区第一小学", "211-小学", COUNTY, TOWN, "", "", "2000-09-01", ""),
    (B, "样例区河湾教学点", "218-小学教学点", COUNTY, "220-村庄", A, "", "2000-09-01", ""),
    (C, "样例区第二中学", "311-初级中学", COUNTY, "121-镇中心区",
     "", "", "2000-09-01", "2022-07-31"),
    (C, "样例区实验中学", "311-初级中学", COUNTY, "121-镇中心区", "", "", "2022-08-01", ""),
    (D, "样例区东坡学校", "312-九年一贯制学校", "832-县级其他部门", "210-乡中心区",
     "", "", "2005-09-01", ""),
    (H, "样例区高级中学", "342-高级中学", COUNTY, TOWN, "", "", "2000-09-01", ""),
    (K, "样例区第一幼儿园", "111-幼儿园", COUNTY, TOWN, "", "", "2010-09-01", ""),
    (S, "样例区特殊教育学校", "514-其他特殊教育学校", COUNTY, "112-城乡结合区",
     "", "", "2010-09-01", ""),
    (M, "样例区北岭小学", "211-小学", COUNTY, "220-村庄", "", A, "2000-09-01", "2022-08-31"),
    (X, "样例区教师进修学校", "911-其他教育机构", COUNTY, TOWN, "", "", "2000-09-01", ""),
    (P, "样例区启明小学", "211-小学", "999-民办", "122-镇乡结合区", "", "", "2012-09-01", ""),
    (Q, "样例区小苗幼儿园", "111-幼儿园", "999-民办", TOWN, "", "", "2012-09-01", ""),
)  # fmt: skip

CROSSWALK = (
    (A, "预算单位编码", "205101", "2015-01-01", "2023-06-30"),
    (A, "预算单位编码", "205131", "2023-07-01", ""),
    (C, "预算单位编码", "205102", "2015-01-01", ""),
    (D, "预算单位编码", "205103", "2015-01-01", ""),
    (H, "预算单位编码", "205104", "2015-01-01", ""),
    (K, "预算单位编码", "205105", "2015-01-01", ""),
    (S, "预算单位编码", "205106", "2015-01-01", ""),
    (X, "预算单位编码", "205107", "2015-01-01", ""),
    (M, "预算单位编码", "205108", "2015-01-01", "2022-08-31"),
    (A, "统一社会信用代码", "12519900MB51990046", "2015-01-01", ""),
    (A, "名称", "样例区一小", "2015-01-01", ""),
    (C, "名称", "样例区二中", "2015-01-01", ""),
)

# School, stage, lowest grade's age, grades, then (pupils, boarders, special needs) at the
# censuses of 2021, 2022 and 2023.
STUDENTS = (
    (A, "小学", 6, 6, (540, 0, 3), (640, 0, 3), (640, 0, 3)),
    (B, "小学", 6, 3, (86, 12, 0), (86, 12, 0), (86, 12, 0)),
    (C, "初中", 12, 3, (512, 320, 2), (512, 320, 2), (512, 320, 2)),
    (D, "小学", 6, 6, (54, 0, 0), (60, 0, 1), (111, 0, 1)),
    (D, "初中", 12, 3, (120, 10, 0), (120, 10, 0), (90, 20, 0)),
    (H, "高中", 15, 3, (300, 200, 1), (301, 200, 1), (302, 200, 1)),
    (K, "幼儿园", 3, 3, (90, 0, 1), (90, 0, 1), (90, 0, 1)),
    (S, "特教", 6, 9, (4, 2, 4), (4, 2, 4), (6, 2, 6)),
    (M, "小学", 6, 6, (100, 0, 0), (0, 0, 0), (0, 0, 0)),
    (P, "小学", 6, 6, (30, 2, 1), (30, 2, 1), (31, 2, 1)),
    (Q, "幼儿园", 3, 3, (50, 0, 0), (50, 0, 0), (51, 0, 0)),
)

STAFF = (  # gh, school, post, stage, subject, entered, left, contract
    ("SY000001", A, "校长", "小学", "语文", "19990901", None, "在编"),
    ("SY000002", B, "专任教师", "小学", "数学", "20200315", None, "在编"),
    ("SY000003", C, "专任教师", "初中", "英语", "20220901", None, "聘用"),
    ("SY000004", C, "专任教师", "初中", "物理", "20100901", "20230630", "在编"),
    ("SY000005", K, "专任教师", "幼儿园", None, "20100901", "20230901", "在编"),
    ("SY000006", P, "专任教师", "小学", "语文", "20150901", None, "聘用"),
    ("SY000007", A, "行政人员", None, None, "20150901", None, "在编"),
    ("SY000008", X, "专任教师", None, None, "20150901", None, "在编"),
    ("SY000009", H, "专任教师", "高中", "化学", "20150901", None, "在编"),
    ("SY000010", D, "专任教师", "小学", "数学", "20230902", None, "在编"),
)

TRAININGS: dict[int, tuple[tuple[str, str, str, str, float], ...]] = {
    2019: (
        ("SY000001", "样例研修", "县级", "2019-01-01", 100),
        ("SY000005", "样例研修", "市级", "2019-05-12", 400),
        ("SY000009", "样例研修", "县级", "2019-05-12", 360),
    ),
    2020: (("SY000002", "样例研修", "县级", "2020年5月2日", 150),),
    2021: (("SY000001", "样例研修", "省级", "2021-11-30", 200),),
    2022: (
        ("SY000002", "样例研修", "县级", "2022-10-08", 100),
        ("SY000003", "样例研修", "县级", "2022-10-08", 50),
    ),
    2023: (
        ("sy000001", "样例研修", "县级", "2023-03-04", 60),
        ("SY000002", "样例研修", "校级", "2023-03-04", 20),
        ("SY000003", "样例研修", "县级", "2023年12月31日", 45.5),  # written twice, see below
        ("SY000004", "样例研修", "县级", "2023-03-04", 30),
        ("SY000005", "样例研修", "校级", "2023-03-04", 1),
        ("SY000006", "样例研修", "县级", "2023-03-04", 30),
        ("SY000007", "样例研修", "县级", "2023-03-04", 30),
        ("SY000008", "样例研修", "县级", "2023-03-04", 30),
        ("SY000010", "样例研修", "县级", "2023-10-04", 30),
    ),
}

PROJECTS = (
    ("51990001", "幼儿园生均公用经费", "公用经费", "幼儿园", "2015-01-01", ""),
    ("51990002", "小学生均公用经费", "公用经费", "小学", "2015-01-01", ""),
    ("51990003", "初中生均公用经费", "公用经费", "初中", "2015-01-01", ""),
    ("51990004", "高中生均公用经费", "公用经费", "高中", "2015-01-01", ""),
    ("51990005", "寄宿生公用经费补助", "寄宿生公用经费", "", "2015-01-01", ""),
    ("51990006", "特殊教育公用经费", "特殊教育公用经费", "特教", "2015-01-01", ""),
    ("51990007", "人员经费", "人员经费", "", "2015-01-01", ""),
)

PRE, PRI, JUN = "2050201-学前教育", "2050202-小学教育", "2050203-初中教育"
SEN, SPE, TRA = "2050204-高中教育", "2050701-特殊学校教育", "2050801-教师进修"
PENSION = "2080505-机关事业单位基本养老保险缴费支出"
U_A, U_A2, U_C, U_D = (
    f"{u}-样例区{n}"
    for u, n in zip(("205101", "205131", "205102", "205103"), "甲乙丙丁", strict=True)
)
U_H, U_K, U_S, U_X = (
    f"{u}-样例区{n}"
    for u, n in zip(("205104", "205105", "205106", "205107"), "戊己庚辛", strict=True)
)

# voucher, day, unit, function, project, yuan, deleted
PAYMENTS: dict[int, tuple[tuple[str, str, str, str, str, str, str], ...]] = {
    2022: (
        ("Z2022-01", "20220310", U_A, PRI, "51990007", "782,000.00", "否"),
        ("Z2022-02", "20220310", U_C, JUN, "51990007", "758,400.00", "否"),
        ("Z2022-03", "20220310", U_H, SEN, "51990007", "360,400.00", "否"),
        ("Z2022-04", "20220310", U_K, PRE, "51990007", "54,000.00", "否"),
        ("Z2022-05", "20220310", U_S, SPE, "51990007", "10,000.00", "否"),
        ("Z2022-06", "20220310", U_X, TRA, "51990007", "5,000.00", "否"),
        ("Z2022-07", "20220310", U_A, PENSION, "51990007", "99,999.00", "否"),
    ),
    2023: (
        ("Z2023-01", "20230310", U_A, PRI, "51990002", "300,000.00", "否"),  # written twice
        ("Z2023-02", "20230630", U_A, PRI, "51990006", "18,000.00", "否"),
        ("Z2023-03", "20230701", U_A2, PRI, "51990002", "231,640.00", "否"),
        ("Z2023-04", "20230801", U_A2, PRI, "51990002", "-1,000.00", "否"),  # reversal
        ("Z2023-05", "20230901", U_A2, PRI, "51990005", "3,600.00", "否"),
        ("Z2023-06", "20230901", U_A2, PRI, "51990002", "50,000.00", "是"),  # deleted
        ("Z2023-07", "20230901", U_A2, PRI, "51990007", "170,324.00", "否"),
        ("Z2023-08", "20230901", U_A2, PENSION, "51990007", "88,888.00", "否"),
        ("Z2023-09", "20230310", U_C, JUN, "51990003", "479,400.00", "否"),
        ("Z2023-10", "20230310", U_C, JUN, "51990006", "12,000.00", "否"),
        ("Z2023-11", "20230310", U_C, JUN, "51990005", "96,000.00", "否"),
        ("Z2023-12", "20230310", U_C, JUN, "51990007", "54,832.00", "否"),
        ("Z2023-13", "20230310", U_D, PRI, "51990002", "75,239.00", "否"),
        ("Z2023-14", "20230310", U_D, PRI, "51990006", "6,000.00", "否"),
        ("Z2023-15", "20230310", U_D, JUN, "51990003", "103,400.00", "否"),
        ("Z2023-16", "20230310", U_D, JUN, "51990005", "4,500.00", "否"),
        ("Z2023-17", "20230310", U_S, SPE, "51990006", "30,000.00", "否"),
        ("Z2023-18", "20230310", U_H, SEN, "51990004", "331,650.00", "否"),
        ("Z2023-19", "20230310", U_H, SEN, "51990007", "29,950.00", "否"),
        ("Z2023-20", "20230310", U_K, PRE, "51990001", "45,000.00", "否"),
        ("Z2023-21", "20230310", U_K, PRE, "51990007", "9,054.00", "否"),
        ("Z2023-22", "20230310", U_X, TRA, "51990007", "6,000.00", "否"),
    ),
}
PAYMENTS_SUM = {2022: "2,069,799.00", 2023: "2,094,477.00"}  # not deleted, each voucher once

# school, name, stage, then 人员 公用 基建 附加 in 万元
FUNDS: dict[int, tuple[tuple[str, str, str, str, str, str, str], ...]] = {
    2022: (
        (K, "样例区第一幼儿园", "幼儿园", "60", "12", "0", "0"),
        (A, "样例区第一小学", "小学", "450", "140", "20", "12"),
        (D, "样例区东坡学校", "小学", "70", "20", "0", "0"),
        (M, "样例区北岭小学", "小学", "60", "10", "0", "0"),
        (C, "样例区实验中学", "初中", "520", "120", "10", "10"),
        (D, "样例区东坡学校", "初中", "100", "25", "5", "0"),
        (H, "样例区高级中学", "高中", "300", "60.4", "0", "0"),
        (S, "样例区特殊教育学校", "特教", "17", "3", "0", "0"),
        (X, "样例区教师进修学校", "其他", "25", "5", "0", "0"),
    ),
    2023: (
        (K, "样例区第一幼儿园", "幼儿园", "60", "12.1512", "0", "0"),
        (A, "样例区第一小学", "小学", "500", "150", "30", "20"),
        (D, "样例区东坡学校", "小学", "80", "20", "0", "3.9636"),
        (C, "样例区实验中学", "初中", "500", "120", "20", "10"),
        (D, "样例区东坡学校", "初中", "100", "20", "5.5", "2.4665"),
        (H, "样例区高级中学", "高中", "300", "60", "0", "2.938"),
        (S, "样例区特殊教育学校", "特教", "18", "3", "0", "0"),
        (X, "样例区教师进修学校", "其他", "25", "6.00005", "0", "0"),
    ),
}

ROOMS = (
    (A, "样例区第一小学", "是", "2023-05-10", "达标", "否"),
    (C, "样例区实验中学", "是", "2023-12-31", "达标", "否"),
    (D, "样例区东坡学校", "否", "2022-09-01", None, "否"),
    (H, "样例区高级中学", "是", "2024-01-05", "未达标", "否"),
    (P, "样例区启明小学", "否", None, None, "是"),
)

# Every value below is worked out by hand (Dec. = at 10 decimals, half up).
EXPECTED: dict[str, Decimal | str] = {
    # Months 8·N(t-1) + 4·N(t). 小学 at public schools: 2021 540+86+54+100 = 780,
    # 2022 640+86+60 = 786, 2023 640+86+111 = 837.
    "months/2022/普通小学": Decimal(9384),  # 8·780 + 4·786 = 6240 + 3144
    "months/2023/普通小学": Decimal(9636),  # 8·786 + 4·837 = 6288 + 3348
    # 初中: 512+120 = 632, 632, 512+90 = 602.
    "months/2022/普通初中": Decimal(7584),  # 12·632
    "months/2023/普通初中": Decimal(7464),  # 8·632 + 4·602 = 5056 + 2408
    "months/2022/普通高中": Decimal(3604),  # 8·300 + 4·301
    "months/2023/普通高中": Decimal(3616),  # 8·301 + 4·302
    "months/2022/幼儿园": Decimal(1080),  # 12·90, private ones not counted
    "months/2023/幼儿园": Decimal(1080),
    # Funds, 万元: 小学 622+90+70 = 782; 初中 660+130 = 790; 2023: 700+103.9636; 650+127.9665.
    "funds/2022/普通小学": Decimal(7820000),
    "funds/2023/普通小学": Decimal(8039636),
    "funds/2022/普通初中": Decimal(7900000),
    "funds/2023/普通初中": Decimal(7779665),
    "funds/2022/普通高中": Decimal(3604000),
    "funds/2023/普通高中": Decimal(3629380),
    "funds/2022/幼儿园": Decimal(720000),
    "funds/2023/幼儿园": Decimal(721512),
    # 72 + 782 + 790 + 360.4 + 20 + 30 = 2054.4
    "funds/2022/total": Decimal(20544000),
    # 72.1512 + 803.9636 + 777.9665 + 362.938 + 21 + 31.00005 = 2069.01935
    "4.1": Decimal("20690193.50"),
    "4.2": Decimal("146193.50"),
    "4.3": Decimal("0.7116116628"),  # 14619350/20544000 = 0.71161166277…
    # Funds per student 12·F/M and its growth.
    "4.4": Decimal("0.21"),  # 720000/90 = 8000; 721512/90 = 8016.8
    "4.5": Decimal("0.12"),  # 7820000/782 = 10000; 8039636/803 = 10012
    "4.6": Decimal("0.06"),  # 7900000/632 = 12500; 7779665/622 = 12507.5
    # 3604000·12/3604 = 12000; 3629380·12/3616 = 12044.4026548673 (Dec.);
    # 44.4026548673/120 = 0.37002212389…
    "4.7": Decimal("0.3700221239"),
    # Payments. 小学: 300000+18000+231640-1000+3600+170324 at A, 75239+6000 at D.
    "payments/2022/普通小学": Decimal(782000),  # 1000 per student
    "payments/2023/普通小学": Decimal(803803),  # 1001 per student
    # 初中: 479400+12000+96000+54832 at C, 103400+4500 at D.
    "payments/2022/普通初中": Decimal(758400),  # 1200
    "payments/2023/普通初中": Decimal(750132),  # 1206
    "payments/2022/普通高中": Decimal(360400),  # 1200
    "payments/2023/普通高中": Decimal(361600),  # 1200: growth exactly zero
    "payments/2022/幼儿园": Decimal(54000),  # 600
    "payments/2023/幼儿园": Decimal(54054),  # 600.6
    "payments/2022/total": Decimal(1969800),  # with 特殊教育 10000 and 教师进修 5000
    "payments/2023/total": Decimal(2005589),  # with 特殊教育 30000 and 教师进修 6000
    "4.9": "达标",  # nothing falls
    # Funded: 小学 A 637, B 100, D 100-1 = 99 → 836; then 637 + 100 + 110 = 847.
    "funded/2023/普通小学": Decimal(1683),
    "allocated/2023/普通小学": Decimal(605879),  # 300000 + 231640 - 1000 + 75239
    "5.1a": Decimal("719.9988116459"),  # 2·605879/1683 = 720 - 2/1683 = 720 - 0.00118835413
    # 初中: C 510 + D 120 = 630; then 510 + 100 = 610.
    "funded/2023/普通初中": Decimal(1240),
    "allocated/2023/普通初中": Decimal(582800),  # 479400 + 103400
    "5.2a": Decimal(940),  # 1165600/1240
    # Boarders: 12+320+10 = 342; then 12+320+20 = 352; not those of H, S and P.
    "funded/2023/寄宿生": Decimal(694),
    "5.3a": Decimal(300),  # 2·(3600+96000+4500)/694 = 208200/694
    # Special needs: 3+2+1+4 = 10; then 3+2+1+6 = 12; not those of H, K and P.
    "funded/2023/特殊教育": Decimal(22),
    "5.5a": Decimal(6000),  # 2·(18000+12000+6000+30000)/22 = 132000/22
    "5.6a": Decimal(1100),  # 2·331650/(301+302) = 663300/603
    "5.7a": Decimal(500),  # 2·45000/(90+90)
    # A 552240 = 476640 + 75600 and C 587400 are paid in full, S too: (4+6)/2·6000 = 30000.
    # D: 2022 99·720 + 6000 + 120·940 + 10·300 = 71280+6000+112800+3000 = 193080,
    #    2023 110·720 + 6000 + 100·940 + 20·300 = 79200+6000+94000+6000 = 185200,
    #    half of both 189140; paid 75239+6000+103400+4500 = 189139: one yuan short.
    "schools_compulsory": Decimal(4),
    "schools_meeting": Decimal(3),
    "5.8": Decimal(75),
    # In post: 1, 2, 3, 5 (leaves on the day), 9. Not 4 (left), 6 (private), 7 (office),
    # 8 (no school), 10 (enters a day late). Trained in 2023: 1, 2, 3, 5.
    "staff/2023": Decimal(5),
    "21.1": Decimal(4),
    # 1: 100+200+60 = 360 of 360. 2: 45 months → 270, has 150+100+20 = 270.
    # 3: 16 months → 96, has 50+45.5 = 95.5 (141 if the duplicate counted). 5: 401 of 360.
    # 9: 360 of 360 without one in 2023: four of the five in post.
    "21.2": Decimal(80),
    "K3.1": Decimal(3),  # A C H
    "K3.2": Decimal(5),  # A C D H P
    "K3.3": Decimal(1),  # P
    "K3.4": Decimal(3),  # A C D
}
SHORTFALLS = [(D, Decimal(189140), Decimal(189139))]


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
        for school, stage, age, grades, *censuses in STUDENTS:
            pupils, boarders, special = censuses[index]
            for pupil in range(pupils):
                grade = pupil % grades + 1
                birth = year - age - grade + 1
                number = next(numbers.setdefault(birth, count()))  # moves up with its year
                born = f"{birth}{number % 8 + 1:02d}{number // 8 % 28 + 1:02d}"
                rows.append({
                    "XJH": "G" + person_number(born, number // 224 + 1),
                    "XXBSM": school, "XD": stage, "NJ": str(grade), "BH": "1",
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
        " rjxk text, rzrq text, lzrq text, bzlb text)"
    )
    connection.execute("create table shuoming (text text)")
    connection.execute("insert into shuoming values ('样例数据')")
    for i, (gh, *rest) in enumerate(STAFF, start=1):
        row = (gh, person_number("19750101", i), *rest)
        connection.execute("insert into jzg values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()


def _trainings(path: Path) -> None:
    """Write the register of training hours, with one row of 2023 twice."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for year, rows in TRAININGS.items():
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
    for stage in dict.fromkeys(row[2] for row in FUNDS[year]):
        group: list[list[Decimal]] = []
        for school, name, its_stage, *cells in FUNDS[year]:
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
    for i, row in enumerate(ROOMS, start=1):
        sheet.append([i, *row])
    _save(book, path)


def write_tiny_district(workspace: Path) -> None:
    """Write the files of the tiny district below a workspace."""
    inbox, sample = workspace / "raw" / "inbox", workspace / "raw" / "sample"
    sample.mkdir(parents=True, exist_ok=True)
    heads = (
        "学校标识码 学校名称 办学类型 举办者 城乡分类"
        " 主管学校标识码 撤并到学校标识码 有效期起 有效期止"
    )
    path = inbox / "schools" / "学校代码库_样例数据.csv"
    _csv(path, [heads.split(), *SCHOOLS], "utf-8-sig", "\r\n")
    heads = "学校标识码 标识种类 标识值 有效期起 有效期止"
    path = inbox / "schools" / "单位对照表_样例数据.csv"
    _csv(path, [heads.split(), *CROSSWALK], "utf-8", "\n")
    _students(sample)
    _staff(sample / "staffing.sqlite")
    _trainings(inbox / "staffing" / "教师培训学时_2019-2023_样例数据.xlsx")
    heads = "项目编码 项目名称 用途类别 学段 有效期起 有效期止"
    path = inbox / "finance" / "项目库_样例数据.csv"
    _csv(path, [heads.split(), *PROJECTS], "gb18030", "\r\n")
    names = {project: name for project, name, *_ in PROJECTS}
    heads = (
        "支付凭证号 支付日期 预算单位 支出功能分类 部门预算经济分类 政府预算经济分类"
        " 项目编码 项目名称 资金性质 支付金额 用途 收款人全称 是否删除"
    )
    for year, payments in PAYMENTS.items():
        rows: list[Sequence[str]] = [heads.split()]
        for voucher, day, unit, function, project, yuan, deleted in payments:
            row = (voucher, day, unit, function, "30201-办公费", "50502-商品和服务支出",
                   project, names[project], "一般公共预算资金", yuan, "样例", "样例供应商",
                   deleted)  # fmt: skip
            rows += [row, row] if voucher == "Z2023-01" else [row]
        rows.append(("合计", *[""] * 8, PAYMENTS_SUM[year], "", "", ""))
        path = inbox / "finance" / f"支付明细_{year}年_样例数据.csv"
        _csv(path, rows, "gb18030", "\r\n")
        _funds(inbox / "finance" / f"教育经费统计_{year}年_样例数据.xlsx", year)
    _rooms(inbox / "registers" / "心理辅导室台账_2023-12-31_样例数据.xlsx")
    key = workspace / "warehouse" / "person_id.key"
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_text(hashlib.sha256(b"ziping sample key tiny").hexdigest() + "\n")
        key.chmod(0o600)
