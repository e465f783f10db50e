"""Arithmetic within a text."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from check_parts import check, found, only_number, release

from flows.report.checking.findings import CONTRADICTION, OPEN
from flows.report.checking.verdicts import AGREES

MEALS = {
    "standard_id": "meal_allowance", "region_code": "CN", "stage": "total", "comparison": "=",
    "value": Decimal(1000), "unit": "元/生·年", "valid_from": date(2021, 9, 1), "valid_to": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "gravity"),
    [
        ("下达900万元,其中:中央600万元,省级200万元,市级100万元。", ""),
        ("下达900万元,其中:中央600万元,省级200万元,市级120万元。", CONTRADICTION),
        ("下达900万元,其中:中央600万元,省级200万元。", OPEN),
        ("下达900万元,其中中央950万元。", CONTRADICTION),
        ("经费7.0亿元,增加0.2亿元、增长3%,其中小学5.0亿元、初中3.0亿元。", CONTRADICTION),
        ("教师1200名,其中女教师800名,党员500名。", OPEN),  # one may be both
        ("教师1200名,其中女教师800名。", ""),
        ("下达1.4亿元,其中中央0.9亿元,省级0.5亿元。", ""),
        ("学校48所,除合并的6所外,42所已达标。", ""),
        ("学校48所,除合并的6所外,41所已达标。", CONTRADICTION),
    ],
)
def test_parts_go_into_their_total(tmp_path: Path, text: str, gravity: str) -> None:
    gravities = [finding.gravity for finding in found(check(tmp_path, text), "wrong_parts")]
    assert gravities == [gravity] * bool(gravity)


@pytest.mark.parametrize(
    ("growth", "is_wrong"), [("2.37%", False), ("2.4%", False), ("2.31%", True), ("3.2%", True)]
)
def test_amount_increase_and_growth_go_together(
    tmp_path: Path, growth: str, is_wrong: bool
) -> None:
    """1209 / (52310 - 1209) = 2.3659 %."""
    text = f"投入52310万元,比上年增加1209万元,增长{growth}。"
    assert bool(found(check(tmp_path, text), "wrong_growth")) is is_wrong


@pytest.mark.parametrize(
    ("share", "is_wrong"), [("25%", False), ("25.0%", False), ("26%", False), ("30%", True)]
)
def test_a_share_is_that_of_the_counts_before_it(
    tmp_path: Path, share: str, is_wrong: bool
) -> None:
    text = f"全县学校48所,寄宿制学校12所,占{share}。"
    assert bool(found(check(tmp_path, text), "wrong_shares")) is is_wrong


def test_people_times_money_per_person_is_the_money(tmp_path: Path) -> None:
    right = "按每生每年1000元补助1.2万名学生,共1200万元。"
    assert not found(check(tmp_path, right), "wrong_products")
    (finding,) = found(check(tmp_path, right.replace("1200万", "900万")), "wrong_products")
    assert "1.2万名×1000元=1200万元" in finding.what
    assert "750.0元" in finding.what


def test_the_standard_of_the_release_is_taken_where_the_text_has_none(tmp_path: Path) -> None:
    text = "营养改善计划下达1538万元,惠及1.2万名学生。"
    assert found(check(tmp_path, text, release(standards=[MEALS])), "wrong_products")
    assert not found(check(tmp_path, text, release()), "wrong_products")
    right = text.replace("1538", "1200")
    assert not found(check(tmp_path, right, release(standards=[MEALS])), "wrong_products")


def test_a_standard_that_a_sentence_names_is_known(tmp_path: Path) -> None:
    tables = release(standards=[MEALS])
    assert only_number(check(tmp_path, "补助标准为1000元。", tables)).verdict == AGREES
    assert only_number(check(tmp_path, "补助标准为900元。", tables)).verdict != AGREES


def test_a_growth_beyond_those_per_head_says_how_many_more_heads_there_must_be(
    tmp_path: Path,
) -> None:
    """1.0237 / 1.0031 = 1.0205, 1.0237 / 1.0120 = 1.0116."""
    text = "教育经费增长2.37%,幼儿园、小学生均经费增长分别为1.20%、0.31%。"
    (finding,) = found(check(tmp_path, text), "unbounded_growth")
    assert "1.16%到2.05%" in finding.what
    within = text.replace("2.37", "0.88")
    assert not found(check(tmp_path, within), "unbounded_growth")
