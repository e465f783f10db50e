"""Suite and staging model are compared with the contract before the night, with file and line."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from contract_parts import META

from flows.contracts.model import Column, Contract
from flows.onboarding.dry_run.definitions import (
    PROJECT,
    find_models,
    find_suite_problems,
    try_staging_model,
)
from flows.quality.suite import FILE_CHECKS_FILE, SUITES, Suites
from flows.warehouse.build import SOURCE_COLUMNS

MEALS = Contract(
    **META,
    system="finance",
    table="meals",
    columns=(
        Column(name="school_code", data_type="string"),
        Column(name="paid_yuan", data_type="decimal(18,2)"),
    ),
)
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


def project(folder: Path, sql: str) -> Path:
    """Make a project of one source and its model."""
    staging = folder / "models" / "staging" / "finance"
    staging.mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, folder)
    shutil.copytree(PROJECT / "macros", folder / "macros")
    table = {"name": "meals", "identifier": "finance__meals"}
    source = {"name": "finance", "schema": "landing", "tables": [table]}
    described = [{"name": name} | dict(words) for name, words in COLUMNS.items()]
    model = {"name": "stg_finance__meals", "columns": described}
    for name, words in (
        ("_finance__sources", {"sources": [source]}),
        ("stg_finance__meals", {"models": [model]}),
    ):
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
    trial = try_staging_model(MEALS, {MEALS.name: MEALS}, [rows], scratch(tmp_path), other)
    assert trial.rows is None
    [problem] = trial.problems
    assert problem.startswith("stg_finance__meals fails (stg_finance__meals.sql, line 12): ")
    assert "amount_yuan" in problem


def test_tests_of_the_model_are_tried_too(rows: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "project", SQL)
    trial = try_staging_model(MEALS, {MEALS.name: MEALS}, [rows], scratch(tmp_path), other)
    assert trial.rows == 2
    [problem] = trial.problems
    assert problem.startswith("the test unique_stg_finance__meals_school_code fails")
    assert "2151000101" not in problem


def test_the_models_that_read_a_table_are_found(tmp_path: Path) -> None:
    other = project(tmp_path / "project", SQL)
    assert find_models(MEALS, other) == ["stg_finance__meals"]
    milk = MEALS.model_copy(update={"table": "milk"})
    assert not find_models(milk, other)
    (other / "models" / "int_milk.sql").write_text("{{ fact('finance.milk') }}", "utf-8")
    assert find_models(milk, other) == ["int_milk"]


def test_what_a_suite_names_must_be_in_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "finance" / "meals.yml"
    path.parent.mkdir()
    shutil.copy(SUITES / FILE_CHECKS_FILE, tmp_path)
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
    assert find_suite_problems(MEALS, Suites(tmp_path)) == [
        "meals.yml, line 6, expect_column_values_to_not_be_null: stage is not a column of "
        "finance.meals",
        "meals.yml, line 11, expect_column_values_to_be_between: payed is not among the aggregates",
        "meals.yml, line 4, aggregate lost: amount_yuan is not a column of finance.meals",
    ]
    path.unlink()
    assert "the suite cannot be read" in find_suite_problems(MEALS, Suites(tmp_path))[0]
