"""Releases: built apart, audited, then switched in by one link; complete and never edited."""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from flows.common.errors import WrongUse, ZipingError
from flows.common.files import (
    hash_file,
    read_stamp,
    remove_parts,
    switch_link,
    write_durably,
    write_json,
)
from flows.common.settings import Workspace
from flows.releases.run_log import number_of, records_in

MANIFEST, SUMS, CURRENT, PIN = "manifest.json", "SHA256SUMS", "current", "pin"
SIGNED, DRIFT = "signed", "drift.jsonl"  # what was signed of a year, and what moved since
NAME = re.compile(r"[0-9]{5,}-[0-9a-f]{12}")
MANIFEST_VERSION = 2
RESTORE = "restore the release from a backup"


@dataclass(frozen=True)
class Release:
    """One published release of an evaluation year."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name: a number that grows and the head of its fingerprint."""
        return self.folder.name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What it was made from and how its gates judged it."""
        try:
            content: dict[str, Any] = json.loads((self.folder / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError):
            raise ZipingError(f"{self.name}: {MANIFEST} is gone or damaged: {RESTORE}") from None
        return content

    @property
    def fingerprint(self) -> str:
        """The hash of everything that it follows from."""
        return str(self.manifest["fingerprint"])

    @property
    def published_hash(self) -> str:
        """The hash of its manifest as it was published, whatever became of it since."""
        found = published_hashes(self.folder.parent)
        return found.get(self.name) or hash_file(self.folder / MANIFEST)

    def find_problems(self) -> list[str]:
        """Say why it is not what was published: its files, its checksums, its manifest."""
        try:
            sums = _read_sums(self.folder)
            found = self._problems_of_files(sums) or self._problems_of_manifest(sums)
        except FileNotFoundError:
            found = [f"{SUMS} is missing: {RESTORE}"]
        except OSError as error:
            found = [
                f"{error.filename} cannot be read ({error.strerror}): mend that, then look again"
            ]
        except (ValueError, KeyError, TypeError, ZipingError):
            found = [f"{SUMS} or {MANIFEST} is damaged: {RESTORE}"]
        return [f"{self.name}: {problem}" for problem in found]

    def _problems_of_files(self, sums: Mapping[str, str]) -> list[str]:
        found = [
            f"{name} was changed or is gone: {RESTORE}"
            for name, digest in sums.items()
            if not (self.folder / name).is_file() or hash_file(self.folder / name) != digest
        ]
        extra = sorted(set(_files_below(self.folder)) - sums.keys() - {SUMS})
        return found + [f"{name} was added: move it away" for name in extra]

    def _problems_of_manifest(self, sums: Mapping[str, str]) -> list[str]:
        manifest = self.manifest
        if manifest["manifest_version"] > MANIFEST_VERSION:
            return ["it was made by a newer version of ziping: update the code"]
        if manifest["release"] != self.name:
            return [f"its manifest is that of {manifest['release']}: move it away"]
        if self.published_hash != sums[MANIFEST]:
            return [f"{MANIFEST} was changed since it was published: {RESTORE}"]
        listed = manifest.get("files")  # a release of an older code lists none
        if listed is not None and listed | {MANIFEST: sums[MANIFEST]} != sums:
            return [f"{SUMS} was changed, {MANIFEST} lists other hashes: {RESTORE}"]
        return []


def published_hashes(year_folder: Path) -> dict[str, str]:
    """Give the hash of the manifest of each release of a year as it was published.

    That of the newest stands in the record of the last run, the others each in the manifest after.
    """
    found: dict[str, str] = {}
    for folder in release_folders(year_folder):
        path = folder / MANIFEST
        with suppress(OSError, ValueError, KeyError, TypeError):  # a damaged one is found as such
            if previous := _read_previous(path, read_stamp(path)):
                found[previous["release"]] = previous["manifest_sha256"]
    for record in reversed(records_in(year_folder.parent.parent / "runs")):
        with suppress(AttributeError, KeyError, TypeError):  # of an older code, edited by hand
            result = record.get("years", {}).get(year_folder.name, {})
            if result.get("result") in ("published", "unchanged"):
                found.setdefault(result["release"], result["manifest_sha256"])
                break
    return found


@lru_cache(maxsize=4096)
def _read_previous(manifest: Path, _stamp: tuple[int, int, int]) -> dict[str, str] | None:
    previous: dict[str, str] | None = json.loads(manifest.read_text("utf-8"))["previous"]
    return previous


def _files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _read_sums(folder: Path) -> dict[str, str]:
    lines = (folder / SUMS).read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def release_folders(year_folder: Path) -> list[Path]:
    """List the folders of a year that bear the name of a release, oldest first."""
    if not year_folder.is_dir():
        return []
    named = [path for path in year_folder.iterdir() if NAME.fullmatch(path.name)]
    found = [path for path in named if path.is_dir() and not path.is_symlink()]
    return sorted(found, key=lambda path: (number_of(path.name), path))


def year_folder(workspace: Workspace, year: int) -> Path:
    """Say where the releases of a year stand."""
    return workspace.releases / str(year)


def releases_of(workspace: Workspace, year: int) -> list[Release]:
    """List the releases of a year, oldest first."""
    return [Release(folder) for folder in release_folders(year_folder(workspace, year))]


def years_published(workspace: Workspace) -> Iterator[int]:
    """List the years that have a release."""
    if workspace.releases.exists():
        for folder in sorted(workspace.releases.iterdir()):
            if folder.name.isdigit() and releases_of(workspace, int(folder.name)):
                yield int(folder.name)


def current_release(workspace: Workspace, year: int) -> Release | None:
    """Find the release that `current` points at; None where it leads to none of the year."""
    folder = year_folder(workspace, year)
    link = folder / CURRENT
    if not link.is_symlink():
        return None
    target = os.path.realpath(link)  # bears a link to itself, which Path.resolve does not
    releases = releases_of(workspace, year)
    return next((known for known in releases if os.path.realpath(known.folder) == target), None)


def newest_release(workspace: Workspace, year: int) -> Release | None:
    """Find the release published last, whether or not `current` points at it already."""
    return next(reversed(releases_of(workspace, year)), None)


def pinned_release(workspace: Workspace, year: int) -> Release | None:
    """Find the older whole release at which `current` is to stay until a new one is made."""
    pin = year_folder(workspace, year) / PIN
    if not pin.is_file():
        return None
    name = pin.read_text("utf-8", "replace").strip()
    older = releases_of(workspace, year)[:-1]
    found = next((release for release in older if release.name == name), None)
    return found if found and not found.find_problems() else None


def find_release(workspace: Workspace, year: int, name: str | None) -> Release:
    """Find a release by name, or the current one."""
    if name is None:
        release = current_release(workspace, year)
        if release is None:
            found = releases_of(workspace, year)
            lack = "`current` leads to no release of the year" if found else "no release yet"
            day = f" --as-of {workspace.as_of}" if workspace.as_of else ""
            raise ZipingError(f"{year}: {lack}: run `ziping nightly{day}`")
        return release
    found = [known for known in releases_of(workspace, year) if known.name.startswith(name)]
    if len(found) != 1:
        raise ZipingError(f"{year} has no single release {name}: see `ziping releases`")
    return found[0]


def next_name(workspace: Workspace, year: int, fingerprint: str) -> str:
    """Name the next release; the number grows whatever the clock does and whatever was removed."""
    folder = year_folder(workspace, year)
    names = [*(path.name for path in release_folders(folder)), *published_hashes(folder)]
    number = max(map(number_of, names), default=0) + 1
    return f"{number:05d}-{fingerprint[:12]}"


def seal(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, which lists the hashes of all other files, and the checksums."""
    names = [name for name in _files_below(folder) if name not in (MANIFEST, SUMS)]
    files = {name: hash_file(folder / name) for name in names}
    write_json(folder / MANIFEST, dict(manifest) | {"files": files})
    write_sums(folder)


