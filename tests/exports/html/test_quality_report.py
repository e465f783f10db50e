"""Tests of the page that shows what the gates found."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from flows.common.messages import message
from flows.exports.html.quality_report import render_quality_report

VOID = {"meta", "br", "hr", "img", "link", "input"}
EMPTY = message("file_empty").as_json()
NOTES = {"what": "不得重复。", "why": "会重复计算。", "resolve": "请删去一行。"}


def result(**change: Any) -> dict[str, Any]:
    """Write a result as it stands in an outcome."""
    return {
        "type": "expect_column_values_to_be_unique", "column": "school_code",
        "severity": "warning", "effect": "provisional", "success": True, "raised": False,
        "failed_count": 0, "notes": NOTES, "places": [],
    } | change  # fmt: skip


def outcome(*results: dict[str, Any], **change: Any) -> dict[str, Any]:
    """Write an outcome as it comes from JSON."""
    return {
        "suite": "finance.education_funds", "title": "教育经费统计", "district_code": "519900",
        "period": "2023", "original_name": "教育经费统计_2023年.xlsx", "file_id": "ab" * 32,
        "accepted": True, "rejections": [], "rows_read": 12345, "rows_landed": 12343,
        "rows_quarantined": 2, "rows_skipped": 3, "results": list(results),
        "captions": {"基层汇总": {"school_code": "学校代码"}},
    } | change  # fmt: skip


def page(*outcomes: dict[str, Any]) -> str:
    """Render a page."""
    return render_quality_report(outcomes, title="数据关口", generated_for="519900 2023")


class Balance(HTMLParser):
    """Checks that every tag is closed in order, and collects attributes."""

    def __init__(self) -> None:
        """Start with nothing open."""
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag."""
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last tag."""
        assert self.open.pop() == tag


FAILED = result(
    success=False,
    failed_count=23,
    places=[{"sheet": "基层汇总", "row": 17 + n, "column": "school_code"} for n in range(20)],
)


@pytest.mark.parametrize(
    "outcomes",
    [
        (),
        (outcome(),),
        (
            outcome(result(), FAILED),
            outcome(accepted=False, rejections=[message("file_empty").as_json()]),
        ),
        ({"suite": "report.report_values", "accepted": False},),
        (outcome(result(raised=True, success=False), original_name=None, rows_read=None),),
    ],
)
def test_the_page_is_whole_and_stands_alone(outcomes: tuple[dict[str, Any], ...]) -> None:
    text = page(*outcomes)
    balance = Balance()
    balance.feed(text)
    assert balance.open == []
    assert not balance.tags & {"script", "link", "img", "iframe"}
    assert "http" not in text
    assert "url(" not in text
    assert "@import" not in text
    links = {value for name, value in balance.attributes if name in ("href", "src")}
    ids = {f"#{value}" for name, value in balance.attributes if name == "id"}
    assert links == ids  # what needs a look has a section
    assert "None" not in text


def test_every_rule_says_what_why_and_how() -> None:
    text = page(outcome(result(), FAILED))
    assert text.count("不得重复。") == 3  # two rules, and the gravest in the summary
    assert text.count("会重复计算。") == 2
    assert text.count("请删去一行。") == 1  # only where it failed
    assert "基层汇总 · 学校代码：第17、18、19" in text
    assert "23处不符" in text
    assert "另有3处未列出" in text
    assert "12,345" in text
    assert "相关数字标为“暂定”" in text
    assert "接收（有提示）" in text


def test_the_gravest_failed_rule_comes_first() -> None:
    rules = [
        result(notes=NOTES | {"what": "说明项"}, severity="info", success=False, effect=None),
        result(notes=NOTES | {"what": "通过项"}, severity="critical"),
        result(notes=NOTES | {"what": "严重项"}, severity="critical", success=False, effect=None),
        result(notes=NOTES | {"what": "提示项"}, success=False, failed_count=1),
    ]
    text = page(outcome(*rules, accepted=False))
    summary, detail = text.split("<section", 1)
    assert "严重：严重项" in summary
    assert "通过0项，未通过1项；不符合的规则3条" in summary
    order = [detail.index(word) for word in ("严重项", "提示项", "说明项", "通过项")]
    assert order == sorted(order)
    assert "整份文件拒收" in detail
    assert "就整份数据而言不符合" in detail


def test_a_raised_rule_never_looks_passed() -> None:
    text = page(outcome(result(success=True, raised=True), accepted=False))
    assert "未能检查" in text
    assert ">符合<" not in text
    assert "整份文件拒收" in text


@pytest.mark.parametrize(
    ("accepted", "failed", "words"),
    [(True, False, "可发布"), (True, True, "可发布（有提示）"), (False, True, "不发布")],
)
def test_a_release_is_published_or_not(accepted: bool, failed: bool, words: str) -> None:
    one = result(success=not failed, effect=None)
    text = page(outcome(one, suite="report.report_values", accepted=accepted))
    assert f">{words}</span>" in text


def test_everything_is_escaped() -> None:
    bad = '<script>alert("x")</script>'
    place = {"sheet": bad, "row": 1, "column": bad}
    notes = dict.fromkeys(NOTES, bad)
    one = result(success=False, type=bad, column=bad, severity=bad, notes=notes, places=[place])
    said = message("caption_stands_twice", caption=bad, name=bad).as_json()
    text = render_quality_report(
        [
            outcome(one, suite=bad, title=bad, district_code=bad, period=bad, original_name=bad,
                    file_id=bad, rejections=[said], accepted=False)
        ],
        title=bad,
        generated_for=bad,
    )  # fmt: skip
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r'=\s*"[^"]*<', text)


def test_a_csv_needs_no_sheet() -> None:
    places = [{"sheet": "", "row": 3, "column": ""}, {"sheet": None, "row": None, "column": None}]
    text = page(outcome(result(success=False, failed_count=2, places=places)))
    assert "<li>第3行</li>" in text
    assert "第None行" not in text


def test_why_a_file_could_not_be_read_stands_there_in_chinese() -> None:
    said = [message("workbook_has_password").as_json()]
    text = page(outcome(accepted=False, rejections=said))
    assert "<li>工作簿设有密码，请取消密码，另存后重报</li>" in text
    assert "password" not in text


def test_what_is_gravest_stands_first_and_what_is_active_is_marked() -> None:
    text = page(
        outcome(title="全好", is_active=True),
        outcome(result(success=False, effect=None), title="有提示", is_active=True),
        outcome(title="退回", accepted=False, rejections=[EMPTY], is_active=False),
    )
    order = [text.index(word) for word in ("退回", "有提示", "全好")]
    assert order == sorted(order)
    assert text.count(">在用<") == 2
    assert text.count(">未采用<") == 1


def test_rules_that_hold_stand_once_for_all_files_of_a_table() -> None:
    files = [outcome(result(), original_name=f"{number}.xlsx") for number in range(30)]
    text = page(*files)
    assert text.count("不得重复。") == 1
    assert "30.xlsx" not in text
    assert "29.xlsx" in text
    assert "全部符合。" in text


def test_files_that_fit_no_table_are_named() -> None:
    text = render_quality_report([], title="甲", generated_for="乙", unmatched=["finance/杂.docx"])
    assert "没有归入任何数据表的文件" in text
    assert "<bdi>finance/杂.docx</bdi>" in text
    assert "没有归入任何数据表的文件" not in page(outcome())
