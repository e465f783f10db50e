"""Tests of publishing to PostgreSQL while others read, publish, or die."""

import signal
import subprocess
import sys
import threading
import time
from typing import Any

import psycopg
import pytest
from editions import EDITIONS, Edition, asked, connected, editions_in, one_edition

from flows.common.errors import ZipingError
from flows.common.settings import CHECKOUT
from flows.exports.postgres import publish as publishing
from flows.exports.postgres.publish import Target, publish_release
from flows.releases.release import Release

# Readers


def test_readers_see_one_whole_release_through_ten_swaps(edition: Edition, address: str) -> None:
    publish_release(edition(0), Target(address))
    with connected(address) as connection:  # what readers built on it must go on working
        connection.execute(f"create view public.mine as {EDITIONS}")
        connection.execute("grant select on ziping.report_values to pg_monitor")
    releases = [edition(number) for number in range(1, 11)]
    done, troubles, waited = threading.Event(), [], []
    seen: list[set[Any]] = []

    def read(query: str) -> None:
        with connected(address) as connection:
            while not done.is_set():
                started = time.monotonic()
                try:
                    seen.append(set(connection.execute(query).fetchall()))  # type: ignore[arg-type]
                except psycopg.Error as error:
                    troubles.append(error)
                waited.append(time.monotonic() - started)

    def read_step_by_step() -> None:
        with psycopg.connect(address) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not done.is_set():
                try:
                    values = connection.execute("select distinct reason from ziping.report_values")
                    first = {row[0] for row in values.fetchall()}
                    time.sleep(0.05)
                    figures = connection.execute("select distinct text from ziping.report_figures")
                    seen.append({(*first, *(row[0] for row in figures.fetchall()))})
                    connection.commit()
                except psycopg.Error as error:
                    troubles.append(error)
                    connection.rollback()

    readers = [
        threading.Thread(target=read, args=(EDITIONS,)),
        threading.Thread(target=read, args=("select * from public.mine",)),
        threading.Thread(target=read_step_by_step),
    ]
    for reader in readers:
        reader.start()
    try:
        for release in releases:
            before = len(seen)
            publish_release(release, Target(address))
            while len(seen) < before + 3 and all(reader.is_alive() for reader in readers):
                time.sleep(0.01)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert troubles == []
    assert all(len(rows) == 1 and len(set(*rows)) == 1 for rows in seen)
    assert len(set().union(*seen)) >= 10
    assert max(waited) < 10
    assert editions_in(address) == one_edition(10) == set(asked(address, "table public.mine"))
    kept = "select has_table_privilege('pg_monitor', 'ziping.report_values', 'select')"
    assert asked(address, kept) == [(True,)]


# Death and company


def _publisher(release: Release, address: str) -> subprocess.Popen[str]:
    """Publish in a process of its own."""
    root = release.folder.parents[3]
    arguments = ["--to", address, "--release", release.name, "--workspace", str(root)]
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "publish", *arguments],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _waits_for(address: str, query: str) -> None:
    deadline = time.monotonic() + 60
    while not asked(address, query):
        assert time.monotonic() < deadline, query
        time.sleep(0.05)


def test_a_publisher_that_is_killed_leaves_the_old_release_and_no_rubbish(
    edition: Edition, address: str
) -> None:
    publish_release(edition(1), Target(address))
    tables = "select schemaname, relname from pg_stat_user_tables order by 1, 2"
    before = asked(address, tables)
    with psycopg.connect(address) as holder:  # its last table: all others are written by then
        holder.execute("lock table ziping.release in exclusive mode")
        publisher = _publisher(edition(2), address)
        _waits_for(address, "select 1 from pg_locks where not granted")
        publisher.send_signal(signal.SIGKILL)
        publisher.communicate()
        assert editions_in(address) == one_edition(1)
    assert editions_in(address) == one_edition(1)
    assert asked(address, tables) == before
    assert "published" in publish_release(edition(3), Target(address))
    assert editions_in(address) == one_edition(3)
    assert asked(address, tables) == before


def test_a_connection_that_breaks_off_leaves_the_old_release(
    edition: Edition, address: str
) -> None:
    publish_release(edition(1), Target(address))

    def cut() -> None:
        _waits_for(address, "select 1 from pg_locks where not granted")
        asked(address, "select pg_terminate_backend(pid) from pg_locks where not granted")

    cutter = threading.Thread(target=cut)
    with psycopg.connect(address) as holder:
        holder.execute("lock table ziping.release in exclusive mode")
        cutter.start()
        with pytest.raises(ZipingError, match="connection broke off"):
            publish_release(edition(2), Target(address))
        cutter.join()
    assert editions_in(address) == one_edition(1)


def test_the_database_does_not_grow_from_night_to_night(edition: Edition, address: str) -> None:
    releases = [edition(1), edition(2)]
    size = "select sum(pg_total_relation_size(relid)) from pg_stat_user_tables"
    sizes = []
    for number in range(10):
        publish_release(releases[number % 2], Target(address))
        sizes += asked(address, size)
    assert sizes[3] == sizes[9]


def test_two_publishers_at_once_leave_one_whole_release(edition: Edition, address: str) -> None:
    releases = [edition(1), edition(2)]
    publishers = [_publisher(release, address) for release in releases]
    for publisher in publishers:
        printed, _ = publisher.communicate()
        assert publisher.returncode == 0, printed
        assert "published to schema ziping" in printed
    assert editions_in(address) in (one_edition(1), one_edition(2))


def test_a_publisher_waits_its_turn_and_then_says_that_it_was_refused(
    edition: Edition, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = edition(1)
    monkeypatch.setattr(publishing, "WAIT_SECONDS", 1)
    with psycopg.connect(address) as holder:
        holder.execute("select pg_advisory_xact_lock(hashtextextended('ziping ziping', 0))")
        with pytest.raises(ZipingError, match="kept it locked for more than"):
            publish_release(release, Target(address))
    assert "published" in publish_release(release, Target(address))
