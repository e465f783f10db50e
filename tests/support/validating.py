"""What tests validate: one delivery, or several of one table together."""

from collections.abc import Sequence
from pathlib import Path

from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.extract.raw_store import Store
from flows.landing.load import ROWS, Landing, ParsedFile, judge_files, parse_into
from flows.landing.outcome import Outcome, ValidationRequest, Validator
from flows.parsing.columns import Pseudonym
from flows.parsing.pseudonyms import PersonKey
from flows.quality.suite import Suite, Suites


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


def land(
    path: Path,
    delivery: Delivery,
    contract: Contract,
    suite: Suite,
    pseudonym: Pseudonym,
    folder: Path,
) -> Landing:
    """Parse the bytes of a delivery into Parquet files of a folder and judge them."""
    parsed = parse_into(folder / ROWS, path, delivery, contract, pseudonym, None)
    (landing,) = judge_files([ParsedFile(folder, delivery, parsed)], contract, suite)
    return landing
