"""What captions mean: the names that the contracts already give, and a glossary of the field."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flows.common.text import HAN, strip_whitespace
from flows.contracts.model import Column, Contract
from flows.contracts.safety import RESERVED_COLUMNS, WORDS_OF_SQL

GLOSSARY = Path(__file__).with_name("glossary.csv")
SUBSET_MARK = r"^(其中[::]?|#)"
UNIT = re.compile(r"[(\[](?:单位:)?([^()\[\]]{1,6})[)\]]$")
OF_EVERY_TABLE = (*RESERVED_COLUMNS, "source")  # they are added while landing and judging
LONGEST_NAME = 40
LEVEL = r"/(?! )"  # between the levels of a header; a slash in a caption has a blank behind it
WHOLES = ("合计", "总计", "小计", "计", "計", "合計", "總計")  # as captions of a lower level
SEXES = {"男": "male", "女": "female", "男生": "male", "女生": "female"}


@dataclass(frozen=True)
class Meaning:
    """What a caption means: the column's English name, and of which kind its cells are."""

    name: str
    kind: str


@lru_cache(maxsize=1)
def load_glossary() -> Mapping[str, Meaning]:
    """Read the glossary, by caption; a kind says what stands in the cells below it."""
    with GLOSSARY.open(encoding="utf-8", newline="") as file:
        return {row["caption"]: Meaning(row["name"], row["kind"]) for row in csv.DictReader(file)}


def _infer_kind(column: Column) -> str:
    """Say of which kind a column of a contract is, in the words of the glossary."""
    if column.person:
        return "person"
    if column.data_type.startswith("decimal"):
        return "amount" if column.role == "amount" else "number"
    if column.data_type != "string":
        return {"int": "count", "bigint": "count"}.get(column.data_type, column.data_type)
    is_code = column.name.endswith(("_code", "_no"))
    return "stage" if column.role == "member" else "code" if is_code else "text"


def collect_meanings(contracts: Iterable[Contract]) -> dict[str, Meaning]:
    """Gather what captions mean: as the contracts have it, else as the glossary does."""
    known = {
        strip_whitespace(caption) or "": meaning for caption, meaning in load_glossary().items()
    }
    for contract in contracts:
        for column in contract.columns:
            for caption in column.captions:
                known[strip_whitespace(caption) or ""] = Meaning(column.name, _infer_kind(column))
    return known


def find_meaning(caption: str, known: Mapping[str, Meaning]) -> Meaning | None:
    """Find what a caption means: whole, without the unit in brackets, or by its lowest level."""
    levels = re.split(LEVEL, caption)
    lowest = re.sub(SUBSET_MARK, "", levels[-1])
    if len(levels) > 1 and lowest in WHOLES:
        levels.pop()
    if len(levels) > 1 and lowest in SEXES and (whole := known.get(levels[-2])):
        return Meaning(f"{SEXES[lowest]}_{whole.name}", whole.kind)
    for part in (caption, levels[-1]):
        part = re.sub(SUBSET_MARK, "", part)
        for text in (part, UNIT.sub("", part)):
            if text in known:
                return known[text]
    return None


def _make_english_name(caption: str) -> str | None:
    """Make a name of a caption that is written in Latin letters; None where it is not.

    One that is too long is made of the lowest level of its header.
    """
    if HAN.search(caption):
        return None
    text = unicodedata.normalize("NFKD", caption).encode("ascii", "ignore").decode()
    text = re.sub(r"\([0-9]+\)", "", text)  # the mark of a footnote
    name = _join_words(text)
    if len(name) > LONGEST_NAME:
        name = _join_words(re.split(LEVEL, text)[-1])
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME + 1].rpartition("_")[0]
    return name if re.match(r"[a-z]", name) else None


def _join_words(text: str) -> str:
    parted = re.sub(r"([a-z])([A-Z])", r"\1_\2", text.replace("%", " percent "))
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def name_column(
    caption: str, place: int, meaning: Meaning | None, taken: Iterable[str], *, is_code: bool
) -> str:
    """Name a column: as the glossary does, by its Latin caption, else `column_7`; never twice.

    The name of a code says that it is one, unless the glossary names it.
    """
    name = meaning.name if meaning and meaning.name else ""
    if not name:
        name = _make_english_name(caption) or f"column_{place + 1}"
        if is_code and not name.endswith(("_code", "_no", "_id")):
            name = f"{name}_code"
    if name in OF_EVERY_TABLE or name in WORDS_OF_SQL:
        name = f"{name}_column"
    return name if name not in set(taken) else f"{name[: LONGEST_NAME - 4]}_{place + 1}"
