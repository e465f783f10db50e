"""Finding the header of a sheet by its captions, and what stands above it: unit, sign-off."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any

from flows.lib.cells import GROUPED, NUMBER, UNITS_OF_YUAN, half_width, squeezed
from flows.lib.contracts import Column, Contract
from flows.lib.errors import Rejected
from flows.lib.ids import without_ids
from flows.lib.row_blocks import RowBlocks

UNIT_OF_MONEY = re.compile(r"[单單]位(?:均?[为為]|:)?\(?(.+)$")
IN_BRACKETS = re.compile(r"[(\[【]([^()\[\]]+)[)\]】]$")  # a title may end with (万元)
UNIT_IN_CAPTION = re.compile(
    r"(?:[(\[【/,:]|[单單]位:?)(?:人民币)?([百千万亿]*元)(?=[)\]】/,]|$)|([百千万亿]+元)$"
)
# Of a number, not of who reports: 填报单位:样例小学.
UNIT_OF_NUMBERS = re.compile(
    r"(?:^|[^\u3400-\u9fff]|计量|計量|金额|数量)(?:[单單]位|[Uu]nits?)[::]\(?([^)\s]+?)\)?$"
)
UNNAMED = re.compile("column([0-9]+)")  # a column without a caption, by its place
HEADER_WITHIN_ROWS = 40
HIGHEST_HEADER = 4
ROWS_AHEAD = 6  # within which a true header follows a block of labels with the same words
FEWEST_ABOVE = {True: 1, False: 2}  # rows that look like data, by whether they are of three cells
FEWEST_OF_WORDS = 5  # where there is no number to tell them by
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
    return unicodedata.normalize("NFC", (squeezed(cell) or "").strip("\"'"))


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


def holds_number(cell: Any) -> bool:
    """Say whether a cell holds a number and nothing else."""
    if isinstance(cell, int | float):
        return not isinstance(cell, bool)
    text = (squeezed(cell) or "").strip("()") if isinstance(cell, str) else ""
    return bool(NUMBER.fullmatch(text) or GROUPED.fullmatch(text))


def _looks_like_data(row: Sequence[Any], header: "Header", columns: Iterable[Column]) -> bool:
    """Say whether a row fills every column below a header, with numbers where they belong."""
    cells = [(column, row[place] if place < len(row) else None) for column in columns
             if (place := header.positions.get(column.name)) is not None]  # fmt: skip
    return bool(cells) and all(
        holds_number(cell) if column.is_number else half_width(cell) for column, cell in cells
    )


def check_above(contract: Contract, header: "Header", above: Rows) -> None:
    """Refuse a sheet whose header was sorted among its rows: those above it would be left out."""
    full = [number for number, row in above if _looks_like_data(row, header, contract.columns)]
    places = header.positions
    has_numbers = any(one.is_number for one in contract.columns if one.name in places)
    fewest = FEWEST_ABOVE[len(places) > 2] if has_numbers else FEWEST_OF_WORDS
    if len(full) >= fewest:
        raise Rejected(
            f"above the header in row {header.last_row}, rows that look like data: {len(full)}, "
            f"the first is row {full[0]}: put the header above all of them and send the file again"
        )


def _is_of_labels(rows: RowBlocks, header: "Header", contract: Contract) -> bool:
    """Say whether a header holds its words by chance: a true one follows, and no data between."""
    required = _required(contract)
    for row in rows.peek(ROWS_AHEAD):
        captions = joined_captions([row])
        positions = positions_of(captions, contract.columns)
        if required <= positions.keys():
            return positions != header.positions
        if _looks_like_data(row, header, contract.columns):
            return False
    return False


def _check_once(contract: Contract, header: "Header") -> None:
    """Refuse a header of which two columns could be meant, required or not."""
    for column in contract.columns:
        if column.name in header.positions:
            continue
        for caption in map(plain_caption, column.captions):
            if header.captions.count(caption) > 1:
                raise _several(column, caption, len(header.positions), header.captions)


def _several(column: Column, caption: str, found: int, captions: Iterable[str]) -> "HeaderMissing":
    return HeaderMissing(
        f"several columns are called {caption} ({column.name}): give each a name of its own and "
        "send the file again",
        found,
        (),  # it is there, more than once
        captions,
    )


def find_header(
    rows: RowBlocks,
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
                header = max(fitting, key=lambda one: one[0])[1]  # of equal ones as it is written
                if _is_of_labels(rows, header, contract):
                    window.clear()
                    break
                del above[-height:]
                _check_once(contract, header)
                return header
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
            raise _several(column, several.pop(), len(best), best_captions)
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


def unit_of_sheet(
    contract: Contract, header: Header, above: Rows, sheet: str, items: Iterable[str] = ()
) -> str | None:
    """Say the unit of the sheet's amounts: as stated, or from a cell above the header.

    It may stand in a title, beside the captions, in the sheet's name, or in a caption; `items` are
    captions of amounts that become rows. Raises Rejected where the sheet says none that was asked
    for, several, or another than stated.
    """
    read, items = contract.meta["read"], tuple(items)
    amounts = [one for one in contract.columns if one.role == "amount"]
    declared = {header.captions[place] for place in header.positions.values()} | {*items}
    beside = [caption for caption in header.captions if caption not in declared]
    said = units_of_money([*above, (0, beside), (0, [sheet])]) if amounts else []
    in_captions = [(caption, unit) for caption in items if (unit := _unit_in(caption))]
    for column in amounts:
        place = header.positions.get(column.name)
        unit = _unit_in(header.captions[place]) if place is not None else None
        if unit and place is not None and "unit_column" not in read:
            if unit != (column.unit or unit):
                raise _other_unit(header.captions[place], unit, column.unit)
            in_captions += [(header.captions[place], unit)] if not column.unit else []
    if read.get("unit") == "in_sheet" and not said:
        said = list(dict.fromkeys(unit for _, unit in in_captions))
    found = _unit_said(contract, read.get("unit"), said)
    # What becomes rows is read in the unit of the column that takes it, if that states one.
    read_in = {column.unit or found or "元" for column in amounts if column.from_long == "value"}
    for caption, unit in in_captions:
        if unit not in (read_in if caption in items and read_in else {found or "元"}):
            raise _other_unit(caption, unit, found or "元")
    return found


def _unit_in(caption: str) -> str | None:
    """Say the unit of money that a caption ends with: 金额(万元), 支出/万元, 生均(元/人)."""
    units = [one or other for one, other in UNIT_IN_CAPTION.findall(caption)]
    return units[-1] if units else None


def _other_unit(caption: str, said: str, read_in: str | None) -> Rejected:
    return Rejected(
        f"the caption {caption} says the money is in {said}, it is read in {read_in}: correct the "
        "caption or the numbers, or `unit` in the contract"
    )


def _unit_said(contract: Contract, stated: str | None, said: Sequence[str]) -> str | None:
    read = contract.meta["read"]
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
            "above or beside its header, or in its name, the sheet says the money is in "
            f"{said[0]}, the contract reads it in {expected}: correct that, or `unit` in the "
            "contract"
        )
    return str(stated) if stated else None


def check_note(contract: Contract, unit: str | None, number: int, row: list[Any]) -> None:
    """Refuse a sheet of which a note below says another unit of money than it is read in."""
    said = units_of_money([(number, row)])
    has_amounts = any(one.role == "amount" and not one.unit for one in contract.columns)
    is_meant = has_amounts and "unit_column" not in contract.meta["read"]
    if said and is_meant and (unit or "元") not in said:
        raise Rejected(
            f"a note in row {number} says the money is in {said[0]}, it is read in {unit or '元'}: "
            "correct the note or the numbers, or `unit` in the contract"
        )


def units_of_money(above: Rows) -> list[str]:
    """Read which units of money cells above the header say: 单位:人民币万元, 单位:万元、人."""
    found: dict[str, None] = {}
    for _, row in above:
        texts = [text for cell in row if (text := plain_caption(cell))]
        for text, following in zip_longest(texts, texts[1:], fillvalue=""):
            is_label = text.rstrip(":").endswith(("单位", "單位"))
            word = UNIT_OF_MONEY.search(text) or IN_BRACKETS.search(text)
            said = following if is_label else word[1] if word else ""
            parts = re.split("[,、;/()和及。]|人民币|人民幣", said)
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
