"""Pulling live systems: asked whether they changed, landed whole or not at all."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha256
from io import BytesIO

from flows.common.settings import Settings
from flows.contracts.delivery import Delivery, find_last_delivery
from flows.contracts.model import Contract
from flows.extract.pull.http_source import HttpSource
from flows.extract.pull.retry import RetryBudget
from flows.extract.pull.sql_source import SqlSource
from flows.extract.raw_store import Store


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _source(contract: Contract, settings: Settings, period: str) -> HttpSource | SqlSource:
    kind = HttpSource if contract.pull.origin == "http" else SqlSource
    return kind(contract, settings, period)


def _has_content(last: Delivery | None, content: bytes) -> bool:
    return last is not None and sha256(content).hexdigest() == last.id


def _is_due_in_full(contract: Contract, last: Delivery, today: date) -> bool:
    """Whether a version that stayed the same is not to be believed any longer."""
    days = contract.pull.full_every_days if contract.pull.origin == "http" else None
    received = datetime.fromisoformat(last.received_at).date()
    return days is not None and not 0 <= (today - received).days < days


def has_changed(
    store: Store,
    contract: Contract,
    settings: Settings,
    period: str,
    budget: RetryBudget,
    today: date,
) -> bool:
    """Ask a live source whether it differs from what it last delivered for a period.

    By its version, where it has one; else, and at the interval that the contract declares, by the
    hash of all that it answers. What proves to be the same once more is noted as received again.
    """
    source = _source(contract, settings, period)
    last = find_last_delivery(store.deliveries(), (contract.name, settings.district, period))
    if isinstance(source, HttpSource):
        if last is None:
            return not budget.ask(source.name, source.is_still)
        if last.version and not _is_due_in_full(contract, last, today):
            return not budget.ask(source.name, partial(source.is_still, last.version))
    content, version = budget.ask(source.name, source.fetch)
    if last is None or not _has_content(last, content):
        return True
    if not last.withdrawn and (last.version != version or _is_due_in_full(contract, last, today)):
        store.record(replace(last, received_at=_now(), version=version))
    return False


def land_pull(
    store: Store, contract: Contract, settings: Settings, period: str, budget: RetryBudget
) -> Delivery | None:
    """Pull one period of a live source and land it; None where its bytes came last, too."""
    source = _source(contract, settings, period)
    content, version = budget.ask(source.name, source.fetch)
    last = find_last_delivery(store.deliveries(), (contract.name, settings.district, period))
    is_known = last and (last.version == version or last.withdrawn)
    if is_known and _has_content(last, content):
        return None  # and what was withdrawn is not brought back by asking again
    file = store.keep(BytesIO(content), f"{contract.table}-{period}.jsonl")
    origin = contract.pull.origin
    return store.record(
        Delivery(contract.name, settings.district, period, (file,), _now(), origin, version)
    )
