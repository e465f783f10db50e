"""Taking a delivery back: whose word it is, which one, and what is said of it ever after."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.common.clock import day_of
from flows.common.errors import WrongUse
from flows.common.files import hash_file
from flows.common.lock import take_lock
from flows.common.masking import without_ids
from flows.common.settings import Workspace
from flows.contracts.delivery import Delivery, Withdrawal
from flows.contracts.environment import load_settings
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.extract.raw_store import Store
from flows.landing.source_status import Key

MOST_NAMED = 10


def withdraw(
    workspace: Workspace, wanted: str, source: str, period: str, reason: str, office: str
) -> list[Delivery]:
    """Take back a delivery of a source; the record of it and its bytes stay.

    `wanted` is its name, the beginning of its hash, the name of the archive that it came in, or a
    file with the same bytes.
    """
    reason, office = (without_ids(" ".join(text.split())) for text in (reason, office))
    if not reason or not office:
        raise WrongUse("say why it is withdrawn and on whose word: --reason and --by")
    if source not in (contracts := load_contracts()):
        raise WrongUse(f"no source table is called {source}: there are {', '.join(contracts)}")
    district = load_settings(workspace).district
    lock = take_lock(workspace)
    try:
        store = Store(workspace.landed)
        own = [
            delivery
            for delivery in store.deliveries()
            if (delivery.source, delivery.district_code) == (source, district)
        ]
        standing = {
            (delivery.period, delivery.id): delivery for delivery in own if not delivery.withdrawn
        }
        found = _find_meant(list(standing.values()), wanted, period)
        now = datetime.now(UTC).isoformat()
        for delivery in found:
            store.withdraw(delivery, Withdrawal(reason, office, now))
    finally:
        os.close(lock)
    return found


def _find_meant(deliveries: Sequence[Delivery], wanted: str, period: str) -> list[Delivery]:
    """Find the one delivery that is meant, or all that came in the archive that is meant."""
    own = [delivery for delivery in deliveries if period in ("", delivery.period)]
    path = Path(wanted)
    digest = hash_file(path) if path.is_file() else wanted.lower()
    is_hash = bool(re.fullmatch(r"[0-9a-f]{8,64}", digest))
    of_hash = [delivery for delivery in own if is_hash and delivery.id.startswith(digest)]
    of_name = [delivery for delivery in own if wanted in _names(delivery)]
    packed = [
        delivery
        for delivery in own
        if delivery.archive and wanted in _spellings(delivery.archive.original_name)
    ]
    if packed and not of_hash and not of_name:
        return packed
    # of several that came under a name, the last
    last = {(delivery.period, delivery.name): delivery for delivery in of_name}
    found = of_hash or list(last.values())
    if len(found) == 1:
        return found
    listed = [
        f"{delivery.name} {delivery.period} {delivery.id[:12]}"
        for delivery in (found or own)[-MOST_NAMED:]
    ]
    known = f"there are {'; '.join(listed)}" if listed else "nothing of it stands"
    why = "is meant by several: name it by its hash, or say --period" if found else "is none of it"
    raise WrongUse(f"{without_ids(wanted)} {why}; {known}")


def _spellings(name: str) -> set[str]:
    return {name, Path(name).name}


def _names(delivery: Delivery) -> set[str]:
    return _spellings(delivery.files[0].original_name) | _spellings(delivery.name)


def withdrawn_entries(
    deliveries: Sequence[Delivery], keys: Mapping[Key, Contract]
) -> list[dict[str, Any]]:
    """Describe the deliveries of some periods that were withdrawn, each content once."""
    entries = {}
    for delivery in deliveries:
        if delivery.withdrawn and delivery.key in keys:
            again = [
                other.received_at
                for other in deliveries
                if (other.key, other.id) == (delivery.key, delivery.id)
                and other.number > delivery.number
                and not other.withdrawn
            ]
            entries[(*delivery.key, delivery.id)] = {
                "source": delivery.source,
                "title": keys[delivery.key].title,
                "period": delivery.period,
                "file": delivery.name,
                "sha256": delivery.files[0].sha256,
                "received_on": day_of(delivery.received_at).isoformat(),
                "reason": delivery.withdrawn.reason,
                "office": delivery.withdrawn.office,
                "withdrawn_on": day_of(delivery.withdrawn.withdrawn_at).isoformat(),
                "delivered_again_on": day_of(again[-1]).isoformat() if again else None,
            }
    return [entries[key] for key in sorted(entries)]


def withdrawn_sentences(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say of each withdrawal in the morning who took what back, and why."""
    for entry in entries:
        again = entry["delivered_again_on"]
        counts = f"; it came again on {again} and counts" if again else " and does not count"
        yield (
            f"{entry['source']} {entry['period']}: {entry['file']} (received "
            f"{entry['received_on']}) was withdrawn on {entry['withdrawn_on']} by "
            f"{entry['office']}: {entry['reason']}{counts}"
        )


def withdrawn_in_chinese(entry: Mapping[str, Any]) -> str:
    """Say in Chinese what was taken back, why, and on whose word."""
    again = entry["delivered_again_on"]
    return (
        f"{entry['title']}（{entry['period']}）{entry['file']}（{entry['received_on']}收到）已于"
        f"{entry['withdrawn_on']}撤回；理由：{entry['reason']}；责任：{entry['office']}"
        + (f"；{again}重新报送，恢复计入" if again else "")
    )
