"""Tests of text as people write it."""

import pytest

from flows.common.text import widen_punctuation


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("经费(2021)缺失:由财政局报送,逾期未报", "经费（2021）缺失：由财政局报送，逾期未报"),
        ("支付(2023),新.csv未通过检查,仍用上一份", "支付(2023),新.csv未通过检查，仍用上一份"),
        ("每生每年1,100元, 自12:30起", "每生每年1,100元，自12:30起"),
        ("经费.xlsx (12ab → 99) 新到", "经费.xlsx（12ab → 99）新到"),
        ("a file, of 2 (two)", "a file, of 2 (two)"),
    ],
)
def test_chinese_sentences_get_chinese_punctuation_and_names_of_files_keep_theirs(
    narrow: str, wide: str
) -> None:
    assert widen_punctuation(narrow) == wide
