"""What is active: the newest accepted delivery of each expected one, and what is missing."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flows.common.clock import day_of
from flows.common.settings import SAMPLE_MARK, Settings
from flows.contracts.delivery import Delivery, newest_first
from flows.contracts.model import Contract
from flows.contracts.periods import due_date_of_year, first_day_of_year, period_of_year
from flows.landing.outcome import (
    Outcome,
    describe_rejection,
    rejection_of_delivery,
    rejection_sentence,
)

Key = tuple[str, str, str]  # table, district and period


@dataclass(frozen=True)
class ExpectedDelivery:
    """One period of a source table that an open year needs."""

    contract: Contract
    district_code: str
    evaluation_year: int
    year_offset: int

    @property
    def period(self) -> str:
        """The period as it is published."""
        return period_of_year(self.contract, self.evaluation_year + self.year_offset)

    @property
    def due(self) -> str:
        """The last day on which it is in time."""
        return due_date_of_year(self.contract, self.evaluation_year + self.year_offset)

    @property
    def key(self) -> Key:
        """The table, district and period, as deliveries are keyed."""
        return self.contract.name, self.district_code, self.period

    def why_not_asked(self, today: date) -> str | None:
        """Say why a live system cannot answer for the period now; None where it can.

        What it says today is filed for no day to come, and for a day that is past only where its
        request names the day or its rows tell of past days; until it is due it is still that day's.
        """
        begins = first_day_of_year(self.contract, self.evaluation_year + self.year_offset)
        head = f"{self.contract.name} {self.period} is not asked for"
        if begins is None:
            return None
        if begins > today.isoformat():
            return f"{head}: that day has not come"
        if self.contract.answers_for_any_day or today.isoformat() <= self.due:
            return None
        return (
            f"{head}: it was due by {self.due}, and what the system says today is not of that day; "
            "where its rows tell of past days say `answers_for: any_day` in pull of the contract"
        )


@dataclass(frozen=True)
class ActiveDelivery:
    """A delivery whose rows count, with its outcome."""

    delivery: Delivery
    outcome: Outcome
    superseded: tuple[str, ...] = ()  # units whose rows a newer part holds

    @property
    def rows_landed(self) -> int:
        """How many of its rows count."""
        return int(self.outcome.details["rows_landed"]) - self._superseded(0)

    @property
    def rows_quarantined(self) -> int:
        """How many of its rows are in quarantine and count as that."""
        return int(self.outcome.details["rows_quarantined"]) - self._superseded(1)

    @property
    def rows_superseded(self) -> int:
        """How many of its rows do not count, for a newer part holds their unit."""
        return self._superseded(0) + self._superseded(1)

    @property
    def doubts(self) -> list[dict[str, Any]]:
        """What of it makes figures doubtful though its rows count."""
        found = self.outcome.details["doubts"]
        return [doubt for doubt in found if doubt["unit"] not in self.superseded]

    def _superseded(self, position: int) -> int:
        units = self.outcome.details.get("units", {})
        return sum(units[unit][position] for unit in self.superseded)


@dataclass(frozen=True)
class SourceStatus:
    """How it stands with one expected delivery."""

    expected: ExpectedDelivery
    active: tuple[ActiveDelivery, ...]  # several where the table comes in parts, the newest first
    rejected: tuple[tuple[Delivery, Outcome], ...]  # newer than the active one, newest first
    is_overdue: bool
    is_waiting: bool = False  # something landed that the next run will validate
    replaced: tuple[Delivery, ...] = ()  # accepted parts of which no unit counts any more
    held: int = 0  # files that came in one run, none of which was taken

    @property
    def rejections(self) -> tuple[dict[str, Any], ...]:
        """List why what came is not active."""
        return tuple(rejection_of_delivery(*pair) for pair in self.rejected)

    @property
    def gap(self) -> str | None:
        """Say in a sentence what is missing; None when a delivery is active or need not be."""
        came = self.rejections or self.held
        if self.active or (self.expected.contract.optional and not came):
            return None
        contract = self.expected.contract
        state = "逾期未报" if self.is_overdue else "尚未报送"
        state = "已收到,下次夜间检查" if self.is_waiting else state
        reason = "已报送但未通过检查" if self.rejections else state
        if self.rejected and all(
            outcome.details.get("is_fault_of_suite") for _, outcome in self.rejected
        ):
            reason = "已报送,检查规则文件有误,待工程师改正"
        if self.held:
            reason = (
                f"同一晚收到该期文件{self.held}份,无从判断以哪份为准,均未采用:"
                "请只保留正确的一份,或合并成一份重新报送"
            )
        return (
            f"{contract.title}({self.expected.period})缺失:由{contract.owed.by}"
            f"于{self.expected.due}前报送,{reason}"
        )


def expected_deliveries(
    contracts: Mapping[str, Contract], settings: Settings, years: Sequence[int]
) -> list[ExpectedDelivery]:
    """List what the open years need."""
    return [
        ExpectedDelivery(contract, settings.district, year, offset)
        for contract in contracts.values()
        for year in years
        for offset in contract.period.years
    ]


def known_by(deliveries: Sequence[Delivery], as_of: date | None) -> list[Delivery]:
    """Cut knowledge: only what was received or withdrawn by the end of a day, in the country."""
    if as_of is None:
        return list(deliveries)
    return [
        replace(delivery, withdrawn=None)
        if delivery.withdrawn and day_of(delivery.withdrawn.withdrawn_at) > as_of
        else delivery
        for delivery in deliveries
        if day_of(delivery.received_at) <= as_of
    ]


def with_period_before(
    expected: Sequence[ExpectedDelivery], deliveries: Sequence[Delivery]
) -> set[Key]:
    """Name the periods expected, and of each table the one before: new files are compared with it.

    What was never expected in these years may be all there is, as when a new year opens.
    """
    keys = {period.key for period in expected}
    received = {delivery.key for delivery in deliveries if not delivery.withdrawn}
    for source, district in {key[:2] for key in keys}:
        first = min(period for *table, period in keys if table == [source, district])
        before = {key for key in received if key[:2] == (source, district) and key[2] < first}
        keys |= {max(before)} if before else set()
    return keys


def sentences_on_unneeded(
    expected: Sequence[ExpectedDelivery], deliveries: Sequence[Delivery], years: Sequence[int]
) -> list[str]:
    """Name the kept files whose period no open year needs, so that they count nowhere."""
    needed = {period.key for period in expected}
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
    standing = [
        delivery for delivery in deliveries if delivery.key == key and not delivery.withdrawn
    ]
    found = {delivery.id: delivery for delivery in reversed(newest_first(standing))}
    return newest_first(list(found.values()))


def find_status(
    expected: ExpectedDelivery,
    deliveries: Sequence[Delivery],
    outcomes: Mapping[tuple[str, str, str], Outcome],
    today: date,
) -> SourceStatus:
    """Find the newest accepted delivery, or all accepted parts, and what was rejected since.

    `outcomes` are by source, period and delivery id. Of a unit the newest part counts; a rejected
    part is named until a later one comes under its name or holds its unit.
    """
    active: list[ActiveDelivery] = []
    replaced: list[Delivery] = []
    rejected: list[tuple[Delivery, Outcome]] = []
    names: set[str] = set()
    taken: set[str] = set()
    is_waiting = False
    for delivery in candidates(deliveries, expected.key):
        outcome = outcomes.get((delivery.source, delivery.period, delivery.id))
        name = delivery.files[0].original_name
        if outcome is None:
            is_waiting = True
        elif outcome.accepted:
            units = set(outcome.details.get("units", {}))
            if units and units <= taken:
                replaced.append(delivery)
            else:
                active.append(ActiveDelivery(delivery, outcome, tuple(sorted(units & taken))))
            taken |= units
            if not expected.contract.in_parts:
                break
        elif name not in names and not _holds_only(taken, name, outcome):
            rejected.append((delivery, outcome))
        if expected.contract.in_parts:
            names.add(name)
    return SourceStatus(
        expected,
        tuple(active),
        tuple(rejected),
        is_overdue=not active and today.isoformat() > expected.due,
        is_waiting=is_waiting,
        replaced=tuple(replaced),
    )


def _holds_only(taken: Set[str], name: str, rejected: Outcome) -> bool:
    """Whether later parts hold each unit of a rejected one: by its rows, else by its name."""
    if units := set(rejected.details.get("units", {})):
        return units <= taken
    return any(unit in re.findall(r"[0-9A-Za-z]+", name) for unit in taken)


def by_period(statuses: Iterable[SourceStatus]) -> list[SourceStatus]:
    """Give each period once: several years may need the same one."""
    return list({status.expected.key: status for status in statuses}.values())


def gap_sentences(statuses: Sequence[SourceStatus]) -> list[str]:
    """List what is missing, each sentence once, for the office that owes it."""
    return list(dict.fromkeys(status.gap for status in statuses if status.gap))


def missing_or_rejected(statuses: Sequence[SourceStatus]) -> list[str]:
    """List what is missing and what was rejected, for the engineer."""
    return [*gap_sentences(statuses), *map(rejection_sentence, list_rejections(statuses))]


def list_rejections(statuses: Sequence[SourceStatus]) -> list[dict[str, Any]]:
    """List why deliveries are not active, each once."""
    entries: list[dict[str, Any]] = []
    for status in statuses:
        entries += [entry for entry in status.rejections if entry not in entries]
    return entries


def open_periods(statuses: Sequence[SourceStatus]) -> list[dict[str, Any]]:
    """Describe each period that has no active delivery, or a newer one that was rejected."""
    return [
        _describe(status)
        | {
            "due": status.expected.due,
            "is_active": bool(status.active),
            "sentences": sentences,
            "chinese": _say_in_chinese(status),
        }
        for status in by_period(statuses)
        if (sentences := missing_or_rejected([status]))
    ]


def _say_in_chinese(status: SourceStatus) -> list[str]:
    """Say to an office what is missing of a period and why what came is not active."""
    contract = status.expected.contract
    stands = bool(status.active) and not contract.in_parts
    rejected = [
        describe_rejection(entry, contract.title, older_stands=stands)
        for entry in status.rejections
    ]
    return [*filter(None, [status.gap]), *rejected]


def count_quarantined(statuses: Sequence[SourceStatus]) -> list[dict[str, Any]]:
    """Count the rows in quarantine of each active delivery."""
    return [
        described
        | {
            "rows_quarantined": part.rows_quarantined,
            "rows": part.rows_landed + part.rows_quarantined,
        }
        for part, described in _active_parts(statuses)
        if part.rows_quarantined
    ]


def list_doubts(statuses: Sequence[SourceStatus]) -> list[dict[str, Any]]:
    """List what makes figures doubtful of each active delivery, though its rows count."""
    return [
        described | {"reasons": reasons}
        for part, described in _active_parts(statuses)
        if (reasons := list(dict.fromkeys(doubt["reason"] for doubt in part.doubts)))
    ]


def all_active(statuses: Sequence[SourceStatus]) -> list[ActiveDelivery]:
    """List the active deliveries, each once, by table, district and period, the newest first."""
    ordered = sorted(by_period(statuses), key=lambda status: status.expected.key)
    return [part for status in ordered for part in status.active]


def sample_files(statuses: Sequence[SourceStatus]) -> list[str]:
    """Name the active files that the sample made: they say so, and their rows are invented."""
    names = {part.delivery.name for status in statuses for part in status.active}
    return sorted(name for name in names if SAMPLE_MARK in name)


def _active_parts(
    statuses: Sequence[SourceStatus],
) -> Iterator[tuple[ActiveDelivery, dict[str, Any]]]:
    for status in by_period(statuses):
        for part in status.active:
            yield part, _describe(status) | {"file": part.delivery.name}


def _describe(status: SourceStatus) -> dict[str, Any]:
    contract = status.expected.contract
    return {
        "source": contract.name,
        "title": contract.title,
        "period": status.expected.period,
        "owner": contract.owed.by,
    }
