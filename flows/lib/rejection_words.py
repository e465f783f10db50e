"""What is said of a file that cannot be read, in Chinese for the office that made it."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flows.lib.workbook_words import WORDS

REJECTED = re.compile(r"(\S+) (\S+): (.*?) rejected: (.*)", re.DOTALL)  # as `ziping sources` says
TABLE = Path(__file__).with_name("rejection_words.csv")


class Words(NamedTuple):
    """What is wrong with a file, and what to do; a thing that a sentence names has only a name."""

    what: str
    resolve: str


@cache
def _table() -> list[tuple[re.Pattern[str], Words]]:
    """Read the English sentences as patterns, `{line}` for what differs, with the Chinese ones."""
    with TABLE.open(encoding="utf-8", newline="") as file:
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


def rejected_in_chinese(sentence: str, manifest: Mapping[str, Any]) -> str:
    """Say what `ziping sources` tells as rejected as a release does: by title, why, what to do."""
    found = REJECTED.fullmatch(sentence)
    if not found:
        return sentence
    source, period, name, reasons = found.groups()
    meta = manifest["contracts"].get(source, {}).get("meta", {})
    sent = {(one["source"], one["period"]) for one in manifest["deliveries"]}
    stands = "，仍用上一份" if (source, period) in sent and not meta.get("parts") else ""
    words = in_chinese(reasons)
    why = f"{words.what}，{words.resolve}" if words else reasons
    of = WORDS.get(period, period)
    return f"{meta.get('title', source)}（{of}）{name}未通过检查{stands}：{why}"
