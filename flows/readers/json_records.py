"""JSON from the inbox: one list of records, or one a line, read without holding the file whole."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from flows.common.errors import Rejected
from flows.common.lossless_json import number

BLOCK = 1 << 20
LONGEST_RECORD = 1 << 23
LONGEST_LINE = 1 << 16  # by which a record a line is known
BLANKS = re.compile(r"[ \t\n\r]*")

Record = Mapping[str, Any]


class _Text:
    """A text of which no more is in memory than the value that is being read."""

    def __init__(self, file: TextIO) -> None:
        """Take an open file."""
        self.file, self.text, self.place, self.is_whole = file, "", 0, False
        self.decoder = json.JSONDecoder(parse_float=number, object_pairs_hook=_once)

    def _more(self) -> None:
        block = self.file.read(BLOCK)
        self.is_whole = not block
        self.text, self.place = self.text[self.place :] + block, 0

    def sign(self) -> str:
        """Give the next sign that is no blank, without passing it; nothing at the end."""
        while True:
            self.place = BLANKS.match(self.text, self.place).end()  # type: ignore[union-attr]
            if self.place < len(self.text) or self.is_whole:
                return self.text[self.place : self.place + 1]
            self._more()

    def take(self, wanted: str) -> str:
        """Pass the next sign, which must be one of those wanted."""
        sign = self.sign()
        if not sign or sign not in wanted:
            raise ValueError
        self.place += 1
        return sign

    def value(self) -> Any:
        """Read the next value whole."""
        self.sign()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.text, self.place)
            except json.JSONDecodeError:
                if self.is_whole or len(self.text) - self.place > LONGEST_RECORD:
                    raise
            else:
                # A number may go on: what stands there of 1.5e+7 may end anywhere.
                if end + 2 < len(self.text) or self.is_whole:
                    self.place = end
                    return value
            self._more()

    def list(self) -> Iterator[Any]:
        """Read the values of a list one by one."""
        self.take("[")
        if self.sign() == "]":
            self.take("]")
            return
        yield self.value()
        while self.take(",]") == ",":
            yield self.value()

    def members(self) -> Iterator[str]:
        """Go through the names of an object; who takes one reads its value before the next."""
        self.take("{")
        if self.sign() == "}":
            self.take("}")
            return
        separator = ","
        while separator == ",":
            name = self.value()
            if not isinstance(name, str):
                raise ValueError
            self.take(":")
            yield name
            separator = self.take(",}")


def _once(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a record; of two values under one name none is the right one."""
    record = dict(fields)
    if len(record) < len(fields):
        raise Rejected("record_names_twice")
    return record


def _elements(text: _Text, *, is_by_lines: bool) -> Iterator[Any]:
    """Read the elements of the list, of the one list that an object holds, or one a line."""
    lists = 0
    if is_by_lines:
        while text.sign():
            yield text.value()
        return
    if text.sign() == "[":
        lists = 1
        yield from text.list()
    else:
        for _ in text.members():
            if text.sign() == "[":
                lists += 1
                yield from text.list()
            else:
                text.value()
    if text.sign():
        raise ValueError
    if lists != 1:
        raise _no_list()


def _is_by_lines(file: TextIO) -> bool:
    """Whether a file is JSON Lines: its first line is a whole record, and another one follows."""
    first = next((line for line in _lines(file) if line.strip()), "")
    second = next((line for line in _lines(file) if line.strip()), "")
    if not (first.lstrip().startswith("{") and second.lstrip().startswith("{")):
        return False
    with suppress(ValueError):
        return isinstance(json.loads(first), dict)
    return False


def _lines(file: TextIO) -> Iterator[str]:
    return iter(partial(file.readline, LONGEST_LINE), "")


def _no_list() -> Rejected:
    return Rejected("json_without_list")


def _records(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        encoding = json.detect_encoding(file.read(4))
    try:
        with path.open(encoding=encoding, errors="surrogatepass", newline="") as file:
            is_by_lines = _is_by_lines(file)
            file.seek(0)
            for element in _elements(_Text(file), is_by_lines=is_by_lines):
                if not isinstance(element, dict):
                    raise _no_list()
                yield element
    except (ValueError, RecursionError):
        raise Rejected("json_not_whole") from None


def read_records(path: Path) -> Iterator[Record]:
    """Read a list of records, each with the names that any of them has, in their order.

    Raises Rejected where the file holds no list of records, or not one alone.
    """
    names: dict[str, None] = {}
    for record in _records(path):
        names |= dict.fromkeys(record)
    for record in _records(path):
        yield {name: record.get(name) for name in names}
