"""What was signed and handed in: versions of a year that are kept beside its releases.

A version is written once. Its file is sealed, each version names the hash of the one before, and
the record of each run pins what was there: what somebody edits, takes away or adds is noticed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from flows.common.errors import ZipingError
from flows.common.files import build_folder, hash_file, read_sealed, write_sealed
from flows.common.text import plain
from flows.releases.release import DRIFT, MANIFEST, SIGNED, Release, release_folders
from flows.releases.tables import KEY, ReleaseTables, Row

VERSION, FORMAT = "signed.json", 1
NAME = re.compile(r"[0-9]{4,}")
RESTORE = "restore it from a backup"
# What is pinned of each figure: where it stands, what was printed, and the value behind it.
PINNED = ("figure_id", "part", "place", "title", *KEY, "text", "state", "value", "value_text",
          "unit", "judgement", "standard_value", "listing")  # fmt: skip


@dataclass(frozen=True)
class SignedVersion:
    """One version of a year as it was signed: the first one, or an amendment."""

    folder: Path
    content: Mapping[str, Any]

    @property
    def number(self) -> int:
        """1 for what was signed first, 2 for the first amendment."""
        return int(self.content["version"])

    @property
    def release(self) -> Release:
        """The release whose figures were signed; it may be gone."""
        return Release(self.folder.parent.parent / self.content["release"])

    @property
    def figures(self) -> Sequence[Row]:
        """The figures as they were printed, numbers as texts."""
        figures: Sequence[Row] = self.content["figures"]
        return figures


def pinned_figure(row: Row) -> dict[str, Any]:
    """Take of a figure what is signed; numbers as texts without needless zeros."""
    numbers = {
        name: plain(row[name]) for name in ("value", "standard_value") if row[name] is not None
    }
    return {name: numbers.get(name, row[name]) for name in PINNED}


def version_folders(year_folder: Path) -> list[Path]:
    """List the folders of the signed versions of a year, the first one first."""
    folder = year_folder / SIGNED
    named = [path for path in folder.glob("*") if NAME.fullmatch(path.name) and path.is_dir()]
    return sorted(named, key=lambda path: int(path.name))


def signed_versions(year_folder: Path) -> list[SignedVersion]:
    """Read the signed versions of a year; ZipingError where one is not what was signed."""
    if problems := list(find_version_problems(year_folder)):
        raise ZipingError(f"{year_folder.name}: {'; '.join(problems[:3])}")
    return [
        SignedVersion(folder, read_sealed(folder / VERSION))
        for folder in version_folders(year_folder)
    ]


def latest_version(year_folder: Path) -> SignedVersion | None:
    """Read the version that holds; None where the year is not signed."""
    return next(reversed(signed_versions(year_folder)), None)


def keep_version(
    year_folder: Path, content: Mapping[str, Any], files: Mapping[str, bytes]
) -> SignedVersion:
    """Keep the next version with its files, whole or not at all; it is never written again."""
    before = latest_version(year_folder)
    number = before.number + 1 if before else 1
    target = year_folder / SIGNED / f"{number:04d}"
    previous = before and {
        "version": before.number,
        "sha256": hash_file(before.folder / VERSION),
    }

    def fill(folder: Path) -> None:
        for name, file_bytes in files.items():
            (folder / name).write_bytes(file_bytes)
        sums = {name: sha256(file_bytes).hexdigest() for name, file_bytes in files.items()}
        own = {"format": FORMAT, "version": number, "previous": previous, "files": sums}
        write_sealed(folder / VERSION, {**content, **own})

    target.parent.mkdir(parents=True, exist_ok=True)
    build_folder(target, fill)
    return SignedVersion(target, read_sealed(target / VERSION))


def find_version_problems(year_folder: Path) -> Iterator[str]:
    """Say which versions are not what was signed: edited, gone, added, or from elsewhere."""
    folders = version_folders(year_folder)
    kept: dict[int, str] = {}
    for expected, folder in enumerate(folders, start=1):
        name = f"{SIGNED}/{folder.name}"
        try:
            content = read_sealed(folder / VERSION)
            if content["format"] > FORMAT:
                yield f"{name} is of a newer version of ziping: update the code"
                continue
            if content["version"] != expected or folder.name != f"{expected:04d}":
                yield f"{name} is not version {expected}: a version is gone or was added, {RESTORE}"
            previous = content["previous"] or {"version": 0, "sha256": None}
            if previous["sha256"] != kept.get(expected - 1):
                yield f"{name} follows another version than the one before it: {RESTORE}"
            kept[expected] = hash_file(folder / VERSION)
            yield from _problems_of_files(folder, name, content["files"])
        except (OSError, ValueError, KeyError, TypeError):
            yield f"{name}/{VERSION} is damaged or was changed: {RESTORE}"
    if (year_folder / SIGNED).is_dir():
        names = {folder.name for folder in folders}
        for path in sorted((year_folder / SIGNED).iterdir()):
            if path.name not in names and not path.name.startswith("."):
                yield f"{SIGNED}/{path.name} is no signed version: move it away"


def _problems_of_files(folder: Path, name: str, sums: Mapping[str, str]) -> Iterator[str]:
    for file, digest in sums.items():
        if not (folder / file).is_file() or hash_file(folder / file) != digest:
            yield f"{name}/{file} was changed or is gone: {RESTORE}"
    for path in sorted(folder.iterdir()):
        if path.name not in (*sums, VERSION):
            yield f"{name}/{path.name} was added: move it away"


def find_signing_problems(year_folder: Path, pinned: Mapping[str, Any]) -> list[str]:
    """Say what of a year's signed versions and its drift is not as it was left.

    `pinned` is what the last run saw of the year (`pin_signing`). A signed release is looked at
    here, however old it is.
    """
    found = list(find_version_problems(year_folder))
    for name, (size, digest) in pinned.items():
        path = year_folder / name
        content = path.read_bytes() if path.is_file() else b""
        if sha256(content[:size]).hexdigest() != digest or (name != DRIFT and len(content) > size):
            found.append(f"{name} was changed or is gone since the last run: {RESTORE}")
    if not found:
        names = {folder.name for folder in release_folders(year_folder)}
        for version in signed_versions(year_folder):
            release, label = version.release, f"version {version.number}, which was signed"
            if release.name not in names:
                found.append(f"{release.name}, the release of {label}, is gone: {RESTORE}")
            elif hash_file(release.folder / MANIFEST) != version.content["manifest_sha256"]:
                found.append(f"{release.name} is not the release of {label}: {RESTORE}")
    return [f"{year_folder.name}: {sentence}" for sentence in found]


def pin_signing(year_folder: Path) -> dict[str, list[Any]]:
    """Give size and hash of each signed version of a year and of its drift, for a run's record."""
    paths = [folder / VERSION for folder in version_folders(year_folder)]
    paths += [year_folder / DRIFT]
    return {
        str(path.relative_to(year_folder)): [path.stat().st_size, hash_file(path)]
        for path in paths
        if path.is_file()
    }


def signed_releases(year_folder: Path) -> dict[str, list[int]]:
    """List the releases that were signed, each with the numbers of its versions."""
    found: dict[str, list[int]] = {}
    for version in signed_versions(year_folder):
        found.setdefault(version.release.name, []).append(version.number)
    return found


def figures_of(tables: ReleaseTables) -> list[dict[str, Any]]:
    """Give the figures of a release as they are signed, in the order of the report."""
    return [pinned_figure(row) for row in tables.printed]
