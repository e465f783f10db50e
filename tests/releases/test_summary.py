"""The sentences of a release: counts, what is open, what has changed."""

from typing import Any

from flows.releases.summary import summarize_release


def figure(number: str, **change: Any) -> dict[str, Any]:
    """Write a figure with the columns of its value."""
    return {
        "district_code": "519900", "figure_id": number, "part": 1, "title": f"图{number}",
        "text": "1个", "listing": "report", "indicator_id": "x", "state": "actual",
        "judgement": "达标", "missing_sources": None,
    } | change  # fmt: skip


FIGURES = [
    figure("1.1"),
    figure("4.6", text="−1.69%", judgement="未达标"),
    figure("4.8", part=2, text="2个（暂定）", state="provisional", judgement="无法判定"),
    figure("5.1", text="数据缺失", state="missing", judgement="无法判定"),
    figure("6.1", text="数据缺失", state="missing", judgement="无标准",
           indicator_id="not_covered_1", missing_sources='["not_covered"]'),
]  # fmt: skip


def test_what_is_open_is_named_the_gravest_first() -> None:
    summary = summarize_release(FIGURES, [])
    assert summary["open"] == [
        "未达标1项：4.6 图4.6 −1.69%。",
        "数据缺失1项：5.1 图5.1 数据缺失。",
        "无法判定2项：4.8.2 图4.8 2个（暂定）、5.1 图5.1 数据缺失。",
        "暂定1项：4.8.2 图4.8 2个（暂定）。",
    ]
    assert summary["counts"] == [
        "4项有标准：达标1项，未达标1项，无法判定2项。",
        "报告应报5项，已有数3项。共5处数字：实际2处，暂定1处，数据缺失2处。",
    ]
    assert summary["changes"] == []


def test_figures_that_print_another_text_are_named_five_at_most() -> None:
    now = [figure(f"1.{number}") for number in range(1, 8)]
    before = [row | {"text": "0个"} for row in now]
    (sentence,) = summarize_release(now, before)["changes"]
    assert sentence.startswith("与上次发布相比变动7项：1.1 图1.1 1个、")
    assert sentence.endswith("1.5 图1.5 1个等。")


def test_without_standards_nothing_is_counted_as_met() -> None:
    summary = summarize_release([figure("1.1", judgement="无标准")], [])
    assert summary["counts"][0] == "没有按标准判定的数字。"
