"""Filling the folder of a release from the build: tables, marts, evidence."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.releases.duckdb_file import write_report_database
from flows.warehouse.build import open_warehouse
from flows.warehouse.models import Model, facts, marts, report_tables, standards

if TYPE_CHECKING:
    import duckdb

MART_KEYS = ("district_code", "year", "period", "dimension", "member", "school_code")
CELL_KEYS = ("district_code", "year", "dimension", "member")
ORDER = {
    "report_values": "district_code, indicator_id, period, dimension, member",
    "report_figures": "district_code, order_no, part",
    "report_indicators": "indicator_id",
    "report_needs": "indicator_id, source, year_offset",
    "report_evidence":
        "district_code, indicator_id, period, dimension, member, role, fact, file_id",
    "report_tasks": "district_code, number",
    "report_narratives": "district_code, item, paragraph",
}  # fmt: skip


def _write_parquet(connection: "duckdb.DuckDBPyConnection", query: str, target: Path) -> None:
    """Write a query's rows; every column is nullable whatever tonight's rows hold."""
    import pyarrow.parquet as pq

    table = connection.sql(query).to_arrow_table()
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, target, compression="zstd")


def _report_query(model: Model, year: int) -> str:
    columns = ", ".join(model.columns)
    chosen = f"where evaluation_year = {year}" if "evaluation_year" in model.columns else ""
    return f"select {columns} from report.{model.name} {chosen} order by {ORDER[model.name]}"


def _counts_of_persons(model: Model, column: str) -> list[str]:
    """List the counts of persons that a mart's column tells: itself, its parts, who was paid."""
    indicator = model.column_meta(column).get("indicator", {})
    parts = [indicator.get(role, {}).get("measure") for role in ("numerator", "denominator")]
    return sorted(
        name
        for name in {column, *parts} & model.columns.keys()
        if {"persons_unit", "paid_to"} & model.column_meta(name).keys()
    )


def _mart_query(model: Model, year: int) -> str:
    """Choose a mart's rows without what must not be shown: counts of persons, withheld columns."""
    columns = []
    keys = [name for name in MART_KEYS if name in model.columns]
    for column in model.columns:
        counts = ", ".join(f"'{name}'" for name in _counts_of_persons(model, column))
        shown = f"not list_contains(withheld.names, '{column}')"
        shown += f" and not list_has_any(hidden.measures, [{counts}])" if counts else ""
        is_key = column in keys
        columns.append(
            f"mart.{column}" if is_key else f"case when {shown} then mart.{column} end as {column}"
        )
    cells = [name for name in CELL_KEYS if name in model.columns]
    return (
        f"select {', '.join(columns)} from marts.{model.name} as mart cross join lateral ("
        "select coalesce(list(measure), []) as measures from report.hidden_cells as cell "
        f"where mart = '{model.name}'"
        + "".join(f" and cell.{name} = mart.{name}" for name in cells)
        + ") as hidden cross join lateral ("
        "select coalesce(list(column_name), []) as names from landing.withheld_columns as own "
        f"where mart = '{model.name}' and evaluation_year = {year} "
        "and own.district_code = mart.district_code"
        f") as withheld where year between {year - 1} and {year} "
        f"order by {', '.join(model.key or keys)}"
    )


def _fact_query(
    connection: "duckdb.DuckDBPyConnection", name: str, fact: Mapping[str, Any], year: int
) -> str:
    """Choose what trace needs of a fact: keys, measures and where each row stands, no person."""
    present = {
        row[0]
        for row in connection.execute(
            "select column_name from duckdb_columns() "
            "where schema_name = 'intermediate' and table_name = $1",
            [name],
        ).fetchall()
    }
    wanted = ["district_code", "year", "stage", *fact["keys"], *fact["measures"]]
    wanted += ["_file_id", "_sheet", "_row_number"]
    columns = [column for column in wanted if column in present]
    return (
        f"select {', '.join(columns)} from intermediate.{name} "
        f"where year between {year - 1} and {year} order by all"
    )


def published_tables() -> list[dict[str, Any]]:
    """Describe the tables of `report.duckdb`, with their keys and titles."""
    of_district = [model for model in marts() if model.meta.get("grain") != "school"]
    tables = [(f"{model.name}.parquet", model) for model in (*report_tables(), standards())]
    tables += [(f"marts/{model.name}.parquet", model) for model in of_district]
    return [
        {
            "name": model.name,
            "file": file,
            "title": str(model.meta.get("title_zh") or model.description).strip(),
            "key": list(model.key),
            "columns": {name: model.title(name) for name in model.columns},
        }
        for file, model in tables
    ]


def write_tables(build: Path, folder: Path, year: int) -> None:
    """Write tables, marts and facts of an evaluation year into the folder of a release."""
    internal = folder / "internal"
    internal.mkdir(mode=0o700)
    with open_warehouse(build) as connection:
        for model in report_tables():
            query = _report_query(model, year)
            _write_parquet(connection, query, folder / f"{model.name}.parquet")
            # Nothing is escaped in it: programs read it, and a name with a sign before it is
            # another name. A spreadsheet runs none of it all the same, for texts of others begin no
            # cell: a file's name is behind its folder, a sheet's in a list, a school's in a reason.
            target = str(folder / f"{model.name}.csv").replace("'", "''")
            connection.execute(f"copy ({query}) to '{target}' (format csv, header)")
        for model in marts():
            place = internal if model.meta.get("grain") == "school" else folder
            target_file = place / "marts" / f"{model.name}.parquet"
            _write_parquet(connection, _mart_query(model, year), target_file)
        for name, fact in facts().items():
            query = _fact_query(connection, name, fact, year)
            _write_parquet(connection, query, internal / "facts" / f"{name}.parquet")
        for name in ("int_unmatched_units", "int_school_successors", "int_units_expected"):
            query = f"select * from intermediate.{name} order by all"
            _write_parquet(connection, query, internal / f"{name}.parquet")
        _write_parquet(
            connection,
            "select * exclude (unit) from landing.quarantine order by all",
            internal / "quarantine.parquet",
        )
        _write_parquet(
            connection,
            "select * exclude (unit) from landing.doubts order by all",
            internal / "doubts.parquet",
        )
        _write_parquet(
            connection, "select * from seeds.standards order by all", folder / "standards.parquet"
        )
    write_report_database(folder, published_tables())
