"""Times across a header: which columns differ by a time alone, and the pattern that reads it."""

import re

import pytest

from flows.onboarding.inference.times import is_time, pattern_of_several, times_across


@pytest.mark.parametrize(
    ("captions", "name", "times"),
    [
        ("年末人数/2006 年末人数/2007 年末人数/2008", "year", "2006 2007 2008"),
        ("2006年末 2007年末 2008年末", "year", "2006 2007 2008"),
        ("2006年/人数 2007年/人数 2008年度/人数", "year", "2006 2007 2008"),
        ("FY1999 FY2000 FY2001", "year", "1999 2000 2001"),
        ("2006[YR2006] 2007[YR2007] 2008[YR2008]", "year", "2006 2007 2008"),
        ("2006 2007p 2008(1)", "year", "2006 2007 2008"),
        ("pupils_2019 pupils_2020 pupils_2021", "year", "2019 2020 2021"),
        ("年末人数/2006年 2007年 2008年", "year", "2006 2007 2008"),
        ("2006-07 2007-08 2008-09", "school_year", "2006-07 2007-08 2008-09"),
        ("2006-07 2006-08 2006-09", "month", "2006-07 2006-08 2006-09"),
        ("201819 201920 202021", "school_year", "201819 201920 202021"),
        ("201801 201802 201803", "month", "201801 201802 201803"),
        ("2006Q1 2006Q2 2006Q3", "quarter", "2006Q1 2006Q2 2006Q3"),
        ("2006年1季度 2006年2季度 2006年3季度", "quarter", "2006年1季度 2006年2季度 2006年3季度"),
        ("Jan2006 Feb2006 March2006", "month", "Jan2006 Feb2006 March2006"),
        ("在校生/1月 在校生/2月 在校生/12月", "month", "1月 2月 12月"),
        ("2023-01-0100:00:00 2023-02-0100:00:00 2023-03-0100:00:00", "day",
         "2023-01-01 2023-02-01 2023-03-01"),
    ],
)  # fmt: skip
def test_columns_that_differ_by_a_time_are_found(captions: str, name: str, times: str) -> None:
    every = ["地区", *captions.split(), "合计"]
    (found,) = times_across(every)
    assert found.name == name
    matched = [re.search(found.pattern, one) for one in every]
    assert [place for place, one in enumerate(matched) if one] == list(found.columns) == [1, 2, 3]
    assert [one[1] for one in matched if one] == times.split()


@pytest.mark.parametrize(
    "captions",
    [
        "人数/2006 2007 2008 经费/2006 2007 2008",  # 2007 of what?
        "2006 2007",
        "2050201 2050202 2050203",
        "2001项目 2002课题 2003经费",
        "Marks Mayor Junior",
    ],
)
def test_what_is_no_time_or_not_told_apart_stays(captions: str) -> None:
    assert not list(times_across(captions.split()))


def test_each_measure_is_found_by_itself() -> None:
    every = "地区 2006/人数 2006/经费 2007/人数 2007/经费 2008/人数 2008/经费".split()
    assert [(one.measure, tuple(one.columns)) for one in times_across(every)] == [
        ("人数", (1, 3, 5)), ("经费", (2, 4, 6)),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "is_one"), [
    ("2006", True), ("2006年末", True), ("FY 2006", True), ("2006-07", True), ("2023年1月", True),
    ("1月", False), ("2050201", False), ("人数", False), ("2006[YR2006]", False),
])  # fmt: skip
def test_a_caption_may_be_no_more_than_a_time(text: str, is_one: bool) -> None:
    assert is_time(text) is is_one


@pytest.mark.parametrize(
    ("captions", "pattern", "measures"),
    [
        ("人数/2006 人数/2007 人数/2008 经费/2007 经费/2008",
         "^(人数|经费)/(20[0-9]{2})$", ["人数", "经费"]),
        ("2006年/人数 2007年/人数 2008年/人数 2006年/经费 2007年/经费 2008年/经费",
         "^(20[0-9]{2})年?度?/(人数|经费)$", ["人数", "经费"]),
        ("人数/2006年末 人数/2007年末 人数/2008年末 班数/2006年末 班数/2007年末 班数/2008年末",
         "^(人数|班数)/(20[0-9]{2})年?度?末$", ["人数", "班数"]),
        ("人数/2006 人数/2007 人数/2008 2006/班数 2007/班数 2008/班数", None, []),
        ("2006 2007 2008 增长/2006 增长/2007 增长/2008", None, []),
    ],
)  # fmt: skip
def test_one_pattern_tells_several_measures(
    captions: str, pattern: str | None, measures: list[str]
) -> None:
    found = pattern_of_several(list(times_across(captions.split())))
    assert found == ((pattern, measures) if pattern else None)
