"""What is not as the nights left it: releases, links, records, the list of what was received."""

from collections.abc import Iterable

from flows.common.errors import ZipingError
from flows.common.files import line_seals
from flows.common.settings import Workspace
from flows.extract.raw_store import Store
from flows.releases.release import (
    Release,
    current_release,
    newest_release,
    releases_of,
    year_folder,
)
from flows.releases.run_log import number_of, records
from flows.releases.witnesses import gone, testimonies

NEWEST_RELEASES = 10  # are hashed each night; `ziping releases` hashes all


def damages(workspace: Workspace, years: Iterable[int], newest: int = 0) -> list[str]:
    """Tell of releases and records that were changed, each with what to do.

    Of each year only so many of the newest releases are hashed; 0 hashes all.
    """
    found = [record["damaged"] for record in records(workspace) if "damaged" in record]
    for year in years:
        folder = year_folder(workspace, year)
        told = testimonies(folder)
        releases = releases_of(workspace, year)
        for release in releases[-newest:]:
            found += release.faults(told)
        if lost := gone(told, folder):
            names = lost[0] if len(lost) == 1 else f"{lost[0]} and {len(lost) - 1} more"
            found.append(f"{year}: {names} was removed: restore it from a backup")
        known = {"current", *(release.name for release in releases)}
        if folder.is_dir():
            strange = {path.name for path in folder.iterdir() if path.name[0] != "."} - known
            found += [f"{year}: {name} is no release: move it away" for name in sorted(strange)]
    return found


def rolled_back_to(workspace: Workspace, year: int) -> Release | None:
    """Find the older whole release to which somebody pointed `current` back by hand.

    It was by hand where a night that ended tells of a newer one: `current` was there once. A night
    that was killed between the release and the link has left no such record; that one is healed.
    """
    pointed, newest = current_release(workspace, year), newest_release(workspace, year)
    if not pointed or not newest or number_of(pointed.name) >= number_of(newest.name):
        return None
    told = testimonies(year_folder(workspace, year))
    by_hand = any(one.kind == "record" and one.release == newest.name for one in told)
    return pointed if by_hand and not pointed.faults(told) else None


def link_faults(workspace: Workspace, year: int, default_year: int) -> list[str]:
    """Say where the links that readers follow do not lead where a night left them."""
    newest = newest_release(workspace, year)
    if newest is None:
        return []
    found = []
    link = year_folder(workspace, year) / "current"
    pointed = current_release(workspace, year)
    if back := rolled_back_to(workspace, year):
        found.append(
            f"{year}: current was pointed back at {back.name} by hand and stays there until a new "
            f"release is made; `ln -sfn {newest.name} {link}` leads forward again"
        )
    elif link.exists() and not link.is_symlink():
        found.append(f"{link} is no link: move it away, then run `ziping nightly`")
    elif pointed is None or pointed.name != newest.name:
        where = pointed.name if pointed else "no release of the year"
        found.append(f"{year}: current pointed at {where}: the night points it at {newest.name}")
    fixed, wanted = workspace.warehouse / "current", f"releases/{default_year}/current"
    if year == default_year and not (fixed.is_symlink() and str(fixed.readlink()) == wanted):
        found.append(f"{fixed} did not lead to {wanted}: the night mends it")
    return found


def check_received(workspace: Workspace) -> list[str]:
    """Stop where the list of what was received is not what the last good night saw.

    A torn last line is what a power cut leaves: it is told, and never happened.
    """
    path = Store(workspace.landed).manifest
    seen = next((one["landed"] for one in reversed(records(workspace)) if "landed" in one), None)
    seals = line_seals(path)
    if seen is None or seen[-1] in seals:
        return []
    if seals[-1] in seen and path.exists() and not path.read_bytes().endswith(b"\n"):
        return [f"{path}: its last line is torn and counts as never written: drop its file again"]
    raise ZipingError(
        f"{path}: lines were edited or removed since the last night: restore raw/landed from a "
        "backup; where there is none, move warehouse/nights away and drop the files again"
    )


def closed_again(workspace: Workspace) -> list[str]:
    """Close what holds rows of persons where others may look in, as after a restore; say so."""
    private = {workspace.landed: 0o700, workspace.cache: 0o700, workspace.build: 0o600}
    private |= dict.fromkeys(workspace.releases.glob("[0-9]*/*/internal"), 0o700)
    opened = [path for path in private if path.exists() and path.stat().st_mode & 0o077]
    sentences = []
    for path in opened:
        name, mode = path.relative_to(workspace.root), private[path]
        try:
            path.chmod(mode)
            sentences.append(f"{name} was open to others, as after a restore: closed again")
        except OSError:
            sentences.append(f"{name} is open to others: chmod {mode:o} it")
    return sentences
