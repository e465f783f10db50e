"""A database that fails: one snapshot or nothing, on a real SQLite and a real PostgreSQL."""

import contextlib
import os
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy
from faulty_api import black_hole
from nights import closed_port
from postgres import run_sql, url_of_role
from staffing_database import (
    DAY,
    LINES,
    SECRET,
    SLOWNESS,
    TABLE,
    contract_of,
    lines,
    pull,
    refusal,
    settings_for,
)  # fmt: skip

from flows.extract.pull import retry
from flows.extract.pull.pull import has_changed
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store

pytestmark = pytest.mark.usefixtures("quick_retries")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "landed")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Make a staffing database with three members of staff; give its address."""
    if request.param == "sqlite":
        sqlite3.connect(tmp_path / "staffing.sqlite").close()
        url = f"sqlite:///{tmp_path}/staffing.sqlite"
    else:
        url = request.getfixturevalue("postgres")
    run_sql(url, *TABLE)
    return url


@pytest.fixture
def staffing(postgres: str) -> str:
    """Make the staffing database as a PostgreSQL alone."""
    run_sql(postgres, *TABLE)
    return postgres


@pytest.fixture
def reader(staffing: str) -> Iterator[str]:
    """Give the address for a role that has a password and reads two of three columns."""
    made = f"create role reader login password '{SECRET}'"
    run_sql(staffing, made, "grant select (gh, xm) on jzg to reader")
    yield url_of_role(staffing, "reader", SECRET)
    run_sql(staffing, "drop owned by reader", "drop role reader")


@dataclass
class Watching:
    """What a thread does to every backend that runs the contract's query."""

    url: str
    action: str  # a function of PostgreSQL that takes a pid
    times: int
    pids: list[int]

    def run(self, done: threading.Event) -> None:
        """Act on the backends until enough of them, or the end."""
        asked = f"""select pid, {self.action} from pg_stat_activity where state = 'active'
            and datname = current_database() and query like 'FETCH%'"""
        while not done.is_set() and len(self.pids) < self.times:
            self.pids += [int(str(row[0])) for row in run_sql(self.url, asked)]
            time.sleep(0.02)


@contextlib.contextmanager
def watching(url: str, action: str, times: int) -> Iterator[list[int]]:
    """Do something to the backends while they answer; give their pids."""
    watch, done = Watching(url, action, times, []), threading.Event()
    thread = threading.Thread(target=watch.run, args=(done,))
    thread.start()
    try:
        yield watch.pids
    finally:
        done.set()
        thread.join()


SLOW = "select gh, xm, rzrq, pg_sleep(0.3)::text as slept from jzg"


def test_the_rows_are_written_alike_whatever_the_database(store: Store, database: str) -> None:
    assert lines(store, database) == LINES
    contract, settings = contract_of(), settings_for(database)
    today = datetime.now(UTC).date()
    assert not has_changed(store, contract, settings, DAY, RetryBudget(60), today)
    run_sql(database, "update jzg set xm = '丁' where gh = '2'")
    assert has_changed(store, contract, settings, DAY, RetryBudget(60), today)
    assert pull(store, database)
    assert pull(store, database) is None


def test_signs_that_drivers_have_a_meaning_for_stay_in_the_query(
    store: Store, database: str
) -> None:
    sql = "select gh, '08:30%s' as xm from jzg where xm like '%甲%' or gh = '12:30'"
    assert lines(store, database, sql) == ['{"gh":"10","xm":"08:30%s"}']


def test_a_connection_that_is_dropped_in_the_middle_is_made_again(
    store: Store, staffing: str
) -> None:
    with watching(staffing, "pg_terminate_backend(pid)", 2) as killed:
        landed = lines(store, staffing, SLOW)
    assert len(killed) == 2
    assert [line.replace(',"slept":""', "") for line in landed] == LINES


def test_a_connection_that_is_always_dropped_lands_nothing(store: Store, staffing: str) -> None:
    with watching(staffing, "pg_terminate_backend(pid)", 9) as killed:
        sentence = refusal(store, staffing, SLOW)
    assert "cannot be reached, or breaks off (OperationalError)" in sentence
    assert len(set(killed)) == 4


def test_a_backend_that_stands_still_ends_with_the_budget(store: Store, staffing: str) -> None:
    with watching(staffing, "1", 1) as pids:
        stopper = threading.Thread(target=_stop_first, args=(pids,))
        stopper.start()
        begun = time.monotonic()
        try:
            sentence = refusal(store, staffing, SLOW.replace("0.3", "1"), pull_seconds=2)
        finally:
            stopper.join()
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
    assert "no whole answer within 2 s" in sentence
    assert time.monotonic() - begun < 2 + SLOWNESS


def _stop_first(pids: list[int]) -> None:
    if _is_one(pids):
        os.kill(pids[0], signal.SIGSTOP)


