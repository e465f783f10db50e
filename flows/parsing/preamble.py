"""What stands above a header: the unit, the years of titles, who signs, labelled cells."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise, zip_longest
from typing import Any

from flows.common.errors import Rejected
from flows.common.masking import without_ids
from flows.common.messages import message
from flows.common.text import normalize_width, plain_caption
from flows.contracts.model import Contract
from flows.parsing.headers import Header, Rows
from flows.parsing.values import UNITS_OF_YUAN

UNIT_OF_MONEY = re.compile(r"[单單]位(?:均?[为為]|:)?\(?(.+)$")
IN_BRACKETS = re.compile(r"[(\[【]([^()\[\]]+)[)\]】]$")  # a title may end with (万元)
UNIT_IN_CAPTION = re.compile(
    r"(?:[(\[【/,:]|[单單]位:?)(?:人民币)?([百千万亿]*元)(?=[)\]】/,]|$)|([百千万亿]+元)$"
)
# Of a number, not of who reports: 填报单位:样例小学.
UNIT_OF_NUMBERS = re.compile(
    r"(?:^|[^\u3400-\u9fff]|计量|計量|金额|数量)(?:[单單]位|[Uu]nits?)[::]\(?([^)\s]+?)\)?$"
)
# A title's year; with a month it is a day, of signing for example.
# Of a school year, 2023—2024学年, both.
YEAR = re.compile(
    r"(?<![0-9])(?:((?:19|20)[0-9]{2}) ?年? ?[-—–~至/]{1,2} ?)?"
    r"((?:19|20)[0-9]{2}) ?(?:年度?(?! ?[0-9]{1,2} ?月)|学年|财年)"
)
OF_SIGNING = re.compile(r"填报|填表|制表|制单|上报|报送|打印|导出|日期|时间")
Titles = list[tuple[int, int]]  # row (0 for the sheet's name) and year


def values_from_preamble(
    contract: Contract, above: Rows, sheet: str, file: str
) -> dict[str, str | None]:
    """Read what holds for a whole sheet: a labelled cell above the header, its name, the file's."""
    found: dict[str, str | None] = {}
    for column in contract.columns:
        if column.preamble:
            found[column.name] = _labelled(above, column.preamble)
        elif column.sheet_name or column.file_name:
            text = sheet if column.sheet_name else file
            match = re.search(column.sheet_name or column.file_name or "", text)
            found[column.name] = match[match.re.groups and 1] if match else None
        else:
            continue
        if found[column.name] is None and column.required:
            place = message("place_sheet", name=sheet) if sheet else message("place_file")
            raise Rejected("nothing_says", caption=column.shown, name=column.name, place=place)
    return found


def _labelled(above: Rows, labels: tuple[str, ...]) -> str | None:
    """Find the text right of a label, or after its colon in the same cell."""
    wanted = [plain_caption(label) for label in labels]
    for _, row in above:
        texts = [text for cell in row if (text := normalize_width(cell))]
        for place, text in enumerate(texts):
            label, colon, rest = text.partition(":")
            if plain_caption(label) not in wanted:
                continue
            if colon and rest.strip():
                return rest.strip()
            if place + 1 < len(texts):
                return texts[place + 1]
    return None


def find_unit(
    contract: Contract, header: Header, above: Rows, sheet: str, items: Iterable[str] = ()
) -> str | None:
    """Say the unit of the sheet's amounts: as stated, or from a cell above the header.

    It may stand in a title, beside the captions, in the sheet's name, or in a caption; `items` are
    captions of amounts that become rows. Raises Rejected where the sheet says none that was asked
    for, several, or another than stated.
    """
    read, items = contract.read, tuple(items)
    amounts = [column for column in contract.columns if column.role == "amount"]
    declared = {header.captions[place] for place in header.positions.values()} | {*items}
    beside = [caption for caption in header.captions if caption not in declared]
    units = find_money_units([*above, (0, beside), (0, [sheet])]) if amounts else []
    in_captions = [(caption, unit) for caption in items if (unit := find_unit_in_caption(caption))]
    for column in amounts:
        place = header.positions.get(column.name)
        unit = find_unit_in_caption(header.captions[place]) if place is not None else None
        if unit and place is not None and not read.unit_column:
            if unit != (column.unit or unit):
                raise _other_unit(header.captions[place], unit, column.unit)
            in_captions += [(header.captions[place], unit)] if not column.unit else []
    if read.unit == "in_sheet" and not units:
        units = list(dict.fromkeys(unit for _, unit in in_captions))
    found = _choose_unit(contract, units)
    # What becomes rows is read in the unit of the column that takes it, if that states one.
    read_in = {column.unit or found or "元" for column in amounts if column.from_long == "value"}
    for caption, unit in in_captions:
        if unit not in (read_in if caption in items and read_in else {found or "元"}):
            raise _other_unit(caption, unit, found or "元")
    return found


