"""What tests validate: one delivery, or several of one table together."""

from collections.abc import Sequence
from pathlib import Path

from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.extract.raw_store import Store
from flows.landing.outcome import Outcome, ValidationRequest, Validator
from flows.parsing.pseudonyms import PersonKey
from flows.quality.suite import Suites


def validate(
    store: Store, cache: Path, delivery: Delivery, contract: Contract, key: PersonKey
) -> Outcome:
    """Validate one delivery that no waiver speaks of, or find its earlier outcome."""
    return validate_all(store, cache, [ValidationRequest(delivery)], contract, key)[0]


def validate_all(
    store: Store,
    cache: Path,
    requests: Sequence[ValidationRequest],
    contract: Contract,
    key: PersonKey,
) -> list[Outcome]:
    """Validate deliveries of one table together by the suites as they now stand."""
    return Validator(store, cache, Suites(), key).validate(requests, contract)
