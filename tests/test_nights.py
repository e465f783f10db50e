"""Nights and what goes wrong in them, with the real tools; each name says what holds."""

import fcntl
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from faulty_api import FAULTS, faulty_api
from nights import (
    YEAR,
    current,
    digests,
    dropped_file,
    figure,
    names_of_releases,
    night,
    raise_funds,
    replace_file,
    rows,
    value,
    ziping,
)

from flows.lib import acceptance, definitions, fingerprint
from flows.lib.acceptance import accept
from flows.lib.contracts import load_contracts
from flows.lib.errors import Blocked, Unavailable, ZipingError
from flows.lib.person_key import load_person_key
from flows.lib.publishing import gate_outcomes
from flows.lib.pulling import SqlSource, land_pull
from flows.lib.records import records
from flows.lib.releases import year_folder
from flows.lib.settings import CHECKOUT, Settings, Workspace, load_settings
from flows.lib.standing import Owed, standing_of
from flows.lib.store import Store
from flows.samples import make_sample

CANARY = "canary-token-5d1f0c"
CENSUSES = ("2021-09-01", "2022-09-01", "2023-09-01")
FUNDS_2023, PAYMENTS_2023 = "教育经费统计_2023*", "支付明细_2023*"
Said = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Read what was printed since the last time, without blanks: long lines are broken."""

    def read() -> str:
        captured = capsys.readouterr()
        return "".join((captured.out + captured.err).split())

    return read


@pytest.fixture
def quick_retries(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask a source again at once; what counts is how often."""
    from flows.ingest import pull

    monkeypatch.setattr(pull, "retry_delay_seconds", [0, 0])


