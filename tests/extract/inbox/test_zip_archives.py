"""ZIP archives: names as they were meant, and a sentence for everything that is not sound."""

import stat
import struct
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

import pytest

from flows.common.settings import Settings
from flows.extract.inbox.zip_archives import (
    MOST_DIRECTORY_BYTES,
    Member,
    Unsound,
    hash_member,
    is_archive,
    list_members,
    open_archive,
)

TEXT = b"a,b\n1,2\n"
DAMAGED = "is damaged, its checksum does not fit: pack the archive again"
LEADS_OUT = "its name leads out of the archive: pack it again with plain names of folders"


def packed(path: Path, *names: str | zipfile.ZipInfo, content: bytes = TEXT) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return path


def raw_named(path: Path, *names: bytes, extra: bytes = b"") -> Path:
    """Pack files under bytes whose encoding nothing says, as Windows does."""
    stand_ins = [chr(ord("p") + number) * len(name) for number, name in enumerate(names)]
    infos = [zipfile.ZipInfo(name) for name in stand_ins]
    for info in infos:
        info.extra = extra
    content = packed(path, *infos).read_bytes()
    for stand_in, name in zip(stand_ins, names, strict=True):
        content = content.replace(stand_in.encode(), name)
    path.write_bytes(content)
    return path


def listed(path: Path, **limits: int) -> list[Member]:
    with open_archive(path) as archive:
        return list_members(archive, Settings(**limits))  # type: ignore[arg-type]


def faults(path: Path, **limits: int) -> list[str]:
    """Say of each member what is wrong with it, by its name or by its bytes."""
    found = []
    with open_archive(path) as archive:
        for member in list_members(archive, Settings(**limits)):  # type: ignore[arg-type]
            fault = member.fault
            try:
                fault = fault or hash_member(archive, member)[:0]
            except Unsound as unsound:
                fault = str(unsound)
            found.append(fault)
    return found


@pytest.mark.parametrize(
    "raw",
    [
        "一校/统计报表.csv".encode(),  # of macOS, which does not say that it is UTF-8
        "一校/统计报表.csv".encode("gb18030"),
    ],
)
def test_a_name_whose_encoding_is_not_said_is_read_as_it_was_meant(
    tmp_path: Path, raw: bytes
) -> None:
    assert [one.name for one in listed(raw_named(tmp_path / "a.zip", raw))] == ["一校/统计报表.csv"]


def test_the_names_of_one_archive_have_one_encoding(tmp_path: Path) -> None:
    # The first is UTF-8, too, where it stands alone: two letters of another script.
    short, long = "一些.csv", "统计报表_2023.csv"
    path = raw_named(tmp_path / "a.zip", *(one.encode("gb18030") for one in (short, long)))
    assert [one.name for one in listed(path)] == [short, long]


def test_names_that_are_said_to_be_utf_8_are(tmp_path: Path) -> None:
    assert [one.name for one in listed(packed(tmp_path / "a.zip", "一校/表.csv"))] == [
        "一校/表.csv"
    ]


@pytest.mark.parametrize(("of", "name"), [(b"??.csv", "报表.csv"), (b"another", "??.csv")])
def test_the_name_that_info_zip_adds_counts_where_it_belongs_to_the_file(
    tmp_path: Path, of: bytes, name: str
) -> None:
    content = b"\x01" + struct.pack("<L", zlib.crc32(of)) + "报表.csv".encode()
    extra = struct.pack("<HH", 0x7075, len(content)) + content
    assert [one.name for one in listed(raw_named(tmp_path / "a.zip", b"??.csv", extra=extra))] == [
        name
    ]


@pytest.mark.parametrize(
    "name",
    ["../a.csv", "b/../../a.csv", "/etc/a.csv", "C:/a.csv", "C:a.csv", "b\\a.csv", "./a.csv",
     "b//a.csv"],
)  # fmt: skip
def test_a_name_that_leads_out_is_refused_and_the_other_file_counts(
    tmp_path: Path, name: str
) -> None:
    assert faults(packed(tmp_path / "a.zip", name, "b.csv")) == [LEADS_OUT, ""]


def test_links_and_devices_are_no_files(tmp_path: Path) -> None:
    infos = [zipfile.ZipInfo("link"), zipfile.ZipInfo("fifo"), zipfile.ZipInfo("file")]
    for info, kind in zip(infos, (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFREG), strict=True):
        info.external_attr = (kind | 0o644) << 16
    no_file = "is a link or a device, no file: pack the file itself"
    assert faults(packed(tmp_path / "a.zip", *infos)) == [no_file, no_file, ""]


