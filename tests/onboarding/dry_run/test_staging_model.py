"""Suite and staging model are compared with the contract before the night, with file and line."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from flows.contracts.model import Column, Contract
from flows.onboarding.dry_run import suite
from flows.onboarding.dry_run.staging_model import PROJECT, try_staging
from flows.onboarding.dry_run.suite import suite_faults
from flows.warehouse.build import SOURCE_COLUMNS

MEALS = Contract(
    "finance", "meals", {"read": {}},
    (Column("school_code", "string"), Column("paid_yuan", "decimal(18,2)")),
)  # fmt: skip
SQL = """with

meals as (

    select * from {{ source('finance', 'meals') }}

)

select
    district_code,
    school_code,
    paid_yuan
from meals
"""
COLUMNS = {"district_code": {}, "school_code": {"data_tests": ["unique"]}, "paid_yuan": {}}


def project(folder: Path, sql: str, columns: Mapping[str, Mapping[str, object]] = COLUMNS) -> Path:
    """Make a project of one source and its model."""
    staging = folder / "models" / "staging" / "finance"
    staging.mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, folder)
    shutil.copytree(PROJECT / "macros", folder / "macros")
    table = {"name": "meals", "identifier": "finance__meals"}
    source = {"name": "finance", "schema": "landing", "tables": [table]}
    described = [{"name": name} | dict(words) for name, words in columns.items()]
    model = {"name": "stg_finance__meals", "columns": described}
    for name, words in (
        ("_finance__sources", {"sources": [source]}), ("stg_finance__meals", {"models": [model]}),
    ):  # fmt: skip
        text = yaml.safe_dump({"version": 2} | words, sort_keys=False)
        (staging / f"{name}.yml").write_text(text, "utf-8")
    (staging / "stg_finance__meals.sql").write_text(sql, "utf-8")
    return folder


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Write two rows of one school as they would be landed."""
    path = tmp_path / "rows.parquet"
    table = pa.table({"school_code": ["2151000101"] * 2, "paid_yuan": [1, 2]})
    for name in SOURCE_COLUMNS:
        table = table.append_column(name, pa.array(["1", "2"]))
    pq.write_table(table, path)
    return path


def scratch(tmp_path: Path) -> Path:
    (folder := tmp_path / "scratch").mkdir()
    return folder


def test_a_name_that_the_contract_does_not_have_is_told_with_its_line(
    rows: Path, tmp_path: Path
) -> None:
    other = project(tmp_path / "project", SQL.replace("    paid_yuan", "    amount_yuan"))
    trial = try_staging(MEALS, {MEALS.name: MEALS}, [rows], scratch(tmp_path), other)
    assert trial.rows is None
    [fault] = trial.faults
    assert fault.startswith("stg_finance__meals fails (stg_finance__meals.sql, line 12): ")
    assert "amount_yuan" in fault


def test_tests_and_yaml_of_the_model_are_tried_too(rows: Path, tmp_path: Path) -> None:
    columns = COLUMNS | {"paid_yuan": {"data_type": "decimal(18,2)"}, "stage": {}}
    other = project(tmp_path / "project", SQL, columns)
    child = other / "models" / "int_meals.sql"
    child.write_text("select school_code,\n stage\nfrom {{ ref('stg_finance__meals') }}", "utf-8")
    trial = try_staging(MEALS, {MEALS.name: MEALS}, [rows], scratch(tmp_path), other)
    assert trial.rows == 2
    [fault] = trial.faults
    assert fault.startswith("the test unique_stg_finance__meals_school_code fails")
    types, missing = trial.remarks
    assert types == "stg_finance__meals.yml, line 9: paid_yuan is bigint, and not decimal(18,2)"
    assert "line 11: the model has no column stage; int_meals.sql, line 2, names it" in missing
    assert "2151000101" not in " ".join([fault, *trial.remarks])


def test_a_table_without_a_model_is_told(tmp_path: Path) -> None:
    missing = replace(MEALS, table="milk")
    trial = try_staging(missing, {}, [], tmp_path, project(tmp_path / "project", SQL))
    assert trial == (
        None, [], ["there is no stg_finance__milk.sql: the rows would land, and nothing use them"],
    )  # fmt: skip


def test_what_a_suite_names_must_be_in_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "meals.yml"
    monkeypatch.setattr(suite, "suite_path", lambda _contract: path)
    path.write_text(
        """name: finance.meals
aggregates:
  paid: sum(paid_yuan)
  lost: sum(amount_yuan)
rules:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: school_code, row_condition: "stage in ['小学'] and paid_yuan.notnull()"}
    severity: warning
    effect: provisional
    notes: &notes {what: 要有。, why: 缘由。, resolve: 补填。}
  - type: expect_column_values_to_be_between
    kwargs: {column: payed, min_value: 0}
    severity: warning
    notes: *notes
""",
        "utf-8",
    )
    assert suite_faults(MEALS) == [
        "meals.yml, line 6, expect_column_values_to_not_be_null: stage is not a column of "
        "finance.meals",
        "meals.yml, line 11, expect_column_values_to_be_between: payed is not among the aggregates",
        "meals.yml, line 4, aggregate lost: amount_yuan is not a column of finance.meals",
    ]
    path.unlink()
    assert "the suite cannot be read" in suite_faults(MEALS)[0]
