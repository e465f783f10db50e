"""Building aside: the same models over the same rows, but for what is assumed."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import Workspace
from flows.landing.source_status import SourceStatus, all_active, find_status
from flows.releases.fingerprint import fingerprint_of
from flows.releases.release import Release, find_release
from flows.releases.tables import ReleaseTables
from flows.releases.write_tables import write_tables
from flows.runs.context import RunContext, ValidatedSources, inputs_of_year
from flows.runs.validation import find_sources
from flows.warehouse.build import describe_report, open_warehouse, prepare_warehouse
from flows.warehouse.dbt import parse_project, read_manifest, run_dbt
from flows.what_if.assumptions import CellAssumption, StandardAssumption

if TYPE_CHECKING:
    import duckdb

BUILD, TARGET = "build.duckdb", "dbt_target"
CURRENT_RELEASE = "release"


@dataclass(frozen=True)
class Inputs:
    """The rows over which is built: those of a release, as they are read today."""

    run: RunContext
    release: Release
    year: int
    statuses: Sequence[SourceStatus]
    is_of_release: bool  # a build over them would give the release again


@dataclass(frozen=True)
class Trial:
    """What came of a build aside."""

    build: Path
    tables: ReleaseTables


def find_inputs(workspace: Workspace, year: int, name: str | None) -> Inputs:
    """Find the deliveries of a release, and how they are read now; nothing is read anew.

    `release`, or no name, is the current one.
    """
    release = find_release(workspace, year, None if name == CURRENT_RELEASE else name)
    if problems := release.find_problems():
        raise ZipingError(f"no base to compare with: {'; '.join(problems[:3])}")
    run, sources = find_sources(workspace, year)
    used = {
        (file["source"], file["period"], file["sha256"]) for file in release.manifest["deliveries"]
    }
    own = [
        replace(delivery, withdrawn=None)
        for delivery in run.deliveries()
        if all((delivery.source, delivery.period, file.sha256) in used for file in delivery.files)
    ]
    statuses = [
        find_status(expected, own, sources.outcomes, run.today) for expected in run.expected()
    ]
    active = all_active(statuses)
    read = {
        (part.delivery.source, part.delivery.period, file.sha256)
        for part in active
        for file in part.delivery.files
    }
    if unread := sorted(used - read):
        source, period, digest = unread[0]
        raise ZipingError(
            f"{source} {period} ({digest[:12]}) of {release.name} is not read as it was: run "
            "`ziping nightly`, and begin from its release"
        )
    return Inputs(run, release, year, statuses, _gives_release(run, sources, statuses, release))


def _gives_release(
    run: RunContext,
    sources: ValidatedSources,
    statuses: Sequence[SourceStatus],
    release: Release,
) -> bool:
    year = int(release.manifest["evaluation_year"])
    inputs = inputs_of_year(run, replace(sources, statuses=statuses), year)
    return fingerprint_of(inputs) == release.fingerprint


@contextmanager
def trial_folder(workspace: Workspace) -> Iterator[Path]:
    """Give a folder of the machine's temporary ones, closed to others, that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="ziping-what-if-") as name:
        folder = Path(name)
        parsed = workspace.warehouse / TARGET
        if parsed.is_dir():  # what dbt has parsed already; it parses anew what differs
            (folder / TARGET).mkdir()
            for known in ("partial_parse.msgpack", "project"):
                if (parsed / known).is_file():
                    shutil.copy(parsed / known, folder / TARGET)
        yield folder


