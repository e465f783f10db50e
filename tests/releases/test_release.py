"""A release as its readers find it: whole, sealed, the same again, and readable everywhere."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from districts import two_releases
from editions import asked
from guarded_night import Guarded
from nights import YEAR, Said, current, digests, night, rows, ziping
from searching import contents_of, files_below

from flows.common.files import hash_file
from flows.common.settings import Workspace
from flows.exports.postgres.publish import Target, publish_release
from flows.releases.release import Release
from flows.warehouse.models import facts

KEY = ("district_code", "evaluation_year", "indicator_id", "period", "dimension", "member")
TYPES = {
    "report_values": """district_code varchar, evaluation_year integer, indicator_id varchar,
        period varchar, dimension varchar, member varchar, state varchar, value decimal(38,10),
        value_text varchar, unit varchar, numerator decimal(38,10), denominator decimal(38,10),
        standard_id varchar, standard_value decimal(38,10), judgement varchar,
        margin decimal(38,10), reason varchar, missing_sources varchar, units_expected integer,
        units_received integer, quarantined_rows bigint, quarantined_amount decimal(38,2)""",
    "report_figures": """district_code varchar, evaluation_year integer, figure_id varchar,
        part integer, order_no integer, item_no varchar, place varchar,
        chapter_title varchar, section_title varchar, item_title varchar, title varchar,
        indicator_id varchar, period varchar, dimension varchar, member varchar, text varchar,
        publish varchar, listing varchar, words varchar""",
    "report_indicators": """indicator_id varchar, title_zh varchar, title_en varchar, mart varchar,
        mart_column varchar, value_type varchar, unit varchar, decimals integer, formula varchar,
        multiplier varchar, numerator varchar, denominator varchar, components varchar,
        dimension varchar, period_kind varchar, population varchar, standard_id varchar,
        better varchar, data_class varchar, owner_office varchar, publish varchar, basis varchar,
        definition_zh varchar, definition_version varchar""",
    "report_needs": "indicator_id varchar, source varchar, year_offset integer",
    "report_evidence": """district_code varchar, evaluation_year integer, indicator_id varchar,
        period varchar, dimension varchar, member varchar, role varchar, file_id varchar,
        fact varchar, source varchar, original_name varchar, sha256 varchar, sheets varchar,
        row_count bigint, measure_sum decimal(38,2)""",
    "report_tasks": """district_code varchar, evaluation_year integer, number varchar,
        kind varchar, task varchar, from_whom varchar, due_on date, state varchar,
        indicator varchar, target varchar, file_id varchar, sheet varchar, row_number integer""",
    "report_narratives": """district_code varchar, evaluation_year integer, item varchar,
        paragraph integer, text varchar, office varchar, written_on date, answered_by varchar,
        file_id varchar, sheet varchar, row_number integer""",
}
ARROW = {"varchar": "string", "integer": "int32", "bigint": "int64", "date": "date32[day]",
         "decimal(38,10)": "decimal128(38, 10)", "decimal(38,2)": "decimal128(38, 2)"}  # fmt: skip
KEYS = {
    "report_values": KEY,
    "report_figures": ("district_code", "evaluation_year", "figure_id", "part"),
    "report_indicators": ("indicator_id",),
    "report_needs": ("indicator_id", "source", "year_offset"),
    "report_evidence": (*KEY, "role", "fact", "file_id"),
    "report_tasks": ("district_code", "evaluation_year", "number"),
    "report_narratives": ("district_code", "evaluation_year", "item", "paragraph"),
}
TIMES = ("started", "written")
MARTS = {"mart_class_sizes", "mart_education_funds", "mart_meals", "mart_operating_funds",
         "mart_operating_standards", "mart_school_resources", "mart_schools", "mart_security",
         "mart_staff_training", "mart_student_aid"}  # fmt: skip


def columns_of(table: str) -> dict[str, str]:
    """Read a table's columns and their types, as DESIGN.md writes them."""
    listed = re.split(r",\s+(?![0-9])", " ".join(TYPES[table].split()))
    return dict(column.split(" ", 1) for column in listed)


@pytest.fixture(scope="module")
def release(first_night: Workspace) -> Release:
    return current(first_night)


def test_a_release_has_its_files_and_no_others(release: Release) -> None:
    files = [path for path in release.folder.rglob("*") if path.is_file()]
    present = {str(path.relative_to(release.folder)) for path in files}
    tables = {f"{name}.{ending}" for name in TYPES for ending in ("parquet", "csv")}
    marts = {f"marts/{name}.parquet" for name in MARTS}
    single = {"report.duckdb", "report.xlsx", "manifest.json", "SHA256SUMS", "standards.parquet"}
    single |= {"superset.zip", "index.html", "report.docx", "datapackage.json"}
    internal = {name for name in present if name.startswith("internal/")}
    assert present - internal == tables | marts | single
    assert "internal/marts/mart_school_entitlements.parquet" in internal
    kept = {Path(name).stem for name in internal if name.startswith("internal/facts/int_")}
    assert facts().keys() <= kept


