"""Contracts: fingerprint, way through a manifest, columns, and when a live system is asked."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from contract_parts import META, column, load

from flows.common.text import plain_caption
from flows.contracts.loading import load_contracts
from flows.contracts.model import contract_from_json
from flows.contracts.words import SqlPull
from flows.landing.source_status import ExpectedDelivery
from flows.parsing.columns import make_reader


def test_an_edit_anywhere_in_the_entry_changes_its_fingerprint(tmp_path: Path) -> None:
    edited = [
        load(tmp_path, META, column()),
        load(tmp_path, META | {"title": "样例表二"}, column()),
        load(tmp_path, META | {"quarantine_limit": {"rows": 0.5}}, column()),
        load(tmp_path, META, column(take="code")),
        load(tmp_path, META, column(values={"甲": "乙"})),
        load(tmp_path, META, column(), column() | {"name": "other"}),
    ]
    assert len({found["finance.samples"].fingerprint for found in edited}) == len(edited)
    assert load(tmp_path, META, column()) == edited[0]


@pytest.mark.parametrize("name", sorted(load_contracts()))
def test_a_contract_comes_back_whole_from_the_manifest_of_a_release(name: str) -> None:
    contract = load_contracts()[name]
    again = contract_from_json(json.loads(json.dumps(contract.as_json(), ensure_ascii=False)))
    assert again.fingerprint == contract.fingerprint
    assert again.columns == contract.columns


@pytest.mark.parametrize("name", sorted(load_contracts()))
def test_every_column_of_a_contract_can_be_read_and_found(name: str) -> None:
    contract = load_contracts()[name]
    captions = [plain_caption(text) for column in contract.columns for text in column.captions]
    assert len(captions) == len(set(captions)), "one caption would name two columns"
    for declared in contract.columns:
        assert make_reader(declared, "万元", lambda cell: "x")("") in (None, "x")


def test_ids_of_persons_are_declared_as_such() -> None:
    declared = {
        (name, column.name)
        for name, contract in load_contracts().items()
        for column in contract.columns
        if column.person
    }
    assert declared == {
        ("finance.student_aid", "student_id"),
        ("registers.volunteers", "volunteer_id"),
        ("schools.movements", "student_id"),
        ("schools.students", "student_id"),
        ("staffing.assignments", "person_id"),
        ("staffing.guards", "guard_id"),
        ("staffing.pay", "staff_id"),
        ("staffing.roles", "person_id"),
        ("staffing.staff", "person_id"),
        ("staffing.staff", "staff_id"),
        ("staffing.trainings", "staff_id"),
    }
    pull = load_contracts()["staffing.staff"].pull
    assert isinstance(pull, SqlPull)
    assert "bzlb" not in pull.sql  # what no figure needs is not even asked for


HTTP: dict[str, Any] = {
    "from": "http", "base": "teachers_url", "token": "teachers_token", "path": "/teachers",
    "parameters": {"census": "{period}"}, "rows": "rows", "total": "total", "order_by": "XJH",
}  # fmt: skip


SQL: dict[str, Any] = {"from": "sql", "database": "hr_url", "sql": "select gh", "order_by": "gh"}
CENSUS = {"kind": "census_day", "years": [-1, 0]}
DUE = {"by": "人事股", "due": {"month_day": "10-15"}}


@pytest.mark.parametrize(
    ("pull", "period", "year", "today", "told"),
    [
        (SQL, CENSUS, 2030, "2026-11-29", "that day has not come"),
        (HTTP, CENSUS, 2030, "2026-11-29", "that day has not come"),
        (SQL | {"answers_for": "any_day"}, CENSUS, 2030, "2026-11-29", "that day has not come"),
        (SQL, CENSUS, 2023, "2023-08-31", "that day has not come"),
        (SQL, CENSUS, 2023, "2023-09-01", None),
        (SQL, CENSUS, 2023, "2023-10-15", None),
        (SQL, CENSUS, 2023, "2023-10-16", "it was due by 2023-10-15"),
        (SQL | {"answers_for": "today"}, CENSUS, 2023, "2024-03-01", "it was due by 2023-10-15"),
        (SQL | {"answers_for": "any_day"}, CENSUS, 2023, "2024-03-01", None),
        (HTTP, CENSUS, 2023, "2024-03-01", None),  # it is asked for the day
        (HTTP | {"parameters": {}}, CENSUS, 2023, "2024-03-01", "it was due by 2023-10-15"),
        (SQL, {"kind": "calendar_year"}, 2023, "2024-03-01", None),
        (SQL, {"kind": "calendar_year"}, 2030, "2024-03-01", "that day has not come"),
        (SQL, {"kind": "standing"}, 2030, "2024-03-01", None),
    ],
)
def test_a_live_system_is_asked_only_for_days_that_it_can_answer_for(
    tmp_path: Path, pull: dict[str, Any], period: dict[str, Any], year: int, today: str, told: str
) -> None:
    meta = META | {"pull": pull, "period": period, "owed": DUE}
    (contract,) = load(tmp_path, meta, column()).values()
    why = ExpectedDelivery(contract, "519900", year, 0).why_not_asked(date.fromisoformat(today))
    assert (why is None) if told is None else (why is not None and told in why)
