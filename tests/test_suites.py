"""Tests of the expectation suites, with the real Great Expectations."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from flows.lib import suites
from flows.lib.suites import RuleResult, Suite, SuiteError, judge_rows, judge_table, load_suite

EXPECTATIONS = Path(__file__).parents[1] / "expectations"
NOTES = {"what": "要求", "why": "缘由", "resolve": "处理"}
READING = {
    "exact_duplicate": {"severity": "info", "effect": "none", "notes": NOTES},
    "unreadable_cell": {"severity": "warning", "effect": "provisional", "notes": NOTES},
    "required_column": {"severity": "critical", "notes": NOTES},
    "quarantine_limit": {"severity": "critical", "notes": NOTES},
}
TEXT, DAY, YUAN, FLAG = pa.string(), pa.date32(), pa.decimal128(18, 2), pa.bool_()
WIDE, WHOLE = pa.decimal128(38, 10), pa.int64()
LANDED = {"district_code": TEXT, "period": TEXT}
VALIDITY = {"valid_from": DAY, "valid_to": DAY}
VALUE_KEY = {
    "district_code": TEXT, "evaluation_year": WHOLE, "indicator_id": TEXT, "period": TEXT,
    "dimension": TEXT, "member": TEXT,
}  # fmt: skip
COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "finance.payments": LANDED | {
        "voucher_no": TEXT, "paid_on": DAY, "unit_code": TEXT, "function_code": TEXT,
        "economic_code": TEXT, "project_code": TEXT, "amount_yuan": YUAN, "is_deleted": FLAG,
    },
    "finance.projects": LANDED | VALIDITY | {
        "project_code": TEXT, "project_name": TEXT, "purpose": TEXT, "stage": TEXT,
    },
    "finance.education_funds": LANDED | {
        "school_code": TEXT, "school_name": TEXT, "stage": TEXT, "staff_yuan": YUAN,
        "operating_yuan": YUAN, "construction_yuan": YUAN, "surcharge_yuan": YUAN,
    },
    "staffing.staff": LANDED | {
        "staff_id": TEXT, "school_code": TEXT, "post": TEXT, "stage": TEXT, "subject": TEXT,
        "entered_on": DAY, "left_on": DAY,
    },
    "staffing.trainings": LANDED | {
        "staff_id": TEXT, "course": TEXT, "trained_on": DAY, "hours": pa.decimal128(8, 1),
    },
    "schools.schools": LANDED | VALIDITY | {
        "school_code": TEXT, "school_name": TEXT, "type_code": TEXT, "founder_code": TEXT,
        "area_code": TEXT, "managing_school_code": TEXT, "merged_into_school_code": TEXT,
    },
    "schools.crosswalk": LANDED | VALIDITY | {
        "school_code": TEXT, "id_kind": TEXT, "id_value": TEXT,
    },
    "schools.students": LANDED | {
        "student_id": TEXT, "school_code": TEXT, "stage": TEXT, "grade": TEXT, "class_no": TEXT,
        "is_boarder": FLAG, "has_special_needs": FLAG,
    },
    "registers.counselling_rooms": LANDED | {
        "school_code": TEXT, "school_name": TEXT, "is_in_task_list": FLAG, "in_use_since": DAY,
        "inspection": TEXT, "is_to_be_merged": FLAG,
    },
    "report.report_values": VALUE_KEY | {
        "state": TEXT, "value": WIDE, "value_text": TEXT, "unit": TEXT, "numerator": WIDE,
        "denominator": WIDE, "standard_id": TEXT, "standard_value": WIDE, "judgement": TEXT,
        "margin": WIDE, "reason": TEXT, "missing_sources": TEXT, "units_expected": WHOLE,
        "units_received": WHOLE, "quarantined_rows": WHOLE,
        "quarantined_amount": pa.decimal128(38, 2),
    },
    "report.report_figures": VALUE_KEY | {
        "figure_id": TEXT, "part": TEXT, "order_no": WHOLE, "item_no": TEXT, "place": TEXT,
        "title": TEXT, "text": TEXT, "publish": TEXT,
    },
    "report.report_indicators": {
        "indicator_id": TEXT, "title_zh": TEXT, "title_en": TEXT, "value_type": TEXT,
        "unit": TEXT, "decimals": WHOLE, "formula": TEXT, "publish": TEXT, "data_class": TEXT,
        "owner_office": TEXT, "basis": TEXT, "definition_zh": TEXT, "definition_version": TEXT,
    },
    "report.report_evidence": VALUE_KEY | {
        "role": TEXT, "file_id": TEXT, "fact": TEXT, "source": TEXT, "original_name": TEXT,
        "sha256": TEXT, "sheets": TEXT, "row_count": WHOLE, "measure_sum": WIDE,
    },
}  # fmt: skip
SHIPPED = sorted(EXPECTATIONS.rglob("*.yml"))


def shipped(name: str) -> Suite:
    """Load a suite of the product."""
    system, table = name.split(".")
    return load_suite(EXPECTATIONS / system / f"{table}.yml")


def rule(kind: str, effect: str | None = "provisional", **kwargs: Any) -> dict[str, Any]:
    """Write a rule as it stands in a suite."""
    written = {"type": kind, "kwargs": kwargs, "severity": "warning", "notes": NOTES}
    return written | ({"effect": effect} if effect else {})


@pytest.fixture
def suite_of(tmp_path: Path) -> Callable[..., Suite]:
    """Make a suite of rules."""

    def make(*rules: dict[str, Any], **more: Any) -> Suite:
        path = tmp_path / "table.yml"
        content = {"name": "x.table", "rules": list(rules), "reading": READING} | more
        path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        return load_suite(path)

    return make


def rows(name: str, *given: Mapping[str, Any]) -> pa.Table:
    """Make landed rows of a table; what is not given is null."""
    schema = pa.schema(list(COLUMNS[name].items()))
    empty: dict[str, Any] = dict.fromkeys(schema.names)
    return pa.Table.from_pylist([empty | dict(row) for row in given], schema)


def aggregates_of(suite: Suite, landed: pa.Table) -> dict[str, Any]:
    """Compute the aggregates of a suite as the flow does."""
    with duckdb.connect() as connection:
        connection.register("landed", landed)
        columns = ", ".join(f"{sql} as {name}" for name, sql in suite.aggregates.items())
        values = connection.execute(f"select {columns} from landed").fetchone()
    return dict(zip(suite.aggregates, values or (), strict=True))


def failures(results: list[RuleResult]) -> dict[str, tuple[int, ...]]:
    """Give what failed, by column."""
    assert not [result.error for result in results if result.raised]
    return {str(r.rule.column): r.failed_positions for r in results if not r.success}


# Loading


def test_importing_costs_nothing() -> None:
    code = (
        "import sys, flows.lib.suites, flows.lib.gates_page\n"
        "print(sorted({'great_expectations', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_rule_tells_rows_from_tables(suite_of: Callable[..., Suite]) -> None:
    suite = suite_of(
        rule("expect_column_values_to_not_be_null", "none", column="a"),
        rule("expect_column_values_to_be_between", None, column="n", min_value=1),
        rule("expect_compound_columns_to_be_unique", column_list=["a", "b"]),
    )
    assert [one.is_row_rule for one in suite.rules] == [True, False, True]
    assert [one.column for one in suite.rules] == ["a", "n", "a, b"]
    assert suite.rules[0].severity == "warning"
    assert suite.reading["exact_duplicate"].effect == "none"
    assert suite.reading["required_column"].effect is None


GOOD = rule("expect_column_values_to_not_be_null", column="a")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rules": []}, "does not state its rules|no rules"),
        ({"rules": {"a": 1}}, "no rules"),
        ({"ruls": [GOOD]}, "ruls"),
        ({"rules": [GOOD | {"severity": "bad"}]}, "rule 1 .*severity"),
        ({"rules": [{k: v for k, v in GOOD.items() if k != "severity"}]}, "rule 1 .*severity"),
        ({"rules": [{k: v for k, v in GOOD.items() if k != "notes"}]}, "rule 1 .*notes"),
        ({"rules": [GOOD | {"notes": {"what": "a", "why": "b"}}]}, "rule 1 .*resolve"),
        ({"rules": [GOOD | {"notes": NOTES | {"more": "b"}}]}, "rule 1 .*more"),
        ({"rules": [GOOD | {"effect": "reject"}]}, "rule 1 .*effect"),
        ({"rules": [GOOD | {"effect": None}]}, "rule 1 .*effect"),
        ({"rules": [GOOD | {"mostly": 0.9}]}, "rule 1 .*mostly"),
        ({"rules": [GOOD, GOOD | {"kwargs": {"column": "a", "mostly": 0.9}}]}, "rule 2 .*mostly"),
        (
            {"rules": [GOOD | {"kwargs": {"column": "a", "result_format": "BASIC"}}]},
            "result_format",
        ),
        ({"rules": ["expect"]}, "rule 1"),
        ({"rules": [rule("expect_table_row_count_to_be_between", None, min_value=1)]}, "no column"),
        ({"rules": [rule("expect_column_values_to_be_in_set", column="a")]}, "value_set"),
        ({"rules": [rule("expect_column_values_to_match_regex", column="a")]}, "regex"),
        ({"rules": [rule("expect_column_values_to_be_between", column="a")]}, "min_value or max"),
        ({"reading": {}}, "exact_duplicate"),
        ({"reading": READING | {"own_totals": READING["exact_duplicate"]}}, "own_totals"),
        ({"reading": READING | {"own_total": {"severity": "info"}}}, "reading own_total .*notes"),
        ({"aggregates": {"n": 1}}, "aggregates"),
    ],
)
def test_an_unclear_suite_is_refused(
    suite_of: Callable[..., Suite], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(SuiteError, match=words) as caught:
        suite_of(GOOD, **change)
    assert "table.yml" in str(caught.value)


@pytest.mark.parametrize("content", ["", "# nothing\n", "[]", "a: [", "name: x\nname: y\n", "\x00"])
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "table.yml"
    path.write_text(content, "utf-8")
    with pytest.raises(SuiteError, match=r"table\.yml"):
        load_suite(path)


def test_a_missing_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"none\.yml"):
        load_suite(tmp_path / "none.yml")


def test_yaml_tags_make_no_objects(tmp_path: Path) -> None:
    path = tmp_path / "table.yml"
    path.write_text("name: !!python/object/apply:os.getcwd []\n", "utf-8")
    with pytest.raises(SuiteError):
        load_suite(path)


# Judging rows

TABLE = pa.table(
    {
        "code": pa.array(["5110000001", None, "x", "5110000001\n", "511000000１"], TEXT),
        "yuan": pa.array([Decimal("0.00"), None, Decimal("-0.01"), Decimal(400), 1], YUAN),
        "begin": pa.array([date(2020, 1, 1)] * 5, DAY),
        "end": pa.array(
            [date(2020, 1, 1), None, date(2019, 12, 31), date(9999, 12, 31), date(1, 1, 1)], DAY
        ),
        "flag": pa.array([True, None, False, True, True], FLAG),
        "nothing": pa.nulls(5),
        "word": pa.array(["a", None, "b", "a", None]).dictionary_encode(),
    }
)


@pytest.mark.parametrize(
    ("written", "positions"),
    [
        (rule("expect_column_values_to_not_be_null", column="code"), (1,)),
        (rule("expect_column_values_to_not_be_null", column="flag"), (1,)),
        (rule("expect_column_values_to_not_be_null", column="end"), (1,)),
        (rule("expect_column_values_to_not_be_null", column="yuan"), (1,)),
        (rule("expect_column_values_to_not_be_null", column="nothing"), (0, 1, 2, 3, 4)),
        (rule("expect_column_values_to_match_regex", column="code", regex=r"^[0-9]{10}\Z"),
         (2, 3, 4)),
        (rule("expect_column_values_to_match_regex", column="nothing", regex="a"), ()),
        (rule("expect_column_values_to_be_in_set", column="code", value_set=["x"]), (0, 3, 4)),
        (rule("expect_column_values_to_be_in_set", column="flag", value_set=[True]), (2,)),
        (rule("expect_column_values_to_be_in_set", column="word", value_set=["a"]), (2,)),
        (rule("expect_column_values_to_be_between", column="yuan", min_value=0), (2,)),
        (rule("expect_column_values_to_be_between", column="yuan", max_value=399.99), (3,)),
        (rule("expect_column_values_to_be_between", column="end", min_value=date(2020, 1, 1)),
         (2, 4)),
        (rule("expect_column_pair_values_a_to_be_greater_than_b", column_A="end",
              column_B="begin", or_equal=True), (2, 4)),
        (rule("expect_column_values_to_be_unique", column="word"), (0, 3)),
        (rule("expect_compound_columns_to_be_unique", column_list=["word", "flag"]), (0, 3)),
        (rule("expect_column_values_to_be_unique", column="word", row_condition="flag == False"),
         ()),
        (rule("expect_column_values_to_not_be_null", column="word", row_condition="flag == True"),
         (4,)),
        (rule("expect_column_values_to_not_be_null", column="word", row_condition="flag != True"),
         (1,)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk_rows", [2, 100])
def test_positions_and_nulls(
    suite_of: Callable[..., Suite],
    monkeypatch: pytest.MonkeyPatch,
    written: dict[str, Any],
    positions: tuple[int, ...],
    chunk_rows: int,
) -> None:
    monkeypatch.setattr(suites, "CHUNK_ROWS", chunk_rows)
    (result,) = judge_rows(suite_of(written), TABLE)
    assert (result.raised, result.error) == (False, "")
    assert result.failed_positions == positions
    assert result.success == (not positions)


def test_uniqueness_looks_across_chunks(
    suite_of: Callable[..., Suite], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suites, "CHUNK_ROWS", 3)
    table = pa.table({"id": ["a", "b", "c", "d", "e", "f", "g", "b", None, None], "n": [1] * 10})
    suite = suite_of(
        rule("expect_column_values_to_be_unique", column="id"),
        rule("expect_column_values_to_not_be_null", column="id"),
        rule("expect_compound_columns_to_be_unique", column_list=["id", "n"]),
    )
    assert [r.failed_positions for r in judge_rows(suite, table)] == [(1, 7), (8, 9), (1, 7)]


def test_results_come_in_the_order_of_the_suite(suite_of: Callable[..., Suite]) -> None:
    written = [
        rule("expect_column_values_to_be_between", column="yuan", min_value=0),
        rule("expect_column_values_to_not_be_null", column="code"),
        rule("expect_column_values_to_be_unique", column="word"),
        rule("expect_column_values_to_not_be_null", column="yuan"),
        rule("expect_column_values_to_not_be_null", column="code"),
    ]
    results = judge_rows(suite_of(*written), TABLE)
    assert [r.rule.type for r in results] == [w["type"] for w in written]
    assert [r.failed_positions for r in results] == [(2,), (1,), (0, 3), (1,), (1,)]


@pytest.mark.parametrize("effect", suites.EFFECTS)
@pytest.mark.parametrize("severity", suites.SEVERITIES)
def test_severity_and_effect_do_not_change_the_verdict(
    suite_of: Callable[..., Suite], severity: str, effect: str
) -> None:
    row = rule("expect_column_values_to_not_be_null", effect, column="code")
    whole = rule("expect_column_values_to_be_between", None, column="n", min_value=1)
    suite = suite_of(row | {"severity": severity}, whole | {"severity": severity})
    (of_row,), (of_table,) = judge_rows(suite, TABLE), judge_table(suite, {"n": 0})
    assert (of_row.rule.effect, of_row.rule.severity) == (effect, severity)
    assert (of_row.success, of_row.failed_positions) == (False, (1,))
    assert (of_table.rule.effect, of_table.rule.severity) == (None, severity)
    assert (of_table.success, of_table.raised) == (False, False)


@pytest.mark.parametrize(
    "written",
    [
        rule("expect_column_values_to_not_be_null", column="cod"),
        rule("expect_column_values_to_be_nice", column="code"),
        rule("expect_column_values_to_match_regex", column="code", regex="("),
        rule("expect_column_values_to_be_between", column="code", min_value=0),
        rule("expect_column_values_to_not_be_null", column="code", colour="red"),
        rule("expect_column_values_to_not_be_null", column="code", row_condition="flog == True"),
        rule("expect_column_max_to_be_between", column="yuan", max_value=10_000),
        rule("expect_compound_columns_to_be_unique", column_list=["code", "cod"]),
    ],
)
@pytest.mark.parametrize("table", [TABLE, TABLE.slice(0, 0)], ids=["rows", "no rows"])
def test_what_cannot_be_judged_has_raised(
    suite_of: Callable[..., Suite],
    capfd: pytest.CaptureFixture[str],
    written: dict[str, Any],
    table: pa.Table,
) -> None:
    suite = suite_of(written, GOOD | {"kwargs": {"column": "code"}})
    result, other = judge_rows(suite, table)
    if table.num_rows or "cod" in result.rule.columns or "nice" in result.rule.type:
        assert (result.success, result.raised, result.failed_positions) == (False, True, ())
        assert result.error.isidentifier()
    assert (other.raised, len(other.failed_positions)) == (False, min(table.num_rows, 1))
    assert capfd.readouterr() == ("", "")


def test_an_expectation_without_an_answer_has_raised(
    suite_of: Callable[..., Suite], monkeypatch: pytest.MonkeyPatch
) -> None:
    from great_expectations.datasource.fluent.interfaces import Batch

    class Nothing:
        results: tuple[()] = ()

    suite = suite_of(
        GOOD | {"kwargs": {"column": "code"}},
        rule("expect_column_values_to_not_be_null", None, column="n"),
    )
    monkeypatch.setattr(Batch, "validate", lambda *_, **__: Nothing)
    for result in (*judge_rows(suite, TABLE), *judge_table(suite, {"n": 1})):
        assert (result.success, result.raised, result.error) == (False, True, "NoAnswer")

    def fail(*_: object, **__: object) -> None:
        raise KeyError("51990020130901002X")

    monkeypatch.setattr(Batch, "validate", fail)
    for result in (*judge_rows(suite, TABLE), *judge_table(suite, {"n": 1})):
        assert (result.success, result.raised, result.error) == (False, True, "KeyError")


def test_one_raising_chunk_fails_the_rule(
    suite_of: Callable[..., Suite], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suites, "CHUNK_ROWS", 1)
    table = pa.table({"a": pa.array([None, "secret"], TEXT)})
    (result,) = judge_rows(
        suite_of(rule("expect_column_values_to_be_between", column="a", min_value=0)), table
    )
    assert (result.success, result.raised) == (False, True)


def test_no_value_escapes(
    suite_of: Callable[..., Suite],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret = "51990020130901002X"
    table = pa.table({"id": [secret, secret, f"Key{secret}Error: {secret}\n{secret}Error: x"]})
    suite = suite_of(
        rule("expect_column_values_to_match_regex", column="id", regex="^a"),
        rule("expect_column_values_to_be_unique", column="id"),
        rule("expect_column_values_to_be_between", column="id", min_value=0),
        rule("expect_column_values_to_match_strftime_format", column="id", strftime_format="%Y"),
        rule("expect_column_values_to_be_in_set", None, column="n", value_set=["a"]),
        rule("expect_column_values_to_be_between", None, column="n", min_value=0),
    )
    results = [*judge_rows(suite, table), *judge_table(suite, {"n": secret})]
    assert [r.success for r in results] == [False] * 6
    assert secret not in repr(results)
    assert secret not in caplog.text
    assert secret not in "".join(capfd.readouterr())


def test_nothing_is_left_in_the_temporary_directory(suite_of: Callable[..., Suite]) -> None:
    before = set(Path(tempfile.gettempdir()).iterdir())
    judge_rows(suite_of(GOOD | {"kwargs": {"column": "code"}}), TABLE)
    made = set(Path(tempfile.gettempdir()).iterdir()) - before
    assert not [path for path in made if "pytest" not in path.name and "great" in path.name]


# Judging tables


@pytest.mark.parametrize(
    ("value", "success", "raised"),
    [(1, True, False), (0, False, False), (None, False, True), (float("nan"), False, True),
     (Decimal("1.0000000001"), True, False), (Decimal("0.9999999999"), False, False),
     (10**30, True, False), ("1", False, True)],
)  # fmt: skip
def test_aggregates_are_compared_exactly(
    suite_of: Callable[..., Suite], value: Any, success: bool, raised: bool
) -> None:
    suite = suite_of(rule("expect_column_values_to_be_between", None, column="n", min_value=1))
    (result,) = judge_table(suite, {"n": value, "other": None})
    assert (result.success, result.raised, result.failed_positions) == (success, raised, ())


def test_an_aggregate_that_nobody_computes_has_raised(suite_of: Callable[..., Suite]) -> None:
    suite = suite_of(
        rule("expect_column_values_to_be_between", None, column="m", min_value=1),
        rule("expect_column_values_to_not_be_null", None, column="n"),
    )
    results = judge_table(suite, {"n": None})
    assert [(r.success, r.raised) for r in results] == [(False, True), (False, False)]
    assert [(r.success, r.raised) for r in judge_table(suite, {})] == [(False, True)] * 2


# The suites of the product


def test_every_table_has_a_suite() -> None:
    assert {f"{path.parent.name}.{path.stem}" for path in SHIPPED} == set(COLUMNS)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_a_shipped_suite_names_what_there_is(path: Path) -> None:
    suite = load_suite(path)
    assert suite.name == f"{path.parent.name}.{path.stem}"
    known = set(COLUMNS[suite.name])
    for one in suite.rules:
        assert set(one.columns) <= (known if one.is_row_rule else set(suite.aggregates))
        if suite.name.startswith("report."):
            assert not one.is_row_rule
    used = {column for one in suite.rules if not one.is_row_rule for column in one.columns}
    assert used == set(suite.aggregates)
    empty = pa.schema(list(COLUMNS[suite.name].items())).empty_table()
    results = [*judge_rows(suite, empty), *judge_table(suite, aggregates_of(suite, empty))]
    assert len(results) == len(suite.rules)
    assert [r.rule.type for r in results if r.raised] == []
    assert not all(r.success for r in results), "an empty table must not pass"


PAYMENT = {
    "period": "2023", "voucher_no": "1", "paid_on": date(2023, 3, 1), "unit_code": "205101",
    "function_code": "2050202", "amount_yuan": Decimal("10.00"), "is_deleted": False,
}  # fmt: skip


def test_payments_rules() -> None:
    suite = shipped("finance.payments")
    table = rows(
        "finance.payments",
        PAYMENT,
        PAYMENT | {"voucher_no": "2", "amount_yuan": Decimal("-4.00"), "unit_code": "局本级-1"},
        PAYMENT | {"voucher_no": "3", "function_code": "205", "economic_code": "30201"},
        PAYMENT | {"voucher_no": "4", "paid_on": date(2022, 12, 31)},
        PAYMENT | {"voucher_no": "5", "paid_on": None},
        PAYMENT | {"voucher_no": "6", "function_code": "教育支出"},
        PAYMENT | {"voucher_no": "7"},
        PAYMENT | {"voucher_no": "7", "amount_yuan": Decimal("11.00")},
        {"period": "2023", "voucher_no": "7", "is_deleted": True},
        PAYMENT | {"voucher_no": "8", "is_deleted": None},
        PAYMENT | {"voucher_no": None},
    )
    results = judge_rows(suite, table)
    failed = {(r.rule.type, r.rule.column): r.failed_positions for r in results if not r.success}
    assert not any(r.raised for r in results)
    assert failed == {
        ("expect_column_values_to_be_null", "paid_on"): (3,),
        ("expect_column_values_to_not_be_null", "paid_on"): (4,),
        ("expect_column_values_to_match_regex", "function_code"): (5,),
        ("expect_column_values_to_be_unique", "voucher_no"): (6, 7),
        ("expect_column_values_to_not_be_null", "is_deleted"): (9,),
    }
    of_table = failures(judge_table(suite, aggregates_of(suite, table)))
    assert set(of_table) == {"rows_without_voucher"}


FUNDS = {
    "period": "2023", "school_code": "2151000001", "school_name": "一小", "stage": "普通小学",
    "staff_yuan": Decimal(1), "operating_yuan": Decimal(0), "construction_yuan": Decimal(0),
    "surcharge_yuan": Decimal(0),
}  # fmt: skip
BLANK = dict.fromkeys(["staff_yuan", "operating_yuan", "construction_yuan", "surcharge_yuan"])


def test_education_funds_rules() -> None:
    suite = shipped("finance.education_funds")
    table = rows(
        "finance.education_funds",
        FUNDS,
        FUNDS | {"stage": "普通初中"},
        FUNDS | {"stage": "普通初中", "staff_yuan": Decimal(2)},
        FUNDS | {"school_code": "215100001", "stage": "中等职业学校"},
        FUNDS | {"school_code": "9151000001", "stage": "其他", "surcharge_yuan": Decimal(-1)},
        FUNDS | {"school_code": "9151000002", "stage": "其他"} | BLANK,
    )
    assert failures(judge_rows(suite, table)) == {
        "school_code, stage": (1, 2),
        "school_code": (3,),
        "surcharge_yuan": (4,),
        "staff_yuan": (5,),
    }
    of_table = failures(judge_table(suite, aggregates_of(suite, table)))
    assert set(of_table) == {"rows_with_blank_amount"}


def test_trainings_outside_the_span_are_set_aside() -> None:
    good = {"period": "2019-01..2023-12", "staff_id": "a" * 64, "course": "x", "hours": Decimal(8)}
    years = (2018, 2019, 2023, 2024)
    table = rows(
        "staffing.trainings",
        *(good | {"trained_on": date(year, 5, 12)} for year in years),
        good | {"trained_on": None},
        good | {"trained_on": date(2020, 1, 1), "hours": Decimal("400.1")},
        good | {"trained_on": date(2020, 1, 1), "hours": Decimal("-0.5")},
    )
    results = judge_rows(shipped("staffing.trainings"), table)
    failed = [(r.rule.column, r.failed_positions) for r in results if not r.success]
    assert failed == [("trained_on", (4,)), ("trained_on", (0, 3)), ("hours", (5, 6))]


def test_only_pseudonyms_come_in() -> None:
    suite = shipped("schools.students")
    good = {
        "period": "2023-09-01", "student_id": "a" * 64, "school_code": "2151000001",
        "stage": "普通小学", "grade": "1", "class_no": "1", "is_boarder": False,
        "has_special_needs": False,
    }  # fmt: skip
    table = rows("schools.students", good, good | {"student_id": "G519900201309010011"})
    assert failures(judge_rows(suite, table)) == {}
    found = failures(judge_table(suite, aggregates_of(suite, table)))
    assert set(found) == {"rows_not_pseudonymised"}


def test_only_compulsory_stages_must_say_who_boards() -> None:
    pupils = [
        {"student_id": f"{n:064x}", "school_code": "2151000001", "stage": stage}
        for n, stage in enumerate(["幼儿园", "普通小学", "普通高中", "特殊教育", "小学"])
    ]
    assert failures(judge_rows(shipped("schools.students"), rows("schools.students", *pupils))) == {
        "stage": (4,),
        "is_boarder": (1, 3),
        "has_special_needs": (1, 3),
    }


def test_a_good_row_passes_every_rule() -> None:
    good: dict[str, dict[str, Any]] = {
        "finance.payments": PAYMENT,
        "finance.education_funds": FUNDS,
        "finance.projects": {
            "project_code": "P1", "project_name": "a", "purpose": "公用经费", "stage": "普通小学",
            "valid_from": date(2020, 1, 1),
        },
        "staffing.staff": {
            "staff_id": "a" * 64, "school_code": "2151000001", "post": "专任教师",
            "entered_on": date(2020, 1, 1), "left_on": date(9999, 12, 31),
        },
        "schools.schools": {
            "school_code": "1111000001", "school_name": "a", "type_code": "365",
            "founder_code": "999", "area_code": "111", "valid_from": date(2000, 1, 1),
        },
        "schools.crosswalk": {
            "school_code": "2151000001", "id_kind": "预算单位编码", "id_value": "A-1",
            "valid_from": date(2000, 1, 1), "valid_to": date(2000, 1, 1),
        },
        "registers.counselling_rooms": {
            "period": "2023-12-31", "school_code": "2151000001", "school_name": "a",
            "is_in_task_list": True, "is_to_be_merged": False,
        },
        "report.report_values": {
            "district_code": "519900", "evaluation_year": 2023, "indicator_id": "funds",
            "period": "2023", "dimension": "total", "member": "total", "state": "actual",
            "value": Decimal(1), "unit": "元", "judgement": "无标准", "quarantined_rows": 0,
        },
        "report.report_figures": {
            "district_code": "519900", "evaluation_year": 2023, "figure_id": "4.1", "part": "1",
            "title": "a", "text": "数据缺失", "publish": "public",
        },
        "report.report_indicators": {
            "indicator_id": "funds", "title_zh": "a", "value_type": "money", "formula": "sum",
            "decimals": 2, "publish": "public", "definition_version": "a", "definition_zh": "a",
            "basis": "a", "owner_office": "a",
        },
        "report.report_evidence": {
            "district_code": "519900", "evaluation_year": 2023, "indicator_id": "funds",
            "period": "2023", "dimension": "total", "member": "total", "role": "numerator",
            "file_id": "a" * 64, "sha256": "a" * 64, "fact": "a", "source": "a",
            "original_name": "a", "row_count": 1,
        },
    }  # fmt: skip
    for name, row in good.items():
        suite, table = shipped(name), rows(name, row)
        assert failures(judge_rows(suite, table)) == {}, name
        assert failures(judge_table(suite, aggregates_of(suite, table))) == {}, name


@pytest.mark.parametrize(
    ("change", "aggregate"),
    [
        ({"value": None}, "rows_whose_value_contradicts_state"),
        ({"state": "missing", "value": None, "reason": "a"}, "missing_rows_without_source"),
        ({"state": "missing", "reason": "a", "missing_sources": '["a"]'},
         "rows_whose_value_contradicts_state"),
        ({"state": "suppressed", "value": None, "numerator": Decimal(3), "reason": "a"},
         "hidden_rows_that_show_numbers"),
        ({"unit": "人", "value": Decimal(4)}, "small_counts_shown"),
        ({"state": "partial", "reason": "a", "judgement": "达标"}, "judged_without_proof"),
        ({"state": "provisional"}, "rows_without_reason"),
        ({"judgement": "合格"}, "rows_of_unknown_judgement"),
        ({"state": None}, "rows_of_unknown_state"),
        ({"member": ""}, "rows_with_incomplete_key"),
        ({"units_received": 3, "units_expected": 2}, "rows_of_impossible_counts"),
    ],
)  # fmt: skip
def test_a_false_value_is_not_published(change: dict[str, Any], aggregate: str) -> None:
    suite = shipped("report.report_values")
    good = {
        "district_code": "519900", "evaluation_year": 2023, "indicator_id": "funds",
        "period": "2023", "dimension": "total", "member": "total", "state": "actual",
        "value": Decimal(100), "unit": "元", "judgement": "无标准",
    }  # fmt: skip
    table = rows("report.report_values", good | change)
    results = judge_table(suite, aggregates_of(suite, table))
    assert aggregate in failures(results)
    assert {r.rule.severity for r in results if not r.success} == {"critical"}
