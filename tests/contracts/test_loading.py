"""The contracts: one entry per source table, read strictly, and the same again from a release."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_parts import META, column, load

from flows.common.errors import ZipingError
from flows.common.text import plain_caption
from flows.contracts.loading import STAGING, load_contracts
from flows.contracts.model import contract_from_json
from flows.contracts.periods import due_date_of_year, period_of_year
from flows.contracts.schema import SCHEMA, write_schema
from flows.contracts.words import SqlPull
from flows.onboarding.scaffold.draft import populations
from flows.parsing.columns import reader_of
from flows.parsing.headers import Header
from flows.parsing.row_types import RowClassifier

WORDS = json.loads(SCHEMA.read_text("utf-8"))["$defs"]


def test_every_staging_model_has_a_contract_and_every_contract_a_model_or_a_register() -> None:
    models = {path.stem for path in STAGING.glob("*/stg_*.sql")}
    facts = "".join(path.read_text("utf-8") for path in STAGING.parent.glob("*/int_*.sql"))
    contracts = {f"stg_{contract.relation}": name for name, contract in load_contracts().items()}
    assert models <= contracts.keys()
    others = [contracts[model] for model in contracts.keys() - models]
    assert [name for name in others if f"register_fact('{name}'" not in facts] == []


def test_an_entry_is_read_as_it_stands(tmp_path: Path) -> None:
    (contract,) = load(tmp_path, META, column(role="unit")).values()
    assert (contract.name, contract.relation) == ("finance.samples", "finance__samples")
    assert contract.title == "样例表"
    assert period_of_year(contract, 2023) == "2023"
    assert due_date_of_year(contract, 2023) == "2024-01-31"
    assert contract.period.years == (0,)
    unit = contract.column_of_role("unit")
    assert unit
    assert unit.captions == ("编码",)
    assert contract.column_of_role("amount") is None


@pytest.mark.parametrize("word", ["titel", "quarantine_limits", "comment"])
def test_an_unknown_word_of_a_table_is_refused_with_file_and_table(
    tmp_path: Path, word: str
) -> None:
    with pytest.raises(ZipingError, match=rf"sources\.yml, line \d+, table samples.*{word}"):
        load(tmp_path, META | {word: 1}, column())


def test_the_line_of_a_wrong_word_is_told(tmp_path: Path) -> None:
    text = (
        "sources:\n"
        "  - name: finance\n"
        "    tables:\n"
        "      - name: samples\n"
        "        config:\n"
        "          meta:\n"
        "            title: 样例表\n"
        "            pull: {from: inbox, files: ['*']}\n"
        "            period: {kind: standing}\n"
        "            read:\n"
        "              header_rows: 1\n"
        "              footnote: '^注'\n"
        "            owed: {by: 样例股, due: {month_day: '01-31'}}\n"
        "        columns:\n"
        "          - name: code\n"
        "            data_type: string\n"
        "            config: {meta: {captions: [编码], role: units}}\n"
    )
    path = tmp_path / "finance" / "_finance__sources.yml"
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(
        ZipingError, match=r"line 12, table samples: `read.footnote`: unknown word; known"
    ):
        load_contracts(tmp_path)
    path.write_text(text.replace("footnote", "footer"), "utf-8")
    with pytest.raises(ZipingError, match=r"line 17, table samples, column code: `role`: must"):
        load_contracts(tmp_path)
    path.write_text(text.replace("footnote", "footer").replace("units}", "unit}"), "utf-8")
    assert set(load_contracts(tmp_path)) == {"finance.samples"}


@pytest.mark.parametrize(
    ("meta", "sentence"),
    [
        ({"key": ["nothing"]}, "no column is called nothing"),
        (
            {"units": {"column": "school", "expected": "compulsory_schools"}},
            "no column is called school",
        ),
        (
            {"units": {"column": "school_code", "expected": "all"}},
            "`units.expected`: must be one of public_institutions, ",
        ),
        (
            {"read": {"totals": {"column": "x", "labels": ["合计"], "check": "all_amounts"}}},
            "no column has `role: amount`; name in `totals.check` the columns that add up",
        ),
        ({"parts": True}, "`parts` needs a column with `role: unit`"),
        ({"read": {"footer": "("}}, "`read.footer`: is no regular expression"),
        ({"read": {"unit": "美元"}}, "`read.unit`"),
        ({"read": {"means": {"-": "nothing"}}}, "`read.means.-`: must be one of missing"),
    ],
)
def test_a_word_that_cannot_be_meant_is_refused(
    tmp_path: Path, meta: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ZipingError, match=re.escape(sentence)):
        load(tmp_path, META | meta, column())


def test_the_units_that_may_be_expected_are_those_that_the_model_knows() -> None:
    assert WORDS["Units"]["properties"]["expected"]["enum"] == populations()


def test_every_word_of_a_contract_is_explained() -> None:
    for place in ("TableWords", "ReadWords", "Period", "ColumnMeta", "HttpPull", "SqlPull"):
        for word, rule in WORDS[place]["properties"].items():
            linked = WORDS.get(rule.get("$ref", "").rpartition("/")[2], {})
            assert "description" in rule | linked or word == "from", (place, word)


def test_the_schema_is_the_one_that_the_types_give() -> None:
    assert SCHEMA.read_text("utf-8") == write_schema(), "python -m flows.contracts.schema"


@pytest.mark.parametrize("word", ["caption", "persn", "type"])
def test_an_unknown_word_of_a_column_is_refused_with_table_and_column(
    tmp_path: Path, word: str
) -> None:
    with pytest.raises(ZipingError, match=f"table samples, column code.*{word}"):
        load(tmp_path, META, column(**{word: True}))


@pytest.mark.parametrize(
    ("meta", "of_column", "sentence"),
    [
        ({"read": {"checks": ["same_rows"]}}, {}, "`read.checks`: this word has gone: leave"),
        ({"read": {"marks": "a"}}, {}, "`read.marks`: this word has gone: leave it out"),
        ({}, {"marks": "a"}, "column code: `marks`: this word has gone: leave it out"),
        ({}, {"above": ["单位"]}, "column code: `above`: this word has gone: write `preamble`"),
        (
            {"period": {"kind": "year_end", "above": "(20[0-9]{2})"}}, {},
            "`period.above`: this word has gone: write `preamble`",
        ),
    ],
)  # fmt: skip
def test_a_word_that_has_gone_is_refused_with_what_to_write(
    tmp_path: Path, meta: dict[str, Any], of_column: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ZipingError, match=r"sources\.yml, line \d+, table samples.*") as raised:
        load(tmp_path, META | meta, column(**of_column))
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("meta", "sentence"),
    [
        ({"title": None}, "`title`: is empty: write what belongs there, or leave the word out"),
        ({"title": 5}, "`title`: must be a valid string"),
        ({"key": "code"}, "`key`: must be a list"),
        ({"read": []}, "`read`: must be a block of words"),
        ({"optional": 1}, "`optional`: must be a valid boolean"),
        ({"pull": {"files": ["*"]}}, "`pull`: from is missing"),
        ({"pull": {"from": "ftp"}}, "`pull`: from must be one of inbox, http, sql"),
        ({"source_date": {}}, "`source_date`: one of file_name, preamble is missing"),
        ({"read": {"header_rows": 9}}, "`read.header_rows`: must be less than or equal to 6"),
        (
            {"read": {"long": {"captions": "a", "name": "code"}}},
            "`read.long`: one of value, values is missing",
        ),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(
    tmp_path: Path, meta: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ZipingError) as raised:
        load(tmp_path, META | meta, column())
    assert str(raised.value).endswith(f"table samples: {sentence}")


@pytest.mark.parametrize("text", ["", "- a", "sources: 5", "sources: [a]", "sources: [{name: a}]",
                                  "sources: [{name: a, tables: [b]}]"])  # fmt: skip
def test_a_file_that_holds_no_contracts_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "finance" / "_finance__sources.yml"
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(ZipingError, match=r"_finance__sources\.yml, line 1"):
        load_contracts(tmp_path)


@pytest.mark.parametrize("word", META)
def test_a_word_that_every_table_needs_is_missed(tmp_path: Path, word: str) -> None:
    meta = {key: value for key, value in META.items() if key != word}
    with pytest.raises(ZipingError, match=f"table samples.*{word}"):
        load(tmp_path, meta, column())


def test_a_kind_of_period_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZipingError, match=r"table samples: `period.kind`: must be one of"):
        load(tmp_path, META | {"period": {"kind": "monthly"}}, column())


def test_a_table_without_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZipingError, match="table samples: no columns are declared"):
        load(tmp_path, META)


def test_a_column_without_captions_is_refused(tmp_path: Path) -> None:
    entry = column()
    del entry["config"]["meta"]["captions"]
    with pytest.raises(ZipingError, match=r"column code: one of captions, .* is missing"):
        load(tmp_path, META, entry)


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "finance" / "_finance__sources.yml"
    path.parent.mkdir()
    path.write_text("sources:\n  - name: finance\n    tables: [\n", "utf-8")
    with pytest.raises(ZipingError, match=r"_finance__sources.yml, line [34]: not readable"):
        load_contracts(tmp_path)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"kind": "calendar_year"}, "2023"),
        ({"kind": "census_day"}, "2023-09-01"),
        ({"kind": "census_day", "month_day": "10-01"}, "2023-10-01"),
        ({"kind": "year_end"}, "2023-12-31"),
        ({"kind": "span", "length_years": 5}, "2019-01..2023-12"),
        ({"kind": "standing"}, "standing"),
    ],
)
def test_a_year_is_served_by_its_period(
    tmp_path: Path, period: dict[str, Any], expected: str
) -> None:
    (contract,) = load(tmp_path, META | {"period": period}, column()).values()
    assert period_of_year(contract, 2023) == expected


def test_an_edit_anywhere_in_the_entry_changes_its_fingerprint(tmp_path: Path) -> None:
    edited = [
        load(tmp_path, META, column()),
        load(tmp_path, META | {"title": "样例表二"}, column()),
        load(tmp_path, META | {"quarantine_limit": {"rows": 0.5}}, column()),
        load(tmp_path, META, column(take="code")),
        load(tmp_path, META, column(values={"甲": "乙"})),
        load(tmp_path, META, column(), column() | {"name": "other"}),
    ]
    assert len({found["finance.samples"].fingerprint for found in edited}) == len(edited)
    assert load(tmp_path, META, column()) == edited[0]


@pytest.mark.parametrize("name", sorted(load_contracts()))
def test_a_contract_comes_back_whole_from_the_manifest_of_a_release(name: str) -> None:
    contract = load_contracts()[name]
    again = contract_from_json(json.loads(json.dumps(contract.as_json(), ensure_ascii=False)))
    assert again.fingerprint == contract.fingerprint
    assert again.columns == contract.columns


@pytest.mark.parametrize("name", sorted(load_contracts()))
def test_every_column_of_a_contract_can_be_read_and_found(name: str) -> None:
    contract = load_contracts()[name]
    captions = [plain_caption(text) for one in contract.columns for text in one.captions]
    assert len(captions) == len(set(captions)), "one caption would name two columns"
    for one in contract.columns:
        assert reader_of(one, "万元", lambda cell: "x")("") in (None, "x")


def test_ids_of_persons_are_declared_as_such() -> None:
    declared = {
        (name, column.name)
        for name, contract in load_contracts().items()
        for column in contract.columns
        if column.person
    }
    assert declared == {
        ("finance.student_aid", "student_id"),
        ("schools.students", "student_id"),
        ("staffing.guards", "guard_id"),
        ("staffing.staff", "staff_id"),
        ("staffing.trainings", "staff_id"),
    }
    pull = load_contracts()["staffing.staff"].pull
    assert isinstance(pull, SqlPull)
    assert "sfzjh" not in pull.sql  # what no figure needs is not even asked for


# A contract from an outsider reaches nothing beyond its source

HTTP = {"from": "http", "base": "students_api_url", "token": "students_api_token", "path": "/a",
        "parameters": {}, "rows": "rows", "total": "total", "order_by": "id"}  # fmt: skip
SQL = {"from": "sql", "database": "staffing_database_url", "order_by": "id"}


@pytest.mark.parametrize(
    ("pull", "told"),
    [
        ({"from": "inbox", "files": ["../../../etc/passwd"]}, "no path"),
        ({"from": "inbox", "files": ["/etc/*"]}, "no path"),
        (HTTP | {"path": "@other.example/a"}, "`pull.path`"),
        (HTTP | {"path": "file:///etc/passwd"}, "`pull.path`"),
        (SQL | {"sql": "copy jzg to program 'id'"}, "one query"),
        (SQL | {"sql": "attach '/etc/passwd' as x"}, "one query"),
        (SQL | {"sql": "select 1; drop table jzg"}, "one query"),
        (SQL | {"sql": "update jzg set gh = 1"}, "one query"),
        (SQL | {"sql": "selected"}, "one query"),
        (SQL | {"sql": "with d as (delete from jzg returning gh) select * from d"}, "delete"),
        (SQL | {"sql": "with d as (\nUPDATE jzg set gh = 1 returning gh) select 1"}, "UPDATE"),
        (SQL | {"sql": "select gh into copied from jzg"}, "into"),
        (SQL | {"sql": "select gh from jzg for update"}, "update"),
        (SQL | {"sql": "select pg_read_file('/etc/passwd')"}, "pg_read_file reaches beyond"),
        (SQL | {"sql": 'select "pg_read_file" (1)'}, "pg_read_file reaches beyond"),
        (SQL | {"sql": "select pg_catalog.lo_export(1, '/tmp/x')"}, "pg_catalog reaches beyond"),
        (SQL | {"sql": "select LO_EXPORT(1, '/tmp/x') from jzg"}, "LO_EXPORT reaches beyond"),
        (SQL | {"sql": "select * from dblink('host=a', 'select 1') as t(a int)"}, "dblink"),
        (SQL | {"sql": "select query_to_xml('select 1', true, true, '')"}, "query_to_xml"),
        (SQL | {"sql": "select load_extension('x')"}, "load_extension"),
        (SQL | {"sql": "select sql from sqlite_master"}, "sqlite_master"),
        (SQL | {"sql": "select set_config('transaction_read_only', 'off', true)"}, "set_config"),
        (SQL | {"sql": "select E'\\'', pg_sleep(9) --'"}, "plain single quotes"),
        (SQL | {"sql": "select $$ ' $$, pg_sleep(9), $$ ' $$"}, "plain single quotes"),
        (SQL | {"sql": 'select U&"\\0070g_sleep"(9)'}, "plain single quotes"),
        (SQL | {"sql": "select 1", "database": "publish_password"}, "ziping's own"),
        (HTTP | {"token": "publish_to"}, "ziping's own"),
        (HTTP | {"base": "notify_url"}, "ziping's own"),
    ],
)
def test_what_reaches_beyond_its_source_is_refused(
    tmp_path: Path, pull: dict[str, Any], told: str
) -> None:
    with pytest.raises(ZipingError, match=f"sources.yml, .*table samples: .*{told}"):
        load(tmp_path, META | {"pull": pull}, column())


def test_a_query_and_a_path_are_taken(tmp_path: Path) -> None:
    queries = (
        " WITH a AS (SELECT 1) select * from a ",
        "select replace(bz, ';', ' delete '), t.update from jzg t -- pg_read_file is not called\n",
        "select gh /* of all; */, 'insert into' as what from hr.jzg where xm <> '''' order by gh",
    )
    for pull in (HTTP, *(SQL | {"sql": text} for text in queries)):
        assert load(tmp_path, META | {"pull": pull}, column())


@pytest.mark.parametrize("text", ["{{ env_var('TOKEN') }}", "{% raw %}", "{# x #}"])
def test_what_dbt_would_render_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ZipingError, match=r"table samples.*: dbt would render"):
        load(tmp_path, META, column(captions=[text]))
    with pytest.raises(ZipingError, match=r"table samples.*: dbt would render"):
        load(tmp_path, META | {"title": text}, column())


LINES = """\
sources:
  - name: finance
    schema: landing
    description: The source.
    tables:
      - name: samples
        identifier: finance__samples
        description: The table.
        config:
          meta:
            title: 样例表
            pull: {from: inbox, files: ['*']}
            period: {kind: standing}
            read: {header_rows: 1}
            owed: {by: 样例股, due: {month_day: '01-31'}}
        columns:
          - name: code
            data_type: string
            description: The code.
            config: {meta: {captions: [编码], role: unit}}
