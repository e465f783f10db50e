"""Masking what may be a person's id or a row's value, in texts of our own and of others."""

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Any

MASK = "＊"
# 15 or 18 digits of whatever width, as they are or in their groups, a G before them (学籍号); what
# is called 工号. The digits of a hash are none.
PERSON_ID = re.compile(
    r"(?P<hash>[0-9a-fA-F]{32,})"
    r"|(?<!\d)[GgＧｇ]?\d{6}[ \xa0\u3000]?"
    r"(?:\d{8}[ \xa0\u3000]?\d{3}[\dXxＸｘ]|\d{6}[ \xa0\u3000]?\d{3})(?!\d)"
    r"|(?<=工号)[:： ]*[0-9A-Za-z]{3,}"
)
# What could be a value: anything quoted (an apostrophe within a word opens nothing, a quote that
# is not closed hides the rest), e-mail-like words, runs of digits, ids, Han text.
QUOTED = re.compile(
    r"(?<!\w)[bru]?'(?:.*?'(?!\w)|.*)|\"(?:[^\"]*\"|.*)|`(?:[^`]*`|.*)|“(?:[^”]*”|.*)"
)
RUNS = re.compile(r"\S+@\S+|[0-9０-９][0-9０-９Xx,.\-]{3,}|[A-Za-z]{1,3}[0-9]{4,}|[^\x00-\x7f]+")


def without_ids(text: str, mask: Callable[[str], str] = lambda _: MASK) -> str:
    """Mask the ids of persons in a text: a file's name, a sheet's, a sentence."""
    return PERSON_ID.sub(lambda found: found[0] if found["hash"] else mask(found[0]), text)


# In a name that is published no digits stay but those that say when, of which school, or a number
# in a list: whoever writes an id into a name writes it joined, in groups or with signs between.
DIGIT = r"[\d\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089\u2460-\u2468\u24ea\u2776-\u277e]"
BETWEEN = (  # blanks, hyphens, dots, and what nobody sees
    r"[\s.\-\u00ad\u00b7\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2010-\u2015"
    r"\u2022\u2024\u2027\u202a-\u202e\u2043\u2060-\u206f\u2212\u30fb\u3002\u3164\ufe00-\ufe0f\ufe52"
    r"\ufe58\ufe63\ufeff\uff0d\uff0e\uff65\uffa0]"
)
RUN = re.compile(rf"[GgＧｇ]?{DIGIT}(?:{BETWEEN}*{DIGIT})*(?:{BETWEEN}*[XxＸｘⅩⅹ](?![A-Za-z]))?")
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_MONTH_DAY = r"(?:0?[1-9]|1[0-2])(?: (?:0?[1-9]|[12]\d|3[01]))?(?!\d)"
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])"
_DATE = rf"{_YEAR}(?:{_MONTH}{_DAY}?)?"
_KNOWN = rf"(?:(?:{_YEAR} {_MONTH_DAY}|{_DATE}{_DATE}|{_DATE}|[1-6]{_PROVINCE}\d{{7}})(?: |$))*"
# Days, spans of them and schools; besides them one day of a month or a number of three digits.
TELLING = re.compile(rf"{_KNOWN}(?:(?:{_MONTH_DAY}|\d{{1,3}})(?: |$))?{_KNOWN}")
LEAST_OF_AN_ID = 11  # digits of a telephone number; those of a person are more
DISTRICT_FOLDER = re.compile(r"[0-9]{6}/")


def published_name(name: str) -> str:
    """Give a file's or a sheet's name as it is published."""
    folder = DISTRICT_FOLDER.match(name)
    head = folder[0] if folder else ""
    return head + RUN.sub(_shown_digits, without_ids(name[len(head) :]))


def sheet_name_without_ids(name: str) -> str:
    """Mask a sheet's name where it may hold an id; a contract may ask for its shorter codes."""
    counts = [len(re.sub(BETWEEN, "", found[0])) for found in RUN.finditer(name)]
    return published_name(name) if max(counts, default=0) >= LEAST_OF_AN_ID else without_ids(name)


def _shown_digits(found: re.Match[str]) -> str:
    groups = re.sub(rf"{BETWEEN}+", " ", unicodedata.normalize("NFKC", found[0]))
    return found[0] if TELLING.fullmatch(groups) else MASK


def without_ids_within(content: Any) -> Any:
    """Mask the ids of persons in every text of what is written as JSON."""
    if isinstance(content, str):
        return without_ids(content)
    if isinstance(content, dict):
        return {
            without_ids_within(name): without_ids_within(value) for name, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [without_ids_within(value) for value in content]
    return content


def redacted(text: str, limit: int = 400, names: Collection[str] = ()) -> str:
    """Mask everything in a foreign text that could be a row's value, but for known names."""

    def shown(found: re.Match[str]) -> str:
        return found[0] if found[0].strip("'\"`“”") in names else MASK

    return RUNS.sub(MASK, QUOTED.sub(shown, text.replace("\n", " ")))[:limit]
