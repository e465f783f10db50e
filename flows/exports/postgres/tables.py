"""The tables of a release as PostgreSQL holds them: every year side by side, keys, comments."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flows.common.errors import ZipingError
from flows.common.files import hash_file
from flows.releases.release import MANIFEST, Release
from flows.releases.tables import ReleaseTables, Row
from flows.releases.write_tables import published_tables

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Cursor
    from psycopg.sql import Composed

YEAR, YEAR_TITLE = "evaluation_year", "评价年度(各年并列,统计时选定一年)"
DISTRICT, DISTRICT_TITLE = "district_code", "区划代码(各区并列,关联时一并对应)"
COMMON_KEY = (YEAR, DISTRICT)  # stand in the key of every table: what a release replaces
TYPES = {
    "string": "character varying", "int32": "integer", "int64": "bigint", "date32[day]": "date",
    "bool": "boolean",
}  # fmt: skip
RELEASE = "release"
RELEASE_COLUMNS = {
    YEAR: ("integer", "评价年度"),
    "release": ("character varying", "发布"),
    "title": ("character varying", "名称"),
    "district_code": ("character varying", "区划代码"),
    "district_title": ("character varying", "区划名称"),
    "written_at": ("timestamp with time zone", "生成时间"),
    "dataset_version": ("character varying", "数据集版本"),
    "fingerprint": ("character varying", "指纹"),
    "manifest_sha256": ("character varying", "清单校验值"),
    "is_sample": ("boolean", "是否样例数据"),
    "has_gaps": ("boolean", "是否有缺口"),
    "tables": ("character varying", "本次发布的各表"),
}


@dataclass(frozen=True)
class Table:
    """One table with its rows of one year and district; a column is its type and its title."""

    year: int
    district: str
    name: str
    title: str
    key: tuple[str, ...]
    columns: Mapping[str, tuple[str, str]]
    rows: list[tuple[Any, ...]]


NO_RELEASE = Table(
    0, "", RELEASE, "各评价年度、各区现为哪一次发布", COMMON_KEY, RELEASE_COLUMNS, []
)


def _type_of(arrow_type: str, place: str) -> str:
    if found := re.fullmatch(r"decimal128\((\d+), (\d+)\)", arrow_type):
        return f"numeric({found[1]},{found[2]})"
    if arrow_type not in TYPES:
        raise ZipingError(f"{place} is of type {arrow_type}, which has no equal in PostgreSQL")
    return TYPES[arrow_type]


def _describe(
    name: str, described: Mapping[str, Any], content: "pa.Table", year: int, district: str
) -> Table:
    titles = described["columns"]
    columns = {
        field.name: (_type_of(str(field.type), f"{name}.{field.name}"), titles.get(field.name, ""))
        for field in content.schema
    }
    rows = [tuple(row.values()) for row in content.to_pylist()]
    if DISTRICT not in columns:
        columns = {DISTRICT: (TYPES["string"], DISTRICT_TITLE), **columns}
        rows = [(district, *row) for row in rows]
    if YEAR not in columns:
        columns = {YEAR: (TYPES["int32"], YEAR_TITLE), **columns}
        rows = [(year, *row) for row in rows]
    key = (*COMMON_KEY, *(column for column in described["key"] if column not in COMMON_KEY))
    return Table(year, district, name, described["title"], key, columns, rows)


def _release(release: Release, tables: Sequence[Table]) -> Table:
    manifest = release.manifest
    package = release.folder / "datapackage.json"
    described = json.loads(package.read_text("utf-8")) if package.exists() else {}
    row = {
        **{name: manifest[name] for name in RELEASE_COLUMNS if name in manifest},
        "written_at": datetime.fromisoformat(manifest["written_at"]),
        "dataset_version": described.get("dataset_version"),
        "manifest_sha256": hash_file(release.folder / MANIFEST),
        "tables": ",".join(table.name for table in tables),
    }
    rows = [tuple(row[name] for name in RELEASE_COLUMNS)]
    return replace(NO_RELEASE, year=manifest[YEAR], district=manifest[DISTRICT], rows=rows)


def describe_tables(tables: ReleaseTables, manifest: Row) -> list[Table]:
    """Describe the published tables; an older code may not have written all of today's."""
    return [
        _describe(name, described, tables.published[name], manifest[YEAR], manifest[DISTRICT])
        for described in published_tables()
        if (name := described["name"]) in tables.published
    ]


def tables_of_release(release: Release) -> list[Table]:
    """Read the tables of a release and, last, the one that says which release it is."""
    tables = describe_tables(ReleaseTables.load(release.folder), release.manifest)
    return [*tables, _release(release, tables)]


def _define_column(column: str, kind: str) -> "Composed":
    from psycopg.sql import SQL, Identifier

    # The type is one of ours, never a text from outside.
    return SQL("{} {}").format(Identifier(column), SQL(kind))