def test_a_damaged_file_does_not_take_the_others_down(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:  # stored, so that its bytes can be found
        for name, text in (("a.csv", b"first"), ("b.csv", b"second"), ("c.csv", b"third")):
            archive.writestr(name, text)
    path.write_bytes(path.read_bytes().replace(b"second", b"sec0nd"))
    assert faults(path) == ["", DAMAGED, ""]


ANOTHER_SIZE = "has another size than the archive says: pack the archive again"


@pytest.mark.parametrize(("change", "told"), [(-2, DAMAGED), (3, ANOTHER_SIZE)])
def test_a_size_that_lies_is_seen(tmp_path: Path, change: int, told: str) -> None:
    path = packed(tmp_path / "a.zip", "a.csv", "b.csv")
    size, lie = (struct.pack("<L", len(TEXT) + one) for one in (0, change))
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    path.write_bytes(content[:directory] + content[directory:].replace(size, lie, 1))
    assert faults(path) == [told, ""]


def test_files_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", "a.csv", "b.csv", "c.csv")
    content = bytearray(path.read_bytes())
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    struct.pack_into("<L", content, second + 42, 5)  # it begins within the first
    path.write_bytes(content)
    told = "overlaps another file of the archive, which no honest program writes: refused"
    assert faults(path) == [told, told, ""]


def test_of_two_files_of_one_name_neither_counts(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = packed(tmp_path / "a.zip", "a.csv", "a.csv", "b.csv")
    told = "two files in the archive have this name: pack it again"
    assert faults(path) == [told, told, ""]


def test_a_password_another_packing_and_an_inner_archive_have_their_sentences(
    tmp_path: Path,
) -> None:
    path = packed(tmp_path / "a.zip", "a.csv", "b.zip", "c.csv", "d.csv")
    content = bytearray(path.read_bytes())
    entries = [place for place in range(len(content)) if content.startswith(b"PK\x01\x02", place)]
    struct.pack_into("<H", content, entries[0] + 8, 1)  # a flag: encrypted
    struct.pack_into("<H", content, entries[2] + 10, 9)  # Deflate64
    path.write_bytes(content)
    assert faults(path) == [
        "has a password: pack it again without one",
        "is an archive in an archive: put its files into the outer one, or send it by itself",
        "is packed in a way that is not read: pack it again as an ordinary ZIP",
        "",
    ]


def test_an_archive_holds_no_more_than_the_settings_say(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", "a.csv", "b.csv", content=bytes(2_000_000))
    [fault, _] = faults(path)
    assert fault.startswith("unpacks to 1,0")
    assert fault.endswith("send it unpacked, or raise ZIPING_ZIP_RATIO if this is right")
    assert faults(path, zip_ratio=2000) == ["", ""]
    with pytest.raises(Unsound, match=r"holds 2 files, more than 1: .* ZIPING_ZIP_MEMBERS"):
        listed(path, zip_members=1)
    with pytest.raises(Unsound, match=r"unpacks to 4 MB, more than 3: .* ZIPING_ZIP_MEGABYTES"):
        listed(path, zip_megabytes=3)


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_an_archive_cut_short_is_told_as_that(tmp_path: Path, kept: float) -> None:
    path = packed(tmp_path / "a.zip", "a.csv", "b.csv")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert is_archive(path)
    with pytest.raises(Unsound, match="cut short or damaged: send it again"):
        listed(path)


def test_a_list_of_names_that_fills_the_memory_is_not_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", "a.csv")
    content = path.read_bytes()
    content = bytes(2 * MOST_DIRECTORY_BYTES) + content
    end = content.index(b"PK\x05\x06")
    size = struct.pack("<L", 2 * MOST_DIRECTORY_BYTES)
    path.write_bytes(content[: end + 12] + size + content[end + 16 :])
    with pytest.raises(Unsound, match="names more files than anybody packs"):
        listed(path)


def test_a_workbook_is_no_archive_and_an_archive_is_one_by_any_name(tmp_path: Path) -> None:
    book = packed(tmp_path / "a.zip", "[Content_Types].xml", "xl/workbook.xml")
    files = packed(tmp_path / "b.dat", "a.csv")
    text = tmp_path / "c.csv"
    text.write_bytes(TEXT)
    assert list(map(is_archive, (book, files, text))) == [False, True, False]


def test_what_the_archive_says_is_what_is_hashed(tmp_path: Path) -> None:
    inner = bytes(range(256)) * 20_000
    path = packed(tmp_path / "a.zip", "a.csv", content=inner)
    with open_archive(path) as archive:
        [member] = list_members(archive, Settings())
        assert hash_member(archive, member) == sha256(inner).hexdigest()
