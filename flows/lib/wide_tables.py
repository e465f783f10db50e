"""Telling tables with times across the header, whose columns become rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.lib.column_guesses import ColumnGuess, guess_column
from flows.lib.glossary import Meaning
from flows.lib.header_times import Times, times_across
from flows.lib.observing import Observed

CAPTIONS = {
    "day": "日期",
    "month": "月份",
    "quarter": "季度",
    "school_year": "学年",
    "year": "年份",
}
VALUES = {"amount": "amount_yuan"}  # where the captions say nothing but times
ASK = "name it in English by what it counts and its unit: class_count, paid_yuan"
LONGEST_LIST = 3


@dataclass(frozen=True)
class Long:
    """What is proposed for columns that become rows: the word, its two columns, and which."""

    words: Mapping[str, str]
    time: ColumnGuess
    value: ColumnGuess
    places: tuple[int, ...]
    left_out: tuple[int, ...]  # times across the header, too, but of another measure
    asks: tuple[str, ...]


def guess_long(observed: Observed, known: Mapping[str, Meaning], unit: str | None) -> Long | None:
    """Propose `long` for times across the header; of several measures the one of most columns.

    None where no measure has three times.
    """
    first = observed.sheets[0]
    found = sorted(times_across(first.captions), key=lambda one: -len(one.places))
    if not found:
        return None
    chosen, others = found[0], found[1:]
    sheets = [sheet for sheet in observed.sheets if sheet.captions == first.captions]
    cells = [cell for sheet in sheets for place in chosen.places for cell in sheet.cells(place)]
    said = chosen.said.strip("/_-: ")
    time = ColumnGuess(-1, CAPTIONS[chosen.name], "year" if chosen.name == "year" else "text",
                       chosen.name, chosen.data_type, {"from_long": "name"})  # fmt: skip
    value = guess_column(-1, said, said or "数值", cells, known, [chosen.name], unit)
    if value.name == "column_0":
        value.name = VALUES.get(value.kind, "quantity")
    value.meta = {word: one for word, one in value.meta.items() if word != "captions"}
    value.meta = {"from_long": "value"} | value.meta
    value.asks = [*(one for one in value.asks if "English name" not in one), ASK]
    words = {"captions": chosen.pattern, "name": time.name, "value": value.name}
    left_out = tuple(place for one in others for place in one.places)
    return Long(words, time, value, chosen.places, left_out, tuple(_asks(observed, chosen, others)))


def leave_beside(guesses: Iterable[ColumnGuess]) -> None:
    """Leave out numbers that stand beside columns that become rows: each row would repeat them."""
    for guess in guesses:
        if guess.kind in ("amount", "count", "number", "percent"):
            guess.kind = "beside_long"


def _asks(observed: Observed, chosen: Times, others: list[Times]) -> list[str]:
    """Ask what is across the header, and of the measures that one long table cannot take, too."""
    first, last = (observed.sheets[0].texts[chosen.places[place]] for place in (0, -1))
    asks = [f"{len(chosen.places)} columns, {first} to {last}, become rows: is this the measure?"]
    for one in others[:LONGEST_LIST]:
        first, last = (observed.sheets[0].texts[one.places[place]] for place in (0, -1))
        asks.append(f"left out, as one measure alone becomes rows: {first} to {last}")
    if len(others) > LONGEST_LIST:
        asks.append(f"left out likewise: {len(others) - LONGEST_LIST} more measures")
    return asks
