"""Finding the header of a sheet by its captions, and what stands above it: unit, sign-off."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any

from flows.lib.cells import UNITS_OF_YUAN, half_width, squeezed
from flows.lib.contracts import Column, Contract
from flows.lib.errors import Rejected
from flows.lib.ids import without_ids

UNIT_OF_MONEY = re.compile(r"[单單]位:?\(?(.+)$")
# Of a number, not of who reports: 填报单位:样例小学.
UNIT_OF_NUMBERS = re.compile(
    r"(?:^|[^\u3400-\u9fff]|计量|計量|金额|数量)(?:[单單]位|[Uu]nits?)[::]\(?([^)\s]+?)\)?$"
)
UNNAMED = re.compile("column([0-9]+)")  # a column without a caption, by its place
HEADER_WITHIN_ROWS = 40
HIGHEST_HEADER = 4
Rows = list[tuple[int, list[Any]]]


@dataclass(frozen=True)
class Header:
    """Where the columns of a contract stand in a sheet."""

    last_row: int
    captions: tuple[str, ...]
    positions: Mapping[str, int]
    height: int


def plain_caption(cell: Any) -> str:
    """Normalise a caption: half width, no blanks, no quotes around it, é as one sign."""
    return unicodedata.normalize("NFC", (squeezed(cell) or "").strip('"'))


def joined_captions(
    rows: list[list[Any]], written: Callable[[Any], str] = plain_caption
) -> tuple[str, ...]:
    """Join the storeys of a header column by column, `教育事业费/人员经费`."""
    width = max(len(row) for row in rows)
    joined = []
    for column in range(width):
        parts: list[str] = []
        for row in rows:
            caption = written(row[column]) if column < len(row) else ""
            if caption and caption not in parts:
                parts.append(caption)
        joined.append("/".join(parts))
    return tuple(joined)


def with_titles_spread(rows: list[list[Any]]) -> list[list[Any]]:
    """Write the title of several columns above each of them, where no merged cell does it.

    A CSV says it of the first one alone. It reaches as far as there are captions below it and no
    other title beside or above it.
    """
    width = max(len(row) for row in rows)
    spread = [[*row, *[None] * (width - len(row))] for row in rows]
    said = [[bool(plain_caption(cell)) for cell in row] for row in spread]
    for storey, row in enumerate(spread[:-1]):
        for place in range(1, width):
            has_caption = said[-1][place - 1] and said[-1][place]
            is_inner = not any(said[one][place] for one in range(storey + 1))
            if has_caption and is_inner:
                row[place] = row[place - 1]
    return spread


def _unnamed(caption: str) -> int | None:
    """Give the place of `column 1`, which stands for a column without a caption."""
    found = UNNAMED.fullmatch(caption)
    return int(found[1]) - 1 if found and int(found[1]) else None


def positions_of(captions: tuple[str, ...], columns: Iterable[Column]) -> dict[str, int]:
    """Find where columns stand among captions."""
    found = {}
    counts = Counter(captions)
    places = {caption: place for place, caption in enumerate(captions)}
    for column in columns:
        wanted = [plain_caption(caption) for caption in column.captions]
        for caption in wanted:
            if counts[caption] == 1:
                found[column.name] = places[caption]
                break
            if (place := _unnamed(caption)) is not None and captions[place : place + 1] == ("",):
                found[column.name] = place
                break
    return found


def is_headerless(contract: Contract) -> bool:
    """Say whether a file has no header: all that is asked for, it has by the place of its column.

    Where captions become rows, or the height of the header is stated, there is one.
    """
    if contract.meta["read"].keys() & {"header_rows", "long"}:
        return False
    captions = [plain_caption(one) for column in contract.columns for one in column.captions]
    return bool(captions) and all(_unnamed(caption) is not None for caption in captions)


def header_without_row(contract: Contract) -> Header:
    """Give the header that a file has in its contract alone."""
    places = [
        _unnamed(plain_caption(one)) for column in contract.columns for one in column.captions
    ]
    captions = ("",) * (1 + max((place for place in places if place is not None), default=0))
    return Header(0, captions, positions_of(captions, contract.columns), 0)


class HeaderMissing(Rejected):
    """No row holds every required caption; `found` counts those that the best row had."""

    def __init__(
        self, sentence: str, found: int, missing: Iterable[str], captions: Iterable[str] = ()
    ) -> None:
        """Take the sentence for the office, which columns lack, and what the best row holds."""
        super().__init__(sentence)
        self.found, self.missing, self.captions = found, tuple(missing), tuple(captions)


def _required(contract: Contract) -> set[str]:
    """Name the columns that a header must have."""
    return {column.name for column in contract.columns if column.required and column.captions}


def _items(long: Mapping[str, Any] | None, captions: Iterable[str]) -> int:
    """Count the captions that become rows."""
    return sum(bool(re.search(long["captions"], one)) for one in captions) if long else 0


def find_header(
    rows: Iterator[tuple[int, list[Any]]],
    merged: Mapping[tuple[int, int], Any],
    contract: Contract,
    above: Rows,
) -> Header:
    """Find the rows whose joined captions hold every required column; collect those above.

    Where the contract does not say how high the header is, the lowest that holds all counts.
    """
    if is_headerless(contract):
        return header_without_row(contract)
    stated = contract.meta["read"].get("header_rows")
    heights = [int(stated)] if stated else list(range(1, HIGHEST_HEADER + 1))
    required, long = _required(contract), contract.meta["read"].get("long")
    window: Rows = []
    best: Mapping[str, int] = {}
    best_captions: tuple[str, ...] = ()
    twice: set[str] = set()
    for number, row in rows:
        filled = [merged.get((number, column), cell) for column, cell in enumerate(row)]
        window.append((number, filled))
        above.append((number, filled))
        if len(window) > heights[-1]:
            window.pop(0)
        for height in heights:
            if len(window) < height:
                break
            storeys = [cells for _, cells in window[-height:]]
            plain = joined_captions(storeys)
            written = (
                [plain] if height == 1 else [plain, joined_captions(with_titles_spread(storeys))]
            )
            headers = [Header(number, one, positions_of(one, contract.columns), height)
                       for one in written]  # fmt: skip
            items = [_items(long, one) for one in written]
            fitting = [(count, header) for count, header in zip(items, headers, strict=True)
                       if required <= header.positions.keys() and (count or not long)]  # fmt: skip
            if fitting:
                del above[-height:]
                return max(fitting, key=lambda one: one[0])[1]  # of equal ones as it is written
            counts = Counter(plain)
            twice |= {caption for caption in plain if caption and counts[caption] > 1}
            for header in headers:
                if len(header.positions) > len(best):
                    best, best_captions = header.positions, header.captions
        if len(above) >= HEADER_WITHIN_ROWS:
            break
    missing = [one for one in contract.columns if one.name in required and one.name not in best]
    named = ", ".join(f"{column.shown} ({column.name})" for column in missing)
    for column in missing if best else ():
        if several := twice & {plain_caption(caption) for caption in column.captions}:
            raise HeaderMissing(
                f"several columns are called {several.pop()} ({column.name}): give each a name of "
                "its own and send the file again",
                len(best),
                (),  # it is there, more than once
                best_captions,
            )
    raise HeaderMissing(
        f"column not found: {named or 'those that become rows'}; add it to the export and send it "
        "again",
        len(best),
        (column.name for column in missing),
        best_captions,
    )


def said_above(contract: Contract, above: Rows, sheet: str, file: str) -> dict[str, str | None]:
    """Read what holds for a whole sheet: a labelled cell above the header, its name, the file's."""
    found: dict[str, str | None] = {}
    for column in contract.columns:
        if column.above:
            found[column.name] = _labelled(above, column.above)
        elif column.sheet_name or column.file_name:
            text = sheet if column.sheet_name else file
            match = re.search(column.sheet_name or column.file_name or "", text)
            found[column.name] = match[match.re.groups and 1] if match else None
        else:
            continue
        if found[column.name] is None and column.required:
            place = f"the sheet {sheet}" if sheet else "the file"
            raise Rejected(
                f"nothing says {column.shown} ({column.name}) for {place}: "
                "fill it in and send the file again"
            )
    return found


