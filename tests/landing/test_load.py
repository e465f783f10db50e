"""However few rows are looked at together, and however many files, the verdicts are the same."""

import io
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suite_parts import FLAG, NOTES, TEXT, WHOLE, rule
from validating import land, validate, validate_all

from flows.common import parquet
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.loading import load_contracts
from flows.extract.raw_store import Store
from flows.landing import load
from flows.landing.outcome import ValidationRequest
from flows.parsing.pseudonyms import PersonKey
from flows.quality.rules import (
    compute_aggregates,
    run_row_rules,
    run_row_rules_on_files,
    run_table_rules,
)
from flows.quality.suite import Suite, SuiteError, Suites, load_suite
from flows.readers import row_blocks, sandbox

SCHEMA = pa.schema([("code", TEXT), ("word", TEXT), ("flag", FLAG), ("number", WHOLE)])
ROWS = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["a", "b", "c", None]),
        "word": st.sampled_from(["x", "y", None]),
        "flag": st.sampled_from([True, False, None]),
        "number": st.sampled_from([0, 1, 7, None]),
    }
)
PAYMENTS = """\
支付凭证号,支付日期,预算单位,支出功能分类,部门预算经济分类,项目编码,资金性质,支付金额,是否删除
1,20230104,205108-一中,2050204-高中教育,30206-电费,11,111,"2,021.97",否
2,20230105,205108-一中,2050204-高中教育,30206-电费,11,111,10.00,否
2,20230106,205109-二中,2050204-高中教育,30206-电费,11,111,20.00,否
3,20230107,205108-一中,2050204-高中教育,30206-电费,11,111,30.00,是
3,20230108,205108-一中,2050204-高中教育,30206-电费,11,111,30.00,否
4,20220108,205108-一中,2050204-高中教育,30206-电费,11,111,40.00,否
5,20230109,205108-一中,20502-高中,30206-电费,11,111,不详,否
6,20230110,,2050204-高中教育,302,11,111,-50.00,否
7,20230110,205109-二中,2050204,302,11,111,70.00,否
7,20230110,205109-二中,2050204,302,11,111,70.00,否
9,20230111,205109-二中,2050204,302,11,111,80.00,
8,,205109-二中,2050204,302,11,111,90.00,否
合计,,,,,,,2281.97,
"""
KEY = PersonKey(b"0" * 32)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    path = tmp_path_factory.mktemp("suite") / "table.yml"
    rules = [
        rule("expect_column_values_to_not_be_null", column="code", row_condition="flag == True"),
        rule("expect_column_values_to_be_unique", column="code"),
        rule("expect_column_values_to_be_between", column="number", max_value=5),
        rule("expect_compound_columns_to_be_unique", column_list=["code", "word"],
             row_condition="flag != True"),
        rule("expect_column_values_to_be_between", None, column="numbers", min_value=3),
    ]  # fmt: skip
    content = {"name": "x.table", "aggregates": {"numbers": "sum(number)"}, "rules": rules}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    assert NOTES
    return load_suite(path)


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=st.lists(st.lists(ROWS, max_size=6), min_size=2, max_size=3), few=st.integers(2, 4))
def test_few_rows_at_a_time_and_many_files_at_once_are_judged_as_each_file_whole(
    suite: Suite, tmp_path: Path, files: list[list[dict[str, Any]]], few: int
) -> None:
    paths = []
    for number, rows in enumerate(files):
        paths.append(tmp_path / f"{number}.parquet")
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), paths[-1])
    whole = [run_row_rules(suite, path) for path in paths]
    assert run_row_rules_on_files(suite, paths) == whole
    before, parquet.CHUNK_ROWS = parquet.CHUNK_ROWS, few
    try:
        assert run_row_rules(suite, paths[0]) == whole[0]
        assert run_row_rules_on_files(suite, paths) == whole
    finally:
        parquet.CHUNK_ROWS = before
    sums = parquet.first_rows(paths, suite.aggregates)
    assert sums == [parquet.first_rows([path], suite.aggregates)[0] for path in paths]
    assert run_table_rules(suite, sums) == [run_table_rules(suite, [row])[0] for row in sums]