def test_what_is_internal_is_closed_to_others(release: Release) -> None:
    assert (release.folder / "internal").stat().st_mode & 0o777 == 0o700


def test_no_row_of_a_person_is_told_by_internal_facts(release: Release) -> None:
    facts = release.folder / "internal" / "facts"
    for name in ("int_staff_training", "int_training_hours", "int_student_months"):
        columns = set(pq.read_schema(facts / f"{name}.parquet").names)
        place = {"district_code", "year", "stage", "_file_id", "_sheet", "_row_number"}
        measures = {"staff", "trained_staff", "staff_with_required_hours", "training_hours",
                    "student_months"}  # fmt: skip
        assert columns <= place | measures


def test_the_checksums_hold_by_the_tool_that_everybody_has(release: Release) -> None:
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=release.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    lines = (release.folder / "SHA256SUMS").read_text("utf-8").splitlines()
    files = [path for path in release.folder.rglob("*") if path.is_file()]
    assert len(lines) == len(files) - 1
    assert release.find_problems() == []


def test_one_link_leads_to_the_release_of_the_year(first_night: Workspace) -> None:
    fixed = first_night.warehouse / "current"
    assert str(fixed.readlink()) == f"releases/{YEAR}/current"
    assert fixed.resolve() == current(first_night).folder
    assert (first_night.releases / str(YEAR) / "current").readlink().parts == (
        current(first_night).name,
    )


# The tables


@pytest.mark.parametrize("table", TYPES)
def test_a_table_has_the_columns_and_types_of_the_design(release: Release, table: str) -> None:
    schema = pq.read_schema(release.folder / f"{table}.parquet")
    expected = {name: ARROW[kind] for name, kind in columns_of(table).items()}
    assert dict(zip(schema.names, map(str, schema.types), strict=True)) == expected
    assert list(schema.names) == list(expected)
    assert all(schema.field(name).nullable for name in schema.names)


@pytest.mark.parametrize("table", TYPES)
def test_a_table_has_one_row_per_key_in_order(release: Release, table: str) -> None:
    found = pq.read_table(release.folder / f"{table}.parquet").to_pylist()
    keys = [tuple(row[name] for name in KEYS[table]) for row in found]
    assert found
    assert len(set(keys)) == len(keys)
    assert all(cell not in (None, "") for key in keys for cell in key)
    order = ("district_code", "order_no", "part") if table == "report_figures" else KEYS[table]
    ordered = [tuple(row[name] for name in order) for row in found]
    assert ordered == sorted(ordered)


def test_no_table_holds_a_float(release: Release) -> None:
    paths = [*release.folder.glob("*.parquet"), *release.folder.glob("marts/*.parquet")]
    assert len(paths) == len(TYPES) + len(MARTS) + 1
    for path in paths:
        for field in pq.read_schema(path):
            assert not pa.types.is_floating(field.type), f"{path.name} {field.name}"
            assert not pa.types.is_timestamp(field.type), f"{path.name} {field.name}"


def test_no_clock_and_no_release_stands_in_the_tables(release: Release) -> None:
    manifest = release.manifest
    fresh = {release.name, release.fingerprint, release.fingerprint[:12], manifest["night"]}
    fresh |= {manifest["written_at"][:10], manifest["started_at"][:10]}
    for path in release.folder.glob("report_*.csv"):
        text = path.read_text("utf-8")
        assert not {word for word in fresh if word in text}, path.name


@pytest.mark.parametrize("table", TYPES)
def test_the_csv_is_the_parquet_for_a_reader_without_types(release: Release, table: str) -> None:
    path = release.folder / f"{table}.csv"
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8", newline="") as file:
        head, *body = csv.reader(file)
    exact = pq.read_table(release.folder / f"{table}.parquet").to_pylist()
    assert head == list(columns_of(table))
    assert [["" if cell is None else str(cell) for cell in row] for row in body] == [
        ["" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
         for cell in row.values()]
        for row in exact
    ]  # fmt: skip
    read = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert read.shape == (len(exact), len(head))


def test_a_csv_reader_that_guesses_finds_no_key_empty(release: Release) -> None:
    read = pd.read_csv(release.folder / "report_values.csv")
    assert not read[list(KEY)].isna().any().any()


