"""`ziping report check`, as it is printed, as JSON and as a workbook."""

import json
from pathlib import Path

import pytest
from check_parts import release
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from flows.cli import report_check
from flows.cli.main import app
from flows.releases.release import Release
from flows.report.checking import workbook

TEXT = """一、2023年工作成效
1.投入。一般公共预算教育经费52310万元。中小学校48所,在校学生和专任教师见附表。
2.安保。专职保安95名。编写教材15册。
"""


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report, and an invented release to check it against."""
    manifest = {"title": "甲县2023年教育职责自评数据", "is_sample": False, "release": "00001-ab"}
    made = Release(tmp_path / "00001-ab")
    monkeypatch.setattr(Release, "manifest", manifest)
    monkeypatch.setattr(report_check, "find_release", lambda *_: made)
    monkeypatch.setattr(report_check.ReleaseTables, "load", lambda _: release())
    path = tmp_path / "自评报告.txt"
    path.write_text(TEXT, "utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    """Run the command in a workspace of its own."""
    place = ("--workspace", str(Path(str(arguments[0])).parent))
    return CliRunner().invoke(app, ["report", "check", *map(str, arguments), *place])


def test_it_says_how_many_numbers_it_recognised_and_what_it_found(report: Path) -> None:
    result = run(report)
    assert result.exit_code == 3
    assert "全文5个数，认出5个，没有认出0个" in result.output
    assert "与仓库对照的4个：一致2、不一致1、口径不明0、仓库无此数1、不公开0" in result.output
    assert "日期1" in result.output
    assert "不一致" in result.output


def test_the_same_stands_in_json(report: Path) -> None:
    result = run(report, "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["exit_code"]) == (3, 3)
    (finding,) = [row for row in found["findings"] if row["gravity"] == "contradiction"]
    assert finding["place"] == "一2"
    assert finding["rule"] == "differs"
    assert "专职保安95名" in finding["quote"]
    assert finding["resolve"]
    verdicts = {row["written"]: row["verdict"] for row in found["numbers"]}
    assert verdicts == {"52310万元": "一致", "48所": "一致", "95名": "不一致", "15册": "仓库无此数"}


def test_a_workbook_prints_at_nine_points() -> None:
    for widths in (workbook.FINDINGS, workbook.NUMBERS, workbook.LEFT_OUT, workbook.RULES):
        assert sum(widths.values()) <= 125


def test_a_workbook_has_findings_numbers_omissions_and_rules(report: Path) -> None:
    target = report.with_name("核对.xlsx")
    assert run(report, "--workbook", target).exit_code == 3
    book = load_workbook(target)
    assert book.sheetnames == ["发现", "各数", "未写的数", "规则"]
    cells = [cell.value for row in book["发现"].iter_rows() for cell in row if cell.value]
    assert "不一致" in cells
    assert target.stat().st_mode & 0o777 == 0o600
    first = target.read_bytes()
    run(report, "--workbook", target)
    assert target.read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--workbook", "a.txt"], "--workbook FILE.xlsx"),
        (["--rules", "none.yml"], "none.yml: cannot be read"),
    ],
)
def test_wrong_use_ends_with_2_and_one_sentence(
    report: Path, arguments: list[str], sentence: str
) -> None:
    result = run(report, *arguments)
    assert result.exit_code == 2
    assert sentence in result.output


def test_a_file_that_cannot_be_read_ends_with_2(report: Path) -> None:
    report.write_bytes(b"")
    result = run(report)
    assert result.exit_code == 2
    assert "自评报告.txt is empty" in result.output


def test_a_report_without_fault_ends_with_0(report: Path) -> None:
    report.write_text(TEXT.replace("95名。编写教材15册", "96名"), "utf-8")
    assert run(report).exit_code == 0
