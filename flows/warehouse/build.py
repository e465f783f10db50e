"""The build database: the relations `landing.*` over what is in force; dbt builds the rest."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from flows.common.settings import Settings
from flows.contracts.model import Contract
from flows.landing.profile import held_by_part
from flows.landing.source_status import ActiveDelivery
from flows.landing.source_status import SourceStatus
from flows.landing.source_status import all_active
from flows.warehouse.indicators import COLUMNS
from flows.warehouse.indicators import Definitions
from flows.warehouse.indicators import metadata_rows
from flows.warehouse.outline import outline_of
from flows.warehouse.outline import read_outlines
from flows.warehouse.withheld import withheld_columns
from flows.warehouse.withheld import withheld_indicators
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING
import os

if TYPE_CHECKING:
    import duckdb

# dbt's types are the common subset; only these two are called otherwise by DuckDB.
SOURCE_COLUMNS = ("district_code", "period", "_file_id", "_sheet", "_row_number")
LANDING_TABLES = {
    "districts": """district_code varchar, district_title varchar, framework varchar,
        evaluation_year integer""",
    "deliveries": """source varchar, district_code varchar, period varchar, file_id varchar,
        original_name varchar, origin varchar, rows_landed bigint, rows_quarantined bigint""",
    "source_status": """district_code varchar, source varchar, source_title varchar,
        evaluation_year integer, year_offset integer, period varchar, is_in_force boolean,
        owner_office varchar, due_on varchar, gap varchar, units_expected varchar,
        has_amounts boolean""",
    "quarantine": """district_code varchar, source varchar, period varchar, file_id varchar,
        sheet varchar, row_number bigint, column_name varchar, rule varchar, effect varchar,
        unit varchar, member varchar, amount decimal(38,2)""",
    "doubts": """district_code varchar, source varchar, period varchar, rule varchar, unit varchar,
        member varchar, amount decimal(38,2), file_id varchar, sheet varchar, row_number bigint,
        is_of_row boolean, reason varchar""",
    "superseded_units": """district_code varchar, source varchar, period varchar, file_id varchar,
        unit varchar""",
    "units_received": """district_code varchar, source varchar, period varchar, unit varchar,
        member varchar""",
    "outline": """district_code varchar, evaluation_year integer, figure_id varchar, part integer,
        order_no integer, item_no varchar, place varchar, title_zh varchar, indicator_id varchar,
        dimension varchar, member varchar, mode varchar, scale decimal(18,0), step decimal(18,0),
        decimals integer, suffix varchar, publish varchar, listing varchar, words varchar,
        framework varchar, list_year integer""",
    "indicators": "indicator_id varchar, "
    + ", ".join(f"{name} {'integer' if name == 'decimals' else 'varchar'}" for name in COLUMNS),
    "members": """indicator_id varchar, formula varchar, period_kind varchar, dimension varchar,
        member varchar, mart varchar, numerator_measure varchar, denominator_measure varchar""",
    "components": """indicator_id varchar, component_id varchar, year_offset integer,
        is_direct boolean""",
    "measures": """indicator_id varchar, role varchar, mart varchar, fact varchar, measure varchar,
        source varchar, persons_from varchar, paid_measure varchar""",
    "needs": """indicator_id varchar, role varchar, fact varchar, source varchar,
        is_standing boolean, has_its_rows boolean, year_offset integer""",
    "withheld_indicators": """district_code varchar, evaluation_year integer,
        indicator_id varchar""",
    "withheld_columns": """district_code varchar, evaluation_year integer, mart varchar,
        column_name varchar""",
}


@contextmanager
def open_warehouse(path: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Open the build database; this module alone does (a second mode would be refused)."""
    import duckdb

    connection = duckdb.connect(str(path))
    try:
        connection.execute("set enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def _paths(paths: Sequence[Path]) -> str:
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"


def make_relation(
    connection: "duckdb.DuckDBPyConnection",
    contract: Contract,
    files: Sequence[Path],
    condition: str = "true",
) -> None:
    """Make one relation over the landed rows of some files, or an empty one of its columns."""
    names = [column.name for column in contract.columns] + list(SOURCE_COLUMNS)
    if files:
        connection.execute(
            f"create view landing.{contract.relation} as "
            f"select {', '.join(names)} from (select *, '{contract.name}' as source "
            f"from read_parquet({_paths(files)})) as landed where {condition}"
        )
        return
    types = {column.name: column.data_type for column in contract.columns}
    types |= dict.fromkeys(SOURCE_COLUMNS, "string") | {"_row_number": "bigint"}
    columns = ", ".join(f"{name} {types[name]}" for name in names)
    connection.execute(f"create table landing.{contract.relation} ({columns})")


def _not_superseded(file: str, unit: str) -> str:
    """Say in SQL that no newer part holds the unit of a landed row; one without unit stays."""
    same = " and ".join(
        f"newer.{name} = landed.{name}" for name in ("source", "district_code", "period")
    )
    same += f" and newer.file_id = landed.{file} and newer.unit = {unit}"
    return f"not exists (select 1 from landing.superseded_units as newer where {same})"


def _counted(contract: Contract) -> str:
    """Say in SQL which landed rows of a table count."""
    column = contract.part_column
    if not contract.in_parts or column is None:
        return "true"
    return _not_superseded("_file_id", held_by_part(column))


def _source_status(status: SourceStatus) -> tuple[Any, ...]:
    expected, contract = status.expected, status.expected.contract
    return (
        expected.district_code,
        contract.name,
        contract.title,
        expected.evaluation_year,
        expected.year_offset,
        expected.period,
        bool(status.active),
        contract.owed.by,
        expected.due,
        status.gap,
        contract.units.expected if contract.units else None,
        contract.column_of_role("amount") is not None,
    )


def _deliveries(parts: Sequence[ActiveDelivery]) -> list[tuple[Any, ...]]:
    rows = {
        (
            part.delivery.source,
            part.delivery.district_code,
            part.delivery.period,
            file.sha256,
            file.shown_name,
            part.delivery.origin,
            part.rows_landed,
            part.rows_quarantined,
        )
        for part in parts
        for file in part.delivery.files
    }
    return sorted(rows)


def _superseded_units(parts: Sequence[ActiveDelivery]) -> list[tuple[str, ...]]:
    return sorted(
        (part.delivery.district_code, part.delivery.source, part.delivery.period,
         part.delivery.files[0].sha256, unit)
        for part in parts
        for unit in part.superseded
    )  # fmt: skip


def _doubts(parts: Sequence[ActiveDelivery]) -> list[tuple[Any, ...]]:
    """List what makes figures doubtful though its rows count, unless a newer part has the unit."""
    return [
        (part.delivery.district_code, part.delivery.source, part.delivery.period, doubt["rule"],
         doubt["unit"], doubt["member"], doubt["amount"], part.delivery.files[0].sha256,
         doubt["sheet"], doubt["row"], doubt["is_of_row"], doubt["reason"])
        for part in parts
        for doubt in part.doubts
    ]  # fmt: skip


def _fill_quarantine(
    connection: "duckdb.DuckDBPyConnection", parts: Sequence[ActiveDelivery]
) -> None:
    for part in parts:
        connection.execute(
            "insert into landing.quarantine select district_code, source, period, file_id, sheet, "
            "row_number, column_name, rule, effect, unit, member, amount from (select *, "
            "$1 as district_code, $2 as source, $3 as period from "
            f"read_parquet({_paths([part.outcome.quarantine])})) as landed "
            f"where {_not_superseded('file_id', 'landed.unit')} order by all",
            [part.delivery.district_code, part.delivery.source, part.delivery.period],
        )


def _fill_units(connection: "duckdb.DuckDBPyConnection", contracts: Mapping[str, Contract]) -> None:
    """List which units reported, also by a row that is in quarantine."""
    for contract in contracts.values():
        if units := contract.units:
            member = units.by_member or "null"
            connection.execute(
                "insert into landing.units_received "
                f"select district_code, '{contract.name}', period, "
                f"cast({units.column} as varchar), cast({member} as varchar) "
                f"from landing.{contract.relation} where {units.column} is not null "
                f"union select district_code, source, period, unit, member from landing.quarantine "
                f"where source = '{contract.name}' and unit is not null"
            )


def _insert(
    connection: "duckdb.DuckDBPyConnection", name: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Fill a table of `landing.*`; at once, for a row at a time takes longer than all models."""
    import pyarrow

    if rows:
        columns = {f"column_{n}": list(cells) for n, cells in enumerate(zip(*rows, strict=True))}
        connection.register("given_rows", pyarrow.table(columns))
        connection.execute(f"insert into landing.{name} select * from given_rows")
        connection.unregister("given_rows")


def prepare_warehouse(
    path: Path,
    contracts: Mapping[str, Contract],
    statuses: Sequence[SourceStatus],
    settings: Settings,
    years: Sequence[int],
) -> None:
    """Make the build database anew with `landing.*`; it is disposable and never a source."""
    for old in (path, path.with_name(path.name + ".wal")):
        if old.is_dir():
            raise IsADirectoryError(f"{old} is a folder: remove it")
        old.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_warehouse(path) as connection:
        path.chmod(0o600)
        connection.execute("create schema landing")
        for name, columns in LANDING_TABLES.items():
            connection.execute(f"create table landing.{name} ({columns})")
        parts = all_active(statuses)
        for contract in contracts.values():
            own = [part for part in parts if part.delivery.source == contract.name]
            files = sorted({part.outcome.rows for part in own})
            make_relation(connection, contract, files, _counted(contract))

        _insert(
            connection,
            "districts",
            [
                (settings.district, settings.district_title, settings.framework, year)
                for year in sorted(years)
            ],
        )
        _insert(connection, "deliveries", _deliveries(parts))
        _insert(connection, "doubts", _doubts(parts))
        _insert(connection, "superseded_units", _superseded_units(parts))
        needed = [status for status in statuses if not status.expected.contract.optional]
        _insert(connection, "source_status", [_source_status(status) for status in needed])
        _fill_quarantine(connection, parts)
        _fill_units(connection, contracts)


def describe_report(
    path: Path, manifest: Mapping[str, Any], settings: Settings, years: Sequence[int]
) -> None:
    """Write what defines the report: the indicators that dbt parsed, the outline of each year."""
    definitions, outlines = Definitions(manifest), read_outlines()
    with open_warehouse(path) as connection:
        for name, rows in metadata_rows(definitions, outlines).items():
            _insert(connection, name, rows)
        for year in years:
            key, outline = (settings.district, year), outline_of(outlines, settings.framework, year)
            _insert(connection, "outline", [(*key, *row.printed()) for row in outline])
            withheld = withheld_indicators(definitions, outline)
            rows = [(*key, name) for name in sorted(withheld)]
            _insert(connection, "withheld_indicators", rows)
            rows = [(*key, *column) for column in sorted(withheld_columns(definitions, withheld))]
            _insert(connection, "withheld_columns", rows)


def dbt_environment(build: Path, target: Path) -> dict[str, str]:
    """Give the environment in which dbt finds the build database and reports nothing."""
    return {
        "ZIPING_BUILD": str(build),
        "DBT_TARGET_PATH": str(target),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        "DBT_PARTIAL_PARSE": "true",
        "DO_NOT_TRACK": "1",
        "HOME": os.environ.get("HOME", str(build.parent)),
    }
