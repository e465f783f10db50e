"""Opening a kept file as sheets of raw cells, by what it is and not by its name."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.lib.errors import Rejected

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",\t;|"


@dataclass
class Sheet:
    """One sheet: its name and its rows with their numbers, as a person would count them."""

    name: str
    rows: Iterator[tuple[int, list[Any]]]
    merged: dict[tuple[int, int], Any] = field(default_factory=dict)  # (row number, column)


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    if not content.strip():
        raise Rejected("the file is empty: ask for the export again")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Rejected("the text is neither UTF-8 nor GB18030: export it again in one of these")


def csv_sheets(path: Path) -> Iterator[Sheet]:
    """Open a CSV; rows are numbered by the line on which they begin."""
    text = _decoded(path)
    if "\0" in text[:4096]:
        raise Rejected("the file holds binary data, not CSV: export it again as CSV")
    delimiter = max(DELIMITERS, key=text[:4096].count)  # the first line may be a bare title

    def rows() -> Iterator[tuple[int, list[Any]]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        begins = 1
        try:
            for row in reader:
                yield begins, row
                begins = reader.line_num + 1
        except csv.Error:
            raise Rejected(f"line {begins}: a quote is not closed; export the file again") from None

    yield Sheet("", rows())


def xlsx_sheets(path: Path) -> Iterator[Sheet]:
    """Open a workbook; a merged cell's value stands in each of its cells."""
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    except Exception as error:  # noqa: BLE001 - the reader's errors have no common base
        raise Rejected(
            f"not readable as a workbook ({type(error).__name__}): save it again as .xlsx"
        ) from None
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        cells = sheet.to_python(skip_empty_area=False)
        merged = {
            (row + 1, column): cells[first_row][first_column]
            for (first_row, first_column), (last_row, last_column) in (
                sheet.merged_cell_ranges or ()
            )
            for row in range(first_row, last_row + 1)
            for column in range(first_column, last_column + 1)
            if first_row < len(cells) and first_column < len(cells[first_row])
        }
        yield Sheet(
            name, iter([(number, row) for number, row in enumerate(cells, start=1)]), merged
        )


def json_sheets(path: Path) -> Iterator[Sheet]:
    """Open the canonical JSON Lines of a pull: the request, then one row a line."""

    def rows() -> Iterator[tuple[int, list[Any]]]:
        with path.open(encoding="utf-8") as file:
            next(file)  # the request
            names: list[str] = []
            for number, line in enumerate(file, start=2):
                row: Mapping[str, Any] = json.loads(line)
                if not names:
                    names = list(row)
                    yield 1, list(names)
                elif row.keys() - set(names):
                    raise Rejected(f"line {number}: the row has fields that the first one lacks")
                yield number, [row.get(name) for name in names]

    yield Sheet("", rows())


def open_sheets(path: Path, declared: str) -> Iterator[Sheet]:
    """Open a file by its content, within what its contract declares (csv, xlsx or json)."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise Rejected("the file is empty: ask for the export again")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Rejected(
            "the workbook is an old .xls or has a password: save it as .xlsx without a password"
        )
    if declared == "json":
        return json_sheets(path)
    if head.startswith(b"PK\x03\x04"):
        return xlsx_sheets(path)
    if declared == "xlsx":
        raise Rejected("the file is no .xlsx workbook: save it as .xlsx")
    return csv_sheets(path)
