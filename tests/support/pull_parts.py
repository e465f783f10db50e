"""What the tests of pulls share: a census that an interface gives, and pulling it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from faulty_api import CANARY

from flows.common.settings import Settings
from flows.contracts.delivery import Delivery
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract, contract_from_json
from flows.extract.pull.pull import has_changed, land_pull
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store

CENSUS = "2023-09-01"
TODAY = datetime.now(UTC).date()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "landed")


def contract_with(*without: str, **words: Any) -> Contract:
    """Take the contract of the census of pupils, its pull in other words."""
    contract = load_contracts()["schools.students"]
    entry = contract.as_json()
    pull = {key: word for key, word in entry["pull"].items() if key not in without}
    return contract_from_json(entry | {"pull": pull | words})


BY_NUMBER = contract_with()


def settings_for(url: str, **words: Any) -> Settings:
    """Set an interface and its token; a token may be set otherwise."""
    wanted: dict[str, Any] = {"students_api_token": CANARY, "pull_seconds": 60}
    wanted |= {"request_seconds": 10, "pull_megabytes": 2} | words
    return Settings(students_api_url=url, **wanted)


def pull(store: Store, url: str, contract: Contract = BY_NUMBER, **words: Any) -> Delivery | None:
    """Pull the census and land it."""
    settings = settings_for(url, **words)
    return land_pull(store, contract, settings, CENSUS, RetryBudget(settings.pull_seconds))


def changed(store: Store, url: str, contract: Contract = BY_NUMBER, today: date = TODAY) -> bool:
    """Look whether the census is another one now."""
    return has_changed(store, contract, settings_for(url), CENSUS, RetryBudget(60), today)


def content_of(store: Store, delivery: Delivery | None) -> bytes:
    """Read what was landed."""
    assert delivery
    return store.path(delivery.id).read_bytes()
