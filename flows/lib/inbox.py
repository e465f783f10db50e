"""The inbox: which dropped files are new, whose they are, and which cannot be taken tonight."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flows.lib.contracts import Contract
from flows.lib.errors import Unavailable
from flows.lib.foreign_files import look_at, names_of, open_file, readable
from flows.lib.ids import without_ids
from flows.lib.settings import Workspace
from flows.lib.sorting import Place, place_of
from flows.lib.store import Delivery, Store, Waiting

# What programs leave beside an export: hidden files, Excel's locks, downloads that are not done.
IGNORED = re.compile(
    r"(\..*|__macosx|~\$.*|thumbs\.db|desktop\.ini|.*\.(part|partial|filepart|tmp|crdownload|lnk))",
    re.IGNORECASE,
)
MOST_NAMED = 20
KINDS = {
    stat.S_IFLNK: "a link", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


@dataclass(frozen=True)
class Dropped:
    """A file in the inbox that belongs to a source table, district and period."""

    path: Path
    name: str  # relative to the inbox, as it can be printed
    place: Place
    sha256: str  # of the bytes that were looked at
    size: int


@dataclass
class InboxView:
    """What the inbox holds tonight: new files that are somebody's, and words on the others."""

    new: list[Dropped] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


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
        links = [name for name in folders if (at / name).is_symlink()] if at != inbox else []
        yield from (at / name for name in sorted([*names, *links]))


def view_inbox(
    workspace: Workspace,
    contracts: Mapping[str, Contract],
    districts: tuple[str, ...],
    deliveries: Iterable[Delivery],
) -> InboxView:
    """Find the files whose bytes are not what last came under their name, and name all others."""
    view, inbox = InboxView(), workspace.inbox
    last = {
        (one.district_code, file.original_name): file.sha256
        for one in deliveries
        for file in one.files
    }
    secrets = {_identity(path) for path in (workspace.key_file, workspace.root / ".env")} - {None}
    passed_over = []
    beside: Counter[tuple[str, ...]] = Counter()
    names = names_of(path.relative_to(inbox) for path in _walk(inbox, view))
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
        found = place_of(readable(path), contracts, districts)
        if isinstance(found, str):
            view.remarks.append(f"{shown}: {found}")
            continue
        try:
            digest, size = look_at(inbox / path, shown)
        except Waiting as waiting:
            view.remarks.append(str(waiting))
        except Unavailable as unreadable:
            view.unreadable.append(str(unreadable))
        else:
            beside[found.of_one_file] += 1
            if last.get((found.district_code, name)) != digest:
                view.new.append(Dropped(inbox / path, name, found, digest, size))
    _leave_rivals(view, beside)
    if passed_over:
        more = len(passed_over) - MOST_NAMED
        names_shown = ", ".join(passed_over[:MOST_NAMED]) + (f" and {more} more" * (more > 0))
        view.remarks.append(f"left by other programs and passed over: {names_shown}")
    view.new.sort(key=lambda one: one.name)  # the order of receipt, whatever the folders' order
    return view


def _leave_rivals(view: InboxView, beside: Counter[tuple[str, ...]]) -> None:
    """Leave files of which only one can be a table's delivery, and nothing says which."""
    several = {key for key, count in beside.items() if key and count > 1}
    for table, *_, folder in sorted({one.place.of_one_file for one in view.new} & several):
        view.remarks.append(
            f"{without_ids(folder)}: it holds several files and {table} takes one: leave that one "
            "in it, or declare `parts`"
        )
    view.new = [one for one in view.new if one.place.of_one_file not in several]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def land_dropped(store: Store, dropped: Dropped) -> Delivery:
    """Copy a file in, if it still holds the bytes that were looked at; the copy is what is read."""
    shown = without_ids(dropped.name)
    try:
        stream = open_file(dropped.path)
    except OSError:
        raise Waiting(f"{shown} vanished from the inbox before it could be read") from None
    with stream:
        file = store.keep(stream, dropped.name, dropped.sha256)
    return store.record(
        Delivery(
            dropped.place.contract.name,
            dropped.place.district_code,
            dropped.place.period,
            (file,),
            datetime.now(UTC).isoformat(timespec="seconds"),
            "inbox",
            source_date=dropped.place.source_date,
        ),
        is_part=dropped.place.contract.in_parts,
    )
