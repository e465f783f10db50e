"""Tables with years or items across the header: each matching column becomes rows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.common.errors import Rejected
from flows.common.text import plain_caption
from flows.contracts.model import Contract
from flows.contracts.words import Unpivot
from flows.parsing.headers import Header

Item = tuple[str, dict[str, int]]  # what its rows are called, and where each value of them stands


@dataclass(frozen=True)
class Long:
    """Which columns of a sheet become rows, and what each is called."""

    name: str
    values: tuple[str, ...]  # the columns that take the cells: one of each measure
    items: tuple[Item, ...]

    def spread(
        self, numbers: Sequence[int], rows: list[list[Any]], cells: Mapping[str, Sequence[Any]]
    ) -> tuple[list[int], dict[str, Sequence[Any]]]:
        """Make of each row one row per item; they keep the number of the row they came from."""
        times = len(self.items)
        spread: dict[str, Sequence[Any]] = {
            name: [cell for cell in column for _ in range(times)] for name, column in cells.items()
        }
        spread[self.name] = [text for _ in rows for text, _ in self.items]
        for value in self.values:
            places = [places.get(value, -1) for _, places in self.items]
            spread[value] = [
                row[place] if 0 <= place < len(row) else None for row in rows for place in places
            ]
        return [number for number in numbers for _ in range(times)], spread


def find_unpivot(contract: Contract, header: Header) -> Long | None:
    """Find the columns whose captions the contract's `long` matches; None where it says nothing."""
    words = contract.read.long
    if not words:
        return None
    items = _together(find_items(contract, header.captions))
    return Long(words.name, tuple(_value_columns(words)), tuple(items))


def _value_columns(words: Unpivot) -> list[str]:
    """Name the columns that take the cells of a long table."""
    return list(dict.fromkeys(words.values.values() or [words.value or ""]))


def find_items(contract: Contract, captions: Sequence[str]) -> list[tuple[int, str, str]]:
    """Find which captions become rows, where, what each is called there, and of which measure.

    Of several measures (`values`) a group of the pattern says which it is, another the item.
    """
    words = contract.read.long
    if not words:
        return []
    items = []
    several = {plain_caption(measure): value for measure, value in words.values.items()}
    for place, caption in enumerate(captions):
        found = re.search(words.captions, caption)
        if not found:
            continue
        texts = [text for text in found.groups() if text is not None] or [caption]
        if not several:
            items.append((place, texts[0], words.value or ""))
        elif measure := next((text for text in texts if text in several), None):
            texts.remove(measure)
            items.append((place, texts[0] if texts else caption, several[measure]))
    return items


def _together(found: Iterable[tuple[int, str, str]]) -> list[Item]:
    """Put the measures of one item together; one that stands twice would count twice."""
    items: dict[str, dict[str, int]] = {}
    for place, text, value in found:
        places = items.setdefault(text, {})
        if value in places:
            raise Rejected("caption_stands_twice", caption=text, name=value)
        places[value] = place
    return list(items.items())
