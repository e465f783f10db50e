"""What is said of a file that cannot be read, in Chinese for the office that made it."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flows.common.labels import WORDS

REJECTED = re.compile(r"(\S+) (\S+): (.*?) rejected: (.*)", re.DOTALL)  # as `ziping sources` says
TABLE = Path(__file__).with_name("rejection_messages.csv")
PLACE = r"(?:sheet |row \d|column \w|the whole file)[^;]*"
GAPS = {"of": r"\S+", "rows": r"\S+", "places": f"[^;]+(?:; {PLACE})*"}  # no other reason
PLACES = (  # how `place_text` names them
    (r"\bsheet (.+?) (?=row \d|column \w|\()", r"工作表“\1”"), (r"\brow (\d+) ?", r"第\1行"),
    (r"column ([a-z]\w*(?:, \w+)*) ?", r"“\1”列"), (r" ?and (\d+) more\b", r"，另有\1处"),
    ("the whole file", "整份文件"), ("; (?=工作表|第|整份)", "；"),
)  # fmt: skip


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
    parts[1::2] = (f"(?P<{name}>{GAPS.get(name, '.+?')})" for name in parts[1::2])
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
    return words.what if words else _places(text)


def _places(text: str) -> str:
    """Say places as offices do: sheet, row and column."""
    for pattern, chinese in PLACES:
        text = re.sub(pattern, chinese, text)
    return text


def told_in_chinese(reasons: str) -> str:
    """Say in Chinese why a file is rejected, and what to do, one reason after the other.

    A reason may hold the sign that parts them, so as much as makes one is taken together. A rule's
    own words are Chinese already, but for the places.
    """
    told, parts = [], reasons.split("; ")
    while parts:
        tried = ((count, in_chinese("; ".join(parts[:count]))) for count in
                 range(len(parts), 0, -1))  # fmt: skip
        count, words = next((one for one in tried if one[1]), (1, None))
        told.append(f"{words.what}，{words.resolve}" if words else _places(parts[0]))
        parts = parts[count:]
    return "；".join(told)


def rejected_in_chinese(sentence: str, manifest: Mapping[str, Any]) -> str:
    """Say what `ziping sources` tells as rejected as a release does: by title, why, what to do."""
    found = REJECTED.fullmatch(sentence)
    if not found:
        return sentence
    source, period, name, reasons = found.groups()
    meta = manifest["contracts"].get(source, {}).get("meta", {})
    sent = {(one["source"], one["period"]) for one in manifest["deliveries"]}
    stands = "，仍用上一份" if (source, period) in sent and not meta.get("parts") else ""
    of = WORDS.get(period, period)
    title = meta.get("title", source)
    return f"{title}（{of}）{name}未通过检查{stands}：{told_in_chinese(reasons)}"
