"""What `ziping sources show` and `sources check` say of every row of a file."""

from pathlib import Path

from nights import Said, copy_of, dropped_file, edit_workbook, ziping

from flows.lib.settings import Workspace


def test_every_row_of_a_file_in_force_is_accounted_for(first_night: Workspace, said: Said) -> None:
    assert ziping("sources", "show", "finance.education_funds", workspace=first_night) == 0
    printed = said()
    assert "header2" in printed
    assert "total" in printed
    assert ziping("sources", "show", "finance.payments", "--rows", workspace=first_night) == 0
    printed = said()
    assert "-row1:header" in printed
    assert "setaside:exact_duplicate" in printed


def test_a_source_that_nobody_knows_is_told_with_those_that_there_are(
    first_night: Workspace, said: Said
) -> None:
    assert ziping("sources", "show", "finance.payment", workspace=first_night) == 2
    assert "nosourcetableiscalledfinance.payment:thereare" in said()


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
    assert printed.endswith("accepted")
    assert sorted(path for path in workspace.root.rglob("*") if path.is_file()) == before


def test_a_file_that_would_be_rejected_says_why_and_where(
    first_night: Workspace, tmp_path: Path, said: Said
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    file = dropped_file(workspace, "教育经费统计_2023*")
    # The fifth row is the first school; its amount cannot be read, and a caption is new.
    edit_workbook(file, lambda sheet: sheet.cell(5, 6, "待核"))
    name = "finance.education_funds"
    ziping("sources", "check", name, str(file), workspace=workspace)
    assert "row5:setaside:unreadable_celloperating_yuan" in said()
    edit_workbook(file, lambda sheet: sheet.delete_cols(1))
    assert ziping("sources", "check", name, str(file), workspace=workspace) == 1
    assert "rejected:columnnotfound" in said()


def test_ids_of_persons_are_not_shown(first_night: Workspace, tmp_path: Path, said: Said) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    file = dropped_file(workspace, "教师培训学时*")
    ziping("sources", "check", "staffing.trainings", str(file), workspace=workspace)
    printed = said()
    assert "＊" in printed
    assert "SY0" not in printed
