"""Tests of publishing to PostgreSQL, on a real server."""

import os
import re
import signal
import socket
import time
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from editions import Edition, asked, connected, editions_in, one_edition
from nights import Said, current, flip_a_bit, last_record, night, ziping
from postgres import run_sql, url_of_role

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import Workspace
from flows.exports.postgres import publish as publishing
from flows.exports.postgres import tables
from flows.exports.postgres.publish import Target, publish_release
from flows.exports.postgres.tables import replace_rows
from flows.releases.release import Release
from flows.releases.write_tables import published_tables

CANARY = "canary-geheim-7431"
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def release(first_night: Workspace) -> Release:
    return current(first_night)


# What stands there


def test_all_tables_stand_there_with_types_keys_and_the_same_rows(
    release: Release, address: str
) -> None:
    assert "19 tables" in publish_release(release, Target(address))
    types = {"string": "character varying", "int32": "integer", "int64": "bigint",
             "date32[day]": "date", "decimal128(38, 10)": "numeric(38,10)",
             "decimal128(38, 2)": "numeric(38,2)",
             "decimal128(18, 4)": "numeric(18,4)"}  # fmt: skip
    described = published_tables()
    assert {"report_values", "standards", "mart_schools"} <= {one["name"] for one in described}
    with connected(address) as connection:
        for table in described:
            content = pq.read_table(release.folder / table["file"])
            expected = {field.name: types[str(field.type)] for field in content.schema}
            found = dict(connection.execute(
                "select attname, format_type(atttypid, atttypmod) from pg_attribute "
                "where attrelid = %s::regclass and attnum > 0", [f"ziping.{table['name']}"],
            ).fetchall())  # fmt: skip
            added = {"evaluation_year": "integer", "district_code": "character varying"}
            assert found == added | expected
            key = {row[0] for row in connection.execute(
                "select attname from pg_index join pg_attribute on attrelid = indrelid "
                "where indrelid = %s::regclass and indisprimary and attnum = any(indkey) "
                "and attnotnull", [f"ziping.{table['name']}"],
            ).fetchall()}  # fmt: skip
            assert key == {"evaluation_year", "district_code", *table["key"]}
            rows = connection.execute(
                f"select {', '.join(content.column_names)} from ziping.{table['name']} "
                "where evaluation_year = 2023"  # type: ignore[arg-type]
            ).fetchall()
            expected_rows = [tuple(row.values()) for row in content.to_pylist()]
            assert sorted(rows, key=repr) == sorted(expected_rows, key=repr), table["name"]
    manifest = release.manifest
    assert asked(
        address, "select release, fingerprint, is_sample, has_gaps from ziping.release"
    ) == [(release.name, release.fingerprint, True, manifest["has_gaps"])]


def test_schema_tables_and_columns_have_chinese_comments(release: Release, address: str) -> None:
    publish_release(release, Target(address))
    comments = asked(
        address,
        "select relname, attname, coalesce(col_description(c.oid, attnum), '') "
        "from pg_class c join pg_attribute on attrelid = c.oid and attnum > 0 "
        "where relnamespace = 'ziping'::regnamespace and relkind = 'r' "
        "union all select relname, '', coalesce(obj_description(oid), '') from pg_class "
        "where relnamespace = 'ziping'::regnamespace and relkind = 'r'",
    )
    assert len(comments) > 150
    assert [row for row in comments if not HAN.search(row[2])] == []
    told = asked(address, "select obj_description('ziping'::regnamespace, 'pg_namespace')")
    assert "样例数据" in told[0][0]


