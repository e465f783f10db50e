"""Guessing from a file's name, or from what stands above its header, which period it is of."""

import re
from typing import Any

from flows.lib.cell_shapes import filled, is_year
from flows.lib.cells import squeezed
from flows.lib.column_guesses import ColumnGuess
from flows.lib.header_guess import LABEL
from flows.lib.observing import Observed

YEAR = "(20[0-9]{2})"
ALONE = "(?<![0-9])(20[0-9]{2})(?![0-9])"
# What a file's name may say, most telling first: the pattern that the contract gets, and the words.
FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    (f"{YEAR}[-—~至]?(?:20)?[0-9]{{2}}学年", {"kind": "census_day"}),
    (f"{YEAR}-12-31", {"kind": "year_end"}),
    (f"{YEAR}年12月31日", {"kind": "year_end"}),
    (f"{YEAR}-09-01", {"kind": "census_day"}),
    (f"{YEAR}年0?9月1日", {"kind": "census_day"}),
    (f"20[0-9]{{2}}(?:-01)?[-—~至]{YEAR}", {"kind": "span"}),
    (f"{YEAR}年", {"kind": "calendar_year"}),
    (f"{YEAR}[01][0-9][0-3][0-9]", {"kind": "calendar_year"}),
    (ALONE, {"kind": "calendar_year"}),
)  # fmt: skip
DATES = re.compile(r"20[0-9]{2}(?:[-.年]?[01]?[0-9](?:[-.月]?[0-3]?[0-9]日?)?)?")


def _span(text: str) -> dict[str, Any]:
    first, last = re.findall("20[0-9]{2}", text)[:2]
    return {"kind": "span", "length_years": int(last) - int(first) + 1}


def _in_text(text: str) -> tuple[dict[str, Any], str] | None:
    for pattern, words in FORMS:
        if found := re.search(pattern, text):
            if pattern == ALONE and found[0] == re.findall(YEAR, text)[0]:
                pattern = YEAR
            return (_span(found[0]) if words["kind"] == "span" else dict(words)), pattern
    return None


def guess_period(observed: Observed, guesses: list[ColumnGuess]) -> tuple[dict[str, Any], str]:
    """Give the words of `period`, and what a person must decide of them."""
    if found := _in_text(observed.name):
        words, pattern = found
        return words | {"file_name": pattern}, "is it this kind of period, and this year of it?"
    for sheet in observed.sheets:
        for _, row in sheet.above:
            for _, text in filled(row):
                plain = squeezed(text) or ""
                if found := _in_text(plain):
                    words, pattern = found
                    return words | {"stated": int(re.findall(pattern, plain)[0])}, (
                        "the file's name says no year, what stands above its header does: have it "
                        'written into the name, and say file_name: "(20[0-9][0-9])"'
                    )
    for guess in guesses:
        years = {squeezed(cell) for sheet in observed.sheets for cell in sheet.cells(guess.place)}
        if len(years) == 1 and is_year(year := years.pop()):
            return {"kind": "calendar_year", "stated": int(str(year)[:4])}, (
                "a column alone says the year: have it written into the file's name"
            )
    return {"kind": "standing"}, (
        "nothing says a year: standing is one list that serves every period; else name the file "
        'by its year and say kind and file_name: "(20[0-9][0-9])年"'
    )


def file_pattern(name: str) -> str:
    """Make the pattern of a source's files: the longest part of a name that is no date."""
    stem = name.rpartition(".")[0] or name
    parts = [part.lstrip("年度月日").strip(" _-.") for part in DATES.split(stem)]
    longest = max(parts, key=len)
    return f"*{re.sub(r'[][*?/{}]', '?', longest)}*"


def title_of(observed: Observed) -> str:
    """Take a title: the first row above the header, without its year, else the file's name."""
    for _, row in observed.sheets[0].above:
        texts = list(dict.fromkeys(text for _, text in filled(row)))
        if len(texts) == 1 and not LABEL.search(texts[0]):
            plain = re.sub(r"[((]?(?<![0-9])20[0-9]{2}(?![0-9])[年度学]*[))]?", "", texts[0])
            return " ".join(plain.split()) or texts[0]
    return DATES.sub("", observed.name.rpartition(".")[0]).strip(" _-年") or observed.name
