"""Every edit of what decides a figure is another version: of a release, or of a cached reading."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from districts import two_releases
from nights import (
    YEAR,
    Said,
    current,
    digests,
    night,
    ziping,
)

from flows.common.settings import CHECKOUT, Workspace
from flows.common.versions import library_versions, list_code_files
from flows.landing.cache_key import READING_PLACES, parser_version
from flows.releases import fingerprint
from flows.releases.release import year_folder

CHANGED = "report_values.csvwaschangedorisgone"


def test_every_edit_of_what_decides_a_figure_is_another_version(checkout: Path) -> None:
    edited = [
        "flows/publish.py",
        "flows/parsing/file_parser.py",
        "flows/contracts/contract.schema.json",
        "dbt_project/dbt_project.yml",
        "dbt_project/macros/engine/ratio.sql",
        "dbt_project/models/marts/mart_schools.sql",
        "dbt_project/models/marts/mart_schools.yml",
        "dbt_project/models/staging/finance/_finance__sources.yml",
        "dbt_project/seeds/standards.csv",
        "expectations/finance/payments.yml",
        "expectations/report/report_values.yml",
        "dbt_project/models/marts/mart_new.yaml",  # and files that are added, of any kind
        "flows/exports/html/template.html",
    ]
    versions = [fingerprint.code_version()]
    for name in edited:
        with (checkout / name).open("ab") as file:
            file.write(b"\n")
        fingerprint.code_files.cache_clear()
        versions.append(fingerprint.code_version())
    assert len(set(versions)) == len(edited) + 1
    (checkout / "dbt_project" / "target").mkdir()
    (checkout / "dbt_project" / "target" / "manifest.json").write_text("{}")
    fingerprint.code_files.cache_clear()
    assert fingerprint.code_version() == versions[-1]


def test_a_cached_reading_is_named_by_all_code_that_made_it(tmp_path: Path) -> None:
    # What Python itself loads to read a workbook and to judge it, in both processes.
    script = (
        "import sys, flows.landing.outcome, flows.quality.suite, flows.quality.gx_runner\n"
        "import flows.readers.sandbox_worker, flows.readers.excel, flows.readers.html\n"
        "own = {n: m for n, m in sys.modules.items() if n.startswith('flows.')}\n"
        "print(*(name for name, module in own.items() if not hasattr(module, '__path__')))\n"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout.split()
    files = list_code_files(CHECKOUT, READING_PLACES)
    hashed = {path.relative_to(CHECKOUT).with_suffix("") for path in files}
    assert {Path(*name.split(".")) for name in loaded} - hashed == set()
    assert Path("flows/readers/excel") in hashed


@pytest.mark.parametrize(
    "name",
    [
        "flows/parsing/file_parser.py",
        "flows/readers/excel.py",
        "flows/common/messages.csv",
        "flows/parsing/a_new_module.py",
    ],
)
def test_an_edited_parser_reads_every_file_anew(checkout: Path, name: str) -> None:
    before = parser_version()
    with (checkout / name).open("a") as file:
        file.write("\n")
    parser_version.cache_clear()
    assert parser_version() != before


@pytest.fixture
def another_xlrd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let another version of a library be installed, as far as its metadata say."""
    folder = tmp_path / "site" / "xlrd-99.9.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: xlrd\nVersion: 99.9\n")
    before = version("xlrd")
    monkeypatch.syspath_prepend(str(folder.parent))
    library_versions.cache_clear()
    parser_version.cache_clear()
    yield before
    monkeypatch.undo()
    library_versions.cache_clear()
    parser_version.cache_clear()


@pytest.mark.slow
def test_other_code_makes_a_release_whose_changes_name_code_libraries_and_definitions_apart(
    tampered: Workspace, checkout: Path, another_xlrd: str, said: Said
) -> None:
    for name in ("dbt_project/macros/engine/ratio.sql", "flows/parsing/file_parser.py"):
        path = checkout / name
        path.write_text(path.read_text("utf-8").replace("    case\n", "    case -- same\n") + "\n")
    old, before = two_releases(tampered)
    assert ziping("releases", "--pin", old.name, workspace=tampered) == 0
    assert night(tampered) == 0
    assert f"currentispinnedto{old.name}" in said()
    assert not (year_folder(tampered, YEAR) / "pin").exists()
    new = current(tampered)
    assert new.name.startswith("00003-")
    assert new.manifest["previous"]["release"] == before.name
    assert digests(new, ".csv").keys() == digests(before, ".csv").keys()
    assert ziping("changes", workspace=tampered) == 0
    lines = said()
    assert "程序:dbt_project/macros/engine/ratio.sql有变动" in lines
    assert "程序:flows/parsing/file_parser.py有变动" in lines
    assert f"库:xlrd{another_xlrd}→99.9" in lines
    assert "(education_funds_growth):计算语句有变动" in lines  # its mart divides by the macro
    assert "(primary_and_secondary_schools)" not in lines  # that one does not
    assert "数据" not in lines
    assert "标准有变动" not in lines
