"""The rows of a pull: written in one way, all digits kept, in the order of their key."""

import json
import random
import struct
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from faulty_api import ETAG, FAULTS, Answering, answer, fault, faulty_api
from pull_parts import CENSUS, contract_with, pull

from flows.common.errors import Rejected, Unavailable
from flows.common.lossless_json import read_json, read_lines
from flows.extract.pull.canonical_rows import PulledRows, write_row
from flows.extract.raw_store import Store
from flows.parsing.values import decimal_cell
from flows.readers import sheets
from flows.readers.sheets import open_sheets

HALF = "\ud83d"
REQUEST = {"path": "/学生", "parameters": {"size": "5"}}


def write_rows(rows: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(map(write_row, rows))


def write_plainly(rows: Sequence[dict[str, Any]]) -> bytes:
    """Write rows as json does, without blanks."""
    lines = [
        json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for row in rows
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def floats() -> list[float]:
    """Make floats of all sizes, and those at which a writer changes its way."""
    chance = random.Random(11)
    edges = [0.0, -0.0, 1e-4, 1e-5, 9.9e-5, 1e15, 1e16, 1e17, 5e-324, 1.7976931348623157e308, 0.1]
    sizes = [chance.uniform(-1, 1) * 10 ** chance.uniform(-12, 20) for _ in range(2000)]
    bits = [struct.unpack("d", chance.randbytes(8))[0] for _ in range(2000)]
    return [*edges, *sizes, *(number for number in bits if abs(number) < float("inf"))]


@pytest.mark.parametrize(
    "rows",
    [
        [{"b": "x", "a": 1}, {"a": None, "b": True}],
        [{"学号": "\x00\x1f\u2028\ufeff\U0001f600", "\n": '",\n    "\\'}],
        [{"a": "}\n  },\n  {\n    {"}, {"a": ","}, {"a": '"},{"'}],
        [{"b": 2**64, "a": -(2**63)}, {"a": 10**30, "b": 0}],
        [{"deep": {"b": [1, {"z": 0.5, "a": []}], "a": {}}}, {"deep": []}],
        [{"z": "", "Z": "", "é": "", "😀": "", "\uffff": ""}],
        [{"text": chr(code)} for code in range(0x3000) if not 0xD800 <= code < 0xE000],
    ],
)
def test_a_row_is_written_on_one_line_its_names_in_order(rows: list[dict[str, Any]]) -> None:
    assert write_rows(rows) == write_plainly(rows)
    assert read_lines(write_rows(rows).splitlines()) == rows
    turned = [dict(reversed(row.items())) for row in rows]
    assert write_rows(turned) == write_rows(rows)


def test_a_float_keeps_its_value_and_a_longer_number_its_digits() -> None:
    for number in floats():
        assert json.loads(write_row({"f": number})) == {"f": number}
    assert write_row({"n": Decimal("12345678901234567.890"), "m": 2**70}) == (
        b'{"m":1180591620717411303424,"n":"12345678901234567.890"}\n'
    )


def test_half_a_character_is_replaced_and_the_rest_stays() -> None:
    row = read_json(write_row({"name": f"李{HALF}四", "id": f"{HALF}7"}))
    assert row == {"id": "\ufffd7", "name": "李\ufffd四"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("-0.1000000000000000001", Decimal("-0.1000000000000000001")),
        ("1234567890123456789012", 1234567890123456789012),
        ("-9223372036854775809", -9223372036854775809),
        ("18446744073709551615", 18446744073709551615),
        ("12.50", 12.5),
        ("1e3", 1000.0),
        ("-0", 0),
        ("1e400", "1e400"),
        ("1e99999999999999999999", "1e99999999999999999999"),
        ("NaN", "NaN"),
        ('"\\ud83d\\ude00"', "😀"),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_a_number_keeps_its_digits_wherever_it_stands(text: str, value: Any) -> None:
    for shape in ('{"rows": [{"n": %s}]}', '{"rows": [{"n": %s, "f": 0.5}]}'):
        (row,) = read_json((shape % text).encode())["rows"]
        assert row["n"] == value
        assert type(row["n"]) is type(value)
    for _ in range(8):
        text, value = f"[{text}]", [value]
    assert read_json(text.encode()) == value


@pytest.mark.parametrize("text", [b"", b"[1,]", b'{"a": tru', b"\xff\xfe[", b"[" * 200_000])
def test_what_is_no_json_is_no_value(text: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        read_json(text)


def test_json_in_another_encoding_is_read() -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert read_json('{"甲": 1.5}'.encode(encoding)) == {"甲": 1.5}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "landed")


def pulled(pages: Sequence[Sequence[dict[str, Any]]]) -> tuple[list[bytes], int, int]:
    """Pull pages; give the lines, how many rows there were, and how many came once more."""
    rows = PulledRows("a source", REQUEST, "id", megabytes=1)
    for page in pages:
        rows.add(page)
    return rows.content().splitlines(keepends=True), rows.count, rows.repeated


def rows_of(*keys: Any) -> list[dict[str, Any]]:
    return [{"id": key, "name": f"名{number}"} for number, key in enumerate(keys)]


@pytest.mark.parametrize(
    "pages",
    [
        [rows_of("a", "b"), rows_of("c")],
        [rows_of("b", "c"), rows_of("a")],
        [rows_of("c", "b"), rows_of("d", "e"), rows_of("a", "f")],
        [
            rows_of("b"),
            rows_of("", "a\tb", "a\nb", "a"),
            rows_of("é", "\uffff", "😀", "z", "a\x00"),
        ],
        [rows_of(10, 9, 2), rows_of(10**25, 1.5, -3, True)],
        [rows_of(*range(30, 0, -1))],
    ],
)
def test_rows_stand_in_the_order_of_their_keys_however_they_come(
    pages: list[list[dict[str, Any]]],
) -> None:
    first, *lines = pulled(pages)[0]
    rows = [row for page in pages for row in page]
    assert json.loads(first) == {"request": REQUEST}
    assert b"".join(lines) == write_plainly(sorted(rows, key=lambda row: str(row["id"])))
    assert pulled(pages)[1:] == (len(rows), 0)
    together = pulled([rows])[0]
    assert together == [first, *lines]


@pytest.mark.parametrize("keys", ["aa", "aba", "abab", "cbacba", "bab"])
def test_a_row_that_comes_again_is_counted(keys: str) -> None:
    lines, count, repeated = pulled([rows_of(key) for key in keys])
    assert (count, repeated) == (len(keys), len(keys) - len(set(keys)))
    assert len(lines) == 1 + len(keys)
    assert lines[1:] == sorted(lines[1:])


def test_a_key_with_other_values_is_no_row_that_comes_again() -> None:
    twice = [{"id": "b", "school": "1"}, {"id": "a", "school": "1"}, {"id": "b", "school": "2"}]
    (_, *lines), count, repeated = pulled([twice])
    assert (count, repeated) == (3, 0)
    assert b"".join(lines) == write_plainly([twice[1], twice[0], twice[2]])


def test_rows_without_a_key_come_last() -> None:
    """The first row names the columns of all."""
    rows = [{"id": None, "school": "1"}, {"school": "2"}, {"id": "b"}, {"id": ""}, {"id": "a"}]
    (_, *lines), count, repeated = pulled([rows[:2], rows[2:]])
    assert (count, repeated) == (5, 0)
    assert b"".join(lines) == write_plainly([rows[3], rows[4], rows[2], *rows[:2]])


def test_no_more_is_held_than_there_may_be() -> None:
    rows = PulledRows("a source", REQUEST, "id", megabytes=1)
    page = rows_of(*"dcba" * 4000)
    rows.add(page)
    with pytest.raises(Unavailable, match=r"larger than 1 MB.*ZIPING_PULL_MEGABYTES"):
        rows.add(page * 3)


AMOUNTS = ["12345678901234567.89", "-98765432109876543.21", "0.30000000000000004", "12.50", "7"]


def test_an_amount_keeps_its_digits_from_the_interface_to_the_cell(store: Store) -> None:
    def answers(self: Answering, page: int) -> None:
        text = json.dumps(answer(page)).replace('"2151000383"', AMOUNTS[page - 1], 1)
        body = text.replace('"2151000383"', AMOUNTS[page + 1]).encode()
        self.say(body, length=len(body), ETag=ETAG)

    fault("says amounts", "")(answers)
    contract = contract_with()
    with faulty_api({CENSUS: "says amounts"}) as url:
        landed = pull(store, url)
    del FAULTS["says amounts"]
    assert landed
    (sheet,) = open_sheets(store.path(landed.id), contract)
    _header, *rows = [row for _, row in sheet.rows]
    cells = [decimal_cell(cell, 10, 1) for _, cell in rows]
    wanted = [AMOUNTS[place] for place in (0, 2, 1, 3, 2, 4)]
    assert cells == [Decimal(text).quantize(Decimal("1e-10")) for text in wanted]


def cells_of(path: Path, *records: dict[str, Any]) -> list[tuple[int, list[Any]]]:
    """Read records as a pull would have left them."""
    path.write_bytes(b'{"request": {}}\n' + write_rows(records))
    (sheet,) = open_sheets(path, contract_with())
    return list(sheet.rows)


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_records_of_other_shapes_are_read_below_the_names_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(sheets, "LINES_AT_ONCE", at_once)
    records: list[dict[str, Any]] = [{"a": 1, "b": "x"}, {"b": "y", "a": 2}, {"b": "z"}]
    assert cells_of(tmp_path / "kept", *records, {"a": None, "b": 0.5}) == [
        (1, ["a", "b"]), (2, [1, "x"]), (3, [2, "y"]), (4, [None, "z"]), (5, [None, 0.5]),
    ]  # fmt: skip
    with pytest.raises(Rejected, match="line 5: the row has fields that the first one lacks"):
        cells_of(tmp_path / "kept", *records, {"a": 1, "c": "x"})
    assert cells_of(tmp_path / "kept") == []