def _labelled(above: Rows, labels: tuple[str, ...]) -> str | None:
    """Find the text right of a label, or after its colon in the same cell."""
    wanted = [plain_caption(label) for label in labels]
    for _, row in above:
        texts = [text for cell in row if (text := half_width(cell))]
        for place, text in enumerate(texts):
            label, colon, rest = text.partition(":")
            if plain_caption(label) not in wanted:
                continue
            if colon and rest.strip():
                return rest.strip()
            if place + 1 < len(texts):
                return texts[place + 1]
    return None


def unit_of_sheet(contract: Contract, above: Rows) -> str | None:
    """Say the unit of the sheet's amounts: as stated, or from a cell above the header.

    Raises Rejected where the sheet says none that was asked for, several, or another than stated.
    """
    read = contract.meta["read"]
    stated, said = read.get("unit"), units_of_money(above)
    if stated == "in_sheet":
        if len(said) == 1:
            return said[0]
        if said:
            raise Rejected(
                f"cells above the header say the money is in {' and '.join(said)}: leave the right "
                "one and send the file again"
            )
        raise Rejected(
            "no cell says the unit of the money (单位:元 or 单位:万元): write it above the header"
        )
    has_amounts = any(one.role == "amount" and not one.unit for one in contract.columns)
    expected = stated or "元"
    if said and expected not in said and has_amounts and "unit_column" not in read:
        raise Rejected(
            f"a cell above the header says the money is in {said[0]}, the contract reads it in "
            f"{expected}: correct the cell, or `unit` in the contract"
        )
    return str(stated) if stated else None


def units_of_money(above: Rows) -> list[str]:
    """Read which units of money cells above the header say: 单位:人民币万元, 单位:万元、人."""
    found: dict[str, None] = {}
    for _, row in above:
        texts = [text for cell in row if (text := plain_caption(cell))]
        for text, following in zip_longest(texts, texts[1:], fillvalue=""):
            is_label = text.rstrip(":").endswith(("单位", "單位"))
            said = following if is_label else next(iter(UNIT_OF_MONEY.findall(text)), "")
            parts = re.split("[,、;/()和及]|人民币|人民幣", said)
            found |= dict.fromkeys(part for part in parts if part in UNITS_OF_YUAN)
    return list(found)


def said_unit(above: Rows) -> str | None:
    """Read what a cell above the header says of the unit, of money or of anything else."""
    for _, row in above:
        for cell in row:
            if found := UNIT_OF_NUMBERS.search(plain_caption(cell)):
                return found[1]
    return None


def sign_off_of(contract: Contract, above: Rows) -> dict[str, str]:
    """Read office, date and post of who signs from the block above the header."""
    labels: Mapping[str, str] = contract.meta.get("sign_off", {})
    found: dict[str, str] = {}
    for _, row in above:
        cells = [text for cell in row if (text := half_width(cell))]
        for key, label in labels.items():
            for cell, following in pairwise(cells):
                is_blank = following.rstrip(":") in labels.values()  # what follows is no answer
                if cell.rstrip(":") == label and not is_blank:
                    found[key] = without_ids(following)
    return found
