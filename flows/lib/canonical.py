"""The one way in which a pull is written: its bytes are the same whenever its rows are."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from flows.lib.errors import Unavailable
from flows.lib.times import CHINA

MEGABYTE = 1_000_000


class Rows:
    """The rows of a pull as they come, each written at once; no more of them than memory takes."""

    def __init__(self, name: str, key: str, megabytes: float) -> None:
        """Take the pull's name, the column that orders the rows, and how much there may be."""
        self.name, self.key, self.megabytes = name, key, megabytes
        self.size = 0
        self._lines: list[tuple[str, str]] = []

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._lines)

    @property
    def keys(self) -> set[str]:
        """The keys of the rows, each once."""
        return {key for key, _line in self._lines}

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a row down; a KeyError where it lacks its key."""
        line = json.dumps(row, ensure_ascii=False, sort_keys=True)
        self.size += len(line)
        if self.size > self.megabytes * MEGABYTE:
            raise too_much(self.name, self.megabytes)
        self._lines.append((str(row[self.key]), line))

    def content(self, request: Mapping[str, Any]) -> bytes:
        """Give the bytes: the request without host and time, then the rows by key."""
        first = json.dumps({"request": request}, ensure_ascii=False, sort_keys=True)
        text = "\n".join([first, *(line for _key, line in sorted(self._lines)), ""])
        # Half a character, as a system leaves it that cuts text at a length, is no UTF-8.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def too_much(name: str, megabytes: float) -> Unavailable:
    """Say that a source answers more than memory should take."""
    return Unavailable(
        f"{name}: the answer is larger than {megabytes:g} MB: ask its operator, or raise "
        "ZIPING_PULL_MEGABYTES if this is right"
    )


def digest(content: bytes) -> str:
    """Hash a pull as it would be landed."""
    return sha256(content).hexdigest()


def as_text(value: object) -> str | None:
    """Write a database's value as PostgreSQL does; a TypeError where there is no one way."""
    match value:
        case None | str():
            return value
        case bool():
            return "t" if value else "f"
        case float() if value == value and abs(value) != float("inf"):
            return repr(value).removesuffix(".0")
        case float() | Decimal():
            return f"{Decimal(value):f}"
        case bytes() | bytearray() | memoryview():
            return "\\x" + bytes(value).hex()
        case datetime():
            return (value.astimezone(CHINA) if value.tzinfo else value).isoformat(" ")
        case date() | time_of_day():
            return value.isoformat()
        case int() | UUID():
            return str(value)
        case _:
            raise TypeError
