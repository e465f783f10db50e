"""What is said of a file that cannot be read, in Chinese for the office that made it."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

WORDS = Path(__file__).with_name("rejection_words.csv")


class Words(NamedTuple):
    """What is wrong with a file, and what to do; a thing that a sentence names has only a name."""

    what: str
    resolve: str


@cache
def _table() -> list[tuple[re.Pattern[str], Words]]:
    """Read the English sentences as patterns, `{line}` for what differs, with the Chinese ones."""
    with WORDS.open(encoding="utf-8", newline="") as file:
        return [
            (_pattern(row["english"]), Words(row["what"], row["resolve"]))
            for row in csv.DictReader(file)
        ]


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = (f"(?P<{name}>.+?)" for name in parts[1::2])
    return re.compile("".join(parts), re.DOTALL)


def in_chinese(sentence: str) -> Words | None:
    """Say a sentence about a file in Chinese; None where there are no words for it.

    Verdicts are kept as the sentence alone, so it is known by its form.
    """
    for pattern, words in _table():
        if found := pattern.fullmatch(sentence):
            named = {name: _thing(text) for name, text in found.groupdict().items()}
            return Words(*(one.format(**named) for one in words))
    return None


def _thing(text: str) -> str:
    """Say in Chinese what a sentence names, if there is a word for it."""
    words = in_chinese(text)
    return words.what if words else text
