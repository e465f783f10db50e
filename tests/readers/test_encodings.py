"""The encoding of a text is found by its captions; lines in another one are known."""

from pathlib import Path

import corpus
import pytest

from flows.common.errors import Rejected
from flows.parsing.file_parser import read_file
from flows.readers.encodings import (
    choose_encoding,
    decode_in_each,
    decode_page,
    find_broken_lines,
    find_utf_8_lines,
    marked_encoding,
)

COLUMNS = "name label voucher_no"
HEADER = ["学校", "NAME", "ID"]


def chosen(text: str, encoding: str, *captions: str) -> str | None:
    texts = decode_in_each(text.encode(encoding), is_whole=True)
    return choose_encoding(
        texts,
        lambda found: {caption for caption in captions if caption in found},
        texts.__contains__,
    )


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16-le", "utf-16-be"])
def test_captions_prove_an_encoding(encoding: str) -> None:
    assert chosen("代碼,名稱\n1,一小\n", encoding, "代碼", "名稱") == encoding


def test_captions_in_ascii_prove_nothing() -> None:
    with pytest.raises(Rejected, match="state `encoding`"):
        chosen("ID,NAME\n1,联通学校\n", "gb18030", "ID", "NAME")
    assert chosen("ID,NAME\n1,联通学校\n", "utf-8", "ID", "NAME") == "utf-8"
    assert chosen("1,联通学校\n", "gb18030", "ID") is None


def test_a_mark_says_the_encoding() -> None:
    assert marked_encoding("学校".encode("utf-8-sig")) == "utf-8-sig"
    assert marked_encoding("学校".encode("utf-16")) == "utf-16"
    assert marked_encoding("学校".encode("utf-32")) == "utf-32"
    assert marked_encoding("学校".encode()) is None


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_page_is_decoded_by_its_captions(encoding: str) -> None:
    page = "<meta charset=latin1><td>学 校</td>"
    assert decode_page(page.encode(encoding), ["学校"], None).endswith("<td>学 校</td>")
    with pytest.raises(Rejected, match="throughout"):
        decode_page("样例一小".encode("gb18030"), ["样例"], "utf-8")


def test_lines_of_another_encoding_are_found_whatever_ends_them() -> None:
    lines = ["学校".encode(), "样例一小".encode("gb18030"), b"x", "样例".encode("gb18030")]
    for end in (b"\n", b"\r\n", b"\r"):
        assert find_broken_lines(end.join(lines), "utf-8") == [2, 4]
        mixed = end.join(["学校".encode("gb18030"), "样例第一小学".encode(), b"x"])
        assert list(find_utf_8_lines(mixed, "gb18030")) == [1]


@pytest.mark.parametrize(("encoding", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
@pytest.mark.parametrize("place", [0, 7, 39_999])
def test_a_row_in_another_encoding_is_quarantined_alone(
    encoding: str, other: str, place: int, tmp_path: Path
) -> None:
    rows = [f"样例{row}小学,1,N{row}\n" for row in range(40_000)]
    lines = [text.encode(other if row == place else encoding) for row, text in enumerate(rows)]
    (tmp_path / "kept").write_bytes(f"{','.join(HEADER)}\n".encode(encoding) + b"".join(lines))
    parsed = read_file(tmp_path / "kept", corpus.contract_of({"columns": COLUMNS}))
    assert [(row.row_number, row.rule) for row in parsed.quarantined] == [
        (place + 2, "another_encoding")
    ]
    assert parsed.landed == len(rows) - 1


def test_a_text_of_which_many_lines_are_in_another_encoding_is_refused(tmp_path: Path) -> None:
    rows = [f"样例{row}小学,1,N{row}\n".encode("gb18030") for row in range(9)]
    (tmp_path / "kept").write_bytes(f"{','.join(HEADER)}\n".encode() + b"".join(rows))
    with pytest.raises(Rejected, match="not utf-8 as the lines above"):
        read_file(tmp_path / "kept", corpus.contract_of({"columns": COLUMNS}))
