"""Write warehouse/index.html: all years, their releases, and which one readers see."""

from typing import Any

from flows.common.clock import day_of
from flows.common.errors import ZipingError
from flows.common.files import write_durably
from flows.common.settings import Workspace
from flows.exports.html.page import PAGE, render
from flows.releases.release import (
    Release,
    current_release,
    releases_of,
    year_folder,
    years_published,
)
from flows.releases.run_log import number_of
from flows.releases.signing import signed_releases

MOST_DESCRIBED = 40  # of a year; of older ones the number and the link are enough


def write_archive(workspace: Workspace) -> None:
    """Write the page over all years and releases, whose links work from the file."""
    years = [_year(workspace, year) for year in sorted(years_published(workspace), reverse=True)]
    page = render("archive.html.j2", years=years)
    write_durably(workspace.warehouse / PAGE, page.encode())


def _year(workspace: Workspace, year: int) -> dict[str, Any]:
    """Describe a year: what its current release says, and all releases, the newest first."""
    current = current_release(workspace, year)
    newest_first = releases_of(workspace, year)[::-1]
    try:
        signed = signed_releases(year_folder(workspace, year))
    except ZipingError:  # of what was changed there the integrity check tells
        signed = {}
    manifest = _manifest(current) if current else {}
    return {
        "year": year,
        "title": manifest.get("title", f"{year}年"),
        "is_sample": manifest.get("is_sample", False),
        "counts": manifest.get("summary", {}).get("counts", []),
        "current": current.name if current else "",
        "releases": [
            _release(release, signed, is_described=place < MOST_DESCRIBED)
            for place, release in enumerate(newest_first)
        ],
    }


def _release(
    release: Release, signed: dict[str, list[int]], *, is_described: bool
) -> dict[str, Any]:
    manifest = _manifest(release) if is_described else {}
    return {
        "name": release.name,
        "number": number_of(release.name),
        "link": f"releases/{release.folder.parent.name}/{release.name}/{PAGE}",
        "published": day_of(manifest["written_at"]).isoformat() if manifest else "",
        "known": (manifest.get("started_at") or "")[:16].replace("T", " "),
        "has_gaps": manifest.get("has_gaps", False),
        "changes": manifest.get("summary", {}).get("changes", []),
        "signed": "、".join(map(str, signed.get(release.name, ()))),
    }


def _manifest(release: Release) -> dict[str, Any]:
    """Read what a release says of itself; of a damaged one nothing is told here."""
    try:
        return release.manifest
    except ZipingError:
        return {}
