"""The one way in which a pull is written: its bytes are the same whenever its rows are.

Its rows stand in the order of their key, on the disk but for some at a time.
"""

import json
import re
from binascii import hexlify
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from heapq import merge
from itertools import chain, islice, pairwise
from typing import Any, BinaryIO, Self
from uuid import UUID

import orjson

from flows.common.clock import CHINA
from flows.common.errors import Unavailable
from flows.common.lossless_json import read_lines

MEGABYTE = 1_000_000
PLAIN = {str, int, bool, float, type(None)}
# orjson writes a page on lines of their own with blanks before them; no text holds a line's end.
MANY = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2
BEGIN, END = b"[\n  {\n    ", b"\n  }\n]"
NEXT_ROW, NEXT_VALUE = b"\n  },\n  {\n    ", b",\n    "
OTHER_FLOAT = re.compile(rb'": -?(?:0\.0000|[0-9.]+e)')  # 1e-05, which orjson writes otherwise
write_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode
ROWS_AT_ONCE = 5_000
NO_KEY = b"~"  # behind every hexadecimal digit
RUN = 32 * MEGABYTE  # of rows that come out of order are sorted at once


def lines_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Write rows as lines of JSON, their names in order; a number beyond a float as its text."""
    kinds = set(map(type, chain.from_iterable(row.values() for row in rows)))
    if kinds and kinds <= PLAIN:
        with suppress(orjson.JSONEncodeError):  # more than 64 bits, half a character
            page = orjson.dumps(rows, option=MANY)
            if float not in kinds or not OTHER_FLOAT.search(page):
                lines = page[len(BEGIN) : -len(END)].replace(NEXT_ROW, b"}\n{")
                return b"{%b}\n" % lines.replace(NEXT_VALUE, b", ")
    return b"".join(encoded(f"{write_json(row)}\n") for row in rows)


def encoded(text: str) -> bytes:
    """Write a text in UTF-8; half a character, as a system leaves it that cuts texts, is none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


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


class PulledRows:
    """The request and its rows in a file without a name, of which a killed night leaves nothing.

    Rows that come in the order of their key are only written; the others go into sorted runs, each
    behind its key, and all are merged in the end.
    """

    def __init__(
        self,
        name: str,
        request: Mapping[str, Any],
        key: str,
        megabytes: float,
        scratch: Callable[[], BinaryIO],
    ) -> None:
        """Take what is pulled, the column that orders the rows, and how much there may be."""
        self.name, self.key, self.megabytes, self.scratch = name, key, megabytes, scratch
        self.count = self.repeated = self.with_key = self.size = 0  # rows, and bytes
        self._request = encoded(f"{write_json({'request': request})}\n")
        self._files: list[BinaryIO] = []
        self._whole = self._begun()
        self._last: list[bytes | None] = []  # the key after which rows are in order
        self._runs: list[BinaryIO] = []
        self._waiting: list[bytes] = []
        self._bytes_waiting = 0

    def __enter__(self) -> Self:
        """Begin with no rows."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Close all files but that of the content, and this one too where there was an error."""
        for file in self._files:
            if kind or file is not self._whole:
                file.close()

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows down; those without a key come last."""
        for start in range(0, len(rows), ROWS_AT_ONCE):
            self._add(rows[start : start + ROWS_AT_ONCE])

    def content(self) -> BinaryIO:
        """Give the request without host and time, then all rows by key; who takes it closes it."""
        if self._runs or self._waiting:
            self._merge()
        self._whole.seek(0)
        return self._whole

    def _open(self) -> BinaryIO:
        self._files.append(self.scratch())
        return self._files[-1]

    def _begun(self) -> BinaryIO:
        file = self._open()
        file.write(self._request)
        return file

    def _add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        keys = [self._key_of(row) for row in rows]
        lines = lines_of(rows)
        self.with_key += len(keys) - keys.count(None)
        self.count += len(rows)
        self.size += len(lines)
        if self.size > self.megabytes * MEGABYTE:
            raise too_much(self.name, self.megabytes)
        if None not in keys and self._follow(keys):
            self._whole.write(lines)
            self._last = keys[-1:]
        else:
            self._waiting += map(_behind, keys, lines.splitlines(keepends=True))
            self._bytes_waiting += len(lines)
            if self._bytes_waiting > RUN:
                self._sort()

    def _key_of(self, row: Mapping[str, Any]) -> bytes | None:
        value = row.get(self.key)
        return None if value is None else encoded(str(value))

    def _follow(self, keys: Sequence[Any]) -> bool:
        return all(one < other for one, other in pairwise(chain(self._last, keys)))

    def _sort(self) -> None:
        run = self._open()
        run.writelines(sorted(self._waiting))
        run.seek(0)
        self._runs.append(run)
        self._waiting, self._bytes_waiting = [], 0

    def _merge(self) -> None:
        """Merge what came in order with the runs, and count the rows that came before."""
        self._sort()
        in_order, self._whole = self._in_order(self._whole), self._begun()
        last = b""
        for line in merge(in_order, *self._runs):
            self.repeated += line == last
            last = line
            self._whole.write(line.partition(b"\t")[2])

    def _in_order(self, file: BinaryIO) -> Iterator[bytes]:
        """Give what came in order, each row behind its key."""
        file.seek(0)
        next(file)  # the request
        while lines := list(islice(file, ROWS_AT_ONCE)):
            keys = map(self._key_of, read_lines(lines))
            yield from map(_behind, keys, lines)


def _behind(key: bytes | None, line: bytes) -> bytes:
    """Write a row behind its key, in signs that are ordered as it is and hold no line's end."""
    return b"%b\t%b" % (NO_KEY if key is None else hexlify(key), line)


def too_much(name: str, megabytes: float) -> Unavailable:
    """Say that a source answers more than it should."""
    return Unavailable(
        f"{name}: the answer is larger than {megabytes:g} MB: ask its operator, or raise "
        "ZIPING_PULL_MEGABYTES if this is right"
    )
