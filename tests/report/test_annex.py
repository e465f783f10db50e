"""The annex of a chapter: its table of sources, in the size in which it is printed."""

import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook
from page_parts import release
from report_parts import content, facts

from flows.common.errors import WrongUse
from flows.releases.tables import ReleaseTables
from flows.report.annex import figures_of_chapter, write_sources

FEWEST_POINTS = 9


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[ReleaseTables, dict[str, object]]:
    says = facts()
    says["deliveries"] = [
        row | {"received_at": "2024-01-08T16:30:00+00:00"} for row in says["deliveries"]
    ]
    made = release(tmp_path, content(), says)
    return ReleaseTables.load(made.folder), made.manifest


def names(loaded: tuple[ReleaseTables, dict[str, object]], chapter: str) -> list[str]:
    return [f"{row['figure_id']}.{row['part']}" for row in figures_of_chapter(*loaded, chapter)]


def test_a_chapter_has_the_figures_of_all_its_items_but_no_withheld_one(
    loaded: tuple[ReleaseTables, dict[str, object]],
) -> None:
    expected = ["4.1.1", "4.2.1", "4.3.1", "4.3.2", "4.3.3", "4.4.1", "4.5.1", "4.6.1", "4.7.1"]
    assert names(loaded, "一") == names(loaded, "一(二)") == names(loaded, "一（二）4") == expected


@pytest.mark.parametrize("chapter", ["二", "一(二)5", "x", ""])
def test_a_chapter_without_figures_is_refused_with_those_that_there_are(
    loaded: tuple[ReleaseTables, dict[str, object]], chapter: str
) -> None:
    with pytest.raises(WrongUse, match=r"chapters: 一\(二\)4、一\(二\)5"):
        figures_of_chapter(*loaded, chapter)


def test_each_figure_is_listed_with_its_files(
    loaded: tuple[ReleaseTables, dict[str, object]], tmp_path: Path
) -> None:
    tables, says = loaded
    path = tmp_path / "附表.xlsx"
    write_sources(tables, says, figures_of_chapter(tables, says, "一(二)"), "一(二)", path)
    rows = [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]
    assert rows[1] == ["图号", "数字", "印出", "来源", "责任科室", "文件", "收到日期"]
    office = "财政局教科文股"
    assert rows[2] == [
        "4.1", "图1", "2069万元", "教育经费统计（2023）", office, "经费.xlsx", "2024-01-09",
    ]  # fmt: skip
    assert rows[3] == [
        "4.2", "图2", "8.90%", "教育经费统计（2022）", office, "经费.xlsx", "2024-01-09",
    ]  # fmt: skip
    assert rows[4][:4] == ["4.2", None, None, "教育经费统计（2023）"]
    assert rows[-1][:5] == ["4.7", "图9", "不涉及", "本区未举办。", "财政局"]


@pytest.mark.slow
def test_it_is_printed_across_a4_in_nine_points_or_more(
    loaded: tuple[ReleaseTables, dict[str, object]], tmp_path: Path
) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("soffice (LibreOffice) is missing: the table was not rendered")
    from pypdf import PdfReader

    tables, says = loaded
    path = tmp_path / "sources.xlsx"
    write_sources(tables, says, figures_of_chapter(tables, says, "一(二)"), "一(二)", path)
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)],
        capture_output=True, check=True, timeout=240,
    )  # fmt: skip
    page = PdfReader(tmp_path / "sources.pdf").pages[0]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (842, 595)
    sizes = []

    def measure(text: str, _: object, matrix: list[float], __: object, size: float) -> None:
        if "教育经费统计" in text or "财政局" in text:
            sizes.append(size * matrix[3])

    page.extract_text(visitor_text=measure)
    assert sizes
    assert min(sizes) >= FEWEST_POINTS
