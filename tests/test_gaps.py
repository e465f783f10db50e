"""What a night does where a source is missing, late, or answers only half."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_api import FAULTS, faulty_api
from nights import (
    CENSUSES,
    YEAR,
    Said,
    closed_port,
    current,
    dropped_file,
    figure,
    last_record,
    names_of_releases,
    night,
    raise_funds,
    rows,
    ziping,
)

from flows.lib.contracts import load_contracts
from flows.lib.errors import Unavailable
from flows.lib.pulling import SqlSource, land_pull
from flows.lib.releases import year_folder
from flows.lib.settings import Settings, Workspace
from flows.lib.store import Store
from flows.samples import make_sample

CANARY = "canary-token-5d1f0c"


@pytest.fixture
def night_with_gaps(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said, quick_retries: None
) -> Iterator[tuple[Workspace, int, str]]:
    """Run a first night without the register, with an interface that fails in three ways."""
    dropped_file(new_workspace, "心理辅导室台账*").unlink()
    faults = {
        "2021-09-01": "answers 500",
        "2022-09-01": "ends short of its total",
        "2023-09-01": "body ends early without a length",
    }
    with faulty_api(faults) as url:
        monkeypatch.setenv("ZIPING_STUDENTS_API_URL", url)
        monkeypatch.setenv("ZIPING_STUDENTS_API_TOKEN", CANARY)
        code = night(new_workspace)
        yield new_workspace, code, said()


def test_sources_that_are_missing_or_fail_leave_gaps_and_the_rest_is_published(
    night_with_gaps: tuple[Workspace, int, str], said: Said
) -> None:
    workspace, code, printed = night_with_gaps
    assert code == 4
    assert figure(workspace, "4.1")["state"] == "actual"
    assert figure(workspace, "21.1")["state"] == "actual"
    rooms = figure(workspace, "K3.4")
    assert (rooms["state"], rooms["text"], rooms["value"]) == ("missing", "数据缺失", None)
    assert "registers.counselling_rooms" in rooms["missing_sources"]
    for word in ("心理辅导室", "教育局基础教育股", "2024-01-31"):
        assert word in rooms["reason"]
    pupils = figure(workspace, "4.5")
    assert (pupils["state"], pupils["judgement"]) == ("missing", "无法判定")
    for word in ("在校学生", "教育局学籍办", "-10-15"):
        assert word in pupils["reason"]
    assert figure(workspace, "4.8")["state"] == "not_applicable"

    # Nothing is half-landed.
    landed = {one.source for one in Store(workspace.landed).deliveries()}
    assert landed.isdisjoint({"schools.students", "registers.counselling_rooms"})
    for cause in ("theinterfaceanswers500", "announced", "isnowholeJSONanswer"):
        assert cause in printed
    assert "教育局基础教育股于2024-01-31前报送,逾期未报" in printed
    assert "gapsstandopen" in printed

    # The next night is unchanged, and says again what stands open.
    assert night(workspace) == 4
    again = said()
    assert "2023:unchanged" in again
    assert "教育局基础教育股于2024-01-31前报送,逾期未报" in again
    assert len(names_of_releases(workspace)) == 1
    assert ziping("status", workspace=workspace) == 0
    assert "教育局基础教育股于2024-01-31前报送,逾期未报(in2nights)" in said()

    assert CANARY not in printed + again
    for path in workspace.warehouse.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


def settings_for(url: str) -> Settings:
    """Set a token and an interface, and little patience."""
    return Settings(
        students_api_url=url, students_api_token=CANARY, pull_seconds=1.5, request_seconds=0.5
    )


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_an_answer_of_the_interface_that_is_not_whole_lands_nothing(
    tmp_path: Path, fault: str
) -> None:
    store = Store(tmp_path / "landed")
    contract = load_contracts()["schools.students"]
    with (
        faulty_api({"2023-09-01": fault}) as url,
        pytest.raises(Unavailable, match=r"schools\.students 2023-09-01: ") as raised,
    ):
        land_pull(store, contract, settings_for(url), "2023-09-01")
    assert CANARY not in str(raised.value)
    assert "127.0.0.1" not in str(raised.value)
    assert store.deliveries() == []
    assert not [path for path in store.folder.rglob("*") if path.is_file()]


def test_the_stub_without_a_fault_is_landed(tmp_path: Path) -> None:
    store = Store(tmp_path / "landed")
    contract = load_contracts()["schools.students"]
    with faulty_api({}) as url:
        landed = land_pull(store, contract, settings_for(url), "2023-09-01")
    assert store.deliveries() == [landed]


@pytest.mark.parametrize("fault", ["no such table", "no rows", "locked", "wrong address"])
def test_a_database_that_cannot_be_read_whole_lands_nothing(tmp_path: Path, fault: str) -> None:
    import sqlalchemy

    contract = load_contracts()["staffing.staff"]
    path = tmp_path / "staffing.sqlite"
    url = f"sqlite:///{path}?timeout=0.2"
    make_sample(Workspace(tmp_path), 1, 0.05, [])
    (tmp_path / "raw" / "sample" / "staffing.sqlite").rename(path)
    engine = sqlalchemy.create_engine(f"sqlite:///{path}", poolclass=sqlalchemy.NullPool)
    store = Store(tmp_path / "landed")
    with engine.connect() as connection:
        if fault == "no such table":
            connection.exec_driver_sql("drop table jzg")
        elif fault == "no rows":
            connection.exec_driver_sql("delete from jzg")
        elif fault == "locked":
            connection.exec_driver_sql("begin exclusive")
        else:
            url = f"postgresql://reader:{CANARY}@127.0.0.1:{closed_port()}/hr"
        if fault.startswith("no"):
            connection.commit()
        with pytest.raises(Unavailable, match=r"staffing\.staff 2023-09-01: ") as raised:
            land_pull(store, contract, Settings(staffing_database_url=url), "2023-09-01")
    assert CANARY not in str(raised.value)
    assert store.deliveries() == []


def test_a_changed_census_that_ends_short_leaves_the_last_one_in_force(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said, quick_retries: None
) -> None:
    before = Store(workspace.landed).deliveries()
    names = names_of_releases(workspace)
    faults = dict.fromkeys(CENSUSES, "page fails")
    asked: list[tuple[str, int]] = []
    with faulty_api(faults, asked) as url:
        monkeypatch.setenv("ZIPING_STUDENTS_API_URL", url)
        assert night(workspace) == 4
    printed = said()
    assert "2023:unchanged" in printed
    assert "theinterfaceanswers503" in printed
    assert {census: asked.count((census, 2)) for census in CENSUSES} == dict.fromkeys(CENSUSES, 3)
    assert Store(workspace.landed).deliveries() == before
    assert names_of_releases(workspace) == names


def test_an_exception_of_one_source_fails_the_night_and_nothing_is_published(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    def fail(_self: SqlSource, period: str) -> None:
        asked.append(period)
        raise KeyError("王小明 510101199901011234")

    monkeypatch.setattr(SqlSource, "has_changed", lambda _self, _period, _digest: True)
    monkeypatch.setattr(SqlSource, "fetch", fail)
    asked: list[str] = []
    raise_funds(workspace, "第一小学", 5)
    names = names_of_releases(workspace)
    assert night(workspace) == 1
    printed = said()
    assert "ziping:KeyErrorat" in printed
    assert "王小明" not in printed
    assert names_of_releases(workspace) == names
    record = last_record(workspace)
    assert (record["exit_code"], record["failure"][:8]) == (1, "KeyError")
    assert asked == ["2023-09-01"]  # asking again could not have helped


def test_a_new_evaluation_year_without_its_files_is_missing_and_never_last_years_value(
    workspace: Workspace, said: Said, quick_retries: None
) -> None:
    last_year = {
        (row["indicator_id"], row["member"]): row["value"]
        for row in rows(workspace, "report_values")
    }
    before = current(workspace).name
    assert night(workspace, year=2024) == 4
    assert "2024:published" in said()
    standing = {"schools.schools", "schools.crosswalk", "finance.projects"}
    of_its_year = {
        row["indicator_id"]
        for row in rows(workspace, "report_needs", 2024)
        if row["source"] not in standing and row["year_offset"] == 0
    }
    assert {"education_funds", "only_rise", "trained_staff"} <= of_its_year
    values = rows(workspace, "report_values", 2024)
    due = [row for row in values if row["indicator_id"] in of_its_year]
    due = [row for row in due if "2024" in row["period"]]
    assert len(due) > 15
    for row in due:
        if row["state"] != "not_applicable":
            assert row["state"] == "missing", row
            assert row["missing_sources"] != "[]"
        assert row["value"] is None
        assert row["value_text"] is None
    shown = [row for row in values if row["value"] is not None and row["period"] == "2024"]
    for row in shown:  # standards hold on; what was measured does not
        assert row["indicator_id"] not in of_its_year
        assert last_year[(row["indicator_id"], row["member"])] is not None
    assert "2025-04-30" in figure(workspace, "4.1", year=2024)["reason"]
    assert current(workspace).name == before
    assert (workspace.warehouse / "current").resolve() == year_folder(workspace, YEAR) / before
