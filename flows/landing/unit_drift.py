"""Units that are far from what they were: with the last delivery, and with the years beside it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf, sqrt
from typing import Any

from flows.common.clock import day_of
from flows.contracts.delivery import Delivery, newest_first
from flows.contracts.model import Contract
from flows.landing.outcome import Outcome

FALLS, GROWS = 2, 3  # times as few or as many rows or persons of a unit
MONEY = 4  # times as much or as little money of a unit
LEAST_MONEY = 10_000  # yuan: a difference of less is none that anybody asks about
LEAST_ROOTS = 3  # between the roots of two counts: 1 and 16, 49 and 100; less is chance
USUAL_SHARE = 0.8  # of the units change less than what is unusual
OUT_OF_SCALE, OF_MOST = 50, 10  # times: yuan for 万元, and nothing that happens in a year
LITTLE = Decimal("0.05")
Places = list[dict[str, Any]]
Earlier = tuple[Delivery, Outcome]
Cell = tuple[str, str]  # a unit and its member
Held = dict[Cell, tuple[int, dict[str, Decimal]]]  # the delivery by its place, and its measures
Changes = dict[str, tuple[Decimal, Decimal]]  # of a measure what it was and what it is
Doubt = tuple[str, Changes]  # with what it is compared
WHOLE = ("", "")
ROWS = "_rows"


def far_units(earlier: Sequence[Earlier], contract: Contract) -> dict[int, dict[str, Places]]:
    """Find units that are far from what they were, by the place of the delivery that holds them.

    A delivery is compared with what its period held before, as far as that was in no doubt, and
    what counts of a period with the periods beside it.
    """
    if contract.in_parts and contract.part_column != contract.column_of_role("unit"):
        return {}  # the rows of a unit are spread over parts
    return _UnitDrift(earlier, contract).find()


@dataclass(frozen=True)
class _UnitDrift:
    """Compares what units have in the accepted deliveries of one table, in their order."""

    earlier: Sequence[Earlier]
    contract: Contract

    def find(self) -> dict[int, dict[str, Places]]:
        sure: dict[str, Held] = {}
        counts: dict[str, Held] = {}
        doubts: dict[int, dict[Cell, Doubt]] = {}
        places_in_turn = {id(delivery): number for number, (delivery, _) in enumerate(self.earlier)}
        for delivery in reversed(newest_first([delivery for delivery, _ in self.earlier])):
            number, period = places_in_turn[id(delivery)], delivery.period
            now = self._held(number)
            before = sure.get(period, {})
            changes = self._find_changes(before, now, is_same_period=True) if before else {}
            doubts[number] = {cell: ("上一份文件", change) for cell, change in changes.items()}
            unchanged = {cell: held for cell, held in now.items() if cell not in changes}
            sure[period] = before | unchanged
            units = {unit for unit, _ in now}
            older = counts.get(period, {}) if self.contract.in_parts else {}
            left = {cell: held for cell, held in older.items() if cell[0] not in units}
            counts[period] = left | now
        for number, cell, doubt in self._compare_neighbours(counts):
            doubts[number][cell] = doubt
        return {
            number: _describe_places(cells, self.contract.amounts)
            for number, cells in sorted(doubts.items())
            if cells
        }

    def _held(self, number: int) -> Held:
        """Give what units and members have in a delivery, and a file that is no part as a whole."""
        details = self.earlier[number][1].details
        held = {
            (unit, member): (number, {name: Decimal(text) for name, text in measures.items()})
            for unit, members in details["by_unit"].items()
            for member, measures in members.items()
        }
        if not self.contract.in_parts:
            held[WHOLE] = number, {name: Decimal(text) for name, text in details["sums"].items()}
        return held

    def _compare_neighbours(self, counts: Mapping[str, Held]) -> Iterator[tuple[int, Cell, Doubt]]:
        """Compare the periods of years that follow each other, and say which of two is in doubt.

        That is the one that no other neighbour bears out; where neither is, the later one, and the
        other too if both came on one day, for then nobody has relied on it yet.
        """
        years = {int(period[:4]): period for period in counts if period[:4].isdigit()}
        found: dict[tuple[int, int], dict[Cell, Changes]] = {
            (year, later): self._find_changes(
                counts[years[year]], counts[years[later]], is_same_period=False
            )
            for year in years
            for later in (year + 1, year + 2)
            if later in years
        }

        def is_near(cell: Cell, year: int, later: int) -> bool:
            is_known = (year, later) in found and cell not in found[year, later]
            return is_known and cell in counts[years[year]] and cell in counts[years[later]]

        for (year, later), changes in found.items():
            if later > year + 1:
                continue
            then, now = counts[years[year]], counts[years[later]]
            for cell, change in changes.items():
                is_borne_out = is_near(cell, year - 1, year) or is_near(cell, year, later + 1)
                is_later_too = is_near(cell, later, later + 1) or is_near(cell, year - 1, later)
                number = then[cell][0]
                # What is gone is in no delivery: that which should hold it is the newest.
                later_number = now[cell][0] if cell in now else max(at for at, _ in now.values())
                if not is_later_too:
                    yield later_number, cell, (years[year], change)
                days = {day_of(self.earlier[at][0].received_at) for at in (number, later_number)}
                if not is_borne_out and (is_later_too or len(days) == 1):
                    yield number, cell, (years[later], change)

    def _find_changes(
        self, before: Held, now: Held, *, is_same_period: bool
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
                number = (now if became < was else before)[cell][0]
                is_explained = self._has_in_quarantine(cell[0], number)
                if not is_explained and self._is_unusual(name, was, became, usual):
                    found.setdefault(cell, {})[name] = (was, became)
            if (
                whole
                and all(whole)
                and _times_as_much(*whole) >= OUT_OF_SCALE
                and middle >= OF_MOST
            ):
                found.setdefault(WHOLE, {})[name] = whole
        for cell, changes in list(found.items()):
            has_money = not before[cell][1].keys().isdisjoint(self.contract.amounts)
            if has_money and changes.keys() == {ROWS}:
                del found[cell]  # the same money in more or fewer rows
        return found | self._find_gone(before, now, is_same_period=is_same_period)

    def _find_gone(self, before: Held, now: Held, *, is_same_period: bool) -> dict[Cell, Changes]:
        """Find what is there no more; which units must report, the contract says elsewhere.

        A row that is quarantined with no unit may be that of any unit.
        """
        contract = self.contract
        if contract.in_parts or now.keys() <= {WHOLE}:  # or more units than are told one by one
            return {}
        units = {unit for unit, _ in now}
        number = max(at for at, _ in now.values())
        found = {}
        for cell, (_, measures) in before.items():
            is_small = not any(
                self._is_unusual(name, was, Decimal(0), 1) for name, was in measures.items()
            )
            has_to = contract.units and (cell[0] not in units or contract.units.by_member)
            is_missed = cell[0] not in units if is_same_period and is_small else not is_small
            if cell in now or not is_missed or (has_to and not is_same_period):
                continue
            if not any(self._has_in_quarantine(unit, number) for unit in (cell[0], "")):
                found[cell] = {name: (was, Decimal(0)) for name, was in measures.items() if was}
        return found

    def _has_in_quarantine(self, unit: str, number: int) -> bool:
        """Whether a delivery has rows of a unit in quarantine: then that is where they are."""
        return unit in self.earlier[number][1].details["units_in_quarantine"]

    def _is_unusual(self, name: str, was: Decimal, became: Decimal, usual: float) -> bool:
        """Whether a unit changed more than units of its size may, and than most others did."""
        less, more = sorted((abs(was), abs(became)))
        if name in self.contract.amounts:
            bound, is_much = MONEY, abs(became - was) >= LEAST_MONEY
        else:
            bound = GROWS if became > was else FALLS
            is_much = sqrt(more) - sqrt(less) > LEAST_ROOTS
        return bool(was) and is_much and _times_as_much(was, became) > max(bound, usual**2)


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


def _describe_places(cells: Mapping[Cell, Doubt], amounts: Collection[str]) -> dict[str, Places]:
    """Say of each unit in doubt what it is compared with, and how much money that is about."""
    found: dict[str, Places] = {}
    for (unit, member), (against, changes) in sorted(cells.items()):
        whose = f"{unit}{member and f'({member})'}" or "合计"
        for name, (was, became) in changes.items():
            detail = f"{unit} {member}".strip() + f" {times_as_text(became, was)} ({against})"
            detail = detail.strip()
            found.setdefault("unit_far" if unit else "sums_out_of_scale", []).append(
                make_place("" if name == ROWS else name, detail)
                | {"unit": unit or None, "member": member or None}
                | {"reason": f"{whose}与{against}相差过大"}
                | {"amount": abs(became - was) if unit and name in amounts else None}
            )
    return found


def times_as_text(now: Decimal, then: Decimal) -> str:
    """Say how many times as much it is; so little that two decimals would say 0, what part."""
    if not then or not now:
        return "" if not then else "→ 0"
    times = now / then
    if abs(times) < LITTLE:
        return f"÷ {then / now:.0f}"
    return f"× {times:.0f}" if abs(times) >= 10 else f"× {times:.2f}"


def make_place(column: str = "", detail: str = "") -> dict[str, Any]:
    """Say where something was found: in a column, or in the file as a whole."""
    place = {"sheet": "", "row": None, "column": column}
    return place | ({"detail": detail} if detail else {})