def find_unit_in_caption(caption: str) -> str | None:
    """Say the unit of money that a caption ends with: 金额(万元), 支出/万元, 生均(元/人)."""
    units = [marked or plain for marked, plain in UNIT_IN_CAPTION.findall(caption)]
    return units[-1] if units else None


def _other_unit(caption: str, found: str, read_in: str | None) -> Rejected:
    return Rejected("caption_unit_differs", caption=caption, said=found, stated=read_in)


def _choose_unit(contract: Contract, units: Sequence[str]) -> str | None:
    stated = contract.read.unit
    if stated == "in_sheet":
        if len(units) == 1:
            return units[0]
        if units:
            raise Rejected("several_units_of_money", units=units)
        raise Rejected("no_unit_of_money")
    expected = stated or "元"
    if units and expected not in units and _takes_unit_of_sheet(contract):
        raise Rejected("sheet_unit_differs", said=units[0], stated=expected)
    return stated


def check_note(contract: Contract, unit: str | None, number: int, row: list[Any]) -> None:
    """Refuse a sheet of which a note below says another unit of money than it is read in."""
    units = find_money_units([(number, row)])
    if units and (unit or "元") not in units and _takes_unit_of_sheet(contract):
        raise Rejected("note_unit_differs", row=number, said=units[0], stated=unit or "元")


def _takes_unit_of_sheet(contract: Contract) -> bool:
    amounts = [column for column in contract.columns if column.role == "amount"]
    return not contract.read.unit_column and not all(column.unit for column in amounts)


def find_money_units(above: Rows) -> list[str]:
    """Read which units of money cells above the header say: 单位:人民币万元, 单位:万元、人."""
    found: dict[str, None] = {}
    for _, row in above:
        texts = [text for cell in row if (text := plain_caption(cell))]
        for text, following in zip_longest(texts, texts[1:], fillvalue=""):
            is_label = text.rstrip(":").endswith(("单位", "單位"))
            word = UNIT_OF_MONEY.search(text) or IN_BRACKETS.search(text)
            stated = following if is_label else word[1] if word else ""
            parts = re.split("[,、;/()和及。]|人民币|人民幣", stated)
            found |= dict.fromkeys(part for part in parts if part in UNITS_OF_YUAN)
    return list(found)


def find_stated_unit(above: Iterable[tuple[int, list[Any]]]) -> str | None:
    """Read what a cell above the header says of the unit, of money or of anything else."""
    for _, row in above:
        for cell in row:
            if found := UNIT_OF_NUMBERS.search(plain_caption(cell)):
                return found[1]
    return None


def read_sign_off(contract: Contract, above: Rows) -> dict[str, str]:
    """Read office, date and post of who signs from the block above the header."""
    labels = contract.sign_off
    found: dict[str, str] = {}
    for _, row in above:
        cells = [text for cell in row if (text := normalize_width(cell))]
        for key, label in labels.items():
            for cell, following in pairwise(cells):
                is_blank = following.rstrip(":") in labels.values()  # what follows is no answer
                if cell.rstrip(":") == label and not is_blank:
                    found[key] = without_ids(following)
    return found


def find_title_years(above: Iterable[tuple[int, list[Any]]], sheet: str) -> Titles:
    """List the years that the name of a sheet and the rows above its header say."""
    texts = [(0, sheet)] + [
        (number, text) for number, row in above for cell in row if (text := normalize_width(cell))
    ]
    return [
        (number, int(year))
        for number, text in texts
        if not OF_SIGNING.search(text)
        for years in YEAR.findall(text)
        for year in filter(None, years)
    ]
