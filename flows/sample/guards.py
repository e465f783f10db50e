"""The register of security guards: their contracts, school by school."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from random import Random

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from flows.sample import MARK
from flows.sample.dirt import in_full_width, in_lower_case, soil, with_blanks
from flows.sample.district import School
from flows.sample.drawing import apportion
from flows.sample.enrolments import Body, Heads
from flows.sample.people import person_number
from flows.sample.workbooks import workbook_at

CAPTIONS = (
    "序号", "学校标识码", "学校名称", "身份证号", "保安公司", "合同起始日期", "合同终止日期",
    "年服务费",
)  # fmt: skip
LAST_DAY = date(2023, 12, 31)
COMPANIES = ("样例保安服务有限公司", "样例安邦护卫有限公司", "样例平安物业保安部")
BEGINNINGS = (date(2021, 9, 1), date(2022, 9, 1), date(2023, 1, 1), date(2023, 3, 1))
ENDINGS = (LAST_DAY, date(2024, 2, 29), date(2024, 8, 31), date(2025, 12, 31), None)
NUMBERS_OF_OTHERS = 500  # of a birthday: those below may belong to staff
SHARE_MOVED, SHARE_LEFT = 0.06, 0.08
FIRST_ROW = 3


@dataclass(frozen=True)
class Contract:
    """One guard's contract for one school; the fee of a year is in fen."""

    school: School
    guard: str
    company: str
    since: date
    until: date | None
    fee: int

    @property
    def holds_at_the_end(self) -> bool:
        """Whether it covers the last day of the year."""
        return self.since <= LAST_DAY and (self.until is None or self.until >= LAST_DAY)


def _new_contract(rng: Random, taken: MutableMapping[date, int], school: School) -> Contract:
    born = date(rng.randrange(1963, 1994), 1, 1) + timedelta(rng.randrange(365))
    fee = rng.randrange(19_000, 27_000, 50) * 100 + rng.choice((0, 0, 0, 50))
    beginning, ending = rng.choice(BEGINNINGS), rng.choice(ENDINGS)
    return Contract(
        school, person_number(taken, born), rng.choice(COMPANIES), beginning, ending, fee
    )


def draw_contracts(
    rng: Random, schools: Sequence[School], heads: Mapping[Body, Heads], guards: int
) -> list[Contract]:
    """Draw the guards on contract at the end of the year, and some who left, moved or come later.

    Every primary and secondary school has one at least.
    """
    listed = [school for school in schools if school.is_primary_or_secondary and not school.closed]
    pupils = [sum(heads[s.code, stage].pupils for stage in s.stages) for s in listed]
    more = apportion(max(0, guards - len(listed)), pupils)
    taken: MutableMapping[date, int] = defaultdict(lambda: NUMBERS_OF_OTHERS)
    contracts = [
        _new_contract(rng, taken, school)
        for school, extra in zip(listed, more, strict=True)
        for _ in range(1 + extra)
    ]
    others: list[Contract] = []
    for contract in rng.sample(contracts, max(1, int(len(contracts) * SHARE_MOVED))):
        day_before = contract.since - timedelta(1)
        elsewhere = rng.choice([school for school in listed if school is not contract.school])
        since = day_before - timedelta(rng.randrange(100, 400))
        others.append(replace(contract, school=elsewhere, since=since, until=day_before))
    for school in rng.sample(listed, max(2, int(len(listed) * SHARE_LEFT))):
        left = LAST_DAY - timedelta(rng.choice((1, 31, 123, 184)))
        others.append(replace(_new_contract(rng, taken, school), until=left))
    # One looks after two schools, and one begins the day after.
    others.append(replace(contracts[0], school=listed[-1]))
    others.append(
        replace(_new_contract(rng, taken, listed[0]), since=LAST_DAY + timedelta(1), until=None)
    )
    return sorted([*contracts, *others], key=lambda c: (c.school.code, c.since, c.guard))


def write_guards(path: Path, rng: Random, contracts: Sequence[Contract]) -> int:
    """Write the register with the sum of each school and of all."""
    ids = [[contract.guard, contract.school.code] for contract in contracts]
    soil(rng, ids, ((0, with_blanks), (0, in_full_width), (0, in_lower_case), (1, with_blanks)))
    with workbook_at(path) as workbook:
        sheet = workbook.add_worksheet("保安台账")
        days = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, 7, f"样例区{LAST_DAY.year}年中小学幼儿园保安人员台账({MARK})")
        sheet.write_string(1, 0, f"统计时间:{_in_words(LAST_DAY)}")
        sheet.write_string(1, 7, "单位:元")
        sheet.write_row(2, 0, CAPTIONS)
        last = FIRST_ROW
        numbered = enumerate(zip(contracts, ids, strict=True), start=1)
        for _, rows in groupby(numbered, key=lambda row: row[1][0].school.code):
            subtotal = 0
            for number, (contract, (guard, code)) in rows:
                sheet.write_number(last, 0, number)
                names = code, contract.school.name, guard, contract.company
                for column, text in enumerate(names, start=1):
                    sheet.write_string(last, column, text)
                for column, day in ((5, contract.since), (6, contract.until)):
                    _write_day(sheet, rng, (last, column), day, days)
                sheet.write_number(last, 7, contract.fee / 100)
                subtotal += contract.fee
                last += 1
            last = _write_sum(sheet, last, "小计", subtotal)
        last = _write_sum(sheet, last, "合计", sum(contract.fee for contract in contracts))
        sheet.write_string(last, 0, "填表人:样例")
    return len(contracts)


def _write_sum(sheet: Worksheet, row: int, word: str, fen: int) -> int:
    sheet.write_string(row, 2, word)
    sheet.write_number(row, 7, fen / 100)
    return row + 1


def _in_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _write_day(
    sheet: Worksheet, rng: Random, place: tuple[int, int], day: date | None, days: Format
) -> None:
    """Write a day as the schools do, each in its own way."""
    if day is None:
        return
    way = rng.random()
    if way < 0.15:
        sheet.write_datetime(*place, day, days)
    else:
        sheet.write_string(*place, _in_words(day) if way < 0.35 else day.isoformat())


def schools_of_guards(contracts: Sequence[Contract]) -> Iterator[School]:
    """Name the school of each contract that holds at the end of the year."""
    return (contract.school for contract in contracts if contract.holds_at_the_end)
