"""What is not as the runs left it: releases, links, records, the list of what was received."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from flows.common.errors import ZipingError
from flows.common.settings import Workspace
from flows.extract.raw_store import Store
from flows.releases.release import (
    CURRENT,
    DRIFT,
    PIN,
    SIGNED,
    current_release,
    newest_release,
    pinned_release,
    published_hashes,
    releases_of,
    year_folder,
)
from flows.releases.run_log import number_of, records
from flows.releases.signing import find_signing_problems

NEWEST_RELEASES = 10  # are hashed each night; `ziping releases` hashes all


def find_problems(workspace: Workspace, years: Iterable[int], newest: int = 0) -> list[str]:
    """Name the releases and records that were changed, each with what to do.

    Of each year only so many of the newest releases are hashed; 0 hashes all.
    """
    found = [record["damaged"] for record in records(workspace) if "damaged" in record]
    for year in years:
        folder = year_folder(workspace, year)
        releases = releases_of(workspace, year)
        for release in releases[-newest:]:
            found += release.find_problems()
        names = {release.name for release in releases}
        if gone := sorted(published_hashes(folder).keys() - names, key=number_of):
            which = gone[0] if len(gone) == 1 else f"{gone[0]} and {len(gone) - 1} more"
            found.append(f"{year}: {which} was removed: restore it from a backup")
        if folder.is_dir():
            others = {path.name for path in folder.iterdir() if path.name[0] != "."}
            others -= {CURRENT, PIN, SIGNED, DRIFT, *names}
            found += [f"{year}: {name} is no release: move it away" for name in sorted(others)]
        found += find_changed_signing(workspace, year)
    return found


def find_changed_signing(workspace: Workspace, year: int) -> list[str]:
    """Say what of a year's signed versions and its drift is not as the last run saw it."""
    seen = (record["signed"] for record in reversed(records(workspace)) if "signed" in record)
    pinned: Mapping[str, Any] = next(seen, {})
    return find_signing_problems(year_folder(workspace, year), pinned.get(str(year), {}))


def find_link_problems(workspace: Workspace, year: int, default_year: int) -> list[str]:
    """Say where the links that readers follow do not lead where a run left them."""
    newest = newest_release(workspace, year)
    if newest is None:
        return []
    found = []
    link = year_folder(workspace, year) / CURRENT
    pointed, pinned = current_release(workspace, year), pinned_release(workspace, year)
    wanted = pinned or newest
    if link.exists() and not link.is_symlink():
        found.append(f"{link} is no link: move it away, then run `ziping nightly`")
    elif pointed is None or pointed.name != wanted.name:
        where = pointed.name if pointed else "no release of the year"
        found.append(f"{year}: current pointed at {where}: the night points it at {wanted.name}")
    if pinned:
        found.append(
            f"{year}: current is pinned to {pinned.name} until a new release is made; "
            f"`ziping releases --unpin --year {year}` leads it to {newest.name} again"
        )
    elif link.with_name(PIN).exists():
        found.append(
            f"{link.with_name(PIN)} names no whole release of the year and has no effect: "
            f"`ziping releases --unpin --year {year}` takes it away"
        )
    fixed, target = workspace.warehouse / CURRENT, f"releases/{default_year}/{CURRENT}"
    if year == default_year and not (fixed.is_symlink() and str(fixed.readlink()) == target):
        found.append(f"{fixed} did not lead to {target}: the night mends it")
    return found


def hash_received(manifest: Path) -> list[tuple[int, str]]:
    """Hash the list of what was received up to its last whole line, and up to the one before."""
    content = manifest.read_bytes() if manifest.exists() else b""
    whole = content.rfind(b"\n") + 1
    before = content.rfind(b"\n", 0, max(whole - 1, 0)) + 1
    return [(size, sha256(content[:size]).hexdigest()) for size in (before, whole)]


def check_received(workspace: Workspace) -> list[str]:
    """Stop where the list of what was received is not what the last good run left.

    Lines may have been added since. A torn last line is what a power cut leaves: it is told, and
    never happened.
    """
    path = Store(workspace.landed).manifest
    last = next(
        (seen["received"] for seen in reversed(records(workspace)) if "received" in seen), None
    )
    if last is None:
        return []
    content = path.read_bytes() if path.exists() else b""
    (before, whole) = (
        sha256(content[:size]).hexdigest() == digest and size <= len(content)
        for size, digest in last
    )
    if whole:
        return []
    if before and b"\n" not in content[last[0][0] :] and len(content) > last[0][0]:
        return [f"{path}: its last line is torn and counts as never written: drop its file again"]
    raise ZipingError(
        f"{path}: lines were edited or removed since the last night: restore raw/landed from a "
        "backup; where there is none, move warehouse/runs away and drop the files again"
    )


def close_to_others(workspace: Workspace) -> list[str]:
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
