"""The draft in a release of the sample, as a night leaves it."""

import re

import pytest
from nights import current
from report_parts import controls_of, parts_of, texts_of

from flows.common.settings import Workspace
from flows.releases.release import Release
from flows.releases.tables import ReleaseTables
from flows.report.draft import Draft, make_draft


@pytest.fixture(scope="module")
def release(first_night: Workspace) -> Release:
    return current(first_night)


@pytest.fixture(scope="module")
def made(release: Release) -> Draft:
    return make_draft(ReleaseTables.load(release.folder), release.manifest)


def test_a_release_holds_the_draft_that_the_command_makes(release: Release, made: Draft) -> None:
    assert (release.folder / "report.docx").read_bytes() == made.content
    assert "report.docx" in release.manifest["files"]


def test_it_reads_as_a_report_with_all_its_chapters(made: Draft) -> None:
    texts = texts_of(made.content)
    assert texts[1] == "2023年履行教育职责自评报告"
    heads = [text for text in texts if re.match("[一二三四五]、", text)]
    assert heads == [
        "一、2023年履职情况", "二、市上交办重点工作落实情况", "三、特色和亮点工作",
        "四、存在的问题", "五、下一步工作",
    ]  # fmt: skip
    assert not [text for text in texts if "{" in text or "〔" in text]
    assert sum(text.count("：由市教育局交办，完成时限") for text in texts) == 3
    assert any("六项安防建设达标率目标为100%，完成时限2024年12月31日" in text for text in texts)


def test_every_figure_that_it_prints_is_a_control(release: Release, made: Draft) -> None:
    texts = {
        f"figure:{row['figure_id']}" + (f".{row['part']}" if row["part"] > 1 else ""): row["text"]
        for row in ReleaseTables.load(release.folder).figures
    }
    controls = controls_of(made.content)
    assert len(controls) > 140
    assert all(text == texts[tag] for tag, text, _ in controls)
    assert not {"figure:33.6", "figure:33.9"} & {tag for tag, _, _ in controls}
    marked = {tag for tag, _, is_marked in controls if is_marked}
    in_doubt = {
        tag for tag, text, _ in controls if text in ("数据缺失", "＊") or text.endswith("（暂定）")
    }
    assert marked == in_doubt
    assert in_doubt


def test_no_row_of_the_text_is_found_faulty(made: Draft) -> None:
    assert [finding for finding in made.findings if finding.row] == []
    assert {finding.rule for finding in made.findings} <= {
        "未写入", "数据缺失", "暂定", "部分上报", "不公开（人数过少）",
    }  # fmt: skip


def test_nothing_in_it_tells_the_time_or_the_machine(made: Draft) -> None:
    for part in parts_of(made.content).values():
        assert not re.search(rb"20(2[5-9]|3[0-9])-[0-9]{2}-[0-9]{2}T", part)
        assert b"/home/" not in part
