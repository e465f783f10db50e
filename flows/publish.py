"""The flow `publish`: a release built apart, audited, then switched in by one link."""

from functools import partial
from pathlib import Path

from prefect import flow

from flows.lib.durable import build_folder, write_json
from flows.lib.errors import Blocked
from flows.lib.fingerprint import fingerprint_of
from flows.lib.manifest import make_manifest
from flows.lib.night import OPEN, Night, inputs_of_year
from flows.lib.publishing import rows_of, write_tables
from flows.lib.releases import (
    MANIFEST,
    Release,
    newest_release,
    next_name,
    switch_current,
    write_sums,
    year_folder,
)
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
        write_workbook(folder / "report.xlsx", tables, manifest)
        write_json(folder / MANIFEST, manifest)
        write_sums(folder)
    night.results[year] = {
        "result": "published",
        "release": name,
        "has_gaps": manifest["has_gaps"],
    }


@flow
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
