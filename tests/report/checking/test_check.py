"""Reports of invented sentences, checked against a release of invented figures."""

from pathlib import Path

import pytest
from check_parts import check, figure, found, only_number, release, verdicts

from flows.report.checking.check import exit_code_of
from flows.report.checking.document import Control, Paragraph
from flows.report.checking.figures import FigureChecker
from flows.report.checking.findings import NOTE
from flows.report.checking.matching import names_of
from flows.report.checking.numbers import find_numbers
from flows.report.checking.rules import load_rules
from flows.report.checking.verdicts import AGREES, DIFFERS, UNCLEAR, UNKNOWN, WITHHELD

RIGHT = """一、2023年工作成效
(一)经费
1.保障教育投入。2023年全县一般公共预算教育经费52310万元,比上年增加1209万元,增长2.37%。
2.营养改善。中央资金310万元,实际使用402.5万元。
(二)队伍
3.安保。全县配备保安人员96名,资助学生8120人次,中队辅导员600余名。
4.心理。3万余人参加心理健康测评。全县48所中小学校、17所公办幼儿园,在校学生和专任教师见附表。
"""


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("全县教育系统一般公共预算教育经费为5.231亿元。", AGREES),
        ("一般公共预算教育经费达到52,310万元。", AGREES),
        ("一般公共预算教育经费53210万元。", DIFFERS),
        ("一般公共预算教育经费52310元。", DIFFERS),
        ("一般公共预算教育经费增长2.4%。", AGREES),
        ("一般公共预算教育经费增长2.73%。", DIFFERS),
        ("一般公共预算教育经费下降2.37%。", DIFFERS),
        ("一般公共预算教育经费增长2.37个百分点。", UNCLEAR),
        ("各校共有专职保安96人。", AGREES),
        ("各校共有专职保安九十六名。", AGREES),
        ("各校共有专职保安95名。", DIFFERS),
        ("资助学生8120人。", UNCLEAR),
        ("参加心理健康测评3万余人。", AGREES),
        ("参加心理健康测评34561人。", AGREES),
        ("参加心理健康测评3.46万人。", AGREES),
        ("参加心理健康测评超过3万人。", AGREES),
        ("参加心理健康测评近3万人。", DIFFERS),
        ("参加心理健康测评4万余人。", DIFFERS),
        ("参加心理健康测评约3.5万人。", AGREES),
        ("中队辅导员600余名。", AGREES),
        ("中队辅导员600名。", DIFFERS),
        ("中队辅导员640余名。", AGREES),
        ("中队辅导员650余名。", DIFFERS),
        ("中队辅导员不少于600名。", AGREES),
        ("免费教科书覆盖率100%。", UNKNOWN),
        ("思政课专职教师3名。", WITHHELD),
        ("城区小学优生率45%。", WITHHELD),
        ("中等职业学校生均一般公共预算教育经费增长1.1%。", DIFFERS),
        ("组织编写乡土教材15册。", UNKNOWN),
        ("城区中小学校21所。", UNCLEAR),
        ("全县中小学校47所。", DIFFERS),
    ],
)
def test_a_number_has_the_verdict_that_the_warehouse_gives_it(
    tmp_path: Path, sentence: str, verdict: str
) -> None:
    assert only_number(check(tmp_path, sentence)).verdict == verdict


def test_a_right_report_has_no_contradiction(tmp_path: Path) -> None:
    result = check(tmp_path, RIGHT)
    assert set(verdicts(result).values()) == {AGREES}
    assert {finding.gravity for finding in result.findings} <= {NOTE}
    assert exit_code_of(result) == 0


def test_a_wrong_number_is_a_contradiction_and_names_the_figure(tmp_path: Path) -> None:
    result = check(tmp_path, RIGHT.replace("52310", "52301"))
    (finding,) = found(result, "differs")
    assert "4.1" in finding.what
    assert "52310万元" in finding.what
    assert finding.paragraph.place == "一(一)1"
    assert exit_code_of(result) == 3


def test_a_number_that_the_warehouse_has_not_is_open(tmp_path: Path) -> None:
    result = check(tmp_path, RIGHT + "5.教材。编写乡土教材15册。\n")
    assert verdicts(result)["15册"] == UNKNOWN
    assert exit_code_of(result) == 4


