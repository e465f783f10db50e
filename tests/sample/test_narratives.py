"""The written report of the sample: whole, and without a number of its own."""

import csv
import re
from collections import Counter

import pytest

from flows.common.settings import CHECKOUT
from flows.report.places import FIGURE_PLACE, figures_in, read_item
from flows.sample.register_rows import NARRATIVES
from flows.sample.targets import PUBLISHED

with NARRATIVES.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
with (CHECKOUT / "dbt_project/seeds/report_outline.csv").open(encoding="utf-8") as file:
    OUTLINE = [row for row in csv.DictReader(file) if row["listing"] == "report"]
with PUBLISHED.open(encoding="utf-8", newline="") as file:
    NUMBERS = {row["value"].removesuffix("余") for row in csv.DictReader(file)}
YEARS = {"2023", "2024", "3", "29"}  # of the title and of the day of signing


def test_no_figure_is_typed_into_the_text() -> None:
    typed = {
        number
        for row in ROWS
        for number in re.findall(r"[0-9]+(?:\.[0-9]+)?", FIGURE_PLACE.sub("", row["text"]))
    }
    assert typed <= YEARS
    assert len(NUMBERS) > 50
    assert not typed & {number for number in NUMBERS if len(number) > 2}


def test_every_figure_of_the_outline_is_asked_for_and_no_withheld_one() -> None:
    used = {key for row in ROWS for key in figures_in(row["text"])}
    public = {
        (row["figure_id"], int(row["part"])) for row in OUTLINE if row["publish"] != "withheld"
    }
    assert public - used == set()
    withheld = {(row["figure_id"], int(row["part"])) for row in OUTLINE} - public
    assert withheld
    assert not used & withheld


def test_all_chapters_sections_and_items_have_a_heading_and_a_text() -> None:
    places = {place for row in ROWS if (place := read_item(row["item"]))}
    assert {place.chapter for place in places} == {1, 2, 3, 4, 5}
    assert {place.section for place in places if place.chapter == 1} == set(range(11))
    assert {place.item for place in places if place.item} == set(range(1, 37))
    counts = Counter((row["item"], row["paragraph"]) for row in ROWS)
    assert set(counts.values()) == {1}
    for place in places:
        assert (place.name, "0") in counts
        has_text = place.level == 3 or (place.section and place.chapter > 1) or place.name == "四"
        assert ((place.name, "1") in counts) == has_text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['item']} {row['paragraph']}")
def test_a_paragraph_says_who_answers_for_it_by_post(row: dict[str, str]) -> None:
    assert row["office"]
    assert row["answered_by"].endswith("负责人")
    is_sentence = row["paragraph"] != "0" and row["item"] not in ("标题", "落款")
    assert row["text"].endswith("。") == is_sentence
