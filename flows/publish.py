"""The flow `publish`: a release built apart, audited, then switched in by one link."""

from functools import partial
from pathlib import Path

from prefect import flow

from flows.common.error_messages import redact_errors
from flows.common.errors import Blocked, WrongUse
from flows.common.files import build_folder, hash_file, write_durably, write_json
from flows.exports.datapackage import write_datapackage
from flows.exports.excel.report import write_workbook
from flows.exports.html.archive import write_archive
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
from flows.releases.signed_drift import record_drift
from flows.releases.tables import ReleaseTables, Row
from flows.releases.write_tables import write_tables
from flows.report.draft import REPORT, make_draft
from flows.runs.context import (
    RunContext,
    ValidatedSources,
    current_run,
    inputs_of_year,
    withdrawn_of_year,
)
from flows.runs.record import write_intent
from flows.validate import validate

# How a release is given to its readers; the last one lists all that stands there.
FORMS = {
    "report.xlsx": write_workbook,
    "superset.zip": write_superset,
    "index.html": write_page,
    "datapackage.json": write_datapackage,
}


def _describe_making(run: RunContext, sources: ValidatedSources, year: int) -> Making:
    """Gather what the manifest of a year's release says of the run."""
    return Making(
        night=run.name,
        started_at=run.started_at,
        as_of=run.as_of,
        settings=run.settings,
        contracts=run.contracts,
        statuses=sources.statuses,
        inputs=inputs_of_year(run, sources, year),
        withdrawn=withdrawn_of_year(sources, year),
        outcomes=run.log.report_outcomes,
        stages=run.log.timings,
    )


def _fill(run: RunContext, sources: ValidatedSources, year: int, name: str, folder: Path) -> None:
    """Fill a part folder: tables, audit, manifest, what readers open, checksums."""
    with run.log.timed("release files"):
        write_tables(run.workspace.build, folder, year)
    validate(year, str(folder))
    with run.log.timed("release files"):
        tables = ReleaseTables.load(folder)
        previous = newest_release(run.workspace, year)
        making = _describe_making(run, sources, year)
        write_json(folder / MANIFEST, make_manifest(making, year, name, previous, tables))
        manifest = Release(folder).manifest  # as its readers have it
    with run.log.timed(REPORT):
        _write_report(run, tables, manifest, folder)
    for form, write in FORMS.items():
        with run.log.timed(form):
            write(tables, manifest, folder)
    with run.log.timed("release files"):
        seal(folder, manifest)
    run.log.results[year] = {
        "result": "publishing",
        "release": name,
        "manifest_sha256": hash_file(folder / MANIFEST),
        "has_gaps": manifest["has_gaps"],
    }
    write_intent(run)


def _write_report(run: RunContext, tables: ReleaseTables, manifest: Row, folder: Path) -> None:
    """Draft the report, and tell what is wrong with its text; a broken template stops no night."""
    try:
        made = make_draft(tables, manifest, run.workspace.report_template)
    except WrongUse as error:
        run.log.notices.append(str(error))
        made = make_draft(tables, manifest)
    write_durably(folder / REPORT, made.content)
    run.log.notices += [str(finding) for finding in made.findings if finding.row]


@flow(flow_run_name="publish {years}")
@redact_errors
def publish(years: list[int]) -> None:
    """Publish each year by itself: one that is blocked keeps its last release."""
    run = current_run()
    sources, workspace = run.log.sources, run.workspace
    assert sources
    for year in years:
        fingerprint = fingerprint_of(inputs_of_year(run, sources, year))
        name = next_name(workspace, year, fingerprint)
        target = year_folder(workspace, year) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            build_folder(target, partial(_fill, run, sources, year, name))
        except Blocked as error:
            run.log.blocked.append(str(error))
            run.log.results[year] = {"result": "blocked", "exit_code": error.exit_code}
        else:
            release = show_newest(workspace, year, run.settings.default_year)
            run.log.notices += record_drift(release)
            run.log.results[year]["result"] = "published"
    write_archive(workspace)
