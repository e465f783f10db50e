"""What the tests of the inbox share: a folder of a district, files dropped and landed."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.common.settings import Workspace
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.extract.inbox.inbox_file import land_file
from flows.extract.inbox.scan import InboxScan, scan_inbox
from flows.extract.raw_store import Store

PAYMENTS = "finance.payments"
NAME = "支付明细_2023年.csv"
NOBODY = 65534
as_two_users = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@pytest.fixture
def district(tmp_path: Path) -> Workspace:
    (tmp_path / "raw" / "inbox" / "finance").mkdir(parents=True)
    return Workspace(tmp_path)


def drop(workspace: Workspace, name: str | bytes, content: bytes = b"a,b\n1,2\n") -> Path:
    path = Path(os.fsdecode(os.fsencode(workspace.inbox / "finance") + b"/" + os.fsencode(name)))
    path.write_bytes(content)
    return path


def look(workspace: Workspace, contracts: dict[str, Contract] | None = None) -> InboxScan:
    deliveries = Store(workspace.landed).deliveries()
    return scan_inbox(workspace, contracts or load_contracts(), ("519900",), deliveries)


def land(workspace: Workspace, contracts: dict[str, Contract] | None = None) -> list[str]:
    """Take in what is new, and say what was said."""
    view, store = look(workspace, contracts), Store(workspace.landed)
    for dropped in view.new:
        land_file(store, dropped)
    return view.notices + view.unreadable


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Do something as a user who owns nothing."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