def build_aside(
    folder: Path,
    name: str,
    inputs: Inputs,
    standards: Sequence[StandardAssumption] = (),
    cells: Sequence[CellAssumption] = (),
) -> Trial:
    """Build the models over the inputs and what is assumed, and give what would be published.

    Tests of dbt and of the report are not asked: an assumption may break what holds of real rows.
    """
    run, build = inputs.run, folder / BUILD
    target = folder / TARGET
    prepare_warehouse(build, run.contracts, inputs.statuses, run.settings, [inputs.year])
    parsed = parse_project(build, target)
    describe_report(build, read_manifest(target), run.settings, [inputs.year])
    with open_warehouse(build) as connection:
        for cell in cells:
            _set_cell(connection, cell)
    run_dbt(["seed"], build, target, parsed)
    with open_warehouse(build) as connection:
        for standard in standards:
            _set_standard(connection, standard, run.settings.district, inputs.year)
    run_dbt(["run"], build, target, parsed)
    written = folder / name
    written.mkdir()
    write_tables(build, written, inputs.year)
    return Trial(build, ReleaseTables.load(written))


def _set_cell(connection: "duckdb.DuckDBPyConnection", cell: CellAssumption) -> None:
    """Put a value into the one landed row that the key names; what is landed stays as it is."""
    relation = f"landing.{cell.contract.relation}"
    _copy_into_a_table(connection, relation)
    wanted = " and ".join(["period = ?", *(f"cast({name} as varchar) = ?" for name in cell.key)])
    values: list[Any] = [cell.period, *cell.key.values()]
    count = connection.execute(
        f"select count(*) from {relation} where {wanted}", values
    ).fetchall()[0][0]
    if count != 1:
        raise WrongUse(
            f"--set: {count} rows of {cell.contract.name} {cell.period} have the key "
            f"{'/'.join(cell.key.values())} ({'/'.join(cell.contract.key or cell.key)}): name one"
        )
    import duckdb

    try:
        connection.execute(
            f"update {relation} set {cell.column.name} = cast(? as {cell.column.data_type}) "
            f"where {wanted}",
            [cell.value, *values],
        )
    except duckdb.ConversionException:
        raise WrongUse(
            f"--set: {cell.value} is no {cell.column.data_type}, as {cell.column.name} is"
        ) from None


def _copy_into_a_table(connection: "duckdb.DuckDBPyConnection", relation: str) -> None:
    """Make a table of what is a view over landed files; once, for several cells of it."""
    schema, name = relation.split(".")
    views = connection.execute(
        "select count(*) from duckdb_views() where schema_name = ? and view_name = ?",
        [schema, name],
    ).fetchall()[0][0]
    if views:
        connection.execute(f"create table {schema}.assumed as select * from {relation}")
        connection.execute(f"drop view {relation}")
        connection.execute(f"alter table {schema}.assumed rename to {name}")


def _set_standard(
    connection: "duckdb.DuckDBPyConnection",
    standard: StandardAssumption,
    district: str,
    year: int,
) -> None:
    """Let the district itself set the standard for the year: the nearest authority decides."""
    columns = [
        row[0]
        for row in connection.execute(
            "select column_name from duckdb_columns() "
            "where schema_name = 'seeds' and table_name = 'standards' order by column_index"
        ).fetchall()
    ]
    assumed = {
        "region_code": f"'{district}'",
        "value": str(standard.value),
        "valid_from": f"date '{year}-01-01'",
        "valid_to": f"date '{year}-12-31'",
        "document": "'假设'",
        "document_number": "'假设'",
    }
    chosen = ", ".join(assumed.get(name, name) for name in columns)
    inserted = connection.execute(
        f"insert into seeds.standards select {chosen} from seeds.standards "
        "where standard_id = ? and stage = ? "
        "and (region_code = 'CN' or starts_with(?, region_code)) "
        f"and valid_from <= date '{year}-12-31' "
        f"and (valid_to is null or valid_to >= date '{year}-01-01') "
        "order by case region_code when 'CN' then 0 else length(region_code) end desc, "
        "valid_from desc limit 1 returning 1",
        [standard.standard_id, standard.stage, district],
    ).fetchall()
    if not inserted:
        raise WrongUse(
            f"--standard: {standard.standard_id} of {standard.stage} is not in force in {year}: "
            "it has nothing to be in place of"
        )