def test_pandas_reads_text_whole_numbers_and_exact_decimals(release: Release) -> None:
    frame = pd.read_parquet(release.folder / "report_values.parquet")
    assert list(frame.columns) == list(columns_of("report_values"))
    assert isinstance(frame["evaluation_year"].iloc[0].item(), int)
    assert {type(cell) for cell in frame["indicator_id"]} == {str}
    funds = frame[(frame["indicator_id"] == "education_funds") & (frame["period"] == "2023")]
    assert isinstance(funds["value"].iloc[0], Decimal)
    assert set(frame["quarantined_rows"].dropna() % 1) == {0}  # none of a hidden value


def test_every_value_needs_a_definition_and_every_figure_a_value(first_night: Workspace) -> None:
    values = rows(first_night, "report_values")
    defined = {row["indicator_id"] for row in rows(first_night, "report_indicators")}
    assert {row["indicator_id"] for row in values} <= defined
    keys = {tuple(row[name] for name in KEY) for row in values}
    for table in ("report_figures", "report_evidence"):
        assert {tuple(row[name] for name in KEY) for row in rows(first_night, table)} <= keys
    for row in values:
        is_hidden = row["state"] in ("missing", "not_applicable", "suppressed", "withheld")
        assert (row["value"] is None and row["value_text"] is None) == is_hidden, row
        assert row["reason"] or row["state"] == "actual", row
        assert row["judgement"] != "达标" or row["state"] in ("actual", "provisional"), row


def test_evidence_adds_up_to_numerator_and_denominator(first_night: Workspace) -> None:
    values = {tuple(row[name] for name in KEY): row for row in rows(first_night, "report_values")}
    sums: dict[tuple[Any, ...], Decimal] = {}
    for row in rows(first_night, "report_evidence"):
        key = (*(row[name] for name in KEY), row["role"])
        if row["measure_sum"] is not None:  # where a file holds few persons, none says how many
            sums[key] = sums.get(key, Decimal(0)) + row["measure_sum"]
    compared = 0
    for (*key, role), total in sums.items():
        if role in ("numerator", "denominator"):
            value = values[tuple(key)][role]
            if values[tuple(key)]["indicator_id"] == "fully_funded_schools_share":
                continue  # its schools rest on several files each
            assert total == value, (key, role)
            compared += 1
    assert compared > 30


# The workbook


def test_the_workbook_shows_the_figures_as_they_are_published(
    first_night: Workspace, release: Release
) -> None:
    book = openpyxl.load_workbook(release.folder / "report.xlsx")
    assert book.sheetnames[:4] == ["说明", "指标", "定义", "缺失与待核"]
    sheet = book["指标"]
    lines = list(sheet.iter_rows(values_only=True))
    head = next(number for number, line in enumerate(lines) if "印出文字" in line)
    number, text = lines[head].index("图号"), lines[head].index("印出文字")
    shown = [(line[number], line[text]) for line in lines[head + 1 :] if line[number]]
    published = [(row["figure_id"], row["text"]) for row in rows(first_night, "report_figures")]
    assert [printed for _, printed in shown] == [printed for _, printed in published]
    for (label, _), (figure, _) in zip(shown, published, strict=True):
        assert str(label).startswith(figure)
    assert all(sheet.page_setup.orientation for sheet in book.worksheets)
    for sheet in book.worksheets:
        assert any("样例数据" in str(cell.value) for row in sheet["A1:A4"] for cell in row)


# The manifest


def test_the_manifest_tells_what_the_release_was_made_from(
    first_night: Workspace, release: Release
) -> None:
    manifest = json.loads((release.folder / "manifest.json").read_text("utf-8"))
    assert manifest["release"] == release.name
    assert (manifest["district_code"], manifest["evaluation_year"]) == ("519900", YEAR)
    assert manifest["is_sample"] is True
    delivered = {
        (delivery["source"], delivery["period"]): delivery for delivery in manifest["deliveries"]
    }
    assert {source for source, _ in delivered} == set(manifest["contracts"]) - {"registers.waivers"}
    for one in delivered.values():
        kept = first_night.landed / "content" / one["sha256"][:2] / one["sha256"]
        assert hash_file(kept) == one["sha256"]
        assert kept.stat().st_size == one["size"]
        assert one["rows_landed"] > 0
        assert one["received_at"].startswith("20")
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["inputs"]["code"])
    assert {"duckdb", "dbt-core", "pandas"} <= manifest["inputs"]["libraries"].keys()
    assert manifest["inputs"]["parameters"]["evaluation_year"] == YEAR
    suites = {gate["suite"] for gate in manifest["gates"]}
    assert {"finance.payments", "schools.students", "report.report_values"} <= suites
    assert all(gate["accepted"] for gate in manifest["gates"])
    assert {"dbt", "ingest"} <= manifest["stages"].keys()
    started, written = (datetime.fromisoformat(manifest[f"{word}_at"]) for word in TIMES)
    assert timedelta(0) < written - started < timedelta(hours=1)
    assert manifest["previous"] is None


