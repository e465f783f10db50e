"""Tables with years or items across the header: each matching column becomes rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.lib.contracts import Contract
from flows.lib.headers import Header


@dataclass(frozen=True)
class Long:
    """Which columns of a sheet become rows, and what each is called."""

    name: str
    value: str
    places: tuple[tuple[int, str], ...]  # where, and the name that its rows get

    def spread(
        self, numbers: Sequence[int], rows: list[list[Any]], cells: Mapping[str, Sequence[Any]]
    ) -> tuple[list[int], dict[str, Sequence[Any]]]:
        """Make of each row one row per column; they keep the number of the row they came from."""
        times = len(self.places)
        spread: dict[str, Sequence[Any]] = {name: [cell for cell in column for _ in range(times)]
                  for name, column in cells.items()}  # fmt: skip
        spread[self.name] = [text for _ in rows for _, text in self.places]
        spread[self.value] = [
            row[place] if place < len(row) else None for row in rows for place, _ in self.places
        ]
        return [number for number in numbers for _ in range(times)], spread


def long_of(contract: Contract, header: Header) -> Long | None:
    """Find the columns whose captions the contract's `long` matches; None where it says nothing."""
    words = contract.meta["read"].get("long")
    if not words:
        return None
    return Long(words["name"], words["value"], tuple(items_of(contract, header.captions)))


def items_of(contract: Contract, captions: Sequence[str]) -> list[tuple[int, str]]:
    """Find which captions become rows, where, and what each is called there."""
    words, items = contract.meta["read"].get("long"), []
    for place, caption in enumerate(captions if words else ()):
        if found := re.search(words["captions"], caption):
            items.append((place, found[1] if found.re.groups else caption))
    return items
