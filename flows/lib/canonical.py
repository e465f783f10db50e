"""The one way in which a pull is written: its bytes are the same whenever its rows are."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

import orjson

from flows.lib.times import CHINA

MEGABYTE = 1_000_000
PLAIN = {str, int, bool, float, type(None)}
# orjson writes a page on lines of their own with blanks before them; no text holds a line's end.
MANY = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2
BEGIN, END = b"[\n  {\n    ", b"\n  }\n]"
NEXT_ROW, NEXT_VALUE = b"\n  },\n  {\n    ", b",\n    "
OTHER_FLOAT = re.compile(rb'": -?(?:0\.0000|[0-9.]+e)')  # 1e-05, which orjson writes otherwise
write_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode


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
