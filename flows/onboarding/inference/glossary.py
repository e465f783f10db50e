"""What captions mean: the names that the contracts already give, and a glossary of the field."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flows.common.text import HAN, squeezed
from flows.contracts.model import Contract
from flows.contracts.schema import RESERVED_COLUMNS, WORDS_OF_SQL
from flows.parsing.values import UNITS_OF_YUAN

GLOSSARY = Path(__file__).with_name("glossary.csv")
UNIT = re.compile(r"[(\[](?:单位:)?([^()\[\]]{1,6})[)\]]$")
OF_EVERY_TABLE = (*RESERVED_COLUMNS, "source")  # they are added while landing and judging
SHORTEST_NAME, LONGEST_NAME = 4, 40
STOREY = r"/(?! )"  # between the storeys of a header; a slash in a caption has a blank behind it
WHOLES = ("合计", "总计", "小计", "计", "計", "合計", "總計")  # as captions of a lower storey
SEXES = {"男": "male", "女": "female", "男生": "male", "女生": "female"}
# Kinds of columns: what a caption says of the cells below it.
KINDS = (
    "serial", "code", "text", "person", "person_name", "stage", "count", "amount", "number", "date",
    "boolean", "unit_of_row",
)  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """What a caption means: the column's English name, what stands in it, and its unit."""

    name: str
    kind: str
    unit: str | None = None


@lru_cache(maxsize=1)
def glossary() -> Mapping[str, Meaning]:
    """Read the glossary, by caption."""
    with GLOSSARY.open(encoding="utf-8", newline="") as file:
        return {row["caption"]: Meaning(row["name"], row["kind"]) for row in csv.DictReader(file)}


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """List the captions of more than one character, by which an encoding is told."""
    return tuple(caption for caption in glossary() if len(caption) > 1)


def _kind_of_column(contract: Contract, name: str) -> str:
    column = next(one for one in contract.columns if one.name == name)
    if column.person:
        return "person"
    by_type = {"date": "date", "boolean": "boolean", "int": "count", "bigint": "count"}
    if column.data_type.startswith("decimal"):
        return "amount" if column.role == "amount" else "number"
    is_code = name.endswith(("_code", "_no"))
    return by_type.get(column.data_type) or (
        "stage" if column.role == "member" else "code" if is_code else "text"
    )


def known_captions(contracts: Iterable[Contract]) -> dict[str, Meaning]:
    """Gather what captions mean: as the contracts have it, else as the glossary does."""
    known = {squeezed(caption) or "": meaning for caption, meaning in glossary().items()}
    for contract in contracts:
        for column in contract.columns:
            for caption in column.captions:
                kind = _kind_of_column(contract, column.name)
                known[squeezed(caption) or ""] = Meaning(column.name, kind)
    return known


def meaning_of(caption: str, known: Mapping[str, Meaning]) -> Meaning | None:
    """Find what a caption means: whole, without the unit in brackets, or by its lowest storey."""
    storeys = re.split(STOREY, caption)
    lowest = re.sub(r"^(其中[::]?|#)", "", storeys[-1])
    if len(storeys) > 1 and lowest in WHOLES:
        storeys.pop()
    if len(storeys) > 1 and lowest in SEXES and (whole := known.get(storeys[-2])):
        return Meaning(f"{SEXES[lowest]}_{whole.name}", whole.kind, whole.unit)
    for part in (caption, storeys[-1]):
        part = re.sub(r"^(其中[::]?|#)", "", part)
        unit = UNIT.search(part)
        for text in (part, UNIT.sub("", part)):
            if text in known:
                found = known[text]
                return Meaning(found.name, found.kind, unit[1] if unit else None)
    return None


def unit_in(caption: str) -> str | None:
    """Read a unit of money in brackets at the end of a caption, `金额(万元)`."""
    found = UNIT.search(caption)
    return found[1] if found and found[1] in UNITS_OF_YUAN else None


def english_name(caption: str) -> str | None:
    """Make a name of a caption that is written in Latin letters; None where it is not.

    What stands in brackets is left out where the name would be too long, then the upper storeys.
    """
    text = unicodedata.normalize("NFKD", caption).encode("ascii", "ignore").decode()
    if HAN.search(caption):
        return None
    short = re.sub(r"\(.*?\)|\[.*?\]", "", text)
    lowest = re.split(STOREY, short)[-1]
    names = [_words(one) for one in (re.sub(r"\([0-9]+\)", "", text), short, lowest)]
    if len(names[-1]) < SHORTEST_NAME:  # a unit alone: HK$
        names.pop()
    name = next((one for one in names if len(one) <= LONGEST_NAME), names[-1])
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME + 1].rpartition("_")[0]
    return name if re.match(r"[a-z]", name) else None


def _words(text: str) -> str:
    parted = re.sub(r"([a-z])([A-Z])", r"\1_\2", text.replace("%", " percent "))
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def name_for(
    caption: str, place: int, meaning: Meaning | None, taken: Iterable[str], *, is_code: bool
) -> str:
    """Name a column: as the glossary does, by its Latin caption, else `column_7`; never twice.

    The name of a code says that it is one, unless the glossary names it.
    """
    name = meaning.name if meaning and meaning.name else ""
    if not name:
        name = english_name(caption) or f"column_{place + 1}"
        if is_code and not name.endswith(("_code", "_no", "_id")):
            name = f"{name}_code"
    if name in OF_EVERY_TABLE or name in WORDS_OF_SQL:
        name = f"{name}_column"
    return name if name not in set(taken) else f"{name[: LONGEST_NAME - 4]}_{place + 1}"
