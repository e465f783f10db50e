"""What the tests of drift share: deliveries of one table, one after another."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from reading_parts import NAME, OTHER, SCHOOL, STAFF, contract_of, sheet, workbook
from validating import validate

from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.extract.raw_store import Store
from flows.landing.drift import Outcomes, add_drift
from flows.landing.outcome import Outcome
from flows.parsing.pseudonyms import PersonKey
from flows.quality import suite
from flows.quality.suite import DRIFT_FINDINGS, Suites
from flows.quality.waivers import Waiver

DAY = {"name": "paid_on", "data_type": "date", "captions": ["日期"], "required": False}
COLUMNS = (SCHOOL | {"captions": ["代码", "标识码"]}, NAME, STAFF, OTHER, DAY)
SUITE = """name: finance.funds
rules:
- type: expect_column_values_to_not_be_null
  kwargs: {column: school_code}
  severity: warning
  effect: provisional
  notes: {what: 要求, why: 缘由, resolve: 处理}
"""


class Received:
    """Receives workbooks one after the other and gives the verdicts on all of them."""

    def __init__(self, folder: Path, contract: Contract) -> None:
        self.folder, self.contract = folder, contract
        self.store = Store(folder / "landed")
        self.deliveries: list[Delivery] = []
        self.written: dict[str, bytes] = {}

    def take(
        self, text: str, period: str = "2023", name: str = "a.xlsx", day: str = "2024-01-01"
    ) -> None:
        """Keep a workbook of one sheet as the next delivery."""
        if text not in self.written:  # a workbook holds the moment when it was written
            path = workbook(self.folder / "b.xlsx", 表=sheet(text))
            self.written[text] = path.read_bytes()
        kept = self.store.keep(BytesIO(self.written[text]), name)
        number = len(self.deliveries) + 1
        one = (self.contract.name, "519900", period, (kept,), f"{day}T00:00:00Z", "inbox")
        self.deliveries.append(Delivery(*one, number=number))

    def verdict(self, waivers: Sequence[Waiver] = ()) -> Outcome:
        """Give the verdict on the last delivery, compared with those before it."""
        last = self.deliveries[-1]
        return self.verdicts(waivers)[last.source, last.period, last.id]

    def verdicts(self, waivers: Sequence[Waiver] = ()) -> Outcomes:
        """Give the verdicts on all deliveries."""
        key = PersonKey(b"k" * 32)
        judged = {
            (delivery.source, delivery.period, delivery.id): validate(
                self.store, self.folder / "cache", delivery, self.contract, key
            )
            for delivery in self.deliveries
        }
        contracts = {self.contract.name: self.contract}
        return add_drift(
            judged, self.deliveries, self.deliveries, contracts, Suites(), lambda _: waivers
        )

    def found(self) -> dict[str, list[str]]:
        """Give what the last delivery has that those before had not."""
        return {
            result["type"]: [
                " ".join(filter(None, (place["column"], place.get("detail"))))
                for place in result["places"]
            ]
            for result in self.verdict().details["results"]
            if not result["success"] and result["type"] in DRIFT_FINDINGS
        }


@pytest.fixture
def received(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Received:
    suites = tmp_path / "expectations"
    (suites / "finance").mkdir(parents=True)
    (suites / "finance" / "funds.yml").write_text(SUITE, "utf-8")
    (suites / "file_checks.yml").write_bytes((suite.SUITES / "file_checks.yml").read_bytes())
    monkeypatch.setattr(suite, "SUITES", suites)
    limit = {"rows": 1, "amount": 1}
    read = {"unit": "in_sheet"}
    return Received(tmp_path, contract_of(*COLUMNS, read=read, quarantine_limit=limit))
