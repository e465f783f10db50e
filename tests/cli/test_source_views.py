"""What `ziping sources show` says of every row of a file."""

import secrets
from pathlib import Path

import pytest
from nights import Said, ziping

from flows.common.settings import Workspace
from flows.runs import validation


def test_every_row_of_a_file_in_force_is_accounted_for(first_night: Workspace, said: Said) -> None:
    assert ziping("sources", "show", "finance.education_funds", workspace=first_night) == 0
    printed = said()
    assert "header2" in printed
    assert "total" in printed
    assert ziping("sources", "show", "finance.payments", "--rows", workspace=first_night) == 0
    printed = said()
    assert "-row1:header" in printed
    assert "quarantined:exact_duplicate" in printed


def test_a_source_that_nobody_knows_is_told_with_those_that_there_are(
    first_night: Workspace, said: Said
) -> None:
    assert ziping("sources", "show", "finance.payment", workspace=first_night) == 2
    assert "nosourcetableiscalledfinance.payment:thereare" in said()


def test_a_period_of_which_several_files_wait_is_not_just_missing(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [["finance.projects", "519900", "standing", 2]]
    monkeypatch.setattr(validation, "records", lambda _workspace: [{"held": held}])
    workspace = Workspace(tmp_path)
    workspace.key_file.parent.mkdir(parents=True)
    workspace.key_file.write_text(secrets.token_hex(32))
    workspace.key_file.chmod(0o600)
    assert ziping("sources", workspace=workspace) == 0
    assert "2files,noneofthemtaken" in said()
