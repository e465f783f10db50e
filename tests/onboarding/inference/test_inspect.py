"""Encoding and delimiter of a text are told by its words and signs, where no contract says them."""

from pathlib import Path

import pytest
from onboarding_parts import inspect_text

from flows.common.errors import Rejected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_told_without_a_contract(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    text = f"学校名称{delimiter}支付金额\r\n甲校{delimiter}12.5\r\n乙校{delimiter}13\r\n"
    inspected = inspect_text(tmp_path, text, encoding)
    assert inspected.sheets[0].captions == ("学校名称", "支付金额")
    assert inspected.dialect
    assert inspected.dialect.delimiter == delimiter


def test_a_foreign_encoding_is_told_by_the_captions_of_the_glossary(tmp_path: Path) -> None:
    text = "學校代碼,學校名稱,學生數\n010601,國立新化國小,12\n014302,縣立光華國小,30\n"
    inspected = inspect_text(tmp_path, text, "big5")
    assert inspected.dialect
    assert inspected.dialect.encoding in ("big5", "cp950")
    assert len(inspected.sheets[0].data) == 2


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("School;Café;Pupils\nZoë High;Côte d’Azur;12\nBrontë;Ñandú;7\n", "windows-1252"),
        ("都道府県,児童数\n北海道,2000\n青森県,300\n東京都,4000\n", "shift_jis"),
    ],
)
def test_an_encoding_that_nothing_tells_is_refused(
    tmp_path: Path, text: str, encoding: str
) -> None:
    with pytest.raises(Rejected, match="neither UTF-8 nor GB18030"):
        inspect_text(tmp_path, text, encoding)


def test_chinese_of_unknown_captions_may_be_gb18030(tmp_path: Path) -> None:
    inspected = inspect_text(tmp_path, "甲乙,丙丁\n春天,12\n秋天,30\n", "gb18030")
    assert inspected.sheets[0].captions == ("甲乙", "丙丁")


def test_blanks_part_words_of_captions_too(tmp_path: Path) -> None:
    inspected = inspect_text(tmp_path, "School Name;Pupils\nNorth High;12\nSouth High;30\n")
    assert inspected.sheets[0].texts == ("School Name", "Pupils")
