"""A sample of files: one, or of a folder or an archive the first of those that are most alike."""

import contextlib
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.common.errors import Rejected, WrongUse
from flows.common.masking import without_ids
from flows.common.settings import Settings
from flows.extract.inbox.inbox_file import IGNORED
from flows.extract.inbox.zip_archives import (
    Unsound,
    is_archive,
    list_members,
    open_archive,
    read_member,
)
from flows.onboarding.inference.inspect import InspectedFile, inspect_file

MOST_INSPECTED = 20
Files = list[tuple[str, Path]]  # the name of each, with its folders


@dataclass(frozen=True)
class Sample:
    """A file that was inspected, the folder or archive that it is of, and those like it."""

    path: Path
    inspected: InspectedFile
    files: tuple[InspectedFile, ...]  # it and those like it
    container: str = ""
    notices: tuple[str, ...] = ()


@contextlib.contextmanager
def open_sample(path: Path) -> Iterator[Sample]:
    """Inspect a file, or some of a folder or an archive; raises WrongUse, Rejected."""
    with tempfile.TemporaryDirectory() as folder:
        if path.is_dir():
            files = [
                (str(file.relative_to(path)), file)
                for file in sorted(path.rglob("*"))
                if file.is_file() and not file.is_symlink()
            ]
            yield _choose_most_alike(path.name, files)
        elif not path.is_file():
            raise WrongUse(f"{without_ids(path.name)} is no file")
        elif is_archive(path):
            yield _choose_most_alike(path.stem, _unpack(path, Path(folder)))
        else:
            inspected = inspect_file(path, path.name)
            yield Sample(path, inspected, (inspected,))


def _unpack(path: Path, folder: Path) -> Files:
    """Unpack the first files of an archive that nothing speaks against."""
    files: Files = []
    try:
        with open_archive(path) as archive:
            for member in list_members(archive, Settings()):
                if member.fault or not member.info.file_size or len(files) == MOST_INSPECTED:
                    continue
                target = folder / str(len(files))
                with target.open("wb") as copy:
                    copy.writelines(read_member(archive, member.info))
                files.append((member.name, target))
    except Unsound as fault:
        raise WrongUse(f"{without_ids(path.name)}: {fault}") from None
    return files


def _choose_most_alike(container: str, files: Files) -> Sample:
    """Choose the first file of those that have one header, of which there are most."""
    by_header: dict[tuple[str, ...], list[tuple[Path, InspectedFile]]] = defaultdict(list)
    refused = {}
    files = [
        (name, path) for name, path in files if not any(map(IGNORED.fullmatch, name.split("/")))
    ][:MOST_INSPECTED]
    for name, path in files:
        try:
            inspected = inspect_file(path, name.rsplit("/", 1)[-1])
        except Rejected as error:
            refused[without_ids(name)] = str(error)
        else:
            by_header[inspected.sheets[0].captions].append((path, inspected))
    if not by_header:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in refused.items())
        raise WrongUse(f"{without_ids(container)} holds no table{reasons and f': {reasons}'}")
    alike = max(by_header.values(), key=len)
    path, inspected = alike[0]
    notices = [f"{name} cannot be read: {reason}" for name, reason in refused.items()]
    if others := len(files) - len(alike) - len(refused):
        notices.append(f"{others} files have other headers: a source table of their own?")
    notices.append(
        f"looked at {len(files)} files; {len(alike)} are alike, and {without_ids(inspected.name)} "
        "is the sample"
    )
    return Sample(path, inspected, tuple(file for _, file in alike), container, tuple(notices))
