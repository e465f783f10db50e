"""Finding the header of a sheet by its captions, and what stands above it: unit, sign-off."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flows.lib.cells import UNITS_OF_YUAN, half_width, squeezed
from flows.lib.contracts import Column, Contract
from flows.lib.errors import Rejected

HEADER_WITHIN_ROWS = 40
Rows = list[tuple[int, list[Any]]]


@dataclass(frozen=True)
class Header:
    """Where the columns of a contract stand in a sheet."""

    last_row: int
    captions: tuple[str, ...]
    positions: Mapping[str, int]


def plain_caption(cell: Any) -> str:
    """Normalise a caption: half width, no blanks."""
    return squeezed(cell) or ""


def _joined_captions(rows: list[list[Any]]) -> tuple[str, ...]:
    width = max(len(row) for row in rows)
    joined = []
    for column in range(width):
        parts: list[str] = []
        for row in rows:
            caption = plain_caption(row[column]) if column < len(row) else ""
            if caption and caption not in parts:
                parts.append(caption)
        joined.append("/".join(parts))
    return tuple(joined)


def _positions(captions: tuple[str, ...], columns: Iterable[Column]) -> dict[str, int]:
    found = {}
    for column in columns:
        wanted = [plain_caption(caption) for caption in column.captions]
        for caption in wanted:
            if captions.count(caption) == 1:
                found[column.name] = captions.index(caption)
                break
    return found


def find_header(
    rows: Iterator[tuple[int, list[Any]]],
    merged: Mapping[tuple[int, int], Any],
    contract: Contract,
    above: Rows,
) -> Header:
    """Find the rows whose joined captions hold every required column; collect those above."""
    height = int(contract.meta["read"].get("header_rows", 1))
    required = {column.name for column in contract.columns if column.required}
    window: Rows = []
    best: dict[str, int] = {}
    for number, row in rows:
        filled = [
            merged.get((number, column), cell) if (number, column) in merged else cell
            for column, cell in enumerate(row)
        ]
        window.append((number, filled))
        above.append((number, filled))
        if len(window) > height:
            window.pop(0)
        if len(window) == height:
            captions = _joined_captions([cells for _, cells in window])
            positions = _positions(captions, contract.columns)
            if required <= positions.keys():
                del above[-height:]
                return Header(number, captions, positions)
            best = max(best, positions, key=len)
        if len(above) >= HEADER_WITHIN_ROWS:
            break
    missing = [
        f"{column.captions[0]} ({column.name})"
        for column in contract.columns
        if column.required and column.name not in best
    ]
    raise Rejected(
        f"column not found: {', '.join(missing)}; add it to the export and send it again"
    )


def unit_of_sheet(contract: Contract, above: Rows) -> str | None:
    """Read the unit of the sheet's amounts from a cell above the header, where it is declared."""
    if contract.meta["read"].get("unit") != "in_sheet":
        return None
    for _, row in above:
        for cell in row:
            found = re.search(r"单位[::]?\(?([^)\s]+?)\)?$", plain_caption(cell))
            if found and found[1] in UNITS_OF_YUAN:
                return found[1]
    raise Rejected("no cell says the unit (单位:元 or 单位:万元): write it above the header")


def sign_off_of(contract: Contract, above: Rows) -> dict[str, str]:
    """Read office, date and post of who signs from the block above the header."""
    labels: Mapping[str, str] = contract.meta.get("sign_off", {})
    found: dict[str, str] = {}
    for _, row in above:
        cells = [text for cell in row if (text := half_width(cell))]
        for key, label in labels.items():
            for cell, following in pairwise(cells):
                if cell.rstrip(":") == label:
                    found[key] = following
    return found
