"""What is said of a file that cannot be accepted: a code, and what fills its gaps.

An office reads it in Chinese, an engineer in English; both sentences stand in `messages.csv`. What
is kept of a delivery is the code with its parameters, so that no sentence is made from another.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

CATALOGUE = Path(__file__).with_name("messages.csv")
PLACES_SHOWN = 3


class Language(NamedTuple):
    """How one language names places and joins what it lists."""

    place: Mapping[str, str]
    within: str  # between the parts of a place
    between: str  # between places
    listed: str  # between other things
    whole: str


ENGLISH = Language(
    {"sheet": "sheet {}", "row": "row {}", "column": "column {}", "detail": "({})"},
    within=" ",
    between="; ",
    listed=", ",
    whole="the whole file",
)
CHINESE = Language(
    {"sheet": "工作表“{}”", "row": "第{}行", "column": "“{}”列", "detail": "({})"},
    within="",
    between="；",
    listed="、",
    whole="整份文件",
)


class Texts(NamedTuple):
    """The sentences of a code; a thing that a sentence names has no `resolve`."""

    english: str
    what: str
    resolve: str


@cache
def load_catalogue() -> dict[str, Texts]:
    """Read the sentences of all codes."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {row.pop("code"): Texts(**row) for row in csv.DictReader(file)}


class Message(NamedTuple):
    """One thing that is said of a file; a parameter is a text, a number, a message or a list."""

    code: str
    parameters: Mapping[str, Any]

    @property
    def english(self) -> str:
        """The sentence for an engineer."""
        return _fill(load_catalogue()[self.code].english, self.parameters, ENGLISH)

    @property
    def what(self) -> str:
        """What is wrong, for an office."""
        return _fill(load_catalogue()[self.code].what, self.parameters, CHINESE)

    @property
    def resolve(self) -> str:
        """What the office is to do."""
        return _fill(load_catalogue()[self.code].resolve, self.parameters, CHINESE)

    @property
    def chinese(self) -> str:
        """What is wrong and what is to be done, for an office."""
        return "，".join(filter(None, (self.what, self.resolve)))

    def as_json(self) -> dict[str, Any]:
        """Give it as it is kept in an outcome."""
        return {"code": self.code, "parameters": _plain(self.parameters)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `as_json` gave."""
        return cls(kept["code"], {name: _read(value) for name, value in kept["parameters"].items()})


def message(code: str, **parameters: Any) -> Message:
    """Say something of a file by its code in `messages.csv`."""
    return Message(code, parameters)


def column_message(name: str, caption: str) -> Message:
    """Name a column: an engineer knows its name in the warehouse, an office its caption."""
    return message("column_named", name=name, caption=caption)


def places_message(places: Sequence[Mapping[str, Any]]) -> Message:
    """Name the first places of a file, and how many more there are; without one the whole file."""
    named = [{name: place[name] for name in ENGLISH.place if place.get(name)} for place in places]
    shown, left = named[:PLACES_SHOWN], len(named) - PLACES_SHOWN
    if left > 0:
        return message("places_and_more", shown=shown, count=left)
    return message("places", shown=shown)


def join_chinese(messages: Sequence[Message]) -> str:
    """Say several things for an office, one after the other."""
    return "；".join(said.chinese for said in messages)


def _plain(value: Any) -> Any:
    match value:
        case Message():
            return value.as_json()
        case Mapping():
            return {name: _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
    return value


def _read(value: Any) -> Any:
    match value:
        case {"code": _, "parameters": _}:
            return Message.from_json(value)
        case list():
            return [_read(part) for part in value]
    return value


def _fill(text: str, parameters: Mapping[str, Any], language: Language) -> str:
    return text.format(**{name: _write(value, language) for name, value in parameters.items()})


def _write(value: Any, language: Language) -> str:
    match value:
        case Message():
            return value.english if language is ENGLISH else value.what
        case Mapping():
            parts = (language.place[name].format(part) for name, part in value.items())
            return language.within.join(parts) or language.whole
        case list() | tuple():
            has_places = bool(value) and isinstance(value[0], Mapping)
            separator = language.between if has_places else language.listed
            return separator.join(_write(part, language) for part in value) or language.whole
    return str(value)
