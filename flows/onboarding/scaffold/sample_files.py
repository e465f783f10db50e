"""A sample of files: one, or of a folder or an archive the first of those that are most alike."""

import contextlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.common.errors import Rejected, WrongUse
from flows.common.masking import without_ids
from flows.common.settings import Settings
from flows.extract.inbox.inbox_file import IGNORED
from flows.extract.inbox.zip_archives import Unsound, is_archive, members_of, opened, reading
from flows.onboarding.inference.inspect import Observed, observe

MOST_LOOKED_AT = 20
Files = list[tuple[str, Path]]  # the name of each, with its folders


@dataclass(frozen=True)
class Sample:
    """The file that is looked at, the folder or archive that it is of, and those like it."""

    path: Path
    observed: Observed
    container: str = ""
    alike: tuple[Observed, ...] = ()
    remarks: tuple[str, ...] = ()


@contextlib.contextmanager
def sample_of(path: Path) -> Iterator[Sample]:
    """Look at a file, or at some of a folder or an archive; raises WrongUse, Rejected."""
    shown = without_ids(path.name)
    with tempfile.TemporaryDirectory() as folder:
        if path.is_dir():
            files = [(str(one.relative_to(path)), one) for one in sorted(path.rglob("*"))
                     if one.is_file() and not one.is_symlink()]  # fmt: skip
            yield _most_alike(path.name, files)
        elif not path.is_file():
            raise WrongUse(f"{shown} is no file")
        elif is_archive(path):
            yield _most_alike(path.stem, _unpacked(path, Path(folder)))
        else:
            yield Sample(path, observe(path, path.name))


def _unpacked(path: Path, folder: Path) -> Files:
    """Unpack the first files of an archive that nothing speaks against."""
    files: Files = []
    try:
        with opened(path) as archive:
            for member in members_of(archive, Settings()):
                if member.fault or not member.info.file_size or len(files) == MOST_LOOKED_AT:
                    continue
                target = folder / str(len(files))
                with reading(archive, member.info) as stream, target.open("wb") as copy:
                    shutil.copyfileobj(stream, copy)
                files.append((member.name, target))
    except Unsound as fault:
        raise WrongUse(f"{without_ids(path.name)}: {fault}") from None
    return files


def _most_alike(container: str, files: Files) -> Sample:
    """Choose the first file of those that have one header, of which there are most."""
    kinds: dict[tuple[str, ...], list[tuple[Path, Observed]]] = defaultdict(list)
    refused = {}
    files = [one for one in files
             if not any(map(IGNORED.fullmatch, one[0].split("/")))][:MOST_LOOKED_AT]  # fmt: skip
    for name, path in files:
        try:
            observed = observe(path, name.rsplit("/", 1)[-1])
        except Rejected as why:
            refused[name] = str(why)
        else:
            kinds[observed.sheets[0].captions].append((path, observed))
    if not kinds:
        reasons = "; ".join(f"{without_ids(name)}: {one}" for name, one in refused.items())
        raise WrongUse(f"{without_ids(container)} holds no table{reasons and f': {reasons}'}")
    alike = max(kinds.values(), key=len)
    path, observed = alike[0]
    remarks = [f"{without_ids(name)} cannot be read: {why}" for name, why in refused.items()]
    if others := len(files) - len(alike) - len(refused):
        remarks.append(f"{others} files have other headers: a source table of their own?")
    remarks.append(
        f"looked at {len(files)} files; {len(alike)} are alike, and {without_ids(observed.name)} "
        "is the sample"
    )
    return Sample(path, observed, container, tuple(one for _, one in alike), tuple(remarks))
