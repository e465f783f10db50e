"""JSON from the inbox: one list of records, or a record a line."""

import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.errors import Rejected
from flows.readers import json_records
from flows.readers.json_records import read_records

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda one: float(f"{one:.4g}")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)  # fmt: skip
RECORDS = st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=3), max_size=5)


def read(content: str | bytes) -> list[dict[str, Any]]:
    with TemporaryDirectory() as name:
        path = Path(name) / "x.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [dict(record) for record in read_records(path)]


@given(RECORDS, st.sampled_from([None, 1]), st.booleans(), st.booleans())
def test_records_have_the_names_that_any_of_them_has(
    records: list[dict[str, Any]], indent: int | None, ascii_only: bool, wrapped: bool
) -> None:
    content: Any = {"总数": len(records), "数据": records, "说明": {"a": 1.5e300}}
    text = json.dumps(content if wrapped else records, indent=indent, ensure_ascii=ascii_only)
    names = list(dict.fromkeys(name for record in records for name in record))
    expected = [{name: record.get(name) for name in names} for record in records]
    assert read(text) == expected


@pytest.mark.parametrize("number", ["1.5e+7", "-12", "1E5", "0.10", "12345678901234567.89"])
def test_a_number_keeps_its_digits(number: str) -> None:
    (record,) = read(f'[{{"a": {number}}}]')
    assert Decimal(str(record["a"])) == Decimal(number)


@pytest.mark.parametrize(
    "content",
    ["[", '{"a": [', '[{"a": 1}', '[{"a": 1}] x', '[{"a": 1} {"a": 2}]', '[{"a": }]',
     '{"a": [{}], }', '[{"a": 1},]', '{1: [{}]}'],
)  # fmt: skip
def test_what_is_no_whole_json_is_refused(content: str) -> None:
    with pytest.raises(Rejected, match="no whole JSON"):
        read(content)


@pytest.mark.parametrize("content", ['{"a": 1}', '{"a": [], "b": []}', "[1, 2]", '[{"a": 1}, 2]'])
def test_one_list_of_records_is_wanted(content: str) -> None:
    with pytest.raises(Rejected, match="no single list of records"):
        read(content)


def test_json_lines_are_read_a_record_a_line() -> None:
    lines = '{"学校": "一小"}\n\n  {"学校": "二小", "人数": 1.50}\r\n{"人数": 2}\n'
    assert read(lines) == [
        {"学校": "一小", "人数": None},
        {"学校": "二小", "人数": 1.5},
        {"学校": None, "人数": 2},
    ]
    with pytest.raises(Rejected, match="no whole JSON"):
        read('{"学校": "一小"}\n{"学校": "二')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_encoding_is_told_by_the_first_bytes(encoding: str) -> None:
    assert read('[{"学校": "一小"}]'.encode(encoding)) == [{"学校": "一小"}]


@pytest.mark.parametrize("content", ['{"a": [{}], "a": []}', '[{"a": 1, "a": 2}]'])
def test_of_two_values_of_one_name_none_is_the_right_one(content: str) -> None:
    with pytest.raises(Rejected, match="two values of one name"):
        read(content)


def test_an_object_that_is_written_in_several_lines_is_no_record_a_line() -> None:
    assert read('{"a": [{"b": 1},\n{"b": "\u2028"}]}') == [{"b": 1}, {"b": "\u2028"}]


def test_what_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "MOST_BYTES", 9)
    with pytest.raises(Rejected, match="larger than 128 MB"):
        read('[{"a": 1}]')
