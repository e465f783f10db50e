"""Reading JSON without losing the digits that a float cannot hold."""

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

DIGITS_OF_FLOAT = 15


def read_json(text: bytes | bytearray) -> Any:
    """Read JSON with all digits; a ValueError or RecursionError where it is none."""
    return json.loads(text, parse_float=number, parse_constant=str)


def read_lines(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """Read lines, each a record, as `read_json` does; all at once is faster."""
    records: list[dict[str, Any]] = read_json(b"[%b]" % b",".join(lines))
    return records


def number(text: str) -> float | Decimal | str:
    """Keep all digits of a number that a float cannot hold, and the text of one too large."""
    try:
        found = float(text) if len(text) <= DIGITS_OF_FLOAT else Decimal(text)
    except InvalidOperation:
        return text
    return found if isfinite(found) else text
