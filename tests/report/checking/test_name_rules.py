"""Names of schools."""

from pathlib import Path

import pytest
from check_parts import check, found

from flows.report.checking.name_rules import core_of


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("红旗小学", "红旗"),
        ("甲水县红旗学校", "红旗"),
        ("乙山市甲水区红旗校区", "红旗"),
        ("红旗校区附属园", "红旗"),
        ("甲水县第二小学", "2小"),
        ("甲水县二小", "2小"),
        ("县二中", "2中"),
    ],
)
def test_a_school_is_known_without_district_and_kind(name: str, core: str) -> None:
    assert core_of(name) == core


def test_one_school_under_several_names_is_found(tmp_path: Path) -> None:
    text = "新建红旗小学、城北中学。\n加快红旗学校建设。\n推进甲水县红旗校区附属园建设。\n"
    (finding,) = found(check(tmp_path, text), "school_names")
    assert all(name in finding.what for name in ("红旗小学", "红旗学校", "甲水县红旗校区"))


def test_a_number_in_a_name_is_one_however_it_is_written(tmp_path: Path) -> None:
    text = "甲水县第二小学建成机器人室。\n县二小获评先进,学习三中全会精神。\n"
    (finding,) = found(check(tmp_path, text), "school_names")
    assert "“甲水县第二小学”" in finding.what
    assert "“县二小”" in finding.what


@pytest.mark.parametrize(
    "text",
    [
        "新建红旗小学、红旗中学附近的城北中学。\n红旗小学投用。\n",
        "各中小学、农村学校、公办学校。\n全县学校、公办小学。\n",
        "义务教育学校和普通高中学校。\n",
    ],
)
def test_one_name_each_is_no_fault(tmp_path: Path, text: str) -> None:
    assert not found(check(tmp_path, text), "school_names")


def test_a_school_is_not_done_here_and_to_come_there(tmp_path: Path) -> None:
    text = "一、成效\n新建红旗小学、城北小学。\n加快红旗小学建设,预计2025年投用。\n"
    (finding,) = found(check(tmp_path, text), "done_and_to_come")
    assert "红旗小学" in finding.what
    assert "城北" not in finding.what
    later = text.replace("加快红旗小学建设", "加快河东小学建设")
    assert not found(check(tmp_path, later), "done_and_to_come")