def test_each_manifest_seals_the_one_before(both: Workspace) -> None:
    first, second = two_releases(both)
    assert first.manifest["previous"] is None
    assert second.manifest["previous"] == {
        "release": first.name,
        "manifest_sha256": hash_file(first.folder / "manifest.json"),
    }
    assert first.find_problems() == second.find_problems() == []
    assert first.fingerprint != second.fingerprint
    assert first.manifest["inputs"]["code"] == second.manifest["inputs"]["code"]


# The same again


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes_in_another_process(
    release: Release, guarded: Guarded
) -> None:
    assert guarded.code == 0, guarded.output[-3000:]
    other = current(guarded.workspace)
    assert other.manifest["written_at"] != release.manifest["written_at"]
    assert other.fingerprint == release.fingerprint
    for endings in ((".parquet", ".csv"), (".duckdb", ".xlsx"), (".html", ".zip", ".json")):
        own, again = digests(release, *endings), digests(other, *endings)
        own.pop("manifest.json", None)  # it tells of the night
        assert own.keys() == again.keys() - {"manifest.json"}
        assert [name for name in own if own[name] != again[name]] == []


# DuckDB 1.x, as BI servers have it


READING = """
import duckdb, json, sys
con = duckdb.connect(sys.argv[1], read_only=True)
tables = con.execute(
    "select table_name, comment from duckdb_tables() where not internal").fetchall()
columns = con.execute(
    "select table_name, column_name, data_type, comment from duckdb_columns() "
    "where not internal order by table_name, column_index").fetchall()
counts = {t: con.execute(f'select count(*) from "{t}"').fetchone()[0] for t, _ in tables}
texts = con.execute(
    "select f.text from report_figures f join report_values v using (district_code, "
    "evaluation_year, indicator_id, period, dimension, member) order by order_no, part").fetchall()
print(json.dumps([duckdb.__version__, tables, columns, counts, [t for t, in texts]]))
"""


