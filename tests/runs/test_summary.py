"""What a run says in the morning: how it ended, the gravest first, cut at a whole line."""

from pathlib import Path
from typing import Any

import pytest

from flows.common.files import write_json
from flows.common.settings import Workspace
from flows.runs.summary import Summary, summarize_run

RELEASE = "00002-0123456789ab"
RECORD: dict[str, Any] = {
    "run": "00007-2024-03-01",
    "exit_code": 4,
    "failure": None,
    "years": {"2023": {"result": "published", "release": RELEASE}},
    "open": [{"chinese": ["心理辅导室台账(2023-12-31)缺失:由教育局于2024-01-31前报送,逾期未报"]}],
    "unavailable": ["the interface is down"],
    "doubts": [
        {"title": "在校学生", "period": "standing", "owner": "学籍股", "reasons": ["甲", "乙"]}
    ],
    "quarantined": [
        {"title": "支付明细", "period": "2023", "owner": "国库股", "rows": 59387,
         "rows_quarantined": 59}
    ],
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Leave a release with a summary of its own where readers see it."""
    found = Workspace(tmp_path)
    folder = found.releases / "2023" / RELEASE
    folder.mkdir(parents=True)
    summary = {
        "counts": ["20项有标准：达标19项，未达标1项，无法判定0项。"],
        "open": ["未达标1项：4.6 初中生均 −1.69%。"],
        "changes": ["与上次发布相比变动1项：4.1 经费 1万元。"],
    }
    write_json(folder / "manifest.json", {"summary": summary})
    (folder.parent / "current").symlink_to(RELEASE)
    return found


def test_how_it_ended_comes_first_then_the_gravest(workspace: Workspace) -> None:
    summary = summarize_run(RECORD, workspace)
    assert summary.subject == "样例区教育职责自评 00007-2024-03-01：完成，数据不全"
    assert list(summary.lines) == [
        f"2023年已发布{RELEASE}。20项有标准：达标19项，未达标1项，无法判定0项。",
        "心理辅导室台账（2023-12-31）缺失：由教育局于2024-01-31前报送，逾期未报",
        "2023年未达标1项：4.6 初中生均 −1.69%。",
        "接口没有取到数据：the interface is down",
        "待核：在校学生（长期）甲、乙，由学籍股核实",
        "2023年与上次发布相比变动1项：4.1 经费 1万元。",
        "搁置：支付明细（2023）59,387行中59行，由国库股更正",
    ]


def test_a_run_without_a_new_release_tells_no_change_of_an_older_one(workspace: Workspace) -> None:
    years = {"2023": {"result": "unchanged", "release": RELEASE}}
    summary = summarize_run(RECORD | {"exit_code": 0, "years": years}, workspace)
    assert summary.subject.endswith("：完成")
    assert "变动1项" not in summary.text
    assert "没有变动，仍是" in summary.text


def test_a_failure_stands_before_everything(tmp_path: Path) -> None:
    record = {"run": "00008-2024-03-02", "exit_code": 1, "failure": "the key is gone"}
    summary = summarize_run(record, Workspace(tmp_path))
    assert summary.text == "样例区教育职责自评 00008-2024-03-02：失败\n原因：the key is gone"


def test_a_message_is_cut_at_a_whole_line_and_says_how_many_are_left_out() -> None:
    summary = Summary("头", [f"第{number:04d}条缺失" for number in range(200)])
    text = summary.fit(2048)
    assert len(text.encode()) <= 2048
    lines = text.splitlines()
    assert lines[0] == "头"
    assert lines[-1] == f"……另有{200 - (len(lines) - 2)}条，见ziping status"
    assert lines[-2] == f"第{len(lines) - 3:04d}条缺失"
    whole = Summary("头", ["一", "二"])
    assert whole.fit(2048) == whole.text == "头\n一\n二"


def test_a_line_that_alone_is_too_long_is_cut_between_characters() -> None:
    assert Summary("长" * 1000, []).fit(2048) == "长" * 682
