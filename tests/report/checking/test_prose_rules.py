"""What a text says: plans, claims, pasted and odd passages."""

from pathlib import Path

import pytest
from check_parts import check, figure, found, release

from flows.report.checking.findings import CONTRADICTION

RESULTS = "一、2023年工作成效\n"


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("预计新增学位600个。", 1),
        ("将新增学位600个。", 1),
        ("力争在2025年秋季投用。", 1),
        ("计划招聘教师40名。", 1),
        ("建成后新增学位600个。", 1),
        ("已新增学位600个。", 0),
        ("营养改善计划惠及600人。", 0),
        ("实施特岗计划,招聘40名。", 0),
        ("将安全放在首位。", 0),
    ],
)
def test_a_plan_is_no_result(tmp_path: Path, sentence: str, count: int) -> None:
    assert len(found(check(tmp_path, RESULTS + sentence), "plans")) == count


def test_a_plan_in_the_chapter_of_plans_is_none(tmp_path: Path) -> None:
    assert not found(check(tmp_path, "五、下一步工作\n力争新增学位600个。"), "plans")


def test_numbers_to_come_are_not_compared(tmp_path: Path) -> None:
    text = "一、成效\n中小学校48所。\n二、下一步打算\n中小学校增加到52所。\n"
    result = check(tmp_path, text)
    assert [checked.number.written for checked in result.numbers] == ["48所"]
    assert not found(result, "differs")


PROBLEMS = (
    "\n二、存在的问题\n一是部分学校保安年龄偏大。二是心理健康课开课不足。三是书法教室老化。\n"
)


@pytest.mark.parametrize(
    ("claim", "problem"),
    [
        ("各校配齐专职保安。", "保安年龄偏大"),
        ("各校开足开好心理健康课程。", "心理健康课开课不足"),
        ("各校开足开好英语课程。", ""),
        ("部分学校开设心理健康课程。", ""),
    ],
)
def test_a_claim_is_held_against_the_chapter_of_problems(
    tmp_path: Path, claim: str, problem: str
) -> None:
    others = "".join(f"{number}.其他。开展宣传。\n" for number in range(1, 8))
    result = check(tmp_path, f"{RESULTS}{others}{claim}{PROBLEMS}")
    sentences = [finding.what for finding in found(result, "denied_claims")]
    assert len(sentences) == bool(problem)
    assert problem in "".join(sentences)


def test_a_claim_is_held_against_the_judgement_of_the_warehouse(tmp_path: Path) -> None:
    large = figure("14.3", "小学大班额占比", "6.1%", "6.1", "%", judgement="未达标")
    text = f"{RESULTS}全面消除小学大班额。"
    assert found(check(tmp_path, text, release([large])), "unmet_claims")
    admitted = f"{RESULTS}全面消除小学大班额的任务未达标。"
    assert not found(check(tmp_path, admitted, release([large])), "unmet_claims")
    met = release([{**large, "judgement": "达标"}])
    assert not found(check(tmp_path, text, met), "unmet_claims")


PASTED = "完善心理健康教育机制,加强家校共育力度,科学开展危机干预"


def test_the_same_sentence_twice_is_found_once_with_both_places(tmp_path: Path) -> None:
    text = f"一、成效\n(一)心理。{PASTED}。\n(二)法治。开展讲座。\n(三)安全。{PASTED}工作。\n"
    (finding,) = found(check(tmp_path, text), "pasted")
    assert finding.paragraph.place == "一(一)"
    assert "一(三)" in finding.what
    other = text.replace("(三)安全。完善心理健康教育机制,加强家校共育力度", "(三)安全。加强巡查")
    assert not found(check(tmp_path, other), "pasted")