def write_sums(folder: Path) -> None:
    """Write the checksums of all files, for `sha256sum --check`."""
    names = [name for name in _files_below(folder) if name != SUMS]
    lines = [f"{hash_file(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), "utf-8")


def switch_current(workspace: Workspace, year: int, default_year: int, release: Release) -> None:
    """Let readers see a release: the one link of the year, and the fixed one to the year."""
    link = year_folder(workspace, year) / CURRENT
    refuse_what_is_no_link(link)
    switch_link(link, release.name)
    if year == default_year:
        lead_to_year(workspace, year)


def pin_release(workspace: Workspace, year: int, default_year: int, name: str) -> Release:
    """Let readers see an older release until a new one is made, or until it is unpinned."""
    release = find_release(workspace, year, name)
    if release == newest_release(workspace, year):
        raise WrongUse(f"{release.name} is the newest release: `ziping releases --unpin` shows it")
    if problems := release.find_problems():
        raise ZipingError(f"not pinned: {'; '.join(problems[:3])}")
    write_durably(year_folder(workspace, year) / PIN, f"{release.name}\n".encode())
    switch_current(workspace, year, default_year, release)
    return release


def show_newest(workspace: Workspace, year: int, default_year: int) -> Release:
    """Let readers see the newest release of a year; a pin to an older one goes."""
    release = newest_release(workspace, year)
    if release is None:
        raise ZipingError(f"{year}: no release yet: run `ziping nightly`")
    (year_folder(workspace, year) / PIN).unlink(missing_ok=True)
    switch_current(workspace, year, default_year, release)
    return release


def lead_to_year(workspace: Workspace, year: int) -> None:
    """Let `warehouse/current` lead to the link of the default year."""
    fixed, wanted = workspace.warehouse / "current", f"releases/{year}/current"
    refuse_what_is_no_link(fixed)
    if not (fixed.is_symlink() and str(fixed.readlink()) == wanted):
        switch_link(fixed, wanted)


def refuse_what_is_no_link(link: Path) -> None:
    """Stop where something stands in the place of a link: it may be somebody's only copy."""
    if link.exists() and not link.is_symlink():
        kind = "a folder" if link.is_dir() else "a file"
        raise ZipingError(f"{link} is no link but {kind}: move it away, then run again")


def remove_leftovers(workspace: Workspace) -> None:
    """Remove what killed nights left half-built; releases and raw bytes are never touched."""
    folders = [workspace.warehouse, workspace.cache, workspace.runs, workspace.landed]
    for parent in (workspace.releases, workspace.runs):
        if parent.exists():
            folders += [path for path in parent.iterdir() if path.is_dir()]
    folders += list(workspace.releases.glob(f"[0-9]*/{SIGNED}"))
    for folder in folders:
        if folder.exists():
            remove_parts(folder)
    shutil.rmtree(f"{workspace.build}.tmp", ignore_errors=True)  # what a killed build had spilled


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Read a published table's rows."""
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows
