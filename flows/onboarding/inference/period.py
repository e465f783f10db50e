"""Inferring from a file's name, or from what stands above its header, period, pattern and title."""

import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from flows.common.text import strip_whitespace
from flows.onboarding.inference.cells import is_year, list_texts
from flows.onboarding.inference.columns import InferredColumn, follows
from flows.onboarding.inference.header import LABEL
from flows.onboarding.inference.inspect import InspectedFile

YEAR = "(20[0-9]{2})"
ALONE = "(?<![0-9])(20[0-9]{2})(?![0-9])"
# What a file's name may say, most telling first: the pattern that the contract gets, and the kind.
FORMS = (
    (f"{YEAR}[-—~至]?(?:20)?[0-9]{{2}}学年", "census_day"),
    (f"{YEAR}-12-31", "year_end"),
    (f"{YEAR}年12月31日", "year_end"),
    (f"{YEAR}-09-01", "census_day"),
    (f"{YEAR}年0?9月1日", "census_day"),
    (f"20[0-9]{{2}}(?:-01)?[-—~至]{YEAR}", "span"),
    (f"(?<![0-9]){YEAR}[-–—_/]?[0-9]{{2}}(?![0-9])", "census_day"),
    (f"{YEAR}年", "calendar_year"),
    (f"{YEAR}[01][0-9][0-3][0-9]", "calendar_year"),
    (f"(?<![0-9]){YEAR}[01][0-9](?![0-9])", "calendar_year"),
    (ALONE, "calendar_year"),
)
WHICH_FILES = "which files are these? * stands for anything; the ending does not matter"
WHICH_FOLDER = "their own names say no more than the unit or a date, so the folder's or ZIP's does"
JOINTS = " _-—–,.+()（）"  # between the parts of a name
SIGNS = " _-—–,.、:：;·"
BRACKETS = (("(", ")"), ("（", "）"), ("[", "]"), ("【", "】"), ("《", "》"))
TITLE_YEAR = re.compile(
    "(?<![0-9])20[0-9]{2}(?:[-–—/~至](?:20)?[0-9]{2})?(?![0-9])(?:学?年度?)?(?!末)"
)
DATES = re.compile(
    "20[0-9]{2}[-._年]?[01]?[0-9][-._月][0-3]?[0-9]日?|20[0-9]{6}"
    "|20[0-9]{2}[-–—_/~至](?:20)?[0-9]{2}(?![0-9])(?:学年)?|20[0-9]{4}(?![0-9])"
    "|20[0-9]{2}(?:[-.年]?[01]?[0-9]月?)?"
)


def _read_period(text: str) -> tuple[dict[str, Any], str] | None:
    """Read what a text says of a period: the contract's words, and the pattern that finds it."""
    for pattern, kind in FORMS:
        found = re.search(pattern, text)
        if not found:
            continue
        is_school_year = kind == "census_day" and not re.search("0?9(?:-0|月)1", found[0])
        if is_school_year and not follows(found[0]):
            continue
        if is_school_year and found[0][4:-2] in ("-", "_", "/"):
            pattern = f"{YEAR}{found[0][4:-2]}[0-9]{{2}}"
        if pattern == ALONE and found[0] == re.findall(YEAR, text)[0]:
            pattern = YEAR
        if kind == "span":
            first, last = re.findall("20[0-9]{2}", found[0])[:2]
            return {"kind": kind, "length_years": int(last) - int(first) + 1}, pattern
        return {"kind": kind}, pattern
    return None


def infer_period(
    inspected: InspectedFile,
    columns: Sequence[InferredColumn],
    container: str = "",
    *,
    has_years: bool = False,
) -> tuple[dict[str, Any], str]:
    """Give the words of `period`, and what a person must decide of them.

    The folder or archive of the file may say it for all its files. `has_years` says that years
    stand across the header, so that no cell says the file's own.
    """
    if found := _read_period(inspected.name) or _read_period(container):
        words, pattern = found
        return words | {"file_name": pattern}, "is it this kind of period, and this year of it?"
    if has_years:
        return {"kind": "standing"}, (
            "its name says no year and its columns many: standing is one list that serves every "
            'period; else name each file by a year and say kind and file_name: "(20[0-9][0-9])"'
        )
    preamble = (row for sheet in inspected.sheets for _, row in sheet.preamble)
    for text in (strip_whitespace(text) or "" for row in preamble for _, text in list_texts(row)):
        if found := _read_period(text):
            words, pattern = found
            return words | {"stated": int(re.findall(pattern, text)[0])}, (
                "the file's name says no year, what stands above its header does: have it "
                'written into the name, and say file_name: "(20[0-9][0-9])"'
            )
    for column in columns:
        years = set(map(strip_whitespace, inspected.cells(column.place)))
        if len(years) == 1 and is_year(year := years.pop()):
            return {"kind": "calendar_year", "stated": int(str(year)[:4])}, (
                "a column alone says the year: have it written into the file's name"
            )
    return {"kind": "standing"}, (
        "nothing says a year: standing is one list that serves every period; else name the file "
        'by its year and say kind and file_name: "(20[0-9][0-9])年"'
    )


def split_at_dates(stem: str) -> list[str]:
    """Give the parts of a name that another file of its kind has, too: what stands around dates."""
    first, *others = DATES.split(stem)
    return list(map(_tidy, (first, *(part.lstrip("学年度月日") for part in others))))


def infer_file_pattern(
    names: Sequence[str], container: str = "", title: str = ""
) -> tuple[str, str]:
    """Make the pattern of a source's files, and ask of it: the part of their names that lasts.

    Where that of the first is not of all, it is what all begin with; where that says nothing, it is
    the folder's or the archive's.
    """
    stems = [Path(name).stem for name in names]
    alike = takewhile(lambda signs: len(set(signs)) == 1, zip(*stems, strict=False))
    common = "".join(signs[0] for signs in alike)
    if len(names) > 1 and not common.endswith(tuple(JOINTS)):
        common = common[: max(map(common.rfind, JOINTS)) + 1]  # 甲园 and 甲乙园 begin alike
    if longest := max(split_at_dates(common), key=len):
        return _with_stars(longest), WHICH_FILES
    if longest := max(split_at_dates(container), key=len):
        return _with_stars(longest), WHICH_FOLDER
    return _with_stars(title), f"{WHICH_FOLDER}: put them into one that is called so"


def _with_stars(text: str) -> str:
    return f"*{re.sub(r'[][*?/{}]', '?', text)}*"


def infer_title(inspected: InspectedFile) -> str:
    """Take a title: the first row above the header, without its year, else the file's name."""
    for _, row in inspected.sheets[0].preamble:
        texts = {text for _, text in list_texts(row)}
        if len(texts) == 1 and not LABEL.search(title := texts.pop()):
            # Amid an English sentence a year is no part of its own.
            return title if title.isascii() else _tidy(TITLE_YEAR.sub(" ", title)) or title
    stem = Path(inspected.name).stem.replace("_", " ")
    return _tidy(" ".join(split_at_dates(stem))) or stem


def _tidy(text: str) -> str:
    """Take from a text what is left around a date: empty brackets, one of two, signs at ends."""
    text = re.sub(r"[(\[（【《][\s\-—–_,.、]*[)\]）】》]", " ", text)
    for first, last in BRACKETS:
        if text.count(first) != text.count(last):
            text = text.replace(first, " ").replace(last, " ")
    text = " ".join(text.split()).strip(SIGNS)
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)
