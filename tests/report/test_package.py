"""Word files as parts: what is sound is read, and packed so that it is the same again."""

import io
import zipfile
from pathlib import Path

import pytest
from report_parts import parts_of, zipped

from flows.common.errors import WrongUse
from flows.report.package import pack, read_package

SOUND = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<d/>", "a/b.xml": b"<a/>"}


def test_the_same_parts_give_the_same_bytes_whatever_their_order() -> None:
    turned = dict(reversed(SOUND.items()))
    assert pack(turned) == pack(SOUND)
    assert next(iter(parts_of(pack(turned)))) == "[Content_Types].xml"
    times = {info.date_time for info in zipfile.ZipFile(io.BytesIO(pack(SOUND))).infolist()}
    assert times == {(1980, 1, 1, 0, 0, 0)}


def test_what_is_packed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(pack(SOUND))
    assert read_package(path) == SOUND


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"word/document.xml": b"<d/>"}, "is no Word file"),
        (SOUND | {"../evil.xml": b"x"}, "leads out of the archive"),
        (SOUND | {"word/media/x": bytes(5_000_000)}, "times its size"),
    ],
)
def test_what_is_not_sound_is_refused(tmp_path: Path, parts: dict[str, bytes], said: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(zipped(parts))
    with pytest.raises(WrongUse, match=said):
        read_package(path)


def test_an_old_or_locked_file_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500))
    with pytest.raises(WrongUse, match="or has a password"):
        read_package(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"there is no file .*a\.docx"):
        read_package(tmp_path / "a.docx")
