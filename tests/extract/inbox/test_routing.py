"""Whose a file is, and of which day: by its name, and by the folders that it lies in."""

import pytest
from contract_parts import changed_contract
from inbox_parts import NAME, PAYMENTS, district, drop, land, look

from flows.common.settings import Workspace
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.contracts.periods import source_date_of_name
from flows.extract.raw_store import Store

__all__ = ["district"]

DATED = r"_([0-9]{8})"


def dated() -> dict[str, Contract]:
    """Let the contract of the payments read a day from the file's name."""
    contracts = load_contracts()
    payments = changed_contract(contracts[PAYMENTS], source_date={"file_name": DATED})
    return contracts | {PAYMENTS: payments}


@pytest.mark.parametrize(
    ("pattern", "name", "day"),
    [
        (DATED, "x_20240105.csv", "2024-01-05"),
        ("([0-9]{4})年([0-9]+)月([0-9]+)日", "x2024年1月5日.csv", "2024-01-05"),
        ("([0-9]{4})-([0-9]{2})-([0-9]{2})", "x_2024-02-29.csv", "2024-02-29"),
        (DATED, "x_20230229.csv", None),
        (DATED, "x.csv", None),
        ("([0-9]{6})", "x_202401.csv", None),
    ],
)
def test_the_day_of_a_file_is_read_as_the_contract_marks_it(
    pattern: str, name: str, day: str | None
) -> None:
    payments = load_contracts()[PAYMENTS]
    contract = changed_contract(payments, source_date={"file_name": pattern})
    assert source_date_of_name(contract, name) == day
    assert source_date_of_name(payments, name) is None


def test_a_file_without_the_day_that_its_contract_asks_for_is_left(district: Workspace) -> None:
    drop(district, NAME)
    drop(district, "支付明细_2023年_20240105.csv")
    assert land(district, dated()) == [
        f"finance/{NAME}: the day of its data cannot be read from the name; it was left"
    ]
    assert [delivery.source_date for delivery in Store(district.landed).deliveries()] == [
        "2024-01-05"
    ]


def tables_of_one_file(**read: object) -> dict[str, Contract]:
    """Let two tables ask for the same file."""
    payments = load_contracts()[PAYMENTS]
    other = changed_contract(payments, table="refunds")
    return {
        contract.name: changed_contract(contract, read=dict(read)) for contract in (payments, other)
    }


def test_a_file_is_several_tables_where_each_names_its_sheets(district: Workspace) -> None:
    contracts = tables_of_one_file(sheets="^甲$")
    drop(district, NAME)
    assert land(district, contracts) == []
    deliveries = Store(district.landed).deliveries()
    assert [(delivery.source, delivery.period) for delivery in deliveries] == [
        ("finance.payments", "2023"), ("finance.refunds", "2023"),
    ]  # fmt: skip
    assert look(district, contracts).new == []
    drop(district, NAME, b"a,b\n1,3\n")
    assert len(look(district, contracts).new) == 2


def test_a_file_that_two_tables_ask_for_is_none_of_them_by_chance(district: Workspace) -> None:
    drop(district, NAME)
    [notice] = land(district, tables_of_one_file())
    assert "its name fits finance.payments, finance.refunds" in notice
    assert Store(district.landed).deliveries() == []
