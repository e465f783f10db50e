"""Writing in short how many there are of something, and which rows of a sheet."""

from collections.abc import Iterable

MOST_SPANS = 40


def many(count: int, noun: str) -> str:
    """Write a number of things."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def place_of_rows(sheet: str, rows: Iterable[int]) -> str:
    """Name a sheet and rows of it: sheet 台账 rows 3, 8-11; empty for neither."""
    where = f"sheet {sheet}" if sheet else ""
    spans: list[list[int]] = []
    for row in sorted(set(rows)):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    if not spans:
        return where
    shown = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in spans[:MOST_SPANS])
    more = sum(b - a + 1 for a, b in spans[MOST_SPANS:])
    word = "rows" if spans[0][0] != spans[-1][1] else "row"
    return f"{where} {word} {shown}".strip() + (f" and {more:,} more" if more else "")