def child(*arguments: str, workspace: Workspace) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    return subprocess.run(
        [sys.executable, *arguments, "--workspace", str(workspace.root)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def last_record(workspace: Workspace) -> dict[str, Any]:
    """Read the record of the last night."""
    return records(workspace)[-1]


def deliveries_of(workspace: Workspace, source: str, period: str) -> list[str]:
    """List the hashes of what was received for a period, in the order of receipt."""
    received = Store(workspace.landed).deliveries()
    return [one.id for one in received if (one.source, one.period) == (source, period)]


def soiled(tmp_path: Path, kind: str, pattern: str) -> bytes:
    """Make the district once more with a kind of dirt and read the one file that has it."""
    other = Workspace(tmp_path / f"with_{kind}")
    make_sample(other, 2023, 0.05, [kind])
    return dropped_file(other, pattern).read_bytes()


def flip_a_bit(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace_file(path, bytes(content))


# Nothing new


def test_a_night_without_anything_new_says_unchanged_and_loads_no_heavy_tool(
    workspace: Workspace,
) -> None:
    before = names_of_releases(workspace)
    ended = child("-X", "importtime", "-m", "flows.cli", "nightly", workspace=workspace)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "unchanged" in ended.stdout
    assert names_of_releases(workspace) == before
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in ended.stderr.splitlines()}
    assert "flows" in loaded
    assert not loaded & {"prefect", "dbt", "great_expectations", "pandas", "duckdb", "pyarrow"}


def test_a_source_that_cannot_be_asked_leaves_its_last_delivery_in_force(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setenv("ZIPING_STUDENTS_API_URL", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("ZIPING_STUDENTS_API_TOKEN", CANARY)
    before = names_of_releases(workspace)
    assert night(workspace) == 4
    printed = said()
    assert "2023:unchanged" in printed
    assert "schools.students2023-09-01:theinterfacecannotbereached" in printed
    assert names_of_releases(workspace) == before
    record = last_record(workspace)
    assert record["exit_code"] == 4
    assert len(record["unavailable"]) == 3
    assert CANARY not in printed + str(record)


def test_a_file_that_is_still_being_written_waits_for_the_next_night(
    workspace: Workspace, said: Said
) -> None:
    path = dropped_file(workspace, FUNDS_2023)
    before = path.read_bytes()
    with path.open("r+b") as writer:
        writer.truncate(len(before) // 2)
        assert night(workspace) == 0
        assert "isstillbeingwritten" in said()
        writer.seek(0)
        writer.write(before)
    assert night(workspace) == 0
    assert len(deliveries_of(workspace, "finance.education_funds", "2023")) == 1
    assert "isstillbeingwritten" not in said()


def test_what_is_no_regular_file_in_the_inbox_is_named_and_passed_over(
    workspace: Workspace, said: Said
) -> None:
    folder = workspace.inbox / "finance"
    os.mkfifo(folder / "支付明细_2023年_补.csv")
    (folder / "教育经费统计_2023年_密.xlsx").symlink_to(workspace.key_file)
    (folder / "~$教育经费统计_2023年.xlsx").write_bytes(b"excel's lock")
    (folder / "支付明细.csv").write_bytes(b"which year?")
    before = Store(workspace.landed).deliveries()
    assert night(workspace) == 0
    printed = said()
    assert "支付明细_2023年_补.csvisnoregularfile" in printed
    assert "教育经费统计_2023年_密.xlsxisnoregularfile" in printed
    assert "支付明细.csv:theperiodcannotberead" in printed
    assert "~$" not in printed
    assert Store(workspace.landed).deliveries() == before


# Corrections


def test_a_corrected_file_comes_into_force_and_the_old_one_again_when_it_is_dropped_again(
    first_night: Workspace, workspace: Workspace, said: Said
) -> None:
    path = dropped_file(workspace, FUNDS_2023)
    first_bytes, first_name = path.read_bytes(), path.name
    funds = value(workspace, "education_funds")["value"]
    raise_funds(workspace, "第一小学", 5)
    assert night(workspace) == 0

    received = deliveries_of(workspace, "finance.education_funds", "2023")
    assert len(received) == 2
    store = Store(workspace.landed)
    assert store.path(received[0]).read_bytes() == first_bytes
    assert store.path(received[1]).read_bytes() == path.read_bytes()
    assert value(workspace, "education_funds")["value"] == funds + 50_000
    assert len(names_of_releases(workspace)) == 2
    said()
    assert ziping("changes", workspace=workspace) == 0
    lines = said()
    assert f"数据:finance.education_funds2023:finance/{first_name}" in lines
    for moved in ("4.1一般公共预算教育经费2023", "4.2", "4.3", "4.5"):
        assert moved in lines
    assert "4.4" not in lines  # of kindergartens
    assert "21.1" not in lines
    assert "定义" not in lines
    assert "标准:" not in lines

    replace_file(path, first_bytes)
    assert night(workspace) == 0
    assert deliveries_of(workspace, "finance.education_funds", "2023") == [*received, received[0]]
    assert len(names_of_releases(workspace)) == 3
    again, first = current(workspace), current(first_night)
    assert again.name.startswith("00003-")
    assert digests(again, ".parquet", ".csv") == digests(first, ".parquet", ".csv")


# Definitions and standards


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the nights of a test run on a copy of the models and suites, which it may edit."""
    copy = tmp_path / "checkout"
    passed_over = ignore_patterns("target", "logs", "__pycache__", ".user.yml")
    for name in ("flows", "dbt_project", "expectations"):
        copytree(CHECKOUT / name, copy / name, ignore=passed_over)
    import flows.transform
    import flows.validate

    monkeypatch.setattr(flows.transform, "CHECKOUT", copy)
    monkeypatch.setattr(flows.validate, "SUITES", copy / "expectations")
    monkeypatch.setattr(acceptance, "SUITES", copy / "expectations")
    monkeypatch.setattr(fingerprint, "CHECKOUT", copy)
    models = copy / "dbt_project" / "models"
    monkeypatch.setattr(definitions, "MODELS", models)
    monkeypatch.setattr(load_contracts, "__defaults__", (models / "staging",))
    cached = (
        fingerprint.code_version, definitions.marts, definitions.report_tables, definitions.facts,
    )  # fmt: skip
    for one in cached:
        one.cache_clear()
    yield copy
    for one in cached:
        one.cache_clear()


def edit_text(path: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")


def test_an_edited_title_makes_a_release_whose_changes_say_definition_and_not_data(
    workspace: Workspace, checkout: Path, said: Said
) -> None:
    mart = checkout / "dbt_project" / "models" / "marts" / "mart_education_funds.yml"
    edit_text(mart, "title_zh: 一般公共预算教育经费\n", "title_zh: 教育经费总额\n")
    assert night(workspace) == 0
    assert len(names_of_releases(workspace)) == 2
    said()
    assert ziping("changes", workspace=workspace) == 0
    lines = said()
    assert "定义:教育经费总额(education_funds):title_zh有变动" in lines
    assert "数据" not in lines
    assert "标准" not in lines
    assert "→" not in lines.split("定义", 1)[1]  # no figure moved


def test_an_edited_standard_makes_a_release_whose_changes_say_standard_and_not_data(
    workspace: Workspace, checkout: Path, said: Said
) -> None:
    seed = checkout / "dbt_project" / "seeds" / "standards.csv"
    edit_text(
        seed,
        "operating_per_student,CN,普通小学,>=,720,",
        "operating_per_student,CN,普通小学,>=,730,",
    )
    assert night(workspace) == 0
    assert len(names_of_releases(workspace)) == 2
    assert figure(workspace, "5.1")["value"] == 730
    assert figure(workspace, "5.1a")["judgement"] == "未达标"
    said()
    assert ziping("changes", workspace=workspace) == 0
    lines = said()
    assert "720[actual,无标准]→730[actual,无标准];原因:标准有变动" in lines
    assert re.search(r"5\.1a[^;]*达标\]→[^;]*未达标\];原因:标准有变动", lines)
    assert "标准:新增operating_per_student普通小学730" in lines
    assert "标准:取消operating_per_student普通小学720" in lines
    assert "数据" not in lines
    assert "定义" not in lines


# What is missing


def closed_port() -> int:
    """Find a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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


# What cannot be accepted


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("cut in the middle", "notreadableasaworkbook"),
        ("no workbook at all", "thefileisno.xlsxworkbook"),
        ("empty", "thefileisempty"),
        ("the column 学段 lost", "学段"),
    ],
)
def test_a_delivery_that_cannot_be_read_is_rejected_and_the_last_good_one_stands(
    workspace: Workspace, tmp_path: Path, said: Said, damage: str, sentence: str
) -> None:
    path = dropped_file(workspace, FUNDS_2023)
    content = path.read_bytes()
    damaged = {
        "cut in the middle": content[: len(content) * 6 // 10],
        "no workbook at all": bytes(range(256)) * 40,
        "empty": b"",
    }.get(damage)
    replace_file(path, soiled(tmp_path, "lost_column", FUNDS_2023) if damaged is None else damaged)
    with Store(workspace.landed).manifest.open("ab") as manifest:
        manifest.write(b'{"source": "finance.education_funds", "per')  # torn by a kill
    assert night(workspace) == 4
    printed = said()
    assert "2023:unchanged" in printed
    named = f"finance.education_funds2023:finance/{path.name}rejected:"
    assert printed.count(named) == 1
    assert sentence in printed.split(named)[1].split("gapsstandopen")[0]
    assert "Traceback" not in printed
    assert len(names_of_releases(workspace)) == 1
    # The torn line is gone, the bytes are kept, and the older delivery is in force.
    received = deliveries_of(workspace, "finance.education_funds", "2023")
    assert len(received) == 2
    assert Store(workspace.landed).manifest.read_bytes().count(b'"per') == len(
        Store(workspace.landed).deliveries()
    )
    page = (workspace.nights / last_record(workspace)["night"] / "gates.html").read_text("utf-8")
    assert path.name in page
    # The next night says it again.
    assert night(workspace) == 4
    assert named in said()


def test_what_is_set_aside_makes_its_figures_provisional_and_never_judged_as_met(
    workspace: Workspace, checkout: Path, tmp_path: Path
) -> None:
    # Of a small district's twenty rows a single one is more than the limit lets in.
    contract = checkout / "dbt_project" / "models" / "staging" / "finance" / "_finance__sources.yml"
    edit_text(contract, "{rows: 0.02, amount: 0.01}", "{rows: 0.06, amount: 0.06}")
    for kind, pattern in (
        ("unreadable_amount", FUNDS_2023),
        ("unmatched_unit", PAYMENTS_2023),
    ):
        replace_file(dropped_file(workspace, pattern), soiled(tmp_path, kind, pattern))
    assert night(workspace) == 4
    junior = figure(workspace, "4.6")
    assert (junior["state"], junior["judgement"]) == ("provisional", "无法判定")
    assert junior["text"].endswith("（暂定）")
    assert junior["quarantined_rows"] == 1
    assert junior["reason"]
    assert figure(workspace, "4.1")["state"] == "provisional"
    assert figure(workspace, "4.9")["judgement"] != "达标"
    assert figure(workspace, "4.5")["state"] == "actual"
    for figure_id in ("5.1a", "5.8"):
        assert figure(workspace, figure_id)["state"] == "provisional", figure_id
        assert figure(workspace, figure_id)["text"].endswith("（暂定）")
    assert figure(workspace, "21.1")["state"] == "actual"


def test_a_school_that_has_not_reported_makes_figures_partial_and_a_cut_file_none(
    workspace: Workspace, tmp_path: Path, said: Said
) -> None:
    before = {row["figure_id"]: row for row in rows(workspace, "report_figures")}
    for kind, pattern in (
        ("missing_school", FUNDS_2023),
        ("truncated_payments", PAYMENTS_2023),
    ):
        replace_file(dropped_file(workspace, pattern), soiled(tmp_path, kind, pattern))
    assert night(workspace) == 4
    printed = said()
    assert "finance.payments2023:finance/支付明细_2023年_样例数据.csvrejected:" in printed
    junior = figure(workspace, "4.6")
    assert (junior["state"], junior["text"], junior["judgement"]) == (
        "partial", "数据缺失", "无法判定",
    )  # fmt: skip
    assert junior["units_received"] == junior["units_expected"] - 1
    for figure_id in ("4.1", "4.2", "4.3", "4.9"):
        assert figure(workspace, figure_id)["state"] == "partial"
        assert figure(workspace, figure_id)["text"] == "数据缺失"
    # The file without its totals row is not in force: what rests on payments is as it was.
    for figure_id in ("4.5", "5.1a", "5.8"):
        assert figure(workspace, figure_id)["text"] == before[figure_id]["text"]
        assert figure(workspace, figure_id)["state"] == "actual"


@pytest.mark.parametrize("fault", ["missing", "empty", "misspelt"])
def test_a_suite_that_is_missing_empty_or_misspelt_rejects_the_delivery(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    copytree(CHECKOUT / "expectations", tmp_path / "suites")
    suite = tmp_path / "suites" / "registers" / "counselling_rooms.yml"
    if fault == "missing":
        suite.unlink()
    elif fault == "empty":
        suite.write_bytes(b"")
    else:
        content = yaml.safe_load(suite.read_text("utf-8"))
        rule = next(one for one in content["rules"] if "column" in one["kwargs"])
        rule["type"] = "expect_column_values_to_be_marvellous"
        suite.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    contract = load_contracts()["registers.counselling_rooms"]
    store, settings = Store(workspace.landed), load_settings(workspace)
    key = load_person_key(workspace.key_file, settings.district)
    owed = Owed(contract, settings.district, YEAR, 0)
    [delivery] = [one for one in store.deliveries() if one.key == owed.key]
    assert accept(store, workspace.cache, delivery, contract, key).accepted
    monkeypatch.setattr(acceptance, "SUITES", tmp_path / "suites")
    verdict = accept(store, workspace.cache, delivery, contract, key)
    assert not verdict.accepted
    assert verdict.rejections
    judged = {(delivery.source, delivery.period, delivery.id): verdict}
    standing = standing_of(owed, [delivery], judged, date(2024, 3, 1))
    assert standing.delivery is None
    assert "已报送但未通过检查" in str(standing.gap)


# What prevents a release


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
    assert "教育经费不会这么多" in printed
    assert current(workspace).folder == before.folder
    assert [
        path.name for path in year_folder(workspace, YEAR).iterdir() if ".part" in path.name
    ] == []
    record = last_record(workspace)
    assert record["exit_code"] == 3
    page = (workspace.nights / record["night"] / "gates.html").read_text("utf-8")
    for text in notes.values():
        assert text in page
    assert len(deliveries_of(workspace, "finance.education_funds", "2023")) == 2

    # What the blocked night had taken in is published by the next one.
    suite.write_text(kept, "utf-8")
    fingerprint.code_version.cache_clear()
    assert night(workspace) == 0
    assert current(workspace).name.startswith("00002-")
    assert ziping("changes", workspace=workspace) == 0
    assert "4.1一般公共预算教育经费2023" in said()


@pytest.mark.parametrize("fault", ["a rule raises", "a suite is empty", "no suite is there"])
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
    else:
        rmtree(suites)
    try:
        outcomes = gate_outcomes(folder, suites, YEAR, district)
    except Blocked:
        return
    assert any(one["rejections"] for one in outcomes)


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
    fingerprint.code_version.cache_clear()
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
        return SimpleNamespace(name="some_node", resource_type=self.resource_type)


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
    nodes: list[OneNode],
    error: type[ZipingError],
    sentence: str,
) -> None:
    import dbt.cli.main

    from flows.transform import run_dbt

    # As dbt itself may: it says success though nodes were skipped.
    answer = SimpleNamespace(success=True, exception=None, result=SimpleNamespace(results=nodes))
    runner = SimpleNamespace(invoke=lambda _command: answer)
    monkeypatch.setattr(dbt.cli.main, "dbtRunner", lambda: runner)
    with pytest.raises(error, match=sentence) as raised:
        run_dbt(["build"])
    assert type(raised.value) is error


# One run at a time


def test_a_second_run_says_who_holds_the_lock_and_ends(workspace: Workspace, said: Said) -> None:
    from flows.lib.lock import take_lock

    before = len(records(workspace))
    lock = take_lock(workspace)
    try:
        ended = child("-m", "flows.cli", "nightly", workspace=workspace)
        assert ended.returncode == 1
        assert f"another run holds the lock: process {os.getpid()} on" in ended.stderr
        (workspace.warehouse / "lock").unlink()  # by somebody who means well
        assert night(workspace) == 1
        assert "anotherrunholdsthelock" in said()
    finally:
        os.close(lock)
    assert len(records(workspace)) == before
    assert night(workspace) == 0


def test_a_lock_file_that_a_killed_run_left_stops_nobody(workspace: Workspace) -> None:
    (workspace.warehouse / "lock").write_text(f"process {os.getpid()} on here since 1970\n")
    assert night(workspace) == 0


def test_the_lock_is_not_inherited_by_a_child(workspace: Workspace) -> None:
    from flows.lib.lock import take_lock

    lock = take_lock(workspace)
    try:
        assert fcntl.fcntl(lock, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
    finally:
        os.close(lock)


# The key


@pytest.mark.parametrize("fault", ["missing", "short", "empty", "readable by others"])
def test_without_its_key_the_run_stops_and_none_is_made(
    workspace: Workspace, said: Said, fault: str
) -> None:
    key = workspace.key_file
    text = key.read_text()
    if fault == "missing":
        key.unlink()
    elif fault == "readable by others":
        key.chmod(0o644)
    else:
        key.write_text(text[:20] if fault == "short" else "")
    raise_funds(workspace, "第一小学", 5)
    before = Store(workspace.landed).deliveries()
    assert night(workspace) == 1
    printed = said()
    assert "warehouse/person_id.key" in printed
    assert text.strip() not in printed
    assert key.exists() == (fault != "missing")
    assert Store(workspace.landed).deliveries() == before
    assert len(names_of_releases(workspace)) == 1


def test_another_district_refuses_the_samples_public_key(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setenv("ZIPING_DISTRICT", "510104")
    assert night(workspace) == 1
    assert "publickeyofthesampledistrict" in said()


def test_a_new_key_is_not_made_where_something_rests_on_the_old_one(
    workspace: Workspace, said: Said
) -> None:
    workspace.key_file.unlink()
    assert ziping("new-key", workspace=workspace) == 1
    assert "restoreitfromyourbackup" in said()
    assert not workspace.key_file.exists()


# Prefect's server


def test_a_prefect_server_that_does_not_answer_fails_the_night_within_seconds(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{closed_port()}/api")
    raise_funds(workspace, "第一小学", 5)
    assert night(workspace) == 1
    printed = said()
    assert "PREFECT_API_URL" in printed
    assert "doesnotanswer" in printed
    assert "Traceback" not in printed
    record = last_record(workspace)
    assert record["stages"]["look"]["wall_seconds"] < 10
    assert record["stages"]["start of Prefect's server"]["wall_seconds"] < 10
    assert len(names_of_releases(workspace)) == 1


# Damage


def test_raw_bytes_that_were_changed_stop_the_run_and_are_named(
    workspace: Workspace, said: Said
) -> None:
    [digest] = deliveries_of(workspace, "finance.education_funds", "2022")
    flip_a_bit(Store(workspace.landed).path(digest))
    rmtree(workspace.cache)  # so that they must be read again
    assert night(workspace) == 1
    printed = said()
    assert f"finance.education_funds2022:thekeptbytes{digest[:12]}werechanged" in printed
    assert len(names_of_releases(workspace)) == 1
    Store(workspace.landed).path(digest).unlink()
    assert night(workspace) == 1
    assert f"finance.education_funds2022:thekeptbytes{digest[:12]}aregone" in said()


def test_a_damaged_line_within_the_manifest_stops_the_run(workspace: Workspace, said: Said) -> None:
    manifest = Store(workspace.landed).manifest
    lines = manifest.read_bytes().split(b"\n")
    manifest.write_bytes(b"\n".join([lines[0], lines[1][:40], *lines[2:]]))
    assert night(workspace) == 1
    assert "manifest.jsonl,line2,isdamaged" in said()


def test_damage_of_what_can_be_made_again_is_healed_and_of_a_release_is_told(
    first_night: Workspace, workspace: Workspace, said: Said
) -> None:
    # One bit of a cached reading, a torn cache of dbt, no database, and a release edited by hand.
    [digest] = deliveries_of(workspace, "finance.education_funds", "2023")
    cached = [
        path.parent
        for path in workspace.cache.glob("*/outcome.json")
        if digest in path.read_text("utf-8")
    ]
    for folder in cached:
        flip_a_bit(folder / "rows.parquet")
    assert len(cached) == 1
    workspace.build.write_bytes(b"no database")
    parsed = workspace.warehouse / "dbt_target" / "partial_parse.msgpack"
    parsed.write_bytes(parsed.read_bytes()[:1000])
    old = current(workspace)
    table = old.folder / "report_values.csv"
    replace_file(table, table.read_bytes().replace(b"actual", b"factual", 1))
    sentence = f"{old.name}:report_values.csvwaschangedorisgone"
    for command in ("releases", "status"):
        assert ziping(command, workspace=workspace) == 0
        assert sentence in said()

    assert night(workspace) == 0
    assert sentence in said()
    new = current(workspace)
    assert new.name == old.name.replace("00001-", "00002-")
    assert new.faults() == []
    assert digests(new, ".parquet", ".csv") == digests(current(first_night), ".parquet", ".csv")
    assert ziping("changes", workspace=workspace) == 0
    assert sentence in said()


def test_current_moved_back_by_hand_is_moved_forward_only_with_a_word(
    workspace: Workspace, said: Said
) -> None:
    link = year_folder(workspace, YEAR) / "current"
    newest = current(workspace)
    older = newest.folder.with_name("00000-000000000000")
    copytree(newest.folder, older)
    link.unlink()
    link.symlink_to(older.name)
    assert night(workspace) == 0
    printed = said()
    assert current(workspace).folder == newest.folder
    assert older.name in printed
    assert night(workspace) == 0
    assert older.name not in said()


def test_a_folder_in_the_place_of_the_link_is_never_deleted(
    workspace: Workspace, said: Said
) -> None:
    link = year_folder(workspace, YEAR) / "current"
    newest = current(workspace).folder
    link.unlink()
    copytree(newest, link)
    assert night(workspace) == 1
    assert "isnolinkbutafolder:moveitaway" in said()
    assert (link / "SHA256SUMS").exists()


def test_the_record_of_a_night_that_is_damaged_is_told_and_harms_nobody(
    workspace: Workspace, said: Said
) -> None:
    [record] = workspace.nights.glob("*/record.json")
    record.write_bytes(b"")
    assert ziping("status", workspace=workspace) == 0
    assert "therecordisdamaged" in said()
    assert night(workspace) == 0
