"""What would be: built aside over a published district, which stays as it is."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nights import Said, copy_of, current, rows, value, ziping

from flows.common.files import hash_file
from flows.common.settings import Workspace
from flows.releases.release import rows_of


@pytest.fixture
def published(first_night: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(first_night, tmp_path / "workspace")


def assume(workspace: Workspace, said: Said, *options: str) -> dict[str, Any]:
    """Run what-if and read its JSON; blanks are gone, as in all that is said."""
    said()
    assert ziping("what-if", "--json", *options, workspace=workspace) == 0
    found: dict[str, Any] = json.loads(said())
    assert found["is_assumption"] is True
    return found


def kept_files(workspace: Workspace) -> dict[str, str]:
    """Hash all that a run or a reader would see."""
    folders = (workspace.releases, workspace.runs, workspace.landed, workspace.cache)
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path): hash_file(path) for path in paths}


def test_a_higher_standard_fails_the_stage_and_its_schools_and_nothing_is_kept(
    published: Workspace, said: Said
) -> None:
    before, name = kept_files(published), current(published).name
    found = assume(published, said, "--standard", "5.1a=100000")
    assert kept_files(published) == before
    assert current(published).name == name
    turned = {
        entry["figure"]: entry
        for entry in found["consequences"]
        if (entry["before"]["judgement"], entry["now"]["judgement"]) == ("达标", "未达标")
    }
    assert {"5.1a", "5.8"} <= turned.keys()
    own = value(published, "operating_per_student", "普通小学")
    lacking = (100000 * own["denominator"] - 2 * own["numerator"]) / 2
    (money, pupils) = turned["5.1a"]["smallest_changes"]
    assert Decimal(money["amount"]) == lacking
    assert Decimal(pupils["amount"]) < 0
    # What each school lacks adds up to what the stage lacks: each is below so high a standard.
    assert sum(Decimal(school["lacking"]) for school in turned["5.1a"]["schools"]) == lacking
    share = turned["5.8"]["now"]
    owed = Decimal(share["value"])
    assert owed < 100
    schools = len(
        rows_of(current(published).folder / "internal/marts/mart_school_entitlements.parquet")
    )
    assert len(turned["5.8"]["schools"]) == round(schools * (100 - owed) / 100)
    assert ziping("what-if", "--standard", "5.1a=100000", workspace=published) == 0
    printed = said()
    assert "达标→未达标" in printed
    assert "假设：达标至少须公用经费支付金额增加" in printed


def test_another_input_changes_its_figure_alone_and_a_key_that_is_none_is_refused(
    published: Workspace, said: Said
) -> None:
    key, before = _a_project(published)
    found = assume(published, said, "--set", f"registers.projects:{key}.places={before + 1000}")
    assert found["consequences"], "a project that counts in no figure"
    for entry in found["consequences"]:
        assert Decimal(entry["now"]["value"]) - Decimal(entry["before"]["value"]) == 1000
    assert (
        ziping("what-if", "--set", "registers.projects:nothing.places=1", workspace=published) == 2
    )
    assert "0rowsofregisters.projects" in said()


def _a_project(workspace: Workspace) -> tuple[str, int]:
    """Find a project of the register whose new places a figure of the report counts."""
    facts = rows_of(current(workspace).folder / "internal/facts/int_projects.parquet")
    counted = next(row for row in facts if row["school_places_opened"])
    (landed,) = {
        row["code"]
        for path in workspace.cache.glob("*/rows.parquet")
        for row in rows_of(path)
        if row["_file_id"] == counted["_file_id"]
        and row["_row_number"] == counted["_row_number"]
        and "places" in row
    }
    return landed, counted["school_places_opened"]


def test_a_release_that_is_not_there_is_no_base(published: Workspace, said: Said) -> None:
    assert ziping("what-if", "--from", "99999", workspace=published) != 0
    assert "nosinglerelease99999" in said()
    assert rows(published, "report_values")
