"""What the look of a file suggests to declare: each proposal is a word of the contract."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import yaml

from flows.common.masking import without_ids
from flows.common.text import half_width, squeezed
from flows.onboarding.inference.columns import ColumnGuess
from flows.onboarding.inference.inspect import Observed
from flows.onboarding.inference.patterns import MARKS, NO_VALUES, filled, signs_among
from flows.parsing.row_keywords import FOOTER, FOOTER_WORDS, SUBSET, is_total_word
from flows.parsing.values import UNITS_OF_YUAN

GROUP_TITLE = r"^[一二三四五六七八九十]+[、.]|^\([一二三四五六七八九十]+\)"
WHY_MEANS = "cells hold these in place of numbers: missing, not_applicable, suppressed or zero?"
TOTALS_SEEN = "rows say that they are totals"
KEY_KINDS = ("code", "code_name", "person", "stage", "date", "year", "text")


@dataclass(frozen=True)
class Proposal:
    """A word of the contract with its value, where it belongs, and why it is proposed."""

    place: str  # table, read, or column NAME
    word: str
    value: Any
    why: str
    is_sure: bool = True  # else it is written as a comment, for a person to decide

    @property
    def line(self) -> str:
        """The exact line of YAML."""
        return f"{self.word}: {flow(self.value)}"


def flow(value: Any) -> str:
    """Write a value as YAML on one line; whatever stands in a file is quoted where it must be."""
    text: str = yaml.safe_dump(
        value, allow_unicode=True, default_flow_style=True, width=10_000, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...").removesuffix("\n")


def label_of(text: str) -> str:
    """Give a text of a row as it may stand in a contract: without ids, short, nothing rendered."""
    return re.sub(r"[{}]", "", without_ids(text))[:60]


def pattern_of(text: str) -> str:
    """Write a text as a regular expression that finds it, legible."""
    return re.escape(label_of(text)).replace("\\ ", " ")


def propose(
    observed: Observed, guesses: Sequence[ColumnGuess], spread: Mapping[int, str] | None = None
) -> list[Proposal]:
    """List all that the file suggests; `spread` says what columns become rows, and of which."""
    landed = [guess for guess in guesses if guess.is_landed]
    return [
        *_unit(observed, guesses),
        *_totals(observed, guesses),
        *_other_rows(observed),
        *_written(observed),
        *_means(observed, landed, spread or {}),
        *_keys(observed, landed),
    ]


def unit_of(observed: Observed) -> tuple[str | None, str]:
    """Find the unit that a file says of its amounts, and where: above the header, in its name."""
    for sheet in observed.sheets:
        for _, row in sheet.above:
            for _, text in filled(row):
                if found := re.search(r"(?:^|\()单位:\(?([^():]+)\)?$", squeezed(text) or ""):
                    return found[1], "in_sheet"
    found = re.search(r"[(（](?:单位[::])?([千万百亿]*元)[)）]", observed.name)
    return (found[1], "in the name") if found else (None, "")


def _unit(observed: Observed, guesses: Sequence[ColumnGuess]) -> Iterable[Proposal]:
    unit, where = unit_of(observed)
    if unit in UNITS_OF_YUAN:
        value = "in_sheet" if where == "in_sheet" else unit
        yield Proposal("read", "unit", value, f"the file says 单位:{unit} ({where})")
    for guess in guesses:
        if guess.kind == "unit_of_row":
            cells = {
                squeezed(cell) for sheet in observed.sheets for cell in sheet.cells(guess.place)
            }
            if cells & UNITS_OF_YUAN.keys():
                yield Proposal("read", "unit_column", guess.caption, "each row says its own unit")


def _totals(observed: Observed, guesses: Sequence[ColumnGuess]) -> Iterable[Proposal]:
    """Propose the column that says of most totals rows that they are totals, and its words.

    A total is known by its label alone: numbers that add up by chance prove nothing.
    """
    totals = [row for sheet in observed.sheets for _, row in sheet.totals]
    landed = {guess.place: guess.name for guess in guesses if guess.is_landed}
    found: dict[int, list[str]] = {}
    for place, caption in enumerate(observed.sheets[0].captions):
        cells = (half_width(row[place]) if place < len(row) else None for row in totals)
        words = [" ".join(cell.split()) for cell in cells if cell and is_total_word(cell)]
        if words and (caption or place in landed):
            found[place] = words
    if not found:
        return
    place = max(found, key=lambda place: len(found[place]))
    labels = [label_of(label) for label in dict.fromkeys(found[place])]
    column = landed.get(place, observed.sheets[0].captions[place])
    yield Proposal("read", "totals", {"column": column, "labels": labels}, TOTALS_SEEN)
    ends = [sheet.totals[-1][0] > sheet.data[-1][0] for sheet in observed.sheets if sheet.totals]
    if observed.kind == "text" and all(ends):
        yield Proposal("read", "ends_with_totals", True,
                       "its last row is a total; a file cut short would lack it")  # fmt: skip


def _other_rows(observed: Observed) -> Iterable[Proposal]:
    """Propose how notes, subsets and titles of groups are told from data."""
    notes = [half_width_first(sheet.footer[0][1]) for sheet in observed.sheets if sheet.footer]
    known = [note for note in notes if FOOTER.search(note)]
    if notes:
        words = [
            one for one in FOOTER_WORDS if any(one.isascii() == note.isascii() for note in known)
        ]
        others = [pattern_of(re.split("[:：]", note)[0]) for note in notes if note not in known]
        stems = dict.fromkeys([*words, *others])
        yield Proposal("read", "footer", f"^({'|'.join(stems)})",
                       "notes below the data begin so; all below is notes, too")  # fmt: skip
    if any(sheet.subsets for sheet in observed.sheets):
        yield Proposal("read", "subsets", SUBSET.pattern,
                       "rows that are part of the row above: they would count twice")  # fmt: skip
    titles = [half_width_first(row) for sheet in observed.sheets for _, row in sheet.groups]
    if titles:
        is_numbered = all(re.search(GROUP_TITLE, title) for title in titles)
        stems = dict.fromkeys(pattern_of(title) for title in titles[:3])
        match = GROUP_TITLE if is_numbered else f"^({'|'.join(stems)})$"
        yield Proposal(
            "read", "groups", {"match": match},
            f"{len(titles)} rows hold words alone: titles of groups, or rows without values?",
            is_sure=is_numbered,
        )  # fmt: skip


def half_width_first(row: Sequence[Any]) -> str:
    """Give the first text of a row."""
    return next((text for _, text in filled(row)), "")


def _means(
    observed: Observed, landed: Sequence[ColumnGuess], spread: Iterable[int]
) -> Iterable[Proposal]:
    """Propose what a cell without a number says; missing is the one that invents nothing."""
    found: dict[str, str] = {}
    kinds = ("amount", "count", "number", "date", "percent", "year")
    for place in (*(one.place for one in landed if one.kind in kinds), *spread):
        found |= signs_of(observed, place)
    if found:
        yield Proposal("read", "means", found, WHY_MEANS)


def signs_of(observed: Observed, place: int) -> dict[str, str]:
    """Find what stands in a column in place of numbers, and what it says."""
    cells = [cell for sheet in observed.sheets for cell in sheet.cells(place)]
    texts = {squeezed(cell) for cell in cells if isinstance(cell, str)}
    return signs_among(cells) | {one: NO_VALUES[one] for one in texts if one in NO_VALUES}


def _written(observed: Observed) -> Iterable[Proposal]:
    """Propose how numbers are written where that is not the usual way."""
    if observed.has_commas:
        yield Proposal("read", "decimal", ",", "numbers have a decimal comma")
    if observed.has_marks:
        yield Proposal("read", "marks", MARKS, "marks of footnotes stand behind numbers")


def _keys(observed: Observed, landed: Sequence[ColumnGuess]) -> Iterable[Proposal]:
    """Propose a column or a pair that no two rows share."""
    rows = [row for sheet in observed.sheets for _, row in sheet.data]
    if len(rows) < 5 or not all(sheet.is_whole for sheet in observed.sheets):
        return
    candidates = sorted(
        (one for one in landed if one.kind in KEY_KINDS), key=lambda one: KEY_KINDS.index(one.kind)
    )[:8]
    different = dict.fromkeys(tuple(map(half_width, row)) for row in rows)  # copies count once

    def is_key(*guesses: ColumnGuess) -> bool:
        parts = [tuple(row[one.place] if one.place < len(row) else None for one in guesses)
                 for row in different]  # fmt: skip
        return all(all(part) for part in parts) and len(set(parts)) == len(parts)

    choices = [(one,) for one in candidates] + list(combinations(candidates, 2))
    for chosen in choices:
        if is_key(*chosen):
            names = [one.name for one in chosen]
            yield Proposal("table", "key", names, "no two rows of the sample share it")
            return
