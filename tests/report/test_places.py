"""Places of the report, and figures between words."""

import pytest

from flows.releases.tables import figure_number
from flows.report.places import (
    ItemPlace,
    figures_in,
    read_item,
    split_sentences,
    split_text,
    write_full_width,
)


@pytest.mark.parametrize(
    ("text", "place", "level", "number"),
    [
        ("一", ItemPlace(1), 1, "一、"),
        ("五(三)", ItemPlace(5, 3), 2, "（三）"),
        ("一(十)36", ItemPlace(1, 10, 36), 3, "36."),
        ("二十一(十二)3", ItemPlace(21, 12, 3), 3, "3."),
    ],
)
def test_a_place_is_read_and_written_as_the_outline_has_it(
    text: str, place: ItemPlace, level: int, number: str
) -> None:
    found = read_item(text)
    assert found == place
    assert (found.level, found.number, found.name) == (level, number, text)


def test_a_place_in_full_width_is_the_same() -> None:
    assert read_item("一（二）4") == read_item("一(二)4")


@pytest.mark.parametrize("text", ["", "导语", "1(2)", "一(二", "一()4", "一(二)0"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert read_item(text) is None


def test_the_tenth_section_stands_behind_the_ninth() -> None:
    names = ["一(十)36", "一(二)4", "二", "一(九)34", "一", "一(二)"]
    found = sorted(place for name in names if (place := read_item(name)))
    assert [place.name for place in found] == [
        "一",
        "一(二)",
        "一(二)4",
        "一(九)34",
        "一(十)36",
        "二",
    ]


def test_a_place_is_within_its_section_and_chapter_and_no_other() -> None:
    place = ItemPlace(1, 2, 4)
    assert [place.is_within(ItemPlace(*key)) for key in ((1,), (1, 2), (1, 2, 4))] == [True] * 3
    assert [place.is_within(ItemPlace(*key)) for key in ((2,), (1, 1), (1, 2, 5))] == [False] * 3
    assert list(place.parents()) == [ItemPlace(1), ItemPlace(1, 2)]


def test_figures_stand_between_words_with_their_parts() -> None:
    text = "经费{4.1},高校{4.8.2}、标准{5.1a},任务{N.1.2},{K1.2}{P.1}完"
    assert figures_in(text) == [
        ("4.1", 1), ("4.8", 2), ("5.1a", 1), ("N.1", 2), ("K1.2", 1), ("P.1", 1),
    ]  # fmt: skip
    assert (
        "".join(
            part if isinstance(part, str) else f"{{{figure_number(*part)}}}"
            for part in split_text(text)
        )
        == text
    )


@pytest.mark.parametrize("text", ["{4}", "{x}", "{4.1.0}", "{ 4.1}", "{}", "{4.1"])
def test_what_names_no_figure_is_a_word(text: str) -> None:
    assert list(split_text(text)) == [text]


def test_punctuation_is_full_width_but_not_within_numbers() -> None:
    landed = "经费1,538元(不含{4.1}),比上年:增长?10:30起;好!"
    assert write_full_width(landed) == "经费1,538元（不含{4.1}），比上年：增长？10:30起；好！"


def test_a_text_is_split_behind_its_stops() -> None:
    assert split_sentences("一句。两句；三句！尾") == ["一句。", "两句；", "三句！", "尾"]
    assert split_sentences("") == []
