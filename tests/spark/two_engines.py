"""Builds a small sample on DuckDB and on Spark and compares every table, by type and by row."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from flows.common.settings import CHECKOUT
from flows.warehouse.dbt import FAILED_STATUSES, invoke_dbt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCALE = "0.05"
ROWS_SHOWN = 3
# DuckDB's own names of the types that dbt_project calls otherwise.
TYPE_NAMES = {"varchar": "string", "integer": "int"}


def make_sample(workspace: Path) -> Path:
    """Make a small sample district and build it on DuckDB; give the build database."""
    for command in (["sample", "--scale", SCALE], ["run"]):
        line = [sys.executable, "-m", "flows.cli", *command, "--workspace", str(workspace)]
        finished = subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        if finished.returncode:
            sys.exit(f"ziping {command[0]} ended with {finished.returncode}: {finished.stderr}")
    return workspace / "warehouse" / "build.duckdb"


def start_spark(folder: Path) -> "SparkSession":
    """Start a session of two cores that keeps all it writes in a folder; dbt finds it running."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    from pyspark.sql import SparkSession

    options = {
        "spark.master": "local[2]",
        "spark.driver.memory": "3g",
        # every statement runs once over few rows: compiling it well costs more than it gives
        "spark.driver.extraJavaOptions": (
            "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"  # 48 MB are full half way
        ),
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.sql.shuffle.partitions": "1",
        # it fails over the unions of a unit test's rows below `not exists` (key not found)
        "spark.sql.optimizer.excludedRules": (
            "org.apache.spark.sql.catalyst.optimizer.PushProjectionThroughUnion"
        ),
    }
    return SparkSession.builder.config(map=options).getOrCreate()


def run_dbt(command: Sequence[str], build: Path, target: Path) -> list[Any]:
    """Run dbt, print what failed and how many did, give that; end here where it did not run."""
    result = invoke_dbt(command, CHECKOUT / "dbt_project", build, target)
    if result.exception:
        sys.exit(f"dbt {command[0]}: {result.exception}")
    outcomes = list(getattr(result.result, "results", []))
    failed = [outcome for outcome in outcomes if str(outcome.status) in FAILED_STATUSES]
    for outcome in failed:
        print(f"{outcome.status!s:8}{outcome.node.name}: {outcome.message}")
    print(f"dbt {command[0]}: {len(outcomes)} done, {len(failed)} failed", flush=True)
    return failed


def list_tables(target: Path) -> list[str]:
    """List all that dbt makes, as schema.name."""
    nodes = json.loads((target / "manifest.json").read_text("utf-8"))["nodes"].values()
    return sorted(
        f"{node['schema']}.{node['name']}"
        for node in nodes
        if node["resource_type"] in ("model", "seed")
    )


def compare(
    connection: duckdb.DuckDBPyConnection, session: "SparkSession", table: str
) -> list[str]:
    """Compare a table of both engines; give how they differ, in lines, or nothing."""
    described = connection.execute(f"describe {table}").fetchall()
    types = {column: TYPE_NAMES.get(kind.lower(), kind.lower()) for column, kind, *_ in described}
    frame = session.table(table)
    spark_types = dict(frame.dtypes)
    if list(types) != list(spark_types):
        return [f"columns on DuckDB: {', '.join(types)}", f"on Spark: {', '.join(spark_types)}"]
    lines = [
        f"{column} is {kind} on DuckDB, {spark_types[column]} on Spark"
        for column, kind in types.items()
        if kind != spark_types[column]
    ]
    connection.register("of_spark", frame.toArrow())
    for engine, own, other in (("DuckDB", table, "of_spark"), ("Spark", "of_spark", table)):
        alone = connection.execute(
            f"select * from {own} except all select * from {other} order by all"
        ).fetchall()
        if alone:
            lines.append(f"{len(alone)} rows only on {engine}")
            lines += [
                str({name: str(value) for name, value in zip(types, row, strict=True)})
                for row in alone[:ROWS_SHOWN]
            ]
    connection.unregister("of_spark")
    return lines


def compare_tables(build: Path, session: "SparkSession", tables: Sequence[str]) -> int:
    """Print for each table whether it is the same on both engines; count those that differ."""
    differing = 0
    with duckdb.connect(str(build), read_only=True) as connection:
        for table in tables:
            exists = session.catalog.tableExists(table)
            lines = compare(connection, session, table) if exists else ["is not there on Spark"]
            print(f"{'differs' if lines else 'same':8}{table}")
            for line in lines:
                print(f"        {line}")
            differing += bool(lines)
    print(f"{differing} of {len(tables)} tables differ", flush=True)
    return differing


def main() -> None:
    """Build, compare, and end with 1 where a table differs or a model or test fails on Spark."""
    with tempfile.TemporaryDirectory(prefix="ziping-spark-") as name:
        folder = Path(name)
        print(f"a sample district of scale {SCALE} on DuckDB", flush=True)
        build = make_sample(folder / "workspace")
        landing = json.dumps({"folder": str(folder / "landing")})
        (folder / "landing").mkdir()
        run_dbt(["run-operation", "export_landing", "--args", landing], build, folder / "duckdb")
        print("the same landed rows on Spark", flush=True)
        session = start_spark(folder)
        spark = ["--target", "spark"]
        run_dbt(
            ["run-operation", "make_landing", "--args", landing, *spark], build, folder / "spark"
        )
        tables_alone = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        failed = run_dbt(["build", *tables_alone, *spark], build, folder / "spark")
        differing = compare_tables(build, session, list_tables(folder / "spark"))
        failed += run_dbt(["test", *spark], build, folder / "spark")
        session.stop()
    sys.exit(bool(failed or differing))


if __name__ == "__main__":
    main()
