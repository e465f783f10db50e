"""Releases: built apart, audited, then switched in by one link; complete and never edited."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from flows.lib.durable import hash_file, remove_parts, switch_link
from flows.lib.errors import ZipingError
from flows.lib.settings import Workspace

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"


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
        content: dict[str, Any] = json.loads((self.folder / MANIFEST).read_text("utf-8"))
        return content

    @property
    def fingerprint(self) -> str:
        """The hash of everything that it follows from."""
        return str(self.manifest["fingerprint"])

    def faults(self) -> list[str]:
        """Say in which files it is no longer what was published."""
        try:
            lines = (self.folder / SUMS).read_text("utf-8").splitlines()
        except OSError:
            return [f"{self.name}: {SUMS} is missing"]
        sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
        found = [
            f"{self.name}: {name} was changed or is gone"
            for name, digest in sums.items()
            if not (self.folder / name).is_file() or hash_file(self.folder / name) != digest
        ]
        present = {
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
        }
        extra = sorted(present - sums.keys() - {SUMS})
        return found + [f"{self.name}: {name} was added" for name in extra]


def year_folder(workspace: Workspace, year: int) -> Path:
    """Say where the releases of a year stand."""
    return workspace.releases / str(year)


def releases_of(workspace: Workspace, year: int) -> list[Release]:
    """List the releases of a year, oldest first."""
    folder = year_folder(workspace, year)
    if not folder.exists():
        return []
    named = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return [Release(path) for path in sorted(named) if not path.name.startswith(".")]


def years_published(workspace: Workspace) -> Iterator[int]:
    """List the years that have a release."""
    if workspace.releases.exists():
        for folder in sorted(workspace.releases.iterdir()):
            if folder.name.isdigit() and releases_of(workspace, int(folder.name)):
                yield int(folder.name)


def current_release(workspace: Workspace, year: int) -> Release | None:
    """Find the release that `current` points at."""
    link = year_folder(workspace, year) / "current"
    return Release(link.resolve()) if link.is_symlink() and link.exists() else None


def newest_release(workspace: Workspace, year: int) -> Release | None:
    """Find the release published last, whether or not `current` points at it already."""
    return next(iter(reversed(releases_of(workspace, year))), None)


def find_release(workspace: Workspace, year: int, name: str | None) -> Release:
    """Find a release by name, or the current one."""
    if name is None:
        release = current_release(workspace, year)
        if release is None:
            raise ZipingError(f"{year} has no release yet: run `ziping nightly`")
        return release
    found = [one for one in releases_of(workspace, year) if one.name.startswith(name)]
    if len(found) != 1:
        raise ZipingError(f"{year} has no single release {name}: see `ziping releases`")
    return found[0]


def next_name(workspace: Workspace, year: int, fingerprint: str) -> str:
    """Name the next release; the number grows whatever the clock does."""
    last = newest_release(workspace, year)
    number = int(last.name.split("-")[0]) + 1 if last else 1
    return f"{number:05d}-{fingerprint[:12]}"


def write_sums(folder: Path) -> None:
    """Write the checksums of all files, for `sha256sum --check`."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{hash_file(path)}  {path.relative_to(folder)}\n" for path in paths]
    (folder / SUMS).write_text("".join(lines), "utf-8")


def switch_current(workspace: Workspace, year: int, default_year: int, release: Release) -> None:
    """Let readers see a release: the one link of the year, and once the fixed one to the year."""
    folder = year_folder(workspace, year)
    link = folder / "current"
    if link.exists() and not link.is_symlink():
        raise ZipingError(f"{link} is no link but a folder: move it away, then run again")
    switch_link(link, release.name)
    fixed = workspace.warehouse / "current"
    wanted = f"releases/{default_year}/current"
    if year == default_year and not (fixed.is_symlink() and str(fixed.readlink()) == wanted):
        if fixed.exists() and not fixed.is_symlink():
            raise ZipingError(f"{fixed} is no link but a folder: move it away, then run again")
        switch_link(fixed, wanted)


def remove_leftovers(workspace: Workspace) -> None:
    """Remove what killed nights left half-built; releases and raw bytes are never touched."""
    folders = [workspace.warehouse, workspace.cache, workspace.nights, workspace.landed]
    for parent in (workspace.releases, workspace.nights):
        if parent.exists():
            folders += [path for path in parent.iterdir() if path.is_dir()]
    for folder in folders:
        if folder.exists():
            remove_parts(folder)
