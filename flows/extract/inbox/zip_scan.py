"""ZIP archives in the inbox: each file in one is a delivery of its own, or has its sentence."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.common.masking import without_ids
from flows.contracts.delivery import LandedFile
from flows.contracts.model import Contract
from flows.extract.inbox.attachments import register_of
from flows.extract.inbox.inbox_file import IGNORED, NEVER, Dropped, Last
from flows.extract.inbox.routing import Place, places_of
from flows.extract.inbox.zip_archives import (
    Limits,
    Member,
    Unsound,
    hash_member,
    members_of,
    opened,
)

MOST_NAMED = 20


@dataclass
class Packed:
    """What an archive holds tonight: new files that are somebody's, and words on the others."""

    new: list[Dropped] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    of_one_file: Counter[tuple[str, ...]] = field(default_factory=Counter)


def unpacked(
    path: Path,
    archive: LandedFile,
    place: str,
    contracts: Mapping[str, Contract],
    districts: tuple[str, ...],
    last: Mapping[tuple[str, str, str], Last],
    limits: Limits,
) -> Packed:
    """Look into an archive, which for table, period and day is as a folder at `place`.

    A file that came out of the same bytes before is not unpacked again.
    """
    found, left = Packed(), defaultdict[str, list[str]](list)
    try:
        with opened(path) as members:
            for member in members_of(members, limits):
                name = f"{archive.original_name}/{member.name}"
                shown = without_ids(name)
                if _is_nothing(member):
                    found.passed_over.append(shown)
                    continue
                places = member.fault or _places(f"{place}/{member.name}", contracts, districts)
                if isinstance(places, str):
                    left[places].append(without_ids(member.name))
                    continue
                for whose in places:
                    if whose.container is None and not whose.contract.in_parts:
                        whose = replace(whose, container=archive.original_name)
                    found.of_one_file[whose.of_one_file] += 1
                    size = member.info.file_size
                    dropped = Dropped(path, name, whose, "", size, archive=archive)
                    before = last.get(dropped.name_for_table, NEVER)
                    if before.archive and before.archive.sha256 == archive.sha256:
                        continue
                    try:
                        digest = hash_member(members, member)
                    except Unsound as fault:
                        left[str(fault)].append(without_ids(member.name))
                        break
                    if digest != before.sha256:
                        found.new.append(replace(dropped, sha256=digest))
    except Unsound as fault:
        return Packed(remarks=[f"{without_ids(archive.original_name)}: {fault}"])
    for why, names in left.items():
        more = len(names) - MOST_NAMED
        listed = ", ".join(names[:MOST_NAMED]) + (f" and {more} more" * (more > 0))
        found.remarks.append(f"{without_ids(archive.original_name)}: {listed}: {why}")
    if not (found.new or found.of_one_file or left):
        found.remarks.append(
            f"{without_ids(archive.original_name)}: the archive holds no file with anything in it: "
            "pack it again"
        )
    return found


def _is_nothing(member: Member) -> bool:
    parts = [part for part in member.name.split("/") if part not in (".", "..")]  # a fault
    return any(map(IGNORED.fullmatch, parts)) or not (member.info.file_size or member.fault)


def _places(
    name: str, contracts: Mapping[str, Contract], districts: tuple[str, ...]
) -> list[Place] | str:
    found = places_of(name, contracts, districts)
    takers = () if isinstance(found, str) else found
    if any(place.contract.has_attachments for place in takers) and register_of(Path(name)):
        return "is an attachment: unpack the archive into the inbox, and leave it beside its file"
    return found
