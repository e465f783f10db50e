"""The words of a contract: each is known, of its type and of its place, or it is refused."""

import re
from pathlib import Path
from typing import Any

import pytest
from contract_parts import META, column, load

from flows.common.errors import ZipingError
from flows.parsing.headers import Header
from flows.parsing.row_types import RowClassifier


@pytest.mark.parametrize("word", ["titel", "quarantine_limits", "comment"])
def test_an_unknown_word_of_a_table_is_refused_with_file_and_table(
    tmp_path: Path, word: str
) -> None:
    with pytest.raises(ZipingError, match=rf"sources\.yml, line \d+, table samples.*{word}"):
        load(tmp_path, META | {word: 1}, column())


@pytest.mark.parametrize("word", ["caption", "persn", "type"])
def test_an_unknown_word_of_a_column_is_refused_with_table_and_column(
    tmp_path: Path, word: str
) -> None:
    with pytest.raises(ZipingError, match=f"table samples, column code.*{word}"):
        load(tmp_path, META, column(**{word: True}))


@pytest.mark.parametrize(
    ("meta", "of_column", "sentence"),
    [
        ({"read": {"checks": ["same_rows"]}}, {}, "`read.checks`: this word has gone: leave"),
        ({"read": {"marks": "a"}}, {}, "`read.marks`: this word has gone: leave it out"),
        ({}, {"marks": "a"}, "column code: `marks`: this word has gone: leave it out"),
        ({}, {"above": ["单位"]}, "column code: `above`: this word has gone: write `preamble`"),
        (
            {"period": {"kind": "year_end", "above": "(20[0-9]{2})"}}, {},
            "`period.above`: this word has gone: write `preamble`",
        ),
    ],
)  # fmt: skip
def test_a_word_that_has_gone_is_refused_with_what_to_write(
    tmp_path: Path, meta: dict[str, Any], of_column: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ZipingError, match=r"sources\.yml, line \d+, table samples.*") as raised:
        load(tmp_path, META | meta, column(**of_column))
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("meta", "sentence"),
    [
        ({"title": None}, "`title`: is empty: write what belongs there, or leave the word out"),
        ({"title": 5}, "`title`: must be a valid string"),
        ({"key": "code"}, "`key`: must be a list"),
        ({"read": []}, "`read`: must be a block of words"),
        ({"optional": 1}, "`optional`: must be a valid boolean"),
        ({"pull": {"files": ["*"]}}, "`pull`: from is missing"),
        ({"pull": {"from": "ftp"}}, "`pull`: from must be one of inbox, http, sql"),
        ({"source_date": {}}, "`source_date`: one of file_name, preamble is missing"),
        ({"read": {"header_rows": 9}}, "`read.header_rows`: must be less than or equal to 6"),
        (
            {"read": {"long": {"captions": "a", "name": "code"}}},
            "`read.long`: one of value, values is missing",
        ),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(
    tmp_path: Path, meta: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ZipingError) as raised:
        load(tmp_path, META | meta, column())
    assert str(raised.value).endswith(f"table samples: {sentence}")


@pytest.mark.parametrize("word", META)
def test_a_word_that_every_table_needs_is_missed(tmp_path: Path, word: str) -> None:
    meta = {key: value for key, value in META.items() if key != word}
    with pytest.raises(ZipingError, match=f"table samples.*{word}"):
        load(tmp_path, meta, column())


def test_a_kind_of_period_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZipingError, match=r"table samples: `period.kind`: must be one of"):
        load(tmp_path, META | {"period": {"kind": "monthly"}}, column())


HTTP: dict[str, Any] = {
    "from": "http", "base": "teachers_url", "token": "teachers_token", "path": "/teachers",
    "parameters": {"census": "{period}"}, "rows": "rows", "total": "total", "order_by": "XJH",
}  # fmt: skip


SQL: dict[str, Any] = {"from": "sql", "database": "hr_url", "sql": "select gh", "order_by": "gh"}


@pytest.mark.parametrize(
    ("pull", "words"),
    [
        (HTTP | {"retries": 3}, "`pull.retries`: unknown word"),
        (SQL | {"read_only": False}, "`pull.read_only`: unknown word"),
        ({key: word for key, word in HTTP.items() if key != "total"}, "total is missing"),
        ({key: word for key, word in SQL.items() if key != "order_by"}, "order_by is missing"),
        (HTTP | {"path": "@evil.example/teachers"}, "pull.path"),
        (HTTP | {"base": "https://reader:secret@host"}, "pull.base"),
        (HTTP | {"full_every_days": 0}, "pull.full_every_days"),
        (HTTP | {"pages": "pages", "next": "next"}, "pages and next exclude each other"),
        ({"from": "ftp"}, "must be"),
    ],
)
def test_a_word_that_a_pull_does_not_know_is_told_with_its_line(
    tmp_path: Path, pull: dict[str, Any], words: str
) -> None:
    told = rf"sources\.yml, line \d+, table samples: .*{re.escape(words)}"
    with pytest.raises(ZipingError, match=told):
        load(tmp_path, META | {"pull": pull}, column())


@pytest.mark.parametrize("pull", [HTTP, SQL, HTTP | {"next": "links.next", "version": "v"}])
def test_a_pull_in_known_words_is_read(tmp_path: Path, pull: dict[str, Any]) -> None:
    (contract,) = load(tmp_path, META | {"pull": pull}, column()).values()
    assert contract.as_json()["pull"] == pull


def test_patterns_are_written_as_a_file_shows_its_rows(tmp_path: Path) -> None:
    read = {"groups": {"match": "^.+（[0-9]+所）$"}, "footer": "^注：", "subsets": "^[（]其中"}
    meta = META | {"read": read}
    contract = load(tmp_path, meta, column())["finance.samples"]
    kinds = RowClassifier(contract, Header(1, ("编码",), {"code": 0}, 1))
    rows = ["北京市（5所）", "北京市(5所)", "北京市5所", "注：样例", "（其中）甲", "甲"]
    assert [kinds.classify([row, ""]) for row in rows] == [
        "group", "group", None, "note", "subset", None,
    ]  # fmt: skip
