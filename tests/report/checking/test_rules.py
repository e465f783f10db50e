"""The rules as data, and a district's own."""

import re
from pathlib import Path

import pytest
from check_parts import check, found

from flows.common.errors import WrongUse
from flows.common.settings import Workspace
from flows.report.checking.check import SEARCHES, VERDICT_RULES
from flows.report.checking.findings import GRAVITY
from flows.report.checking.numbers import UNREAD
from flows.report.checking.rules import load_rules, own_rules


def own(folder: Path, text: str) -> Path:
    path = folder / "own.yml"
    path.write_text(text, "utf-8")
    return path


def test_every_rule_says_what_it_means_and_is_asked() -> None:
    rules = load_rules().rules
    assert rules.keys() == {*SEARCHES, *VERDICT_RULES.values(), UNREAD}
    for rule in rules.values():
        assert rule.meaning.endswith("。")
        assert rule.resolve.endswith("。")
        assert rule.gravity in GRAVITY


def test_every_word_that_is_a_pattern_can_be_read() -> None:
    for rule in load_rules().rules.values():
        for word in rule.words:
            if isinstance(word, str):
                re.compile(word)


def test_a_district_adds_words_to_a_rule(tmp_path: Path) -> None:
    text = "我县教学质量全市第一。"
    assert not found(check(tmp_path, text), "forbidden_topics")
    rules = own(tmp_path, "rules:\n  forbidden_topics:\n    words: [教学质量全市第一]\n")
    assert found(check(tmp_path, text, rules=rules), "forbidden_topics")
    assert found(check(tmp_path, "升学率上升。", rules=rules), "forbidden_topics")


def test_a_district_leaves_a_rule_out_and_makes_another_graver(tmp_path: Path) -> None:
    text = "约2000余人。某县幼儿园。"
    rules = own(
        tmp_path,
        "rules:\n  placeholders: {skip: true}\n  doubled_words: {gravity: contradiction}\n",
    )
    result = check(tmp_path, text, rules=rules)
    assert not found(result, "placeholders")
    assert found(result, "doubled_words")[0].gravity == "contradiction"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rules:\n  forbiden:\n    words: [a]\n", "no rule is called forbiden"),
        ("terms:\n  words: [a]\n", "no terms are called words"),
        ("rules:\n  plans:\n    wods: [a]\n", "wods"),
        ("rules: [1]\n", "are expected"),
        ("- a\n", "are expected"),
        ("rules: {a: [\n", "is no YAML"),
    ],
)
def test_a_mistake_in_own_rules_is_told(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(WrongUse, match=sentence):
        load_rules(own(tmp_path, text))


def test_the_rules_of_a_workspace_are_found(tmp_path: Path) -> None:
    assert own_rules(Workspace(tmp_path)) is None
    (tmp_path / "report_rules.yml").write_text("rules: {}\n", "utf-8")
    assert own_rules(Workspace(tmp_path)) == tmp_path / "report_rules.yml"
