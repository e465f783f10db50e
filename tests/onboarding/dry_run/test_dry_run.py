"""What `ziping sources check` says of what is not yet sent: rows, totals, drift, the verdict."""

import shutil
import zipfile
from pathlib import Path

import pytest
from nights import Said, copy_of, dropped_file, edit_workbook, ziping

from flows.cli import check
from flows.common.settings import Workspace
from flows.onboarding.dry_run.definitions import ModelTrial
from flows.quality import suite


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the staging model out, which test_definitions.py tries."""
    monkeypatch.setattr(check, "try_staging_model", lambda *_: ModelTrial(0, []))


def test_a_file_is_tried_without_landing_it(
    first_night: Workspace, tmp_path: Path, said: Said
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    file = dropped_file(workspace, "教育经费统计_2023*")
    before = sorted(path for path in workspace.root.rglob("*") if path.is_file())
    name = "finance.education_funds"
    assert ziping("sources", "check", name, str(file), workspace=workspace) == 0
    printed = said()
    assert "period:2023" in printed
    assert "学校标识码→school_code" in printed
    assert "rowsagreewiththesumsof4columns" in printed
    assert "comparedwithfinance/教育经费统计_2022年" in printed
    assert "staging:stg_finance__education_fundshas20rows" in printed
    assert printed.endswith("accepted")
    assert sorted(path for path in workspace.root.rglob("*") if path.is_file()) == before


@pytest.mark.usefixtures("no_models")
def test_a_file_that_would_be_rejected_says_why_and_where(
    first_night: Workspace, tmp_path: Path, said: Said
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    file = dropped_file(workspace, "教育经费统计_2023*")
    # The fifth row is the first school; its amount cannot be read, and a caption is new.
    edit_workbook(file, lambda sheet: sheet.cell(5, 6, "待核"))
    name = "finance.education_funds"
    ziping("sources", "check", name, str(file), workspace=workspace)
    printed = said()
    assert "unreadable_cell:1row:所列行不计入" in printed
    assert "sheet基层汇总row5operating_yuan" in printed
    edit_workbook(file, lambda sheet: sheet.delete_cols(1))
    assert ziping("sources", "check", name, str(file), workspace=workspace) == 1
    assert "rejected:columnnotfound" in said()


@pytest.mark.usefixtures("no_models")
def test_ids_of_persons_are_not_shown(first_night: Workspace, tmp_path: Path, said: Said) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    file = dropped_file(workspace, "教师培训学时*")
    ziping("sources", "check", "staffing.trainings", str(file), workspace=workspace)
    printed = said()
    assert "＊" in printed
    assert "SY0" not in printed


FORMS = "教育事业统计报表_2023_样例数据"


@pytest.mark.usefixtures("no_models")
def test_each_file_of_a_folder_and_of_an_archive_has_its_account(
    first_night: Workspace, tmp_path: Path, said: Said
) -> None:
    folder = tmp_path / FORMS
    shutil.copytree(first_night.inbox / "schools" / FORMS, folder)
    sent = sorted(folder.iterdir())
    for path in sent[3:]:
        path.unlink()
    name = "schools.annual_forms"
    assert ziping("sources", "check", name, str(folder), workspace=first_night) == 0
    printed = said()
    assert printed.count("accepted:schools/") == 3
    assert "together3of3filesaccepted,theirrows:" in printed
    assert "therowsof3units" in printed
    assert printed.endswith("accepted")
    sent[0].write_bytes(b"")
    archive = tmp_path / f"{FORMS}.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sent[1:3]:
            packed.write(path, path.name)
        packed.writestr("学校代码库_样例数据.csv", "学校标识码\n")
        packed.writestr("damaged.xlsx", b"PK no workbook")
    assert ziping("sources", "check", name, str(archive), workspace=first_night) == 1
    printed = said()
    assert printed.count("accepted:schools/") == 2
    assert "学校代码库_样例数据.csvisschools.schoolsbyitsname" in printed
    assert "damaged.xlsx,period2023-09-01" in printed
    assert "rejected:1of3files;theothersareaccepted;whatstandsabove" in printed


@pytest.mark.usefixtures("no_models")
def test_a_file_that_the_night_would_not_take_is_told(
    first_night: Workspace, tmp_path: Path, said: Said
) -> None:
    for name in ("经费.xlsx", "教育经费统计_2019年.xlsx"):
        shutil.copy(dropped_file(first_night, "教育经费统计_2023*"), tmp_path / name)
    source = "finance.education_funds"
    file = str(tmp_path / "经费.xlsx")
    assert ziping("sources", "check", source, file, workspace=first_night) == 1
    printed = said()
    assert "byitsnamefitsnosourcetable'sfilepattern;aruntakesasfinance" in printed
    assert "*教育经费统计*" in printed
    assert printed.endswith("rejected:itsperiodisnotknown,anditwouldbeleftintheinbox")
    file = str(tmp_path / "教育经费统计_2019年.xlsx")
    assert ziping("sources", "check", source, file, workspace=first_night) == 1
    printed = said()
    assert "noopenyear(2023)needstheperiod2019" in printed
    assert "实际：年份不符（2019→2023）" in printed
    assert "rejected:theruleother_yearisnotkept" in printed
    assert ziping("sources", "check", source, f"{file}.xls", workspace=first_night) == 2


BROKEN = {
    "a severity that is none": ("severity: critical", "severity: critcal"),
    "no notes": ("  notes:", "  remarks:"),
    "mostly": ("kwargs: {", "kwargs: {mostly: 0.9, "),
    "a tab": ("rules:", "rules:\n\t- a"),
    "no rules": ("rules:", "regeln:"),
}


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize("fault", [*BROKEN, "no suite"])
def test_a_fault_of_the_suite_is_told_with_its_file(
    first_night: Workspace,
    tmp_path: Path,
    said: Said,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    suites = shutil.copytree(suite.SUITES, tmp_path / "expectations")
    path = suites / "finance" / "projects.yml"
    if fault in BROKEN:
        text = path.read_text("utf-8")
        assert BROKEN[fault][0] in text
        path.write_text(text.replace(*BROKEN[fault], 1), "utf-8")
    else:
        path.unlink()
    monkeypatch.setattr(suite, "SUITES", suites)
    file = dropped_file(first_night, "项目库*")
    workspace = copy_of(first_night, tmp_path / "workspace")
    assert ziping("sources", "check", "finance.projects", str(file), workspace=workspace) == 1
    printed = said()
    assert "projects.yml" in printed
    assert "Error" not in printed
