"""The commands of the written report: what they write, say and end with."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from nights import ziping
from report_parts import (
    changed_part,
    content,
    controls_of,
    narrative,
    sealed_releases,
    texts_of,
)

from flows.cli.main import app
from flows.common.settings import Workspace

BODY = "word/document.xml"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with two releases; between them 4.1 moved."""
    later = content()
    later["report_figures"] = [
        row | ({"text": "3000万元"} if row["figure_id"] == "4.1" else {})
        for row in later["report_figures"]
    ]
    sealed_releases(tmp_path, content(), later)
    return Workspace(tmp_path)


@pytest.fixture
def draft(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Path:
    """The draft of the first release."""
    path = workspace.root / "报告.docx"
    code = ziping("report", "draft", str(path), "--release", "00001", workspace=workspace)
    assert code == 4
    capsys.readouterr()
    return path


def edited(path: Path, change: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(change(path.read_bytes()))
    return path


def test_a_draft_is_written_with_what_is_open_about_it(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    path = workspace.root / "报告.docx"
    assert ziping("report", "draft", str(path), workspace=workspace) == 4
    said = capsys.readouterr().out
    assert "数据缺失：4.4 图6 数据缺失：" in said
    assert "未写入：4.5 图7没有写入报告" in said
    assert controls_of(path.read_bytes())[0] == ("figure:4.1", "3000万元", False)


def test_findings_are_there_for_machines(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(workspace.root / "报告.docx")
    assert ziping("report", "draft", path, "--json", workspace=workspace) == 4
    found = json.loads(capsys.readouterr().out)
    assert {"rule": "未写入", "figure": "4.5", "item": "一(二)4", "row": None}.items() <= (
        found["findings"][1].items()
    )


def test_where_nothing_is_open_a_draft_ends_with_0(tmp_path: Path) -> None:
    given = content(
        narrative("一", 0, "履职"), narrative("一(二)", 0, "优先"), narrative("一(二)4", 0, "经费"),
        narrative("一(二)4", 1, "经费{4.1},增长{4.2}。"),
    )  # fmt: skip
    for row in given["report_figures"]:
        row["listing"] = "report" if row["figure_id"] in ("4.1", "4.2") else "supplement"
    sealed_releases(tmp_path, given)
    assert ziping("report", "draft", str(tmp_path / "a.docx"), workspace=Workspace(tmp_path)) == 0


def test_no_command_writes_over_a_file(
    workspace: Workspace, draft: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = draft.read_bytes()
    for command in (
        ["draft", str(draft)],
        ["refresh", str(draft), "--to", str(draft)],
        ["annex", str(draft), "--chapter", "一"],
    ):
        assert ziping("report", *command, workspace=workspace) == 2
        assert "is there already: name a new file" in capsys.readouterr().err
    assert draft.read_bytes() == before


def test_refresh_writes_a_new_file_beside_the_old(
    workspace: Workspace, draft: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = draft.read_bytes()
    assert ziping("report", "refresh", str(draft), workspace=workspace) == 0
    said = capsys.readouterr().out
    assert "4.1 图1：2069万元 → 3000万元；原因：" in said
    new = draft.with_name("报告_00002.docx")
    assert str(new) in said
    assert draft.read_bytes() == before
    assert controls_of(new.read_bytes())[0] == ("figure:4.1", "3000万元", False)


def test_what_was_typed_over_ends_with_4_until_it_is_replaced(
    workspace: Workspace, draft: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(draft, lambda made: changed_part(made, BODY, ">8.90%<", ">约9%<"))
    command = ["report", "refresh", str(draft), "--to"]
    assert ziping(*command, str(draft.with_name("a.docx")), "--json", workspace=workspace) == 4
    found = json.loads(capsys.readouterr().out)
    assert [typed["typed"] for typed in found["typed_over"]] == ["约9%"]
    assert found["changes"][0]["now"] == "3000万元"
    other = str(draft.with_name("b.docx"))
    assert ziping(*command, other, "--replace-typed", workspace=workspace) == 0


def test_a_deleted_control_ends_with_2_and_is_named(
    workspace: Workspace, draft: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def delete(made: bytes) -> bytes:
        made = changed_part(made, BODY, '<w:tag w:val="figure:4.2"/>', '<w:tag w:val="x"/>')
        return changed_part(made, BODY, "_figure_4_2__", "_other__")

    edited(draft, delete)
    assert ziping("report", "refresh", str(draft), workspace=workspace) == 2
    assert "控件已删除：4.2，此后不再更新" in capsys.readouterr().out
    assert draft.with_name("报告_00002.docx").is_file()


def test_what_is_no_draft_ends_with_2_and_a_sentence(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    path = workspace.root / "a.docx"
    path.write_bytes(b"PK not really")
    assert ziping("report", "refresh", str(path), workspace=workspace) == 2
    assert "a.docx is no sound Word file (.docx)" in capsys.readouterr().err


def test_a_template_in_the_workspace_is_used(workspace: Workspace, tmp_path: Path) -> None:
    from docx import Document

    own = workspace.report_template
    assert app(["report", "template", str(own)], standalone_mode=False) is None
    document = Document(str(own))
    document.paragraphs[0].insert_paragraph_before("样例区文件")
    document.save(str(own))
    path = tmp_path / "报告.docx"
    assert ziping("report", "draft", str(path), workspace=workspace) == 4
    assert texts_of(path.read_bytes())[0] == "样例区文件"
