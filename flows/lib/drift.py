"""What a delivery has that the one before it did not: told, each as its suite says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from math import inf, sqrt
from pathlib import Path
from typing import Any

from flows.lib.acceptance import Acceptance, readings_path, suite_path
from flows.lib.caption_drift import compared_captions, likely_captions, listed
from flows.lib.cells import UNITS_OF_YUAN
from flows.lib.contracts import Contract
from flows.lib.judgement import doubts_of, reading_as_rule, rejection_of, rule_outcome
from flows.lib.store import Delivery, newest_first
from flows.lib.suites import load_suite
from flows.lib.times import day_of
from flows.lib.waivers import Waiver, waived_entries

FALLS, GROWS = 2, 3  # times as few or as many rows or persons of a unit
MONEY = 4  # times as much or as little money of a unit
LEAST_MONEY = 10_000  # yuan: a difference of less is none that anybody asks about
LEAST_ROOTS = 3  # between the roots of two counts: 1 and 16, 49 and 100; less is chance
USUAL_SHARE = 0.8  # of the units change less than what is unusual
OUT_OF_SCALE, OF_MOST = 50, 10  # times: yuan for 万元, and nothing that happens in a year
FAR = 2  # times as much, or as little, unless the contract says another factor
FEWEST_ROWS = 10  # a difference of fewer rows is none that anybody asks about
MOST = 50  # percent of the rows have a day of the year that their column is of
NEAR = Decimal("0.2")
LITTLE = Decimal("0.05")
Places = list[dict[str, Any]]
Verdicts = dict[tuple[str, str, str], Acceptance]
Earlier = tuple[Delivery, Acceptance]
Cell = tuple[str, str]  # a unit and its member
Held = dict[Cell, tuple[int, dict[str, Decimal]]]  # the delivery by its place, and its measures
Changes = dict[str, tuple[Decimal, Decimal]]  # of a measure what it was and what it is
Doubt = tuple[str, Changes]  # with what it is compared
WHOLE = ("", "")
ROWS = "_rows"


def with_drift(
    judged: Verdicts,
    relevant: Sequence[Delivery],
    received: Sequence[Delivery],
    contracts: Mapping[str, Contract],
    waivers_for: Callable[[Delivery], Sequence[Waiver]],
) -> Verdicts:
    """Compare each delivery with the last accepted one of its table that was received before it.

    The comparison follows from the two verdicts and from the order of receipt alone, so that it is
    the same in every night, and nothing is read again for it.
    """
    found: Verdicts = {}
    accepted: dict[tuple[str, str], list[Earlier]] = {}
    for delivery in sorted(relevant, key=_turn):
        key = (delivery.source, delivery.period, delivery.id)
        if (verdict := judged.get(key)) is None:
            continue
        contract = contracts[delivery.source]
        before = accepted.setdefault((delivery.source, delivery.district_code), [])
        places = {"older_file_again": _older_again(delivery, received, contract)}
        if before and verdict.outcome.get("stated_units") is not None:  # it could be read
            places |= _compared(delivery, verdict.outcome, before, contract)
        elif before and verdict.outcome.get("layout"):
            _, last = nearest(delivery, before, contract)
            verdict = _with_likely_captions(verdict, last.outcome, contract)
        places = {name: found_at for name, found_at in places.items() if found_at}
        waivers = waivers_for(delivery)
        found[key] = _told(verdict, places, contract, waivers) if places else verdict
        if found[key].accepted:
            before.append((delivery, found[key]))
    for (source, _), earlier in accepted.items():
        contract = contracts[source]
        for number, places in _far_units(earlier, contract).items():
            delivery, verdict = earlier[number]
            told = _told(verdict, places, contract, waivers_for(delivery))
            found[delivery.source, delivery.period, delivery.id] = told
    return found


def _turn(delivery: Delivery) -> tuple[str, int]:
    """Order by receipt; what is pulled side by side in one night, by its period."""
    return "" if delivery.origin == "inbox" else delivery.period, delivery.number


def _told(
    verdict: Acceptance,
    found: Mapping[str, Places],
    contract: Contract,
    waivers: Sequence[Waiver],
) -> Acceptance:
    """Add to a verdict what was found, with the severity that the suite gives to it."""
    reading = load_suite(suite_path(contract), readings_path()).reading
    results, rejections = list(verdict.outcome["results"]), verdict.rejections
    waived, doubts = list(verdict.outcome["waived"]), list(verdict.outcome["doubts"])
    for name, places in found.items():
        said = reading[name]
        rule = reading_as_rule(name, said)
        cases = [
            (one, place)
            for place in places
            for one in waivers
            if (said.severity == "critical" or rule.makes_doubt)
            and one.covers(contract, name, place)
        ]
        is_let_through = {id(place) for _, place in cases}
        standing = [place for place in places if id(place) not in is_let_through]
        severity = "warning" if not standing and said.severity == "critical" else said.severity
        results.append(
            rule_outcome(replace(rule, severity=severity), places, success=False, raised=False)
        )
        if rule.makes_doubt:
            doubts += doubts_of(rule, standing)
        if said.severity == "critical" and standing:
            rejections.append(rejection_of(said, standing))
        else:
            waived += waived_entries(cases)
    told = {
        "results": results,
        "rejections": rejections,
        "accepted": not rejections,
        "waived": waived,
        "doubts": doubts,
    }
    return replace(verdict, outcome={**verdict.outcome, **told})


def _with_likely_captions(
    verdict: Acceptance, then: Mapping[str, Any], contract: Contract
) -> Acceptance:
    """Add to the rejection for a missing column which caption stands in place of the last one."""
    renamed = likely_captions(verdict.outcome, then, contract)
    sentences = [
        f"where the last file had {was} ({name}) this one has {now}: if they mean the same, add it "
        "to `captions` in the contract"
        for name, was, now in renamed
    ]
    outcome = {**verdict.outcome, "rejections": [*verdict.rejections, *sentences]}
    return replace(verdict, outcome=outcome)


def _compared(
    delivery: Delivery,
    now: Mapping[str, Any],
    before: Sequence[Earlier],
    contract: Contract,
) -> dict[str, Places]:
    """Compare what a file looked like with the last one of its period, else of the one before."""
    last, verdict = nearest(delivery, before, contract)
    then = verdict.outcome
    are_alike = not contract.in_parts or _named(delivery) == _named(last)
    found = {
        **{
            name: [_place(*one) for one in found_at]
            for name, found_at in compared_captions(now, then).items()
        },
        "same_file_twice": _same_twice(delivery, now, before, contract),
        "changed_type": _changed_types(now, then),
        "other_unit": _other_units(now, then, are_alike=are_alike),
        "other_year": _other_years(delivery, now, last, then, contract),
    }
    if are_alike:
        found |= _amounts(now, then, contract)
    return found


def _named(delivery: Delivery) -> str:
    return delivery.files[0].original_name


def nearest(delivery: Delivery, before: Sequence[Earlier], contract: Contract) -> Earlier:
    """Pick the last one of the same period, else of the nearest; a part, of its own name."""
    named = [one for one in before if contract.in_parts and _named(one[0]) == _named(delivery)]
    earlier = [one for one in before if one[0].period <= delivery.period]
    nearest = max(earlier or before, key=lambda one: one[0].period)[0].period
    return (named or [one for one in before if one[0].period == nearest])[-1]


def _older_again(delivery: Delivery, received: Sequence[Delivery], contract: Contract) -> Places:
    """Find bytes that had been replaced by others before they came again."""
    same = [one for one in received if one.key == delivery.key and one.number < delivery.number]
    if contract.in_parts:
        same = [one for one in same if _named(one) == _named(delivery)]
    ids = [one.id for one in same]
    return [_place()] if delivery.id in ids and ids[-1] != delivery.id else []


def _same_twice(
    delivery: Delivery, now: Mapping[str, Any], before: Sequence[Earlier], contract: Contract
) -> Places:
    """Find the file, or all of its rows, under another period, or as another part."""
    many = _rows(now) >= FEWEST_ROWS
    return [
        _place(detail=f"= {one.period} {one.name}")
        for one, verdict in before
        if (
            # A part that comes again may lie in another folder or archive.
            one.period != delivery.period
            or (contract.in_parts and Path(_named(one)).name != Path(_named(delivery)).name)
        )
        and (one.id == delivery.id or (many and verdict.outcome["content"] == now["content"]))
    ]


def _changed_types(now: Mapping[str, Any], then: Mapping[str, Any]) -> Places:
    """Find columns most of whose cells can no longer be read as what they are declared."""
    return [
        _place(name) for name in now["unreadable"] if _is_other(name, now) > _is_other(name, then)
    ]


def _is_other(name: str, outcome: Mapping[str, Any]) -> bool:
    return bool(2 * outcome["unreadable"].get(name, 0) > _rows(outcome))


def _rows(outcome: Mapping[str, Any]) -> int:
    return int(outcome["rows_landed"] + outcome["rows_quarantined"])


def _other_units(now: Mapping[str, Any], then: Mapping[str, Any], *, are_alike: bool) -> Places:
    """Compare units; those of another part only where they are of money: 单位:甲校 is a school."""
    units, were = (
        [one for one in outcome["stated_units"] if are_alike or one in UNITS_OF_YUAN]
        for outcome in (now, then)
    )
    is_other = units and were and not set(units) & set(were)
    return [_place(detail=f"{listed(were)} → {listed(units)}")] if is_other else []


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
    if contract.period_kind != "calendar_year":
        return []
    year, last_year = int(delivery.period[:4]), int(last.period[:4])
    return [
        _place(name, f"{year} → {found}")
        for name, (found, share) in now["years"].items()
        if found != year and share > MOST and _lay_in(last_year, *then["years"].get(name, [0, 0]))
    ]


def _lay_in(wanted: int, year: int, share: int) -> bool:
    return year == wanted and share > MOST


def _amounts(
    now: Mapping[str, Any], then: Mapping[str, Any], contract: Contract
) -> dict[str, Places]:
    """Compare the number of rows and the sums; two sums that changed places are two columns."""
    factor = {name: Decimal(str(contract.checks.get(name, {}).get("factor", FAR)))
              for name in ("row_count_far", "sums_far")}  # fmt: skip
    rows, were = _rows(now), _rows(then)
    sums = {name: Decimal(text) for name, text in now["sums"].items()}
    before = {name: Decimal(text) for name, text in then["sums"].items() if name in sums}
    far = [name for name in before if _is_far(sums[name], before[name], factor["sums_far"])]
    swapped = [
        (one, other)
        for one, other in combinations(far, 2)
        if _is_near(sums[one], before[other]) and _is_near(sums[other], before[one])
    ]
    return {
        "row_count_far": [_place(detail=f"{were} → {rows}")]
        if abs(rows - were) >= FEWEST_ROWS
        and _is_far(Decimal(rows), Decimal(were), factor["row_count_far"])
        else [],
        "sums_far": [
            _place(name, _times(sums[name], before[name]))
            for name in far
            if not any(name in pair for pair in swapped)
        ],
        "swapped_columns": [_place(", ".join(pair)) for pair in swapped],
    }


def _far_units(earlier: Sequence[Earlier], contract: Contract) -> dict[int, dict[str, Places]]:
    """Find units that are far from what they were, by the place of the delivery that holds them.

    A delivery is compared with what its period held before, as far as that was in no doubt, and
    what counts of a period with the periods beside it.
    """
    sure: dict[str, Held] = {}
    counts: dict[str, Held] = {}
    doubts: dict[int, dict[Cell, Doubt]] = {}
    places_in_turn = {id(one[0]): number for number, one in enumerate(earlier)}
    for delivery in reversed(newest_first([delivery for delivery, _ in earlier])):
        number, period = places_in_turn[id(delivery)], delivery.period
        now = _held(number, earlier[number][1].outcome, contract)
        before = sure.get(period, {})
        changes = _changes(before, now, earlier, contract, is_same_period=True) if before else {}
        doubts[number] = {cell: ("上一份文件", change) for cell, change in changes.items()}
        sure[period] = before | {cell: held for cell, held in now.items() if cell not in changes}
        units = {unit for unit, _ in now}
        older = counts.get(period, {}) if contract.in_parts else {}
        counts[period] = {cell: held for cell, held in older.items() if cell[0] not in units} | now
    for number, cell, doubt in _far_from_neighbours(counts, earlier, contract):
        doubts[number][cell] = doubt
    return {
        number: _places_of(cells, contract) for number, cells in sorted(doubts.items()) if cells
    }


def _held(number: int, outcome: Mapping[str, Any], contract: Contract) -> Held:
    """Give what each unit and member has in a delivery, and a file that is no part as a whole."""
    held = {
        (unit, member): (number, {name: Decimal(text) for name, text in measures.items()})
        for unit, members in outcome["by_unit"].items()
        for member, measures in members.items()
    }
    if not contract.in_parts:
        held[WHOLE] = number, {name: Decimal(text) for name, text in outcome["sums"].items()}
    return held


def _far_from_neighbours(
    counts: Mapping[str, Held], earlier: Sequence[Earlier], contract: Contract
) -> Iterator[tuple[int, Cell, Doubt]]:
    """Compare the periods of years that follow each other, and say which of two is in doubt.

    That is the one that no other neighbour bears out; where neither is, the later one, and the
    other too if both came on one day, for then nobody has relied on it yet.
    """
    years = {int(period[:4]): period for period in counts if period[:4].isdigit()}
    found: dict[tuple[int, int], dict[Cell, Changes]] = {
        (year, later): _changes(
            counts[years[year]], counts[years[later]], earlier, contract, is_same_period=False
        )
        for year in years
        for later in (year + 1, year + 2)
        if later in years
    }

    def is_near(cell: Cell, *pair: int) -> bool:
        return pair in found and cell not in found[pair] and all(
            cell in counts[years[year]] for year in pair
        )  # fmt: skip

    for (year, later), changes in found.items():
        if later > year + 1:
            continue
        then, now = counts[years[year]], counts[years[later]]
        for cell, change in changes.items():
            is_borne_out = is_near(cell, year - 1, year) or is_near(cell, year, later + 1)
            is_later_too = is_near(cell, later, later + 1) or is_near(cell, year - 1, later)
            number = then[cell][0]
            # What is gone is in no delivery of its own: that which should hold it is the newest.
            later_number = now[cell][0] if cell in now else max(at for at, _ in now.values())
            if not is_later_too:
                yield later_number, cell, (years[year], change)
            days = {day_of(earlier[at][0].received_at) for at in (number, later_number)}
            if not is_borne_out and (is_later_too or len(days) == 1):
                yield number, cell, (years[later], change)


def _changes(
    before: Held,
    now: Held,
    earlier: Sequence[Earlier],
    contract: Contract,
    *,
    is_same_period: bool,
) -> dict[Cell, Changes]:
    """Find what changed more than it may: of each unit and member, and of all together."""
    found: dict[Cell, Changes] = {}
    for name in sorted({name for _, measures in before.values() for name in measures}):
        pairs = {
            cell: (held[1][name], now[cell][1][name])
            for cell, held in before.items()
            if cell in now and name in held[1] and name in now[cell][1]
        }
        whole = pairs.pop(WHOLE, None)
        usual, middle = _usual(list(pairs.values()))
        for cell, (was, became) in pairs.items():
            is_explained = _is_set_aside(cell, (now if became < was else before)[cell][0], earlier)
            if not is_explained and _is_unusual(name, was, became, usual, contract):
                found.setdefault(cell, {})[name] = (was, became)
        if whole and all(whole) and _times_as_much(*whole) >= OUT_OF_SCALE and middle >= OF_MOST:
            found.setdefault(WHOLE, {})[name] = whole
    for cell, changes in list(found.items()):
        has_money = any(name in _amounts_of(contract) for name in before[cell][1])
        if has_money and changes.keys() == {ROWS}:
            del found[cell]  # the same money in more or fewer rows
    return found | _gone(before, now, earlier, contract, is_same_period=is_same_period)


def _gone(
    before: Held,
    now: Held,
    earlier: Sequence[Earlier],
    contract: Contract,
    *,
    is_same_period: bool,
) -> dict[Cell, Changes]:
    """Find what is there no more; which units must report each year, the contract says elsewhere.

    A row that is set aside with no unit may be that of any unit.
    """
    if contract.in_parts or not now:
        return {}
    units = {unit for unit, _ in now}
    number = max(at for at, _ in now.values())
    found = {}
    for cell, (_, measures) in before.items():
        is_small = not any(
            _is_unusual(name, was, Decimal(0), 1, contract) for name, was in measures.items()
        )
        has_to = "units" in contract.meta and (
            cell[0] not in units or "by_member" in contract.meta["units"]
        )
        is_missed = cell[0] not in units if is_same_period and is_small else not is_small
        if cell in now or not is_missed or (has_to and not is_same_period):
            continue
        if not _is_set_aside(cell, number, earlier) and not _is_set_aside(
            ("", ""), number, earlier
        ):
            found[cell] = {name: (was, Decimal(0)) for name, was in measures.items() if was}
    return found


def _is_set_aside(cell: Cell, number: int, earlier: Sequence[Earlier]) -> bool:
    """Whether a delivery has rows of a unit in quarantine: then that is where they are."""
    return cell[0] in earlier[number][1].outcome["units_in_quarantine"]


def _amounts_of(contract: Contract) -> set[str]:
    return {column.name for column in contract.columns if column.role == "amount"}


def _times_as_much(was: Decimal, became: Decimal) -> float:
    """Say how many times the larger is as much as the smaller; endless where one is nothing."""
    less, more = sorted((abs(was), abs(became)))
    return float(more / less) if less and was * became > 0 else inf


def _usual(pairs: Sequence[tuple[Decimal, Decimal]]) -> tuple[float, float]:
    """Say within how many times most units change, and the half of them.

    Where each unit builds in one year and not in the next, nothing of one is unusual.
    """
    times = sorted(_times_as_much(*pair) for pair in pairs if any(pair))
    if len(times) < 3:
        return 1, times[0] if times else inf
    return times[int(USUAL_SHARE * (len(times) - 1))], times[(len(times) - 1) // 2]


def _is_unusual(name: str, was: Decimal, became: Decimal, usual: float, contract: Contract) -> bool:
    """Whether a unit changed more than units of its size may, and than most others did."""
    less, more = sorted((abs(was), abs(became)))
    if name in _amounts_of(contract):
        bound, is_much = MONEY, abs(became - was) >= LEAST_MONEY
    else:
        bound = GROWS if became > was else FALLS
        is_much = sqrt(more) - sqrt(less) > LEAST_ROOTS
    bound = contract.checks.get("unit_far", {}).get("factor", bound)
    return bool(was) and is_much and _times_as_much(was, became) > max(bound, usual**2)


def _places_of(cells: Mapping[Cell, Doubt], contract: Contract) -> dict[str, Places]:
    """Say of each unit in doubt what it is compared with, and how much money that is about."""
    found: dict[str, Places] = {}
    amounts = _amounts_of(contract)
    for (unit, member), (against, changes) in sorted(cells.items()):
        whose = f"{unit}{member and f'({member})'}" or "合计"
        for name, (was, became) in changes.items():
            detail = f"{unit} {member} {_times(became, was)} ({against})".strip()
            found.setdefault("unit_far" if unit else "sums_out_of_scale", []).append(
                _place("" if name == ROWS else name, detail)
                | {"unit": unit or None, "member": member or None}
                | {"reason": f"{whose}与{against}相差过大"}
                | {"amount": abs(became - was) if unit and name in amounts else None}
            )
    return found


def _is_far(one: Decimal, other: Decimal, factor: Decimal) -> bool:
    less, more = sorted((abs(one), abs(other)))
    return more > factor * less or one * other < 0


def _is_near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= NEAR * abs(other)


def _times(now: Decimal, then: Decimal) -> str:
    """Say how many times as much it is; so little that two decimals would say 0, what part."""
    if not then or not now:
        return "" if not then else "→ 0"
    times = now / then
    if abs(times) < LITTLE:
        return f"÷ {then / now:.0f}"
    return f"× {times:.0f}" if abs(times) >= 10 else f"× {times:.2f}"


def _place(column: str = "", detail: str = "") -> dict[str, Any]:
    place = {"sheet": "", "row": None, "column": column}
    return place | ({"detail": detail} if detail else {})
