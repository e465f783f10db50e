"""Small charts of values beside their standards, drawn as still pictures without a browser."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from flows.contracts.periods import year_of
from flows.exports.html.figures import (
    MARKS,
    WITH_NUMBERS,
    Figures,
    View,
    write_exactly,
    write_rounded,
)
from flows.releases.tables import Row

if TYPE_CHECKING:
    from markupsafe import Markup

FONT = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
INK, SOFT, LINE = "#1b1f24", "#57606a", "#c4ccd4"
# Shape and colour each tell the judgements apart: on grey paper, and to the colour-blind.
SHAPES = {"met": "circle", "failed": "triangle-down", "open": "diamond"}
COLOURS = {"met": "#0b4f8a", "failed": "#b42318", "open": "#8a5a00"}
PLOT_WIDTH, ROW_HEIGHT, FONT_SIZE = 240, 26, 13
FEWEST_MEMBERS = 2
HAIR = 0.005
UNSEEN = re.compile(r' (?:class|role|aria-[a-z]+|xmlns(?::xlink)?|version|pointer-events)="[^"]*"')


class Point(NamedTuple):
    """A member's value and its standard, and last year's where both are known."""

    value: Row
    number: Decimal
    standard: Decimal
    last: Decimal | None
    last_standard: Decimal


def charts_of(figures: Figures, group: Iterable[Row]) -> list[View]:
    """Draw the indicators of a group of figures, and their parts, that compare members."""
    tables = figures.tables
    values = [figures.value(figure) for figure in group]
    values += [part for value in values for part in tables.parts_of(value)]
    series: dict[str, dict[str, Row]] = {}
    for value in values:
        is_this_year = year_of(value["period"]) == value["evaluation_year"]
        is_judged = value["judgement"] in MARKS and value["standard_value"] is not None
        if is_this_year and is_judged and value["state"] in WITH_NUMBERS and value["unit"]:
            series.setdefault(value["indicator_id"], {}).setdefault(value["member"], value)
    printed = [figure["member"] for figure in figures.figures]
    order = {member: place for place, member in enumerate(dict.fromkeys(printed))}
    return [
        _chart(
            figures,
            sorted(members.values(), key=lambda value: order.get(value["member"], len(order))),
        )
        for members in series.values()
        if len(members) >= FEWEST_MEMBERS
    ]


def _chart(figures: Figures, values: Sequence[Row]) -> View:
    """Draw values on one scale: as they are where one standard holds, else as share of theirs."""
    points = [_point(figures, value) for value in values]
    standard = points[0].standard
    is_share = any(point.standard != standard for point in points)
    limit = Decimal(100) if is_share else standard
    places = [_places(point, is_share=is_share) for point in points]
    unit = "%" if is_share else str(values[0]["unit"])
    title = figures.tables.indicators[values[0]["indicator_id"]]["title_zh"]
    text = "；".join(_describe(figures, point) for point in points)
    return {
        "title": f"{title}，为标准的{unit}" if is_share else f"{title}，{unit}",
        "limit": f"标准（{write_exactly(limit)}{unit}）",
        "last_year": values[0]["evaluation_year"] - 1 if any(last for _, last in places) else None,
        "year": values[0]["evaluation_year"],
        "judgements": [
            (word, mark) for word, mark in MARKS.items()
            if word in {value["judgement"] for value in values}
        ],
        "svg": _draw(points, places, float(limit), unit, f"{title}：{text}"),
    }  # fmt: skip


def _point(figures: Figures, value: Row) -> Point:
    number, standard = value["value"], value["standard_value"]
    last = figures.value_of_last_year(value)
    if last is not None and last["state"] in WITH_NUMBERS:
        limits = {row["value"] for row in figures.tables.standards_of(last)}
        if len(limits) == 1:
            return Point(value, number, standard, last["value"], limits.pop())
    return Point(value, number, standard, None, standard)


def _places(point: Point, *, is_share: bool) -> tuple[float, float | None]:
    """Place a value and last year's, which by another standard has a place among shares alone."""
    if not is_share:
        is_comparable = point.last is not None and point.last_standard == point.standard
        return float(point.number), float(point.last or 0) if is_comparable else None
    last = point.last is not None and point.last_standard and point.last / point.last_standard
    return float(100 * point.number / point.standard), float(100 * last) if last else None


