"""Guessing which rows of a sheet are its header, where no contract tells its captions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flows.common.text import squeezed
from flows.onboarding.inference.patterns import filled, is_value, is_year, without_mark
from flows.onboarding.inference.times import FEWEST_TIMES, is_time
from flows.parsing.headers import HIGHEST_HEADER, Rows, joined_captions
from flows.parsing.row_types import COLUMN_SIGNS

GUESSED_WITHIN_ROWS = 40
LABEL = re.compile(r":$|^[^\x00-\x7f()]{2,12}:")  # 单位:万元, which is said of the whole sheet


def with_merged(rows: Rows, merged: Mapping[tuple[int, int], Any]) -> Rows:
    """Give each cell of a merged range the value of its first one."""
    if not merged:
        return rows
    return [
        (number, [merged.get((number, column), cell) for column, cell in enumerate(row)])
        for number, row in rows
    ]


def _is_value(cell: Any) -> bool:
    """Say whether a cell looks like data, the mark of a footnote or a flag behind it or not."""
    return is_value(cell) or is_value(without_mark(cell))


def _is_caption_row(row: list[Any]) -> bool:
    """Say whether a row may be part of a header: words, or times from the second cell on."""
    texts = filled(row)
    values = [text for place, text in texts if _is_value(row[place])]
    is_words = all(map(is_year, values)) and (len(values) != 1 or "年" in values[0])
    return bool(texts) and (is_words or _are_times(values))


def _are_times(values: Sequence[str]) -> bool:
    """Say whether values are the times of a header: more than begin and end, each as often."""
    different = len(set(values))
    is_even = different > 1 and len(values) % different == 0  # below several captions
    return len(values) >= FEWEST_TIMES and is_even and all(map(is_time, values))


def _numbers_columns(row: list[Any]) -> bool:
    """Say whether a row numbers the columns (栏次): 甲 乙 1 2 3."""
    texts = [squeezed(text) or "" for _, text in filled(row)]
    numbers = [int(text) for text in texts if text.isdigit()]
    others = {text for text in texts if not text.isdigit()}
    is_counted = len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return is_counted and numbers[0] in (0, 1) and others <= COLUMN_SIGNS


def _is_data(row: list[Any], width: int) -> bool:
    texts = filled(row)
    values = [text for place, text in texts if _is_value(row[place])]
    return (
        len(texts) >= max(2, width / 2)
        and not all(map(is_year, values))
        and not _are_times(values)
        and not _numbers_columns(row)
    )


def _is_storey(row: list[Any], below: Rows) -> bool:
    """Say whether a row belongs to the header whose lower rows are known."""
    texts, under = filled(row), below[0][1]
    if not _is_caption_row(row) or any(LABEL.search(text) for _, text in texts):
        return False
    if all(place < len(under) and squeezed(under[place]) == squeezed(text)
           for place, text in texts):  # fmt: skip
        return False  # nothing but merged cells
    if len({text for _, text in texts}) > 1:
        return True
    captions = [caption for caption in joined_captions([cells for _, cells in below]) if caption]
    return 1 < len(texts) < len(captions) and len(set(captions)) < len(captions)


def _height(rows: Rows, last: int) -> int:
    """Count the storeys of a header that ends with a row: as many as say something new."""
    height = 1
    while height < HIGHEST_HEADER and last >= height:
        if not _is_storey(rows[last - height][1], rows[last - height + 1 : last + 1]):
            break
        height += 1
    return height


def guess_header(rows: Rows) -> tuple[int, int] | None:
    """Find the last row of the header and its height in the first rows, merged cells filled.

    It is what stands above the first row of data, which holds values in half its cells; in a table
    of words alone it is the first row as wide as the most.
    """
    rows = rows[:GUESSED_WITHIN_ROWS]
    widths = [len(filled(row)) for _, row in rows]
    if not (wide := [width for width in widths if width > 1]):
        return None
    width = max(set(wide), key=lambda one: one * wide.count(one))
    for place, (_, row) in enumerate(rows):
        if not _is_data(row, width):
            continue
        above = [
            one for one in range(place - 1, max(place - 6, -1), -1)
            if len(filled(rows[one][1])) > 1 and not _numbers_columns(rows[one][1])
        ]  # fmt: skip
        if above and _is_caption_row(rows[above[0]][1]):
            height = _height(rows, above[0])
            header = [row for _, row in rows[above[0] - height + 1 : above[0] + 1]]
            if sum(map(bool, joined_captions(header))) >= max(2, width / 2):
                return above[0], height
    for place, (_, row) in enumerate(rows[:-1]):
        if widths[place] >= width and _is_caption_row(row):
            return place, _height(rows, place)
    return None