"""


def refusal(folder: Path, old: str, new: str) -> str:
    """Replace what stands once in the entry, and give the sentence that refuses it."""
    path = folder / "finance" / "_finance__sources.yml"
    path.parent.mkdir(exist_ok=True)
    assert LINES.count(old) == 1
    path.write_text(LINES, "utf-8")
    assert set(load_contracts(folder)) == {"finance.samples"}
    path.write_text(LINES.replace(old, new), "utf-8")
    with pytest.raises(ZipingError) as raised:
        load_contracts(folder)
    return str(raised.value)


TOKEN = """'{{ env_var("ZIPING_PUBLISH_PASSWORD") }}'"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("The source.", TOKEN, "line 4: `description`: dbt would"),
        ("The table.", TOKEN, "line 8, table samples: `description`: dbt would"),
        ("The table.", '"\\x7b{ env_var(1) }}"', "line 8, table samples: `description`: dbt would"),
        ("The table.", "'{% set x = 1 %}'", "line 8, table samples: `description`: dbt would"),
        ("The code.", TOKEN, "line 19, table samples, column code: `description`: dbt would"),
        (": landing", ": pg_catalog", "line 3: `schema`: must be landing"),
        (
            ": finance__samples", """: 'x" as y; drop table t; --'""",
            "line 7, table samples: `identifier`: must be finance__samples",
        ),
        (
            "        config:\n", "        loader: x\n        config:\n",
            "line 9, table samples: `loader`: unknown word; known are name, ",
        ),
        (
            "          meta:\n", "          external_location: '/etc/passwd'\n          meta:\n",
            "line 10, table samples: `config.external_location`: unknown word; known are meta",
        ),
        (
            "            data_type: string\n",
            "            data_type: string\n            tests: [unique]\n",
            "line 19, table samples, column code: `tests`: unknown word; known are",
        ),
    ],
)  # fmt: skip
def test_what_reaches_beyond_an_entry_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert refusal(tmp_path, old, new).startswith(f"_finance__sources.yml, {told}")


