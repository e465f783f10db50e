"""A query on a database: one snapshot, read whole, in a transaction that cannot write."""

import re
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from flows.common.clock import CHINA
from flows.common.errors import Unavailable
from flows.common.settings import OTHERS_POSTGRES, Settings, forget_settings
from flows.contracts.model import Contract
from flows.contracts.words import SqlPull
from flows.extract.pull.canonical_rows import PulledRows

if TYPE_CHECKING:
    import sqlalchemy

ROWS_AT_ONCE = 5_000
# What makes PostgreSQL write a value in one way, however and for whomever it was set up.
ONE_WAY = {
    "timezone": "Asia/Shanghai",
    "datestyle": "ISO, YMD",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
}

# By the beginning of SQLSTATE, or of SQLite's name for an error (of Python's, where SQLite did not
# fail itself): what it means, and whether it may pass. {told} is the database's own sentence, where
# that names no value of a row.
RENAMED = ("{told}: was it renamed? mend sql in the contract", False)
WRITES = ("sql in the contract writes, which a source must not: mend it", False)
TOO_SLOW = ("the database ends the query as too slow: ask for an index or more time", False)
ENCODING = ("a text is not in the encoding that the database says: ask its operator", False)
LOCKED = ("a table is locked: if it lasts, ask who holds it at night", True)
MEANINGS = {
    "42501": ("{told}{columns}: ask for the right to read it", False),
    "42": RENAMED,
    "0A": RENAMED,
    "22021": ENCODING,
    "22P05": ENCODING,
    "22": ("sql in the contract does not fit a value ({kind}): cast it to text there", False),
    "25006": WRITES,
    "57014": TOO_SLOW,
    "55P03": LOCKED,
    "SQLITE_ERROR": RENAMED,
    "SQLITE_READONLY": WRITES,
    "SQLITE_INTERRUPT": TOO_SLOW,
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "OperationalError": ENCODING,
    "ProgrammingError": RENAMED,
    "SQLITE": ("the file cannot be read ({kind}): ask its operator whether it is whole", False),
}
KNOWN = (
    "known here, and read in one snapshot that cannot write, are PostgreSQL and SQLite: else ask "
    "for a nightly export or a copy in one of them"
)
CLOSED_COLUMNS = """
    select a.attname from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where c.relkind in ('r', 'v', 'm', 'f', 'p') and a.attnum > 0 and not a.attisdropped
      and has_any_column_privilege(c.oid, 'select')
      and not has_column_privilege(c.oid, a.attnum, 'select')
"""


