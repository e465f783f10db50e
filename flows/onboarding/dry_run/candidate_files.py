"""What a run would take of a file, a folder or an archive that is not yet sent."""

import os
import shutil
from pathlib import Path

from flows.common.errors import WrongUse
from flows.common.files import hash_file
from flows.common.masking import without_ids
from flows.common.settings import Workspace
from flows.contracts.model import Contract
from flows.extract.inbox.attachments import beside
from flows.extract.inbox.file_access import readable
from flows.extract.inbox.inbox_file import Attached, Dropped
from flows.extract.inbox.period_from_cells import completed, is_complete
from flows.extract.inbox.routing import Place, period_of_name, places_of, source_date_of_name
from flows.extract.inbox.scan import view_inbox
from flows.extract.inbox.zip_archives import is_archive, opened, reading_by_name
from flows.runs.context import Night

FOLDERS_ABOVE = 2  # of a file: one of them may say its table and period


def find_candidates(
    night: Night, contract: Contract, path: Path, scratch: Path
) -> tuple[list[Dropped], list[str]]:
    """Find what of a path is the table's, and what a run would say of the rest.

    A file counts as the table's whatever it is called; a folder and an archive are sorted by their
    names, as in the inbox. `scratch` is an empty folder. Raises WrongUse where nothing is there.
    """
    path = path.resolve()
    if not (path.is_file() or path.is_dir()):
        raise WrongUse(f"{path} is no file and no folder")
    if not holds_many(path):
        return _take_file(night, contract, path)
    found, remarks = _take_many(night, contract, path, scratch)
    others = [candidate for candidate in found if candidate.place.contract != contract]
    remarks += [
        f"{without_ids(other.name)} is {other.place.contract.name} by its name: check it as that"
        for other in others
    ]
    return [candidate for candidate in found if candidate not in others], remarks


def holds_many(path: Path) -> bool:
    """Say whether a path is a folder or an archive of files."""
    return path.is_dir() or is_archive(path)


def _name_in_inbox(night: Night, contract: Contract, path: Path) -> str:
    """Say how a path would be called below the inbox, if it does not lie there already.

    The nearest folders belong to the name where the table or the period shows only by them.
    """
    if path.is_relative_to(night.workspace.inbox):
        return readable(path.relative_to(night.workspace.inbox))
    for count in range(1, FOLDERS_ABOVE + 2):
        name = f"{contract.system}/{readable(Path(*path.parts[-count:]))}"
        if len(path.parts) >= count and _belongs_to(_find_place(night, contract, name), contract):
            return name
    return f"{contract.system}/{readable(Path(path.name))}"


def _find_place(night: Night, contract: Contract, name: str) -> Place | str:
    """Find the place of a table by a name, or say whose a file is instead."""
    places = places_of(name, night.contracts, (night.settings.district,))
    if isinstance(places, str):
        return places
    return next((place for place in places if place.contract == contract), places[0])


def _belongs_to(place: Place | str, contract: Contract) -> bool:
    return isinstance(place, Place) and place.contract == contract


def _take_many(
    night: Night, contract: Contract, path: Path, scratch: Path
) -> tuple[list[Dropped], list[str]]:
    """Lay a folder or an archive into an inbox of its own, and look at that as a run does."""
    workspace = Workspace(scratch)
    target = workspace.inbox / _name_in_inbox(night, contract, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, symlinks=True, copy_function=_link_or_copy)
    else:
        _link_or_copy(str(path), str(target))
    district = (night.settings.district,)
    view = view_inbox(workspace, night.contracts, district, (), night.settings)
    return view.new, [*view.remarks, *view.unreadable]


def _link_or_copy(source: str, target: str) -> None:
    """Give a file a second name, or copy it where the disk is another one."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _take_file(night: Night, contract: Contract, path: Path) -> tuple[list[Dropped], list[str]]:
    name = _name_in_inbox(night, contract, path)
    place = _find_place(night, contract, name)
    remarks = []
    if isinstance(place, str) or place.contract != contract:
        remarks.append(_say_not_taken(contract, place))
        period = period_of_name(contract, name) or ""
        source_date = source_date_of_name(contract, name)
        place = Place(contract, night.settings.district, period, source_date, None)
    attachments = tuple(
        Attached(path.parent / file.original_name, file.original_name, file.sha256, file.size)
        for file in (beside(path) if contract.has_attachments else ())
    )
    dropped = Dropped(path, name, place, hash_file(path), path.stat().st_size, attachments)
    needs_cells = "above" in {*contract.meta["period"], *contract.meta.get("source_date", {})}
    if needs_cells and not is_complete(place):
        found = completed(dropped)
        if isinstance(found, str):
            return [dropped], [*remarks, found]
        dropped = found
    return [dropped], remarks


def _say_not_taken(contract: Contract, place: Place | str) -> str:
    if not contract.file_patterns:
        return f"the night pulls {contract.name} from its system and takes no file for it"
    why = f"it is {place.contract.name}'s" if isinstance(place, Place) else place
    patterns = " or ".join(contract.file_patterns)
    why = why.removesuffix("; it was left")
    return f"by its name {why}; the night takes as {contract.name} files called {patterns}"


def unpack_to(dropped: Dropped, target: Path) -> Path:
    """Say where the bytes of a file are, unpacking it where it lies in an archive."""
    if dropped.archive is None:
        return dropped.path
    name = dropped.name.removeprefix(f"{dropped.archive.original_name}/")
    with (
        opened(dropped.path) as members,
        reading_by_name(members, name) as stream,
        target.open("wb") as copy,
    ):
        shutil.copyfileobj(stream, copy)
    return target
