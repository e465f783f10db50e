"""Years, school years and months across a header, whose columns become rows.

Other times (quarters, half-years, fiscal years, years of the Republic) stay columns, and of these
it is asked.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flows.onboarding.inference.columns import RENDERED, InferredColumn, follows, infer_column
from flows.onboarding.inference.glossary import Meaning
from flows.onboarding.inference.header import FEWEST_TIMES
from flows.onboarding.inference.inspect import InspectedFile

YEAR = "(?:19|20)[0-9]{2}"
MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"


class TimeForm(NamedTuple):
    """How a time is written: the column that the times become, its caption, type and pattern."""

    name: str
    caption: str
    data_type: str
    pattern: str  # its group is the time
    ending: str = ""  # which only some of the captions may have


# The most telling come first.
FORMS = (
    TimeForm("school_year", "学年", "string", f"({YEAR}[-–—/~至]?(?:20)?[0-9]{{2}})", "(?:学年)?"),
    TimeForm("month", "月份", "string", f"({YEAR}(?:[-/.](?:1[0-2]|0[1-9])|年[0-9]{{1,2}}月))"),
    TimeForm("month", "月份", "string", f"({YEAR}(?:1[0-2]|0[1-9]))"),
    TimeForm("month", "月份", "string", f"({MONTH}[-/.]?{YEAR})"),
    TimeForm("year", "年份", "int", f"({YEAR})", "年?度?末?"),
    TimeForm("month", "月份", "string", "([0-9]{1,2}月|[一二三四五六七八九十]{1,2}月)", "份?"),
)
JOINTS = "/_-: "  # between a measure and its time
QUESTION = "name it in English by what it counts and its unit: class_count, paid_yuan"
NAMES = {"amount": "amount_yuan"}  # of the values, where the captions say nothing but times
MOST_ASKED = 6


@dataclass(frozen=True)
class Series:
    """Columns of which the captions say one thing at several times."""

    form: TimeForm
    before: str  # what each caption says before its time
    behind: str  # and behind it
    times: Mapping[int, str]  # by place

    @property
    def measure(self) -> str:
        """What the captions say beside their times."""
        return f"{self.before}{self.behind}".strip(JOINTS)


@dataclass(frozen=True)
class Unpivoting:
    """What is suggested for columns that become rows: the word `long`, and the columns of it."""

    words: Mapping[str, Any]
    time: InferredColumn
    values: tuple[tuple[InferredColumn, tuple[int, ...]], ...]  # each measure, and its places
    left_out: tuple[int, ...]  # times across the header, too, but of another measure
    questions: tuple[str, ...]

    @property
    def names(self) -> dict[int, str]:
        """Say which columns become rows, and of which column."""
        return {place: column.name for column, places in self.values for place in places}


def _find_of_form(form: TimeForm, captions: Mapping[int, str]) -> list[Series]:
    """Group the columns whose captions say the same beside a time of one form."""
    pattern = re.compile(f"(?<![0-9A-Za-z.]){form.pattern}{form.ending}(?![-–—/.]?[0-9]|[A-Za-z])")
    groups: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for place, caption in captions.items():
        if (found := pattern.search(caption)) and not RENDERED.search(caption):
            groups[caption[: found.start()], caption[found.end() :]][place] = found[1]
    return [
        Series(form, before, behind, times)
        for (before, behind), times in groups.items()
        if len(set(times.values())) == len(times) > 1
        and (form.name != "school_year" or all(map(follows, times.values())))
    ]


def find_series(captions: Sequence[str]) -> Iterator[Series]:
    """Find the columns of which captions say one thing at three times or more.

    Beside these, at two of their times: a measure that was counted later, or no more.
    """
    left = {
        place: caption for place, caption in enumerate(captions) if captions.count(caption) == 1
    }
    for form in FORMS:
        found = _find_of_form(form, left)
        long = [series for series in found if len(series.times) >= FEWEST_TIMES]
        known = {time for series in long for time in series.times.values()}
        for series in found:
            if set(series.times.values()) <= known:
                yield series
                left = {place: text for place, text in left.items() if place not in series.times}


def write_pattern(series: Sequence[Series]) -> tuple[str, list[str]] | None:
    """Write the pattern that finds the captions of series, and what it says of each measure.

    None where the captions do not tell several measures alike: now before the time, now behind it.
    """
    form, before, behind = series[0].form, series[0].before, series[0].behind
    time = form.pattern + form.ending
    if not any(text.startswith("19") for each in series for text in each.times.values()):
        time = time.replace(YEAR, "20[0-9]{2}")
    if len(series) == 1:
        return f"^{re.escape(before)}{time}{re.escape(behind)}$", []
    befores, behinds = ([getattr(each, side) for each in series] for side in ("before", "behind"))
    measures = [each.measure for each in series]
    if not all(measures):
        return None
    group = f"({'|'.join(map(re.escape, measures))})"
    for joint in ("", *JOINTS):
        if befores == [measure + joint for measure in measures] and not any(behinds):
            return f"^{group}{re.escape(joint)}{time}$", measures
        if behinds == [joint + measure for measure in measures] and not any(befores):
            return f"^{time}{re.escape(joint)}{group}$", measures
    return None


def infer_unpivoting(
    inspected: InspectedFile, known: Mapping[str, Meaning], unit: str | None
) -> Unpivoting | None:
    """Suggest `long` for times across the header, of several measures if the captions tell them.

    Else it is the measure of most columns. None where no measure has three times.
    """
    found = sorted(find_series(inspected.sheets[0].captions), key=lambda each: -len(each.times))
    if not found:
        return None
    chosen = [series for series in found if series.form == found[0].form]
    written = write_pattern(chosen)
    if written is None:
        chosen = found[:1]
        written = write_pattern(chosen)
    assert written
    pattern, measures = written
    form = chosen[0].form
    kind = "year" if form.name == "year" else "text"
    time = InferredColumn(-1, form.caption, kind, form.name, form.data_type, {"from_long": "name"})
    values: list[tuple[InferredColumn, tuple[int, ...]]] = []
    for series in chosen:
        taken = [time.name, *(column.name for column, _ in values)]
        value = _infer_value(inspected, series, known, taken, unit)
        values.append((value, tuple(series.times)))
    names = [column.name for column, _ in values]
    words: dict[str, Any] = {"captions": pattern, "name": time.name}
    if measures:
        words["values"] = dict(zip(measures, names, strict=True))
    else:
        words["value"] = names[0]
    others = [series for series in found if series not in chosen]
    left_out = tuple(place for series in others for place in series.times)
    questions = tuple(_ask(inspected.sheets[0].texts, chosen, others))
    return Unpivoting(words, time, tuple(values), left_out, questions)


def _infer_value(
    inspected: InspectedFile,
    series: Series,
    known: Mapping[str, Meaning],
    taken: Sequence[str],
    unit: str | None,
) -> InferredColumn:
    """Infer the column that takes the cells of one measure."""
    cells = [cell for place in series.times for cell in inspected.cells(place)]
    measure = series.measure
    value = infer_column(min(series.times), measure, measure or "数值", cells, known, taken, unit)
    value.place = -1
    if value.name.startswith("column_"):
        name = NAMES.get(value.kind, "quantity")
        value.name = name if name not in taken else f"{name}_{len(taken)}"
    del value.meta["captions"]
    value.meta = {"from_long": "value"} | value.meta
    value.questions = [text for text in value.questions if "English name" not in text] + [QUESTION]
    return value


def leave_beside(columns: Iterable[InferredColumn]) -> None:
    """Leave out numbers that stand beside columns that become rows: each row would repeat them."""
    for column in columns:
        if column.kind in ("amount", "count", "number", "percent"):
            column.kind = "beside_long"


def _ask(texts: Sequence[str], chosen: list[Series], others: list[Series]) -> list[str]:
    """Ask what is across the header, and of the measures that the long table does not take, too."""
    questions = [
        f"{_describe(texts, [*series.times])} become rows: is this a measure?" for series in chosen
    ]
    for series in others:
        shown = _describe(texts, [*series.times])
        questions.append(f"left out, as their captions are of another form: {shown}")
    if more := len(questions[MOST_ASKED:]):
        questions[MOST_ASKED:] = [f"and {more} more measures likewise"]
    return questions


def _describe(texts: Sequence[str], places: Sequence[int]) -> str:
    return f"{len(places)} columns, {texts[places[0]]} to {texts[places[-1]]}"


def ask_of_other_times(inspected: InspectedFile, left_out: Iterable[int]) -> Iterator[str]:
    """Ask of captions that differ by a number alone, as quarters and fiscal years do."""
    groups: dict[str, list[int]] = defaultdict(list)
    first = inspected.sheets[0]
    for place, caption in enumerate(first.captions):
        if place not in left_out and re.search("[0-9]", caption):
            groups[re.sub("[0-9]+", "0", caption)].append(place)
    for places in groups.values():
        if len(places) >= FEWEST_TIMES:
            yield (
                f"{_describe(first.texts, places)}, differ by a number alone: are these times? "
                "Then `long` with a pattern of their captions makes rows of them"
            )
