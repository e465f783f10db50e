"""Typed rows as a Parquet file, which is written, asked and filtered without holding it whole."""

import atexit
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

CHUNK_ROWS = 75_000
ROWS_IN_GROUP = 122_880  # as DuckDB's own, so that its threads share the work
DATABASE_MEMORY = "100MB"  # beyond that it writes beside the file
MOST_MEMORY = "2GB"  # for what cannot be written beside it


@contextmanager
def writing(path: Path, schema: "pa.Schema") -> Iterator[Callable[["pa.Table"], None]]:
    """Write tables one after the other; the bytes follow from the rows, not from how they came."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[pa.Table] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def write(table: pa.Table) -> None:
            waiting.append(table)
            while sum(part.num_rows for part in waiting) >= ROWS_IN_GROUP:
                joined = pa.concat_tables(waiting)
                write_group(joined.slice(0, ROWS_IN_GROUP))
                waiting[:] = [joined.slice(ROWS_IN_GROUP)]

        def write_group(table: pa.Table) -> None:
            writer.write_table(table.combine_chunks(), row_group_size=ROWS_IN_GROUP)

        yield write
        if any(part.num_rows for part in waiting):
            write_group(pa.concat_tables(waiting))


def chunks(path: Path, names: Collection[str]) -> Iterator["pa.Table"]:
    """Give the named columns, those that there are, some rows at a time; at least one table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:
        present = [name for name in file.schema_arrow.names if name in names]
        # Without any column there would be no rows either, and nothing to judge.
        asked = present or file.schema_arrow.names[:1]
        for batch in file.iter_batches(CHUNK_ROWS, columns=asked, use_threads=False):
            yield pa.Table.from_batches([batch])
        if not file.metadata.num_rows:
            yield file.schema_arrow.empty_table().select(asked)


def joined_chunks(paths: Iterable[Path], names: Collection[str]) -> Iterator["pa.Table"]:
    """Give the rows of files of one schema, those of small files together."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    for path in paths:
        for table in chunks(path, names):
            if waiting and sum(part.num_rows for part in waiting) + table.num_rows > CHUNK_ROWS:
                yield pa.concat_tables(waiting)
                waiting = []
            waiting.append(table)
    yield pa.concat_tables(waiting)


def count_rows(path: Path) -> int:
    """Say how many rows a file holds."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def is_one_chunk(path: Path) -> bool:
    """Say whether a file holds no more rows than are looked at together."""
    return count_rows(path) <= CHUNK_ROWS


def column_names(path: Path) -> list[str]:
    """Name the columns of a file."""
    import pyarrow.parquet as pq

    return list(pq.read_schema(path).names)


def quoted(name: str) -> str:
    """Write a name of a column as SQL takes it, whatever it is."""
    return '"' + name.replace('"', '""') + '"'


def rows_at(
    path: Path, positions: Collection[int], names: Sequence[str]
) -> Mapping[int, Mapping[str, Any]]:
    """Give some columns of the rows at some positions, which count from 0."""
    import pyarrow.parquet as pq

    wanted = sorted(positions)
    rows = pq.read_table(path, columns=list(names)).take(wanted).to_pylist() if wanted else []
    return dict(zip(wanted, rows, strict=True))


def take_out(path: Path, positions: Collection[int]) -> None:
    """Leave out of a file the rows at some positions."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not positions:
        return
    left_out, start = frozenset(positions), 0
    every = path.rename(path.with_name(f"every.{path.name}"))
    schema = pq.read_schema(every)
    with writing(path, schema) as write:
        for table in chunks(every, schema.names):
            places = range(start, start + table.num_rows)
            write(table.filter(pa.array([place not in left_out for place in places], pa.bool_())))
            start += table.num_rows
    every.unlink()


@cache
def _one_for_all() -> "duckdb.DuckDBPyConnection":
    """Open the database for small files: opening one for each would take longer than asking."""
    import duckdb

    connection = duckdb.connect(config={"temp_directory": ""})
    atexit.register(_close_one_for_all)  # what is open when Python ends is told on stderr
    return connection


def _close_one_for_all() -> None:
    _one_for_all().close()
    _one_for_all.cache_clear()


def _own_database(path: Path, memory: str) -> "duckdb.DuckDBPyConnection":
    """Open a database for a large file, which writes beside it what memory does not hold."""
    import duckdb

    return duckdb.connect(config={"memory_limit": memory, "temp_directory": f"{path}.spilled"})


@contextmanager
def _database(path: Path, memory: str = DATABASE_MEMORY) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Open a database in bounded memory in which a file is `landed`, with `file_row_number`."""
    name = str(path).replace("'", "''")
    is_small = is_one_chunk(path)
    with _one_for_all().cursor() if is_small else _own_database(path, memory) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            "create temp view landed as "
            f"select *, file_row_number from read_parquet('{name}', file_row_number = true)"
        )
        yield connection


def ask(path: Path, sql: str) -> "pa.Table":
    """Ask DuckDB of a file, which is `landed` there, with `file_row_number` from 0."""
    import duckdb

    try:
        with _database(path) as connection:
            return connection.sql(sql).to_arrow_table()
    except duckdb.OutOfMemoryException:
        with _database(path, MOST_MEMORY) as connection:
            return connection.sql(sql).to_arrow_table()


def ask_small(paths: Sequence[Path], sql: str) -> list[tuple[Any, ...]]:
    """Ask DuckDB of small files of one schema at once: `landed` there, its `file` their place."""
    names = [str(path) for path in paths]
    with _one_for_all().cursor() as connection:
        connection.execute("set enable_progress_bar = false")
        return connection.execute(
            "with landed as (select *, list_position($names, filename) - 1 as file "
            f"from read_parquet($names, filename = true)) {sql}",
            {"names": names},
        ).fetchall()


def first_rows(paths: Sequence[Path], expressions: Mapping[str, str]) -> list[dict[str, Any]]:
    """Compute named SQL expressions over all rows of each file; nothing asked gives nothing.

    Small files are asked together, which takes hardly longer than asking one.
    """
    if not expressions:
        return [{} for _ in paths]
    columns = ", ".join(f"{sql} as {quoted(name)}" for name, sql in expressions.items())
    small = [path for path in paths if 0 < count_rows(path) <= CHUNK_ROWS]
    found: dict[Path, Sequence[Any]] = {}
    if len(small) > 1:
        rows = ask_small(small, f"select file, {columns} from landed group by file")
        found = {small[row[0]]: row[1:] for row in rows}
    for path in paths:
        if path not in found:
            with _database(path) as connection:
                row = connection.execute(f"select {columns} from landed").fetchone()
                found[path] = row or ()
    return [dict(zip(expressions, found[path], strict=True)) for path in paths]
