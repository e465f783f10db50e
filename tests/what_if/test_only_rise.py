"""This year's payments beside last year's on the same day, from rows written out in full."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from flows.releases.tables import ReleaseTables
from flows.what_if.only_rise import PaymentsSoFar, payments_so_far

# year, paid_on, stage, amount, left_out, row; the last column says whether it counts for its stage
PAYMENTS = [
    (2022, "2022-03-01", "普通小学", "100.00", None, 1, True),
    (2022, "2022-09-30", "普通小学", "60.00", None, 2, True),
    (2022, "2022-10-01", "普通小学", "40.00", None, 3, True),
    (2022, "2022-09-01", None, "5.00", None, 4, False),
    (2023, "2023-03-01", "普通小学", "150.00", None, 5, True),
    (2023, "2023-09-30", "普通小学", "8.00", None, 6, True),
    (2023, "2023-09-30", "普通小学", "3.00", None, 7, False),  # to a private school
    (2023, "2023-12-31", "普通小学", "900.00", "已删除", 8, False),
]


def build_with(folder: Path, payments: list[tuple[object, ...]]) -> Path:
    path = folder / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_payments_by_function (district_code varchar, "
            "year integer, paid_on date, stage varchar, amount_yuan decimal(38, 2), "
            "left_out varchar, _file_id varchar, _sheet varchar, _row_number bigint)"
        )
        connection.execute(
            "create table intermediate.int_stage_payments (district_code varchar, year integer, "
            "stage varchar, stage_payments_yuan decimal(38, 2), _file_id varchar, _sheet varchar, "
            "_row_number bigint)"
        )
        for year, paid_on, stage, amount, left_out, row, counts in payments:
            connection.execute(
                "insert into intermediate.int_payments_by_function values "
                "('519900', ?, ?, ?, ?, ?, 'file', '', ?)",
                [year, paid_on, stage, amount, left_out, row],
            )
            if counts:
                connection.execute(
                    "insert into intermediate.int_stage_payments values "
                    "('519900', ?, ?, ?, 'file', '', ?)",
                    [year, stage, amount, row],
                )
    return path


def tables_with(folder: Path, months: dict[tuple[str, str], int]) -> ReleaseTables:
    tables = ReleaseTables(folder, {})
    values = {
        key: {"indicator_id": "payments_per_student", "member": key[0], "period": key[1],
              "denominator": Decimal(number)}
        for key, number in months.items()
    }  # fmt: skip
    tables.__dict__["values"] = values
    return tables


def test_last_year_is_cut_at_the_day_of_this_years_last_payment(tmp_path: Path) -> None:
    months = {("普通小学", "2022"): 1200, ("普通小学", "2023"): 1260}
    build, tables = build_with(tmp_path, PAYMENTS), tables_with(tmp_path, months)
    total, primary = payments_so_far(build, 2023, tables)
    assert total == PaymentsSoFar(
        "total", date(2023, 9, 30), Decimal(161), Decimal(165), Decimal(205), Decimal(1)
    )
    assert (total.is_behind, total.to_pay_yuan) == (True, Decimal(44))
    assert "比上年同日少 4.00 元" in total.sentence
    # 158 paid; on the same day 160 for 1,200 student months, so 168 for 1,260; in all 200, so 210.
    assert primary[:5] == (
        "普通小学", date(2023, 9, 30), Decimal(158), Decimal(160), Decimal(200)
    )  # fmt: skip
    assert primary.owed_by_now_yuan == Decimal(168)
    assert primary.to_pay_yuan == Decimal(52)
    assert primary.is_behind


def test_a_stage_whose_students_are_not_known_is_compared_in_all_alone(tmp_path: Path) -> None:
    build = build_with(tmp_path, PAYMENTS)
    found = payments_so_far(build, 2023, tables_with(tmp_path, {("普通小学", "2022"): 1200}))
    assert [entry.stage for entry in found] == ["total"]


@pytest.mark.parametrize("year", [2022, 2023])
def test_a_year_without_payments_is_compared_with_nothing(tmp_path: Path, year: int) -> None:
    payments = [row for row in PAYMENTS if row[0] == year]
    assert payments_so_far(build_with(tmp_path, payments), 2023, tables_with(tmp_path, {})) == []
