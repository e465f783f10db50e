"""A staffing database for the tests: its table, and pulls from it that land or are refused."""

from typing import Any

import pytest

from flows.common.errors import Unavailable
from flows.common.settings import Settings
from flows.contracts.delivery import Delivery
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.extract.pull.pull import land_pull
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store

DAY = "2023-09-01"
SLOWNESS = 20  # seconds that a busy machine may need beyond those that a test waits for
SECRET = "hunter2-3fc19a"
SQL = "select gh, xm, rzrq from jzg order by gh"
TABLE = (
    "create table jzg (gh text, xm text, rzrq date)",
    "insert into jzg values ('2', '乙', '2020-09-01'), ('10', '甲', null)",
    "insert into jzg values ('1', '丙', '1999-12-31')",
)
LINES = [
    '{"gh":"1","rzrq":"1999-12-31","xm":"丙"}',
    '{"gh":"10","rzrq":null,"xm":"甲"}',
    '{"gh":"2","rzrq":"2020-09-01","xm":"乙"}',
]


def contract_of(sql: str = SQL, order_by: str = "gh") -> Contract:
    contract = load_contracts()["staffing.staff"]
    pull = contract.pull.model_copy(update={"sql": sql, "order_by": order_by})
    return contract.model_copy(update={"pull": pull})


def settings_for(url: str, **words: Any) -> Settings:
    return Settings(
        staffing_database_url=url, **{"pull_seconds": 60, "request_seconds": 20} | words
    )


def pull(store: Store, url: str, sql: str = SQL, **words: Any) -> Delivery | None:
    """Run a query and land its rows."""
    settings = settings_for(url, **words)
    return land_pull(store, contract_of(sql), settings, DAY, RetryBudget(settings.pull_seconds))


def lines(store: Store, url: str, sql: str = SQL) -> list[str]:
    """Pull, and read what was landed but for the request."""
    landed = pull(store, url, sql)
    assert landed
    return store.path(landed.id).read_text("utf-8").splitlines()[1:]


def refusal(store: Store, url: str, sql: str = SQL, **words: Any) -> str:
    """Expect that nothing is landed; give the sentence, without a secret."""
    before = store.deliveries()
    with pytest.raises(Unavailable) as raised:
        pull(store, url, sql, **words)
    assert store.deliveries() == before
    sentence = str(raised.value)
    assert sentence.startswith(f"staffing.staff {DAY}: ")
    for secret in (SECRET, "127.0.0.1", "ziping-pg", "sqlite:", "postgresql:", "甲"):
        assert secret not in sentence.replace("postgresql+psycopg://reader:password@host", "")
    return sentence