def land_payments(folder: Path) -> tuple[Any, ...]:
    """Land the payments above and give all that comes of them."""
    contract = load_contracts()["finance.payments"]
    path = folder / "支付明细_2023年.csv"
    folder.mkdir()
    path.write_text(PAYMENTS, encoding="gb18030")
    file = LandedFile("0" * 64, 1, path.name)
    delivery = Delivery(contract.name, "519900", "2023", (file,), "2024-01-01T00:00:00Z", "inbox")
    suite = Suites().load(contract)
    found = land(path, delivery, contract, suite, KEY.pseudonym, folder)
    return (
        pq.read_table(folder / load.ROWS).to_pylist(),
        pq.read_table(folder / load.QUARANTINE).to_pylist(),
        found.judgement.results, found.judgement.rejections, found.row_count, found.sums,
        found.profile,
    )  # fmt: skip


def test_a_file_read_and_judged_three_rows_at_a_time_lands_as_it_does_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = land_payments(tmp_path / "whole")
    for module, name in ((parquet, "CHUNK_ROWS"), (parquet, "ROWS_IN_GROUP"),
                         (row_blocks, "ROWS_AT_ONCE")):  # fmt: skip
        monkeypatch.setattr(module, name, 3)
    assert land_payments(tmp_path / "few") == whole
    rows, quarantine, *_, sums, _profile = whole
    assert [row["_row_number"] for row in rows] == [2, 5, 6, 10]
    assert sums == {"amount_yuan": Decimal("2151.97")}
    assert sorted({row["row_number"] for row in quarantine}) == [3, 4, 7, 8, 9, 11, 12, 13]


def keep(store: Store, source: str, period: str, content: bytes, name: str) -> Delivery:
    file = store.keep(io.BytesIO(content), name)
    return store.record(
        Delivery(source, "519900", period, (file,), "2024-01-01T00:00:00Z", "inbox")
    )


def test_deliveries_judged_together_have_the_verdicts_of_each_alone(tmp_path: Path) -> None:
    contract, store = load_contracts()["finance.payments"], Store(tmp_path / "landed")
    header, *lines = PAYMENTS.splitlines(keepends=True)
    texts = [PAYMENTS, header, header + lines[0] + '合计,,,,,,"2,021.97",\n', "没有表头\n",
             header + lines[8] + "合计,,,,,,70,\n"]  # fmt: skip
    deliveries = [
        keep(store, contract.name, "2023", text.encode("gb18030"), f"支付明细_2023年_{number}.csv")
        for number, text in enumerate(texts)
    ]
    together = validate_all(
        store, tmp_path / "together", list(map(ValidationRequest, deliveries)), contract, KEY
    )
    alone = [
        validate(store, tmp_path / "alone", delivery, contract, KEY) for delivery in deliveries
    ]
    assert [one.details for one in together] == [one.details for one in alone]
    assert [one.accepted for one in together] == [False, False, True, False, True]
    assert all(one.is_sound for one in together)
    assert sorted(path.name for path in (tmp_path / "together").iterdir()) == sorted(
        one.folder.name for one in together
    )


def test_one_reader_serves_many_workbooks_and_is_replaced_when_it_grew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench_files import school_workbooks

    started: list[sandbox.ReaderProcess] = []
    begin = sandbox.ReaderProcess.__init__

    def counting(self: sandbox.ReaderProcess) -> None:
        begin(self)
        started.append(self)

    monkeypatch.setattr(sandbox.ReaderProcess, "__init__", counting)
    monkeypatch.setattr(sandbox, "_thread", threading.local())
    paths = school_workbooks(tmp_path, 3)
    for path in paths:
        assert [sheet[0] for sheet in sandbox.read_sheets(path, "xlsx")] == ["sheet", "rows"]
    assert len(started) == 1
    monkeypatch.setattr(sandbox, "GROWN_BYTES", 1)
    assert [sheet[0] for sheet in sandbox.read_sheets(paths[0], "xlsx")] == ["sheet", "rows"]
    assert len(started) == 2
    assert not started[0].is_fit
    started[1].end()


@pytest.mark.parametrize("count", [1, 3])
def test_an_aggregate_of_a_column_that_is_not_there_is_told_by_its_name(
    suite: Suite, tmp_path: Path, count: int
) -> None:
    paths = [tmp_path / f"{number}.parquet" for number in range(count)]
    for path in paths:
        pq.write_table(pa.table({"number": [1, 2]}), path)
    asks = {"numbers": "sum(number)", "others": "sum(renamed)"}
    with pytest.raises(SuiteError, match=r"x\.table: the aggregate others cannot be computed"):
        compute_aggregates(replace(suite, aggregates=asks), paths)
    assert compute_aggregates(suite, paths) == [{"numbers": 3}] * count
