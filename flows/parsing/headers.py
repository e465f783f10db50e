"""Finding the header of a sheet by its captions."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.common.errors import Rejected
from flows.common.messages import column_message, message
from flows.common.text import normalize_width, plain_caption
from flows.contracts.model import Column, Contract, find_unnamed_place, is_headerless
from flows.contracts.words import Unpivot
from flows.parsing.values import holds_number
from flows.readers.row_blocks import RowBlocks

HEADER_WITHIN_ROWS = 40
HIGHEST_HEADER = 4
ROWS_AHEAD = 6  # within which a true header follows a block of labels with the same words
FEWEST_ABOVE = {True: 1, False: 2}  # rows that look like data, by whether they are of three cells
FEWEST_OF_WORDS = 5  # where there is no number to tell them by
Rows = list[tuple[int, list[Any]]]


@dataclass(frozen=True)
class Header:
    """Where the columns of a contract stand in a sheet."""

    last_row: int
    captions: tuple[str, ...]
    positions: Mapping[str, int]
    height: int


def joined_captions(
    rows: list[list[Any]], written: Callable[[Any], str] = plain_caption
) -> tuple[str, ...]:
    """Join the levels of a header column by column, `教育事业费/人员经费`."""
    width = max(len(row) for row in rows)
    joined = []
    for column in range(width):
        parts: list[str] = []
        for row in rows:
            caption = written(row[column]) if column < len(row) else ""
            if caption and caption not in parts:
                parts.append(caption)
        joined.append("/".join(parts))
    return tuple(joined)


def with_titles_spread(rows: list[list[Any]]) -> list[list[Any]]:
    """Write the title of several columns above each of them, where no merged cell does it.

    A CSV says it of the first one alone. It reaches as far as there are captions below it and no
    other title beside or above it.
    """
    width = max(len(row) for row in rows)
    spread = [[*row, *[None] * (width - len(row))] for row in rows]
    is_filled = [[bool(plain_caption(cell)) for cell in row] for row in spread]
    for level, row in enumerate(spread[:-1]):
        for place in range(1, width):
            has_caption = is_filled[-1][place - 1] and is_filled[-1][place]
            is_inner = not any(is_filled[above][place] for above in range(level + 1))
            if has_caption and is_inner:
                row[place] = row[place - 1]
    return spread


def find_positions(captions: tuple[str, ...], columns: Iterable[Column]) -> dict[str, int]:
    """Find where columns stand among captions."""
    found = {}
    counts = Counter(captions)
    places = {caption: place for place, caption in enumerate(captions)}
    for column in columns:
        for caption in column.plain_captions:
            if counts[caption] == 1:
                found[column.name] = places[caption]
                break
            if (place := find_unnamed_place(caption)) is not None and captions[
                place : place + 1
            ] == ("",):
                found[column.name] = place
                break
    return found


def make_headerless_header(contract: Contract) -> Header:
    """Give the header that a file has in its contract alone."""
    places = map(find_unnamed_place, contract.plain_captions)
    captions = ("",) * (1 + max((place for place in places if place is not None), default=0))
    return Header(0, captions, find_positions(captions, contract.columns), 0)


class HeaderMissing(Rejected):
    """No row holds every required caption; `found` counts those that the best row had."""

    def __init__(
        self,
        code: str,
        found: int,
        missing: Iterable[str],
        captions: Iterable[str] = (),
        **parameters: Any,
    ) -> None:
        """Take what is said of the file, which columns lack, and what the best row holds."""
        super().__init__(code, **parameters)
        self.found, self.missing, self.captions = found, tuple(missing), tuple(captions)


def _required(contract: Contract) -> set[str]:
    """Name the columns that a header must have."""
    return {column.name for column in contract.columns if column.required and column.captions}


def _items(long: Unpivot | None, captions: Iterable[str]) -> int:
    """Count the captions that become rows."""
    return sum(bool(re.search(long.captions, caption)) for caption in captions) if long else 0


def _looks_like_data(row: Sequence[Any], header: "Header", columns: Iterable[Column]) -> bool:
    """Say whether a row fills every column below a header, with numbers where they belong."""
    cells = [
        (column, row[place] if place < len(row) else None)
        for column in columns
        if (place := header.positions.get(column.name)) is not None
    ]
    return bool(cells) and all(
        holds_number(cell) if column.is_number else normalize_width(cell) for column, cell in cells
    )


def check_rows_above(contract: Contract, header: "Header", above: Rows) -> None:
    """Refuse a sheet whose header was sorted among its rows: those above it would be left out."""
    full = [number for number, row in above if _looks_like_data(row, header, contract.columns)]
    places = header.positions
    has_numbers = any(column.is_number for column in contract.columns if column.name in places)
    fewest = FEWEST_ABOVE[len(places) > 2] if has_numbers else FEWEST_OF_WORDS
    if len(full) >= fewest:
        raise Rejected("rows_above_header", row=header.last_row, count=len(full), first=full[0])


def _is_header_by_chance(rows: RowBlocks, header: "Header", contract: Contract) -> bool:
    """Say whether a header holds its words by chance: a true one follows, and no data between."""
    required = _required(contract)
    for row in rows.peek(ROWS_AHEAD):
        captions = joined_captions([row])
        positions = find_positions(captions, contract.columns)
        if required <= positions.keys():
            return positions != header.positions
        if _looks_like_data(row, header, contract.columns):
            return False
    return False


def _check_once(contract: Contract, header: "Header") -> None:
    """Refuse a header of which two columns could be meant, required or not."""
    for column in contract.columns:
        if column.name in header.positions:
            continue
        for caption in column.plain_captions:
            if header.captions.count(caption) > 1:
                raise _several(column, caption, len(header.positions), header.captions)


def _several(column: Column, caption: str, found: int, captions: Iterable[str]) -> "HeaderMissing":
    return HeaderMissing(
        "caption_stands_twice", found, (), captions, caption=caption, name=column.name
    )


def find_header(
    rows: RowBlocks,
    merged: Mapping[tuple[int, int], Any],
    contract: Contract,
    above: Rows,
) -> Header:
    """Find the rows whose joined captions hold every required column; collect those above.

    Where the contract does not say how high the header is, the lowest that holds all counts.
    """
    if is_headerless(contract):
        return make_headerless_header(contract)
    stated = contract.read.header_rows
    heights = [stated] if stated else list(range(1, HIGHEST_HEADER + 1))
    required, long = _required(contract), contract.read.long
    window: Rows = []
    best: Mapping[str, int] = {}
    best_captions: tuple[str, ...] = ()
    twice: set[str] = set()
    for number, row in rows:
        filled = [merged.get((number, column), cell) for column, cell in enumerate(row)]
        window.append((number, filled))
        above.append((number, filled))
        if len(window) > heights[-1]:
            window.pop(0)
        for height in heights:
            if len(window) < height:
                break
            levels = [cells for _, cells in window[-height:]]
            plain = joined_captions(levels)
            written = (
                [plain] if height == 1 else [plain, joined_captions(with_titles_spread(levels))]
            )
            headers = [
                Header(number, captions, find_positions(captions, contract.columns), height)
                for captions in written
            ]
            items = [_items(long, captions) for captions in written]
            fitting = [
                (count, header)
                for count, header in zip(items, headers, strict=True)
                if required <= header.positions.keys() and (count or not long)
            ]
            if fitting:
                # Of equal ones the one as it is written.
                _, header = max(fitting, key=lambda found: found[0])
                if _is_header_by_chance(rows, header, contract):
                    window.clear()
                    break
                del above[-height:]
                _check_once(contract, header)
                return header
            counts = Counter(plain)
            twice |= {caption for caption in plain if caption and counts[caption] > 1}
            for header in headers:
                if len(header.positions) > len(best):
                    best, best_captions = header.positions, header.captions
        if len(above) >= HEADER_WITHIN_ROWS:
            break
    missing = [
        column for column in contract.columns if column.name in required and column.name not in best
    ]
    named = [column_message(column.name, column.shown) for column in missing]
    if named and not best:
        raise HeaderMissing(
            "no_header",
            0,
            (column.name for column in missing),
            best_captions,
            count=HEADER_WITHIN_ROWS,
            columns=named,
        )
    for column in missing if best else ():
        if several := twice.intersection(column.plain_captions):
            raise _several(column, several.pop(), len(best), best_captions)
    raise HeaderMissing(
        "column_not_found",
        len(best),
        (column.name for column in missing),
        best_captions,
        columns=named or message("columns_that_become_rows"),
    )
