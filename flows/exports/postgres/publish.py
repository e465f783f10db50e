"""Publishing to PostgreSQL, where BI tools read: one schema, its rows replaced in one transaction.

The tables stay, only rows change: a reader waits for nothing and sees one whole release, and
whatever was built on a table or granted on it goes on. A publisher that dies leaves no trace, since
nothing that it wrote was ever committed.
"""

import contextlib
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event, Timer
from typing import TYPE_CHECKING, Any, Protocol

from flows.common.errors import WrongUse, ZipingError
from flows.common.masking import redacted
from flows.common.settings import OTHERS_POSTGRES, Settings, Workspace, forget_settings
from flows.contracts.environment import load_settings
from flows.releases.release import Release, current_release, find_release

if TYPE_CHECKING:
    from psycopg import Connection, Cursor, Error

    from flows.exports.postgres.tables import Table

OLDEST_SERVER = 120000
WAIT_SECONDS = 30
ADDRESS = "postgresql://user@host:port/database?sslmode=require"
PASSWORD = "set ZIPING_PUBLISH_PASSWORD, or use PGPASSWORD or ~/.pgpass"
CONNECTING = {
    "connect_timeout": "10", "tcp_user_timeout": "60000", "keepalives_idle": "30",
    "keepalives_interval": "10", "keepalives_count": "3", "application_name": "ziping",
}  # fmt: skip
REASONS = {
    "42501": "its role may not do that: let an administrator make the schema owned by that role, "
    "or grant it create on the database",
    "53100": "the disk of the database server is full: make room there, then run again",
    "55P03": f"somebody kept it locked for more than {WAIT_SECONDS} s, another publisher or a long "
    "transaction: see pg_stat_activity there, then run again",
    "25006": "the server is a standby that only reads: name the primary one",
    "42939": "names that begin with pg_ are PostgreSQL's own: choose another --schema",
}


@dataclass(frozen=True)
class Target:
    """Where a release is published to, and who may read it there."""

    address: str = field(repr=False)
    schema: str = "ziping"
    reader: str = ""
    password: str = field(default="", repr=False)
    seconds: float = Settings.publish_seconds

    @property
    def words(self) -> dict[str, Any]:
        """The words by which libpq connects; a password may not stand in the address."""
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict

        if not self.address.startswith(("postgresql://", "postgres://")):
            raise WrongUse(f"a database to publish to is named as {ADDRESS}")
        try:
            words = conninfo_to_dict(self.address)
        except ProgrammingError:  # it repeats what it could not read, which may be a password
            words = {}
        unescaped = any("@" in str(words.get(name, "")) for name in ("host", "port", "dbname"))
        if not words or unescaped or not re.fullmatch("[0-9,]*", str(words.get("port", ""))):
            raise WrongUse(f"the database's address cannot be read: it is {ADDRESS}")
        if words.keys() & {"password", "sslpassword"}:
            raise WrongUse(
                f"a password in the address is seen by everybody on the machine: {PASSWORD}"
            )
        return words

    @property
    def name(self) -> str:
        """The place as sentences name it."""
        words = self.words
        return f"schema {self.schema} of {words.get('host', 'localhost')}/{words.get('dbname', '')}"


def target_of(settings: Settings, address: str, schema: str, reader: str) -> Target:
    """Name the database to publish to: as the command says, else as the settings do."""
    address = address or settings.publish_to
    if not address:
        raise WrongUse(f"say where to publish: --to {ADDRESS}, or ZIPING_PUBLISH_TO")
    schema, reader = schema or settings.publish_schema, reader or settings.publish_reader
    return Target(address, schema, reader, settings.publish_password, settings.publish_seconds)


