"""Sentences that a release makes by itself."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from page_parts import figure, indicator, judged, release, value
from report_parts import content, facts, task

from flows.releases.tables import ReleaseTables
from flows.report.generating import (
    describe_failures,
    describe_tasks_ahead,
    describe_tasks_handed_down,
    list_figures,
)


@pytest.fixture
def loaded(tmp_path: Path) -> ReleaseTables:
    """A release in which a school is short of money and a stage falls."""
    share = value("share", number="96", judgement="未达标", standard_id="full", unit="%",
                  standard_value=Decimal(100), numerator=Decimal(48),
                  denominator=Decimal(50))  # fmt: skip
    word = value("rise_all", number=None, state="actual", value_text="未达标", judgement="未达标")
    stages = [judged("rise", "普通小学", "-1", "0", "未达标"),
              judged("rise", "普通初中", "1", "0", "达标")]  # fmt: skip
    given = content()
    given["report_values"] = [share, word, *stages]
    given["report_figures"] = [
        figure("5.8", 1, "96%", share), figure("4.9", 2, "未达标", word),
        figure("5.9", 3, "96%", share),
    ]  # fmt: skip
    given["report_indicators"] = [
        indicator("share", formula="share_meeting", denominator="int_x.schools"),
        indicator("rise_all", formula="all_met",
                  components='[{"id": "rise", "weight": 1, "year_offset": 0}]'),
        indicator("rise", title_zh="生均经费增长"),
    ]  # fmt: skip
    made = release(tmp_path, given, facts())
    return ReleaseTables.load(made.folder)


def test_what_misses_its_standard_is_told_once_with_where(loaded: ReleaseTables) -> None:
    assert describe_failures(loaded, facts(), loaded.printed) == [
        "对照评价标准，下列指标未达标或无法判定。",
        "图1{5.8}，未达标。",
        "图2{4.9}，未达标，涉及普通小学生均经费增长。",
    ]


def test_schools_are_counted_and_named_for_the_house_alone(
    loaded: ReleaseTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "flows.report.generating.schools_that_miss", lambda *_: ["甲小学", "乙小学"]
    )
    public = describe_failures(loaded, facts(), loaded.printed)
    internal = describe_failures(loaded, facts(), loaded.printed, is_internal=True)
    assert public[1] == "图1{5.8}，未达标，涉及学校2所。"
    assert internal[1] == "图1{5.8}，未达标，涉及学校2所（甲小学、乙小学）。"


def test_where_units_are_missing_their_number_is_told(loaded: ReleaseTables) -> None:
    row = {**loaded.printed[0], "judgement": "无法判定", "state": "partial", "units_expected": 7,
           "units_received": 6}  # fmt: skip
    assert describe_failures(loaded, facts(), [row])[1] == (
        "图1{5.8}，无法判定，应报7个单位，已报6个。"
    )


def test_where_all_is_met_a_sentence_says_so(loaded: ReleaseTables) -> None:
    met = [{**row, "judgement": "达标"} for row in loaded.printed]
    assert describe_failures(loaded, facts(), met) == ["对照评价标准，已能判定的指标均达标。"]
    without = [{**row, "judgement": "无标准"} for row in loaded.printed]
    assert describe_failures(loaded, facts(), without) == []


def test_what_cannot_be_judged_is_one_sentence_for_each_item(loaded: ReleaseTables) -> None:
    first, second, third = ({**row, "judgement": "无法判定"} for row in loaded.printed)
    others = [{**second, "member": "普通小学"}, {**third, "member": "x", "place": "一(五)20"}]
    assert describe_failures(loaded, facts(), [first, *others])[1:] == [
        "图1{5.8}、图2{4.9}，无法判定。", "图3{5.9}，无法判定。",
    ]  # fmt: skip


def test_tasks_are_told_by_their_kind() -> None:
    tasks = [
        task("1", "上级交办", "建心理室(26个)", from_whom=None, due_on=None, state=None),
        task("2", "下一步工作", "补护学岗", due_on=date(2024, 6, 1), target="100%"),
    ]
    assert list(describe_tasks_handed_down(tasks)) == ["建心理室（26个）：完成时限待定，进展待核。"]
    assert list(describe_tasks_ahead(tasks)) == [
        "补护学岗：目标待定，完成时限2024年6月1日，目前推进中。"
    ]


def test_braces_in_a_task_are_no_place_of_a_figure() -> None:
    (text,) = describe_tasks_handed_down([task("1", "上级交办", "提高{33.6}")])
    assert text.startswith("提高｛33.6｝：")


def test_figures_that_nobody_wrote_about_are_listed(loaded: ReleaseTables) -> None:
    assert list_figures(loaded.printed[:2]) == "图1{5.8}；图2{4.9}。"
    assert list_figures([]) == ""
