"""Writing the yearly statistics of education funds on the offices' form, in 万元."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

from xlsxwriter.worksheet import Worksheet

from flows.sample.dirt import soil, with_blanks
from flows.sample.funds import FundsRow
from flows.sample.kinds import OTHER, STAGES
from flows.sample.workbooks import MARK, workbook_at

SCHOOL_COLUMNS, STAGE_COLUMN = ["序号", "学校标识码", "学校名称"], "学段"
PROGRAMME, PROGRAMME_COLUMNS = "教育事业费", ["其中:人员经费", "其中:公用经费"]
OTHER_AMOUNTS = ["基建经费", "教育费附加", "合计"]
OPERATING = 1  # the place of 公用经费 among the amounts
UNREADABLE = "待核"
FEN_OF_TEN_THOUSAND_YUAN = 1_000_000
CELLS_WITH_THOUSANDS = 6

Cell = int | str | None  # fen, or a text in place of an amount


def _write_header(sheet: Worksheet, year: int, columns: Sequence[str]) -> None:
    """Write the title, the unit and the header of two rows with its merged cells."""
    last = len(columns) + len(PROGRAMME_COLUMNS) + len(OTHER_AMOUNTS) - 1
    sheet.merge_range(0, 0, 0, last, f"样例区{year}年教育经费统计基层汇总表({MARK})")
    sheet.write_string(1, last, "单位:万元")
    for column, caption in enumerate(columns):
        sheet.merge_range(2, column, 3, column, caption)
    first = len(columns)
    sheet.merge_range(2, first, 2, first + 1, PROGRAMME)
    sheet.write_row(3, first, PROGRAMME_COLUMNS)
    for column, caption in enumerate(OTHER_AMOUNTS, start=first + len(PROGRAMME_COLUMNS)):
        sheet.merge_range(2, column, 3, column, caption)


def _in_ten_thousands(fen: int) -> Decimal:
    return Decimal(fen) / FEN_OF_TEN_THOUSAND_YUAN


def _write_line(
    sheet: Worksheet, place: int, texts: Sequence[str], amounts: Sequence[Cell]
) -> None:
    """Write a row: what stands before the amounts, the amounts and their sum."""
    for column, text in enumerate(texts):
        if text.isdigit() and column == 0:
            sheet.write_number(place, column, int(text))
        elif text:
            sheet.write_string(place, column, text)
    total = sum(cell for cell in amounts if isinstance(cell, int))
    for column, cell in enumerate((*amounts, total), start=len(texts)):
        if isinstance(cell, int):
            sheet.write_number(place, column, float(_in_ten_thousands(cell)))
        elif cell:
            sheet.write_string(place, column, cell)


def _rows_by_stage(rows: Sequence[FundsRow]) -> list[FundsRow]:
    order = {stage: place for place, stage in enumerate((*STAGES, OTHER))}
    return sorted(rows, key=lambda row: (order[row.stage], row.school.code))


def _without_a_junior_school(rng: Random, rows: Sequence[FundsRow]) -> list[FundsRow]:
    absent = rng.choice([row.school.code for row in rows if row.school.kind == "311"])
    return [row for row in rows if row.school.code != absent]


def _cells(rng: Random, rows: Sequence[FundsRow], dirt: frozenset[str]) -> list[list[Cell]]:
    """Write the amounts of all rows, some as text, one unreadable where that is switched on."""
    cells: list[list[Cell]] = [list(row.amounts) for row in rows]
    large = [
        (place, column)
        for place, row in enumerate(rows)
        for column, fen in enumerate(row.amounts)
        if fen >= 1000 * FEN_OF_TEN_THOUSAND_YUAN
    ]
    for place, column in rng.sample(large, min(len(large), CELLS_WITH_THOUSANDS)):
        cells[place][column] = f"{_in_ten_thousands(rows[place].amounts[column]):,}"
    if "unreadable_amount" in dirt:
        # A small school's row: a large one would be too much to set aside.
        junior = [place for place, row in enumerate(rows) if row.stage == "初中"]
        smallest = min(junior, key=lambda place: sum(rows[place].amounts))
        cells[smallest][OPERATING] = UNREADABLE
    return cells


def _sums(rows: Sequence[FundsRow], cells: Sequence[Sequence[Cell]]) -> list[Cell]:
    """Add the columns up as the office does, to which an unreadable cell is nothing."""
    return [
        sum(
            row.amounts[column]
            for row, line in zip(rows, cells, strict=True)
            if line[column] != UNREADABLE
        )
        for column in range(len(rows[0].amounts))
    ]


def write_funds(
    path: Path, rng: Random, rows: Sequence[FundsRow], year: int, dirt: frozenset[str]
) -> int:
    """Write one year's funds, grouped by stage, with the sums of each group and of all."""
    if "missing_school" in dirt:
        rows = _without_a_junior_school(rng, rows)
    rows = _rows_by_stage(rows)
    cells = _cells(rng, rows, dirt)
    texts = [[row.school.code, row.school.name, row.stage] for row in rows]
    soil(rng, texts, ((0, with_blanks),))
    columns = [*SCHOOL_COLUMNS, STAGE_COLUMN]
    if "lost_column" in dirt:
        columns.remove(STAGE_COLUMN)
    width = len(columns)
    with workbook_at(path) as workbook:
        sheet = workbook.add_worksheet("基层汇总")
        _write_header(sheet, year, columns)
        place = 4
        group = 0
        for number, (text, line) in enumerate(zip(texts, cells, strict=True), start=1):
            _write_line(sheet, place, [str(number), *text][:width], line)
            place += 1
            if number == len(rows) or rows[number].stage != rows[number - 1].stage:
                sums = _sums(rows[group:number], cells[group:number])
                _write_line(sheet, place, ["", "", "小计", ""][:width], sums)
                place, group = place + 1, number
        _write_line(sheet, place, ["", "", "合计", ""][:width], _sums(rows, cells))
        footer = f"填表人:——  审核人:——  填表日期:{year + 1}年3月20日"
        sheet.write_string(place + 1, 0, footer)
    return len(rows)
