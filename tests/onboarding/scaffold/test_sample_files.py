"""A folder or an archive as a sample: the files that are most alike, and what each says alone."""

import zipfile
from pathlib import Path
from shutil import copytree

import openpyxl
import pytest

from flows.common.errors import WrongUse
from flows.common.settings import CHECKOUT
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.onboarding.scaffold.new_source import write_new_source
from flows.parsing.file_parser import read_file

STAGING = Path("dbt_project/models/staging")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copytree(CHECKOUT / STAGING / "staffing", tmp_path / "project" / STAGING / "staffing")
    return tmp_path / "project"


def added(project: Path, path: Path) -> Contract:
    write_new_source(path, "staffing.samples", "", project)
    return load_contracts(project / STAGING)["staffing.samples"]


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def carrier(code: str) -> str:
    rows = "".join(f"{code},A{n},{n * len(code) + ord(code[0])}\n" for n in range(1, 8))
    return f"CARRIER,ORIGIN,PASSENGERS\n{rows}"


CARRIERS = {f"T_100_{code}_2019.csv": carrier(code) for code in ("UA", "AA", "WN")}
OTHERS = {"readme.txt": "words\n", "~$lock.csv": "x", "routes_2019.csv": "a,b\nx,1\ny,2\n"}


def test_an_archive_of_units_is_read_in_parts(project: Path, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "all carriers.zip", OTHERS | CARRIERS)
    written = write_new_source(archive, "staffing.samples", "", project)
    contract = load_contracts(project / STAGING)["staffing.samples"]
    assert contract.in_parts
    assert contract.file_patterns == ("*T_100*",)
    assert contract.column_of_role("unit").name == "carrier"  # type: ignore[union-attr]
    assert contract.as_json()["period"] == {"kind": "calendar_year", "file_name": "(20[0-9]{2})"}
    said = "\n".join(written.notices)
    assert "looked at 5 files; 3 are alike, and T_100_UA_2019.csv is the sample" in said
    assert "readme.txt cannot be read" in said
    assert "1 files have other headers" in said


def test_a_folder_is_looked_at_likewise(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "民办园_2023年"
    folder.mkdir()
    for code, name in (("2151000101", "甲园"), ("2151000102", "乙园")):
        book = openpyxl.Workbook()
        for row in (
            ["班数表"],
            [f"学校(机构)名称:{name}", f"学校(机构)标识码:{code}", "单位:班"],
            ["指标名称", "班数", "人数"],
            ["小班", 2, 51],
            ["中班", 3, 72],
        ):
            book.active.append(row)
        book.save(folder / f"{code}.xlsx")
    contract = added(project, folder)
    assert contract.file_patterns == ("*民办园*",)
    assert contract.as_json()["period"] == {"kind": "calendar_year", "file_name": "(20[0-9]{2})年"}
    unit = contract.column_of_role("unit")
    assert unit
    assert (unit.name, unit.preamble) == ("school_code", ("学校(机构)标识码",))
    table = read_file(folder / "2151000102.xlsx", contract, name="2151000102.xlsx").table()
    assert table["school_code"].to_pylist() == ["2151000102"] * 2
    assert table["school_name"].to_pylist() == ["乙园"] * 2


def test_that_names_of_files_alone_may_say_the_unit_is_asked(project: Path, tmp_path: Path) -> None:
    files = {
        f"在园数_{name}_2023年.csv": f"班级,人数\n大班,{number}\n中班,7\n"
        for number, name in enumerate(("甲园", "乙园"), 5)
    }
    contract = added(project, zipped(tmp_path / "a.zip", files))
    assert not contract.in_parts
    assert contract.file_patterns == ("*在园数*",)
    entry = (project / STAGING / "staffing" / "_staffing__sources.yml").read_text("utf-8")
    assert "2 files are alike: does each hold another unit, as their names may say?" in entry


def test_files_that_differ_by_their_year_are_no_parts(project: Path, tmp_path: Path) -> None:
    files = {f"在园数_{year}年.csv": f"班级,人数\n大班,{year}1\n中班,7\n" for year in (2022, 2023)}
    contract = added(project, zipped(tmp_path / "a.zip", files))
    assert not contract.in_parts
    assert contract.file_patterns == ("*在园数*",)


def test_what_holds_no_table_is_refused(project: Path, tmp_path: Path) -> None:
    words = zipped(tmp_path / "a.zip", {"readme.txt": "words\n"})
    broken, empty = tmp_path / "b.zip", tmp_path / "empty"
    broken.write_bytes(words.read_bytes()[:40])
    empty.mkdir()
    with pytest.raises(WrongUse, match=r"readme\.txt: no header was found"):
        added(project, words)
    with pytest.raises(WrongUse, match="cut short or damaged"):
        added(project, broken)
    with pytest.raises(WrongUse, match="empty holds no table"):
        added(project, empty)
    with pytest.raises(WrongUse, match="is no file"):
        added(project, tmp_path / "none.csv")
