"""The inbox: which dropped files are new, whose they are, and which cannot be taken tonight."""

import fnmatch
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from flows.lib.contracts import Contract
from flows.lib.errors import Unavailable
from flows.lib.foreign_files import look_at, names_of, open_file, readable
from flows.lib.ids import without_ids
from flows.lib.settings import Workspace
from flows.lib.store import Delivery, Store, Waiting

# What programs leave beside an export: hidden files, Excel's locks, downloads that are not done.
IGNORED = re.compile(
    r"(\..*|~\$.*|thumbs\.db|desktop\.ini|.*\.(part|partial|filepart|tmp|crdownload|lnk))",
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
    contract: Contract
    district_code: str
    period: str
    source_date: str | None
    sha256: str  # of the bytes that were looked at
    size: int


@dataclass
class InboxView:
    """What the inbox holds tonight: new files that are somebody's, and words on the others."""

    new: list[Dropped] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def period_of_name(contract: Contract, name: str) -> str | None:
    """Read the period from a file's name, where the contract says so."""
    if contract.period_kind == "standing":
        return "standing"
    pattern = contract.meta["period"].get("file_name")
    found = pattern and re.search(pattern, name)
    if not found:
        return None
    return contract.period_of_year(int(found[found.re.groups]))


def source_date_of_name(contract: Contract, name: str) -> str | None:
    """Read of which day a file is: 20240105, or year, month and day, as the contract marks it."""
    pattern = contract.meta.get("source_date", {}).get("file_name")
    found = pattern and re.search(pattern, name)
    if not found:
        return None
    parts = re.findall(r"[0-9]+", " ".join(found.groups("")))
    if len(parts) == 1 and len(parts[0]) == 8:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    try:
        year, month, day = map(int, parts)
        return date(year, month, day).isoformat()
    except ValueError:
        return None


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


def _contract_of(contracts: Mapping[str, Contract], system: str, name: str) -> Contract | None:
    return next(
        (
            contract
            for contract in contracts.values()
            if contract.system == system
            and any(fnmatch.fnmatch(name, pattern) for pattern in contract.file_patterns)
        ),
        None,
    )


def _sort_in(
    name: str, contracts: Mapping[str, Contract], districts: tuple[str, ...]
) -> tuple[Contract, str, str, str | None] | str:
    """Find table, district, period and source date of a file, or say why it was left."""
    *folders, own = name.split("/")
    district = districts[0] if len(districts) == 1 else None
    if folders and folders[0] in districts:
        district = folders.pop(0)
    systems = sorted({contract.system for contract in contracts.values()})
    if not folders or folders[0] not in systems or district is None:
        return f"it was left, for it lies in none of the folders {', '.join(systems)}"
    contract = _contract_of(contracts, folders[0], own)
    if contract is None:
        return "fits no source table's file pattern; it was left"
    period = period_of_name(contract, own)
    if period is None:
        return "the period cannot be read from the name; it was left"
    day = source_date_of_name(contract, own)
    if day is None and "file_name" in contract.meta.get("source_date", {}):
        return "the day of its data cannot be read from the name; it was left"
    return contract, district, period, day


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
    names = names_of(path.relative_to(inbox) for path in _walk(inbox, view))
    for path, name in names.items():
        shown = without_ids(name)
        if IGNORED.fullmatch(path.name):
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
        found = _sort_in(readable(path), contracts, districts)
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
            contract, district, period, day = found
            if last.get((district, name)) != digest:
                view.new.append(
                    Dropped(inbox / path, name, contract, district, period, day, digest, size)
                )
    if passed_over:
        more = len(passed_over) - MOST_NAMED
        names_shown = ", ".join(passed_over[:MOST_NAMED]) + (f" and {more} more" * (more > 0))
        view.remarks.append(f"left by other programs and passed over: {names_shown}")
    view.new.sort(key=lambda one: one.name)  # the order of receipt, whatever the folders' order
    return view


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
            dropped.contract.name,
            dropped.district_code,
            dropped.period,
            (file,),
            datetime.now(UTC).isoformat(timespec="seconds"),
            "inbox",
            source_date=dropped.source_date,
        )
    )
