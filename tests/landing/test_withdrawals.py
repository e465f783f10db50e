"""Taking a delivery back: it does not count, its record stays, and delivered again it counts."""

import io
import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from inbox_parts import NAME, PAYMENTS, district, drop, land, look

from flows.common.errors import WrongUse
from flows.common.settings import Workspace
from flows.contracts.delivery import Delivery, Withdrawal
from flows.contracts.loading import load_contracts
from flows.extract.raw_store import Store
from flows.landing.source_status import candidates, known_by
from flows.landing.withdrawals import (
    withdraw,
    withdrawn_entries,
    withdrawn_in_chinese,
    withdrawn_sentences,
)

__all__ = ["district"]
KEY = (PAYMENTS, "519900", "2023")
WHY, OFFICE = "误报,系测试数据", "财政局国库股"


def counted(workspace: Workspace) -> list[str]:
    """List the content that stands for the payments of 2023, the newest first."""
    store = Store(workspace.landed)
    found = candidates(store.deliveries(), KEY)
    return [store.path(one.id).read_text("utf-8") for one in found]


def take_back(workspace: Workspace, wanted: str = NAME, period: str = "") -> list[str]:
    found = withdraw(workspace, wanted, PAYMENTS, period, WHY, OFFICE)
    return [one.name for one in found]


def test_the_one_before_counts_again_and_the_record_stays(district: Workspace) -> None:
    drop(district, NAME, b"first")
    land(district)
    drop(district, NAME, b"second")
    land(district)
    before = (district.landed / "manifest.jsonl").read_bytes()
    assert counted(district) == ["second", "first"]
    assert take_back(district) == [f"finance/{NAME}"]  # the last that came under the name
    assert counted(district) == ["first"]
    after = (district.landed / "manifest.jsonl").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == 3
    store = Store(district.landed)
    assert [bool(delivery.withdrawn) for delivery in store.deliveries()] == [False, True]
    withdrawn = store.deliveries()[1]
    assert withdrawn.withdrawn
    assert (withdrawn.withdrawn.reason, withdrawn.withdrawn.office) == (WHY, OFFICE)
    assert store.path(withdrawn.id).read_bytes() == b"second"
    assert take_back(district) == [f"finance/{NAME}"]
    assert counted(district) == []  # and then it is missing


def test_what_lies_in_the_inbox_does_not_come_back_by_itself(district: Workspace) -> None:
    path = drop(district, NAME, b"first")
    land(district)
    take_back(district)
    assert look(district).new == []
    os.utime(path, (0, 0))  # as after a restore with its old date
    assert look(district).new == []


def test_delivered_again_it_counts_and_is_told(district: Workspace) -> None:
    drop(district, NAME, b"first")
    land(district)
    take_back(district)
    path = drop(district, NAME, b"first")
    soon = time.time() + 5
    os.utime(path, (soon, soon))
    land(district)
    assert counted(district) == ["first"]
    owed = {KEY: load_contracts()[PAYMENTS]}
    [entry] = withdrawn_entries(Store(district.landed).deliveries(), owed)
    today = entry["withdrawn_on"]
    assert entry["delivered_again_on"] == today
    [told] = withdrawn_sentences([entry])
    assert told.endswith(f"by {OFFICE}: {WHY}; it came again on {today} and counts")
    assert "重新报送，恢复计入" in withdrawn_in_chinese(entry)
    assert look(district).new == []  # and once
    take_back(district)  # it can be taken back again
    assert counted(district) == []
    drop(district, "支付明细_2023年_补.csv", b"first")  # under another name
    land(district)
    assert counted(district) == ["first"]


def test_it_is_said_what_was_taken_back_by_whom_and_why(district: Workspace) -> None:
    drop(district, NAME, b"first")
    land(district)
    take_back(district)
    owed = {KEY: load_contracts()[PAYMENTS]}
    [entry] = withdrawn_entries(Store(district.landed).deliveries(), owed)
    day = entry["received_on"]
    assert list(withdrawn_sentences([entry])) == [
        f"{PAYMENTS} 2023: finance/{NAME} (received {day}) was withdrawn on {day} by {OFFICE}: "
        f"{WHY} and does not count"
    ]
    assert withdrawn_in_chinese(entry) == (
        f"预算一体化支付明细（2023）finance/{NAME}（{day}收到）已于{day}撤回；理由：{WHY}；"
        f"责任：{OFFICE}"
    )
    assert withdrawn_entries(Store(district.landed).deliveries(), {}) == []  # not of these periods


def test_a_name_of_several_periods_or_of_none_is_refused(district: Workspace) -> None:
    drop(district, "支付明细_2022年.csv", b"earlier")
    drop(district, NAME, b"first")
    land(district)
    for wanted, told in (
        ("支付明细.csv", "is none of it; there are finance/支付明细_2022年.csv 2022 "),
        ("deadbeef", "is none of it"),
    ):
        with pytest.raises(WrongUse, match=told):
            take_back(district, wanted)
    with pytest.raises(WrongUse, match="no source table is called"):
        withdraw(district, NAME, "finance.paymemts", "", WHY, OFFICE)
    for reason, office in (("", OFFICE), (WHY, "  ")):
        with pytest.raises(WrongUse, match="--reason and --by"):
            withdraw(district, NAME, PAYMENTS, "", reason, office)
    with pytest.raises(WrongUse, match="is none of it"):
        take_back(district, NAME, "2022")
    assert counted(district) == ["first"]
    own = Store(district.landed).deliveries()[0]
    assert take_back(district, own.id[:12]) == ["finance/支付明细_2022年.csv"]
    assert take_back(district, str(district.inbox / "finance" / NAME)) == [f"finance/{NAME}"]


def test_who_looks_back_knows_of_no_later_withdrawal(tmp_path: Path) -> None:
    store = Store(tmp_path)
    file = store.keep(io.BytesIO(b"x"), "a.csv")
    received = datetime(2024, 1, 5, tzinfo=UTC)
    one = store.record(Delivery(*KEY, (file,), received.isoformat(), "inbox"))
    store.withdraw(one, Withdrawal(WHY, OFFICE, (received + timedelta(days=9)).isoformat()))
    known = store.deliveries()
    assert candidates(known_by(known, None), KEY) == []
    assert candidates(known_by(known, date(2024, 1, 14)), KEY) == []
    [then] = candidates(known_by(known, date(2024, 1, 13)), KEY)
    assert (then.id, then.withdrawn) == (one.id, None)
