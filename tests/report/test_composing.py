"""What the report says: what offices wrote, what the release adds, and what is open about it."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from page_parts import manifest, release, tables
from report_parts import NAME, content, facts, narrative, task

from flows.common.errors import WrongUse
from flows.releases.signing import keep_version
from flows.releases.tables import ReleaseTables
from flows.report.composing import Composition, compose


def composed(root: Path, *narratives: Any, **change: Any) -> Composition:
    given = content(*narratives) | change
    made = release(root, given, facts())
    return compose(ReleaseTables.load(made.folder), made.manifest)


def lines(composition: Composition) -> list[tuple[str, str]]:
    return [(paragraph.kind, paragraph.text) for paragraph in composition.paragraphs]


def rules(composition: Composition, rule: str) -> list[tuple[str, str]]:
    return [(f.figure, f.item) for f in composition.findings if f.rule == rule]


def test_a_report_goes_from_its_title_to_who_signs_it(tmp_path: Path) -> None:
    found = composed(
        tmp_path,
        narrative("落款", 2, "2024年3月"), narrative("落款", 1, "区政府"),
        narrative("一(二)4", 1, "经费{4.1}。"), narrative("一(二)4", 0, "保障经费"),
        narrative("一(二)", 0, "优先"), narrative("一", 0, "履职"),
        narrative("导语", 1, "一段\n又一段"), narrative("标题", 1, "自评报告"),
    )  # fmt: skip
    assert lines(found) == [
        ("title", "自评报告"), ("body", "一段"), ("body", "又一段"), ("heading_1", "一、履职"),
        ("heading_2", "（二）优先"), ("heading_3", "4.保障经费"), ("body", "经费{4.1}。"),
        ("signature", "区政府"), ("signature", "2024年3月"),
    ]  # fmt: skip
    assert rules(found, "无标题") == []


def test_without_a_text_the_figures_of_the_outline_stand_there(tmp_path: Path) -> None:
    found = composed(tmp_path, narrative("导语", 1, "前言。"))
    texts = [text for kind, text in lines(found) if kind == "body"]
    assert texts[1].startswith("图1{4.1}；图2{4.2}；图3{4.3}；图4{4.3.2}；")
    assert texts[1].endswith("图9{4.7}。")
    assert lines(found)[0] == ("title", "样例区2023年履行教育职责自评报告")
    assert [text for kind, text in lines(found) if kind.startswith("heading")] == [
        "一、2023年履职情况", "（二）优先发展", "4.经费",
    ]  # fmt: skip
    assert rules(found, "无文稿") == [("", "一(二)4")]
    assert rules(found, "无标题") == []
    assert rules(found, "未写入") == []


def test_a_place_without_any_heading_is_told(tmp_path: Path) -> None:
    found = composed(tmp_path, narrative("六(一)", 1, "外加一段。"))
    assert rules(found, "无标题") == [("", "六"), ("", "六(一)")]
    assert lines(found)[-3:] == [
        ("heading_1", "六、"),
        ("heading_2", "（一）"),
        ("body", "外加一段。"),
    ]


def test_an_unknown_figure_is_found_with_its_row(tmp_path: Path) -> None:
    found = composed(tmp_path, narrative("一(二)4", 1, "有{9.9}和{4.1.7}。", row=12))
    unknown = [finding for finding in found.findings if finding.rule == "无此图号"]
    assert [(f.figure, f.item, f.file, f.sheet, f.row) for f in unknown] == [
        ("9.9", "一(二)4", NAME, "台账", 12), ("4.1.7", "一(二)4", NAME, "台账", 12),
    ]  # fmt: skip
    assert unknown[1].sentence == "图号4.1没有第7分项"
    assert str(unknown[0]) == f"无此图号：报告提纲没有图号9.9（{NAME} 台账 第12行）"


def test_a_sentence_with_a_withheld_figure_is_left_out(tmp_path: Path) -> None:
    text = "经费{4.1};优生率{5.8};上线率{5.9}。增长{4.2}。"
    found = composed(tmp_path, narrative("一(二)4", 1, text), narrative("一(二)5", 1, "只有{5.8}"))
    bodies = [text for kind, text in lines(found) if kind == "body"]
    assert bodies == ["经费{4.1}；增长{4.2}。"]
    assert rules(found, "不得公开") == [
        ("5.8", "一(二)4"), ("5.9", "一(二)4"), ("5.8", "一(二)5"),
    ]  # fmt: skip
    assert not [f for f in found.findings if f.rule == "未写入" and f.figure in ("5.8", "5.9")]


def test_a_paragraph_that_ends_with_a_withheld_figure_ends_with_a_stop(tmp_path: Path) -> None:
    found = composed(tmp_path, narrative("一(二)4", 1, "经费{4.1};优生率{5.8}。"))
    assert ("body", "经费{4.1}。") in lines(found)


def test_chapters_begin_with_what_the_release_knows(tmp_path: Path) -> None:
    found = composed(
        tmp_path,
        narrative("二", 0, "交办"), narrative("四", 0, "问题"), narrative("四", 1, "人写的。"),
        narrative("五", 0, "下一步"),
        report_tasks=[
            task("RW1", "上级交办", "补短板", from_whom="市教育局"),
            task("RW2", "下一步工作", "建学校", indicator="新增学位", target="900个"),
        ],
    )  # fmt: skip
    bodies = [text for kind, text in lines(found) if kind == "body"]
    assert "补短板：由市教育局交办，完成时限2024年12月31日，目前推进中。" in bodies
    assert "建学校：新增学位目标为900个，完成时限2024年12月31日，目前推进中。" in bodies
    problem = bodies.index("图4{4.3.2}，标准为≥720元/生·年，未达标。")
    assert bodies.index("人写的。") > problem
    assert "图5{4.3.3}、图6{4.4}，无法判定。" in bodies


def test_a_heading_is_judged_as_a_paragraph_is(tmp_path: Path) -> None:
    found = composed(
        tmp_path,
        narrative("一", 0, "履职{9.9},共{4.1}"),
        narrative("一(二)", 0, "优先。优生率{5.8}"),
    )
    assert ("heading_1", "一、履职{9.9}，共{4.1}") in lines(found)
    assert ("heading_2", "（二）优先。") in lines(found)
    assert rules(found, "无此图号") == [("9.9", "一")]
    assert rules(found, "不得公开") == [("5.8", "一(二)")]


def test_a_row_at_no_place_of_the_report_is_found(tmp_path: Path) -> None:
    found = composed(tmp_path, narrative("附录", 1, "附{4.1}。", row=30))
    (misplaced,) = [finding for finding in found.findings if finding.rule == "无此章节"]
    assert (misplaced.item, misplaced.row) == ("附录", 30)
    assert "附" not in "".join(text for _, text in lines(found))


def test_what_is_in_doubt_is_told_with_its_note(tmp_path: Path) -> None:
    found = composed(tmp_path, narrative("一(二)4", 1, "初中{4.3.3},幼儿园{4.3},缺{4.4}。"))
    assert rules(found, "暂定") == [("4.3.3", "一(二)4")]
    assert rules(found, "数据缺失") == [("4.4", "一(二)4")]
    assert list(found.notes) == [("4.3", 3), ("4.4", 1), ("4.5", 1), ("4.6", 1)]


def test_rows_of_another_district_are_not_of_this_report(tmp_path: Path) -> None:
    own = narrative("一(二)4", 1, "本区{4.1}。")
    other = narrative("一(二)4", 2, "别区{4.1}。", district_code="110101")
    found = composed(tmp_path, own, other)
    assert "别区" not in "".join(text for _, text in lines(found))


def test_a_release_of_before_is_refused_with_a_sentence(tmp_path: Path) -> None:
    made = release(tmp_path, tables(), manifest())
    with pytest.raises(WrongUse, match="published before ziping knew the text"):
        compose(ReleaseTables.load(made.folder), made.manifest)


def test_last_years_signed_targets_are_answered_before_the_tasks_ahead(tmp_path: Path) -> None:
    last = tmp_path / "warehouse/releases/2022/00009-0123456789ab"
    last.mkdir(parents=True)
    promised = task("RW5", "下一步工作", "增加投入", indicator="图1", target="3000万元")
    pq.write_table(pa.Table.from_pylist([promised]), last / "report_tasks.parquet")
    keep_version(last.parent, {"release": last.name}, {})
    known = [row | {"better": "higher"} for row in content()["report_indicators"]]
    text = narrative("五", 0, "下一步"), narrative("五", 1, "再接再厉。")
    found = composed(tmp_path, *text, report_indicators=known)
    texts = [text for _, text in lines(found)]
    assert "上年提出“增加投入”，图1目标为3000万元，现为{4.1}，未实现。" in texts
    (last.parent / "signed/0001/signed.json").write_text("{}")
    found = composed(tmp_path, *text, report_indicators=known)
    assert any("signed.json is damaged" in f.sentence for f in found.findings)
    assert not any("上年提出" in text for _, text in lines(found))
