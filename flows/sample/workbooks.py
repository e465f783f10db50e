"""Writing the XLSX exports: education funds, trainings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from flows.sample import MARK
from flows.sample.dirt import (
    in_full_width,
    in_lower_case,
    soil,
    with_blanks,
    with_duplicates,
)
from flows.sample.trainings import YEARS, Training

TRAINING_CAPTIONS = ("序号", "工号", "培训项目", "培训级别", "培训日期", "学时")


@contextmanager
def workbook_at(path: Path) -> Iterator[xlsxwriter.Workbook]:
    """Open a workbook marked as sample data, which keeps no time of its making."""
    workbook = xlsxwriter.Workbook(str(path))
    workbook.set_properties(
        {"title": path.stem, "subject": MARK, "comments": MARK, "created": datetime(2024, 3, 20)}
    )
    yield workbook
    workbook.close()


def write_trainings(path: Path, rng: Random, trainings: Sequence[Training]) -> int:
    """Write the register of trainings, a sheet a year."""
    rows_written = 0
    with workbook_at(path) as workbook:
        for year in YEARS:
            of_year = [training for training in trainings if training.day.year == year]
            sheet = workbook.add_worksheet(f"{year}年")
            sheet.merge_range(0, 0, 0, 5, f"样例区{year}年教师培训学时登记表({MARK})")
            sheet.write_row(1, 0, TRAINING_CAPTIONS)
            rows_written += _write_sheet_of_trainings(sheet, rng, of_year)
    return rows_written


def _write_sheet_of_trainings(sheet: Worksheet, rng: Random, trainings: Sequence[Training]) -> int:
    texts = [
        [training.staff_number, training.course, training.level, _written_day(rng, training)]
        for training in trainings
    ]
    soil(rng, texts, ((0, in_lower_case), (0, in_full_width), (0, with_blanks)))
    numbered = [
        (number, text, training.half_hours)
        for number, (text, training) in enumerate(zip(texts, trainings, strict=True), start=1)
    ]
    rows = with_duplicates(rng, numbered)
    for place, (number, text, half_hours) in enumerate(rows, start=2):
        sheet.write_number(place, 0, number)
        for column, cell in enumerate(text, start=1):
            sheet.write_string(place, column, cell)
        sheet.write_number(place, 5, half_hours / 2)
    sheet.write_string(len(rows) + 2, 0, "合计")
    sheet.write_number(len(rows) + 2, 5, sum(training.half_hours for training in trainings) / 2)
    return len(rows)


def _written_day(rng: Random, training: Training) -> str:
    day = training.day
    return f"{day.year}年{day.month}月{day.day}日" if rng.random() < 0.07 else day.isoformat()
