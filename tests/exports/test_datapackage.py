"""The data package of a release: what it lists, and what frictionless says of it."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from nights import current

from flows.common.files import hash_file
from flows.common.settings import CHECKOUT, Workspace
from flows.exports.datapackage import write_datapackage
from flows.releases.tables import ReleaseTables
from flows.warehouse.models import report_tables

FRICTIONLESS = str(Path(sys.executable).with_name("frictionless"))
PUBLISHED = [model.name for model in report_tables()]


@pytest.fixture(scope="module")
def folder(first_night: Workspace) -> Path:
    return current(first_night).folder


@pytest.fixture(scope="module")
def package(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return content


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """Copy the release, which itself stays as it is."""
    return Path(shutil.copytree(folder, tmp_path / "release"))


def validated(package: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command that a reader runs."""
    return subprocess.run(
        [FRICTIONLESS, "validate", str(package), "--json"],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def errors_of(run: subprocess.CompletedProcess[str]) -> set[str]:
    tasks = json.loads(run.stdout)["tasks"]
    return {error["type"] for task in tasks for error in task["errors"]}


def table(package: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [resource for resource in package["resources"] if resource["path"] == name]
    return found


def test_frictionless_accepts_the_package_from_its_own_folder(folder: Path) -> None:
    run = validated(Path("datapackage.json"), folder)
    assert run.returncode == 0, run.stdout


def test_frictionless_accepts_the_package_from_any_folder(copied: Path, tmp_path: Path) -> None:
    run = validated(copied / "datapackage.json", tmp_path)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("name", ["report_values.csv", "report_needs.parquet", "report.xlsx"])
def test_one_byte_changed_is_noticed(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    run = validated(copied / "datapackage.json", copied)
    assert run.returncode == 1
    assert "hash-count" in errors_of(run)


@pytest.mark.parametrize(
    ("name", "old", "new", "error"),
    [
        ("report_values.csv", ",actual,", ",actuel,", "constraint-error"),
        ("report_figures.csv", ",education_funds,", ",nothing,", "foreign-key"),
        ("report_evidence.csv", ",numerator,", ",above,", "constraint-error"),
        ("report_needs.csv", ",0", ",none", "type-error"),
    ],
)
def test_what_contradicts_the_schema_is_noticed_whatever_the_hash(
    copied: Path, package: dict[str, Any], name: str, old: str, new: str, error: str
) -> None:
    text = (copied / name).read_text("utf-8")
    assert old in text
    (copied / name).write_text(text.replace(old, new, 1), "utf-8")
    for one in package["resources"]:
        if one["path"] == name:
            one = one | {"bytes": (copied / name).stat().st_size,
                         "hash": f"sha256:{hash_file(copied / name)}"}  # fmt: skip
            others = [other for other in package["resources"] if other["path"] != name]
            changed = package | {"resources": [*others, one]}
    (copied / "datapackage.json").write_text(json.dumps(changed), "utf-8")
    assert errors_of(validated(copied / "datapackage.json", copied)) == {error}


def test_every_file_is_listed_with_size_and_hash(folder: Path, package: dict[str, Any]) -> None:
    files = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {"datapackage.json", "SHA256SUMS"}
    listed = {resource["path"]: resource for resource in package["resources"]}
    assert set(listed) == {name for name in files if not name.startswith("internal/")}
    assert len({resource["name"] for resource in package["resources"]}) == len(package["resources"])
    for name, one in listed.items():
        assert one["format"] == Path(name).suffix.removeprefix(".")
        assert one["mediatype"] != "application/octet-stream" or name.endswith(".duckdb")
        if name != "manifest.json":  # which holds the hash of the package
            assert one["bytes"] == (folder / name).stat().st_size
            assert one["hash"] == f"sha256:{hash_file(folder / name)}"


def test_it_says_what_it_is_and_where_it_comes_from(folder: Path, package: dict[str, Any]) -> None:
    assert package["name"] == "ziping-519900-2023"
    assert package["title"] == "样例区2023年教育职责自评数据"
    assert package["dataset_version"].count(".") == 2
    assert package["release"] == folder.name
    assert "样例数据" in package["description"]
    assert package["licenses"][0]["title"]
    assert "教育经费统计 finance.education_funds（财政局教科文股）" in [
        source["title"] for source in package["sources"]
    ]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_table_has_the_schema_of_its_model(
    folder: Path, package: dict[str, Any], name: str, ending: str
) -> None:
    described = table(package, f"{name}.{ending}")
    model = next(table for table in report_tables() if table.name == name)
    fields = described["schema"]["fields"]
    parquet = pq.read_schema(folder / f"{name}.parquet")
    kinds = {"string": "string", "int32": "integer", "int64": "integer", "date32[day]": "date"}
    assert [field["name"] for field in fields] == parquet.names
    assert [field["type"] for field in fields] == [
        kinds.get(str(kind), "number") for kind in parquet.types
    ]
    assert all(any("一" <= sign <= "鿿" for sign in field["title"]) for field in fields)
    assert all(field["description"] for field in fields)
    assert described["schema"]["primaryKey"] == list(model.key)
    required = {field["name"] for field in fields if "required" in field.get("constraints", {})}
    assert required >= set(model.key)
    if ending == "csv":
        assert (described["encoding"], described["dialect"]["delimiter"]) == ("utf-8", ",")


def test_closed_lists_are_those_of_the_suites_and_of_the_rows(
    folder: Path, package: dict[str, Any]
) -> None:
    found = {}
    for name in PUBLISHED:
        suite = (CHECKOUT / "expectations" / "report" / f"{name}.yml").read_text("utf-8")
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for field in table(package, f"{name}.csv")["schema"]["fields"]:
            if words := field.get("constraints", {}).get("enum"):
                found[name, field["name"]] = words
                assert {row[field["name"]] for row in rows} <= {*words, ""}
                column = field["name"]
                if f"coalesce({column}, '') not in (" in suite:
                    listed = suite.split(f"coalesce({column}, '') not in (")[1].split("))")[0]
                    assert set(words) == {word.strip(" '\n") for word in listed.split(",")}
    assert {("report_values", "state"), ("report_values", "judgement")} <= set(found)
    assert {("report_indicators", "formula"), ("report_evidence", "role")} <= set(found)


def test_tables_refer_to_one_another(package: dict[str, Any]) -> None:
    references = {
        name: [foreignKey["reference"]["resource"] for foreignKey in schema.get("foreignKeys", ())]
        for name in PUBLISHED
        for schema in [table(package, f"{name}.csv")["schema"]]
    }
    assert references == {
        "report_values": ["report_indicators.csv"], "report_figures": ["report_values.csv"],
        "report_indicators": [], "report_needs": ["report_indicators.csv"],
        "report_evidence": ["report_values.csv"], "report_tasks": [], "report_narratives": [],
    }  # fmt: skip


def test_every_table_has_a_schema_and_a_chinese_title(package: dict[str, Any]) -> None:
    tables = [
        resource for resource in package["resources"] if resource["format"] in ("csv", "parquet")
    ]
    assert len(tables) == 2 * len(PUBLISHED) + 11  # ten marts and the standards
    for table in tables:
        assert table["schema"]["fields"], table["path"]
        assert any("一" <= sign <= "鿿" for sign in table["title"]), table["path"]


def test_the_same_files_give_the_same_bytes_wherever_they_lie(
    folder: Path, copied: Path, first_night: Workspace
) -> None:
    write_datapackage(ReleaseTables.load(copied), current(first_night).manifest, copied)
    again = (copied / "datapackage.json").read_bytes()
    assert again == (folder / "datapackage.json").read_bytes()
    assert str(first_night.root).encode() not in again
