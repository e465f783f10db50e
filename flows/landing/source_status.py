"""What is in force tonight: the newest accepted delivery of each period owed, and the gaps."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flows.common.clock import day_of
from flows.common.settings import SAMPLE_MARK, Settings
from flows.contracts.delivery import Delivery, newest_first
from flows.contracts.model import Contract
from flows.landing.acceptance import Acceptance, rejection_of_delivery, rejection_sentence

Key = tuple[str, str, str]  # table, district and period


@dataclass(frozen=True)
class Owed:
    """One period of a source table that an open year needs."""

    contract: Contract
    district_code: str
    evaluation_year: int
    year_offset: int

    @property
    def period(self) -> str:
        """The period as it is published."""
        return self.contract.period_of_year(self.evaluation_year + self.year_offset)

    @property
    def due(self) -> str:
        """By when it is owed."""
        return self.contract.due_date_of_year(self.evaluation_year + self.year_offset)

    @property
    def key(self) -> Key:
        """The table, district and period, as deliveries are keyed."""
        return self.contract.name, self.district_code, self.period

    def why_not_asked(self, today: date) -> str | None:
        """Say why a live system cannot answer for the period now; None where it can.

        What it says today is filed for no day to come, and for a day that is past only where its
        request names the day or its rows tell of past days; until it is due it is still that day's.
        """
        begins = self.contract.first_day_of_year(self.evaluation_year + self.year_offset)
        told = f"{self.contract.name} {self.period} is not asked for"
        if begins is None:
            return None
        if begins > today.isoformat():
            return f"{told}: that day has not come"
        if self.contract.answers_for_any_day or today.isoformat() <= self.due:
            return None
        return (
            f"{told}: it was due by {self.due}, and what the system says today is not of that day; "
            "where its rows tell of past days say `answers_for: any_day` in pull of the contract"
        )


@dataclass(frozen=True)
class InForce:
    """A delivery whose rows count, with its verdict."""

    delivery: Delivery
    acceptance: Acceptance
    superseded: tuple[str, ...] = ()  # units whose rows a newer part holds

    @property
    def rows_landed(self) -> int:
        """How many of its rows count."""
        return int(self.acceptance.outcome["rows_landed"]) - self._superseded(0)

    @property
    def rows_quarantined(self) -> int:
        """How many of its rows are set aside and count as that."""
        return int(self.acceptance.outcome["rows_quarantined"]) - self._superseded(1)

    @property
    def rows_superseded(self) -> int:
        """How many of its rows do not count, for a newer part holds their unit."""
        return self._superseded(0) + self._superseded(1)

    @property
    def doubts(self) -> list[dict[str, Any]]:
        """What of it makes figures doubtful though its rows count."""
        found = self.acceptance.outcome["doubts"]
        return [one for one in found if one["unit"] not in self.superseded]

    def _superseded(self, position: int) -> int:
        units = self.acceptance.outcome.get("units", {})
        return sum(units[unit][position] for unit in self.superseded)


@dataclass(frozen=True)
class Standing:
    """How it stands with one owed period."""

    owed: Owed
    in_force: tuple[InForce, ...]  # several where the table comes in parts, the newest first
    rejected: tuple[tuple[Delivery, Acceptance], ...]  # newer than the one in force, newest first
    is_overdue: bool
    is_waiting: bool = False  # something landed that the next night will judge
    replaced: tuple[Delivery, ...] = ()  # accepted parts of which no unit counts any more
    held: int = 0  # files that came in one night, none of which was taken

    @property
    def rejections(self) -> tuple[dict[str, Any], ...]:
        """List why what came is not in force."""
        return tuple(rejection_of_delivery(*one) for one in self.rejected)

    @property
    def gap(self) -> str | None:
        """Say in a sentence what is missing; None when a delivery is in force or need not be."""
        came = self.rejections or self.held
        if self.in_force or (self.owed.contract.is_optional and not came):
            return None
        contract = self.owed.contract
        state = "逾期未报" if self.is_overdue else "尚未报送"
        state = "已收到,下次夜间检查" if self.is_waiting else state
        reason = "已报送但未通过检查" if self.rejections else state
        if self.rejected and all(
            verdict.outcome.get("is_fault_of_suite") for _, verdict in self.rejected
        ):
            reason = "已报送,检查规则文件有误,待工程师改正"
        if self.held:
            reason = (
                f"同一晚收到该期文件{self.held}份,无从判断以哪份为准,均未采用:"
                "请只保留正确的一份,或合并成一份重新报送"
            )
        return (
            f"{contract.title}({self.owed.period})缺失:由{contract.meta['owed']['by']}"
            f"于{self.owed.due}前报送,{reason}"
        )


def owed_periods(
    contracts: Mapping[str, Contract], settings: Settings, years: Sequence[int]
) -> list[Owed]:
    """List what the open years need."""
    return [
        Owed(contract, settings.district, year, offset)
        for contract in contracts.values()
        for year in years
        for offset in contract.year_offsets
    ]


def known_by(deliveries: Sequence[Delivery], as_of: date | None) -> list[Delivery]:
    """Cut knowledge: only what was received or withdrawn by the end of a day, in the country."""
    if as_of is None:
        return list(deliveries)
    return [
        replace(one, withdrawn=None)
        if one.withdrawn and day_of(one.withdrawn.withdrawn_at) > as_of
        else one
        for one in deliveries
        if day_of(one.received_at) <= as_of
    ]


def with_period_before(owed: Sequence[Owed], deliveries: Sequence[Delivery]) -> set[Key]:
    """Name the periods owed, and of each table the last one before: new files are compared with it.

    What was never owed in these years may be all there is, as when a new year opens.
    """
    keys = {one.key for one in owed}
    received = {one.key for one in deliveries if not one.withdrawn}
    for source, district in {key[:2] for key in keys}:
        first = min(period for *table, period in keys if table == [source, district])
        before = {key for key in received if key[:2] == (source, district) and key[2] < first}
        keys |= {max(before)} if before else set()
    return keys


def sentences_on_unneeded(
    owed: Sequence[Owed], deliveries: Sequence[Delivery], years: Sequence[int]
) -> list[str]:
    """Name the kept files whose period no open year needs, so that they count nowhere."""
    needed = {period.key for period in owed}
    names: dict[Key, list[str]] = {}
    for delivery in deliveries:
        is_kept = delivery.origin == "inbox" and not delivery.withdrawn
        if delivery.key not in needed and is_kept:
            names.setdefault(delivery.key, []).append(delivery.name)
    open_years = ", ".join(map(str, years))
    return [
        f"{source} {period}: {', '.join(dict.fromkeys(found))} is kept and counts nowhere: no open "
        f"year ({open_years}) needs this period; a year is opened by ZIPING_OPEN_YEARS"
        for (source, _, period), found in sorted(names.items())
    ]


def candidates(deliveries: Sequence[Delivery], key: Key) -> list[Delivery]:
    """List the deliveries for a period that stand, newest first, each content once."""
    standing = [one for one in deliveries if one.key == key and not one.withdrawn]
    found = {one.id: one for one in reversed(newest_first(standing))}
    return newest_first(list(found.values()))


def standing_of(
    owed: Owed,
    deliveries: Sequence[Delivery],
    judge: Mapping[tuple[str, str, str], Acceptance],
    today: date,
) -> Standing:
    """Find the newest accepted delivery, or all accepted parts; what was rejected since is told.

    `judge` maps (source, period, delivery id) to its verdict. Of a unit the newest part counts; a
    rejected part is told until a later one comes under its name or holds its unit.
    """
    in_force: list[InForce] = []
    replaced: list[Delivery] = []
    rejected: list[tuple[Delivery, Acceptance]] = []
    names: set[str] = set()
    taken: set[str] = set()
    is_waiting = False
    for delivery in candidates(deliveries, owed.key):
        acceptance = judge.get((delivery.source, delivery.period, delivery.id))
        name = delivery.files[0].original_name
        if acceptance is None:
            is_waiting = True
        elif acceptance.accepted:
            units = set(acceptance.outcome.get("units", {}))
            if units and units <= taken:
                replaced.append(delivery)
            else:
                superseded = tuple(sorted(units & taken))
                in_force.append(InForce(delivery, acceptance, superseded))
            taken |= units
            if not owed.contract.in_parts:
                break
        elif name not in names and not _holds_only(taken, name, acceptance):
            rejected.append((delivery, acceptance))
        if owed.contract.in_parts:
            names.add(name)
    is_overdue = not in_force and today.isoformat() > owed.due
    return Standing(owed, tuple(in_force), tuple(rejected), is_overdue, is_waiting, tuple(replaced))


def _holds_only(taken: Set[str], name: str, rejected: Acceptance) -> bool:
    """Whether later parts hold each unit of a rejected one: by its rows, else by its name."""
    if units := set(rejected.outcome.get("units", {})):
        return units <= taken
    return any(unit in re.findall(r"[0-9A-Za-z]+", name) for unit in taken)


def gap_sentences(found: Sequence[Standing]) -> list[str]:
    """List what is missing, each sentence once, for the office that owes it."""
    return list(dict.fromkeys(one.gap for one in found if one.gap))


def missing_or_rejected(found: Sequence[Standing]) -> list[str]:
    """List what is missing and what was rejected, for the engineer."""
    return [*gap_sentences(found), *map(rejection_sentence, rejections_of(found))]


def rejections_of(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """List why deliveries are not in force, each once."""
    entries: list[dict[str, Any]] = []
    for standing in found:
        entries += [entry for entry in standing.rejections if entry not in entries]
    return entries


def open_periods(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """Describe each owed period that has no delivery in force, or a newer one that was rejected."""
    listed = {}
    for one in found:
        if sentences := missing_or_rejected([one]):
            listed[one.owed.key] = _named(one) | {
                "due": one.owed.due,
                "in_force": bool(one.in_force),
                "sentences": sentences,
            }
    return list(listed.values())


def set_aside(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """Count the rows in quarantine of each delivery in force."""
    listed = {}
    for one in found:
        for part in one.in_force:
            if rows := part.rows_quarantined:
                listed[(*one.owed.key, part.delivery.id)] = _named(one) | {
                    "file": part.delivery.name,
                    "rows_set_aside": rows,
                    "rows": part.rows_landed + rows,
                }
    return list(listed.values())


def doubts(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """List what makes figures doubtful of each delivery in force, though its rows count."""
    listed = {}
    for one in found:
        for part in one.in_force:
            if reasons := list(dict.fromkeys(doubt["reason"] for doubt in part.doubts)):
                listed[(*one.owed.key, part.delivery.id)] = _named(one) | {
                    "file": part.delivery.name,
                    "reasons": reasons,
                }
    return list(listed.values())


def all_in_force(found: Sequence[Standing]) -> list[InForce]:
    """List the deliveries in force, each once, by table, district and period, the newest first."""
    by_key = {one.owed.key: one.in_force for one in found}
    return [part for key in sorted(by_key) for part in by_key[key]]


def files_of_the_sample(found: Sequence[Standing]) -> list[str]:
    """Name the files in force that the sample made: they say so, and their rows are invented."""
    names = {part.delivery.name for one in found for part in one.in_force}
    return sorted(name for name in names if SAMPLE_MARK in name)


def _named(one: Standing) -> dict[str, Any]:
    contract = one.owed.contract
    return {
        "source": contract.name,
        "title": contract.title,
        "period": one.owed.period,
        "owner": contract.meta["owed"]["by"],
    }
