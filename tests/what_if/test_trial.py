"""From where a build aside begins, and what is put into its rows and standards."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from nights import Said, ziping

from flows.common.errors import WrongUse
from flows.common.settings import Workspace
from flows.contracts.loading import load_contracts
from flows.releases.standards import standard_in_force
from flows.what_if.assumptions import StandardAssumption, parse_cell
from flows.what_if.trial import _set_cell, _set_standard


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "norelease"),
        (["--from", "release"], "norelease"),
        (["--from", "7"], "nosinglerelease7"),
    ],
)
def test_without_a_release_there_is_nothing_to_begin_from(
    tmp_path: Path, said: Said, given: list[str], words: str
) -> None:
    assert ziping("what-if", *given, workspace=Workspace(tmp_path)) == 1
    assert words in said()


def landed(connection: duckdb.DuckDBPyConnection) -> None:
    """Land three admissions of two periods, as a view over what must not be changed."""
    connection.execute("create schema landing")
    connection.execute(
        "create table kept as select * from (values "
        "('2023', 'A', '普通小学', 10), ('2023', 'A', '普通初中', 20), ('2022', 'A', '普通小学', 5)"
        ") as rows(period, school_code, stage, eligible)"
    )
    connection.execute("create view landing.registers__admissions as select * from kept")


def test_a_cell_is_set_in_the_one_row_that_its_key_names() -> None:
    with duckdb.connect() as connection:
        landed(connection)
        for text in ("A/普通小学.eligible=300", "A/普通初中.eligible=400"):
            _set_cell(
                connection, parse_cell(f"registers.admissions:{text}", load_contracts(), 2023)
            )
        rows = "select eligible from {} order by period desc, eligible"
        found = connection.execute(rows.format("landing.registers__admissions")).fetchall()
        assert found == [(300,), (400,), (5,)]
        assert connection.execute(rows.format("kept")).fetchall() == [(10,), (20,), (5,)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A.eligible=300", "2 rows of registers.admissions 2023"),
        ("B/普通小学.eligible=300", "0 rows of registers.admissions 2023"),
    ],
)
def test_a_key_that_names_no_single_row_is_refused(text: str, words: str) -> None:
    with duckdb.connect() as connection:
        landed(connection)
        cell = parse_cell(f"registers.admissions:{text}", load_contracts(), 2023)
        with pytest.raises(WrongUse, match=words):
            _set_cell(connection, cell)


def test_an_assumed_standard_is_in_force_in_its_year_alone() -> None:
    columns = ("standard_id", "region_code", "stage", "comparison", "value", "valid_from",
               "valid_to", "document", "document_number")  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute("create schema seeds")
        connection.execute(
            "create table seeds.standards as select * from (values "
            "('s', 'CN', '普通小学', '>=', 650.0, date '2016-01-01', date '2022-12-31', 'd', 'n'), "
            "('s', 'CN', '普通小学', '>=', 720.0, date '2023-01-01', null, 'd', 'n'), "
            "('s', '510000', '普通小学', '>=', 1.0, date '2023-01-01', null, 'd', 'n')"
            f") as rows({', '.join(columns)})"
        )
        assumption = StandardAssumption("s", "普通小学", Decimal(800))
        _set_standard(connection, assumption, "519900", 2023)
        with pytest.raises(WrongUse, match="is not in force in 2015"):
            _set_standard(connection, assumption, "519900", 2015)
        found = connection.execute("select * from seeds.standards").fetchall()
    rows = [dict(zip(columns, row, strict=True)) for row in found]
    wanted = {date(2022, 9, 1): 650, date(2023, 3, 1): 800, date(2023, 9, 1): 800,
              date(2024, 3, 1): 720}  # fmt: skip
    for day, value in wanted.items():
        row = standard_in_force(rows, "s", "普通小学", "519900", day)
        assert row
        assert row["value"] == value
    assert [row["comparison"] for row in rows] == [">="] * 4
