"""Whose a file in the inbox is, told by its name and those of the folders that it lies in."""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flows.contracts.model import Contract


@dataclass(frozen=True)
class Place:
    """Whose a file is: table, district and period, and of which day it is."""

    contract: Contract
    district_code: str
    period: str  # empty where only a cell of the file says it
    source_date: str | None
    container: str | None  # the folder whose name, not the file's own, fits the table's pattern

    @property
    def of_one_file(self) -> tuple[str, ...]:
        """Name the delivery for which one file alone may lie in its folder, if it is one."""
        if self.container is None or self.contract.in_parts or not self.period:
            return ()
        return self.contract.name, self.district_code, self.period, self.container


def period_of_name(contract: Contract, name: str) -> str | None:
    """Read the period from a file's name, unless the contract itself states the year."""
    if contract.period_kind == "standing":
        return "standing"
    if year := contract.meta["period"].get("stated"):
        return contract.period_of_year(int(year))
    return period_in(contract, contract.meta["period"].get("file_name"), name)


def period_in(contract: Contract, pattern: str | None, text: str) -> str | None:
    """Read the period from a text, by the year that a pattern finds in it."""
    found = pattern and re.search(pattern, text)
    if not found:
        return None
    return contract.period_of_year(int(found[found.re.groups]))


def source_date_of_name(contract: Contract, name: str) -> str | None:
    """Read from a file's name of which day it is."""
    return day_in(contract.meta.get("source_date", {}).get("file_name"), name)


def day_in(pattern: str | None, text: str) -> str | None:
    """Read a day from a text: 20240105, or year, month and day, as the pattern marks it."""
    found = pattern and re.search(pattern, text)
    if not found:
        return None
    parts = re.findall(r"[0-9]+", " ".join(found.groups("")))
    if len(parts) == 1 and len(parts[0]) == 8:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    try:
        year, month, day = map(int, parts)
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _contracts_of(contracts: Mapping[str, Contract], system: str, name: str) -> list[Contract]:
    return [
        contract
        for contract in contracts.values()
        if contract.system == system
        and any(fnmatch.fnmatch(name, pattern) for pattern in contract.file_patterns)
    ]


def places_of(
    name: str, contracts: Mapping[str, Contract], districts: Sequence[str]
) -> list[Place] | str:
    """Find whose a file is by its path below the inbox, or say why it was left.

    Table, period and day are each told by the file's own name, else by that of the nearest folder.
    A file is several tables' where each of them names the sheets that it reads.
    """
    folders = name.split("/")
    district = districts[0] if len(districts) == 1 else None
    if folders[0] in districts:
        district = folders.pop(0)
    systems = sorted({contract.system for contract in contracts.values()})
    if len(folders) < 2 or folders[0] not in systems or district is None:
        return f"it was left, for it lies in none of the folders {', '.join(systems)}"
    system, *pieces = folders
    fitting = ((depth, _contracts_of(contracts, system, pieces[depth])) for depth in
               reversed(range(len(pieces))))  # fmt: skip
    depth, found = next(((depth, found) for depth, found in fitting if found), (0, []))
    if not found:
        return "fits no source table's file pattern; it was left"
    if len(found) > 1 and not all("sheets" in contract.meta["read"] for contract in found):
        names = ", ".join(contract.name for contract in found)
        return (
            f"its name fits {names}, and nothing says whose it is; it was left: change a pattern, "
            "or name in each the `sheets` that it reads"
        )
    is_own = depth == len(pieces) - 1
    container = None if is_own else "/".join([system, *pieces[: depth + 1]])
    places = [_place_for(contract, district, pieces, container) for contract in found]
    if faults := [place for place in places if isinstance(place, str)]:
        return faults[0]
    return [place for place in places if isinstance(place, Place)]


def _place_for(
    contract: Contract, district: str, pieces: Sequence[str], container: str | None
) -> Place | str:
    """Say of which period and day a file is for a table, or why it was left."""
    inward = pieces[::-1]
    period = next(filter(None, (period_of_name(contract, piece) for piece in inward)), None)
    in_cells = {
        word for word in ("period", "source_date") if "above" in contract.meta.get(word, {})
    }
    if period is None and "period" not in in_cells:
        return "the period cannot be read from the name; it was left"
    day = next(filter(None, (source_date_of_name(contract, piece) for piece in inward)), None)
    if day is None and "source_date" in contract.meta and "source_date" not in in_cells:
        return "the day of its data cannot be read from the name; it was left"
    return Place(contract, district, period or "", day, container)