def test_the_reader_reads_and_nobody_else_does(
    release: Release, postgres: str, address: str
) -> None:
    roles = {"clerk": "ink-and-paper", "stranger": "from-outside"}
    for role, password in roles.items():
        run_sql(postgres, f"drop role if exists {role}",
                f"create role {role} login password '{password}'")  # fmt: skip
    with pytest.raises(ZipingError, match="has no role nobody_such: make it"):
        publish_release(release, Target(address, reader="nobody_such"))
    assert asked(address, "select 1 from pg_namespace where nspname = 'ziping'") == []
    run_sql(
        address.replace("://", "+psycopg://"),
        "alter default privileges grant usage on schemas to public",
        "alter default privileges grant select on tables to public",
    )
    publish_release(release, Target(address))
    assert "already" in publish_release(release, Target(address, reader="clerk"))  # but granted
    clerk, stranger = (
        url_of_role(postgres, role, password).replace("+psycopg", "")
        for role, password in roles.items()
    )
    assert asked(clerk, "select count(*) from ziping.report_values") > [(0,)]
    for query in ("delete from ziping.report_values", "create table ziping.mine (a integer)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            asked(clerk, query)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        asked(stranger, "select count(*) from ziping.report_values")
    run_sql(postgres, "drop owned by clerk", *(f"drop role {role}" for role in roles))


def test_the_same_release_is_not_written_twice_unless_its_rows_were_changed(
    release: Release, address: str
) -> None:
    versions = "select xmin::text, state from ziping.report_values order by 1"
    publish_release(release, Target(address))
    before = asked(address, versions)
    assert "already" in publish_release(release, Target(address))
    assert asked(address, versions) == before
    with connected(address) as connection:
        connection.execute("update ziping.report_values set judgement = '达标'")
    assert "published" in publish_release(release, Target(address))
    assert "already" in publish_release(release, Target(address))


def test_years_stand_side_by_side(edition: Edition, address: str) -> None:
    publish_release(edition(1, 2022), Target(address))
    publish_release(edition(2), Target(address))
    publish_release(edition(3), Target(address))
    assert editions_in(address) == one_edition(1) | one_edition(3)
    counted = "select evaluation_year, count(*) from ziping.mart_schools group by 1 order by 1"
    (first, rows), (second, others) = asked(address, counted)
    assert (first, second) == (2022, 2023)
    assert rows == others > 0


# What is refused, in one sentence


DISTRICTS = "select district_code, district_title, release from ziping.release order by 1"


def test_districts_stand_side_by_side(edition: Edition, address: str) -> None:
    first, second = edition(1, 2023, "511702", "甲区"), edition(2, 2023, "511703", "乙区")
    for release in (first, second):
        assert "published to" in publish_release(release, Target(address))
    assert asked(address, DISTRICTS) == [
        ("511702", "甲区", first.name), ("511703", "乙区", second.name),
    ]  # fmt: skip
    assert editions_in(address) == one_edition(1) | one_edition(2)
    for table in published_tables():
        rows = pq.read_table(first.folder / table["file"]).num_rows
        query = f"select district_code, count(*) from ziping.{table['name']} group by 1 order by 1"
        assert asked(address, query) == [("511702", rows), ("511703", rows)][: 2 if rows else 0]
    for release in (first, second):  # neither replaces the other, whoever publishes again
        assert "stands in" in publish_release(release, Target(address))
    third = edition(3, 2023, "511702", "甲区")
    assert "published to" in publish_release(third, Target(address))
    assert editions_in(address) == one_edition(3) | one_edition(2)
    told = asked(address, "select obj_description('ziping'::regnamespace, 'pg_namespace')")
    assert told == [
        ("乙区、甲区教育职责自评数据,表 release 记各年、各区为哪一次发布",)
    ] or told == [("甲区、乙区教育职责自评数据,表 release 记各年、各区为哪一次发布",)]


def test_invented_rows_never_stand_beside_real_ones(edition: Edition, address: str) -> None:
    real, sample = edition(1, 2023, "511702", "甲区"), edition(2, 2022)
    publish_release(real, Target(address))
    with pytest.raises(ZipingError, match=r"holds real rows of 甲区 \(511702\).* with --schema"):
        publish_release(sample, Target(address))
    assert [row[0] for row in asked(address, DISTRICTS)] == ["511702"]
    publish_release(sample, Target(address, schema="trial"))
    with pytest.raises(ZipingError, match=r"holds the invented rows of the sample of 样例区"):
        publish_release(real, Target(address, schema="trial"))


def test_a_schema_of_an_older_version_takes_the_district_into_its_keys(
    edition: Edition, postgres: str, address: str
) -> None:
    first, second = edition(1, 2023, "511702", "甲区"), edition(2, 2023, "511703", "乙区")
    publish_release(first, Target(address))
    run_sql(
        postgres,
        "alter table ziping.report_indicators drop constraint report_indicators_pkey",
        "alter table ziping.report_indicators drop column district_code",
        "alter table ziping.report_indicators add primary key (evaluation_year, indicator_id)",
        "alter table ziping.release drop constraint release_pkey, "
        "add primary key (evaluation_year)",
        "create view ziping.titles as select evaluation_year, title_zh "
        "from ziping.report_indicators",
    )
    publish_release(second, Target(address))
    assert [row[0] for row in asked(address, DISTRICTS)] == ["511702", "511703"]
    codes = "select distinct district_code from ziping.report_indicators order by 1"
    assert asked(address, codes) == [("511702",), ("511703",)]
    assert "stands in" in publish_release(first, Target(address))
    assert asked(address, "select count(*) > 60 from ziping.titles") == [(True,)]


def test_a_tampered_release_is_refused(edition: Edition, address: str) -> None:
    publish_release(edition(1), Target(address))
    damaged = edition(2)
    flip_a_bit(damaged.folder / "report_values.parquet")
    with pytest.raises(
        ZipingError, match=r"nothing was published.*report_values.parquet was changed"
    ):
        publish_release(damaged, Target(address))
    assert editions_in(address) == one_edition(1)


@pytest.mark.parametrize("written", [
    f"postgresql://clerk:{CANARY}@127.0.0.1/bureau",
    f"postgresql://clerk@127.0.0.1/bureau?password={CANARY}",
    f"postgresql://clerk@127.0.0.1/bureau?sslpassword={CANARY}",
    f"postgresql://clerk:a/{CANARY}@127.0.0.1/bureau",
    f"postgresql://clerk:{CANARY}/b@127.0.0.1/bureau",
    f"postgresql://clerk:a#{CANARY}@127.0.0.1/bureau",
    f"postgresql://clerk:123/{CANARY}@127.0.0.1/bureau",
    f"postgresql://clerk@127.0.0.1:{CANARY}/bureau?no=thing",
    f"mysql://clerk:{CANARY}@127.0.0.1/bureau",
])  # fmt: skip
def test_a_password_in_the_address_is_refused_and_not_repeated(
    release: Release, written: str
) -> None:
    with pytest.raises(WrongUse) as refused:
        publish_release(release, Target(written))
    assert "geheim" not in str(refused.value)
    assert "postgresql://user@host" in str(refused.value) or "ZIPING_PUBLISH_PASSWORD" in str(
        refused.value
    )


def test_the_password_comes_from_the_environment_and_is_never_shown(
    release: Release, postgres: str, address: str, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    run_sql(postgres, "drop role if exists loader",
            f"create role loader login password '{CANARY}'")  # fmt: skip
    workspace = Workspace(release.folder.parents[3])
    to = address.replace("postgres@", "loader@", 1)
    command = ("publish", "--to", to)
    monkeypatch.setenv("ZIPING_PUBLISH_PASSWORD", f"wrong-{CANARY}")
    assert ziping(*command, workspace=workspace) == 1
    monkeypatch.setenv("ZIPING_PUBLISH_PASSWORD", CANARY)
    assert ziping(*command, workspace=workspace) == 1
    printed = said()
    assert "passwordauthenticationfailed" in printed
    assert "itsrolemaynotdothat" in printed  # no right to make the schema
    run_sql(postgres, "create schema ziping authorization loader")
    assert ziping(*command, workspace=workspace) == 0
    monkeypatch.delenv("ZIPING_PUBLISH_PASSWORD")
    monkeypatch.setenv("PGPASSWORD", CANARY)
    assert ziping(*command, workspace=workspace) == 0
    printed += said()
    assert "publishedtoschemaziping" in printed
    assert "already" in printed
    assert "geheim" not in printed
    shown = asked(address, "select query from pg_stat_activity union select application_name "
                           "from pg_stat_activity")  # fmt: skip
    assert not [row for row in shown if "geheim" in str(row[0])]
    run_sql(postgres, "drop owned by loader", "drop role loader")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("53100", "disk of the database server is full"),
        ("25006", "standby that only reads"),
        ("23514", "PostgreSQL says 23514"),
    ],
)
def test_what_the_server_says_becomes_one_sentence(
    edition: Edition, address: str, code: str, sentence: str
) -> None:
    publish_release(edition(1), Target(address))
    with connected(address) as connection:
        connection.execute(
            "create function refuse() returns trigger language plpgsql as $$ begin "
            f"raise exception 'row of {CANARY} 510104198001010011' using errcode = '{code}'; "
            "end $$"
        )
        connection.execute(
            "create trigger refuse before insert on ziping.standards "
            "for each row execute function refuse()"
        )
    with pytest.raises(ZipingError, match=sentence) as failed:
        publish_release(edition(2), Target(address))
    assert "510104" not in str(failed.value)
    assert editions_in(address) == one_edition(1)


