"""What the look of a file suggests to declare: each suggestion is a word of the contract."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import yaml

from flows.common.masking import without_ids
from flows.common.text import normalize_width
from flows.onboarding.inference.cells import find_placeholders, first_text, list_texts
from flows.onboarding.inference.columns import InferredColumn
from flows.onboarding.inference.inspect import InspectedFile
from flows.parsing.preamble import find_stated_unit
from flows.parsing.row_keywords import FOOTER, FOOTER_WORDS, SUBSET, is_total_word
from flows.parsing.values import UNITS_OF_YUAN

GROUP_TITLE = r"^[一二三四五六七八九十]+[、.]|^\([一二三四五六七八九十]+\)"
KINDS_OF_KEYS = ("code", "code_name", "person", "stage", "date", "year", "text")
MOST_KEYS = 8  # columns of which pairs are tried
FEWEST_ROWS_OF_KEY = 5
MARKED_ENCODINGS = ("utf-8-sig", "utf-16", "utf-32")  # which a mark at the beginning says
NUMBERS = ("amount", "count", "number", "date", "percent", "year")


@dataclass(frozen=True)
class Suggestion:
    """A word of the contract with its value, where it belongs, and why it is suggested."""

    word: str
    value: Any
    why: str
    is_sure: bool = True  # else it is written as a comment, for a person to decide
    is_of_table: bool = False  # else it stands below `read`

    @property
    def line(self) -> str:
        """The exact line of YAML."""
        return f"{self.word}: {write_flow(self.value)}"


def write_flow(value: Any) -> str:
    """Write a value as YAML on one line; whatever stands in a file is quoted where it must be."""
    text: str = yaml.safe_dump(
        value, allow_unicode=True, default_flow_style=True, width=10_000, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...").removesuffix("\n")


def write_label(text: str) -> str:
    """Give a text of a row as it may stand in a contract: without ids, short, nothing rendered."""
    return without_braces(text)[:60]


def without_braces(text: str) -> str:
    """Take from a text what dbt would render, and ids."""
    return re.sub(r"[{}]", "", without_ids(text))


def escape_label(text: str) -> str:
    """Write a text as a regular expression that finds it, legible."""
    return re.escape(write_label(text)).replace("\\ ", " ")


def find_unit_of_amounts(inspected: InspectedFile) -> tuple[str | None, str]:
    """Find the unit that a file says of its amounts, and where: above the header, in its name."""
    if unit := find_stated_unit(row for sheet in inspected.sheets for row in sheet.preamble):
        return unit, "in_sheet"
    found = re.search(r"[(（](?:单位[::])?([千万百亿]*元)[)）]", inspected.name)
    return (found[1], "in the name") if found else (None, "")


def suggest_words(
    inspected: InspectedFile, columns: Sequence[InferredColumn], unpivoted: Iterable[int] = ()
) -> list[Suggestion]:
    """List all that the file suggests; `unpivoted` are the columns that become rows."""
    declared = [column for column in columns if column.is_declared]
    return [
        *_suggest_unit(inspected, columns),
        *_suggest_totals(inspected, declared),
        *_suggest_other_rows(inspected),
        *_suggest_writing(inspected, declared, unpivoted),
        *_suggest_key(inspected, declared),
    ]


def _suggest_unit(
    inspected: InspectedFile, columns: Sequence[InferredColumn]
) -> Iterator[Suggestion]:
    unit, where = find_unit_of_amounts(inspected)
    if unit in UNITS_OF_YUAN:
        value = "in_sheet" if where == "in_sheet" else unit
        yield Suggestion("unit", value, f"the file says 单位:{unit} ({where})")
    for column in columns:
        if column.kind == "unit_of_row":
            yield Suggestion("unit_column", column.caption, "each row says its own unit")


def _suggest_totals(
    inspected: InspectedFile, declared: Sequence[InferredColumn]
) -> Iterator[Suggestion]:
    """Suggest the column that says of most totals rows that they are totals, and its words.

    A total is known by its label alone: numbers that add up by chance prove nothing.
    """
    totals = [row for sheet in inspected.sheets for _, row in sheet.totals]
    names = {column.place: column.name for column in declared}
    captions = inspected.sheets[0].captions
    labels: dict[int, list[str]] = {}
    for row in totals:
        for place, text in list_texts(row):
            has_caption = place < len(captions) and captions[place]
            if is_total_word(text) and (has_caption or place in names):
                labels.setdefault(place, []).append(" ".join(text.split()))
    if not labels:
        return
    place = max(sorted(labels), key=lambda place: len(labels[place]))
    value = {
        "column": names.get(place, captions[place]),
        "labels": list(map(write_label, dict.fromkeys(labels[place]))),
    }
    yield Suggestion("totals", value, "rows say that they are totals")
    ends = [sheet.totals[-1][0] > sheet.data[-1][0] for sheet in inspected.sheets if sheet.totals]
    if inspected.kind == "text" and all(ends):
        why = "its last row is a total; a file cut short would lack it"
        yield Suggestion("ends_with_totals", True, why)


def _suggest_other_rows(inspected: InspectedFile) -> Iterator[Suggestion]:
    """Suggest how notes, subsets and titles of groups are told from data."""
    notes = [first_text(sheet.footer[0][1]) for sheet in inspected.sheets if sheet.footer]
    if notes:
        scripts = {note.isascii() for note in notes if FOOTER.search(note)}
        words = [word for word in FOOTER_WORDS if word.isascii() in scripts]
        others = [note for note in notes if not FOOTER.search(note)]
        words += [escape_label(re.split("[:：]", note)[0]) for note in others]
        why = "notes below the data begin so; all below is notes, too"
        yield Suggestion("footer", f"^({'|'.join(dict.fromkeys(words))})", why)
    if any(sheet.subsets for sheet in inspected.sheets):
        why = "rows that are part of the row above: they would count twice"
        yield Suggestion("subsets", SUBSET.pattern, why)
    if titles := [first_text(row) for sheet in inspected.sheets for _, row in sheet.groups]:
        are_numbered = all(re.search(GROUP_TITLE, title) for title in titles)
        shown = "|".join(dict.fromkeys(map(escape_label, titles[:3])))
        match = GROUP_TITLE if are_numbered else f"^({shown})$"
        why = f"{len(titles)} rows hold words alone: titles of groups, or rows without values?"
        yield Suggestion("groups", {"match": match}, why, is_sure=are_numbered)


def _suggest_writing(
    inspected: InspectedFile, declared: Sequence[InferredColumn], unpivoted: Iterable[int]
) -> Iterator[Suggestion]:
    """Suggest encoding, decimal sign, and what a cell says that holds a sign and no number.

    Where the captions are ASCII the bytes of this one file may tell its encoding, and those of the
    next not. Of what a sign says missing is the meaning that invents nothing.
    """
    dialect, texts = inspected.dialect, "".join(inspected.sheets[0].captions)
    is_marked = dialect is not None and dialect.encoding in MARKED_ENCODINGS
    if dialect and not is_marked and texts.isascii() and not inspected.is_ascii:
        why = "the captions do not tell the encoding; other files must have the same"
        yield Suggestion("encoding", dialect.encoding, why)
    if inspected.has_commas:
        yield Suggestion("decimal", ",", "numbers have a decimal comma")
    places = [column.place for column in declared if column.kind in NUMBERS]
    found: dict[str, str] = {}
    for place in (*places, *unpivoted):
        cells = [cell for sheet in inspected.sheets for cell in sheet.cells(place)]
        found |= find_placeholders(cells)
    if found:
        why = "cells hold these in place of numbers: missing, not_applicable, suppressed or zero?"
        yield Suggestion("means", found, why)


def _suggest_key(
    inspected: InspectedFile, declared: Sequence[InferredColumn]
) -> Iterator[Suggestion]:
    """Suggest a column or a pair that no two rows share."""
    rows = [row for sheet in inspected.sheets for _, row in sheet.data]
    if len(rows) < FEWEST_ROWS_OF_KEY or not all(sheet.is_whole for sheet in inspected.sheets):
        return
    candidates = [column for column in declared if column.kind in KINDS_OF_KEYS]
    candidates.sort(key=lambda column: KINDS_OF_KEYS.index(column.kind))
    different = dict.fromkeys(tuple(map(normalize_width, row)) for row in rows)  # copies count once

    def is_key(columns: Sequence[InferredColumn]) -> bool:
        values = [
            tuple(row[column.place] if column.place < len(row) else None for column in columns)
            for row in different
        ]
        return all(map(all, values)) and len(set(values)) == len(values)

    pairs = combinations(candidates[:MOST_KEYS], 2)
    for chosen in (*((column,) for column in candidates[:MOST_KEYS]), *pairs):
        if is_key(chosen):
            names = [column.name for column in chosen]
            why = "no two rows of the sample share it: is it what makes a row?"
            yield Suggestion("key", names, why, is_of_table=True)
            return
