"""What a database says is written in one way, whatever its setting up and its maker."""

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy
from postgres import run_sql
from staffing_database import LINES, lines, pull, refusal

from flows.extract.pull.sql_source import as_text
from flows.extract.raw_store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "landed")


ODD_VALUES = """
    select 'a' as gh, 'NaN'::numeric as n, '-Infinity'::float8 as f, 1.10::numeric(10,2) as amount,
        0.1::float8 + 0.2 as r, 1e15::float8 as large, 12345678901234567890::numeric as digits,
        true as yes, date '2023-09-01' as day, 'infinity'::date as never,
        timestamp '2023-09-01 08:00' as at, timestamptz '2023-09-01 00:00+08' as zoned,
        '\\x00ff'::bytea as bytes, 1234.5::money as money, interval '1 month 2 days' as span,
        '{"b": 1.10, "a": 2}'::jsonb as j, array[1, null] as many, int8range(1, 5) as ranged
"""
AS_TEXT = (
    '{"amount":"1.10","at":"2023-09-01 08:00:00","bytes":"\\\\x00ff","day":"2023-09-01",'
    '"digits":"12345678901234567890","f":"-Infinity","gh":"a",'
    '"j":"{\\"a\\": 2, \\"b\\": 1.10}","large":"1e+15","many":"{1,NULL}",'
    '"money":"$1,234.50","n":"NaN","never":"infinity",'
    '"r":"0.30000000000000004","ranged":"[1,5)",'
    '"span":"P1M2D","yes":"t","zoned":"2023-09-01 00:00:00+08"}'
)


def test_postgresql_writes_its_values_alike_however_it_was_set_up(
    store: Store, postgres: str
) -> None:
    assert lines(store, postgres, ODD_VALUES) == [AS_TEXT]
    name = sqlalchemy.make_url(postgres).database
    run_sql(
        postgres,
        *(
            f"alter database {name} set {setting}"
            for setting in (
                "timezone = 'America/St_Johns'", "datestyle = 'SQL, DMY'",
                "intervalstyle = 'sql_standard'", "bytea_output = 'escape'",
                "extra_float_digits = -3", "client_encoding = 'SQL_ASCII'",
            )
        ),
    )  # fmt: skip
    assert pull(store, postgres, ODD_VALUES) is None  # the same bytes


@pytest.mark.parametrize("encoding", ["EUC_CN", "SQL_ASCII", "UTF8"])
def test_encoding_and_order_of_a_database_do_not_reach_the_bytes(
    store: Store, postgres: str, encoding: str
) -> None:
    url = sqlalchemy.make_url(postgres)
    url = url.set(database=f"{url.database}_other")
    other = url.render_as_string(hide_password=False)
    made = f"create database {url.database} encoding '{encoding}' locale 'C' template template0"
    run_sql(postgres, made, f"alter database {url.database} set client_encoding = 'UTF8'")
    try:
        run_sql(
            other,
            "create table jzg (rzrq date, xm text, gh text)",
            "insert into jzg values (null, '甲', '10'), ('1999-12-31', '丙', '1')",
            "insert into jzg values ('2020-09-01', '乙', '2')",
        )
        assert lines(store, other, "select * from jzg order by gh desc") == LINES
        run_sql(postgres, f"alter database {url.database} reset client_encoding")
        assert lines(store, other, "select * from jzg order by gh") == LINES
        if encoding == "SQL_ASCII":  # it takes whatever comes, GBK too
            run_sql(postgres, f"alter database {url.database} set client_encoding = 'UTF8'")
            run_sql(other, "update jzg set xm = e'\\xb1\\xfb'")
            assert "not in the encoding that the database says" in refusal(store, other)
    finally:
        run_sql(postgres, f"drop database {url.database} with (force)")


def test_values_of_other_databases_are_written_as_postgresql_would(
    store: Store, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/odd.sqlite"
    sqlite3.connect(tmp_path / "odd.sqlite").close()
    run_sql(url, "create table jzg (gh, a, b, c, d)")
    run_sql(
        url,
        "insert into jzg values (7, 9e999, x'00ff', 2.0, 0.1), ('x', 'a' || char(0), 1, '', null)",
    )
    assert lines(store, url, "select * from jzg") == [
        '{"a":"Infinity","b":"\\\\x00ff","c":"2","d":"0.1","gh":"7"}',
        '{"a":"a\\u0000","b":"1","c":"","d":null,"gh":"x"}',
    ]
    zoned = datetime(2023, 8, 31, 16, tzinfo=UTC)
    assert as_text(zoned) == "2023-09-01 00:00:00+08:00"
    assert as_text(datetime(2023, 9, 1, 8, 30)) == "2023-09-01 08:30:00"
    assert as_text(date(2023, 9, 1)) == "2023-09-01"
    assert [as_text(Decimal(text)) for text in ("1.10", "1E+3", "NaN")] == ["1.10", "1000", "NaN"]
    assert [as_text(number) for number in (float("nan"), -0.5, True, 10**30)] == [
        "NaN", "-0.5", "t", "1" + "0" * 30,
    ]  # fmt: skip
    with pytest.raises(TypeError):
        as_text(object())
