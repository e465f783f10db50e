"""A tiny file like the sample, in its own dialect, its rows invented: no value is taken over."""

import csv
import io
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flows.common.masking import without_ids
from flows.common.text import half_width, squeezed
from flows.onboarding.inference.columns import ColumnGuess
from flows.onboarding.inference.inspect import Observed, ObservedSheet
from flows.onboarding.inference.patterns import CODE_NAME, filled, number_of
from flows.onboarding.inference.period import DATES
from flows.onboarding.scaffold.draft import Draft
from flows.parsing.codes import CREDIT_SIGNS, check_digit
from flows.parsing.values import UNITS_OF_YUAN

ROWS = 3
AREA = "519900"  # an unassigned code: nobody's number begins so
ORDINALS = "甲乙丙丁戊"
SUMMED = ("amount", "count", "number", "row_total")


def _identity(number: int) -> str:
    digits = f"{AREA}20100101{number:03d}"
    return digits + check_digit(digits)


def _credit_code(number: int) -> str:
    head = f"12{AREA}{number:09d}"
    total = sum(CREDIT_SIGNS.index(sign) * 3**place for place, sign in enumerate(head))
    return head + CREDIT_SIGNS[(31 - total % 31) % 31]


def _like(text: str, number: int) -> str:
    """Write a code of the same length and letters, with the number as its last digits."""
    digits = f"{number:0{len(text)}d}"[-len(text) :]
    kept = [sign if sign.isalpha() and place < len(text) - 2 else digits[place]
            for place, sign in enumerate(text)]  # fmt: skip
    return "1" + "".join(kept[1:]) if kept[0] == "0" and text[0] != "0" else "".join(kept)


def _day(text: Any, number: int, year: str) -> Any:
    """Write a day of the sample's year in the form that the sample has."""
    if not isinstance(text, str):
        return f"{year}-03-0{number}"
    plain = half_width(text) or ""
    if plain.isdigit():
        return f"{year}030{number}"[: len(plain)]
    for sign in "-/.":
        if sign in plain:
            return sign.join([year, "03", f"0{number}"][: plain.count(sign) + 1])
    return f"{year}年3月{number}日" if "日" in plain else f"{year}年3月"


def _invented(guess: ColumnGuess, sample: Any, number: int, year: str) -> Any:
    """Invent a cell of a column, of the form that one of its cells has."""
    text = half_width(sample) or ""
    if guess.members:
        return guess.members[(number - 1) % len(guess.members)]
    match guess.kind:
        case "serial":
            return number
        case "person":
            prefix = "G" if text.upper().startswith("G") else ""
            return prefix + _identity(number) if len(text) > 14 else _like(text or "A0000", number)
        case "person_name" | "text" | "stage" | "unit_of_row":
            return f"sample {number}" if text and text.isascii() else f"样例{ORDINALS[number - 1]}"
        case "boolean":
            return text
        case "date":
            return _day(sample, number, year)
        case "year":
            return int(year)
        case "percent":
            return f"{number}%"
        case "code_name":
            code = squeezed(text) or "001-"
            return f"{_like(code.split('-')[0], number)}-样例{ORDINALS[number - 1]}"
        case "code" if guess.meta.get("check") == "credit_code":
            return _credit_code(number)
        case "code":
            return text if "code_list" in guess.meta else _like(text or "00001", number)
        case _:
            return number * 10


def _sample_of(sheet: ObservedSheet, guess: ColumnGuess) -> Any:
    """Take the first cell of a column that is filled, for its form alone."""
    cells = [cell for cell in sheet.cells(guess.place) if half_width(cell)]
    if guess.kind == "code_name":
        cells = [cell for cell in cells if CODE_NAME.fullmatch(squeezed(cell) or "")] or cells
    return cells[0] if cells else None


