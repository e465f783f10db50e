"""One night: its lock, what it sees, what stands in force, and the record that it leaves."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from flows.lib.acceptance import Acceptance, accept, cache_key, cached
from flows.lib.contracts import Contract, load_contracts
from flows.lib.durable import write_durably, write_json
from flows.lib.errors import FAILED, GAPS, PUBLISHED, Unavailable, ZipingError, gravest
from flows.lib.fingerprint import fingerprint_of, inputs_of
from flows.lib.inbox import Dropped, new_files, view_inbox
from flows.lib.lock import take_lock
from flows.lib.person_key import PersonKey, load_person_key
from flows.lib.pulling import source_of
from flows.lib.redaction import sentence_of
from flows.lib.releases import current_release, newest_release, remove_leftovers, switch_current
from flows.lib.settings import SAMPLE_DISTRICT, Settings, Workspace, load_settings
from flows.lib.standing import Owed, Standing, candidates, known_by, owed_periods, standing_of
from flows.lib.store import Delivery, Store

CHINA = timezone(timedelta(hours=8))
RECORD, GATES_PAGE = "record.json", "gates.html"


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
    difference: "Difference | None" = None
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


@dataclass(frozen=True)
class Difference:
    """What a look finds that was not there the night before."""

    dropped: tuple[Dropped, ...]
    pulls: tuple[Owed, ...]
    unjudged: tuple[Delivery, ...]

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.dropped or self.pulls or self.unjudged)


def _relevant(night: Night) -> list[Delivery]:
    """List the deliveries among which a period's one in force is sought."""
    deliveries = night.deliveries()
    found = {
        (one.key, one.id): one for owed in night.owed() for one in candidates(deliveries, owed)
    }
    return list(found.values())


def verdicts(night: Night, *, judge_new: bool) -> dict[tuple[str, str, str], Acceptance]:
    """Give the verdict on each delivery; unless `judge_new`, only those of earlier nights."""
    found = {}
    for delivery in _relevant(night):
        contract = night.contracts[delivery.source]
        if judge_new:
            verdict = accept(night.store, night.workspace.cache, delivery, contract, night.key)
        else:
            earlier = cached(night.workspace.cache, delivery, contract, night.key.id)
            if earlier is None:
                continue
            verdict = earlier
        found[(delivery.source, delivery.period, delivery.id)] = verdict
    return found


def look(night: Night) -> Difference:
    """Look for what is new, in plain code: the inbox by hash, live systems by asking."""
    deliveries = night.deliveries()
    dropped: list[Dropped] = []
    pulls: list[Owed] = []
    if night.as_of is None:
        view = view_inbox(night.workspace.inbox, night.contracts, (night.settings.district,))
        night.remarks += view.remarks
        dropped = new_files(view, deliveries)
        pulls = _changed_pulls(night, deliveries)
    known = verdicts(night, judge_new=False)
    unjudged = [one for one in _relevant(night) if (one.source, one.period, one.id) not in known]
    return Difference(tuple(dropped), tuple(pulls), tuple(unjudged))


def _changed_pulls(night: Night, deliveries: Sequence[Delivery]) -> list[Owed]:
    changed = []
    live = {
        owed.key: owed for owed in night.owed() if owed.contract.meta["pull"]["from"] != "inbox"
    }
    for owed in live.values():
        last = next((one for one in reversed(deliveries) if one.key == owed.key), None)
        state = None
        if last:
            is_http = owed.contract.meta["pull"]["from"] == "http"
            state = last.version if is_http else last.id
        try:
            if source_of(owed.contract, night.settings).has_changed(owed.period, state):
                changed.append(owed)
        except Unavailable as error:
            if last:
                night.unavailable.append(f"{error}; the last delivery stands")
            else:
                # Nothing in force: worth the retries that the pull has.
                changed.append(owed)
    return changed


def find_standings(night: Night, *, judge_new: bool) -> None:
    """Find what is in force for every period owed."""
    judged = verdicts(night, judge_new=judge_new)
    deliveries = night.deliveries()
    night.standings = [standing_of(owed, deliveries, judged, night.today) for owed in night.owed()]


def gap_sentences(found: Sequence[Standing]) -> list[str]:
    """List what is missing and what was rejected, each sentence once."""
    sentences = [one.gap for one in found if one.gap]
    sentences += [sentence for one in found for sentence in one.rejections]
    return list(dict.fromkeys(sentences))


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
            shown = current_release(night.workspace, year)
            if shown and shown.name != release.name:
                night.remarks.append(
                    f"{year}: current pointed at {shown.name}; it points at the newest, "
                    f"{release.name}, again"
                )
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


def _open(workspace: Workspace, year: int | None, as_of: date | None) -> Night:
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
        night = _open(workspace, year, as_of)
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


def forget_unused_readings(night: Night) -> None:
    """Remove cached readings that no delivery of the night's years has any more."""
    wanted = {cache_key(one, night.contracts[one.source], night.key.id) for one in _relevant(night)}
    for folder in night.workspace.cache.iterdir():
        if folder.is_dir() and folder.name not in wanted:
            shutil.rmtree(folder)


def look_at_standings(workspace: Workspace) -> Night:
    """Find what stands in force now, for people who ask by day: no lock, no judging, no record."""
    night = _open(workspace, None, None)
    find_standings(night, judge_new=False)
    return night


def write_record(night: Night, code: int, failure: str | None = None) -> None:
    """Leave the record of the night for `ziping status`."""
    night.folder.mkdir(parents=True, exist_ok=True)
    write_json(
        night.folder / RECORD,
        {
            "night": night.name,
            "started_at": night.started_at,
            "ended_at": datetime.now(CHINA).isoformat(timespec="seconds"),
            "as_of": night.as_of.isoformat() if night.as_of else None,
            "years": {str(year): result for year, result in night.results.items()},
            "exit_code": code,
            "failure": failure,
            "gaps": gap_sentences(night.standings),
            "unavailable": night.unavailable,
            "remarks": night.remarks,
            "blocked": night.blocked,
            "stages": night.stages,
        },
    )


def write_gates_page(night: Night) -> None:
    """Write the page of the gates: the deliveries in force, those rejected, and the report."""
    from flows.lib.gates_page import gates_page

    judged = verdicts(night, judge_new=False)
    outcomes = [dict(one.outcome) for one in judged.values()]
    outcomes.sort(key=lambda one: (one["suite"], one["period"], one["accepted"]))
    night.folder.mkdir(parents=True, exist_ok=True)
    sample = "(样例数据)" if night.settings.district == SAMPLE_DISTRICT else ""
    page = gates_page(
        [*outcomes, *night.outcomes],
        title=f"{night.settings.district_title}数据检查{sample}",
        generated_for=night.name,
    )
    write_durably(night.folder / GATES_PAGE, page.encode())


def records(workspace: Workspace) -> list[dict[str, Any]]:
    """Read the records of the nights, oldest first; a damaged one is told as such."""
    found = []
    for path in sorted(workspace.nights.glob("*/" + RECORD)):
        try:
            found.append(json.loads(path.read_text("utf-8")))
        except ValueError:
            found.append({"night": path.parent.name, "failure": "the record is damaged"})
    return found
