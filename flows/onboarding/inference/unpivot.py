"""Telling tables with times across the header, whose columns become rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.onboarding.inference.columns import ColumnGuess, guess_column
from flows.onboarding.inference.glossary import Meaning
from flows.onboarding.inference.inspect import Observed
from flows.onboarding.inference.times import Times, pattern_of_several, times_across

CAPTIONS = {
    "day": "日期", "month": "月份", "quarter": "季度", "school_year": "学年", "year": "年份",
    "era_year": "年号",
}  # fmt: skip
VALUES = {"amount": "amount_yuan"}  # where the captions say nothing but times
ASK = "name it in English by what it counts and its unit: class_count, paid_yuan"
LONGEST_LIST = 3


@dataclass(frozen=True)
class Long:
    """What is proposed for columns that become rows: the word, the columns of it, and which."""

    words: Mapping[str, Any]
    time: ColumnGuess
    values: tuple[tuple[ColumnGuess, tuple[int, ...]], ...]  # each measure, and where it stands
    left_out: tuple[int, ...]  # times across the header, too, but of another measure
    asks: tuple[str, ...]

    @property
    def spread(self) -> dict[int, str]:
        """Say which columns become rows, and of which column."""
        return {place: one.name for one, places in self.values for place in places}


def guess_long(observed: Observed, known: Mapping[str, Meaning], unit: str | None) -> Long | None:
    """Propose `long` for times across the header, of several measures if the captions tell them.

    Else it is the measure of most columns. None where no measure has three times.
    """
    found = sorted(times_across(observed.sheets[0].captions), key=lambda one: -len(one.columns))
    if not found:
        return None
    chosen = [one for one in found if one.form == found[0].form]
    several = pattern_of_several(chosen) if len(chosen) > 1 else None
    if several is None:
        chosen = found[:1]
    first = chosen[0]
    kind, meta = "year" if first.name == "year" else "text", {"from_long": "name"}
    time = ColumnGuess(-1, CAPTIONS[first.name], kind, first.name, first.data_type, meta)
    values: list[tuple[ColumnGuess, tuple[int, ...]]] = []
    for one in chosen:
        taken = [time.name, *(value.name for value, _ in values)]
        values.append((_value(observed, one, known, taken, unit), tuple(one.columns)))
    names = [value.name for value, _ in values]
    words: dict[str, Any] = {"captions": several[0] if several else first.pattern}
    words["name"] = time.name
    if several:
        words["values"] = dict(zip(several[1], names, strict=True))
    else:
        words["value"] = names[0]
    others = [one for one in found if one not in chosen]
    left_out = tuple(place for one in others for place in one.columns)
    return Long(words, time, tuple(values), left_out, tuple(_asks(observed, chosen, others)))


def _value(
    observed: Observed, times: Times, known: Mapping[str, Meaning], taken: Sequence[str],
    unit: str | None,
) -> ColumnGuess:  # fmt: skip
    """Guess the column that takes the cells of one measure."""
    first = observed.sheets[0]
    sheets = [sheet for sheet in observed.sheets if sheet.captions == first.captions]
    cells = [cell for sheet in sheets for place in times.columns for cell in sheet.cells(place)]
    place = min(times.columns)
    # As it is written, with its blanks, where the time can be parted from that, too.
    written = next((one.measure for one in times_across(first.texts) if place in one.columns), "")
    said = written or times.measure
    value = guess_column(place, times.measure, said or "数值", cells, known, taken, unit)
    value.place = -1
    if value.name.startswith("column_"):
        name = VALUES.get(value.kind, "quantity")
        value.name = name if name not in taken else f"{name}_{len(taken)}"
    meta = {word: one for word, one in value.meta.items() if word != "captions"}
    value.meta = {"from_long": "value"} | meta
    value.asks = [*(one for one in value.asks if "English name" not in one), ASK]
    return value


def leave_beside(guesses: Iterable[ColumnGuess]) -> None:
    """Leave out numbers that stand beside columns that become rows: each row would repeat them."""
    for guess in guesses:
        if guess.kind in ("amount", "count", "number", "percent"):
            guess.kind = "beside_long"


def _asks(observed: Observed, chosen: list[Times], others: list[Times]) -> list[str]:
    """Ask what is across the header, and of the measures that the long table does not take, too."""
    texts = observed.sheets[0].texts
    asks = [f"{_span(texts, one)} become rows: is this a measure?" for one in chosen[:LONGEST_LIST]]
    asks += [f"left out, as their captions are of another form: {_span(texts, one)}"
             for one in others[:LONGEST_LIST]]  # fmt: skip
    more = len(chosen) + len(others) - len(asks)
    return [*asks, f"and {more} more measures likewise"] if more else asks


def _span(texts: Sequence[str], times: Times) -> str:
    places = list(times.columns)
    return f"{len(places)} columns, {texts[places[0]]} to {texts[places[-1]]}"
