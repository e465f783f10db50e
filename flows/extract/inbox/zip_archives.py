"""ZIP archives: what they hold, by names as they were meant, and each sound file of it as bytes."""

import contextlib
import copy
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from flows.common.errors import ZipingError
from flows.common.settings import Settings
from flows.extract.inbox.file_access import escape_unprintable, find_encoding, open_file
from flows.readers.detection import COMPRESSIONS, ZIP, find_overlapping

# A workbook, a text document or an .ods is a ZIP file, too: each has one of these.
DOCUMENT_PARTS = {"[Content_Types].xml", "mimetype", "content.xml", "xl/workbook.bin"}
MOST_DIRECTORY_BYTES = 16 << 20  # of names alone; all of them are held in memory
HIGH_RATIO_FROM_BYTES = 1 << 20  # a small file of one repeated line is no bomb
END, END_64 = b"PK\x05\x06", b"PK\x06\x07"
END_SIZE, END_64_SIZE, LOCATOR_SIZE, MOST_COMMENT = 22, 56, 20, 1 << 16
UTF_8_FLAG, PASSWORD_FLAG, UNICODE_PATH = 0x800, 0x1, 0x7075
LEADS_OUT = re.compile(r"/|[A-Za-z]:|.*\\")
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
BLOCK = 1 << 20


class Unsound(ZipingError):
    """An archive, or a file in it, that is not taken: why, and what to do."""


class Member(NamedTuple):
    """A file in an archive."""

    name: str  # as it was meant, whatever the encoding; folders before it
    info: zipfile.ZipInfo
    fault: str  # why it is not taken; empty where nothing speaks against it


def is_archive(path: Path) -> bool:
    """Tell an archive of files from a workbook, which is a ZIP file too, by what it holds."""
    is_called_so = path.suffix.lower() == ".zip"
    try:
        with open_file(path) as stream:
            if stream.read(4) not in ZIP:
                return is_called_so and stream.seek(0, 2) > 0
        with open_archive(path) as archive:
            return DOCUMENT_PARTS.isdisjoint(archive.namelist())
    except Unsound:
        return is_called_so
    except OSError:
        return False  # whoever looks at the file next says so


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; raises Unsound where it is damaged."""
    try:
        stream = open_file(path)
    except OSError as error:
        raise Unsound(f"the archive cannot be read ({error.strerror}): look at it") from None
    with stream:
        try:
            if _directory_size(stream) > MOST_DIRECTORY_BYTES:
                raise Unsound("the archive names more files than anybody packs: send them singly")
            archive = zipfile.ZipFile(stream)
        except DAMAGED:
            raise Unsound("the archive is cut short or damaged: send it again") from None
        with archive:
            yield archive


def _directory_size(stream: BinaryIO) -> int:
    """Read how large the list of names is, before all of it is read into memory."""
    size = stream.seek(0, 2)
    start = stream.seek(max(size - END_SIZE - LOCATOR_SIZE - END_64_SIZE - MOST_COMMENT, 0))
    tail = stream.read()
    stream.seek(0)
    end = tail.rfind(END)
    if end < 0:
        raise zipfile.BadZipFile
    (found,) = struct.unpack_from("<L", tail, end + 12)
    locator = end - LOCATOR_SIZE
    if locator >= END_64_SIZE and tail.startswith(END_64, locator):
        (found,) = struct.unpack_from("<Q", tail, locator - END_64_SIZE + 40)
    return min(int(found), start + len(tail))


def list_members(archive: zipfile.ZipFile, limits: Settings) -> list[Member]:
    """List the files of an archive, each with what speaks against it.

    Raises Unsound where the archive as a whole is more than is taken.
    """
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > limits.zip_members:
        raise Unsound(
            f"the archive holds {len(infos)} files, more than {limits.zip_members}: send it in "
            "several, or raise ZIPING_ZIP_MEMBERS if this is right"
        )
    size = sum(info.file_size for info in infos)
    if size > limits.zip_megabytes * 1e6:
        raise Unsound(
            f"the archive unpacks to {size / 1e6:,.0f} MB, more than {limits.zip_megabytes:,.0f}: "
            "send it in several, or raise ZIPING_ZIP_MEGABYTES if this is right"
        )
    names = _decode_names(infos)
    counts = Counter(names)
    overlapping = find_overlapping(archive.infolist())
    members = []
    for name, info in zip(names, infos, strict=True):
        fault = _find_fault(name, info, limits)
        if not fault and counts[name] > 1:
            fault = "two files in the archive have this name: pack it again"
        if not fault and info.header_offset in overlapping:
            fault = "overlaps another file of the archive, which no honest program writes: refused"
        members.append(Member(name, info, fault))
    return members


def _find_fault(name: str, info: zipfile.ZipInfo, limits: Settings) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if LEADS_OUT.match(name) or not {"", ".", ".."}.isdisjoint(name.split("/")):
        return "its name leads out of the archive: pack it again with plain names of folders"
    if kind not in (0, stat.S_IFREG):
        return "is a link or a device, no file: pack the file itself"
    if info.flag_bits & PASSWORD_FLAG:
        return "has a password: pack it again without one"
    if info.compress_type not in COMPRESSIONS:
        return "is packed in a way that is not read: pack it again as an ordinary ZIP"
    if name.lower().endswith(".zip"):
        return "is an archive in an archive: put its files into the outer one, or send it by itself"
    ratio = info.file_size / max(info.compress_size, 1)
    if info.file_size > HIGH_RATIO_FROM_BYTES and ratio > limits.zip_ratio:
        return (
            f"unpacks to {ratio:,.0f} times its size, more than {limits.zip_ratio:,.0f}: send it "
            "unpacked, or raise ZIPING_ZIP_RATIO if this is right"
        )
    return ""


def _unicode_path(info: zipfile.ZipInfo, raw: bytes) -> str | None:
    """Read the name that Info-ZIP adds in UTF-8, if it belongs to this name."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        content, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNICODE_PATH and content[:1] == b"\x01" and len(content) > 5:
            with contextlib.suppress(UnicodeDecodeError):
                if struct.unpack_from("<L", content, 1) == (zlib.crc32(raw),):
                    return content[5:].decode("utf-8")
    return None


