"""What the outline has and a text does not tell."""

from pathlib import Path

from check_parts import check, found

HEAD = "一、成效\n(一)公平\n"


def test_a_title_about_a_figure_asks_for_it(tmp_path: Path) -> None:
    title = f"{HEAD}1.消除小学大班额。"
    (finding,) = found(check(tmp_path, f"{title}新增学位900个。\n"), "titles_without_figures")
    assert "14.3 小学大班额占比（仓库：3.25%）" in finding.what
    told = f"{title}小学大班额占比3.25%。\n"
    assert not found(check(tmp_path, told), "titles_without_figures")


def test_the_title_of_a_section_is_asked_through_its_items(tmp_path: Path) -> None:
    text = "一、成效\n(一)消除小学大班额\n1.小学大班额占比。为3.25%。\n"
    assert not found(check(tmp_path, text), "titles_without_figures")


def test_a_stage_that_the_district_has_not_is_told(tmp_path: Path) -> None:
    text = "小学、中等职业学校生均一般公共预算教育经费增长0.31%。"
    (finding,) = found(check(tmp_path, text), "not_applicable")
    assert "4.8" in finding.what
    assert not found(check(tmp_path, text.replace("、中等职业学校", "")), "not_applicable")
