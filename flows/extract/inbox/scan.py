"""The inbox: which files in it are new, whose they are, and which cannot be taken tonight."""

import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

from flows.common.errors import Unavailable, Waiting
from flows.common.masking import without_ids
from flows.common.settings import Settings, Workspace
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.extract.inbox.file_access import decode_path, hash_settled_file, name_files
from flows.extract.inbox.inbox_file import (
    IGNORED,
    Attachment,
    InboxFile,
    complete_file,
    find_register,
)
from flows.extract.inbox.routing import Route, match_contract
from flows.extract.inbox.zip_archives import (
    Member,
    Unsound,
    hash_member,
    is_archive,
    list_members,
    open_archive,
)
from flows.readers.detection import ZIP

MOST_NAMED = 20
DEFAULTS = Settings()


@dataclass
class InboxScan:
    """What the inbox holds tonight: new files that are somebody's, and notices on the others."""

    new: list[InboxFile] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)  # names of files that fit no table
    unreadable: list[str] = field(default_factory=list)
    held: dict[tuple[str, str, str], int] = field(default_factory=dict)  # files of a period


def scan_inbox(
    workspace: Workspace,
    contracts: Mapping[str, Contract],
    districts: tuple[str, ...],
    deliveries: Iterable[Delivery],
    settings: Settings = DEFAULTS,
) -> InboxScan:
    """Find the files whose bytes are not what last came under their name, and name all others."""
    scanner = _Scanner(workspace, contracts, districts, deliveries, settings)
    scanner.scan_files()
    for path, archive in scanner.archives.items():
        scanner.scan_archive(path, archive)
    scanner.complete_routes()
    scanner.leave_rivals()
    scanner.hold_halves()
    found = scanner.found
    if scanner.passed_over:
        names = _list_names(scanner.passed_over)
        found.notices.append(f"left by other programs and passed over: {names}")
    found.new.sort(key=lambda file: file.name)  # the order of receipt, whatever the folders' order
    return found


