"""Writing the yearly statistics of education funds on the offices' form, in 万元."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

from xlsxwriter.worksheet import Worksheet

from flows.sample import MARK
from flows.sample.dirt import soil, with_blanks
from flows.sample.funds import FundsRow
from flows.sample.kinds import OTHER, STAGES
from flows.sample.targets import FEN_OF_TEN_THOUSAND_YUAN
from flows.sample.workbooks import workbook_at

SCHOOL_COLUMNS, STAGE_COLUMN = ["序号", "学校标识码", "学校名称"], "学段"
PROGRAMME, PROGRAMME_COLUMNS = "教育事业费", ["其中:人员经费", "其中:公用经费"]
OTHER_AMOUNTS = ["基建经费", "教育费附加", "合计"]
OPERATING = 1  # the place of 公用经费 among the amounts
UNREADABLE = "待核"
CELLS_WITH_THOUSANDS = 6
HEADER_ROWS = 4

Cell = int | str  # fen, or a text in place of an amount
Line = tuple[list[str], Sequence[Cell]]  # what stands before the amounts, and all amounts


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
    """Write a row of the form."""
    for column, text in enumerate(texts):
        if text.isdigit() and column == 0:
            sheet.write_number(place, column, int(text))
        elif text:
            sheet.write_string(place, column, text)
    for column, cell in enumerate(amounts, start=len(texts)):
        if isinstance(cell, int):
            sheet.write_number(place, column, float(_in_ten_thousands(cell)))
        else:
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
        # A small school's row: a large one would be too much to quarantined.
        junior = [place for place, row in enumerate(rows) if row.stage == "初中"]
        smallest = min(junior, key=lambda place: sum(rows[place].amounts))
        cells[smallest][OPERATING] = UNREADABLE
    return cells


def _with_total(rows: Sequence[FundsRow], cells: Sequence[Sequence[Cell]]) -> list[int]:
    """Add the columns and all of them up; to the office an unreadable cell is nothing."""
    sums = [
        sum(
            row.amounts[column]
            for row, line in zip(rows, cells, strict=True)
            if line[column] != UNREADABLE
        )
        for column in range(len(rows[0].amounts))
    ]
    return [*sums, sum(sums)]


def _lines(
    rows: Sequence[FundsRow], texts: Sequence[Sequence[str]], cells: Sequence[Sequence[Cell]]
) -> Iterator[Line]:
    """List the rows of the form, with the sums after each stage and at the end."""
    start = 0
    for place, (row, text, line) in enumerate(zip(rows, texts, cells, strict=True)):
        yield [str(place + 1), *text], [*line, _with_total([row], [line])[-1]]
        end = place + 1
        if end == len(rows) or rows[end].stage != row.stage:
            yield ["", "", "小计", ""], _with_total(rows[start:end], cells[start:end])
            start = end
    yield ["", "", "合计", ""], _with_total(rows, cells)


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
        lines = list(_lines(rows, texts, cells))
        for place, (front, amounts) in enumerate(lines, start=HEADER_ROWS):
            _write_line(sheet, place, front[:width], amounts)
        footer = f"填表人:——  审核人:——  填表日期:{year + 1}年3月20日"
        sheet.write_string(HEADER_ROWS + len(lines), 0, footer)
    return len(rows)
