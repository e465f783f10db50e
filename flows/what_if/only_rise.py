"""Within the year: this year's payments so far beside last year's on the same day.

What the report calls 两个只增不减 is judged after the year; payments that are late show here.
"""

from datetime import date
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import NamedTuple

from flows.releases.tables import ReleaseTables
from flows.warehouse.build import open_warehouse

# Class 205 of the general budget; by stage what goes to units that are not private, as the
# indicators count it. Last year is cut at the day up to which this year has payments.
QUERY = """
with payments as (
    select function_row.year, function_row.paid_on, 'total' as stage, function_row.amount_yuan
    from intermediate.int_payments_by_function as function_row
    where function_row.left_out is null and function_row.year between $year - 1 and $year
    union all
    select stage_row.year, function_row.paid_on, stage_row.stage, stage_row.stage_payments_yuan
    from intermediate.int_stage_payments as stage_row
    inner join intermediate.int_payments_by_function as function_row
        using (district_code, year, _file_id, _sheet, _row_number)
    where stage_row.year between $year - 1 and $year
),
last_day as (
    select max(paid_on) as on_day from payments where year = $year
)
select
    stage,
    (select on_day from last_day) as on_day,
    coalesce(sum(amount_yuan) filter (year = $year), 0),
    coalesce(sum(amount_yuan) filter (
        year = $year - 1
        and (extract(month from paid_on), extract(day from paid_on))
        <= (select (extract(month from on_day), extract(day from on_day)) from last_day)
    ), 0),
    coalesce(sum(amount_yuan) filter (year = $year - 1), 0)
from payments
group by stage
order by stage
"""


class PaymentsSoFar(NamedTuple):
    """The payments of a year up to a day, and those of the year before; in yuan."""

    stage: str  # `total` for all
    on_day: date
    paid_yuan: Decimal
    same_day_last_year_yuan: Decimal
    last_year_yuan: Decimal
    growth_of_students: Decimal = Decimal(1)  # this year's over last year's; all is not per student

    @property
    def owed_by_now_yuan(self) -> Decimal:
        """What would be as much per student as on the same day of the year before."""
        return _fen_up(self.same_day_last_year_yuan * self.growth_of_students)

    @property
    def is_behind(self) -> bool:
        """Whether less has been paid, per student, than on the same day of the year before."""
        return self.paid_yuan < self.owed_by_now_yuan

    @property
    def to_pay_yuan(self) -> Decimal:
        """What is still to be paid so that the year is not below the last one, per student."""
        owed = _fen_up(self.last_year_yuan * self.growth_of_students)
        return max(owed - self.paid_yuan, Decimal(0))

    @property
    def sentence(self) -> str:
        """Say it for an office."""
        of_all = "全区一般公共预算教育支出"
        name = of_all if self.stage == "total" else f"{self.stage}生均教育支出"
        scaled = "" if self.growth_of_students == 1 else "（按今年学生数折算）"
        less = self.paid_yuan - self.owed_by_now_yuan
        return (
            f"{name}：截至{self.on_day.month}月{self.on_day.day}日已付 {self.paid_yuan:,.2f} 元，"
            f"比上年同日{scaled}{'少' if less < 0 else '多'} {abs(less):,.2f} 元；"
            f"年内再付 {self.to_pay_yuan:,.2f} 元方不低于上年"
        )


def _fen_up(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_CEILING)


def payments_so_far(build: Path, year: int, tables: ReleaseTables) -> list[PaymentsSoFar]:
    """Compare the payments of a year up to its last day of payment with the year before.

    In all, and by stage per student, if the students of both years are known. Empty where either
    year has no payments.
    """
    with open_warehouse(build) as connection:
        rows = connection.execute(QUERY, {"year": year}).fetchall()
    growths = {"total": Decimal(1)} | _growths_of_students(tables, year)
    return [
        PaymentsSoFar(stage, on_day, paid, same_day, last_year, growths[stage])
        for stage, on_day, paid, same_day, last_year in rows
        if stage in growths and on_day is not None and last_year
    ]


def _growths_of_students(tables: ReleaseTables, year: int) -> dict[str, Decimal]:
    """Give by stage this year's students over last year's, as the indicator counts them."""
    months = {
        (value["member"], value["period"]): value["denominator"]
        for value in tables.values.values()
        if value["indicator_id"] == "payments_per_student" and value["denominator"]
    }
    return {
        stage: now / months[stage, str(year - 1)]
        for (stage, period), now in months.items()
        if period == str(year) and (stage, str(year - 1)) in months
    }
