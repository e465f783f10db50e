"""Answers that are odd and right: pages from 0, another charset, rows that the suite judges."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty_api import FAULTS, PAGES, Answering, answer, fault, faulty_api
from pull_parts import BY_NUMBER, CENSUS, changed, content_of, contract_with, pull

from flows.contracts.model import Contract
from flows.extract.raw_store import Store

pytestmark = pytest.mark.usefixtures("quick_retries")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "landed")


def answering(name: str, function: Any) -> Iterator[str]:
    """Enter a way to answer for the length of a test."""
    fault(name, "")(function)
    yield name
    del FAULTS[name]


def census_from(store: Store, function: Any, contract: Contract = BY_NUMBER) -> list[str]:
    """Land what is answered so; give its rows."""
    for name in answering("answers so", function):
        with faulty_api({CENSUS: name}) as url:
            return content_of(store, pull(store, url, contract)).decode().splitlines()[1:]
    return []


def test_pages_are_counted_from_0_where_the_contract_says_so(store: Store) -> None:
    from_0 = contract_with(first_page=0)
    rows = census_from(store, lambda self, page: self.say_json(answer(page + 1)), from_0)
    assert [row[8:14] for row in rows] == [f"G0000{number}" for number in range(6)]


@pytest.mark.parametrize("charset", ["GBK", '"gb2312"', "GB18030"])
def test_the_charset_of_the_header_is_used(store: Store, charset: str) -> None:
    """In GBK 小学 happens to be valid UTF-8."""
    kind, rows = f"application/json;charset={charset}", [{"XJH": "G1", "XD": "小学"}]
    text = json.dumps(answer(1) | {"rows": rows, "total": 1, "pages": 1}, ensure_ascii=False)
    body = text.encode("gb18030")
    assert census_from(store, lambda self, page: self.say(body, Content_Type=kind)) == [
        '{"XD":"小学","XJH":"G1"}'
    ]


def test_a_charset_of_single_bytes_in_the_header_says_nothing(store: Store) -> None:
    content = answer(1) | {"rows": [{"XJH": "G1", "XD": "小学"}], "total": 1, "pages": 1}
    body, kind = json.dumps(content, ensure_ascii=False).encode(), "text/json; charset=ISO-8859-1"
    assert "小学" in census_from(store, lambda self, page: self.say(body, Content_Type=kind))[0]


def test_pupils_in_two_schools_or_without_a_number_come_with_all_others(store: Store) -> None:
    def answers(self: Answering, page: int) -> None:
        rows = [*answer(page)["rows"], *odd] if page == PAGES else answer(page)["rows"]
        self.say_json(answer(page) | {"rows": rows, "total": 6 + len(odd)})

    odd: list[dict[str, Any]] = [
        {"XJH": "G00001", "XXBSM": "2151000999"}, {"XJH": None, "XXBSM": "1"},
        {"XJH": "", "XXBSM": "2"}, {"XXBSM": "3"},
    ]  # fmt: skip
    rows = census_from(store, answers)
    assert len(rows) == 6 + len(odd)
    assert [row for row in rows if "G00001" in row] == [
        '{"XJH":"G00001","XXBSM":"2151000383"}', '{"XJH":"G00001","XXBSM":"2151000999"}',
    ]  # fmt: skip


def test_a_change_on_a_later_page_is_seen_where_each_page_has_a_version_of_its_own(
    store: Store,
) -> None:
    school = "2151000383"

    def answers(self: Answering, page: int) -> None:
        rows = [row | {"XXBSM": school if page == 2 else "1"} for row in answer(page)["rows"]]
        tag = f'W/"{page} {school if page == 2 else 1}"'.replace(" ", "-")
        if self.headers.get("If-None-Match") == tag:
            self.say(b"", 304, ETag=tag)
        else:
            self.say_json(answer(page) | {"rows": rows}, ETag=tag)

    by_link = contract_with("pages", next="next")
    for name in answering("has versions of pages", answers):
        with faulty_api({CENSUS: name}) as url:
            for contract in (BY_NUMBER, by_link):
                pull(store, url, contract)
                assert not changed(store, url, contract)
                school = f"{school}0"
                assert changed(store, url, contract)
