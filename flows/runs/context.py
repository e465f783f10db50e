"""What the steps of one night share."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.common.clock import CHINA
from flows.common.errors import GAPS, PUBLISHED, gravest
from flows.common.settings import Settings, Workspace
from flows.contracts.delivery import Delivery
from flows.contracts.environment import load_settings
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.extract.inbox.inbox_file import InboxFile
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store
from flows.landing.source_status import (
    Key,
    Owed,
    Standing,
    known_by,
    missing_or_rejected,
    owed_periods,
)
from flows.parsing.pseudonyms import PersonKey
from flows.quality.waivers import WAIVERS, Waiver
from flows.releases.fingerprint import inputs_of
from flows.runs.person_key import load_person_key


@dataclass(frozen=True)
class Difference:
    """What a look finds that was not there the night before."""

    dropped: tuple[InboxFile, ...]
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
    retry_budgets: dict[str, RetryBudget] = field(default_factory=dict)
    withdrawn: list[dict[str, Any]] = field(default_factory=list)  # of the periods owed
    held: dict[Key, int] = field(default_factory=dict)  # files of a period, of which none was taken
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

    def retry_budget_for(self, source: str) -> RetryBudget:
        """Give the one time budget that the night has for a source table."""
        return self.retry_budgets.setdefault(source, RetryBudget(self.settings.pull_seconds))

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


def exit_code_of(night: Night) -> int:
    """Say how the night ended: 0 complete, 4 with gaps, 3 blocked."""
    codes = [int(result.get("exit_code", PUBLISHED)) for result in night.results.values()]
    gaps = missing_or_rejected(night.standings)
    if gaps or night.unavailable or any(one.get("has_gaps") for one in night.results.values()):
        codes.append(GAPS)
    return gravest(codes)


def next_folder(workspace: Workspace, today: date) -> Path:
    """Name the folder of the night that begins now."""
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
        folder=next_folder(workspace, now.date()),
        started_at=now.isoformat(timespec="seconds"),
        remarks=list(settings.unknown),
    )
