"""What must not be published: the one place that knows what would give a withheld number away."""

from collections.abc import Sequence
from typing import Any

from flows.warehouse.indicators import OF_JUDGEMENTS, ROLES, Definitions, components_of
from flows.warehouse.outline import OutlineRow

Measure = tuple[str, str] | None


def _measure(indicator: dict[str, Any], role: str) -> Measure:
    measure = indicator.get(role)
    return (measure["fact"], measure["measure"]) if measure else None


def _parts(indicator: dict[str, Any]) -> set[str]:
    return {part["id"] for part in components_of(indicator)}


def _tells(indicator: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether another indicator gives the number of one away.

    A sum stands again above or below the line of a ratio, a ratio in its twin; the numerator of a
    growth is the difference.
    """
    above, below = (_measure(indicator, role) for role in ROLES)
    if above and above == _measure(other, "numerator"):
        return below is None or below == _measure(other, "denominator")
    if above and below is None and above == _measure(other, "denominator"):
        return True
    differs = indicator["formula"] == "difference" and other["formula"] == "growth"
    return differs and bool(_parts(indicator) & _parts(other))


def withheld_indicators(definitions: Definitions, outline: Sequence[OutlineRow]) -> set[str]:
    """Name what a definition or a figure of the outline withholds, and what would give it away.

    A figure withholds its indicator in every member and year: what is left of a total tells the
    rest. What only asks whether tests are met does so without it.
    """
    known = definitions.indicators
    declared = {row.indicator for row in outline if row.publish == "withheld"}
    declared |= {name for name, own in known.items() if own["publish"] == "withheld"}
    found = declared | {
        name
        for name, own in known.items()
        if any(_tells(known[each], own) for each in declared & known.keys())
    }
    while derived := {
        name
        for name, own in known.items()
        if own["formula"] not in OF_JUDGEMENTS and name not in found and _parts(own) & found
    }:
        found |= derived
    return found


def withheld_columns(definitions: Definitions, withheld: set[str]) -> set[tuple[str, str]]:
    """Name the columns of marts that carry a withheld number: mart and column.

    They are the indicator's own, its numerator's and its denominator's, but for what is a published
    figure of its own. What is derived names the column of what it is derived from.
    """
    carriers, published = set(), set()
    for name, indicator in definitions.indicators.items():
        own = (indicator["mart"], indicator["mart_column"])
        if name in withheld:
            parts = (_measure(indicator, role) for role in ROLES)
            carriers |= {own, *((indicator["mart"], part[1]) for part in parts if part)}
        elif not indicator["components"]:
            published.add(own)
    return carriers - published
