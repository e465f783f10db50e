"""Nights with the real tools; each name says what holds."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from shutil import rmtree

import pytest
from nights import (
    FUNDS_2023,
    Said,
    begun,
    child,
    closed_port,
    copy_of,
    current,
    deliveries_of,
    digests,
    dropped_file,
    edit_text,
    figure,
    last_record,
    names_of_releases,
    night,
    replace_file,
    take_up,
    value,
    ziping,
)

from flows.common.settings import CHECKOUT, Workspace
from flows.extract.raw_store import Store


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
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said, quick_retries: None
) -> None:
    monkeypatch.setenv("ZIPING_STUDENTS_API_URL", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("ZIPING_STUDENTS_API_TOKEN", "canary-token")
    before = names_of_releases(workspace)
    assert night(workspace) == 4
    printed = said()
    assert "2023:unchanged" in printed
    assert "schools.students2023-09-01:theinterfacecannotbereached" in printed
    assert names_of_releases(workspace) == before
    record = last_record(workspace)
    assert record["exit_code"] == 4
    assert len(record["unavailable"]) == 3
    assert "canary-token" not in printed + str(record)


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
    assert "教育经费统计_2023年_密.xlsxisalink" in printed
    assert "支付明细.csv:theperiodcannotberead" in printed
    assert "~$教育经费统计_2023年.xlsx" in printed  # left, and listed
    assert Store(workspace.landed).deliveries() == before


# Corrections


def test_a_corrected_file_comes_into_force_and_the_old_one_again_when_it_is_dropped_again(
    first_night: Workspace, both: Workspace, place: Path, parsed: Path, said: Said
) -> None:
    first_file, second_file = (dropped_file(one, FUNDS_2023) for one in (first_night, both))
    received = deliveries_of(both, "finance.education_funds", "2023")
    assert len(received) == 2
    store = Store(both.landed)
    assert store.path(received[0]).read_bytes() == first_file.read_bytes()
    assert store.path(received[1]).read_bytes() == second_file.read_bytes()
    funds = value(first_night, "education_funds")["value"]
    assert value(both, "education_funds")["value"] == funds + 1000
    assert len(names_of_releases(both)) == 2
    said()
    assert ziping("changes", workspace=both) == 0
    lines = said()
    assert f"数据:finance.education_funds2023:finance/{first_file.name}" in lines
    for moved in ("4.1一般公共预算教育经费2023", "4.2", "4.3", "4.6"):
        assert moved in lines
    assert "4.4" not in lines  # of kindergartens
    assert "21.1" not in lines
    assert "定义" not in lines
    assert "标准:" not in lines

    workspace = take_up(parsed, copy_of(both, place))
    replace_file(dropped_file(workspace, FUNDS_2023), first_file.read_bytes())
    assert night(workspace) == 0
    assert deliveries_of(workspace, "finance.education_funds", "2023") == [*received, received[0]]
    assert len(names_of_releases(workspace)) == 3
    again, first = current(workspace), current(first_night)
    assert again.name.startswith("00003-")
    assert digests(again, ".parquet", ".csv") == digests(first, ".parquet", ".csv")
    rmtree(place)


def test_a_withdrawn_file_counts_no_more_and_the_one_before_it_does_again(
    first_night: Workspace, both: Workspace, place: Path, parsed: Path, said: Said
) -> None:
    workspace = take_up(parsed, copy_of(both, place))
    name = dropped_file(workspace, FUNDS_2023).name
    words = ["--source", "finance.education_funds", "--reason", "误报", "--by", "财政局教科文股"]
    assert ziping("withdraw", name, *words, workspace=workspace) == 0
    assert night(workspace) == 0
    told = f"finance/{name}(received"
    assert told in said()
    assert len(names_of_releases(workspace)) == 3
    again, first = current(workspace), current(first_night)
    assert digests(again, ".parquet", ".csv") == digests(first, ".parquet", ".csv")
    [entry] = again.manifest["withdrawn"]
    assert (entry["reason"], entry["office"]) == ("误报", "财政局教科文股")
    page = (again.folder / "index.html").read_text("utf-8")
    assert "撤回；理由：误报；责任：财政局教科文股" in page
    for command in (["status"], ["sources"], ["sources", "show", "finance.education_funds"]):
        assert ziping(*command, workspace=workspace) == 0
        assert told in said(), command
    assert ziping("changes", workspace=workspace) == 0
    assert f"撤回:教育经费统计（2023）finance/{name}" in said()
    assert night(workspace) == 0  # it stays so, though the file lies in the inbox
    assert "2023:unchanged" in said()
    rmtree(place)


# What a command may not do


def test_a_year_that_is_not_open_is_refused_and_leaves_nothing(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path for path in workspace.warehouse.rglob("*") if path.name != "lock")
    for year in (2022, 2030):
        assert night(workspace, year=year) == 2
        assert f"{year} is no open year: ZIPING_OPEN_YEARS names 2023" in capsys.readouterr().err
    assert night(workspace, as_of=date(2099, 1, 1)) == 2
    assert "--as-of 2099-01-01 has not come yet" in capsys.readouterr().err
    assert before == sorted(p for p in workspace.warehouse.rglob("*") if p.name != "lock")


def test_the_samples_rows_never_become_another_districts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZIPING_DISTRICT", "511702")
    before = names_of_releases(workspace)
    workspace.key_file.rename(workspace.root / "away.key")
    for command in (["new-key"], ["new-key", "--anew"]):
        assert ziping(*command, workspace=workspace) == 1
        told = capsys.readouterr().err
        assert "the rows here are the invented sample's" in told
        assert "ziping new-key --workspace /srv/ziping" in told
        assert not workspace.key_file.exists()
    (workspace.root / "away.key").rename(workspace.key_file)
    assert night(workspace) == 1
    assert "never become those of district 511702" in capsys.readouterr().err
    assert names_of_releases(workspace) == before


def test_an_own_district_is_set_up_word_for_word_and_its_first_night_says_what_is_owed(
    place: Path, parsed: Path
) -> None:
    workspace = begun(parsed, place)
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    [steps] = re.findall(r"```sh\n(mkdir -p /srv/ziping.*?)```", readme, re.DOTALL)
    steps = steps.replace("/srv/ziping", str(place))
    steps = steps.replace(".venv/bin/ziping", f"{sys.executable} -m flows.cli")
    copied, after = re.split(r"(?<=\.env )(?= *# set at least ZIPING_DISTRICT)", steps)
    said_in_env = (
        f"&& printf 'ZIPING_DISTRICT=511702\\nZIPING_DISTRICT_TITLE=甲区\\n' >> {place}/.env"
    )
    ended = subprocess.run(
        ["bash", "-e", "-c", f"{copied}{said_in_env}{after}"], cwd=CHECKOUT,
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert ended.returncode == 4, ended.stderr
    printed = "".join(ended.stdout.split())
    assert "教育经费统计(2023)缺失:由财政局教科文股于2024-04-30前报送,逾期未报" in printed
    assert "no such file" not in ended.stderr.lower()
    assert (figure(workspace, "4.1")["text"], figure(workspace, "4.1")["state"]) == (
        "数据缺失", "missing",
    )  # fmt: skip
    manifest = current(workspace).manifest
    assert (manifest["district_code"], manifest["is_sample"]) == ("511702", False)
    assert last_record(workspace)["exit_code"] == 4
    rmtree(place)


# Definitions and standards


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
