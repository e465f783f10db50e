"""The kept bytes: every delivery as received, by content, with a manifest line; never edited."""

import errno
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, replace
from hashlib import sha256
from io import FileIO
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO

from flows.common.errors import Unavailable, Waiting, ZipingError
from flows.common.files import fsync_folder, hash_file, naming, part_name, read_stamp
from flows.common.masking import without_ids
from flows.contracts.delivery import Delivery, LandedFile, Withdrawal, find_last_delivery


class Store:
    """`raw/landed`: the content and the manifest of what was received."""

    def __init__(self, folder: Path) -> None:
        """Open the store at a folder; nothing is made before something lands."""
        self.folder = folder
        self.manifest = folder / "manifest.jsonl"
        # Sources are pulled side by side: without it, one would cut the line of another as torn.
        self._lock = RLock()
        self._read_at: tuple[int, int, int] | None = None  # the manifest as it was then
        self._lines = 0
        self._deliveries: list[Delivery] = []
        self._verified: set[str] = set()  # bytes that were hashed since the store was opened

    def path(self, digest: str) -> Path:
        """Say where the content of a hash is kept."""
        return self.folder / "content" / digest[:2] / digest

    def deliveries(self) -> list[Delivery]:
        """List all deliveries in the order of receipt; a torn last line never happened.

        A line that withdraws one speaks of all that came before it with the same bytes. The
        manifest is read again only where another process wrote to it.
        """
        with self._lock:
            stamp = read_stamp(self.manifest) if self.manifest.exists() else None
            if self._read_at != stamp:
                self._read_manifest()
                self._read_at = stamp
            return list(self._deliveries)

    def _read_manifest(self) -> None:
        self._lines, self._deliveries, self._read_at = 0, [], None
        *lines, _torn = self.manifest.read_bytes().split(b"\n") if self.manifest.exists() else [b""]
        for line in lines:
            self._lines += 1
            try:
                self._take_line(json.loads(line))
            except (ValueError, TypeError, KeyError):
                raise ZipingError(
                    f"{self.manifest}, line {self._lines}, is damaged: restore raw/landed from a "
                    "backup"
                ) from None

    def _take_line(self, entry: dict[str, Any]) -> None:
        """Follow what a line of the manifest says: a delivery, or that one is withdrawn."""
        if "withdraws" in entry:
            *key, withdrawn_id = entry.pop("withdraws")
            withdrawal = Withdrawal(**entry)
            self._deliveries = [
                replace(delivery, withdrawn=withdrawal)
                if (*delivery.key, delivery.id) == (*key, withdrawn_id) and not delivery.withdrawn
                else delivery
                for delivery in self._deliveries
            ]
            return
        for name in ("files", "attachments"):
            entry[name] = tuple(LandedFile(**file) for file in entry.get(name, ()))
        if "archive" in entry:
            entry["archive"] = LandedFile(**entry["archive"])
        self._deliveries.append(Delivery(number=self._lines, **entry))

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)

    def keep(self, stream: BinaryIO, original_name: str, wanted: str | None = None) -> LandedFile:
        """Copy bytes in under their hash, fsynced before they get their name.

        Other bytes than those `wanted` are not kept: the file was changed while it was read.
        """
        self._make()
        part = part_name(self.folder / "content")
        digest, size = sha256(), 0
        try:
            with naming(part), part.open("xb") as file:
                while block := _next_block(stream, original_name):
                    digest.update(block)
                    size += len(block)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            if wanted not in (None, digest.hexdigest()):
                raise Waiting(
                    f"{without_ids(original_name)} changed while it was read and waits for the "
                    "next night"
                )
            target = self.path(digest.hexdigest())
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
            self._verified.add(digest.hexdigest())
        finally:
            part.unlink(missing_ok=True)
        for folder in (target.parent, target.parent.parent, self.folder):
            fsync_folder(folder)
        return LandedFile(digest.hexdigest(), size, original_name)

    def record(self, delivery: Delivery, *, is_part: bool = False) -> Delivery:
        """Append a delivery to the manifest, after cutting a line torn by a killed night.

        It supersedes the last one of its period; a part only the last one of its own name.
        """
        with self._lock:
            earlier = self.deliveries()
            if is_part:
                earlier = [other for other in earlier if _names(other) == _names(delivery)]
            last = find_last_delivery(earlier, delivery.key)
            entry: dict[str, Any] = asdict(delivery) | {"supersedes": last.id if last else None}
            entry.pop("number")
            entry.pop("withdrawn")
            for name in ("attachments", "archive"):
                if not entry[name]:
                    entry.pop(name)
            self._append(entry)
            return self._deliveries[-1]

    def withdraw(self, delivery: Delivery, withdrawal: Withdrawal) -> None:
        """Append a line that takes a delivery back; nothing of what was received is touched."""
        with self._lock:
            self.deliveries()
            self._append({"withdraws": [*delivery.key, delivery.id], **asdict(withdrawal)})

    def _append(self, entry: dict[str, Any]) -> None:
        """Write a line after those that were read, in place of one that was torn."""
        line = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        with naming(self.manifest), self.manifest.open("a+b", buffering=0) as file:
            size = _cut_torn_line(file)
            try:
                written = file.write(line)
                if written != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)  # what is not surely on the disk was not received
                self._read_at = None
                raise
            self._lines += 1
            self._take_line(json.loads(line))
            self._read_at = read_stamp(self.manifest)
        fsync_folder(self.folder)

    def verify(self, deliveries: Iterable[Delivery]) -> None:
        """Stop when kept bytes are gone or are not what their name says; each is hashed once."""
        for delivery in deliveries:
            kept = [*delivery.files, *delivery.attachments]
            kept += [delivery.archive] if delivery.archive else []
            for file in kept:
                if file.sha256 in self._verified:
                    continue
                path = self.path(file.sha256)
                if not path.exists():
                    raise ZipingError(
                        f"{delivery.source} {delivery.period}: the kept bytes {file.sha256[:12]} "
                        "are gone from raw/landed: restore them from a backup"
                    )
                if hash_file(path) != file.sha256:
                    raise ZipingError(
                        f"{delivery.source} {delivery.period}: the kept bytes {file.sha256[:12]} "
                        "were changed in raw/landed: restore them from a backup"
                    )
                self._verified.add(file.sha256)


def _cut_torn_line(file: FileIO) -> int:
    """Cut what stands behind the last whole line of the manifest, and give its length."""
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            size = file.readall().rfind(b"\n") + 1
            file.truncate(size)
    return size


def _next_block(stream: BinaryIO, name: str) -> bytes:
    try:
        return stream.read(1 << 20)
    except OSError as error:
        raise Unavailable(
            f"{without_ids(name)} cannot be read ({error.strerror or error})"
        ) from None


def _names(delivery: Delivery) -> list[str]:
    return [file.original_name for file in delivery.files]
