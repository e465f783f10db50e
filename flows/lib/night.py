"""One night: its lock, what its steps share, which years it has to build, how it ends."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.lib.contracts import Contract, load_contracts
from flows.lib.damage import closed_again, link_faults, rolled_back_to
from flows.lib.disk import check_folders, remove_build, temporary_files_within, told_of_disk
from flows.lib.dropped import Dropped
from flows.lib.durable import hash_file, keep_from_others
from flows.lib.errors import FAILED, GAPS, PUBLISHED, WrongUse, ZipingError, gravest
from flows.lib.fingerprint import fingerprint_of, inputs_of
from flows.lib.lock import take_lock
from flows.lib.patience import Patience
from flows.lib.person_key import PersonKey, load_person_key
from flows.lib.records import write_failure, write_intent, write_record
from flows.lib.redaction import sentence_of
from flows.lib.releases import (
    MANIFEST,
    current_release,
    newest_release,
    remove_leftovers,
    switch_current,
)
from flows.lib.settings import Settings, Workspace, load_settings
from flows.lib.standing import Owed, Standing, gap_sentences, known_by, owed_periods
from flows.lib.store import Delivery, Store
from flows.lib.times import CHINA
from flows.lib.waivers import WAIVERS, Waiver


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
    patience: dict[str, Patience] = field(default_factory=dict)
    withdrawn: list[dict[str, Any]] = field(default_factory=list)  # of the periods owed
    waivers: list[Waiver] = field(default_factory=list)  # of the register in force, open or not

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

    def waivers_for(self, delivery: Delivery) -> tuple[Waiver, ...]:
        """Pick the waivers that are open tonight and speak of a delivery; the register has none."""
        if delivery.source == WAIVERS:
            return ()
        found = (one for one in self.waivers if one.is_open(self.today))
        return tuple(one for one in found if one.is_for(delivery))

    def patience_with(self, source: str) -> Patience:
        """Give the one patience that the night has with a source table."""
        return self.patience.setdefault(source, Patience(self.settings.pull_seconds))

    def owed(self) -> list[Owed]:
        """List the periods that the night's years need."""
        return owed_periods(self.contracts, self.settings, self.years)


def inputs_of_year(night: Night, year: int) -> dict[str, Any]:
    """Gather what the release of a year would follow from tonight."""
    as_of = night.as_of.isoformat() if night.as_of else None
    inputs = inputs_of(night.standings, night.settings, year, as_of, night.key.id)
    return inputs | ({"withdrawn": own} if (own := withdrawn_of_year(night, year)) else {})


def withdrawn_of_year(night: Night, year: int) -> list[dict[str, Any]]:
    """List what was withdrawn of the periods that a year needs."""
    standings = [one for one in night.standings if one.owed.evaluation_year == year]
    owed = {(one.owed.contract.name, one.owed.period) for one in standings}
    return [one for one in night.withdrawn if (one["source"], one["period"]) in owed]


def years_to_build(night: Night) -> list[int]:
    """Pick the years whose newest release does not follow from tonight's inputs.

    Where it does, `current` is switched to it if a killed night left that undone; a `current`
    that somebody pointed back by hand is left there and said, as a gap, until a new release.
    """
    waiting = []
    for year in night.years:
        default_year = night.settings.default_year
        night.remarks += link_faults(night.workspace, year, default_year)
        release = newest_release(night.workspace, year)
        wanted = fingerprint_of(inputs_of_year(night, year))
        if release and not release.faults() and release.fingerprint == wanted:
            is_back = rolled_back_to(night.workspace, year) is not None
            if not is_back:
                switch_current(night.workspace, year, default_year, release)
            night.results[year] = {
                "result": "unchanged",
                "release": release.name,
                "manifest_sha256": hash_file(release.folder / MANIFEST),
                "has_gaps": bool(release.manifest["has_gaps"]) or is_back,
            }
        else:
            waiting.append(year)
            if (
                release
                and not release.faults()
                and release.manifest["inputs"]["key_id"] != night.key.id
            ):
                night.remarks.append(
                    "the key of the pseudonyms is another one than before: all rows are read again"
                )
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
    now = datetime.now(CHINA)  # read once: a night that passes midnight stays one night
    return Night(
        workspace=workspace,
        settings=settings,
        contracts=load_contracts(),
        store=Store(workspace.landed),
        key=load_person_key(workspace, settings.district),
        years=(year,) if year else settings.open_years,
        as_of=as_of,
        today=as_of or now.date(),
        folder=_next_folder(workspace, now.date()),
        started_at=now.isoformat(timespec="seconds"),
        remarks=list(settings.unknown),
    )