@pytest.mark.parametrize("name", ["district_code", "period", "order", "left", "_file_id"])
def test_a_name_that_no_column_can_have_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    assert ", line 17, table samples" in refusal(tmp_path, "- name: code", f"- name: {name}")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    again = "          - {name: code, data_type: string, config: {meta: {captions: [别的]}}}\n"
    told = refusal(tmp_path, "        columns:\n", f"        columns:\n{again}")
    assert told.endswith("line 18, table samples, column code: `name`: two columns have this name")


def test_a_setting_serves_one_system_and_one_end(tmp_path: Path) -> None:
    load(tmp_path, META | {"pull": HTTP}, column())
    other = tmp_path / "outside" / "_outside__sources.yml"
    other.parent.mkdir()
    text = ""
    for pull, told in (
        (HTTP | {"base": "outside_url"}, "students_api_token, which is the token of finance"),
        (HTTP | {"token": "outside_token"}, "students_api_url, which is the base of finance"),
        (
            SQL | {"sql": "select 1", "database": "students_api_token"},
            "students_api_token, which is the token of finance",
        ),
    ):
        table = {"name": "others", "config": {"meta": META | {"pull": pull}}, "columns": [column()]}
        text = yaml.safe_dump({"sources": [{"name": "outside", "tables": [table]}]})
        other.write_text(text, "utf-8")
        with pytest.raises(ZipingError, match=f"outside.others: `pull.*{told}"):
            load_contracts(tmp_path)
    other.write_text(text.replace("students_api_token", "outside_database_url"), "utf-8")
    assert set(load_contracts(tmp_path)) == {"finance.samples", "outside.others"}