@pytest.mark.parametrize(
    ("text", "rule", "count"),
    [
        ("某中心幼儿园已开工。", "placeholders", 1),
        ("××小学已开工。", "placeholders", 1),
        ("投入XX万元。", "placeholders", 1),
        ("投入____万元。", "placeholders", 1),
        ("数据待定。", "placeholders", 1),
        ("投入(此处填写金额)万元。", "placeholders", 1),
        ("某些学校、某种程度。", "placeholders", 0),
        ("高考本科上线率连续上升。", "forbidden_topics", 1),
        ("“985”“211”院校录取人数增长。", "forbidden_topics", 1),
        ("城区小学优生率45%。", "forbidden_topics", 1),
        ("组织中考体育测试。", "forbidden_topics", 0),
        ("标准720元/生?年。", "odd_characters", 1),
        ("学校鎘\ufffd改革。", "odd_characters", 1),
        ("学区制治 理工作。", "odd_characters", 1),
        ("主题为“珍爱生命 向善向美”。", "odd_characters", 0),
        ("为什么要做？因为需要。", "odd_characters", 0),
    ],
)
def test_words_and_signs_that_no_report_may_have(
    tmp_path: Path, text: str, rule: str, count: int
) -> None:
    assert len(found(check(tmp_path, text), rule)) == count


TITLE = "一、成效\n1.生态环境教育、心理健康教育、书香阅读推广行动等工作。"


def test_what_a_title_lists_the_text_must_tell(tmp_path: Path) -> None:
    told = "开展生态环境主题班会和心理健康讲座,建立机制,形成合力,覆盖各学段。"
    (finding,) = found(check(tmp_path, f"{TITLE}{told}\n"), "empty_titles")
    assert "书香阅读推广行动" in finding.what
    assert not found(check(tmp_path, f"{TITLE}{told}书香阅读推广到村。\n"), "empty_titles")


def test_a_title_may_not_say_the_opposite_of_its_text(tmp_path: Path) -> None:
    text = "二、交办工作\n(一)城东食堂至今未启动\n城东食堂已开工建设。\n"
    assert found(check(tmp_path, text), "opposed_titles")
    assert not found(check(tmp_path, text.replace("已开工", "正在论证")), "opposed_titles")


def test_two_measures_in_one_sentence_are_told(tmp_path: Path) -> None:
    both = "一般公共预算教育经费增长,一般公共预算教育支出只增不减。"
    assert found(check(tmp_path, both), "mixed_measures")
    assert not found(check(tmp_path, both.replace(",", "。")), "mixed_measures")


def test_other_periods_are_listed_in_one_note(tmp_path: Path) -> None:
    text = f"{RESULTS}近三年招聘90名。截至目前有校车12辆。今年新增3辆。"
    (finding,) = found(check(tmp_path, text), "periods")
    assert "近三年、截至目前、今年" in finding.what


def test_a_report_gives_the_numbers_of_schools_pupils_and_teachers(tmp_path: Path) -> None:
    (finding,) = found(check(tmp_path, "全县学校96所。"), "missing_basics")
    assert finding.what == "全文没有写在校学生数、专任教师数"
    whole = "全县学校96所,在校学生52346人,专任教师3905人。"
    assert not found(check(tmp_path, whole), "missing_basics")


def test_a_report_is_signed_soon_after_its_year(tmp_path: Path) -> None:
    """From 31 December 2023 to 26 November 2024 there are 331 days."""
    (finding,) = found(check(tmp_path, "甲县。\n2024年11月26日"), "late_signature")
    assert "331天" in finding.what
    assert not found(check(tmp_path, "甲县。\n2024年3月15日"), "late_signature")
    assert found(check(tmp_path, "甲县。\n2024年2月30日"), "late_signature")


def test_identity_numbers_are_contradictions_and_not_repeated(tmp_path: Path) -> None:
    result = check(tmp_path, "学生身份证530199201001012345,电话13912345678。")
    persons = found(result, "persons")
    assert {finding.gravity for finding in persons} == {CONTRADICTION}
    assert len(persons) == 2
    assert not any("530199201" in finding.quote + finding.what for finding in result.findings)