def _check_asked(workspace: Workspace, year: int | None, as_of: date | None) -> None:
    """Refuse a year that is not open, and a day that has not come."""
    years = load_settings(workspace).open_years
    if as_of is None and year is not None and year not in years:
        raise WrongUse(
            f"{year} is no open year: ZIPING_OPEN_YEARS names {', '.join(map(str, years))}; a year "
            f"that is to be reported is added there"
        )
    if as_of and as_of > datetime.now(CHINA).date():
        raise WrongUse(f"--as-of {as_of} has not come yet: name a day up to today")


OPEN: dict[str, Night] = {}


def _failure(night: Night, error: BaseException) -> str:
    """Say what failed, and what readers see all the same."""
    seen = []
    with contextlib.suppress(OSError):
        for year, result in list(night.results.items()):
            if result["result"] in ("publishing", "published"):
                release = current_release(night.workspace, year)
                seen += [release.name] if release and release.name == result["release"] else []
    told = f"; {', '.join(seen)} was published before that, and readers see it" if seen else ""
    return sentence_of(error) + told


def stop_tonight(signal_name: str) -> None:
    """Say that a signal ended the run, and leave the record of its night."""
    error = ZipingError(f"stopped by {signal_name}: run it again, or look at `ziping status`")
    night = next(iter(OPEN.values()), None)
    sentence = _failure(night, error) if night else str(error)
    with contextlib.suppress(OSError):
        os.write(2, f"ziping: {sentence}\n".encode())
    if night:
        with contextlib.suppress(OSError, RuntimeError):  # the night goes on in its thread
            write_record(night, FAILED, sentence)


def _record_the_end(night: Night) -> None:
    """Leave the record; where the disk refuses even that, say what was done all the same."""
    try:
        write_record(night, exit_code_of(night))
    except OSError as error:
        done = ", ".join(f"{year} {one['result']}" for year, one in night.results.items())
        raise ZipingError(f"{done}, but without a record of it: {sentence_of(error)}") from None


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
    _check_asked(workspace, year, as_of)
    workspace = replace(workspace, as_of=as_of)
    if sys.getfilesystemencoding() != "utf-8":  # of a worker; the command sees to it by itself
        raise WrongUse("names would be read wrongly: set PYTHONUTF8=1 where the worker is started")
    if sys.flags.optimize:
        raise WrongUse("libraries need their docstrings: unset PYTHONOPTIMIZE for the worker")
    keep_from_others()
    with told_of_disk(workspace):
        lock = take_lock(workspace)
    try:
        try:
            with told_of_disk(workspace):
                check_folders(workspace)
                workspace.warehouse.mkdir(parents=True, exist_ok=True)
                remove_leftovers(workspace)
                night = open_night(workspace, year, as_of)
                night.remarks += closed_again(workspace)
        except ZipingError as error:
            today = datetime.now(CHINA)
            folder = _next_folder(workspace, today.date())
            with contextlib.suppress(OSError):
                write_failure(workspace, folder, error.exit_code, str(error), today)
            raise
        OPEN[night.name] = night
        try:
            with told_of_disk(workspace), temporary_files_within(workspace):
                write_intent(night)
                yield night
        except BaseException as error:
            code = error.exit_code if isinstance(error, ZipingError) else FAILED
            sentence = _failure(night, error)
            with contextlib.suppress(OSError):
                write_record(night, code, sentence)
            if sentence == sentence_of(error) or not isinstance(error, Exception):
                raise
            told = ZipingError(sentence)
            told.exit_code = code
            raise told from error
        else:
            _record_the_end(night)
        finally:
            OPEN.clear()
            if as_of:
                remove_build(workspace)
                shutil.rmtree(workspace.warehouse / "dbt_target", ignore_errors=True)
    finally:
        os.close(lock)
