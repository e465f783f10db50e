"""JSON from the inbox: one list of records, alone or within an object, or one record a line."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from flows.common.errors import Rejected
from flows.common.lossless_json import number

MOST_BYTES = 1 << 27  # the records are in memory together

Record = Mapping[str, Any]


def _make_record(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a record; of two values under one name none is the right one."""
    record = dict(fields)
    if len(record) < len(fields):
        raise Rejected("record_names_twice")
    return record


_parse = partial(json.loads, parse_float=number, object_pairs_hook=_make_record)


def _list_elements(text: str) -> list[Any]:
    """List the elements of the one list of a text, or those that stand one a line."""
    try:
        content = _parse(text)
    except json.JSONDecodeError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) == 1:
            raise
        return list(map(_parse, lines))
    values = content.values() if isinstance(content, dict) else [content]
    lists = [value for value in values if isinstance(value, list)]
    if len(lists) != 1:
        raise Rejected("json_without_list")
    return lists[0]


def read_records(path: Path) -> Iterator[Record]:
    """Read a list of records, each with the names that any of them has, in their order.

    Raises Rejected where the file holds no list of records, or not one alone.
    """
    if path.stat().st_size > MOST_BYTES:
        raise Rejected("json_too_large")
    content = path.read_bytes()
    try:
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        records = _list_elements(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        raise Rejected("json_not_whole") from None
    if not all(isinstance(record, dict) for record in records):
        raise Rejected("json_without_list")
    names = dict.fromkeys(name for record in records for name in record)
    for record in records:
        yield {name: record.get(name) for name in names}
