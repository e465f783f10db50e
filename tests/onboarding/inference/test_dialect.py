"""Encoding and delimiter of a text are told by its words and signs, where no contract says them."""

from pathlib import Path

import pytest
from onboarding_parts import inspect_text


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


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("School;Café;Pupils\n“Zoë” High – Upper;Côte d’Azur;12\nBrontë;Ñandú;7\n", "windows-1252"),
        ("學校代碼,學校名稱,學生數\n010601,國立新化國小,12\n014302,縣立光華國小,30\n", "big5"),
    ],
)
def test_foreign_encodings_are_told_by_their_words(
    tmp_path: Path, text: str, encoding: str
) -> None:
    inspected = inspect_text(tmp_path, text, encoding)
    assert inspected.dialect
    assert inspected.dialect.encoding == encoding
    assert len(inspected.sheets[0].data) == 2