def test_a_table_of_somebody_else_is_left_alone(release: Release, address: str) -> None:
    with connected(address) as connection:
        connection.execute("create table public.release (id integer primary key, note text)")
        connection.execute("insert into public.release values (1, 'mine')")
    with pytest.raises(ZipingError, match=r"table public.release stands .* in another form"):
        publish_release(release, Target(address, schema="public"))
    assert asked(address, "table public.release") == [(1, "mine")]
    assert asked(address, "select to_regclass('public.report_values')") == [(None,)]


def test_a_column_more_is_added_and_a_table_less_is_emptied(edition: Edition, address: str) -> None:
    publish_release(edition(1), Target(address))
    with connected(address) as connection:
        connection.execute("alter table ziping.report_values drop column reason")
        connection.execute(
            "create table ziping.mart_of_old (evaluation_year integer);"
            "insert into ziping.mart_of_old values (2022), (2023);"
            "update ziping.release set tables = tables || ',mart_of_old'"
        )
    publish_release(edition(2), Target(address))
    assert editions_in(address) == one_edition(2)
    assert asked(address, "table ziping.mart_of_old") == [(2022,)]


def test_a_database_in_another_encoding_is_refused(
    release: Release, postgres: str, address: str
) -> None:
    name = "in_ascii"
    run_sql(postgres, f"create database {name} encoding 'SQL_ASCII' locale 'C' template template0")
    try:
        with pytest.raises(ZipingError, match="made in UTF8"):
            publish_release(release, Target(re.sub(r"/test_\d+", f"/{name}", address)))
    finally:
        run_sql(postgres, f"drop database {name}")


