"""Reading JSON fast, without losing the digits that a float or 64 bits cannot hold."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import chain
from math import isfinite
from typing import Any

import orjson

DIGITS_OF_FLOAT = 15
# A number that may be longer. Where only a text looks like one, looking twice costs time alone.
LONG_NUMBER = re.compile(rb"[:,\[\s-][0-9][0-9.eE+-]{15}")
LEVELS = 6  # an answer, what its rows are wrapped in, the rows, their values


def read_json(text: bytes | bytearray) -> Any:
    """Read JSON with all digits; a ValueError or RecursionError where it is none."""
    try:
        content = orjson.loads(text)
        if _is_exact(content, text):
            return content
    except orjson.JSONDecodeError:
        pass  # other encodings, NaN, half a character: json knows more
    return json.loads(text, parse_float=number, parse_constant=str)


def read_lines(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """Read lines, each a record, as `read_json` does; all at once takes a third of the time."""
    records: list[dict[str, Any]] = read_json(b"[%b]" % b",".join(lines))
    return records


def number(text: str) -> float | Decimal | str:
    """Keep all digits of a number that a float cannot hold, and the text of one too large."""
    try:
        found = float(text) if len(text) <= DIGITS_OF_FLOAT else Decimal(text)
    except InvalidOperation:
        return text
    return found if isfinite(found) else text


def _is_exact(content: Any, text: bytes | bytearray) -> bool:
    """Whether no number lost digits; of what lies deeper than rows do, it is not known."""
    level = [content]
    for _ in range(LEVELS):
        kinds = set(map(type, level))
        if float in kinds and LONG_NUMBER.search(text):
            return False
        if kinds.isdisjoint((dict, list)):
            return True
        records = [one for one in level if type(one) is dict]
        lists = [one for one in level if type(one) is list]
        level = list(chain(chain.from_iterable(map(dict.values, records)), *lists))
    return False
