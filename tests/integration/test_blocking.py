"""What prevents a release, and what it takes for dbt and the gates to count as passed."""

import json
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, rmtree
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from nights import (
    YEAR,
    Said,
    current,
    deliveries_of,
    last_record,
    names_of_releases,
    night,
    raise_funds,
    ziping,
)

from flows.common.errors import Blocked, ZipingError
from flows.common.settings import CHECKOUT, Workspace
from flows.contracts.environment import load_settings
from flows.releases import fingerprint
from flows.releases.audit import gate_outcomes
from flows.releases.release import year_folder


def test_a_critical_rule_of_the_report_that_fails_prevents_the_release_until_it_holds(
    workspace: Workspace, checkout: Path, said: Said
) -> None:
    suite = checkout / "expectations" / "report" / "report_values.yml"
    kept = suite.read_text("utf-8")
    content = yaml.safe_load(kept)
    content["aggregates"]["most_funds"] = (
        "max(value) filter (indicator_id = 'education_funds' and period = '2023')"
    )
    notes = {"what": "教育经费不会这么多。", "why": "试验。", "resolve": "请核对原件。"}
    content["rules"].append(
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "most_funds", "max_value": 1},
            "severity": "critical",
            "notes": notes,
        }
    )
    suite.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    raise_funds(workspace, "第一小学", 5)
    before = current(workspace)
    assert night(workspace) == 3
    printed = said()
    assert "2023:blocked" in printed
    assert "report.report_values:theruleexpect_column_values_to_be_between" in printed
    assert current(workspace).folder == before.folder
    assert [
        path.name for path in year_folder(workspace, YEAR).iterdir() if ".part" in path.name
    ] == []
    record = last_record(workspace)
    assert record["exit_code"] == 3
    page = (workspace.runs / record["run"] / "gates.html").read_text("utf-8")
    for text in notes.values():
        assert text in page
    assert len(deliveries_of(workspace, "finance.education_funds", "2023")) == 2

    # What the blocked night had taken in is published by the next one.
    suite.write_text(kept, "utf-8")
    fingerprint.code_files.cache_clear()
    assert night(workspace) == 0
    assert current(workspace).name.startswith("00002-")
    assert ziping("changes", workspace=workspace) == 0
    assert "4.1一般公共预算教育经费2023" in said()


@pytest.mark.parametrize(
    "fault", ["a rule raises", "a suite is empty", "a suite is gone", "no suite is there"]
)
def test_gates_of_the_report_that_cannot_be_asked_count_as_failed(
    first_night: Workspace, tmp_path: Path, fault: str
) -> None:
    suites = tmp_path / "report"
    copytree(CHECKOUT / "expectations" / "report", suites)
    folder, district = current(first_night).folder, load_settings(first_night).district
    fine = gate_outcomes(folder, suites, YEAR, district)
    assert all(one["accepted"] for one in fine)
    path = suites / "report_values.yml"
    if fault == "a rule raises":
        content = yaml.safe_load(path.read_text("utf-8"))
        content["rules"][0]["severity"] = "warning"
        content["rules"][0]["kwargs"]["column"] = "no_such_column"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    elif fault == "a suite is empty":
        path.write_bytes(b"")
    elif fault == "a suite is gone":
        path.unlink()
    else:
        rmtree(suites)
    try:
        outcomes = gate_outcomes(folder, suites, YEAR, district)
    except Blocked:
        return
    assert any(outcome["rejections"] for outcome in outcomes)


def test_a_failed_dbt_test_blocks_the_night_and_a_broken_model_fails_it(
    workspace: Workspace, checkout: Path, said: Said
) -> None:
    test = checkout / "dbt_project" / "tests" / "nothing_is_ever_right.sql"
    test.parent.mkdir(exist_ok=True)
    test.write_text("select 1 as one from {{ ref('stages') }}\n", "utf-8")
    before = names_of_releases(workspace)
    assert night(workspace) == 3
    assert "thetestnothing_is_ever_rightfailed:nothingispublished" in said()
    assert last_record(workspace)["exit_code"] == 3
    test.unlink()
    model = checkout / "dbt_project" / "models" / "intermediate" / "int_years.sql"
    model.write_text("select cast('王小明' as integer) as year\n", "utf-8")
    fingerprint.code_files.cache_clear()
    assert night(workspace) == 1
    printed = said()
    assert "int_yearsfailed" in printed
    assert "王小明" not in printed
    assert last_record(workspace)["exit_code"] == 1
    assert names_of_releases(workspace) == before


@dataclass
class OneNode:
    """A node as dbt reports it."""

    status: str
    resource_type: str = "model"
    message: str = ""

    @property
    def node(self) -> Any:
        """Name it."""
        name = "some_node"
        return SimpleNamespace(name=name, unique_id=name, resource_type=self.resource_type)


@pytest.mark.parametrize(
    ("nodes", "error", "sentence"),
    [
        ([OneNode("success"), OneNode("skipped")], ZipingError, "skipped or not run: some_node"),
        ([OneNode("success"), OneNode("error")], ZipingError, "some_node failed"),
        ([OneNode("fail", "test"), OneNode("skipped")], Blocked, "the test some_node failed"),
        ([], ZipingError, "built nothing"),
    ],
)
def test_dbt_counts_as_done_only_when_every_node_is(
    server: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    nodes: list[OneNode],
    error: type[ZipingError],
    sentence: str,
) -> None:
    import dbt.cli.main

    from flows.warehouse.dbt import run_dbt

    # As dbt itself may: it says success though nodes were skipped.
    answer = SimpleNamespace(success=True, exception=None, result=SimpleNamespace(results=nodes))
    runner = SimpleNamespace(invoke=lambda _command: answer)
    monkeypatch.setattr(dbt.cli.main, "dbtRunner", lambda _parsed: runner)
    with pytest.raises(error, match=sentence) as raised:
        run_dbt(["build"], tmp_path / "build.duckdb", tmp_path)
    assert type(raised.value) is error


def test_a_test_that_dbt_was_not_asked_has_not_passed(
    server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import dbt.cli.main

    from flows.warehouse.dbt import run_dbt

    kinds = {"some_node": "model", "asked_never": "test", "a_unit_test": "unit_test"}
    nodes = {
        name: {"name": name, "resource_type": kind, "config": {"materialized": kind}}
        for name, kind in kinds.items()
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}), "utf-8")
    built = SimpleNamespace(results=[OneNode("success")])
    answer = SimpleNamespace(success=True, exception=None, result=built)
    monkeypatch.setattr(
        dbt.cli.main, "dbtRunner", lambda _parsed: SimpleNamespace(invoke=lambda _command: answer)
    )
    with pytest.raises(Blocked, match="1 of its models and tests were not asked, asked_never"):
        run_dbt(["build"], tmp_path / "build.duckdb", tmp_path)


@pytest.mark.slow
def test_what_is_said_to_another_dbt_project_changes_nothing_here(
    workspace: Workspace, checkout: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "dbt_project" / "tests" / "always_fails.sql").write_text("select 1 as x\n", "utf-8")
    for name in ("DBT_RESOURCE_TYPES", "DBT_ENGINE_RESOURCE_TYPES"):
        monkeypatch.setenv(name, "model seed")
    for name, text in (("DBT_TARGET", "prod"), ("DBT_EMPTY", "1"), ("DBT_WRITE_JSON", "0")):
        monkeypatch.setenv(name, text)
    assert night(workspace) == 3
    assert "thetestalways_failsfailed:nothingispublished" in said()