def test_a_server_that_is_too_old_is_refused(
    release: Release, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "OLDEST_SERVER", 990000)
    with pytest.raises(ZipingError, match=r"is PostgreSQL 1\d\..*or newer is needed"):
        publish_release(release, Target(address))
    assert asked(address, "select 1 from pg_namespace where nspname = 'ziping'") == []


def test_a_server_that_takes_the_call_and_never_answers_is_waited_for_no_longer_than_it_may(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(publishing.CONNECTING, "connect_timeout", "2")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://loader@127.0.0.1:{silent.getsockname()[1]}/bi"
        started = time.monotonic()
        with pytest.raises(ZipingError, match="cannot connect to publish"):
            publish_release(release, Target(address))
    assert time.monotonic() - started < 10


def test_a_server_that_stops_in_the_middle_is_cut_off_and_the_release_before_stands(
    edition: Edition, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_release(edition(1), Target(address))
    stopped: list[int] = []

    def stop_and_replace(cursor: psycopg.Cursor[Any], *arguments: Any) -> None:
        if not stopped:
            stopped.append(cursor.connection.info.backend_pid)
            os.kill(stopped[0], signal.SIGSTOP)
        replace_rows(cursor, *arguments)

    monkeypatch.setattr(tables, "replace_rows", stop_and_replace)
    started = time.monotonic()
    try:
        with pytest.raises(ZipingError, match=r"within 1 s: see that it runs, or raise ZIPING_PUB"):
            publish_release(edition(2), Target(address, seconds=1))
    finally:
        os.kill(stopped[0], signal.SIGCONT)
    assert time.monotonic() - started < 10
    assert editions_in(address) == one_edition(1)
    monkeypatch.undo()
    publish_release(edition(2), Target(address))
    assert editions_in(address) == one_edition(2)


@pytest.mark.parametrize("name", ["PGOPTIONS", "PGHOST", "PGSERVICE", "PGUSER", "PGPORT"])
def test_what_psql_is_told_by_the_environment_is_not_for_publishing(
    release: Release, address: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "-c default_transaction_read_only=on")
    assert "19 tables" in publish_release(release, Target(address))


# By night


def test_a_database_that_is_away_is_a_gap_which_the_next_night_closes(
    workspace: Workspace, address: str, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setenv("ZIPING_PUBLISH_TO", re.sub(r"/test_\d+", "/not_there", address))
    assert night(workspace) == 4
    assert "cannotconnecttopublish" in said()
    record = last_record(workspace)
    assert record["failure"] is None
    assert any("not_there" in sentence for sentence in record["unavailable"])
    monkeypatch.setenv("ZIPING_PUBLISH_TO", address)
    assert night(workspace) == 0
    assert asked(address, "select release from ziping.release") == [(current(workspace).name,)]
    assert night(workspace) == 0
    assert "already" in said()
