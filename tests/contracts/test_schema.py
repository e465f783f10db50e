"""The schema for editors is the one that the types give, and explains every word."""

import json
import re

from flows.common.settings import CHECKOUT
from flows.contracts.schema import SCHEMA, write_schema

WORDS = json.loads(SCHEMA.read_text("utf-8"))["$defs"]


def test_the_schema_is_the_one_that_the_types_give() -> None:
    assert SCHEMA.read_text("utf-8") == write_schema(), "python -m flows.contracts.schema"


def test_every_word_of_a_contract_is_explained() -> None:
    for place in ("TableWords", "ReadWords", "Period", "ColumnMeta", "HttpPull", "SqlPull"):
        for word, rule in WORDS[place]["properties"].items():
            linked = WORDS.get(rule.get("$ref", "").rpartition("/")[2], {})
            assert "description" in rule | linked or word == "from", (place, word)


def test_the_units_that_may_be_expected_are_those_that_the_model_knows() -> None:
    model = CHECKOUT / "dbt_project" / "models" / "intermediate" / "int_units_expected.sql"
    known = dict.fromkeys(re.findall(r"population = '([a-z_]+)'", model.read_text("utf-8")))
    assert WORDS["Units"]["properties"]["expected"]["enum"] == list(known)