def _rows(sheet: ObservedSheet, draft: Draft, year: str) -> list[list[Any]]:
    """Invent the rows of one sheet, with their sums where the sample has a totals row."""
    width = len(sheet.captions)
    rows: list[list[Any]] = [[""] * width for _ in range(ROWS)]
    spread = set(draft.long.spread) if draft.long else set()
    for number, row in enumerate(rows, start=1):
        for guess in draft.columns:
            row[guess.place] = _invented(guess, _sample_of(sheet, guess), number, year)
        for place in spread:
            row[place] = number * 10
    amounts = [one.place for one in draft.columns if one.kind == "amount"]
    for guess in draft.columns:
        if guess.kind == "row_total":
            for row in rows:
                row[guess.place] = sum(int(row[place]) for place in amounts)
    totals = next((one.value for one in draft.proposals if one.word == "totals"), None)
    if totals and sheet.totals:
        _, stated = sheet.totals[-1]
        words = {squeezed(label) for label in totals["labels"]}
        counted = {one.place for one in draft.columns if one.kind in SUMMED} | spread
        summed = [_sum(rows, place) if place in counted and half_width(cell) else
                  (str(cell) if squeezed(cell) in words else "")
                  for place, cell in enumerate(stated)]  # fmt: skip
        rows.append([*summed, *[""] * (width - len(summed))])
    return rows


def _sum(rows: Sequence[Sequence[Any]], place: int) -> Any:
    numbers = [number_of(row[place]) for row in rows]
    total = sum((number for number in numbers if number is not None), Decimal(0))
    return int(total) if total == total.to_integral_value() else str(total)


def _above(row: Sequence[Any], width: int) -> list[Any]:
    """Keep of a row above the header the title, labels, units and dates; the rest is invented."""
    cells: list[Any] = [""] * width
    texts = filled(row)
    for place, text in texts[:1] if len({text for _, text in texts}) == 1 else texts:
        label, colon, rest = text.partition(":")
        if colon and not (rest in UNITS_OF_YUAN or DATES.search(rest)):
            cells[place] = f"{label}:" + "样例" * bool(rest)
        elif colon or place == texts[0][0] or DATES.fullmatch(text):
            cells[place] = without_ids(text)
        else:
            cells[place] = "样例"
    return cells


def _grid(sheet: ObservedSheet, draft: Draft, year: str) -> list[list[Any]]:
    above = [_above(row, len(sheet.captions)) for _, row in sheet.above]
    footer = [[without_ids(text.split("：")[0].split(":")[0]) + ":"]
              for _, row in sheet.footer[:1] for _, text in filled(row)[:1]]  # fmt: skip
    header = [[without_ids(half_width(cell) or "") for cell in row] for _, row in sheet.header]
    return [*above, *header, *_rows(sheet, draft, year), *footer]


def _workbook(grids: dict[str, list[list[Any]]]) -> bytes:
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        for name, grid in grids.items():
            sheet = book.add_worksheet(name[:31])
            for number, row in enumerate(grid):
                sheet.write_row(number, 0, row)
    return content.getvalue()


def _encoded(text: str, encoding: str) -> bytes:
    """Encode a fixture; an encoding without simplified characters has other words of ours."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        for words, plain in (("样例", "sample"), *zip(ORDINALS, "12345", strict=True)):
            text = text.replace(words, plain)
        return text.encode(encoding)


def fixture_of(observed: Observed, draft: Draft) -> tuple[str, bytes]:
    """Write the fixture: the ending of its name, and its bytes; spreadsheets are all .xlsx."""
    found = re.search("20[0-9]{2}", observed.name)
    year = found[0] if found else str(draft.period[0].get("stated", 2023))
    sheet = observed.sheets[0]
    grid = _grid(sheet, draft, year)
    if observed.dialect:
        dialect = observed.dialect
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=dialect.delimiter, lineterminator=dialect.line_end).writerows(
            grid
        )
        encoding = "utf-8" if dialect.mark.startswith(b"\xef") else dialect.encoding
        encoding = "ascii" if observed.is_ascii else encoding
        body = _encoded(text.getvalue(), encoding)
        return ".csv", body if body.startswith(dialect.mark) else dialect.mark + body
    if observed.kind == "json":
        records = [dict(zip(sheet.texts, row, strict=False)) for row in grid[1 : ROWS + 1]]
        return ".json", json.dumps(records, ensure_ascii=False, indent=1).encode() + b"\n"
    return ".xlsx", _workbook({without_ids(sheet.name) or "Sheet1": grid})
