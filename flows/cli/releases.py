"""Printing the releases, whether each is still what was published, and pinning an older one."""

import os

from rich.table import Table

from flows.common.console import make_console, say
from flows.common.errors import WrongUse, ZipingError
from flows.common.lock import take_lock
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.exports.html.archive import write_archive
from flows.releases.integrity import find_link_problems, find_problems
from flows.releases.release import (
    current_release,
    pin_release,
    releases_of,
    show_newest,
    year_folder,
    years_published,
)
from flows.releases.signing import signed_releases


def print_releases(workspace: Workspace, year: int | None) -> None:
    """Print the releases of a year or of all, and in which way one is not what was published."""
    table = Table("year", "release", "written", "deliveries", "gaps", "current", "signed", "whole")
    years = [year] if year else list(years_published(workspace))
    problems = find_problems(workspace, years)
    for published_year in years:
        current = current_release(workspace, published_year)
        signed = _signed_versions(workspace, published_year)
        for release in releases_of(workspace, published_year):
            shown = ["", "", ""]
            if is_whole := not any(text.startswith(f"{release.name}: ") for text in problems):
                gaps = "yes" if release.manifest["has_gaps"] else "no"
                deliveries = str(len(release.manifest["deliveries"]))
                shown = [release.manifest["written_at"][:16], deliveries, gaps]
            arrow = "←" if current and current.name == release.name else ""
            whole = "yes" if is_whole else "no"
            table.add_row(
                str(published_year),
                release.name,
                *shown,
                arrow,
                signed.get(release.name, ""),
                whole,
            )
    console = make_console()
    console.print(table)
    default_year = load_settings(workspace).default_year
    for published_year in years:
        problems += find_link_problems(workspace, published_year, default_year)
    for sentence in problems:
        say(f"! {sentence}")


def _signed_versions(workspace: Workspace, year: int) -> dict[str, str]:
    """Say of each signed release which versions it is; what was changed is told besides."""
    try:
        found = signed_releases(year_folder(workspace, year))
    except ZipingError:
        return {}
    return {name: ", ".join(map(str, numbers)) for name, numbers in found.items()}


def choose_release(workspace: Workspace, year: int | None, pin: str | None, *, unpin: bool) -> None:
    """Let readers see an older release until a new one is made, or the newest again."""
    if pin and unpin:
        raise WrongUse("--pin and --unpin at once: say one of them")
    default_year = load_settings(workspace).default_year
    wanted = year or default_year
    lock = take_lock(workspace)
    try:
        if pin:
            release = pin_release(workspace, wanted, default_year, pin)
            say(f"{wanted}: current is pinned to {release.name} until a new release is made")
        else:
            release = show_newest(workspace, wanted, default_year)
            say(f"{wanted}: current leads to {release.name}, the newest")
        write_archive(workspace)
    finally:
        os.close(lock)