@contextlib.contextmanager
def _connected(target: Target) -> "Iterator[Connection[Any]]":
    """Connect, and end whatever the server says in one sentence of ours."""
    import psycopg

    words = CONNECTING | target.words | ({"password": target.password} if target.password else {})
    forget_settings(OTHERS_POSTGRES)
    try:
        connection = psycopg.connect(**words, client_encoding="utf8", prepare_threshold=None)
    except psycopg.Error as error:
        raise ZipingError(
            f"cannot connect to publish to {target.name} ({redacted(str(error))}): look at host, "
            "port, database and role, and whether pg_hba.conf there admits this machine; for the "
            f"password {PASSWORD}"
        ) from None
    over = Event()
    try:
        with connection, _cut_after(target.seconds, connection, over):
            yield connection
    except psycopg.Error as error:
        why = (
            f"it did not answer to the end within {target.seconds:g} s: see that it runs, or raise "
            "ZIPING_PUBLISH_SECONDS; one whole release stands there all the while"
        )
        reason = why if over.is_set() else _reason(error)
        raise ZipingError(f"not published to {target.name}: {reason}") from None


@contextlib.contextmanager
def _cut_after(seconds: float, connection: "Connection[Any]", over: Event) -> Iterator[None]:
    """Cut the connection when the time is over: a server that hangs ends no statement by itself."""

    def cut() -> None:
        over.set()
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as its:
            its.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _reason(error: "Error") -> str:
    from psycopg import OperationalError

    state = error.sqlstate or ("08000" if isinstance(error, OperationalError) else "")
    if state.startswith(("08", "57P")):
        return "the connection broke off: run again; one whole release stands there all the while"
    message = redacted(error.diag.message_primary or type(error).__name__)
    return REASONS.get(state, f"PostgreSQL says {state} {message}")


def _take_turn(connection: "Connection[Any]", cursor: "Cursor[Any]", target: Target) -> None:
    """Refuse a server that cannot hold it, then wait for whoever else publishes there."""
    if connection.info.server_version < OLDEST_SERVER:
        version = connection.info.parameter_status("server_version")
        raise ZipingError(f"{target.name} is PostgreSQL {version}: 12 or newer is needed")
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise ZipingError(f"{target.name} is in {encoding}: publish to a database made in UTF8")
    cursor.execute(f"set local lock_timeout = '{WAIT_SECONDS}s'")
    # A publisher whose machine went away does not keep its turn for hours.
    cursor.execute("set local idle_in_transaction_session_timeout = '60s'")
    key = f"ziping {target.schema}"
    cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _prepare(cursor: "Cursor[Any]", target: Target, tables: "list[Table]") -> None:
    """Make what is not there yet: the schema, its tables, the right to read."""
    from psycopg.sql import SQL, Identifier

    from flows.exports.postgres.tables import make_table

    schema, reader = Identifier(target.schema), Identifier(target.reader)
    known = "select exists (select from pg_roles where rolname = %s)"
    if target.reader and cursor.execute(known, [target.reader]).fetchone() != (True,):
        raise ZipingError(f"{target.name} has no role {target.reader}: make it, or name another")
    exists = "select exists (select from pg_namespace where nspname = %s)"
    if cursor.execute(exists, [target.schema]).fetchone() != (True,):
        cursor.execute(SQL("create schema {}").format(schema))
        cursor.execute(SQL("revoke all on schema {} from public").format(schema))
    for table in tables:
        make_table(cursor, target.schema, table)
        if target.reader:
            name = Identifier(target.schema, table.name)
            cursor.execute(SQL("grant select on {} to {}").format(name, reader))
    if target.reader:
        cursor.execute(SQL("grant usage on schema {} to {}").format(schema, reader))


def _refuse_to_mix(cursor: "Cursor[Any]", target: Target, manifest: Mapping[str, Any]) -> None:
    """Refuse invented rows beside real ones: whoever adds up would add up both."""
    from psycopg.sql import SQL, Identifier

    query = SQL("select district_title, district_code from {} where is_sample <> %s limit 1")
    place = Identifier(target.schema, "release")
    other = cursor.execute(query.format(place), [manifest["is_sample"]]).fetchone()
    if other and other[1] != manifest["district_code"]:
        kinds = ("real rows", "the invented rows of the sample")
        held, own = kinds if manifest["is_sample"] else kinds[::-1]
        raise ZipingError(
            f"{target.name} holds {held} of {other[0]} ({other[1]}), and these are {own}: publish "
            "into another schema with --schema"
        )


