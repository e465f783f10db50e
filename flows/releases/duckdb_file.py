"""Writes `report.duckdb` from published Parquet files; run as a process of its own.

DuckDB's string blocks hold uninitialised memory, which could carry leftovers of other tables: this
process reads the published files alone. `storage_version v1.0.0` lets every DuckDB 1.x open it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.common.disk import raise_refusal
from flows.common.errors import ZipingError
from flows.common.masking import redacted
from flows.common.process import die_with_parent, memory_sentence

DATABASE = "report.duckdb"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def write_tables(folder: Path, tables: Sequence[Mapping[str, Any]]) -> None:
    """Write the tables with their titles as comments, in this process."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set force_compression = 'uncompressed'")
        target = _quoted(str(folder / DATABASE))
        connection.execute(f"attach {target} as report (storage_version 'v1.0.0')")
        for table in tables:
            name = f"report.main.{table['name']}"
            source = _quoted(str(folder / table["file"]))
            connection.execute(f"create table {name} as select * from read_parquet({source})")
            connection.execute(f"comment on table {name} is {_quoted(table['title'])}")
            for column, title in table["columns"].items():
                connection.execute(f"comment on column {name}.{column} is {_quoted(title)}")
        connection.execute("checkpoint report")
        connection.execute("detach report")


def write_report_database(folder: Path, tables: Sequence[Mapping[str, Any]]) -> None:
    """Write `report.duckdb` into a folder in a clean child process."""
    finished = subprocess.run(
        [sys.executable, "-m", "flows.releases.duckdb_file", str(folder)],
        input=json.dumps(list(tables)).encode(),
        env=os.environ | {"DUCKDB_JE_MALLOC_CONF": "zero:true"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    raise_refusal(finished.stderr.decode("utf-8", "replace"), folder)
    if finished.returncode or (folder / f"{DATABASE}.wal").exists():
        last_line = finished.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        why = memory_sentence(last_line) or redacted(last_line) or f"exit {finished.returncode}"
        raise ZipingError(f"{DATABASE} could not be written: {why}")


if __name__ == "__main__":
    die_with_parent()
    write_tables(Path(sys.argv[1]), json.load(sys.stdin.buffer))
