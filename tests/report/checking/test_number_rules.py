"""Rules on single numbers."""

from decimal import Decimal
from pathlib import Path

import pytest
from check_parts import check, figure, found, release


def test_one_thing_has_one_number(tmp_path: Path) -> None:
    text = "一、工作成效\n9个教育集团带动薄弱学校。\n二、特色\n成立12个教育集团。\n"
    (finding,) = found(check(tmp_path, text), "same_things")
    assert "12个" in finding.what
    assert "9个" in finding.what


def test_one_thing_is_known_by_its_noun_where_the_warehouse_has_none(tmp_path: Path) -> None:
    text = "6大名师工作室送教下乡。\n全县8大名师培训工作室开展研修。\n"
    (finding,) = found(check(tmp_path, text), "same_things")
    assert "6大" in finding.what
    assert "8大" in finding.what
    other = "6大名师工作室送教下乡。\n全县8大实验基地开展研修。\n"
    assert not found(check(tmp_path, other), "same_things")


def test_several_totals_of_schools_are_told_together(tmp_path: Path) -> None:
    text = "全县48所中小学校全覆盖。\n全县52所中小学配备保安。\n全县学校45所开展课后服务。\n"
    (finding,) = found(check(tmp_path, text), "several_bases")
    assert all(number in finding.what for number in ("48所", "52所", "45所"))
    assert not found(check(tmp_path, "全县48所中小学校。全县48所中小学校。"), "several_bases")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("参训约2000余人。", 1),
        ("参训近200名左右。", 1),
        ("参训2000余人。", 0),
        ("参训约2000人。", 0),
        ("参训2000人左右。", 0),
    ],
)
def test_a_fuzzy_word_is_said_once(tmp_path: Path, text: str, count: int) -> None:
    assert len(found(check(tmp_path, text), "doubled_words")) == count


def test_fuzzy_numbers_are_counted_in_one_note(tmp_path: Path) -> None:
    text = "参训2000余人,近300名教师获奖。不足100人的学校按100人核定。"
    (finding,) = found(check(tmp_path, text), "fuzzy_numbers")
    assert "概数2处：2000余人、近300名" in finding.what


def test_amounts_of_a_paragraph_are_as_exact_as_each_other(tmp_path: Path) -> None:
    assert found(check(tmp_path, "下达1538万元,使用1208.9015万元。"), "uneven_precision")
    assert not found(check(tmp_path, "下达1538万元,使用1208.9万元。"), "uneven_precision")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("普通话使用率达100%。", 1),
        ("48所学校中46所达标,达标率95.8%。", 0),
        ("生均经费增长0.5%。", 1),
        ("生均经费12000元,增长0.5%。", 0),
    ],
)
def test_a_share_stands_beside_its_counts(tmp_path: Path, text: str, count: int) -> None:
    assert len(found(check(tmp_path, text), "bare_shares")) == count


def test_money_for_awards_says_how_many_persons_got_it(tmp_path: Path) -> None:
    (finding,) = found(check(tmp_path, "发放资助812万元,惠及8120人次。"), "awards_without_persons")
    assert "每人次1000元" in finding.what
    text = "发放资助812万元,惠及5100人、8120人次。"
    assert not found(check(tmp_path, text), "awards_without_persons")


def test_what_is_above_its_standard_by_a_hair_is_told(tmp_path: Path) -> None:
    thin = [figure("4.5", "小学经费增长", "0.06%", "0.06", "%", margin=Decimal("0.06"))]
    thick = [figure("4.5", "小学经费增长", "3.06%", "3.06", "%", margin=Decimal("3.06"))]
    assert found(check(tmp_path, "小学经费增长0.06%。", release(thin)), "thin_margins")
    assert not found(check(tmp_path, "小学经费增长3.06%。", release(thick)), "thin_margins")
