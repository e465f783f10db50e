"""The period and the day of a file that its name does not say: from a cell above the header."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile

from flows.common.errors import Rejected
from flows.common.masking import without_ids
from flows.common.messages import message
from flows.common.text import half_width
from flows.contracts.model import Contract
from flows.extract.inbox.inbox_file import Dropped
from flows.extract.inbox.routing import Place, day_in, period_in
from flows.extract.inbox.zip_archives import Unsound, opened, reading_by_name
from flows.parsing.headers import HeaderMissing, Rows, find_header
from flows.readers.sheets import open_sheets


def is_complete(place: Place) -> bool:
    """Whether names alone say the period, and the day where the contract asks for one."""
    return bool(place.period and (place.source_date or "source_date" not in place.contract.meta))


def completed(dropped: Dropped) -> Dropped | str:
    """Complete the place of a file in the inbox, or of one in an archive, or say why it is left."""
    if is_complete(dropped.place):
        return dropped
    with NamedTemporaryFile() as copy:
        path = dropped.path
        if dropped.archive:
            name = dropped.name.removeprefix(f"{dropped.archive.original_name}/")
            try:
                with opened(dropped.path) as members, reading_by_name(members, name) as stream:
                    copyfileobj(stream, copy)
            except Unsound as fault:
                return str(fault)
            copy.flush()
            path = Path(copy.name)
        place = placed_by_cells(dropped.place, path)
    return place if isinstance(place, str) else replace(dropped, place=place)


def placed_by_cells(place: Place, path: Path) -> Place | str:
    """Complete a place by the cells above the header of a file, or say why it was left."""
    contract = place.contract
    try:
        texts = list(_texts_above(path, contract))
    except Rejected as why:
        return f"its period or day is to be read from a cell, but {without_ids(str(why))}"
    of_period = contract.meta["period"].get("above")
    of_day = contract.meta.get("source_date", {}).get("above")
    try:
        return replace(
            place,
            period=place.period
            or _only("period", {period_in(contract, of_period, text) for text in texts}),
            source_date=place.source_date
            or (_only("day", {day_in(of_day, text) for text in texts}) if of_day else None),
        )
    except Rejected as why:
        return str(why)


def _only(word: str, found: set[str | None]) -> str:
    """Give the one thing that cells say."""
    said = sorted(one for one in found if one)
    if not said:
        raise Rejected("period_not_said", word=message(f"word_{word}"))
    if len(said) > 1:
        raise Rejected("several_periods_said", values=said)
    return said[0]


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
