"""Tests of the expectation suites, with the real Great Expectations."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from suite_parts import (
    DAY,
    EXPECTATIONS,
    FILE_CHECKS,
    FLAG,
    NOTES,
    TEXT,
    YUAN,
    rule,
    run_row_rules,
    run_table_rules,
)

from flows.common import parquet
from flows.quality.suite import EFFECTS, SEVERITIES, Suite, SuiteError, load_suite
from flows.quality.suite import FINDINGS as FINDINGS_KNOWN


@pytest.fixture
def suite_of(tmp_path: Path) -> Callable[..., Suite]:
    """Make a suite of rules."""

    def make(*rules: dict[str, Any], **more: Any) -> Suite:
        path = tmp_path / "table.yml"
        content = {"name": "x.table", "rules": list(rules)} | more
        path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        return load_suite(path, FILE_CHECKS)

    return make


# Loading


def test_importing_costs_nothing() -> None:
    code = (
        "import sys, flows.quality.rules, flows.exports.html.quality_report\n"
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
    assert [rule.is_row_rule for rule in suite.rules] == [True, False, True]
    assert [rule.column for rule in suite.rules] == ["a", "n", "a, b"]
    assert suite.rules[0].severity == "warning"
    assert suite.file_checks["exact_duplicate"].effect == "none"
    assert suite.file_checks["required_column"].effect is None


def test_a_list_of_codes_stands_once(suite_of: Callable[..., Suite]) -> None:
    suite = suite_of(
        rule("expect_column_values_to_not_be_null", column="a",
             row_condition="post in $staff_posts.is_teacher_or_principal"),
        aggregates={"unknown": "count(*) filter (post not in $staff_posts)"},
    )  # fmt: skip
    assert suite.rules[0].kwargs["row_condition"] == "post in ['校长', '园长', '专任教师']"
    assert suite.aggregates["unknown"].count("'") == 2 * 6
    for mark, told in (("$no_such_list", "no list of codes no_such_list.csv"),
                       ("$staff_posts.is_tall", "has no column is_tall")):  # fmt: skip
        with pytest.raises(SuiteError, match=told):
            suite_of(rule("expect_column_values_to_be_in_set", column="a", value_set=mark))


GOOD = rule("expect_column_values_to_not_be_null", column="a")


def test_a_suite_overrides_single_words_on_reading(suite_of: Callable[..., Suite]) -> None:
    for_all = suite_of(GOOD).file_checks
    own = {"own_total": {"severity": "critical"}, "exact_duplicate": {"notes": {"resolve": "退回"}}}
    parsed = suite_of(GOOD, file_checks=own).file_checks
    assert list(parsed) == list(for_all)
    assert {name for name in parsed if parsed[name] != for_all[name]} == set(own)
    assert parsed["own_total"] == replace(for_all["own_total"], severity="critical")
    duplicate = for_all["exact_duplicate"]
    assert parsed["exact_duplicate"] == replace(
        duplicate, notes=replace(duplicate.notes, resolve="退回")
    )


def test_every_reading_says_what_it_leads_to(suite_of: Callable[..., Suite]) -> None:
    parsed = suite_of(GOOD).file_checks
    assert tuple(parsed) == FINDINGS_KNOWN
    assert {name for name, item in parsed.items() if item.effect} == {
        "exact_duplicate", "unreadable_cell", "more_cells_than_captions", "conflicting_key",
        "fewer_cells_than_captions", "odd_quotes", "another_encoding",
        "one_cell_alone", "unlisted_total", "unclear_row", "merged_amount", "other_table",
        "sums_out_of_scale", "unit_far", "part_of_period", "equal_sheets", "fraction_of_fen",
        "own_total", "part_above_whole", "blank_amount",
    }  # fmt: skip


def test_a_broken_word_for_all_tables_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file_checks.yml"
    path.write_text(
        FILE_CHECKS.read_text("utf-8").replace("severity: info", "severity: odd"), "utf-8"
    )
    with pytest.raises(SuiteError, match=r"file_checks\.yml.*new_column .*severity"):
        load_suite(EXPECTATIONS / "finance" / "payments.yml", path)
    path.write_text("own_total: {}", "utf-8")
    with pytest.raises(SuiteError, match=r"file_checks\.yml.*does not state"):
        load_suite(EXPECTATIONS / "finance" / "payments.yml", path)


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
        ({"reading": {}}, "reading is called file_checks now"),
        ({"file_checks": ["own_total"]}, "by name"),
        ({"file_checks": {"own_totals": {"severity": "info"}}}, "own_totals"),
        ({"file_checks": {"own_total": "info"}}, "file_checks own_total .*no mapping"),
        ({"file_checks": {"own_total": {"severity": "bad"}}}, "file_checks own_total .*severity"),
        ({"file_checks": {"own_total": {"mostly": 1}}}, "file_checks own_total .*mostly"),
        ({"file_checks": {"own_total": {"notes": {"more": "b"}}}}, "file_checks own_total .*more"),
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
    monkeypatch.setattr(parquet, "CHUNK_ROWS", chunk_rows)
    (result,) = run_row_rules(suite_of(written), TABLE)
    assert not result.raised
    assert result.failed_positions == positions
    assert result.success == (not positions)


def test_uniqueness_looks_across_chunks(
    suite_of: Callable[..., Suite], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "CHUNK_ROWS", 3)
    table = pa.table({"id": ["a", "b", "c", "d", "e", "f", "g", "b", None, None], "n": [1] * 10})
    suite = suite_of(
        rule("expect_column_values_to_be_unique", column="id"),
        rule("expect_column_values_to_not_be_null", column="id"),
        rule("expect_compound_columns_to_be_unique", column_list=["id", "n"]),
    )
    assert [r.failed_positions for r in run_row_rules(suite, table)] == [(1, 7), (8, 9), (1, 7)]


def test_results_come_in_the_order_of_the_suite(suite_of: Callable[..., Suite]) -> None:
    written = [
        rule("expect_column_values_to_be_between", column="yuan", min_value=0),
        rule("expect_column_values_to_not_be_null", column="code"),
        rule("expect_column_values_to_be_unique", column="word"),
        rule("expect_column_values_to_not_be_null", column="yuan"),
        rule("expect_column_values_to_not_be_null", column="code"),
    ]
    results = run_row_rules(suite_of(*written), TABLE)
    assert [r.rule.type for r in results] == [w["type"] for w in written]
    assert [r.failed_positions for r in results] == [(2,), (1,), (0, 3), (1,), (1,)]


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("severity", SEVERITIES)
def test_severity_and_effect_do_not_change_the_verdict(
    suite_of: Callable[..., Suite], severity: str, effect: str
) -> None:
    row = rule("expect_column_values_to_not_be_null", effect, column="code")
    whole = rule("expect_column_values_to_be_between", None, column="n", min_value=1)
    suite = suite_of(row | {"severity": severity}, whole | {"severity": severity})
    (of_row,), (of_table,) = run_row_rules(suite, TABLE), run_table_rules(suite, {"n": 0})
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
    result, other = run_row_rules(suite, table)
    if table.num_rows or "cod" in result.rule.columns or "nice" in result.rule.type:
        assert (result.success, result.raised, result.failed_positions) == (False, True, ())
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
    for result in (*run_row_rules(suite, TABLE), *run_table_rules(suite, {"n": 1})):
        assert (result.success, result.raised) == (False, True)

    def fail(*_: object, **__: object) -> None:
        raise KeyError("51990020130901002X")

    monkeypatch.setattr(Batch, "validate", fail)
    for result in (*run_row_rules(suite, TABLE), *run_table_rules(suite, {"n": 1})):
        assert (result.success, result.raised) == (False, True)


def test_one_raising_chunk_fails_the_rule(
    suite_of: Callable[..., Suite], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "CHUNK_ROWS", 1)
    table = pa.table({"a": pa.array([None, "secret"], TEXT)})
    (result,) = run_row_rules(
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
    results = [*run_row_rules(suite, table), *run_table_rules(suite, {"n": secret})]
    assert [r.success for r in results] == [False] * 6
    assert secret not in repr(results)
    assert secret not in caplog.text
    assert secret not in "".join(capfd.readouterr())


def test_nothing_is_left_in_the_temporary_directory(suite_of: Callable[..., Suite]) -> None:
    before = set(Path(tempfile.gettempdir()).iterdir())
    run_row_rules(suite_of(GOOD | {"kwargs": {"column": "code"}}), TABLE)
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
    (result,) = run_table_rules(suite, {"n": value, "other": None})
    assert (result.success, result.raised, result.failed_positions) == (success, raised, ())


def test_an_aggregate_that_nobody_computes_has_raised(suite_of: Callable[..., Suite]) -> None:
    suite = suite_of(
        rule("expect_column_values_to_be_between", None, column="m", min_value=1),
        rule("expect_column_values_to_not_be_null", None, column="n"),
    )
    results = run_table_rules(suite, {"n": None})
    assert [(r.success, r.raised) for r in results] == [(False, True), (False, False)]
    assert [(r.success, r.raised) for r in run_table_rules(suite, {})] == [(False, True)] * 2
