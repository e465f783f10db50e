"""The kept bytes: every delivery as received, by content, with a manifest line; never edited."""

import errno
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from flows.common.errors import Unavailable, Waiting, ZipingError
from flows.common.files import fsync_folder, hash_file, naming, part_name
from flows.common.masking import without_ids
from flows.contracts.delivery import Delivery, LandedFile, Withdrawal, last_of


class Store:
    """`raw/landed`: the content and the manifest of what was received."""

    def __init__(self, folder: Path) -> None:
        """Open the store at a folder; nothing is made before something lands."""
        self.folder = folder
        self.manifest = folder / "manifest.jsonl"
        # Sources are pulled side by side: without it, one would cut the line of another as torn.
        self._recording = Lock()

    def path(self, digest: str) -> Path:
        """Say where the content of a hash is kept."""
        return self.folder / "content" / digest[:2] / digest

    def deliveries(self) -> list[Delivery]:
        """Read all deliveries in the order of receipt; a torn last line never happened.

        A line that withdraws one speaks of all that came before it with the same bytes.
        """
        if not self.manifest.exists():
            return []
        *lines, _torn = self.manifest.read_bytes().split(b"\n")
        found: list[Delivery] = []
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                if "withdraws" in entry:
                    *key, withdrawn_id = entry.pop("withdraws")
                    withdrawal = Withdrawal(**entry)
                    found = [
                        replace(one, withdrawn=withdrawal)
                        if (*one.key, one.id) == (*key, withdrawn_id) and not one.withdrawn
                        else one
                        for one in found
                    ]
                    continue
                for name in ("files", "attachments"):
                    entry[name] = tuple(LandedFile(**file) for file in entry.get(name, ()))
                if "archive" in entry:
                    entry["archive"] = LandedFile(**entry["archive"])
                found.append(Delivery(number=number, **entry))
            except (ValueError, TypeError, KeyError):
                raise ZipingError(
                    f"{self.manifest}, line {number}, is damaged: restore raw/landed from a backup"
                ) from None
        return found

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
        finally:
            part.unlink(missing_ok=True)
        for folder in (target.parent, target.parent.parent, self.folder):
            fsync_folder(folder)
        return LandedFile(digest.hexdigest(), size, original_name)

    def record(self, delivery: Delivery, *, is_part: bool = False) -> Delivery:
        """Append a delivery to the manifest, after cutting a line torn by a killed night.

        It supersedes the last one of its period; a part only the last one of its own name.
        """
        with self._recording:
            earlier = self.deliveries()
            if is_part:
                earlier = [one for one in earlier if _names(one) == _names(delivery)]
            last = last_of(earlier, delivery.key)
            entry: dict[str, Any] = asdict(delivery) | {"supersedes": last.id if last else None}
            entry.pop("number")
            entry.pop("withdrawn")
            for name in ("attachments", "archive"):
                if not entry[name]:
                    entry.pop(name)
            self._append(entry)
            return self.deliveries()[-1]

    def withdraw(self, delivery: Delivery, withdrawal: Withdrawal) -> None:
        """Append a line that takes a delivery back; nothing of what was received is touched."""
        with self._recording:
            self._append({"withdraws": [*delivery.key, delivery.id], **asdict(withdrawal)})

    def _append(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        with naming(self.manifest), self.manifest.open("ab", buffering=0) as file:
            if size := file.tell():
                whole = self.manifest.read_bytes().rfind(b"\n") + 1
                if whole != size:
                    file.truncate(whole)
                    size = whole
            try:
                written = file.write(line)
                if written != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)  # what is not surely on the disk was not received
                raise
        fsync_folder(self.folder)

    def verify(self, deliveries: Iterable[Delivery]) -> None:
        """Stop when kept bytes are gone or are not what their name says."""
        archives: set[str] = set()  # each holds many deliveries and is hashed once
        for delivery in deliveries:
            kept = [*delivery.files, *delivery.attachments]
            if delivery.archive and delivery.archive.sha256 not in archives:
                kept.append(delivery.archive)
                archives.add(delivery.archive.sha256)
            for file in kept:
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


def _next_block(stream: BinaryIO, name: str) -> bytes:
    try:
        return stream.read(1 << 20)
    except OSError as error:
        raise Unavailable(
            f"{without_ids(name)} cannot be read ({error.strerror or error})"
        ) from None


def _names(delivery: Delivery) -> list[str]:
    return [file.original_name for file in delivery.files]