def test_a_number_that_is_not_understood_is_counted_and_listed(tmp_path: Path) -> None:
    result = check(tmp_path, RIGHT + "5.其他。组织活动数十场,代号8848。\n")
    assert result.unread == 2
    assert [finding.what for finding in found(result, "unread")] == [
        "没有认出“数十场”", "没有认出“8848”",
    ]  # fmt: skip
    assert exit_code_of(result) == 4


def test_a_number_of_the_year_before_is_compared_with_that_year(tmp_path: Path) -> None:
    before = figure("4.1", "一般公共预算教育经费", "", "511014800", "元", period="2022")
    tables = release(values=[before])
    text = "2022年全县一般公共预算教育经费51101万元,2023年一般公共预算教育经费52310万元。"
    assert verdicts(check(tmp_path, text, tables)) == {"51101万元": AGREES, "52310万元": AGREES}
    assert verdicts(check(tmp_path, text)) == {"51101万元": UNKNOWN, "52310万元": AGREES}


def test_a_figure_that_a_paragraph_gives_rightly_accuses_no_other_number_of_it(
    tmp_path: Path,
) -> None:
    result = check(tmp_path, "全县中小学校48所,其中农村中小学校31所。")
    assert verdicts(result) == {"48所": AGREES, "31所": UNKNOWN}


def test_a_provisional_figure_says_so(tmp_path: Path) -> None:
    tables = release([figure("4.1", "教育经费", "52310万元（暂定）", "523104800", "元")])
    checked = only_number(check(tmp_path, "教育经费52310万元。", tables))
    assert (checked.verdict, checked.why) == (AGREES, "暂定")


def test_the_other_words_of_the_outline_find_a_figure(tmp_path: Path) -> None:
    plain = release([figure("22.1", "安保力量", "96名", "96", "名")])
    named = release([figure("22.1", "安保力量", "96名", "96", "名", words="门卫|看护人员")])
    assert only_number(check(tmp_path, "各校门卫95名。", plain)).verdict == UNKNOWN
    assert only_number(check(tmp_path, "各校门卫95名。", named)).verdict == DIFFERS
    assert names_of(named.printed[0]) == ["安保力量", "门卫", "看护人员"]


def test_a_number_that_a_draft_bound_to_a_figure_is_that_figure() -> None:
    rules = load_rules()
    checker = FigureChecker(release(), rules)
    for text, verdict in (("经费5.1亿元。", DIFFERS), ("经费52310万元。", AGREES)):
        paragraph = Paragraph(1, text, text, controls=(Control(2, len(text) - 1, "4.1"),))
        (checked,) = checker.check(paragraph, find_numbers(text))
        assert (checked.verdict, checked.figures[0]["figure_id"]) == (verdict, "4.1")


def test_units_that_stand_in_the_title_alone_are_known(tmp_path: Path) -> None:
    tables = release(
        [
            figure("13.2", "小学骨干教师数差异系数", "0.4321", "0.43214", ""),
            figure("13.3", "小学生均教学仪器设备值", "2300.50元", "2300.5", "元"),
        ]
    )
    right = "小学骨干教师数差异系数为0.4321,小学生均教学仪器设备值2300.5元。"
    assert set(verdicts(check(tmp_path, right, tables)).values()) == {AGREES}
    wrong = "小学骨干教师数差异系数为0.53,小学生均教学仪器设备值2200元。"
    assert set(verdicts(check(tmp_path, wrong, tables)).values()) == {DIFFERS}


def test_a_number_within_the_title_of_a_figure_is_none(tmp_path: Path) -> None:
    tables = release([figure("13.2", "资源配置7项指标", "数据缺失", None, "", state="missing")])
    assert not check(tmp_path, "核对资源配置7项指标。", tables).numbers


def test_figures_that_the_report_leaves_out_are_listed(tmp_path: Path) -> None:
    left_out = {row["figure_id"] for row in check(tmp_path, RIGHT).not_printed}
    assert {"14.3", "K1.1"} <= left_out
    assert not left_out & {"4.1", "22.1", "33.6", "28.1", "4.8"}  # written, withheld, without value


def test_an_older_release_without_other_words_can_be_checked_against(tmp_path: Path) -> None:
    tables = release()
    old = dict(tables.published)
    old["report_figures"] = old["report_figures"].drop_columns(["words"])
    result = check(tmp_path, "一般公共预算教育经费52310万元。", type(tables)(Path(), old))
    assert only_number(result).verdict == AGREES
