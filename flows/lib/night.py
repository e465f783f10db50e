"""One night: its lock, what its steps share, which years it has to build, how it ends."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.lib.contracts import Contract, load_contracts
from flows.lib.errors import FAILED, GAPS, PUBLISHED, ZipingError, gravest
from flows.lib.fingerprint import fingerprint_of, inputs_of
from flows.lib.inbox import Dropped
from flows.lib.lock import take_lock
from flows.lib.person_key import PersonKey, load_person_key
from flows.lib.records import write_failure, write_record
from flows.lib.redaction import sentence_of
from flows.lib.releases import current_release, newest_release, remove_leftovers, switch_current
from flows.lib.settings import Settings, Workspace, load_settings
from flows.lib.standing import Owed, Standing, gap_sentences, known_by, owed_periods
from flows.lib.store import Delivery, Store
from flows.lib.times import CHINA


@dataclass(frozen=True)
class Difference:
    """What a look finds that was not there the night before."""

    dropped: tuple[Dropped, ...]
    pulls: tuple[Owed, ...]
    unjudged: tuple[Delivery, ...]

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.dropped or self.pulls or self.unjudged)


@dataclass
class Night:
    """What the steps of one night share."""

    workspace: Workspace
    settings: Settings
    contracts: dict[str, Contract]
    store: Store
    key: PersonKey
    years: tuple[int, ...]
    as_of: date | None
    today: date
    folder: Path
    started_at: str
    remarks: list[str] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    results: dict[int, dict[str, Any]] = field(default_factory=dict)
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    difference: Difference | None = None
    standings: list[Standing] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The night's name: a number that grows, and its date."""
        return self.folder.name

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage in wall and CPU seconds (those of ended children among them)."""
        wall, cpu = time.perf_counter(), sum(os.times()[:4])
        try:
            yield
        finally:
            before = self.stages.get(name, {"wall_seconds": 0.0, "cpu_seconds": 0.0})
            self.stages[name] = {
                "wall_seconds": round(before["wall_seconds"] + time.perf_counter() - wall, 3),
                "cpu_seconds": round(before["cpu_seconds"] + sum(os.times()[:4]) - cpu, 3),
            }

    def deliveries(self) -> list[Delivery]:
        """List the deliveries that the night may know of."""
        return known_by(self.store.deliveries(), self.as_of)

    def owed(self) -> list[Owed]:
        """List the periods that the night's years need."""
        return owed_periods(self.contracts, self.settings, self.years)


def inputs_of_year(night: Night, year: int) -> dict[str, Any]:
    """Gather what the release of a year would follow from tonight."""
    as_of = night.as_of.isoformat() if night.as_of else None
    return inputs_of(night.standings, night.settings, year, as_of, night.key.id)


def years_to_build(night: Night) -> list[int]:
    """Pick the years whose newest release does not follow from tonight's inputs.

    Where it does, `current` is switched to it if a killed night left that undone.
    """
    waiting = []
    for year in night.years:
        release = newest_release(night.workspace, year)
        wanted = fingerprint_of(inputs_of_year(night, year))
        if release and not release.faults() and release.fingerprint == wanted:
            pointed = current_release(night.workspace, year)
            if pointed is None or pointed.name != release.name:
                before = pointed.name if pointed else "nothing"
                night.remarks.append(f"{year}: current pointed at {before}, now at {release.name}")
            switch_current(night.workspace, year, night.settings.default_year, release)
            night.results[year] = {
                "result": "unchanged",
                "release": release.name,
                "has_gaps": bool(release.manifest["has_gaps"]),
            }
        else:
            waiting.append(year)
            if release and (faults := release.faults()):
                night.remarks += faults
    return waiting


def exit_code_of(night: Night) -> int:
    """Say how the night ended: 0 complete, 4 with gaps, 3 blocked."""
    codes = [int(result.get("exit_code", PUBLISHED)) for result in night.results.values()]
    gaps = gap_sentences(night.standings)
    if gaps or night.unavailable or any(one.get("has_gaps") for one in night.results.values()):
        codes.append(GAPS)
    return gravest(codes)


def _next_folder(workspace: Workspace, today: date) -> Path:
    numbers = [
        int(path.name.split("-")[0])
        for path in workspace.nights.glob("[0-9]*-*")
        if path.name.split("-")[0].isdigit()
    ]
    return workspace.nights / f"{max(numbers, default=0) + 1:05d}-{today.isoformat()}"


def open_night(workspace: Workspace, year: int | None, as_of: date | None) -> Night:
    """Gather what a night needs to know; no lock, so that people may ask by day."""
    settings = load_settings(workspace)
    today = datetime.now(CHINA).date()
    return Night(
        workspace=workspace,
        settings=settings,
        contracts=load_contracts(),
        store=Store(workspace.landed),
        key=load_person_key(workspace.key_file, settings.district),
        years=(year,) if year else settings.open_years,
        as_of=as_of,
        today=as_of or today,
        folder=_next_folder(workspace, today),
        started_at=datetime.now(CHINA).isoformat(timespec="seconds"),
    )


OPEN: dict[str, Night] = {}


@contextlib.contextmanager
def tonight(
    workspace: Workspace, year: int | None = None, as_of: date | None = None
) -> Iterator[Night]:
    """Open the night: lock, leftovers away; at the end a record, whatever happened.

    Within an open night the same one is given, so that the flow `nightly` is the same thing
    whether a person or a deployment starts it.
    """
    if OPEN:
        yield next(iter(OPEN.values()))
        return
    lock = take_lock(workspace)
    try:
        remove_leftovers(workspace)
        try:
            night = open_night(workspace, year, as_of)
        except ZipingError as error:
            today = datetime.now(CHINA)
            folder = _next_folder(workspace, today.date())
            write_failure(workspace, folder, error.exit_code, str(error), today)
            raise
        OPEN[night.name] = night
        try:
            yield night
        except BaseException as error:
            code = error.exit_code if isinstance(error, ZipingError) else FAILED
            with contextlib.suppress(OSError):
                write_record(night, code, sentence_of(error))
            raise
        else:
            write_record(night, exit_code_of(night))
        finally:
            OPEN.clear()
    finally:
        os.close(lock)