@pytest.mark.parametrize("name", ['x"); drop table t; --', "x y", "编码", "X", ""])
def test_a_name_that_would_be_sql_is_refused(tmp_path: Path, name: str) -> None:
    for word in ("name", "data_type"):
        with pytest.raises(ZipingError, match="no name and no type"):
            load(tmp_path, META, column() | {word: name})


def test_a_tag_that_would_make_an_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "finance" / "_finance__sources.yml"
    path.parent.mkdir()
    path.write_text(f"sources: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n", "utf-8")
    with pytest.raises(ZipingError, match=r"_finance__sources.yml, line \d+: not readable as YAML"):
        load_contracts(tmp_path)
    assert not (tmp_path / "made").exists()


def test_patterns_are_written_as_a_file_shows_its_rows(tmp_path: Path) -> None:
    read = {"groups": {"match": "^.+（[0-9]+所）$"}, "footer": "^注：", "subsets": "^[（]其中"}
    meta = META | {"read": read}
    contract = load(tmp_path, meta, column())["finance.samples"]
    kinds = RowClassifier(contract, Header(1, ("编码",), {"code": 0}, 1))
    rows = ["北京市（5所）", "北京市(5所)", "北京市5所", "注：样例", "（其中）甲", "甲"]
    assert [kinds.classify([row, ""]) for row in rows] == [
        "group", "group", None, "note", "subset", None,
    ]  # fmt: skip


def test_signs_of_the_table_stand_for_no_value_in_numbers_and_codes_but_not_in_texts(
    tmp_path: Path,
) -> None:
    columns = [
        column() | {"name": "remark"},
        column(role="unit") | {"name": "school_code"},
        column(person=True) | {"name": "person_id"},
        column() | {"name": "persons", "data_type": "int"},
        column(means={"…": "missing"}) | {"name": "grade"},
    ]
    (contract,) = load(tmp_path, META | {"read": {"means": {"-": "missing"}}}, *columns).values()
    assert [found.means for found in contract.columns] == [
        {}, {"-": "missing"}, {"-": "missing"}, {"-": "missing"}, {"…": "missing"},
    ]  # fmt: skip
