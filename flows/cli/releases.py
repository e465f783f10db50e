"""Printing the releases, and whether each is still what was published."""

from rich.table import Table

from flows.common.console import make_console, say
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.releases.integrity import damages, link_faults
from flows.releases.release import current_release, releases_of, years_published


def print_releases(workspace: Workspace, year: int | None) -> None:
    """Print the releases of a year or of all, and in which way one is not what was published."""
    table = Table("year", "release", "written", "deliveries", "gaps", "current", "whole")
    years = [year] if year else list(years_published(workspace))
    found = damages(workspace, years)
    for one_year in years:
        current = current_release(workspace, one_year)
        for release in releases_of(workspace, one_year):
            shown = ["", "", ""]
            if is_whole := not any(one.startswith(f"{release.name}: ") for one in found):
                gaps = "yes" if release.manifest["has_gaps"] else "no"
                deliveries = str(len(release.manifest["deliveries"]))
                shown = [release.manifest["written_at"][:16], deliveries, gaps]
            arrow = "←" if current and current.name == release.name else ""
            whole = "yes" if is_whole else "no"
            table.add_row(str(one_year), release.name, *shown, arrow, whole)
    console = make_console()
    console.print(table)
    default_year = load_settings(workspace).default_year
    links = [text for one in years for text in link_faults(workspace, one, default_year)]
    for sentence in (*found, *links):
        say(f"! {sentence}")