def _describe(figures: Figures, point: Point) -> str:
    """Say in words what a row of the chart shows."""
    value = point.value
    last = f"，上年{write_rounded(point.last, 2)}" if point.last is not None else ""
    return (
        f"{value['member']}{figures.number_of(value)}，"
        f"标准{write_exactly(point.standard)}，{value['judgement']}{last}"
    )


def _draw(
    points: Sequence[Point],
    places: Sequence[tuple[float, float | None]],
    limit: float,
    unit: str,
    label: str,
) -> "Markup":
    """Draw the chart; nothing in it depends on the fonts of the machine or on the net."""
    import altair
    import vl_convert
    from markupsafe import Markup

    members = [str(point.value["member"]) for point in points]
    rows = [
        {"member": member, "x": x, "last": last, "mark": MARKS[point.value["judgement"]],
         "label": _label(x, limit) + unit}
        for member, point, (x, last) in zip(members, points, places, strict=True)
    ]  # fmt: skip
    known = [limit, *(x for place in places for x in place if x is not None)]
    margin = (max(known) - min(known)) * 0.08 or 1
    scale = altair.Scale(domain=[min(known) - margin, max(known) + margin], nice=True, zero=False)
    axis = altair.Axis(tickCount=4, labelOverlap=False, labelFlush=False, labelColor=SOFT,
                       domain=False, ticks=False, gridColor="#e8ebee", labelPadding=6)  # fmt: skip
    marks = list(SHAPES)
    chart = altair.Chart({"values": rows})
    y = altair.Y(
        "member:N",
        sort=members,
        title=None,
        axis=altair.Axis(labelLimit=0, labelPadding=8, domain=False, ticks=False),
    )
    x = altair.X("x:Q", title=None, scale=scale, axis=axis)
    at_limit = altair.Chart({"values": [{"x": limit}]})
    layers = [
        at_limit.mark_rule(color=INK, strokeWidth=1.5).encode(x=x),
        chart.mark_rule(color=LINE, strokeWidth=3).encode(x=x, x2="last:Q", y=y),
        chart.mark_point(color=SOFT, fill="white", size=60, strokeWidth=1.5).encode(
            x=altair.X("last:Q"), y=y
        ),
        chart.mark_point(filled=True, size=110, opacity=1).encode(
            x=x,
            y=y,
            shape=altair.Shape(
                "mark:N",
                legend=None,
                scale=altair.Scale(domain=marks, range=[SHAPES[mark] for mark in marks]),
            ),
            color=altair.Color(
                "mark:N",
                legend=None,
                scale=altair.Scale(domain=marks, range=[COLOURS[mark] for mark in marks]),
            ),
        ),
        chart.mark_text(align="left", fontSize=FONT_SIZE, color=INK).encode(
            x=altair.value(PLOT_WIDTH + 10), y=y, text="label:N"
        ),
    ]
    spec = (
        altair.layer(*layers)
        .properties(width=PLOT_WIDTH, height=ROW_HEIGHT * len(rows))
        .configure(
            aria=False,
            autosize=altair.AutoSizeParams(type="none"),
            background="transparent",
            font=FONT,
            padding={
                "left": 16 + FONT_SIZE * max(map(len, members)),
                "right": 90,
                "top": 4,
                "bottom": 24,
            },
        )
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=FONT_SIZE - 1, labelColor=INK)
        .to_dict()
    )
    svg = vl_convert.vegalite_to_svg(spec)
    svg = re.sub(r"<[^>]*>", lambda tag: UNSEEN.sub("", _rounded(tag[0])), svg)
    head = Markup('<svg role="img" aria-label="{}"').format(label)
    return head + Markup(svg.removeprefix("<svg"))


def _label(x: float, limit: float) -> str:
    """Write a number so that it does not look like the limit that it misses by a hair."""
    number = Decimal(repr(x))
    return write_rounded(number, 6 if 0 < abs(x - limit) < HAIR else 2)


def _rounded(tag: str) -> str:
    """Round the coordinates of a tag to what an eye can tell apart."""
    return re.sub(r"[0-9]+\.[0-9]{3,}", lambda number: f"{float(number[0]):.2f}", tag)