class SqlSource:
    """One period of a table or view; its address and password reach no message."""

    def __init__(self, contract: Contract, settings: Settings, period: str) -> None:
        """Take the contract and find the address in the settings."""
        self.name = f"{contract.name} {period}"
        assert isinstance(contract.pull, SqlPull)
        self.pull = contract.pull
        self.address = settings.of_source(self.pull.database)
        self.setting = f"ZIPING_{self.pull.database.upper()}"
        self.settings = settings

    def fetch(self) -> tuple[bytes, str | None]:
        """Run the query and give its rows; databases have no name for their state."""
        request, key = {"sql": self.pull.sql}, self.pull.order_by
        rows = PulledRows(self.name, request, key, self.settings.pull_megabytes)
        self._read(rows)
        if not rows.count:
            raise self._unavailable(
                "the database answers no rows, as after a failed load: ask its operator"
            )
        return rows.content(), None

    def _read(self, rows: PulledRows) -> None:
        import sqlalchemy

        engine = self._engine()
        try:
            with engine.connect() as connection:
                self._begin_snapshot(connection)
                result = connection.execute(sqlalchemy.text(self.pull.sql))
                names = self._names(result)
                for partition in result.partitions(ROWS_AT_ONCE):
                    rows.add(self._texts(names, row) for row in partition)
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise self._explained(error, engine) from None
        finally:
            engine.dispose()

    def _unavailable(self, what: str, *, is_transient: bool = False) -> Unavailable:
        return Unavailable(f"{self.name}: {what}", is_transient=is_transient)

    def _engine(self) -> "sqlalchemy.Engine":
        """Prepare to connect; a file that is not there is not made."""
        import sqlalchemy

        if not self.address:
            raise self._unavailable(f"no address is set; set {self.setting}")
        seconds = self.settings.request_seconds
        url: sqlalchemy.URL | None = None
        try:
            url = sqlalchemy.make_url(self.address)
            arguments: dict[str, Any] = {}
            if url.get_backend_name() == "sqlite":
                path = Path(url.database or "")
                if url.database and not path.is_absolute():
                    raise self._unavailable(
                        f"{self.setting} depends on the folder where the command is called: name "
                        "the file by its whole path, which begins with a fourth /"
                    )
                if not path.is_file():
                    raise self._unavailable(f"there is no such file: mend {self.setting} in .env")
                arguments = {"timeout": seconds}
                only_read = {**url.query, "mode": "ro", "uri": "true"}
                url = url.set(database=f"file:{quote(str(path.resolve()))}", query=only_read)
            elif url.get_backend_name() == "postgresql":
                forget_settings(OTHERS_POSTGRES)
                arguments = {"connect_timeout": max(2, int(seconds)), "client_encoding": "UTF8"}
            return sqlalchemy.create_engine(
                url,
                connect_args=arguments,
                hide_parameters=True,
                poolclass=sqlalchemy.NullPool,
            )
        except (sqlalchemy.exc.ArgumentError, ImportError, ValueError) as error:
            raise self._unavailable(f"{self.setting} {_not_known(url, error)}") from None

    def _begin_snapshot(self, connection: "sqlalchemy.Connection") -> None:
        """Begin a transaction that sees one moment and cannot write."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("pragma query_only = on")
            end = time.monotonic() + self.settings.pull_seconds
            driver = connection.connection.driver_connection
            assert driver
            driver.set_progress_handler(lambda: time.monotonic() > end, 100_000)
        if connection.dialect.name == "postgresql":
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            limits = {
                "statement_timeout": self.settings.pull_seconds,
                "lock_timeout": self.settings.request_seconds,
            }
            # A limit that the database itself sets to its reader holds.
            set_up = [f"set_config('{name}', '{value}', true)" for name, value in ONE_WAY.items()]
            set_up += [
                f"set_config('{name}', coalesce(nullif(current_setting('{name}'), '0'), "
                f"'{max(1, round(seconds * 1000))}'), true)"
                for name, seconds in limits.items()
            ]
            connection.exec_driver_sql(f"select {', '.join(set_up)}")
        if connection.dialect.driver == "psycopg":
            _read_as_text(connection)
        connection.execution_options(stream_results=True)

    def _names(self, result: "sqlalchemy.CursorResult[Any]") -> list[str]:
        names = list(result.keys())
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise self._unavailable(f"column {twice[0]} comes twice: mend sql in the contract")
        if self.pull.order_by not in names:
            raise self._unavailable(
                f"there is no column {self.pull.order_by}, which order_by names: was it "
                "renamed? mend sql in the contract"
            )
        return names

    def _texts(self, names: Sequence[str], row: Iterable[Any]) -> dict[str, str | None]:
        return {
            name: value if value is None or type(value) is str else self._text(name, value)
            for name, value in zip(names, row, strict=True)
        }

    def _text(self, name: str, value: object) -> str | None:
        try:
            return as_text(value)
        except TypeError:
            raise self._unavailable(
                f"column {name} holds what has no one way to be written "
                f"({type(value).__name__}): cast it to text in sql of the contract"
            ) from None

    def _explained(
        self, error: "sqlalchemy.exc.SQLAlchemyError", engine: "sqlalchemy.Engine"
    ) -> Unavailable:
        """Say what an error means and what to do, in words that hold no value and no address."""
        import sqlalchemy

        origin = getattr(error, "orig", None)
        if engine.dialect.name == "sqlite":
            code, told = getattr(origin, "sqlite_errorname", type(origin).__name__), str(origin)
        else:
            code = getattr(origin, "sqlstate", None) or ""
            told = getattr(getattr(origin, "diag", None), "message_primary", "")
        for beginning, (sentence, is_transient) in MEANINGS.items():
            if code.startswith(beginning):
                words = {"told": told, "kind": type(origin).__name__, "columns": ""}
                if beginning == "42501":
                    words["columns"] = _closed_columns(engine, self.pull.sql)
                return self._unavailable(sentence.format(**words), is_transient=is_transient)
        kind = type(error).__name__
        if re.search("password|authentication|认证|口令|密码", str(origin), re.IGNORECASE):
            return self._unavailable(f"user or password is refused: renew {self.setting}")
        if isinstance(error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError):
            return self._unavailable(
                f"the database cannot be reached, or breaks off ({kind}): "
                "ask its operator whether it runs",
                is_transient=True,
            )
        return self._unavailable(f"the database cannot be read ({kind}): ask its operator")


def as_text(value: object) -> str | None:
    """Write a database's value as PostgreSQL does; a TypeError where there is no one way."""
    match value:
        case None | str():
            return value
        case bool():
            return "t" if value else "f"
        case float() if value == value and abs(value) != float("inf"):
            return repr(value).removesuffix(".0")
        case float() | Decimal():
            return f"{Decimal(value):f}"
        case bytes() | bytearray() | memoryview():
            return "\\x" + bytes(value).hex()
        case datetime():
            return (value.astimezone(CHINA) if value.tzinfo else value).isoformat(" ")
        case date() | time_of_day():
            return value.isoformat()
        case int() | UUID():
            return str(value)
        case _:
            raise TypeError


def _not_known(url: "sqlalchemy.URL | None", error: Exception) -> str:
    """Say why no database can be asked at an address, and how it would have to be written."""
    if url is None:
        return (
            "is no address of a database: mend it in .env, for example "
            "postgresql+psycopg://reader:password@host/name, with %40 for @"
        )
    name, _, driver = url.drivername.partition("+")
    if url.drivername in ("postgres", "postgresql"):
        return f"begins with {url.drivername}://: write postgresql+psycopg:// in .env"
    if isinstance(error, ImportError) and error.name:
        return (
            f"names {name}, and the driver {error.name} is not installed in .venv: install it "
            f"there; {KNOWN}"
        )
    return (
        f"names {name}, for which SQLAlchemy in .venv has no dialect: install the package that "
        f"brings {driver or name}; {KNOWN}"
    )


def _read_as_text(connection: "sqlalchemy.Connection") -> None:
    """Take every value as PostgreSQL writes it: Python has no infinite date and no month."""
    from psycopg.types.string import TextLoader

    driver = connection.connection.driver_connection
    assert driver
    for kind in driver.adapters.types:
        driver.adapters.register_loader(kind.oid, TextLoader)
        driver.adapters.register_loader(kind.array_oid, TextLoader)


def _closed_columns(engine: "sqlalchemy.Engine", sql: str) -> str:
    """Name the columns of the query that its reader may not read; PostgreSQL names the table."""
    import sqlalchemy

    words = set(re.findall(r"\w+", sql.lower()))
    try:
        with engine.connect() as connection:
            closed = {str(row[0]) for row in connection.exec_driver_sql(CLOSED_COLUMNS)}
    except sqlalchemy.exc.SQLAlchemyError:
        return ""
    return f" (column {', '.join(sorted(closed & words))})" if closed & words else ""
