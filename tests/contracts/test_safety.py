"""A contract from an outsider reaches nothing beyond its source."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_parts import META, column, load

from flows.common.errors import ZipingError
from flows.contracts.loading import load_contracts

HTTP = {"from": "http", "base": "students_api_url", "token": "students_api_token", "path": "/a",
        "parameters": {}, "rows": "rows", "total": "total", "order_by": "id"}  # fmt: skip


SQL = {"from": "sql", "database": "staffing_database_url", "order_by": "id"}


@pytest.mark.parametrize(
    ("pull", "told"),
    [
        ({"from": "inbox", "files": ["../../../etc/passwd"]}, "no path"),
        ({"from": "inbox", "files": ["/etc/*"]}, "no path"),
        (HTTP | {"path": "@other.example/a"}, "`pull.path`"),
        (HTTP | {"path": "file:///etc/passwd"}, "`pull.path`"),
        (SQL | {"sql": "copy jzg to program 'id'"}, "one query"),
        (SQL | {"sql": "attach '/etc/passwd' as x"}, "one query"),
        (SQL | {"sql": "select 1; drop table jzg"}, "one query"),
        (SQL | {"sql": "update jzg set gh = 1"}, "one query"),
        (SQL | {"sql": "selected"}, "one query"),
        (SQL | {"sql": "with d as (delete from jzg returning gh) select * from d"}, "delete"),
        (SQL | {"sql": "with d as (\nUPDATE jzg set gh = 1 returning gh) select 1"}, "UPDATE"),
        (SQL | {"sql": "select gh into copied from jzg"}, "into"),
        (SQL | {"sql": "select gh from jzg for update"}, "update"),
        (SQL | {"sql": "select pg_read_file('/etc/passwd')"}, "pg_read_file reaches beyond"),
        (SQL | {"sql": 'select "pg_read_file" (1)'}, "pg_read_file reaches beyond"),
        (SQL | {"sql": "select pg_catalog.lo_export(1, '/tmp/x')"}, "pg_catalog reaches beyond"),
        (SQL | {"sql": "select LO_EXPORT(1, '/tmp/x') from jzg"}, "LO_EXPORT reaches beyond"),
        (SQL | {"sql": "select * from dblink('host=a', 'select 1') as t(a int)"}, "dblink"),
        (SQL | {"sql": "select query_to_xml('select 1', true, true, '')"}, "query_to_xml"),
        (SQL | {"sql": "select load_extension('x')"}, "load_extension"),
        (SQL | {"sql": "select sql from sqlite_master"}, "sqlite_master"),
        (SQL | {"sql": "select set_config('transaction_read_only', 'off', true)"}, "set_config"),
        (SQL | {"sql": "select E'\\'', pg_sleep(9) --'"}, "plain single quotes"),
        (SQL | {"sql": "select $$ ' $$, pg_sleep(9), $$ ' $$"}, "plain single quotes"),
        (SQL | {"sql": 'select U&"\\0070g_sleep"(9)'}, "plain single quotes"),
        (SQL | {"sql": "select 1", "database": "publish_password"}, "ziping's own"),
        (HTTP | {"token": "publish_to"}, "ziping's own"),
        (HTTP | {"base": "notify_url"}, "ziping's own"),
    ],
)
def test_what_reaches_beyond_its_source_is_refused(
    tmp_path: Path, pull: dict[str, Any], told: str
) -> None:
    with pytest.raises(ZipingError, match=f"sources.yml, .*table samples: .*{told}"):
        load(tmp_path, META | {"pull": pull}, column())


def test_a_query_and_a_path_are_taken(tmp_path: Path) -> None:
    queries = (
        " WITH a AS (SELECT 1) select * from a ",
        "select replace(bz, ';', ' delete '), t.update from jzg t -- pg_read_file is not called\n",
        "select gh /* of all; */, 'insert into' as what from hr.jzg where xm <> '''' order by gh",
    )
    for pull in (HTTP, *(SQL | {"sql": text} for text in queries)):
        assert load(tmp_path, META | {"pull": pull}, column())


def test_a_setting_serves_one_system_and_one_end(tmp_path: Path) -> None:
    load(tmp_path, META | {"pull": HTTP}, column())
    other = tmp_path / "outside" / "_outside__sources.yml"
    other.parent.mkdir()
    text = ""
    for pull, told in (
        (HTTP | {"base": "outside_url"}, "students_api_token, which is the token of finance"),
        (HTTP | {"token": "outside_token"}, "students_api_url, which is the base of finance"),
        (
            SQL | {"sql": "select 1", "database": "students_api_token"},
            "students_api_token, which is the token of finance",
        ),
    ):
        table = {"name": "others", "config": {"meta": META | {"pull": pull}}, "columns": [column()]}
        text = yaml.safe_dump({"sources": [{"name": "outside", "tables": [table]}]})
        other.write_text(text, "utf-8")
        with pytest.raises(ZipingError, match=f"outside.others: `pull.*{told}"):
            load_contracts(tmp_path)
    other.write_text(text.replace("students_api_token", "outside_database_url"), "utf-8")
    assert set(load_contracts(tmp_path)) == {"finance.samples", "outside.others"}


@pytest.mark.parametrize("name", ['x"); drop table t; --', "x y", "编码", "X", ""])
def test_a_name_that_would_be_sql_is_refused(tmp_path: Path, name: str) -> None:
    for word in ("name", "data_type"):
        with pytest.raises(ZipingError, match="no name and no type"):
            load(tmp_path, META, column() | {word: name})
