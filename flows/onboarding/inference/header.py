"""Finding which rows of a sheet are its header, where no contract tells its captions."""

import re
from collections.abc import Sequence
from typing import Any

from flows.common.text import strip_whitespace
from flows.onboarding.inference.cells import is_value, is_year, list_texts
from flows.parsing.headers import HIGHEST_HEADER, Rows, joined_captions
from flows.parsing.row_types import numbers_columns

INFERRED_WITHIN_ROWS = 40
ROWS_ABOVE_DATA = 5  # within which the last row of the header stands
FEWEST_TIMES = 3  # across a header
LABEL = re.compile(r":$|^[^\x00-\x7f()]{2,12}:")  # 单位:万元, which is said of the whole sheet
TIME = re.compile("(?:FY)?(?:19|20)[0-9]{2}(?:[^0-9]{1,3}[0-9]{0,4}[^0-9]?|[0-9]{2})?")


def is_time(cell: object) -> bool:
    """Say whether a caption begins with a year and says little more: 2006-07, 2006Q1, FY2006."""
    return bool(TIME.fullmatch(strip_whitespace(cell) or ""))


def _are_times(values: Sequence[str]) -> bool:
    """Say whether values are the times of a header: more than begin and end, each as often."""
    different = len(set(values))
    is_even = different > 1 and len(values) % different == 0  # below several captions
    return len(values) >= FEWEST_TIMES and is_even and all(map(is_time, values))


def _list_values(row: Sequence[Any]) -> list[str]:
    return [text for place, text in list_texts(row) if is_value(row[place])]


def _says_different_things(row: Sequence[Any]) -> bool:
    """Say whether a row has several texts: one that is merged over all columns is a title."""
    return len({text for _, text in list_texts(row)}) > 1


def _is_caption_row(row: Sequence[Any]) -> bool:
    """Say whether a row may be part of a header: words, or times from the second cell on."""
    values = _list_values(row)
    is_words = all(map(is_year, values)) and (len(values) != 1 or "年" in values[0])
    return bool(list_texts(row)) and (is_words or _are_times(values))


def _numbers_columns(row: Sequence[Any]) -> bool:
    return numbers_columns([strip_whitespace(text) or "" for _, text in list_texts(row)])


def _is_data(row: Sequence[Any], width: int) -> bool:
    values = _list_values(row)
    return (
        len(list_texts(row)) >= max(2, width / 2)
        and not all(map(is_year, values))
        and not _are_times(values)
        and not _numbers_columns(row)
    )


def _is_level(row: Sequence[Any], below: Rows) -> bool:
    """Say whether a row is a further level of the header whose lower rows are known."""
    texts, under = list_texts(row), below[0][1]
    if not _is_caption_row(row) or any(LABEL.search(text) for _, text in texts):
        return False
    if all(
        place < len(under) and strip_whitespace(under[place]) == strip_whitespace(text)
        for place, text in texts
    ):
        return False  # nothing but merged cells
    if _says_different_things(row):
        return True
    captions = [caption for caption in joined_captions([cells for _, cells in below]) if caption]
    return 1 < len(texts) < len(captions) and len(set(captions)) < len(captions)


def _count_levels(rows: Rows, last: int) -> int:
    """Count the rows of a header that ends with a row: as many as say something new."""
    height = 1
    while height < HIGHEST_HEADER and last >= height:
        if not _is_level(rows[last - height][1], rows[last - height + 1 : last + 1]):
            break
        height += 1
    return height


def find_header(rows: Rows) -> tuple[int, int] | None:
    """Find the last row of the header and its height in the first rows, merged cells filled.

    It is what stands above the first row of data, which holds values in half its cells; in a table
    of words alone it is the first row as wide as the most.
    """
    rows = rows[:INFERRED_WITHIN_ROWS]
    widths = [len(list_texts(row)) for _, row in rows]
    if not (wide := [width for width in widths if width > 1]):
        return None
    width = max(set(wide), key=lambda width: width * wide.count(width))
    for place, (_, row) in enumerate(rows):
        if not _is_data(row, width):
            continue
        above = range(place - 1, max(place - 1 - ROWS_ABOVE_DATA, -1), -1)
        last = next(
            (
                number
                for number in above
                if _says_different_things(rows[number][1]) and not _numbers_columns(rows[number][1])
            ),
            None,
        )
        if last is not None and _is_caption_row(rows[last][1]):
            height = _count_levels(rows, last)
            header = [row for _, row in rows[last - height + 1 : last + 1]]
            if sum(map(bool, joined_captions(header))) >= max(2, width / 2):
                return last, height
    for place, (_, row) in enumerate(rows[:-1]):
        if widths[place] >= width and _is_caption_row(row):
            return place, _count_levels(rows, place)
    return None