def make_table(cursor: "Cursor[Any]", schema: str, table: Table) -> None:
    """Make a table, or add the columns that it lacks; one that is not ours is left alone.

    Nothing is ever dropped or renamed, so that what readers built on it goes on working.
    """
    from psycopg.sql import SQL, Identifier

    name = Identifier(schema, table.name)
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod), attnum = any(i.indkey) "
        "from pg_attribute left join pg_index i on i.indrelid = attrelid and i.indisprimary "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        [name.as_string(cursor)],
    )
    present = {column: (kind, is_key) for column, kind, is_key in cursor.fetchall()}
    if not present:
        columns = [_define_column(column, kind) for column, (kind, _) in table.columns.items()]
        key = SQL(", ").join(map(Identifier, table.key))
        statement = SQL("create table {} ({}, primary key ({}))")
        cursor.execute(statement.format(name, SQL(", ").join(columns), key))
        cursor.execute(SQL("revoke all on {} from public").format(name))
        return
    if {column for column, (_, is_key) in present.items() if is_key} == set(table.key) - {DISTRICT}:
        _add_district(cursor, schema, table, has_column=DISTRICT in present)
        present[DISTRICT] = (table.columns[DISTRICT][0], True)
    other = [
        column
        for column, (kind, _) in table.columns.items()
        if column in present and present[column][0] != kind
    ]
    if {column for column, (_, is_key) in present.items() if is_key} != set(table.key):
        other.append("its key")
    if other:
        raise ZipingError(
            f"table {schema}.{table.name} stands in the database in another form "
            f"({', '.join(other)}): publish into another schema with --schema"
        )
    for column, (kind, _) in table.columns.items():
        if column not in present:
            statement = SQL("alter table {} add column {}")
            cursor.execute(statement.format(name, _define_column(column, kind)))


def _add_district(cursor: "Cursor[Any]", schema: str, table: Table, *, has_column: bool) -> None:
    """Take the district into the key of a table of an older version, which held one a year."""
    from psycopg.sql import SQL, Identifier

    name, district = Identifier(schema, table.name), Identifier(DISTRICT)
    if not has_column:
        statement = SQL("alter table {} add column {}")
        cursor.execute(statement.format(name, _define_column(DISTRICT, table.columns[DISTRICT][0])))
        statement = SQL(
            "update {} as own set {} = coalesce((select max({}) from {} as release "
            "where release.{} = own.{}), '')"
        )
        year, release = Identifier(YEAR), Identifier(schema, RELEASE)
        cursor.execute(statement.format(name, district, district, release, year, year))
    found = cursor.execute(
        "select conname from pg_constraint where conrelid = to_regclass(%s) and contype = 'p'",
        [name.as_string(cursor)],
    ).fetchone()
    assert found
    key = SQL(", ").join(map(Identifier, table.key))
    statement = SQL("alter table {} drop constraint {}, add primary key ({})")
    cursor.execute(statement.format(name, Identifier(found[0]), key))


def write_comments(cursor: "Cursor[Any]", schema: str, table: Table) -> None:
    """Write the titles of a table and its columns as comments."""
    from psycopg.sql import SQL, Identifier, Literal

    name = Identifier(schema, table.name)
    cursor.execute(SQL("comment on table {} is {}").format(name, Literal(table.title)))
    for column, (_, title) in table.columns.items():
        statement = SQL("comment on column {} is {}")
        place = Identifier(schema, table.name, column)
        cursor.execute(statement.format(place, Literal(title)))


def _own_rows(table: Table) -> "Composed":
    from psycopg.sql import SQL, Identifier, Literal

    return SQL(" where {} = {} and {} = {}").format(
        Identifier(YEAR), Literal(table.year), Identifier(DISTRICT), Literal(table.district)
    )


def holds_rows(cursor: "Cursor[Any]", schema: str, table: Table) -> bool:
    """Whether a table holds just these rows of year and district, read again from the database."""
    from psycopg.sql import SQL, Identifier

    columns = SQL(", ").join(map(Identifier, table.columns))
    query = SQL("select {} from {}{}")
    name = Identifier(schema, table.name)
    cursor.execute(query.format(columns, name, _own_rows(table)))
    found = cursor.fetchall()
    return len(found) == len(table.rows) and set(found) == set(table.rows)


def empty_dropped_tables(cursor: "Cursor[Any]", schema: str, release: Table) -> None:
    """Take the rows out of tables that the release before had and this one has not."""
    from psycopg.sql import SQL, Identifier, Literal

    query = SQL("select tables from {}{}")
    name = Identifier(schema, RELEASE)
    before = cursor.execute(query.format(name, _own_rows(release))).fetchone()
    now = set(release.rows[0][-1].split(","))
    for table in sorted(set(before[0].split(",")) - now if before else ()):
        place = Identifier(schema, table)
        known = "select from pg_attribute where attrelid = to_regclass(%s) and attname = %s"
        has_district = cursor.execute(known, [place.as_string(cursor), DISTRICT]).fetchone()
        of_year = SQL(" where {} = {}").format(Identifier(YEAR), Literal(release.year))
        own = _own_rows(release) if has_district is not None else of_year  # of an older version
        cursor.execute(SQL("delete from {}{}").format(place, own))


def replace_rows(cursor: "Cursor[Any]", schema: str, table: Table) -> None:
    """Replace a table's rows of year and district; readers see the old ones until the commit."""
    from psycopg.sql import SQL, Identifier

    name = Identifier(schema, table.name)
    statement = SQL("delete from {}{}")
    cursor.execute(statement.format(name, _own_rows(table)))
    columns = SQL(", ").join(map(Identifier, table.columns))
    with cursor.copy(SQL("copy {} ({}) from stdin").format(name, columns)) as copy:
        for row in table.rows:
            copy.write_row(row)
