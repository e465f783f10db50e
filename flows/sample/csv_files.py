"""Writing the CSV exports: the school library, the crosswalk, projects and payments."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from flows.sample import crosswalk, district, spending
from flows.sample.crosswalk import UNKNOWN_UNIT, Unit
from flows.sample.dirt import (
    Way,
    in_full_width,
    soil,
    with_blanks,
    with_duplicates,
    with_full_width_hyphen,
)
from flows.sample.entitlements import OPERATING
from flows.sample.payments import Payment

PAYMENT_CAPTIONS = (
    "支付凭证号", "支付日期", "预算单位", "支出功能分类", "部门预算经济分类", "政府预算经济分类",
    "项目编码", "项目名称", "资金性质", "支付金额", "用途", "收款人全称", "是否删除",
)  # fmt: skip
UNIT, FUNCTION, ECONOMIC_CLASS, PROJECT, AMOUNT = 2, 3, 4, 6, 9
PAYMENT_DIRT: tuple[tuple[int, Way], ...] = (
    (UNIT, with_blanks),
    (UNIT, in_full_width),
    (UNIT, with_full_width_hyphen),
    (FUNCTION, with_full_width_hyphen),
    (ECONOMIC_CLASS, with_full_width_hyphen),
    (PROJECT, with_blanks),
    (PROJECT, in_full_width),
    (AMOUNT, in_full_width),
)
SHARE_KEPT_OF_A_TRUNCATED_FILE = 0.6


def csv_bytes(rows: Sequence[Sequence[str]], encoding: str, end: str) -> bytes:
    """Write rows as a CSV of an encoding and line end."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=end).writerows(rows)
    return buffer.getvalue().encode(encoding)


def write_library(path: Path, rng: Random, schools: Sequence[district.School]) -> int:
    """Write the school code library."""
    rows = district.library_rows(schools)
    soil(rng, rows, ((0, with_blanks), (0, in_full_width), (2, with_full_width_hyphen)))
    path.write_bytes(csv_bytes([district.LIBRARY_CAPTIONS, *rows], "utf-8-sig", "\r\n"))
    return len(rows)


def write_crosswalk(path: Path, rng: Random, rows: list[list[str]]) -> int:
    """Write the crosswalk."""
    soil(rng, rows, ((0, with_blanks), (0, in_full_width)))
    path.write_bytes(csv_bytes([crosswalk.CAPTIONS, *rows], "utf-8", "\n"))
    return len(rows)


def write_projects(path: Path, rng: Random) -> int:
    """Write the project library."""
    rows = spending.project_rows()
    soil(rng, rows, ((0, with_blanks),))
    path.write_bytes(csv_bytes([spending.PROJECT_CAPTIONS, *rows], "gb18030", "\r\n"))
    return len(rows)


def yuan(fen: int) -> str:
    """Write an amount in yuan with thousands separators."""
    whole, cents = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{cents:02d}"


def _payment_row(payment: Payment, units: Mapping[str, Unit], number: int) -> list[str]:
    school, day = payment.school, payment.day
    return [
        f"{day.year}519900{number:07d}",
        f"{day:%Y%m%d}",
        f"{units[school.code].code_on(day)}-{school.name_on(day)}",
        payment.function,
        payment.item.department_class,
        payment.item.government_class,
        payment.project.code,
        payment.project.name,
        payment.funds,
        yuan(payment.fen),
        payment.use,
        payment.payee,
        "是" if payment.is_deleted else "否",
    ]


def _rows_of_other_units(rng: Random, payments: Sequence[Payment]) -> list[int]:
    """Choose three payments of operating funds, each of another school."""
    first_of_school: dict[str, int] = {}
    for place in rng.sample(range(len(payments)), len(payments)):
        payment = payments[place]
        is_operating = payment.project.purpose == OPERATING and payment.project.stage == "小学"
        if is_operating and payment.fen > 0 and not payment.is_deleted:
            first_of_school.setdefault(payment.school.code, place)
    return list(first_of_school.values())[:3]


def write_payments(
    path: Path,
    rng: Random,
    payments: Sequence[Payment],
    units: Mapping[str, Unit],
    dirt: frozenset[str],
) -> int:
    """Write the payments of a year, with their totals row at the end."""
    rows = [_payment_row(payment, units, n) for n, payment in enumerate(payments, start=1)]
    soil(rng, rows, PAYMENT_DIRT)
    if "unmatched_unit" in dirt:
        for place in _rows_of_other_units(rng, payments):
            rows[place][UNIT] = f"{UNKNOWN_UNIT}-样例区未对照单位"
    rows = with_duplicates(rng, rows)
    # The bureau's system counts a line that its export repeats once.
    total = sum(payment.fen for payment in payments if not payment.is_deleted)
    totals = ["合计"] + [""] * (len(PAYMENT_CAPTIONS) - 1)
    totals[AMOUNT] = yuan(total)
    content = csv_bytes([PAYMENT_CAPTIONS, *rows, totals], "gb18030", "\r\n")
    if "truncated_payments" in dirt:
        kept = content[: int(len(content) * SHARE_KEPT_OF_A_TRUNCATED_FILE)]
        content = kept[: kept.rindex(b"\r\n") + 2]
    path.write_bytes(content)
    return len(rows)
