"""Tests of what is found while a file is read, and of what it leads to."""

from pathlib import Path
from shutil import copytree

import pytest

from flows.lib import acceptance
from flows.lib.acceptance import SUITES, cache_key
from flows.lib.contracts import load_contracts
from flows.lib.store import Delivery, LandedFile


def test_a_word_on_reading_makes_every_cached_verdict_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suites = tmp_path / "suites"
    copytree(SUITES, suites)
    monkeypatch.setattr(acceptance, "SUITES", suites)
    contract = load_contracts()["finance.projects"]
    file = LandedFile("a" * 64, 1, "项目库.csv")
    delivery = Delivery("finance.projects", "519900", "standing", (file,), "2024-01-01", "inbox")
    keys = [cache_key(delivery, contract, "key")]
    for name in ("reading.yml", "finance/projects.yml", "finance/payments.yml"):
        with (suites / name).open("ab") as suite:
            suite.write(b"\n")
        keys.append(cache_key(delivery, contract, "key"))
    assert len(set(keys[:3])) == 3
    assert keys[3] == keys[2], "another table's suite is nothing to this one"
