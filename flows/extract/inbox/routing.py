"""Whose a file in the inbox is: told by names of files and folders, else by a cell of it."""

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from flows.common.errors import Rejected
from flows.common.masking import without_ids
from flows.common.messages import message
from flows.common.text import half_width
from flows.contracts.model import Contract
from flows.parsing.headers import HeaderMissing, Rows, find_header
from flows.readers.sheets import open_sheets


@dataclass(frozen=True)
class Route:
    """Whose a file is: table, district and period, and of which day it is."""

    contract: Contract
    district_code: str
    period: str  # empty where only a cell of the file says it
    source_date: str | None
    container: str | None  # the folder whose name, not the file's own, fits the table's pattern

    @property
    def delivery_key(self) -> tuple[str, str, str]:
        """The table, district and period for which its delivery will stand."""
        return self.contract.name, self.district_code, self.period

    @property
    def single_file_key(self) -> tuple[str, ...]:
        """Name the delivery for which one file alone may lie in its folder, if it is one."""
        if self.container is None or self.contract.in_parts or not self.period:
            return ()
        return *self.delivery_key, self.container

    @property
    def is_complete(self) -> bool:
        """Whether names alone say the period, and the day where the contract asks for one."""
        return bool(self.period and (self.source_date or "source_date" not in self.contract.meta))

    def within(self, archive: str) -> "Route":
        """Take an archive for the folder of a file that is a delivery of its own."""
        is_alone = self.container is None and not self.contract.in_parts
        return replace(self, container=archive) if is_alone else self


def period_of_name(contract: Contract, name: str) -> str | None:
    """Read the period from a file's name, unless the contract itself states the year."""
    if contract.period_kind == "standing":
        return "standing"
    if year := contract.meta["period"].get("stated"):
        return contract.period_of_year(int(year))
    return _find_period(contract, contract.meta["period"].get("file_name"), name)


def _find_period(contract: Contract, pattern: str | None, text: str) -> str | None:
    """Read the period from a text, by the year that a pattern finds in it."""
    found = pattern and re.search(pattern, text)
    return contract.period_of_year(int(found[found.re.groups])) if found else None


def source_date_of_name(contract: Contract, name: str) -> str | None:
    """Read from a file's name of which day it is."""
    return _find_day(contract.meta.get("source_date", {}).get("file_name"), name)


def _find_day(pattern: str | None, text: str) -> str | None:
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


def match_contract(
    name: str, contracts: Mapping[str, Contract], districts: Sequence[str]
) -> list[Route] | str:
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
    own = [contract for contract in contracts.values() if contract.system == system]
    for depth in reversed(range(len(pieces))):
        found = [
            contract
            for contract in own
            if any(fnmatch.fnmatch(pieces[depth], pattern) for pattern in contract.file_patterns)
        ]
        if found:
            break
    else:
        return "fits no source table's file pattern; it was left"
    if len(found) > 1 and not all("sheets" in contract.meta["read"] for contract in found):
        names = ", ".join(contract.name for contract in found)
        return (
            f"its name fits {names}, and nothing says whose it is; it was left: change a pattern, "
            "or name in each the `sheets` that it reads"
        )
    is_own = depth == len(pieces) - 1
    container = None if is_own else "/".join([system, *pieces[: depth + 1]])
    routes = []
    for contract in found:
        route = _build_route(contract, district, pieces, container)
        if isinstance(route, str):
            return route
        routes.append(route)
    return routes


def _build_route(
    contract: Contract, district: str, pieces: Sequence[str], container: str | None
) -> Route | str:
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
    return Route(contract, district, period or "", day, container)


def complete_route(route: Route, path: Path) -> Route | str:
    """Complete a route by the cells above the header of a file, or say why it was left."""
    contract = route.contract
    try:
        texts = list(_texts_above(path, contract))
    except Rejected as why:
        return f"its period or day is to be read from a cell, but {without_ids(str(why))}"
    of_period = contract.meta["period"].get("above")
    of_day = contract.meta.get("source_date", {}).get("above")
    try:
        return replace(
            route,
            period=route.period
            or _only("period", {_find_period(contract, of_period, text) for text in texts}),
            source_date=route.source_date
            or (_only("day", {_find_day(of_day, text) for text in texts}) if of_day else None),
        )
    except Rejected as why:
        return str(why)


def _only(word: str, found: set[str | None]) -> str:
    """Give the one thing that cells say."""
    values = sorted(value for value in found if value)
    if not values:
        raise Rejected("period_not_said", word=message(f"word_{word}"))
    if len(values) > 1:
        raise Rejected("several_periods_said", values=values)
    return values[0]


def _texts_above(path: Path, contract: Contract) -> Iterator[str]:
    """Give what stands above the header of each sheet that has it."""
    missing: HeaderMissing | None = None
    found = False
    with closing(open_sheets(path, contract)) as sheets:
        for sheet in sheets:
            above: Rows = []
            try:
                find_header(sheet.rows, sheet.merged, contract, above)
            except HeaderMissing as error:
                missing = error
            else:
                found = True
                yield from (text for _, row in above for cell in row if (text := half_width(cell)))
            if not sheet.is_text:
                for _ in sheet.rows:  # the next sheet comes after all rows of this one
                    pass
    if missing and not found:
        raise missing
