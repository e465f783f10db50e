"""JSON from the inbox: read piece by piece as it would be read whole."""

import json
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


def read(content: str | bytes, block: int = 1 << 20) -> list[dict[str, Any]]:
    """Read records of which so many signs are taken at a time."""
    before, json_records.BLOCK = json_records.BLOCK, block
    try:
        with TemporaryDirectory() as name:
            path = Path(name) / "x.json"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            return [dict(record) for record in read_records(path)]
    finally:
        json_records.BLOCK = before


@given(RECORDS, st.integers(1, 9), st.sampled_from([None, 1]), st.booleans(), st.booleans())
def test_records_are_those_of_the_whole_file_wherever_a_block_ends(
    records: list[dict[str, Any]], block: int, indent: int | None, ascii_only: bool, wrapped: bool
) -> None:
    content: Any = {"总数": len(records), "数据": records, "说明": {"a": 1.5e300}}
    text = json.dumps(content if wrapped else records, indent=indent, ensure_ascii=ascii_only)
    names = list(dict.fromkeys(name for record in records for name in record))
    expected = [{name: record.get(name) for name in names} for record in records]
    assert read(text, block) == expected


@pytest.mark.parametrize("block", [1, 2, 3, 4, 1 << 20])
@pytest.mark.parametrize("number", ["1.5e+7", "-12", "1E5", "0.10", "12345678901234567.89"])
def test_a_number_is_not_cut_where_a_block_ends(number: str, block: int) -> None:
    (record,) = read(f'[{{"a": {number}}}]', block)
    assert f"{record['a']:.15g}" == f"{float(number):.15g}"


@pytest.mark.parametrize(
    "content",
    ["[", '{"a": [', '[{"a": 1}', '[{"a": 1}] x', '[{"a": 1} {"a": 2}]', '[{"a": }]',
     '{"a": [{}], }', '[{"a": 1},]', '{1: [{}]}', '[{"a": "' + "x" * (9 << 20) + '"}]'],
)  # fmt: skip
def test_what_is_no_whole_json_is_refused(content: str) -> None:
    with pytest.raises(Rejected, match="no whole JSON"):
        read(content)


@pytest.mark.parametrize(
    "content", ['{"a": 1}', '{"a": [], "b": []}', "[1, 2]", '[{"a": 1}, 2]', '{"a": [{}], "a": []}']
)
def test_one_list_of_records_is_wanted(content: str) -> None:
    with pytest.raises(Rejected, match="no single list of records"):
        read(content, 3)


def test_json_lines_are_read_a_record_a_line() -> None:
    lines = '{"学校": "一小"}\n\n  {"学校": "二小", "人数": 1.50}\r\n{"人数": 2}\n'
    assert read(lines, 3) == [
        {"学校": "一小", "人数": None},
        {"学校": "二小", "人数": 1.5},
        {"学校": None, "人数": 2},
    ]
    with pytest.raises(Rejected, match="no whole JSON"):
        read('{"学校": "一小"}\n{"学校": "二')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_encoding_is_told_by_the_first_bytes(encoding: str) -> None:
    assert read('[{"学校": "一小"}]'.encode(encoding)) == [{"学校": "一小"}]


def test_no_more_is_in_memory_than_a_block_and_a_record(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"a": "x" * 1000}] * 20_000))
    tracemalloc.start()
    count = sum(1 for _ in read_records(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 8_000_000 < path.stat().st_size
