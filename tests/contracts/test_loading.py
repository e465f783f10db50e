"""Files of contracts: read strictly, and what is wrong is told with its line."""

import re
from pathlib import Path
from typing import Any

import pytest
from contract_parts import META, column, load

from flows.common.errors import ZipingError
from flows.contracts.loading import STAGING, load_contracts
from flows.contracts.periods import due_date_of_year, period_of_year


def test_every_staging_model_has_a_contract_and_every_contract_a_model_or_a_register() -> None:
    models = {path.stem for path in STAGING.glob("*/stg_*.sql")}
    facts = "".join(path.read_text("utf-8") for path in STAGING.parent.glob("*/int_*.sql"))
    contracts = {f"stg_{contract.relation}": name for name, contract in load_contracts().items()}
    assert models <= contracts.keys()
    others = [contracts[model] for model in contracts.keys() - models]
    unread = [
        name
        for name in others
        if f"register_fact('{name}'" not in facts
        and "source('{}', '{}')".format(*name.split(".")) not in facts
    ]
    assert unread == []


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


@pytest.mark.parametrize("text", ["", "- a", "sources: 5", "sources: [a]", "sources: [{name: a}]",
                                  "sources: [{name: a, tables: [b]}]"])  # fmt: skip
def test_a_file_that_holds_no_contracts_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "finance" / "_finance__sources.yml"
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(ZipingError, match=r"_finance__sources\.yml, line 1"):
        load_contracts(tmp_path)


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


def test_a_tag_that_would_make_an_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "finance" / "_finance__sources.yml"
    path.parent.mkdir()
    path.write_text(f"sources: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n", "utf-8")
    with pytest.raises(ZipingError, match=r"_finance__sources.yml, line \d+: not readable as YAML"):
        load_contracts(tmp_path)
    assert not (tmp_path / "made").exists()


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
