"""The one way in which a pull is written: its bytes are the same whenever its rows are."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from flows.common.errors import Unavailable

MEGABYTE = 1_000_000
AS_LINE = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
write_json = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
).encode


def write_row(row: Mapping[str, Any]) -> bytes:
    """Write a row as a line of JSON, its names in order; a number beyond a float as its text."""
    try:
        return orjson.dumps(row, default=str, option=AS_LINE)
    except orjson.JSONEncodeError:  # more than 64 bits, or half a character
        return _encode(f"{write_json(row)}\n")


def _encode(text: str) -> bytes:
    """Write a text in UTF-8; half a character, as a system leaves it that cuts texts, is none."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


class PulledRows:
    """The request and the rows of a pull, held in memory until all are there."""

    def __init__(self, name: str, request: Mapping[str, Any], key: str, megabytes: float) -> None:
        """Take what is pulled, the column that orders the rows, and how much there may be."""
        self.name, self.key, self.megabytes = name, key, megabytes
        self._request = write_row({"request": request})
        self._rows: list[tuple[bool, str, bytes]] = []  # whether it lacks a key, the key, the line
        self._size = 0

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows; raises Unavailable where they are more than there may be."""
        for row in rows:
            key, line = row.get(self.key), write_row(row)
            self._rows.append((key is None, str(key), line))
            self._size += len(line)
        if self._size > self.megabytes * MEGABYTE:
            raise too_much(self.name, self.megabytes)

    @property
    def count(self) -> int:
        """How many rows came."""
        return len(self._rows)

    @property
    def repeated(self) -> int:
        """How many of them came before, word for word."""
        return len(self._rows) - len({line for _, _, line in self._rows})

    @property
    def has_key(self) -> bool:
        """Whether any row has a value in the column that orders them."""
        return not all(lacks_key for lacks_key, _, _ in self._rows)

    def content(self) -> bytes:
        """Give the request without host and time, then all rows by key; those without come last."""
        self._rows.sort()
        return b"".join([self._request, *(line for _, _, line in self._rows)])


def too_much(name: str, megabytes: float) -> Unavailable:
    """Say that a source answers more than it should."""
    return Unavailable(
        f"{name}: the answer is larger than {megabytes:g} MB: ask its operator, or raise "
        "ZIPING_PULL_MEGABYTES if this is right"
    )
