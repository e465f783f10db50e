"""What lies in the inbox and is somebody's: a file, or one in an archive; and landing it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from flows.common.errors import Waiting, ZipingError
from flows.common.masking import without_ids
from flows.contracts.delivery import Delivery, LandedFile
from flows.extract.inbox.file_access import open_file
from flows.extract.inbox.routing import Place
from flows.extract.inbox.zip_archives import Unsound, opened, reading_by_name
from flows.extract.raw_store import Store

# What programs leave beside an export: hidden files, Excel's locks, downloads that are not done.
IGNORED = re.compile(
    r"(\..*|__macosx|~\$.*|thumbs\.db|desktop\.ini|.*\.(part|partial|filepart|tmp|crdownload|lnk))",
    re.IGNORECASE,
)


class Last(NamedTuple):
    """What last came under a name."""

    sha256: str
    attachments: tuple[LandedFile, ...]
    archive: LandedFile | None
    withdrawn_at: str | None = None

    def came_again(self, modified: float) -> bool:
        """Whether a file was dropped after what last came under its name was withdrawn."""
        if self.withdrawn_at is None:
            return False
        return modified > datetime.fromisoformat(self.withdrawn_at).timestamp()


NEVER = Last("", (), None)


class Attached(NamedTuple):
    """A document in the folder of attachments of a file in the inbox."""

    path: Path
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Dropped:
    """A file in the inbox that belongs to a source table, district and period."""

    path: Path
    name: str  # relative to the inbox, as it can be printed
    place: Place
    sha256: str  # of the bytes that were looked at
    size: int
    attachments: tuple[Attached, ...] = ()
    kept: tuple[LandedFile, ...] = ()  # attachments that came earlier and lie there no more
    archive: LandedFile | None = None  # the ZIP at the path, in which it is a member

    @property
    def name_for_table(self) -> tuple[str, str, str]:
        """Name it by district and table: one file may be several tables', each its sheets."""
        return self.place.district_code, self.place.contract.name, self.name

    @property
    def size_of_all(self) -> int:
        """Say how many bytes are to be kept."""
        return self.size + sum(one.size for one in self.attachments)


def _copied(store: Store, path: Path, name: str, wanted: str) -> LandedFile:
    """Copy a file in, if it still holds the bytes that were looked at."""
    try:
        stream = open_file(path)
    except OSError:
        shown = without_ids(name)
        raise Waiting(f"{shown} vanished from the inbox before it could be read") from None
    with stream:
        return store.keep(stream, name, wanted)


def _unpacked(store: Store, dropped: Dropped, archive: LandedFile) -> LandedFile:
    """Copy a file out of the kept copy of its archive, which is copied in where it is not there."""
    kept = store.path(archive.sha256)
    if not kept.exists():
        _copied(store, dropped.path, archive.original_name, archive.sha256)
    name = dropped.name.removeprefix(f"{archive.original_name}/")
    try:
        with opened(kept) as members, reading_by_name(members, name) as stream:
            return store.keep(stream, dropped.name, dropped.sha256)
    except Unsound as fault:
        raise ZipingError(
            f"{without_ids(dropped.name)}: {fault}; the kept bytes {archive.sha256[:12]} were "
            "changed in raw/landed: restore them from a backup"
        ) from None


def land_dropped(store: Store, dropped: Dropped) -> Delivery:
    """Copy a file in with its attachments, or an archive and the file out of it.

    The copy is what is read.
    """
    if dropped.archive:
        file = _unpacked(store, dropped, dropped.archive)
    else:
        file = _copied(store, dropped.path, dropped.name, dropped.sha256)
    attachments = [_copied(store, one.path, one.name, one.sha256) for one in dropped.attachments]
    every = sorted([*dropped.kept, *attachments], key=lambda one: one.original_name)
    return store.record(
        Delivery(
            dropped.place.contract.name,
            dropped.place.district_code,
            dropped.place.period,
            (file,),
            datetime.now(UTC).isoformat(timespec="seconds"),
            "inbox",
            source_date=dropped.place.source_date,
            attachments=tuple(every),
            archive=dropped.archive,
        ),
        is_part=dropped.place.contract.in_parts,
    )
