"""Lists and what is counted of them."""

from pathlib import Path

import pytest
from check_parts import check, found

STAGES = "幼儿园、小学、初中、高中班均人数分别为"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"{STAGES}28人、41人、44人和46人。", 0),
        (f"{STAGES}28人、41人和44人。", 1),
        ("幼儿园、小学班均人数分别为28人、41人和44人。", 1),
        ("小学和初中达标率分别为98.2%和97.5%。", 0),
        ("公办园占比、普惠率分别达到51.2%、88%。", 0),
        ("全县教师分别参加3期、5期培训。", 0),
    ],
)
def test_a_list_has_as_many_values_as_names(tmp_path: Path, text: str, count: int) -> None:
    assert len(found(check(tmp_path, text), "unequal_lists")) == count


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("建成甲小学、乙小学、丙小学3所学校。", ""),
        ("建成甲小学、乙小学、丙小学4所学校。", "说是4，列出的是3"),
        ("建成甲小学、乙小学、丙小学等5所学校。", ""),
        ("建成甲小学、乙小学、丙小学、丁小学等3所学校。", "说是3，列出的是4"),
        ("围绕收费、招生、师资、安全等四大方面开展检查。", ""),
        ("围绕收费、招生、师资、安全、后勤等四大方面开展检查。", "说是4，列出的是5"),
        ("建设甲附属园、乙幼儿园、丙附属园3所附属幼儿园。", "乙幼儿园，名称中没有“附属”"),
    ],
)
def test_as_many_names_are_listed_as_are_counted(tmp_path: Path, text: str, said: str) -> None:
    sentences = [finding.what for finding in found(check(tmp_path, text), "miscounted_names")]
    assert len(sentences) == bool(said)
    assert said in "".join(sentences)


TASK = "二、上级交办工作\n(一)新建校园食堂12个\n"


def test_the_number_of_a_task_must_be_answered(tmp_path: Path) -> None:
    (finding,) = found(check(tmp_path, f"{TASK}已有9所学校建成食堂。\n"), "unanswered_tasks")
    assert "12个" in finding.what
    answered = f"{TASK}任务12个,已建成9个。\n"
    assert not found(check(tmp_path, answered), "unanswered_tasks")


def test_a_task_is_answered_by_as_many_names(tmp_path: Path) -> None:
    title = "二、上级交办工作\n(一)遗留的幼儿园等3个项目\n"
    both = f"{title}河东幼儿园已建成,河西幼儿园已开工。\n"
    assert found(check(tmp_path, both), "unanswered_tasks")
    three = f"{both}城北幼儿园正在设计。\n"
    assert not found(check(tmp_path, three), "unanswered_tasks")
