"""What is in force tonight: the newest accepted delivery of each period owed, and the gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.lib.acceptance import Acceptance, rejection_sentence
from flows.lib.contracts import Contract
from flows.lib.settings import Settings
from flows.lib.store import Delivery, newest_first
from flows.lib.times import day_of


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
    def key(self) -> tuple[str, str, str]:
        """The table, district and period, as deliveries are keyed."""
        return self.contract.name, self.district_code, self.period


@dataclass(frozen=True)
class Standing:
    """How it stands with one owed period."""

    owed: Owed
    delivery: Delivery | None
    acceptance: Acceptance | None
    rejections: tuple[str, ...]  # of deliveries newer than the one in force
    is_overdue: bool
    is_waiting: bool = False  # something landed that the next night will judge

    @property
    def gap(self) -> str | None:
        """Say in a sentence what is missing; None when a delivery is in force."""
        if self.delivery:
            return None
        contract = self.owed.contract
        state = "逾期未报" if self.is_overdue else "尚未报送"
        state = "已收到,下次夜间检查" if self.is_waiting else state
        reason = "已报送但未通过检查" if self.rejections else state
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
    """Cut knowledge: only deliveries received up to the end of a day, by the country's clock."""
    if as_of is None:
        return list(deliveries)
    return [one for one in deliveries if day_of(one.received_at) <= as_of]


def candidates(deliveries: Sequence[Delivery], owed: Owed) -> list[Delivery]:
    """List the deliveries for an owed period, newest first, each content once."""
    found = {one.id: one for one in reversed(newest_first(deliveries)) if one.key == owed.key}
    return newest_first(list(found.values()))


def standing_of(
    owed: Owed,
    deliveries: Sequence[Delivery],
    judge: Mapping[tuple[str, str, str], Acceptance],
    today: date,
) -> Standing:
    """Find the newest accepted delivery; those newer that were rejected are told.

    `judge` maps (source, period, delivery id) to its verdict.
    """
    rejections: list[str] = []
    is_waiting = False
    for delivery in candidates(deliveries, owed):
        acceptance = judge.get((delivery.source, delivery.period, delivery.id))
        if acceptance is None:
            is_waiting = True
        elif acceptance.accepted:
            return Standing(owed, delivery, acceptance, tuple(rejections), False, is_waiting)
        else:
            rejections.append(rejection_sentence(delivery, acceptance))
    is_overdue = today.isoformat() > owed.due
    return Standing(owed, None, None, tuple(rejections), is_overdue, is_waiting)


def gap_sentences(found: Sequence[Standing]) -> list[str]:
    """List what is missing and what was rejected, each sentence once."""
    sentences = [one.gap for one in found if one.gap]
    sentences += [sentence for one in found for sentence in one.rejections]
    return list(dict.fromkeys(sentences))


def open_periods(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """Describe each owed period that has no delivery in force, or a newer one that was rejected."""
    listed = {}
    for one in found:
        if sentences := [text for text in (one.gap, *one.rejections) if text]:
            listed[one.owed.key] = _named(one) | {
                "due": one.owed.due,
                "in_force": one.delivery is not None,
                "sentences": sentences,
            }
    return list(listed.values())


def set_aside(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """Count the rows in quarantine of each delivery in force."""
    listed = {}
    for one in found:
        if one.acceptance and (rows := one.acceptance.outcome["rows_quarantined"]):
            listed[one.owed.key] = _named(one) | {
                "file": one.acceptance.outcome["original_name"],
                "rows_set_aside": rows,
                "rows": one.acceptance.outcome["rows_landed"] + rows,
            }
    return list(listed.values())


def _named(one: Standing) -> dict[str, Any]:
    contract = one.owed.contract
    return {
        "source": contract.name,
        "title": contract.title,
        "period": one.owed.period,
        "owner": contract.meta["owed"]["by"],
    }
