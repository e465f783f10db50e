"""Printing what differs between a release and the one before."""

from flows.common.console import say
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.releases.changes import compare, open_editions, predecessor, program_changes
from flows.releases.release import find_release
from flows.releases.tables import ReleaseTables


def print_changes(workspace: Workspace, year: int | None, name: str | None) -> None:
    """Print what differs from the release before."""
    release = find_release(workspace, year or load_settings(workspace).default_year, name)
    before = predecessor(workspace, release)
    if before is None:
        say(f"{release.name} is the first release of the year")
        return
    say(f"{before.name} → {release.name}")
    tables = ReleaseTables.load(release.folder)
    lines = list(compare(*open_editions(before, release.manifest, tables)))
    for line in lines or ["no figure, definition or standard differs"]:
        say(line)
    for line in program_changes(before.manifest, release.manifest):
        say(line)
