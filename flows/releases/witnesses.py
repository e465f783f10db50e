"""Who tells what a release was: records of nights, and the manifests of the releases after it.

Every release's manifest lists the hash of its other files. The hash of the manifest stands in the
record of the night that made it, of each later night that found it whole, and in the manifest of
the release after it. Whoever edits a release has to edit them all.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.common.files import stamp_of
from flows.releases.run_log import number_of, records_in

MANIFEST = "manifest.json"
NAME = re.compile(r"[0-9]{5,}-[0-9a-f]{12}")
TRUST = ("record", "manifest", "intent")  # an intent is of a night that may not have come so far


@dataclass(frozen=True)
class Testimony:
    """What one witness tells of a release."""

    kind: str  # one of TRUST
    witness: str
    release: str
    manifest_sha256: str | None  # None: of an older code, which told the name alone
    night: int = 0  # the number of a record's night


def release_folders(year_folder: Path) -> list[Path]:
    """List the folders of a year that bear the name of a release, oldest first."""
    if not year_folder.is_dir():
        return []
    named = [path for path in year_folder.iterdir() if NAME.fullmatch(path.name)]
    found = [path for path in named if path.is_dir() and not path.is_symlink()]
    return sorted(found, key=lambda path: (number_of(path.name), path))


def testimonies(year_folder: Path) -> list[Testimony]:
    """Hear all witnesses of a year's releases."""
    return [*_of_records(year_folder), *_of_manifests(year_folder)]


def _of_records(year_folder: Path) -> Iterator[Testimony]:
    for record in records_in(year_folder.parent.parent / "nights"):
        with suppress(AttributeError, KeyError, TypeError):  # of an older code, edited by hand
            result = record.get("years", {}).get(year_folder.name, {})
            if "release" in result:
                ended = result["result"] in ("published", "unchanged")
                yield Testimony(
                    "record" if ended else "intent",
                    f"the record of night {record['night']}",
                    result["release"],
                    result.get("manifest_sha256"),
                    number_of(record["night"]),
                )


def _of_manifests(year_folder: Path) -> Iterator[Testimony]:
    for folder in release_folders(year_folder):
        with suppress(OSError, ValueError, KeyError, TypeError):
            path = folder / MANIFEST
            if previous := _told_by(path, stamp_of(path))["previous"]:
                witness = f"the manifest of {folder.name}"
                yield Testimony(
                    "manifest", witness, previous["release"], previous["manifest_sha256"]
                )


@lru_cache(maxsize=4096)
def _told_by(path: Path, _stamp: tuple[int, int, int]) -> dict[str, Any]:
    manifest = json.loads(path.read_text("utf-8"))
    return {"previous": manifest["previous"], "night": manifest["night"]}


def told_of(told: Iterable[Testimony], name: str) -> list[Testimony]:
    """Choose the most trusted witnesses of a release."""
    own = [one for one in told if one.release == name]
    return next((found for kind in TRUST if (found := [o for o in own if o.kind == kind])), [])


def is_stranger(told: Iterable[Testimony], folder: Path) -> bool:
    """Whether no night made a release: nobody tells of it, and the nights since tell of others.

    One of which nobody tells as yet is of the last night, whose record was lost.
    """
    heard = list(told)
    if told_of(heard, folder.name):
        return False
    made_in = 0
    with suppress(OSError, ValueError, KeyError, TypeError):
        path = folder / MANIFEST
        made_in = number_of(_told_by(path, stamp_of(path))["night"])
    return any(one.kind == "record" and one.night >= made_in for one in heard)


def is_sealed(told: Iterable[Testimony], name: str, digest: str) -> bool:
    """Whether a manifest of this hash is what was published, by those who know."""
    chosen = told_of(told, name)
    seals = [one.manifest_sha256 for one in chosen if one.manifest_sha256]
    agree = any if chosen and chosen[0].kind == "intent" else all
    return not seals or agree(seal == digest for seal in seals)


def gone(told: Iterable[Testimony], year_folder: Path) -> list[str]:
    """List the releases that were published and are not there any more."""
    present = {path.name for path in release_folders(year_folder)}
    names = {one.release for one in told if one.kind != "intent"}
    return sorted(names - present, key=number_of)