@pytest.fixture(scope="module")
def old_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with a DuckDB 1.x in an environment of its own."""
    folder = tmp_path_factory.mktemp("duckdb_1")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    pip += ["--disable-pip-version-check", "--only-binary", ":all:", "duckdb>=1.1,<2"]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        pytest.fail(
            "a DuckDB 1.x wheel could not be installed, so it is not known whether DuckDB 1.x "
            f"opens report.duckdb: {done.stderr.strip()[-300:]}",
            pytrace=False,
        )
    return python


@pytest.fixture(scope="module")
def read_by_old_duckdb(old_duckdb: Path, release: Release) -> dict[str, Any]:
    done = subprocess.run(
        [str(old_duckdb), "-I", "-c", READING, str(release.folder / "report.duckdb")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    version, tables, columns, counts, texts = json.loads(done.stdout)
    return {"version": version, "tables": dict(tables), "columns": columns, "counts": counts,
            "texts": texts}  # fmt: skip


@pytest.mark.slow
def test_duckdb_1_opens_the_report(
    read_by_old_duckdb: Mapping[str, Any], first_night: Workspace
) -> None:
    found = read_by_old_duckdb
    assert found["version"].startswith("1.")
    assert found["tables"].keys() == TYPES.keys() | MARTS | {"standards"}
    assert found["texts"] == [row["text"] for row in rows(first_night, "report_figures")]
    for table in TYPES:
        assert found["counts"][table] == len(rows(first_night, table))


@pytest.mark.slow
def test_duckdb_1_shows_the_types_and_names_of_the_design(
    read_by_old_duckdb: Mapping[str, Any],
) -> None:
    for table in TYPES:
        own = {name: kind.lower() for of, name, kind, _ in read_by_old_duckdb["columns"]
               if of == table}  # fmt: skip
        assert own == {name: kind.split("(")[0] if kind == "varchar(6)" else kind
                       for name, kind in columns_of(table).items()}  # fmt: skip
    plain = re.compile(r"varchar|integer|bigint|date|decimal\((38,(2|10)|18,4)\)")
    assert all(plain.fullmatch(kind.lower()) for _, _, kind, _ in read_by_old_duckdb["columns"])


@pytest.mark.slow
def test_tables_and_columns_carry_chinese_titles(read_by_old_duckdb: Mapping[str, Any]) -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    untitled = [name for name, comment in read_by_old_duckdb["tables"].items()
                if not han.search(comment or "")]  # fmt: skip
    untitled += [f"{of}.{name}" for of, name, _, comment in read_by_old_duckdb["columns"]
                 if not han.search(comment or "")]  # fmt: skip
    assert untitled == []


WITHHELD = ("4.1", "15.8", "22.2")
ALWAYS_WITHHELD = {
    "urban_primary_high_score_share", "years_best_grades_rose", "years_admission_shares_rose",
    "top_university_admissions_increase",
}  # fmt: skip


def numbers_in(row: Mapping[str, Any]) -> set[Decimal]:
    found = (row[name] for name in ("value", "numerator", "denominator", "margin"))
    return {Decimal(number).normalize() for number in found if number is not None}


def forms_of(number: Decimal) -> set[str]:
    """Write a number as a file may show it: whole, in 万元, rounded to the yuan or not."""
    plain = {number, number / 10000, number.quantize(Decimal("0.01"))}
    texts = {f"{one.normalize():f}" for one in plain}
    return {text for text in texts if len(text.replace(".", "").strip("0")) >= 5}


def test_what_the_outline_withholds_stands_nowhere(
    workspace: Workspace, checkout: Path, address: str, said: Said
) -> None:
    before = rows(workspace, "report_values")
    seed = checkout / "dbt_project" / "seeds" / "report_outline.csv"
    lines = seed.read_text("utf-8").splitlines()
    ours = [line.split(",")[2] in WITHHELD for line in lines]
    assert sum(ours) == len(WITHHELD)
    texts = [re.sub(r"\bpublic,,(?=[a-z]+,)", "withheld,,", line) if own else line
             for line, own in zip(lines, ours, strict=True)]  # fmt: skip
    seed.write_text("\n".join([*texts, ""]), "utf-8")
    assert night(workspace) == 0
    after = rows(workspace, "report_values")
    withheld = {row["indicator_id"] for row in after if row["state"] == "withheld"}
    assert withheld == {
        "education_funds", "education_funds_increase", "education_funds_growth",
        "funds_per_student", "funds_per_student_growth", "meal_funds_used_share",
        "security_spending", *ALWAYS_WITHHELD,
    }  # fmt: skip
    printed = {row["figure_id"]: row["text"] for row in rows(workspace, "report_figures")}
    assert {figure for figure, text in printed.items() if text == "不公开"} == {
        *WITHHELD, "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "33.6", "33.7", "33.8", "33.9",
    } - {figure for figure in printed if printed[figure] == "不涉及"}  # fmt: skip
    assert "万元" in printed["15.1"]
    shown = set().union(*(numbers_in(row) for row in after))
    secret = set().union(*(numbers_in(row) for row in before if row["indicator_id"] in withheld))
    secret = {number for number in secret - shown if forms_of(number)}
    assert len(secret) > 10
    needles = {form for number in secret for form in forms_of(number)}
    release = current(workspace)
    paths = list(files_below(release.folder, without=[release.folder / "internal"]))
    assert {"report.xlsx", "report.duckdb", "index.html", "superset.zip"} <= {
        path.name for path in paths
    }
    for path in paths:
        for content in contents_of(path):
            plain = content.replace(b",", b"").decode("utf-8", "replace")
            told = set(re.findall(r"(?<![\d.])\d+(?:\.\d+)?(?![\d])", plain))
            told |= {text.rstrip("0").rstrip(".") for text in told if "." in text}
            assert not told & needles, path
        if path.suffix == ".parquet":
            cells = [cell for row in pq.read_table(path).to_pylist() for cell in row.values()]
            found = {Decimal(c).normalize() for c in cells if isinstance(c, int | Decimal)}
            assert not found & secret, path
    publish_release(release, Target(address))
    for (table,) in asked(address, "select relname from pg_class where relkind = 'r' "
                          "and relnamespace = 'ziping'::regnamespace"):  # fmt: skip
        cells = [cell for row in asked(address, f"select * from ziping.{table}") for cell in row]
        found = {Decimal(c).normalize() for c in cells if isinstance(c, int | Decimal)}
        assert not found & secret, table
        assert not {text for c in cells if isinstance(c, str) for text in needles if text in c}
    said()
    for command in (["changes"], ["trace", "4.1", "--rows"], ["trace", "education_funds"]):
        assert ziping(*command, workspace=workspace) == 0
        told = set(re.findall(r"\d+(?:\.\d+)?", said().replace(",", "")))
        assert not told & needles, command
