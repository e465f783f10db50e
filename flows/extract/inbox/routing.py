"""Whose a file in the inbox is: told by names of files and folders, else by a cell of it."""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from flows.common.errors import Rejected
from flows.common.masking import without_ids
from flows.common.messages import message
from flows.common.text import normalize_width
from flows.contracts.model import Contract
from flows.contracts.periods import day_in, period_in, period_of_name, source_date_of_name
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
        return bool(self.period and (self.source_date or not self.contract.source_date))

    def within(self, archive: str) -> "Route":
        """Take an archive for the folder of a file that is a delivery of its own."""
        is_alone = self.container is None and not self.contract.in_parts
        return replace(self, container=archive) if is_alone else self


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
    if len(found) > 1 and not all(contract.read.sheets for contract in found):
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
    if period is None and not contract.period.preamble:
        return "the period cannot be read from the name; it was left"
    day = next(filter(None, (source_date_of_name(contract, piece) for piece in inward)), None)
    if day is None and contract.source_date and not contract.source_date.preamble:
        return "the day of its data cannot be read from the name; it was left"
    return Route(contract, district, period or "", day, container)


def complete_route(route: Route, path: Path) -> Route | str:
    """Complete a route by the cells above the header of a file, or say why it was left."""
    contract = route.contract
    try:
        texts = list(_texts_above(path, contract))
    except Rejected as why:
        return f"its period or day is to be read from a cell, but {without_ids(str(why))}"
    of_period = contract.period.preamble
    of_day = contract.source_date.preamble if contract.source_date else None
    try:
        return replace(
            route,
            period=route.period
            or _only("period", {period_in(contract, of_period, text) for text in texts}),
            source_date=route.source_date
            or (_only("day", {day_in(of_day, text) for text in texts}) if of_day else None),
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
                yield from (
                    text for _, row in above for cell in row if (text := normalize_width(cell))
                )
            if not sheet.is_text:
                for _ in sheet.rows:  # the next sheet comes after all rows of this one
                    pass
    if missing and not found:
        raise missing