def _decode_names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Decode the names of an archive; those whose encoding is not said have one in common."""
    names = {info: info.orig_filename for info in infos}
    raws = {
        info: name.encode("cp437")
        for info, name in names.items()
        if not info.flag_bits & UTF_8_FLAG
    }
    names |= {info: name for info, raw in raws.items() if (name := _unicode_path(info, raw))}
    open_raws = {info: raw for info, raw in raws.items() if names[info] == info.orig_filename}
    encoding = find_encoding(open_raws.values())
    names |= {info: raw.decode(encoding, "backslashreplace") for info, raw in open_raws.items()}
    return [escape_unprintable(name) for name in names.values()]


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Read a file of an archive in blocks; raises Unsound where it is not what the archive says."""
    info, left = copy.copy(member), member.file_size
    info.file_size += 1  # so that one byte more than it says would be seen
    try:
        with archive.open(info) as stream:
            while block := stream.read(BLOCK):
                left -= len(block)
                if left < 0:
                    break
                yield block
    except DAMAGED:
        raise Unsound("is damaged, its checksum does not fit: pack the archive again") from None
    if left:
        raise Unsound("has another size than the archive says: pack the archive again")


def extract_member(archive: Path, name: str, target: Path) -> None:
    """Unpack the file of a name, as `list_members` gives it, to a target."""
    with open_archive(archive) as content, target.open("wb") as copied:
        infos = [info for info in content.infolist() if not info.is_dir()]
        for own_name, info in zip(_decode_names(infos), infos, strict=True):
            if own_name == name:
                copied.writelines(read_member(content, info))
                return
    raise Unsound("is not in the archive")


def hash_member(archive: zipfile.ZipFile, member: Member) -> str:
    """Hash a file of an archive, unpacking it once in full."""
    digest = sha256()
    for block in read_member(archive, member.info):
        digest.update(block)
    return digest.hexdigest()
