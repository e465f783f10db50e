"""What a waiver lets through in a small workbook: rows, the whole file, never what is unread."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from reading_parts import NAME, OTHER, SCHOOL, STAFF, contract_of, sheet, workbook
from validating import validate_all

from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.extract.raw_store import Store
from flows.landing.outcome import Outcome, ValidationRequest
from flows.parsing.pseudonyms import PersonKey
from flows.quality import suite
from flows.quality.waivers import Waiver

NULL, BETWEEN = "expect_column_values_to_not_be_null", "expect_column_values_to_be_between"
NOTES = "notes: {what: 要求, why: 缘由, resolve: 处理}"
SUITE = f"""name: finance.funds
aggregates: {{row_count: count(*)}}
rules:
- {{type: {NULL}, kwargs: {{column: school_name}}, severity: warning, effect: provisional, {NOTES}}}
- {{type: {BETWEEN}, kwargs: {{column: staff_yuan, min_value: 0}}, severity: warning,
   effect: provisional, {NOTES}}}
- {{type: {BETWEEN}, kwargs: {{column: row_count, min_value: 9}}, severity: critical, {NOTES}}}
"""
TEXT = """
单位:元
代码|学校|人员|公用
A1|.|5.5|1.5
A2|二校|-7.5|1.5
A3|.|-9.5|1.5
A4|四校|6.5|不明
"""
ANY = Waiver(
    "免1", "finance.funds", None, NULL, None, None, None, None, "校名待定", "财务股",
    date(2024, 1, 1), date(2024, 6, 30),
)  # fmt: skip
WHOLE_FILE = replace(ANY, number="免9", rule=BETWEEN, column_name="row_count")
NEGATIVE = replace(ANY, number="免2", rule=BETWEEN, column_name="人员")


class Judged:
    """One workbook, judged under some waivers."""

    def __init__(self, folder: Path, contract: Contract) -> None:
        self.folder, self.contract = folder, contract
        self.store = Store(folder / "landed")
        path = workbook(folder / "b.xlsx", 表=sheet(TEXT))
        kept = self.store.keep(BytesIO(path.read_bytes()), "经费.xlsx")
        one = (contract.name, "519900", "2023", (kept,), "2024-01-01T00:00:00Z", "inbox")
        self.delivery = Delivery(*one)

    def under(self, *waivers: Waiver) -> Outcome:
        """Judge it as a night does that has these open waivers."""
        own = tuple(waiver for waiver in waivers if waiver.is_for(self.delivery))
        request = ValidationRequest(self.delivery, own)
        key, cache = PersonKey(b"k" * 32), self.folder / "cache"
        return validate_all(self.store, cache, [request], self.contract, key)[0]

    def landed(self, *waivers: Waiver) -> list[str]:
        """List the units whose rows are accepted under some waivers."""
        verdict = self.under(*waivers, WHOLE_FILE)
        assert verdict.accepted, verdict.rejections
        units: list[str] = pq.read_table(verdict.rows)["school_code"].to_pylist()
        assert not set(units) & set(pq.read_table(verdict.quarantine)["unit"].to_pylist())
        assert verdict.details["rows_landed"] + verdict.details["rows_quarantined"] == 4
        return units


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contract:
    suites = tmp_path / "expectations"
    (suites / "finance").mkdir(parents=True)
    (suites / "finance" / "funds.yml").write_text(SUITE, "utf-8")
    (suites / "file_checks.yml").write_bytes((suite.SUITES / "file_checks.yml").read_bytes())
    monkeypatch.setattr(suite, "SUITES", suites)
    limit = {"rows": 1, "amount": 1}
    read = {"unit": "in_sheet"}
    return contract_of(SCHOOL, NAME, STAFF, OTHER, read=read, quarantine_limit=limit)


@pytest.fixture
def judged(tmp_path: Path, contract: Contract) -> Judged:
    return Judged(tmp_path, contract)


def test_a_rule_on_the_whole_file_is_waived_and_told(judged: Judged) -> None:
    assert not judged.under().accepted
    verdict = judged.under(WHOLE_FILE)
    assert verdict.accepted
    assert [(one["number"], one["rows"]) for one in verdict.details["waived"]] == [("免9", 0)]


@pytest.mark.parametrize(
    ("waivers", "units"),
    [
        ([], []),
        ([ANY], ["A1"]),
        ([NEGATIVE], ["A2"]),
        ([ANY, NEGATIVE], ["A1", "A2", "A3"]),
        ([ANY, replace(NEGATIVE, unit="A3")], ["A1", "A3"]),
        ([replace(ANY, file="经费.xlsx", sheet="表", row=3)], ["A1"]),
        ([replace(ANY, row=4)], []),
        ([replace(ANY, file="别的.xlsx")], []),
        ([replace(ANY, of_period="2022")], []),
        ([replace(ANY, rule="unreadable_cell")], []),
    ],
)
def test_a_row_is_let_through_if_each_rule_that_it_breaks_is_waived(
    judged: Judged, waivers: list[Waiver], units: list[str]
) -> None:
    assert judged.landed(*waivers) == units


def test_what_cannot_be_read_stays_set_aside_with_its_effect(judged: Judged) -> None:
    verdict = judged.under(replace(ANY, rule="unreadable_cell"), WHOLE_FILE)
    [row] = [
        one for one in pq.read_table(verdict.quarantine).to_pylist() if one["unit"] == "A4"
    ]  # fmt: skip
    assert row["effect"] == "provisional"
    assert [one["number"] for one in verdict.details["waived"]] == ["免9"]


def test_a_row_that_another_rule_takes_is_not_told_as_let_through(judged: Judged) -> None:
    outcome: Any = judged.under(ANY, WHOLE_FILE).details
    assert [(one["number"], one["rows"]) for one in outcome["waived"]] == [("免1", 1), ("免9", 0)]


def test_rules_on_ids_of_persons_are_never_waived(tmp_path: Path, contract: Contract) -> None:
    columns = tuple(
        column.model_copy(update={"person": column.name == "school_name"})
        for column in contract.columns
    )
    assert Judged(tmp_path, contract.model_copy(update={"columns": columns})).landed(ANY) == []
