"""The inbox: which dropped files are new, whose they are, and which cannot be taken tonight."""

import fnmatch
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.lib.contracts import Contract
from flows.lib.durable import hash_file
from flows.lib.store import Delivery

IGNORED = re.compile(r"^(\..*|~\$.*|Thumbs\.db|.*\.(part|tmp|crdownload))$", re.IGNORECASE)


@dataclass(frozen=True)
class Dropped:
    """A file in the inbox that belongs to a source table, district and period."""

    path: Path
    name: str  # relative to the inbox
    contract: Contract
    district_code: str
    period: str


@dataclass(frozen=True)
class InboxView:
    """What the inbox holds tonight: files that are somebody's, and remarks on the others."""

    files: tuple[Dropped, ...]
    remarks: tuple[str, ...]


def period_of_name(contract: Contract, name: str) -> str | None:
    """Read the period from a file's name, where the contract says so."""
    if contract.period_kind == "standing":
        return "standing"
    found = re.search(contract.meta["period"]["file_name"], name)
    if not found:
        return None
    return contract.period_of_year(int(found[found.re.groups]))


def _open_for_writing() -> set[tuple[int, int]]:
    """List device and inode of the files that some process still has open for writing."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            for descriptor in (process / "fd").iterdir():
                info = (process / "fdinfo" / descriptor.name).read_text()
                flags = int(re.search(r"flags:\s*(\d+)", info)[1], 8)  # type: ignore[index]
                if flags & (os.O_WRONLY | os.O_RDWR):
                    status = descriptor.stat()
                    if stat.S_ISREG(status.st_mode):
                        found.add((status.st_dev, status.st_ino))
        except OSError:
            continue  # the process has ended or is another user's
    return found


def _files_below(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def view_inbox(
    inbox: Path, contracts: Mapping[str, Contract], districts: tuple[str, ...]
) -> InboxView:
    """Match every file of the inbox to a source table by folder and name pattern."""
    files: list[Dropped] = []
    remarks: list[str] = []
    folders = [(inbox, districts[0])] if len(districts) == 1 else []
    folders += [(inbox / code, code) for code in districts]
    writing = _open_for_writing() if inbox.exists() else set()
    for folder, district in folders:
        for system in sorted({contract.system for contract in contracts.values()}):
            for path in _files_below(folder / system):
                name = unicodedata.normalize("NFC", str(path.relative_to(inbox)))
                shown = ascii(name) if not name.isprintable() else name
                if IGNORED.match(path.name):
                    continue
                status = path.lstat()
                if not stat.S_ISREG(status.st_mode):
                    remarks.append(f"{shown} is no regular file and was passed over")
                    continue
                if (status.st_dev, status.st_ino) in writing:
                    remarks.append(f"{shown} is still being written and waits for the next night")
                    continue
                contract = next(
                    (
                        contract
                        for contract in contracts.values()
                        if contract.system == system
                        and any(
                            fnmatch.fnmatch(Path(name).name, pattern)
                            for pattern in contract.file_patterns
                        )
                    ),
                    None,
                )
                if contract is None:
                    remarks.append(f"{shown} fits no source table's file pattern; it was left")
                elif (period := period_of_name(contract, Path(name).name)) is None:
                    remarks.append(f"{shown}: the period cannot be read from the name; it was left")
                else:
                    files.append(Dropped(path, name, contract, district, period))
    return InboxView(tuple(files), tuple(remarks))


def new_files(view: InboxView, deliveries: Iterable[Delivery]) -> list[Dropped]:
    """Pick the files whose bytes are not what last came under that name."""
    last: dict[tuple[str, str], str] = {}
    for delivery in deliveries:
        for file in delivery.files:
            last[(delivery.district_code, file.original_name)] = file.sha256
    return [
        dropped
        for dropped in view.files
        if last.get((dropped.district_code, dropped.name)) != hash_file(dropped.path)
    ]
