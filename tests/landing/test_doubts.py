"""What a file shows that makes figures doubtful though no row is taken out of them."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from reading_parts import NAME, OTHER, SCHOOL, STAFF, contract_of, sheet, workbook
from validating import validate_all

from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.extract.raw_store import Store
from flows.landing.drift import add_drift
from flows.landing.outcome import Outcome, ValidationRequest
from flows.parsing.pseudonyms import PersonKey
from flows.quality import suite
from flows.quality.suite import Suites
from flows.quality.waivers import Waiver

BETWEEN = "expect_column_values_to_be_between"
NOTES = "notes: {what: 公用经费不少于人员经费的一半。, why: 缘由, resolve: 处理}"
SUITE = f"""name: finance.funds
aggregates: {{operating_share: sum(other_yuan) / sum(staff_yuan)}}
rules:
- {{type: {BETWEEN}, kwargs: {{column: operating_share, min_value: 0.5}}, severity: warning,
   effect: provisional, {NOTES}}}
file_checks:
  sums_far: {{effect: provisional}}
"""
FEW, ENOUGH, FAR = (
    f"单位:元\n代码|学校|人员|公用\nA1|一校|1000|{operating}\n" for operating in (499, 500, 5000)
)
ALLOWED = Waiver(
    "免1", "finance.funds", None, BETWEEN, "operating_share", None, None, None, "寄宿制", "财务股",
    date(2024, 1, 1), date(2024, 6, 30),
)  # fmt: skip


class Received:
    """Workbooks of one table in the order in which they came."""

    def __init__(self, folder: Path, contract: Contract) -> None:
        self.folder, self.contract = folder, contract
        self.store = Store(folder / "landed")
        self.deliveries: list[Delivery] = []

    def take(self, text: str, period: str = "2023") -> None:
        """Keep a workbook of one sheet as the next delivery."""
        path = workbook(self.folder / "b.xlsx", 表=sheet(text))
        kept = self.store.keep(BytesIO(path.read_bytes()), "经费.xlsx")
        given = (self.contract.name, "519900", period, (kept,), "2024-01-01T00:00:00Z", "inbox")
        self.deliveries.append(Delivery(*given, number=len(self.deliveries) + 1))

    def verdict(self, *waivers: Waiver) -> Outcome:
        """Give the verdict on the last delivery, compared with those before it."""
        asked = [ValidationRequest(delivery, waivers) for delivery in self.deliveries]
        key, cache = PersonKey(b"k" * 32), self.folder / "cache"
        found = validate_all(self.store, cache, asked, self.contract, key)
        keys = [(delivery.source, delivery.period, delivery.id) for delivery in self.deliveries]
        told = add_drift(
            dict(zip(keys, found, strict=True)), self.deliveries, self.deliveries,
            {self.contract.name: self.contract}, Suites(), lambda _: waivers,
        )  # fmt: skip
        return told[keys[-1]]

    def doubts(self, *waivers: Waiver) -> list[dict[str, Any]]:
        """List what the last delivery makes doubtful."""
        verdict = self.verdict(*waivers)
        assert verdict.accepted, verdict.rejections
        return list(verdict.details["doubts"])


@pytest.fixture
def received(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Received:
    suites = tmp_path / "expectations"
    (suites / "finance").mkdir(parents=True)
    (suites / "finance" / "funds.yml").write_text(SUITE, "utf-8")
    (suites / "file_checks.yml").write_bytes((suite.SUITES / "file_checks.yml").read_bytes())
    monkeypatch.setattr(suite, "SUITES", suites)
    limit = {"rows": 1, "amount": 1}
    read = {"unit": "in_sheet", "totals": {"column": "school_name", "labels": ["小计", "合计"]}}
    return Received(
        tmp_path, contract_of(SCHOOL, NAME, STAFF, OTHER, read=read, quarantine_limit=limit)
    )


def test_a_rule_on_the_whole_file_with_an_effect_keeps_its_rows_and_is_a_doubt(
    received: Received,
) -> None:
    received.take(ENOUGH)
    assert received.doubts() == []
    received.take(FEW)
    verdict = received.verdict()
    assert (verdict.details["rows_landed"], verdict.details["rows_quarantined"]) == (1, 0)
    assert verdict.details["doubts"] == [
        {"rule": BETWEEN, "sheet": None, "row": None, "unit": None, "member": None,
         "amount": None, "is_of_row": False,
         "reason": "不符合“公用经费不少于人员经费的一半”"}
    ]  # fmt: skip


def test_what_an_office_answers_by_a_waiver_is_no_doubt_any_more(received: Received) -> None:
    received.take(FEW)
    assert received.doubts(ALLOWED) == []
    assert [one["number"] for one in received.verdict(ALLOWED).details["waived"]] == ["免1"]
    assert len(received.doubts(replace(ALLOWED, column_name="row_count"))) == 1


def test_a_difference_from_the_last_file_is_a_doubt_where_the_suite_says_so(
    received: Received,
) -> None:
    received.take(ENOUGH)
    received.take(FAR)
    answered = replace(ALLOWED, rule="sums_far", column_name=None)
    [doubt] = received.doubts()
    assert (doubt["rule"], doubt["amount"], doubt["reason"]) == ("sums_far", None, "合计相差太大")
    assert received.doubts(answered) == []


TOTALS = "单位:元\n代码|学校|人员|公用\n"


@pytest.mark.parametrize(
    ("rows", "doubts"),
    [
        # a total of its detail: 1000 + 2000
        ("A1|一校|1000|900\nA2|二校|2000|900\n|合计|3000|1800\n", []),
        # 1200 more in one column; in both columns, of different signs, never netted
        ("A1|一校|1000|900\nA2|二校|2000|900\n|合计|4200|1800\n", [("1200.00", 5)]),
        ("A1|一校|1000|900\nA2|二校|2000|900\n|合计|4200|600\n", [("2400.00", 5)]),
        # the 合计 repeats what its 小计 tells: once, where it is told most narrowly
        ("A1|一校|1000|900\n|小计|2200|900\nA2|二校|2000|900\n|小计|2000|900\n|合计|4200|1800\n",
         [("1200.00", 4)]),
        # two 小计 off in opposite ways: the 合计 agrees, and both are told
        ("A1|一校|1000|900\n|小计|1300|900\nA2|二校|2000|900\n|小计|1700|900\n|合计|3000|1800\n",
         [("300.00", 4), ("300.00", 6)]),
        # a total above its detail
        ("|合计|4200|1800\nA1|一校|1000|900\nA2|二校|2000|900\n", [("1200.00", 3)]),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_its_own_total_is_in_doubt_by_the_difference(
    received: Received, rows: str, doubts: list[tuple[str, int]]
) -> None:
    received.take(TOTALS + rows)
    found = [doubt for doubt in received.doubts() if doubt["rule"] != BETWEEN]
    assert [(doubt["amount"], doubt["row"]) for doubt in found] == doubts
    assert all(doubt["reason"] == f"明细与合计不符,相差{doubt['amount']}元" for doubt in found)
    assert not any(doubt["is_of_row"] or doubt["member"] for doubt in found)


def test_an_empty_cell_of_an_amount_is_missing_and_no_waiver_makes_it_known(
    received: Received,
) -> None:
    received.take(TOTALS + "A1|一校||900\nA2|二校|0|0\nA3|三校|4000|\nA4|四校||\n")
    waiver = replace(ALLOWED, rule="blank_amount", column_name=None)
    for waivers in ((), (waiver,)):
        found = [doubt for doubt in received.doubts(*waivers) if doubt["rule"] != BETWEEN]
        assert [(doubt["unit"], doubt["row"], doubt["amount"]) for doubt in found] == [
            ("A1", 3, None), ("A3", 5, None), ("A4", 6, None),
        ]  # fmt: skip
        assert {(doubt["rule"], doubt["reason"]) for doubt in found} == {
            ("blank_amount", "金额空白")
        }
        assert all(doubt["is_of_row"] for doubt in found)
        assert received.verdict(*waivers).details["rows_landed"] == 4
