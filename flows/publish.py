"""The flow `publish`: a release built apart, audited, then switched in by one link."""

from functools import partial
from pathlib import Path

from prefect import flow

from flows.common.error_messages import telling
from flows.common.errors import Blocked
from flows.common.files import build_folder, hash_file, write_json
from flows.exports.datapackage import write_datapackage
from flows.exports.excel.report import write_workbook
from flows.exports.html.page import write_page
from flows.exports.superset.bundle import write_superset
from flows.releases.fingerprint import fingerprint_of
from flows.releases.manifest import Making, make_manifest
from flows.releases.release import (
    MANIFEST,
    Release,
    newest_release,
    next_name,
    seal,
    show_newest,
    year_folder,
)
from flows.releases.tables import ReleaseTables, is_covered
from flows.releases.write_tables import write_tables
from flows.runs.context import Night, inputs_of_year, withdrawn_of_year
from flows.runs.lifecycle import OPEN
from flows.runs.record import write_intent
from flows.validate import validate

# How a release is given to its readers; the last one lists all that stands there.
FORMS = {
    "report.xlsx": write_workbook,
    "superset.zip": write_superset,
    "index.html": write_page,
    "datapackage.json": write_datapackage,
}


def _making(night: Night, year: int) -> Making:
    """Gather what the manifest of a year's release tells of the night."""
    return Making(
        night=night.name,
        started_at=night.started_at,
        as_of=night.as_of,
        settings=night.settings,
        contracts=night.contracts,
        standings=night.standings,
        inputs=inputs_of_year(night, year),
        withdrawn=withdrawn_of_year(night, year),
        outcomes=night.outcomes,
        stages=night.stages,
    )


def _fill(night: Night, year: int, name: str, folder: Path) -> None:
    """Fill a part folder: tables, audit, manifest, what readers open, checksums."""
    with night.stage("release files"):
        write_tables(night.workspace.build, folder, year)
    validate(night.name, year, str(folder))
    with night.stage("release files"):
        tables = ReleaseTables.load(folder)
        states = [value["state"] for value in tables.values.values() if is_covered(value)]
        previous = newest_release(night.workspace, year)
        write_json(
            folder / MANIFEST, make_manifest(_making(night, year), year, name, previous, states)
        )
        manifest = Release(folder).manifest  # as its readers have it
    for form, write in FORMS.items():
        with night.stage(form):
            write(tables, manifest, folder)
    with night.stage("release files"):
        seal(folder, manifest)
    night.results[year] = {
        "result": "publishing",
        "release": name,
        "manifest_sha256": hash_file(folder / MANIFEST),
        "has_gaps": manifest["has_gaps"],
    }
    write_intent(night)


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
            show_newest(tonight.workspace, year, default_year)
            tonight.results[year]["result"] = "published"