def _is_one(pids: list[int]) -> bool:
    end = time.monotonic() + SLOWNESS
    while not pids and time.monotonic() < end:
        time.sleep(0.01)
    return bool(pids)


FOR_EVER = {
    "sqlite": "with recursive n (gh) as (select 1 union all select gh + 1 from n) "
    "select gh from n where gh < 0",
    "postgresql+psycopg": "select pg_sleep(600)::text as gh",
}


def test_a_query_that_takes_too_long_is_ended_here_and_there(store: Store, database: str) -> None:
    threads, begun = threading.active_count(), time.monotonic()
    sentence = refusal(store, database, FOR_EVER[database.partition(":")[0]], pull_seconds=1)
    assert re.search("no whole answer within 1 s|ends the query as too slow", sentence)
    while threading.active_count() > threads:
        assert time.monotonic() - begun < 1 + SLOWNESS
        time.sleep(0.05)


def test_a_limit_that_the_database_sets_to_its_reader_holds(store: Store, reader: str) -> None:
    run_sql(reader, "alter role reader set statement_timeout = '100ms'")
    sentence = refusal(store, reader, "select pg_sleep(600)::text as gh")
    assert "the database ends the query as too slow" in sentence


@contextlib.contextmanager
def locked(url: str, seconds: float) -> Iterator[None]:
    """Hold the table in another connection for some time."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    is_sqlite = engine.dialect.name == "sqlite"
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with engine.connect() as connection:
            lock = "begin exclusive" if is_sqlite else "lock table jzg in access exclusive mode"
            connection.exec_driver_sql(lock)
            held.set()
            over.wait(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_locked_table_is_asked_for_again(store: Store, database: str) -> None:
    with locked(database, 60):
        sentence = refusal(store, database, request_seconds=0.2)
    assert "a table is locked: if it lasts, ask who holds it at night" in sentence
    with locked(database, 0.3):
        assert pull(store, database)


def test_no_rows_after_a_failed_load_of_its_own_are_not_landed(store: Store, database: str) -> None:
    pull(store, database)
    run_sql(database, "delete from jzg")
    assert "answers no rows, as after a failed load" in refusal(store, database)


def test_a_pull_sees_one_moment(store: Store, staffing: str) -> None:
    run_sql(
        staffing,
        "create function now_there(of text) returns text language sql volatile as "
        "'select xm from jzg where gh = of'",
    )
    sql = "select gh, pg_sleep(0.2)::text as slept, now_there(gh) as xm from jzg where true"
    with watching(staffing, "1", 1) as seen:
        changing = threading.Thread(target=_change_when, args=(seen, staffing))
        changing.start()
        landed = lines(store, staffing, sql)
        changing.join()
    assert run_sql(staffing, "select distinct xm from jzg") == [("改",)]
    assert not [line for line in landed if "改" in line]
    state = (
        "current_setting('transaction_isolation') || ' ' || "
        "current_setting('transaction_read_only')"
    )
    assert lines(store, staffing, f"select {state} as gh") == ['{"gh":"repeatable read on"}']


def _change_when(seen: list[int], url: str) -> None:
    assert _is_one(seen)
    run_sql(url, "update jzg set xm = '改'")


@pytest.mark.parametrize(
    "sql",
    [
        "insert into jzg (gh) values ('x') returning gh",
        "update jzg set xm = '' returning gh",
        "delete from jzg returning gh",
        "drop table jzg",
        "with gone as (delete from jzg returning gh) select gh from gone",
        "select gh from jzg; delete from jzg",
    ],
)
def test_what_writes_is_refused(store: Store, database: str, sql: str) -> None:
    sentence = refusal(store, database, sql)
    assert re.search("mend (it|sql in the contract)$|cannot be read", sentence), sentence
    assert run_sql(database, "select count(*) from jzg")[0][0] == 3


def test_a_function_that_writes_is_refused(store: Store, staffing: str) -> None:
    run_sql(
        staffing,
        "create function emptied() returns text language sql volatile as "
        "'delete from jzg returning gh'",
    )
    assert "sql in the contract writes, which a source must not: mend it" in refusal(
        store, staffing, "select emptied() as gh"
    )
    assert run_sql(staffing, "select count(*) from jzg")[0][0] == 3


def test_a_column_that_is_added_changes_nothing(store: Store, database: str) -> None:
    run_sql(database, "alter table jzg add column sfzjh text default '510101199901011234'")
    assert lines(store, database) == LINES


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("alter table jzg rename column xm to xingming", "xm"),
        ("alter table jzg drop column rzrq", "rzrq"),
        ("alter table jzg rename to jzg_old", "jzg"),
    ],
)
def test_what_is_gone_or_renamed_is_named(
    store: Store, database: str, change: str, named: str
) -> None:
    run_sql(database, change)
    sentence = refusal(store, database)
    assert re.search(rf"\b{named}\b.*: was it renamed\? mend sql in the contract", sentence)


def test_a_key_that_is_renamed_is_named(store: Store, database: str) -> None:
    run_sql(database, "alter table jzg rename column gh to gonghao")
    sentence = refusal(store, database, "select * from jzg")
    assert "there is no column gh, which order_by names: was it renamed?" in sentence


def test_a_column_that_comes_twice_is_named(store: Store, database: str) -> None:
    sql = "select a.gh, b.gh from jzg a join jzg b on a.gh = b.gh"
    assert "column gh comes twice" in refusal(store, database, sql)


def test_a_column_that_its_reader_may_not_read_is_named(store: Store, reader: str) -> None:
    sentence = refusal(store, reader)
    assert "permission denied for table jzg (column rzrq): ask for the right" in sentence
    assert len(lines(store, reader, "select gh, xm from jzg")) == 3


def test_a_cast_that_does_not_fit_says_nothing_of_the_value(store: Store, staffing: str) -> None:
    sentence = refusal(store, staffing, "select gh, xm::integer from jzg")
    assert "sql in the contract does not fit a value (InvalidTextRepresentation)" in sentence


def test_a_wrong_password_is_not_tried_again(
    store: Store, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "WAITS", [2 * SLOWNESS])
    wrong = reader.replace(SECRET, SECRET + "x")
    begun = time.monotonic()
    sentence = refusal(store, wrong)
    assert "user or password is refused: renew ZIPING_STAFFING_DATABASE_URL" in sentence
    assert time.monotonic() - begun < SLOWNESS


def test_a_database_that_is_not_there_is_told_without_its_password(store: Store) -> None:
    url = f"postgresql+psycopg://reader:{SECRET}@127.0.0.1:{{}}/hr"
    sentence = refusal(store, url.format(closed_port()))
    assert "cannot be reached, or breaks off (OperationalError)" in sentence
    with black_hole() as address:
        begun = time.monotonic()
        sentence = refusal(store, url.format(address.rpartition(":")[2]), pull_seconds=1)
        assert "no whole answer within 1 s" in sentence
        assert time.monotonic() - begun < 1 + SLOWNESS


@pytest.mark.parametrize(
    ("beginning", "told"),
    [
        ("postgresql+psycopg", "is no address of a database: .* for example postgresql"),
        ("postgres", "begins with postgres://: write postgresql\\+psycopg://"),
        ("mysql+pymysql", "names mysql, and the driver pymysql is not installed in .venv.* SQLite"),
        ("mssql+pyodbc", "names mssql, and the driver pyodbc is not installed in .venv"),
        ("oracle+oracledb", "names oracle, and the driver oracledb is not installed"),
        ("dm+dmPython", "names dm, for which .* no dialect: .*that brings dmPython; .*PostgreSQL"),
        ("nosuch", "names nosuch, for which .* no dialect"),
        ("", "is no address of a database"),
    ],
)
def test_an_address_of_no_known_database_says_what_is_not_there(
    store: Store, beginning: str, told: str
) -> None:
    host = "127.0.0.1:port" if "psycopg" in beginning else "127.0.0.1"
    address = f"{beginning}://reader:{SECRET}@{host}/hr" if beginning else SECRET
    sentence = refusal(store, address)
    assert re.search(f"ZIPING_STAFFING_DATABASE_URL {told}", sentence), sentence
    assert SECRET not in repr(settings_for(address))


def test_a_file_that_is_not_there_is_not_made(store: Store, tmp_path: Path) -> None:
    sentence = refusal(store, f"sqlite:///{tmp_path}/nowhere.sqlite")
    assert "there is no such file: mend ZIPING_STAFFING_DATABASE_URL" in sentence
    assert not (tmp_path / "nowhere.sqlite").exists()
    (tmp_path / "other.sqlite").write_bytes(b"no database at all " * 100)
    sentence = refusal(store, f"sqlite:///{tmp_path}/other.sqlite")
    assert "the file cannot be read (DatabaseError)" in sentence


def test_a_file_named_from_the_folder_of_the_command_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite3.connect(tmp_path / "staffing.sqlite").close()
    monkeypatch.chdir(tmp_path)
    sentence = refusal(store, "sqlite:///staffing.sqlite")
    assert "depends on the folder where the command is called: name the file by its" in sentence


def test_a_text_of_another_encoding_is_told_and_not_shown(store: Store, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gbk.sqlite"
    sqlite3.connect(tmp_path / "gbk.sqlite").close()
    run_sql(url, "create table jzg (gh, xm)")
    run_sql(url, "insert into jzg values ('1', cast(x'bcd7' as text))")
    sentence = refusal(store, url, "select gh, xm from jzg")
    assert "a text is not in the encoding that the database says" in sentence


def test_more_than_memory_should_take_is_not_read_to_its_end(store: Store, staffing: str) -> None:
    sql = "select n as gh, repeat('x', 1000) as xm from generate_series(1, 20000) n"
    sentence = refusal(store, staffing, sql, pull_megabytes=2)
    assert "the answer is larger than 2 MB" in sentence
