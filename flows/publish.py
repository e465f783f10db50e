"""The flow `publish`: a release built apart, audited, then switched in by one link."""

from functools import partial
from pathlib import Path

from prefect import flow

from flows.lib.datapackage import write_datapackage
from flows.lib.durable import build_folder, hash_file, write_json
from flows.lib.errors import Blocked
from flows.lib.fingerprint import fingerprint_of
from flows.lib.manifest import make_manifest
from flows.lib.model_docs import write_model_docs
from flows.lib.night import OPEN, Night, inputs_of_year
from flows.lib.page import write_page
from flows.lib.publishing import write_tables
from flows.lib.records import write_intent
from flows.lib.redaction import telling
from flows.lib.releases import (
    MANIFEST,
    Release,
    newest_release,
    next_name,
    rows_of,
    seal,
    switch_current,
    year_folder,
)
from flows.lib.superset import write_superset
from flows.lib.workbook import write_workbook
from flows.validate import validate


def _fill(night: Night, year: int, name: str, folder: Path) -> None:
    """Fill a part folder: tables, audit, manifest, workbook, checksums."""
    with night.stage("release files"):
        write_tables(night.workspace.build, folder, year)
    validate(night.name, year, str(folder))
    with night.stage("release files"):
        tables = {path.stem: rows_of(path) for path in sorted(folder.glob("*.parquet"))}
        states = [row["state"] for row in tables["report_values"]]
        previous = newest_release(night.workspace, year)
        manifest = make_manifest(night, year, name, previous, states)
    with night.stage("report.xlsx"):
        write_workbook(folder / "report.xlsx", tables, manifest)
    with night.stage("superset.zip"):
        write_superset(folder, manifest)
    with night.stage("models.html"):
        write_model_docs(folder, night.workspace.build, night.workspace.warehouse / "dbt_target")
    with night.stage("index.html"):
        write_json(folder / MANIFEST, manifest)  # the page reads it where its readers do
        write_page(folder, previous)
    with night.stage("datapackage.json"):
        write_datapackage(folder, manifest)  # it lists all that stands there
    with night.stage("release files"):
        seal(folder, manifest)
    night.results[year] = {
        "result": "publishing",
        "release": name,
        "manifest_sha256": hash_file(folder / MANIFEST),
        "has_gaps": manifest["has_gaps"],
    }
    write_intent(night)  # before it gets its name: a release that no record tells of is nobody's


@flow
@telling
def publish(night: str, years: list[int]) -> None:
    """Publish each year by itself: one that is blocked keeps its last release."""
    tonight = OPEN[night]
    for year in years:
        fingerprint = fingerprint_of(inputs_of_year(tonight, year))
        name = next_name(tonight.workspace, year, fingerprint)
        target = year_folder(tonight.workspace, year) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            build_folder(target, partial(_fill, tonight, year, name))
        except Blocked as error:
            tonight.blocked.append(str(error))
            tonight.results[year] = {"result": "blocked", "exit_code": error.exit_code}
        else:
            default_year = tonight.settings.default_year
            switch_current(tonight.workspace, year, default_year, Release(target))
            tonight.results[year]["result"] = "published"