class _Scanner:
    """Collects what the inbox holds; `last` is what came last under a name for a table."""

    def __init__(
        self,
        workspace: Workspace,
        contracts: Mapping[str, Contract],
        districts: tuple[str, ...],
        deliveries: Iterable[Delivery],
        settings: Settings,
    ) -> None:
        self.inbox, self.settings = workspace.inbox, settings
        self.contracts, self.districts = contracts, districts
        self.last = {
            (delivery.district_code, delivery.source, file.original_name): delivery
            for delivery in deliveries
            for file in delivery.files
        }
        secrets = (workspace.key_file, workspace.root / ".env")
        self.secrets = {_identity(path) for path in secrets} - {None}
        self.found = InboxScan()
        self.passed_over: list[str] = []
        self.single_files: Counter[tuple[str, ...]] = Counter()
        self.archives: dict[Path, LandedFile] = {}
        self.with_attachments: list[InboxFile] = []  # until it is known what lies in their folders
        self.attachments: dict[str, list[Attachment]] = defaultdict(list)

    def scan_files(self) -> None:
        """Look at all that is no folder: files are told by their bytes, archives are set apart."""
        names = name_files(path.relative_to(self.inbox) for path in self._list_files())
        routes = {
            path: match_contract(decode_path(path), self.contracts, self.districts)
            for path in names
        }
        registers = {
            decode_path(path.with_suffix(""))
            for path, found in routes.items()
            if not isinstance(found, str) and any(route.contract.has_attachments for route in found)
        }
        for path, name in names.items():
            if any(map(IGNORED.fullmatch, path.parts)):
                self.passed_over.append(without_ids(name))
            else:
                register = find_register(path)
                self._scan_file(path, name, routes[path], register if register in registers else "")
        for file in self.with_attachments:
            folder = decode_path(file.path.relative_to(self.inbox).with_suffix(""))
            self._add_attachments(file, self.attachments[folder])

    def _list_files(self) -> Iterator[Path]:
        """List all that is no folder, links as links; name what cannot be listed."""

        def note_unlisted(error: OSError) -> None:
            folder = Path(error.filename)
            self.found.unreadable.append(
                f"{without_ids(decode_path(folder.relative_to(self.inbox)))} cannot be listed "
                f"({error.strerror})"
                if folder != self.inbox
                else "raw/inbox is not there: make it, or mount the share that it is"
            )

        for folder, folders, names in os.walk(self.inbox, onerror=note_unlisted):
            folders.sort()
            at = Path(folder)
            links = [name for name in folders if (at / name).is_symlink()]
            yield from (at / name for name in sorted([*names, *links]))

    def _scan_file(
        self, path: Path, name: str, routes: list[Route] | str, register: str = ""
    ) -> None:
        """Hash a file that is somebody's; with a register, it is an attachment of that."""
        shown, full = without_ids(name), self.inbox / path
        try:
            status = full.lstat()
        except OSError:
            return  # it went while the others were listed
        if not stat.S_ISREG(status.st_mode):
            kind = "a link" if stat.S_ISLNK(status.st_mode) else "no regular file"
            self.found.notices.append(f"{shown} is {kind} and was passed over")
            return
        if (status.st_dev, status.st_ino) in self.secrets:
            self.found.notices.append(f"{shown} is this warehouse's own key or .env: take it away")
            return
        if isinstance(routes, str) and not (register or is_archive(full)):
            self.found.notices.append(f"{shown}: {routes}")
            self.found.unmatched.append(shown)
            return
        try:
            digest, size, start = hash_settled_file(full, shown)
        except Waiting as waiting:
            self.found.notices.append(str(waiting))
        except Unavailable as unreadable:
            self.found.unreadable.append(str(unreadable))
        else:
            if register:
                self.attachments[register].append(Attachment(full, name, digest, size))
            elif (start in ZIP or path.suffix.lower() == ".zip") and is_archive(full):
                self._set_archive_apart(path, LandedFile(digest, size, name), status.st_mtime)
            elif not isinstance(routes, str):
                for route in routes:
                    file = InboxFile(full, name, route, digest, size)
                    self._take_file(file, status.st_mtime)

    def _set_archive_apart(self, path: Path, archive: LandedFile, modified: float) -> None:
        self.archives[path] = archive
        self.last = {
            key: delivery
            for key, delivery in self.last.items()
            if delivery.archive is None
            or delivery.archive.original_name != archive.original_name
            or not _came_again(delivery, modified)
        }

    def _take_file(self, file: InboxFile, modified: float) -> None:
        self.single_files[file.route.single_file_key] += 1
        last = self.last.get(file.key)
        if last and _came_again(last, modified):
            del self.last[file.key]
        if file.route.contract.has_attachments:
            self.with_attachments.append(file)
        elif not _has_bytes(self.last.get(file.key), file.sha256):
            self.found.new.append(file)

    def _add_attachments(self, file: InboxFile, folder: Sequence[Attachment]) -> None:
        """Take a file with its attachments where the file or one of them is new.

        What came earlier with the same file stays its own though it lies there no more.
        """
        last = self.last.get(file.key)
        is_same = _has_bytes(last, file.sha256)
        before = {old.original_name: old for old in last.attachments} if last and is_same else {}
        known = {(name, old.sha256) for name, old in before.items()}
        if is_same and all((new.name, new.sha256) in known for new in folder):
            return
        lying = {new.name for new in folder}
        kept = tuple(old for name, old in before.items() if name not in lying)
        self.found.new.append(replace(file, attachments=tuple(folder), kept_attachments=kept))

    def scan_archive(self, path: Path, archive: LandedFile) -> None:
        """Look into an archive, which for table, period and day is as a folder where it lies.

        Each file in it is a delivery of its own, or has its sentence.
        """
        shown, is_empty = without_ids(archive.original_name), True
        left: dict[str, list[str]] = defaultdict(list)
        try:
            with open_archive(self.inbox / path) as content:
                for member in list_members(content, self.settings):
                    if _is_nothing(member):
                        self.passed_over.append(f"{shown}/{without_ids(member.name)}")
                        continue
                    is_empty = False
                    if fault := member.fault or self._scan_member(content, member, path, archive):
                        left[fault].append(without_ids(member.name))
        except Unsound as fault:
            self.found.notices.append(f"{shown}: {fault}")
            return
        for why, names in left.items():
            self.found.notices.append(f"{shown}: {_list_names(names)}: {why}")
        if is_empty:
            self.found.notices.append(
                f"{shown}: the archive holds no file with anything in it: pack it again"
            )

    def _scan_member(
        self, content: ZipFile, member: Member, path: Path, archive: LandedFile
    ) -> str | None:
        """Take a file of an archive, or say why it is left.

        One that came out of the same bytes before is not unpacked again.
        """
        place = f"{decode_path(path)}/{member.name}"
        routes = match_contract(place, self.contracts, self.districts)
        if isinstance(routes, str):
            return routes
        if find_register(Path(place)) and any(route.contract.has_attachments for route in routes):
            return (
                "is an attachment: unpack the archive into the inbox, and leave it beside its file"
            )
        digest = ""
        for route in routes:
            file = InboxFile(
                self.inbox / path,
                f"{archive.original_name}/{member.name}",
                route.within(archive.original_name),
                digest,
                member.info.file_size,
                archive=archive,
            )
            self.single_files[file.route.single_file_key] += 1
            last = self.last.get(file.key)
            if last and last.archive and last.archive.sha256 == archive.sha256:
                continue
            try:
                digest = digest or hash_member(content, member)
            except Unsound as fault:
                return str(fault)
            if not _has_bytes(last, digest):
                self.found.new.append(replace(file, sha256=digest))
        return None

    def complete_routes(self) -> None:
        """Let cells say what the names of new files do not; leave those where they do not."""
        completed = [(file, complete_file(file)) for file in self.found.new]
        self.found.notices += [
            f"{without_ids(file.name)}: {why}" for file, why in completed if isinstance(why, str)
        ]
        self.found.new = [file for _, file in completed if isinstance(file, InboxFile)]

    def leave_rivals(self) -> None:
        """Leave files of which only one can be a table's delivery, and nothing says which."""
        several = {key for key, count in self.single_files.items() if key and count > 1}
        for table, *_, folder in sorted(
            {file.route.single_file_key for file in self.found.new} & several
        ):
            self.found.notices.append(
                f"{without_ids(folder)}: it holds several files and {table} takes one: leave that "
                "one in it, or declare `parts`"
            )
        self.found.new = [
            file for file in self.found.new if file.route.single_file_key not in several
        ]

    def hold_halves(self) -> None:
        """Hold files of one period that came in one night, of which nothing says which one counts.

        They may be two halves of a year, or a file and its correction: the last by name would
        count alone. Equal ones are one, and of those with days of their data the newest counts.
        """
        by_delivery: dict[tuple[str, str, str], list[InboxFile]] = defaultdict(list)
        for file in self.found.new:
            if not file.route.contract.in_parts:
                by_delivery[file.route.delivery_key].append(file)
        held: set[str] = set()
        for key, files in sorted(by_delivery.items()):
            newest = max(file.route.source_date or "" for file in files)
            rivals = [file for file in files if (file.route.source_date or "") == newest]
            if len({file.sha256 for file in rivals}) > 1:
                held |= {file.name for file in files}
                self.found.held[key] = len(rivals)
                names = ", ".join(without_ids(file.name) for file in rivals[:MOST_NAMED])
                self.found.unreadable.append(
                    f"{key[0]} {key[2]}: {len(rivals)} files came at once and one alone would "
                    f"count, so none was taken: {names}: leave the right one in the inbox, put all "
                    "rows into one file, or declare `parts` if each holds a part"
                )
        self.found.new = [file for file in self.found.new if file.name not in held]


def _has_bytes(delivery: Delivery | None, sha256: str) -> bool:
    return delivery is not None and any(file.sha256 == sha256 for file in delivery.files)


def _came_again(delivery: Delivery, modified: float) -> bool:
    """Whether a file was dropped after what last came under its name was withdrawn."""
    if delivery.withdrawn is None:
        return False
    return modified > datetime.fromisoformat(delivery.withdrawn.withdrawn_at).timestamp()


def _is_nothing(member: Member) -> bool:
    parts = [part for part in member.name.split("/") if part not in (".", "..")]  # a fault
    return any(map(IGNORED.fullmatch, parts)) or not (member.info.file_size or member.fault)


def _list_names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
