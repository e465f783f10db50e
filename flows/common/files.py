"""Writing so that a crash cannot hurt: a temporary name, fsync, rename, fsync of the folder.

Besides, what makes an edit noticeable: JSON that carries its own hash.
"""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from flows.common.masking import without_ids_within

PART = ".part"
SEAL = "sha256"


def keep_from_others() -> None:
    """Let nobody else write into what this process makes, however it was started."""
    os.umask(os.umask(0o077) | 0o022)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in an error of the system: writing and fsync tell only what went wrong."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | flags)
    try:
        with naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk; without it a rename may not survive a power cut."""
    _fsync(folder, os.O_DIRECTORY)


def fsync_file(path: Path) -> None:
    """Bring a file's bytes to the disk."""
    _fsync(path, 0)


def part_name(target: Path) -> Path:
    """Name a temporary sibling, on the same device so that the rename is atomic."""
    return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}{PART}")


def write_durably(target: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a whole file under its final name or not at all."""
    part = part_name(target)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with naming(target), os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    fsync_folder(target.parent)


def write_json(target: Path, content: Any) -> None:
    """Write JSON that people can read, keys in order."""
    plain = without_ids_within(content)
    text = json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True)
    write_durably(target, text.encode() + b"\n")


def build_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder apart and rename it to its name when every file is on the disk."""
    part = part_name(target)
    part.mkdir(parents=True)
    try:
        with naming(part):
            fill(part)
        for folder, _, names in os.walk(part):
            for name in names:
                fsync_file(Path(folder) / name)
            fsync_folder(Path(folder))
        if target.exists():
            shutil.rmtree(target)
        part.rename(target)
        try:
            fsync_folder(target.parent)
        except OSError:
            target.rename(part)  # a name that may not be on the disk; asked again, it would seem so
            raise
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def switch_link(link: Path, target: str) -> None:
    """Point a link at another target in one step; readers see the old one or the new one."""
    part = part_name(link)
    try:
        with naming(part):
            part.symlink_to(target)
            part.replace(link)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    fsync_folder(link.parent)


def remove_parts(folder: Path) -> None:
    """Remove what a killed night left half-written directly in a folder."""
    for part in folder.glob(f".*{PART}"):
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part)
        else:
            part.unlink()


def hash_file(path: Path) -> str:
    """Hash a file's bytes with sha256."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _hash_content(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def write_sealed(target: Path, content: Mapping[str, Any]) -> None:
    """Write JSON together with the hash of what it says."""
    # as it will be read: no tuples, keys of text, no ids of persons
    plain = without_ids_within(json.loads(json.dumps(content)))
    write_json(target, plain | {SEAL: _hash_content(plain)})


def read_sealed(path: Path) -> dict[str, Any]:
    """Read sealed JSON; ValueError where it is not what was written."""
    content = json.loads(path.read_text("utf-8"))
    if not isinstance(content, dict) or content.pop(SEAL, None) != _hash_content(content):
        raise ValueError(f"{path.name} is not what was written")
    return content


def read_stamp(path: Path) -> tuple[int, int, int]:
    """Say by which a file that was read once in this process is known to be the same still."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
