"""The inbox: which dropped files are new, whose they are, and which cannot be taken tonight."""

import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.common.errors import Unavailable, Waiting
from flows.common.masking import without_ids
from flows.common.settings import Settings, Workspace
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.extract.inbox.attachments import register_of
from flows.extract.inbox.file_access import look_at, names_of, readable
from flows.extract.inbox.inbox_file import IGNORED, NEVER, Attached, Dropped, Last
from flows.extract.inbox.period_from_cells import completed
from flows.extract.inbox.routing import places_of
from flows.extract.inbox.zip_archives import Limits, is_archive
from flows.extract.inbox.zip_scan import unpacked

MOST_NAMED = 20
DEFAULTS = Settings()
KINDS = {
    stat.S_IFLNK: "a link", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


@dataclass
class InboxView:
    """What the inbox holds tonight: new files that are somebody's, and words on the others."""

    new: list[Dropped] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    held: dict[tuple[str, str, str], int] = field(default_factory=dict)  # files of a period


def _walk(inbox: Path, view: InboxView) -> Iterator[Path]:
    """List all that is no folder, links as links; name what cannot be listed."""

    def cannot_list(error: OSError) -> None:
        folder = Path(error.filename)
        view.unreadable.append(
            f"{without_ids(readable(folder.relative_to(inbox)))} cannot be listed "
            f"({error.strerror})"
            if folder != inbox
            else "raw/inbox is not there: make it, or mount the share that it is"
        )

    for folder, folders, names in os.walk(inbox, onerror=cannot_list):
        folders.sort()
        at = Path(folder)
        links = [name for name in folders if (at / name).is_symlink()]
        yield from (at / name for name in sorted([*names, *links]))


def view_inbox(
    workspace: Workspace,
    contracts: Mapping[str, Contract],
    districts: tuple[str, ...],
    deliveries: Iterable[Delivery],
    limits: Limits = DEFAULTS,
) -> InboxView:
    """Find the files whose bytes are not what last came under their name, and name all others."""
    view, inbox = InboxView(), workspace.inbox
    last = {
        (one.district_code, one.source, file.original_name): Last(
            file.sha256,
            one.attachments,
            one.archive,
            one.withdrawn.withdrawn_at if one.withdrawn else None,
        )
        for one in deliveries
        for file in one.files
    }
    secrets = {_identity(path) for path in (workspace.key_file, workspace.root / ".env")} - {None}
    passed_over = []
    takers: list[Dropped] = []  # until it is known what lies in their folders of attachments
    attached: dict[str, list[Attached]] = defaultdict(list)
    archives: dict[Path, LandedFile] = {}
    beside: Counter[tuple[str, ...]] = Counter()
    names = names_of(path.relative_to(inbox) for path in _walk(inbox, view))
    registers = _registers(names, contracts, districts)
    for path, name in names.items():
        shown = without_ids(name)
        if any(map(IGNORED.fullmatch, path.parts)):
            passed_over.append(shown)
            continue
        try:
            status = (inbox / path).lstat()
        except OSError:
            continue  # it went while the others were listed
        if not stat.S_ISREG(status.st_mode):
            kind = KINDS.get(stat.S_IFMT(status.st_mode), "nothing known")
            view.remarks.append(f"{shown} is no regular file but {kind} and was passed over")
            continue
        if (status.st_dev, status.st_ino) in secrets:
            view.remarks.append(f"{shown} is this warehouse's own key or .env: take it away")
            continue
        register = register_of(path)
        found = None if register in registers else places_of(readable(path), contracts, districts)
        is_packed = found is not None and is_archive(inbox / path)
        if isinstance(found, str) and not is_packed:
            view.remarks.append(f"{shown}: {found}")
            continue
        try:
            digest, size = look_at(inbox / path, shown)
        except Waiting as waiting:
            view.remarks.append(str(waiting))
        except Unavailable as unreadable:
            view.unreadable.append(str(unreadable))
        else:
            if found is None:
                attached[register].append(Attached(inbox / path, name, digest, size))
                continue
            if is_packed:
                archives[path] = LandedFile(digest, size, name)
                for key, before in last.items():
                    of_it = before.archive is not None and before.archive.original_name == name
                    if of_it and before.came_again(status.st_mtime):
                        last[key] = NEVER
                continue
            assert not isinstance(found, str)
            for place in found:
                beside[place.of_one_file] += 1
                dropped = Dropped(inbox / path, name, place, digest, size)
                key = dropped.name_for_table
                if last.get(key, NEVER).came_again(status.st_mtime):
                    last[key] = NEVER
                if place.contract.has_attachments:
                    takers.append(dropped)
                elif last.get(key, NEVER).sha256 != digest:
                    view.new.append(dropped)
    for dropped in takers:
        folder = attached[readable(dropped.path.relative_to(inbox).with_suffix(""))]
        before = last.get(dropped.name_for_table, NEVER)
        view.new += _with_attachments(dropped, folder, before)
    for path, file in archives.items():
        packed = unpacked(inbox / path, file, readable(path), contracts, districts, last, limits)
        view.new += packed.new
        view.remarks += packed.remarks
        passed_over += packed.passed_over
        beside.update(packed.of_one_file)
    _complete(view)
    _leave_rivals(view, beside)
    _hold_halves(view)
    if passed_over:
        more = len(passed_over) - MOST_NAMED
        names_shown = ", ".join(passed_over[:MOST_NAMED]) + (f" and {more} more" * (more > 0))
        view.remarks.append(f"left by other programs and passed over: {names_shown}")
    view.new.sort(key=lambda one: one.name)  # the order of receipt, whatever the folders' order
    return view


def _registers(
    paths: Iterable[Path], contracts: Mapping[str, Contract], districts: tuple[str, ...]
) -> set[str]:
    """Name, without their endings, the files that may have a folder of attachments beside them."""
    if not any(contract.has_attachments for contract in contracts.values()):
        return set()
    found = ((path, places_of(readable(path), contracts, districts)) for path in paths)
    return {
        readable(path.with_suffix(""))
        for path, places in found
        if not isinstance(places, str) and any(place.contract.has_attachments for place in places)
    }


def _with_attachments(
    dropped: Dropped, folder: Sequence[Attached], last: Last
) -> Iterator[Dropped]:
    """Give a file with its attachments where the file or one of them is new.

    What came earlier with the same file stays its own though it lies there no more.
    """
    is_same = dropped.sha256 == last.sha256
    before = {one.original_name: one for one in last.attachments if is_same}
    known = {(name, one.sha256) for name, one in before.items()}
    if is_same and all((one.name, one.sha256) in known for one in folder):
        return
    lying = {one.name for one in folder}
    kept = tuple(one for name, one in before.items() if name not in lying)
    yield replace(dropped, attachments=tuple(folder), kept=kept)


def _complete(view: InboxView) -> None:
    """Let cells say what the names of new files do not; leave those where they do not either."""
    found = [(one, completed(one)) for one in view.new]
    view.remarks += [
        f"{without_ids(one.name)}: {why}" for one, why in found if isinstance(why, str)
    ]
    view.new = [one for _, one in found if isinstance(one, Dropped)]


def _leave_rivals(view: InboxView, beside: Counter[tuple[str, ...]]) -> None:
    """Leave files of which only one can be a table's delivery, and nothing says which."""
    several = {key for key, count in beside.items() if key and count > 1}
    for table, *_, folder in sorted({one.place.of_one_file for one in view.new} & several):
        view.remarks.append(
            f"{without_ids(folder)}: it holds several files and {table} takes one: leave that one "
            "in it, or declare `parts`"
        )
    view.new = [one for one in view.new if one.place.of_one_file not in several]


def _hold_halves(view: InboxView) -> None:
    """Hold files of one period that came in one night, of which nothing says which one counts.

    They may be two halves of a year, or a file and its correction: the last by name would count
    alone. Equal ones are one, and of those with days of their data the newest counts.
    """
    by_delivery: dict[tuple[str, str, str], list[Dropped]] = defaultdict(list)
    for dropped in view.new:
        place = dropped.place
        if not place.contract.in_parts:
            key = place.contract.name, place.district_code, place.period
            by_delivery[key].append(dropped)
    held: set[str] = set()
    for key, files in sorted(by_delivery.items()):
        newest = max(file.place.source_date or "" for file in files)
        rivals = [file for file in files if (file.place.source_date or "") == newest]
        if len({file.sha256 for file in rivals}) > 1:
            held |= {file.name for file in files}
            view.held[key] = len(rivals)
            names = ", ".join(without_ids(file.name) for file in rivals[:MOST_NAMED])
            view.unreadable.append(
                f"{key[0]} {key[2]}: {len(rivals)} files came at once and one alone would count, "
                f"so none was taken: {names}: leave the right one in the inbox, put all rows into "
                "one file, or declare `parts` if each holds a part"
            )
    view.new = [file for file in view.new if file.name not in held]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