def _write_title(cursor: "Cursor[Any]", target: Target) -> None:
    """Say in the comment of the schema whose releases stand there."""
    from psycopg.sql import SQL, Identifier, Literal

    query = SQL(
        "select string_agg(distinct district_title, '、'), bool_or(is_sample) from {}"
    ).format(Identifier(target.schema, "release"))
    found = cursor.execute(query).fetchone()
    assert found
    sample = "(样例数据)" if found[1] else ""
    comment = f"{found[0]}教育职责自评数据{sample},表 release 记各年、各区为哪一次发布"
    statement = SQL("comment on schema {} is {}")
    cursor.execute(statement.format(Identifier(target.schema), Literal(comment)))


def publish_release(release: Release, target: Target) -> str:
    """Publish a release in place of the one before of its year and district; say what was done."""
    from psycopg import Error
    from psycopg.sql import SQL, Identifier

    from flows.exports.postgres.tables import (
        empty_dropped_tables,
        holds_rows,
        replace_rows,
        tables_of_release,
        write_comments,
    )

    target_name = target.name  # a wrong address is told before anything else is looked at
    if problems := release.find_problems():
        raise ZipingError(f"nothing was published to {target_name}: {'; '.join(problems)}")
    tables = tables_of_release(release)
    manifest = release.manifest
    year = manifest["evaluation_year"]
    with _connected(target) as connection, connection.cursor() as cursor:
        _take_turn(connection, cursor, target)
        _prepare(cursor, target, tables)
        _refuse_to_mix(cursor, target, manifest)
        if all(holds_rows(cursor, target.schema, table) for table in tables):
            return f"{year}: {release.name} stands in {target_name} already"
        empty_dropped_tables(cursor, target.schema, tables[-1])
        for table in tables:
            replace_rows(cursor, target.schema, table)
            if not holds_rows(cursor, target.schema, table):
                raise ZipingError(
                    f"{target_name}: {table.name} does not hold what was sent, nothing was "
                    "published: look for triggers or rules on that table"
                )
            write_comments(cursor, target.schema, table)
        _write_title(cursor, target)
        connection.commit()
        connection.autocommit = True
        with contextlib.suppress(Error):  # the rows that were replaced go from the disk
            for table in tables:
                statement = SQL("vacuum (analyze, skip_locked) {}")
                cursor.execute(statement.format(Identifier(target.schema, table.name)))
    count = sum(len(table.rows) for table in tables)
    return f"{year}: {release.name} published to {target_name}, {len(tables)} tables, {count} rows"


def publish_releases(
    workspace: Workspace,
    year: int | None,
    name: str | None,
    address: str,
    schema: str,
    reader: str,
) -> Iterator[str]:
    """Publish the current release of a year, or of each open one, or an older one by its name.

    Gives one sentence for each, as soon as it is done.
    """
    settings = load_settings(workspace)
    target = target_of(settings, address, schema, reader)
    wanted = [year] if year else [settings.default_year] if name else settings.open_years
    for published_year in wanted:
        yield publish_release(find_release(workspace, published_year, name), target)


class Log(Protocol):
    """What a run says of its releases, and what is said of their publishing."""

    results: dict[int, dict[str, Any]]
    notices: list[str]
    unavailable: list[str]

    def timed(self, name: str) -> AbstractContextManager[None]:
        """Measure a stage."""


def publish_results(workspace: Workspace, settings: Settings, log: Log) -> None:
    """Publish a run's releases where the settings say so.

    One that does not get there is a gap and no failure: the release itself stands in its folder,
    readers of the database see the one before, and the next night tries again.
    """
    if not settings.publish_to or workspace.as_of:
        return
    with log.timed("publishing to PostgreSQL"):
        for year, result in log.results.items():
            release = current_release(workspace, year)
            if release is None or result["result"] not in ("published", "unchanged"):
                continue
            try:
                log.notices.append(publish_release(release, target_of(settings, "", "", "")))
            except ZipingError as error:
                log.unavailable.append(f"{year}: {error}")
