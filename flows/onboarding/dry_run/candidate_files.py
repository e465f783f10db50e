"""What a run would take of a file, a folder or an archive that is not yet sent."""

import os
import shutil
from pathlib import Path

from flows.common.errors import WrongUse
from flows.common.files import hash_file
from flows.common.masking import without_ids
from flows.common.settings import Workspace
from flows.contracts.model import Contract
from flows.contracts.periods import period_of_name, source_date_of_name
from flows.extract.inbox.file_access import decode_path
from flows.extract.inbox.inbox_file import (
    Attachment,
    InboxFile,
    attachment_folder,
    complete_file,
)
from flows.extract.inbox.routing import (
    Route,
    match_contract,
)
from flows.extract.inbox.scan import scan_inbox
from flows.extract.inbox.zip_archives import is_archive
from flows.runs.context import RunContext

FOLDERS_ABOVE = 2  # of a file: one of them may say its table and period


def find_candidates(
    run: RunContext, contract: Contract, path: Path, scratch: Path
) -> tuple[list[InboxFile], list[str]]:
    """Find what of a path is the table's, and what a run would say of the rest.

    A file counts as the table's whatever it is called; a folder and an archive are sorted by their
    names, as in the inbox. `scratch` is an empty folder. Raises WrongUse where nothing is there.
    """
    path = path.resolve()
    if not (path.is_file() or path.is_dir()):
        raise WrongUse(f"{path} is no file and no folder")
    if not holds_many(path):
        return _take_file(run, contract, path)
    found, remarks = _take_many(run, contract, path, scratch)
    others = [candidate for candidate in found if candidate.route.contract != contract]
    remarks += [
        f"{without_ids(other.name)} is {other.route.contract.name} by its name: check it as that"
        for other in others
    ]
    return [candidate for candidate in found if candidate not in others], remarks


def holds_many(path: Path) -> bool:
    """Say whether a path is a folder or an archive of files."""
    return path.is_dir() or is_archive(path)


def _name_in_inbox(run: RunContext, contract: Contract, path: Path) -> str:
    """Say how a path would be called below the inbox, if it does not lie there already.

    The nearest folders belong to the name where the table or the period shows only by them.
    """
    if path.is_relative_to(run.workspace.inbox):
        return decode_path(path.relative_to(run.workspace.inbox))
    for count in range(1, FOLDERS_ABOVE + 2):
        name = f"{contract.system}/{decode_path(Path(*path.parts[-count:]))}"
        if len(path.parts) >= count and _belongs_to(_find_route(run, contract, name), contract):
            return name
    return f"{contract.system}/{decode_path(Path(path.name))}"


def _find_route(run: RunContext, contract: Contract, name: str) -> Route | str:
    """Find the route of a table by a name, or say whose a file is instead."""
    routes = match_contract(name, run.contracts, (run.settings.district,))
    if isinstance(routes, str):
        return routes
    return next((route for route in routes if route.contract == contract), routes[0])


def _belongs_to(route: Route | str, contract: Contract) -> bool:
    return isinstance(route, Route) and route.contract == contract


def _take_many(
    run: RunContext, contract: Contract, path: Path, scratch: Path
) -> tuple[list[InboxFile], list[str]]:
    """Lay a folder or an archive into an inbox of its own, and look at that as a run does."""
    workspace = Workspace(scratch)
    target = workspace.inbox / _name_in_inbox(run, contract, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, symlinks=True, copy_function=_link_or_copy)
    else:
        _link_or_copy(str(path), str(target))
    district = (run.settings.district,)
    scan = scan_inbox(workspace, run.contracts, district, (), run.settings)
    return scan.new, [*scan.notices, *scan.unreadable]


def _link_or_copy(source: str, target: str) -> None:
    """Give a file a second name, or copy it where the disk is another one."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _take_file(
    run: RunContext, contract: Contract, path: Path
) -> tuple[list[InboxFile], list[str]]:
    name = _name_in_inbox(run, contract, path)
    route = _find_route(run, contract, name)
    remarks = []
    if isinstance(route, str) or route.contract != contract:
        remarks.append(_say_not_taken(contract, route))
        period = period_of_name(contract, name) or ""
        source_date = source_date_of_name(contract, name)
        route = Route(contract, run.settings.district, period, source_date, None)
    attachments = tuple(_list_attachments(path)) if contract.has_attachments else ()
    file = InboxFile(path, name, route, hash_file(path), path.stat().st_size, attachments)
    day = contract.source_date
    needs_cells = contract.period.preamble or (day and day.preamble)
    if needs_cells and not route.is_complete:
        found = complete_file(file)
        if isinstance(found, str):
            return [file], [*remarks, found]
        file = found
    return [file], remarks


def _list_attachments(file: Path) -> list[Attachment]:
    """Look at the attachments of a file that is not yet sent; links are passed over."""
    folder = attachment_folder(file)
    return [
        Attachment(path, path.name, hash_file(path), path.stat().st_size)
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if path.is_file() and not path.is_symlink()
    ]


def _say_not_taken(contract: Contract, route: Route | str) -> str:
    if not contract.file_patterns:
        return f"a run pulls {contract.name} from its system and takes no file for it"
    why = f"it is {route.contract.name}'s" if isinstance(route, Route) else route
    patterns = " or ".join(contract.file_patterns)
    why = why.removesuffix("; it was left")
    return f"by its name {why}; a run takes as {contract.name} files called {patterns}"
