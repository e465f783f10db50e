"""What a delivery has that the one before it did not: told, each as its suite says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

from flows.common.messages import message
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.landing.caption_drift import compared_captions, likely_captions, listed
from flows.landing.outcome import Outcome
from flows.landing.unit_drift import Earlier, Places, far_units, make_place, times_as_text
from flows.parsing.values import UNITS_OF_YUAN
from flows.quality.delivery_report import list_doubts, write_rejection, write_result
from flows.quality.suite import Suites
from flows.quality.waivers import Waiver, waived_entries

FAR = 2  # times as much, or as little, unless the contract says another factor
FEWEST_ROWS = 10  # a difference of fewer rows is none that anybody asks about
MOST = 50  # percent of the rows have a day of the year that their column is of
HALF_A_YEAR, MOST_OF = 180, 0.6  # days, and of those that the last file spans
NEAR = Decimal("0.2")
Outcomes = dict[tuple[str, str, str], Outcome]  # by source, period and id of the delivery


def add_drift(
    outcomes: Outcomes,
    relevant: Sequence[Delivery],
    received: Sequence[Delivery],
    contracts: Mapping[str, Contract],
    suites: Suites,
    waivers_for: Callable[[Delivery], Sequence[Waiver]],
) -> Outcomes:
    """Compare each delivery with the last accepted one of its table that was received before it.

    The comparison follows from the two outcomes and from the order of receipt alone, so that it is
    the same in every run, and nothing is read again for it.
    """
    found: Outcomes = {}
    accepted: dict[tuple[str, str], list[Earlier]] = {}
    for delivery in sorted(relevant, key=_turn):
        key = (delivery.source, delivery.period, delivery.id)
        if (outcome := outcomes.get(key)) is None:
            continue
        contract = contracts[delivery.source]
        before = accepted.setdefault((delivery.source, delivery.district_code), [])
        places = {"older_file_again": _older_again(delivery, received, contract)}
        if before and outcome.details.get("stated_units") is not None:  # it could be read
            places |= _compared(delivery, outcome.details, before, contract)
        elif before and outcome.details.get("layout"):
            _, last = nearest(delivery, before, contract)
            outcome = _with_likely_captions(outcome, last.details, contract)
        places = {name: found_at for name, found_at in places.items() if found_at}
        if places:
            outcome = _with_findings(outcome, places, contract, suites, waivers_for(delivery))
        found[key] = outcome
        if outcome.accepted:
            before.append((delivery, outcome))
    for (source, _), earlier in accepted.items():
        contract = contracts[source]
        for number, places in far_units(earlier, contract).items():
            delivery, outcome = earlier[number]
            found[delivery.source, delivery.period, delivery.id] = _with_findings(
                outcome, places, contract, suites, waivers_for(delivery)
            )
    return found


def _turn(delivery: Delivery) -> tuple[str, int]:
    """Order by receipt; what is pulled side by side in one night, by its period."""
    return "" if delivery.origin == "inbox" else delivery.period, delivery.number


def _with_findings(
    outcome: Outcome,
    found: Mapping[str, Places],
    contract: Contract,
    suites: Suites,
    waivers: Sequence[Waiver],
) -> Outcome:
    """Add to an outcome what was found, with the severity that the suite gives to it."""
    file_checks = suites.load(contract).file_checks
    results, rejections = list(outcome.details["results"]), outcome.rejections
    waived, doubts = list(outcome.details["waived"]), list(outcome.details["doubts"])
    for name, places in found.items():
        rule = file_checks[name]
        is_critical = rule.severity == "critical"
        cases = [
            (waiver, place)
            for place in places
            for waiver in waivers
            if (is_critical or rule.makes_doubt) and waiver.covers(contract, name, place)
        ]
        is_let_through = {id(place) for _, place in cases}
        standing = [place for place in places if id(place) not in is_let_through]
        severity = "warning" if not standing and is_critical else rule.severity
        results.append(
            write_result(replace(rule, severity=severity), places, success=False, raised=False)
        )
        if rule.makes_doubt:
            doubts += list_doubts(rule, standing)
        if is_critical and standing:
            rejections.append(write_rejection(rule, standing))
        else:
            waived += waived_entries(cases)
    details = {
        "results": results,
        "rejections": [reason.as_json() for reason in rejections],
        "accepted": not rejections,
        "waived": waived,
        "doubts": doubts,
    }
    return replace(outcome, details={**outcome.details, **details})


def _with_likely_captions(outcome: Outcome, then: Mapping[str, Any], contract: Contract) -> Outcome:
    """Add to the rejection for a missing column which caption stands in place of the last one."""
    renamed = likely_captions(outcome.details, then, contract)
    likely = [message("caption_likely", name=name, was=was, now=now) for name, was, now in renamed]
    kept = [reason.as_json() for reason in likely]
    details = {**outcome.details, "rejections": [*outcome.details["rejections"], *kept]}
    return replace(outcome, details=details)


def _compared(
    delivery: Delivery,
    now: Mapping[str, Any],
    before: Sequence[Earlier],
    contract: Contract,
) -> dict[str, Places]:
    """Compare what a file looked like with the last one of its period, else of the one before."""
    last, outcome = nearest(delivery, before, contract)
    then = outcome.details
    are_alike = not contract.in_parts or _named(delivery) == _named(last)
    found = {
        **{
            name: [make_place(*place) for place in found_at]
            for name, found_at in compared_captions(now, then).items()
        },
        "same_file_twice": _same_twice(delivery, now, before, contract),
        "changed_type": _changed_types(now, then),
        "other_unit": _other_units(now, then, are_alike=are_alike),
        "other_year": _other_years(delivery, now, last, then, contract),
        "part_of_period": _parts_of_period(now, then, contract),
    }
    if are_alike:
        found |= _amounts(now, then, contract)
    return found


def _named(delivery: Delivery) -> str:
    return delivery.files[0].original_name


def nearest(delivery: Delivery, before: Sequence[Earlier], contract: Contract) -> Earlier:
    """Pick the last one of the same period, else of the nearest; a part, of its own name."""
    named = [pair for pair in before if contract.in_parts and _named(pair[0]) == _named(delivery)]
    earlier = [pair for pair in before if pair[0].period <= delivery.period]
    period = max(earlier or before, key=lambda pair: pair[0].period)[0].period
    return (named or [pair for pair in before if pair[0].period == period])[-1]


def _older_again(delivery: Delivery, received: Sequence[Delivery], contract: Contract) -> Places:
    """Find bytes that had been replaced by others before they came again."""
    before = [
        other for other in received if other.key == delivery.key and other.number < delivery.number
    ]
    if contract.in_parts:
        before = [other for other in before if _named(other) == _named(delivery)]
    ids = [other.id for other in before]
    return [make_place()] if delivery.id in ids and ids[-1] != delivery.id else []


def _same_twice(
    delivery: Delivery, now: Mapping[str, Any], before: Sequence[Earlier], contract: Contract
) -> Places:
    """Find the file, or all of its rows, under another period, or as another part."""
    many = _rows(now) >= FEWEST_ROWS
    return [
        make_place(detail=f"= {earlier.period} {earlier.name}")
        for earlier, outcome in before
        if (
            # A part that comes again may lie in another folder or archive.
            earlier.period != delivery.period
            or (contract.in_parts and Path(_named(earlier)).name != Path(_named(delivery)).name)
        )
        and (earlier.id == delivery.id or (many and outcome.details["content"] == now["content"]))
    ]


def _changed_types(now: Mapping[str, Any], then: Mapping[str, Any]) -> Places:
    """Find columns most of whose cells can no longer be read as what they are declared."""
    return [
        make_place(name)
        for name in now["unreadable"]
        if _is_other(name, now) > _is_other(name, then)
    ]


def _is_other(name: str, outcome: Mapping[str, Any]) -> bool:
    return bool(2 * outcome["unreadable"].get(name, 0) > _rows(outcome))


def _rows(outcome: Mapping[str, Any]) -> int:
    return int(outcome["rows_landed"] + outcome["rows_quarantined"])


def _other_units(now: Mapping[str, Any], then: Mapping[str, Any], *, are_alike: bool) -> Places:
    """Compare units; those of another part only where they are of money: 单位:甲校 is a school."""
    units, were = (
        [unit for unit in outcome["stated_units"] if are_alike or unit in UNITS_OF_YUAN]
        for outcome in (now, then)
    )
    is_other = units and were and not set(units) & set(were)
    return [make_place(detail=f"{listed(were)} → {listed(units)}")] if is_other else []


def _other_years(
    delivery: Delivery,
    now: Mapping[str, Any],
    last: Delivery,
    then: Mapping[str, Any],
    contract: Contract,
) -> Places:
    """Find columns of days that lay in the period's year, and now lie in another.

    Only what a calendar year holds happens in it: of a list on a day, days are those on which its
    persons came, left or were born.
    """
    if contract.period.kind != "calendar_year":
        return []
    year, last_year = int(delivery.period[:4]), int(last.period[:4])
    return [
        make_place(name, f"{year} → {found}")
        for name, (found, share) in now["years"].items()
        if found != year and share > MOST and _lay_in(last_year, *then["years"].get(name, [0, 0]))
    ]


def _parts_of_period(now: Mapping[str, Any], then: Mapping[str, Any], contract: Contract) -> Places:
    """Find columns of days that show another part of the year than the last file, or half of it."""
    is_few = min(_rows(now), _rows(then)) < FEWEST_ROWS
    if contract.period.kind != "calendar_year" or contract.in_parts or is_few:
        return []
    found = []
    for name in now["days"].keys() & then["days"].keys():
        (first, end), (was_first, was_end) = (
            map(date.fromisoformat, outcome["days"][name]) for outcome in (now, then)
        )
        days, were = (end - first).days, (was_end - was_first).days
        is_same_year = now["years"][name][0] == then["years"][name][0]
        is_other = is_same_year and (first > was_end or end < was_first)
        is_half = were >= HALF_A_YEAR and days < MOST_OF * were
        is_full = min(outcome["years"][name][1] for outcome in (now, then)) > MOST
        if is_full and (is_other or is_half):
            detail = f"{was_first}—{was_end} → {first}—{end}"
            found.append(make_place(name, detail) | {"reason": f"日期只到{first}—{end}"})
    return found


def _lay_in(wanted: int, year: int, share: int) -> bool:
    return year == wanted and share > MOST


def _amounts(
    now: Mapping[str, Any], then: Mapping[str, Any], contract: Contract
) -> dict[str, Places]:
    """Compare the number of rows and the sums; two sums that changed places are two columns."""
    rows, were = _rows(now), _rows(then)
    sums = {name: Decimal(text) for name, text in now["sums"].items()}
    before = {name: Decimal(text) for name, text in then["sums"].items() if name in sums}
    far = [name for name in before if _is_far(sums[name], before[name])]
    swapped = [
        (name, other)
        for name, other in combinations(far, 2)
        if _is_near(sums[name], before[other]) and _is_near(sums[other], before[name])
    ]
    return {
        "row_count_far": [make_place(detail=f"{were} → {rows}")]
        if abs(rows - were) >= FEWEST_ROWS and _is_far(Decimal(rows), Decimal(were))
        else [],
        "sums_far": [
            make_place(name, times_as_text(sums[name], before[name]))
            for name in far
            if not any(name in pair for pair in swapped)
        ],
        "swapped_columns": [make_place(", ".join(pair)) for pair in swapped],
    }


def _is_far(now: Decimal, then: Decimal) -> bool:
    less, more = sorted((abs(now), abs(then)))
    return more > FAR * less or now * then < 0


def _is_near(now: Decimal, then: Decimal) -> bool:
    return abs(now - then) <= NEAR * abs(then)
