"""What a night does where a source is missing, late, or answers only half."""

import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from faulty_api import CANARY, faulty_api
from nights import (
    CENSUSES,
    Said,
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

from flows.cli.source_views import name_active_files
from flows.common.settings import Workspace
from flows.extract.pull.sql_source import SqlSource
from flows.extract.raw_store import Store
from flows.releases.release import year_folder
from flows.runs.validation import find_sources

PRIMARY_SCHOOL, JUNIOR_SCHOOL = "2151000580", "3151000873"
BROKEN = "2151000541"  # a primary school, too
FORMS, LATE_FORMS = "教育事业统计报表_2023.zip", "教育事业统计报表_2023_补报.zip"
NAMES = {PRIMARY_SCHOOL: "启明小学", JUNIOR_SCHOOL: "第一初级中学", BROKEN: "第一小学"}


def pack(path: Path, books: Mapping[str, bytes]) -> None:
    """Pack workbooks, each under the code of its school."""
    with zipfile.ZipFile(path, "w") as archive:
        for school, content in books.items():
            archive.writestr(f"各校/{school}.xlsx", content)


def forms_in_force(workspace: Workspace) -> str:
    """Say what `ziping sources` shows of the workbooks of schools."""
    _, sources = find_sources(workspace)
    statuses = sources.statuses
    (found,) = (
        status for status in statuses if status.expected.contract.name == "schools.annual_forms"
    )
    return name_active_files(found)


@pytest.fixture
def night_with_gaps(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said, quick_retries: None
) -> Iterator[tuple[Workspace, int, str]]:
    """Run a first night without the register, with an interface that fails in three ways.

    The workbooks of schools come in a ZIP: two are not in it, and one more is broken.
    """
    dropped_file(new_workspace, "心理辅导室台账*").unlink()
    folder = dropped_file(new_workspace, "教育事业统计报表*")
    books = {path.stem: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    late = {school: books.pop(school) for school in (PRIMARY_SCHOOL, JUNIOR_SCHOOL)}
    late[BROKEN], books[BROKEN] = books[BROKEN], books[BROKEN][:3000]
    pack(new_workspace.inbox / "schools" / FORMS, books)
    pack(new_workspace.root / LATE_FORMS, late)
    faults = {
        "2021-09-01": "answers 500",
        "2022-09-01": "a row is missing at the end",
        "2023-09-01": "body ends early without a length",
    }
    with faulty_api(faults) as url:
        monkeypatch.setenv("ZIPING_STUDENTS_API_URL", url)
        monkeypatch.setenv("ZIPING_STUDENTS_API_TOKEN", CANARY)
        code = night(new_workspace)
        yield new_workspace, code, said()


def test_sources_that_are_missing_or_fail_leave_gaps_and_the_rest_is_published(
    night_with_gaps: tuple[Workspace, int, str],
    said: Said,
    prefect_folder: Path,
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

    # The workbooks that are absent or broken take no other down, and are named.
    primary, junior = (figure(workspace, "14.3", part) for part in (1, 2))
    for shares, absent in ((primary, (PRIMARY_SCHOOL, BROKEN)), (junior, (JUNIOR_SCHOOL,))):
        assert (shares["state"], shares["judgement"]) == ("partial", "无法判定")
        assert shares["units_expected"] - shares["units_received"] == len(absent)
        assert all(NAMES[school] in shares["reason"] for school in absent), shares["reason"]
    assert f"{FORMS}/各校/{BROKEN}.xlsxrejected" in printed
    sound = forms_in_force(workspace)
    assert sound == f"{sound.split()[0]} files ({sound.split()[0]} of {FORMS})"
    # The file that was rejected goes back, though others came after it and stand in force.
    assert ziping("quarantine", "schools.annual_forms", workspace=workspace) == 0
    told = said()
    assert f"{BROKEN}.xlsx(rejected)" in told
    assert "文件不完整或已损坏" in told

    # Nothing is half-landed.
    landed = {delivery.source for delivery in Store(workspace.landed).deliveries()}
    assert landed.isdisjoint({"schools.students", "registers.counselling_rooms"})
    for cause in ("theinterfaceanswers500", "announced", "isnowholeJSON"):
        assert cause in printed
    assert "教育局基础教育股于2024-01-31前报送,逾期未报" in printed
    assert "完成，数据不全" in printed

    # The next night is unchanged, and says again what stands open.
    assert night(workspace) == 4
    again = said()
    assert "new:" not in again
    assert "2023:unchanged" in again
    assert "教育局基础教育股于2024-01-31前报送,逾期未报" in again
    assert len(names_of_releases(workspace)) == 1
    assert ziping("status", workspace=workspace) == 0
    assert re.search(r"2024-01-31前报送,逾期未报\(\d+daysoverdue,in2runs", said())

    # The workbooks that follow in a second ZIP complete the same period.
    shutil.move(workspace.root / LATE_FORMS, workspace.inbox / "schools")
    assert night(workspace) == 4
    told = said()
    assert f"{BROKEN}.xlsxrejected" not in told
    assert re.search(r"new:\d+rowsofschools.annual_forms2023-09-01\(3files\)2023:published", told)
    for part in (1, 2, 3, 4):
        completed = figure(workspace, "14.3", part)
        assert (completed["state"], completed["text"]) == ("actual", "0%")
        assert completed["units_expected"] == completed["units_received"]
    count = int(sound.split()[0])
    told = f"{count + 3} files ({count} of {FORMS}, 3 of {LATE_FORMS})"
    assert forms_in_force(workspace) == told
    assert ziping("changes", workspace=workspace) == 0
    told = said()
    for school in (PRIMARY_SCHOOL, JUNIOR_SCHOOL, BROKEN):
        assert re.search(rf"{LATE_FORMS}/各校/{school}.xlsx\(\w+\)新到", told)
    assert re.search(r"14.3大班额占比普通小学2023-09-01:0\[partial,无法判定\]→0\[actual", told)

    assert CANARY not in printed + again
    assert list(prefect_folder.rglob("run.db"))  # of the server to which the flows report
    for folder in (workspace.root, prefect_folder):
        for path in folder.rglob("*"):
            assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


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
    tries = [asked.count((census, 2)) for census in CENSUSES]
    assert max(tries) == 4
    assert min(tries) >= 1  # one that begins when another was given up is tried once
    assert Store(workspace.landed).deliveries() == before
    assert names_of_releases(workspace) == names


def _empty(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("delete from jzg")


def _rename_a_column(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("alter table jzg rename column xd to rjxd")


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def test_what_cannot_be_asked_leaves_its_delivery_in_force_and_makes_no_difference(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said, quick_retries: None
) -> None:
    before, names = Store(workspace.landed).deliveries(), names_of_releases(workspace)
    database = workspace.root / "raw" / "sample" / "staffing.sqlite"
    whole = database.read_bytes()
    monkeypatch.setenv("ZIPING_PULL_SECONDS", "2")
    monkeypatch.setenv("ZIPING_STUDENTS_API_TOKEN", CANARY)
    for fault, break_database, sentences in (
        ("drips its headers", Path.unlink, ("nowholeanswerwithin2s", "thereisnosuchfile")),
        ("answers 401", _empty, ("refusesthetoken(401):renew", "norows,asafterafailedload")),
        ("login page", _rename_a_column, ("awebpage", "nosuchcolumn:xd:wasitrenamed?")),
        ("data is null", _cut, ("lacksrows,total", "thefilecannotberead(DatabaseError)")),
    ):
        database.write_bytes(whole)
        break_database(database)
        with faulty_api(dict.fromkeys(CENSUSES, fault)) as url:
            monkeypatch.setenv("ZIPING_STUDENTS_API_URL", url)
            assert night(workspace) == 4, fault
        printed = said()
        assert "2023:unchanged" in printed
        assert printed.count("thelastdeliverystands") == 2 * (len(CENSUSES) + 1)
        for sentence in sentences:
            assert sentence in printed
        assert "wholerun" not in printed  # neither Prefect nor dbt was needed to find that out
        assert Store(workspace.landed).deliveries() == before
        assert names_of_releases(workspace) == names


def test_an_exception_of_one_source_fails_the_night_and_nothing_is_published(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    def fail(self: SqlSource) -> tuple[bytes, None]:
        asked.append(self.name)
        if len(asked) == 1:
            return b"as it was seen when the night looked", None
        raise KeyError("王小明 510101199901011234")

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
    assert asked == ["staffing.staff 2023-09-01"] * 2  # asking again could not have helped


def test_a_new_evaluation_year_without_its_files_is_missing_and_never_last_years_value(
    workspace: Workspace, said: Said, quick_retries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZIPING_OPEN_YEARS", "2023,2024")
    last_year = {
        (row["indicator_id"], row["member"]): row["value"]
        for row in rows(workspace, "report_values")
    }
    before = current(workspace).name
    assert night(workspace, year=2024) == 4
    assert "2024:published" in said()
    # the staff database answers for any day
    standing = {"schools.schools", "schools.crosswalk", "finance.projects", "staffing.staff"}
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
    newest = current(workspace, 2024).name
    assert (workspace.warehouse / "current").resolve() == year_folder(workspace, 2024) / newest
