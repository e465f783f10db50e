"""Times across a header: which columns differ by a time alone, and the pattern that reads it."""

import re
from pathlib import Path

import pytest
from onboarding_parts import inspect_text

from flows.onboarding.inference.unpivot import ask_of_other_times, find_series, write_pattern


@pytest.mark.parametrize(
    ("captions", "name", "times"),
    [
        ("年末人数/2006 年末人数/2007 年末人数/2008", "year", "2006 2007 2008"),
        ("2006年末 2007年末 2008年末", "year", "2006 2007 2008"),
        ("2006年/人数 2007年/人数 2008年度/人数", "year", "2006 2007 2008"),
        ("pupils_2019 pupils_2020 pupils_2021", "year", "2019 2020 2021"),
        ("1999 2000 2001", "year", "1999 2000 2001"),
        ("2006-07 2007-08 2008-09", "school_year", "2006-07 2007-08 2008-09"),
        ("2006-07 2006-08 2006-09", "month", "2006-07 2006-08 2006-09"),
        ("201819 201920 202021", "school_year", "201819 201920 202021"),
        ("201801 201802 201803", "month", "201801 201802 201803"),
        ("2006年1月 2006年2月 2006年12月", "month", "2006年1月 2006年2月 2006年12月"),
        ("Jan2006 Feb2006 March2006", "month", "Jan2006 Feb2006 March2006"),
        ("在校生/1月 在校生/2月 在校生/12月", "month", "1月 2月 12月"),
    ],
)
def test_columns_that_differ_by_a_time_are_found(captions: str, name: str, times: str) -> None:
    every = ["地区", *captions.split(), "合计"]
    (found,) = find_series(every)
    assert found.form.name == name
    written = write_pattern([found])
    assert written
    matched = [re.search(written[0], caption) for caption in every]
    assert [place for place, match in enumerate(matched) if match] == list(found.times) == [1, 2, 3]
    assert [match[1] for match in matched if match] == times.split()


@pytest.mark.parametrize(
    "captions",
    [
        "人数/2006 2007 2008 经费/2006 2007 2008",  # 2007 of what?
        "2006 2007",
        "2050201 2050202 2050203",
        "2001项目 2002课题 2003经费",
        "Marks Mayor Junior",
        "2006Q1 2006Q2 2006Q3",
        "FY2006 FY2007 FY2008",
        "111學年度 112學年度 113學年度",
        "令和3年度 令和4年度 令和5年度",
    ],
)
def test_other_times_and_what_is_not_told_apart_stay_columns(captions: str) -> None:
    assert not list(find_series(captions.split()))


def test_of_other_times_it_is_asked(tmp_path: Path) -> None:
    text = "地区,FY2006,FY2007,FY2008,人数\n甲区,1,2,3,9\n乙区,4,5,6,9\n"
    inspected = inspect_text(tmp_path, text)
    (question,) = ask_of_other_times(inspected, ())
    assert question.startswith("3 columns, FY2006 to FY2008, differ by a number alone")
    assert not list(ask_of_other_times(inspected, (1, 2, 3)))


def test_each_measure_is_found_by_itself() -> None:
    every = "地区 2006/人数 2006/经费 2007/人数 2007/经费 2008/人数 2008/经费".split()
    found = [(series.measure, tuple(series.times)) for series in find_series(every)]
    assert found == [("人数", (1, 3, 5)), ("经费", (2, 4, 6))]


@pytest.mark.parametrize(
    ("captions", "pattern", "measures"),
    [
        (
            "人数/2006 人数/2007 人数/2008 经费/2007 经费/2008",
            "^(人数|经费)/(20[0-9]{2})年?度?末?$",
            ["人数", "经费"],
        ),
        (
            "2006年/人数 2007年/人数 2008年/人数 2006年/经费 2007年/经费 2008年/经费",
            "^(20[0-9]{2})年?度?末?/(人数|经费)$",
            ["人数", "经费"],
        ),
        ("人数/2006 人数/2007 人数/2008 2006/班数 2007/班数 2008/班数", None, []),
        ("2006 2007 2008 增长/2006 增长/2007 增长/2008", None, []),
    ],
)
def test_one_pattern_tells_several_measures(
    captions: str, pattern: str | None, measures: list[str]
) -> None:
    found = write_pattern(list(find_series(captions.split())))
    assert found == ((pattern, measures) if pattern else None)
