"""What lies in the inbox and is somebody's: a file, or one in an archive; and landing it."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from flows.common.errors import Waiting, ZipingError
from flows.common.masking import without_ids
from flows.contracts.delivery import Delivery, LandedFile
from flows.extract.inbox.file_access import decode_path, open_file
from flows.extract.inbox.routing import Route, complete_route
from flows.extract.inbox.zip_archives import Unsound, extract_member
from flows.extract.raw_store import Store

# What programs leave beside an export: hidden files, Excel's locks, downloads that are not done.
IGNORED = re.compile(
    r"(\..*|__macosx|~\$.*|thumbs\.db|desktop\.ini|.*\.(part|partial|filepart|tmp|crdownload|lnk))",
    re.IGNORECASE,
)
ATTACHMENTS = "_附件"  # what the name of a folder of documents adds to that of its register


class Attachment(NamedTuple):
    """A document in the folder of attachments of a file in the inbox."""

    path: Path
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class InboxFile:
    """A file in the inbox that belongs to a source table, district and period."""

    path: Path
    name: str  # relative to the inbox, as it can be printed
    route: Route
    sha256: str  # of the bytes that were looked at
    size: int
    attachments: tuple[Attachment, ...] = ()
    kept_attachments: tuple[LandedFile, ...] = ()  # that came earlier and lie there no more
    archive: LandedFile | None = None  # the ZIP at the path, in which it is a member

    @property
    def key(self) -> tuple[str, str, str]:
        """Name it by district and table: one file may be several tables', each its sheets."""
        return self.route.district_code, self.route.contract.name, self.name

    @property
    def size_of_all(self) -> int:
        """Say how many bytes are to be kept."""
        return self.size + sum(attachment.size for attachment in self.attachments)

    def extract(self, target: Path, archive: Path | None = None) -> Path:
        """Say where its bytes are, unpacked to a target if it lies in an archive (or its copy).

        Raises Unsound where they are not what the archive says.
        """
        if self.archive is None:
            return self.path
        name = self.name.removeprefix(f"{self.archive.original_name}/")
        extract_member(archive or self.path, name, target)
        return target


def find_register(path: Path) -> str:
    """Name, without its ending, the file in whose folder of attachments a path lies."""
    folder = decode_path(path.parent)
    return folder.removesuffix(ATTACHMENTS) if folder.endswith(ATTACHMENTS) else ""


def attachment_folder(file: Path) -> Path:
    """Say in which folder the attachments of a file lie."""
    return file.with_name(file.stem + ATTACHMENTS)


def complete_file(file: InboxFile) -> InboxFile | str:
    """Let cells say the period and the day that names do not, or say why it is left."""
    if file.route.is_complete:
        return file
    with NamedTemporaryFile() as copy:
        try:
            route = complete_route(file.route, file.extract(Path(copy.name)))
        except Unsound as fault:
            return str(fault)
    return route if isinstance(route, str) else replace(file, route=route)


def land_file(store: Store, file: InboxFile) -> Delivery:
    """Copy a file in with its attachments, or an archive and the file out of it.

    The copy is what is read.
    """
    if file.archive:
        landed = _unpack(store, file, file.archive)
    else:
        landed = _copy(store, file.path, file.name, file.sha256)
    attachments = [
        _copy(store, attachment.path, attachment.name, attachment.sha256)
        for attachment in file.attachments
    ]
    attachments += file.kept_attachments
    return store.record(
        Delivery(
            file.route.contract.name,
            file.route.district_code,
            file.route.period,
            (landed,),
            datetime.now(UTC).isoformat(timespec="seconds"),
            "inbox",
            source_date=file.route.source_date,
            attachments=tuple(sorted(attachments, key=lambda kept: kept.original_name)),
            archive=file.archive,
        ),
        is_part=file.route.contract.in_parts,
    )


def _copy(store: Store, path: Path, name: str, wanted: str) -> LandedFile:
    """Copy a file in, if it still holds the bytes that were looked at."""
    try:
        stream = open_file(path)
    except OSError:
        shown = without_ids(name)
        raise Waiting(f"{shown} vanished from the inbox before it could be read") from None
    with stream:
        return store.keep(stream, name, wanted)


def _unpack(store: Store, file: InboxFile, archive: LandedFile) -> LandedFile:
    """Copy a file out of the kept copy of its archive, which is copied in where it is not there."""
    kept = store.path(archive.sha256)
    if not kept.exists():
        _copy(store, file.path, archive.original_name, archive.sha256)
    with NamedTemporaryFile() as copy:
        try:
            path = file.extract(Path(copy.name), kept)
        except Unsound as fault:
            raise ZipingError(
                f"{without_ids(file.name)}: {fault}; the kept bytes {archive.sha256[:12]} were "
                "changed in raw/landed: restore them from a backup"
            ) from None
        return _copy(store, path, file.name, file.sha256)
