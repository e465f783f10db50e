"""What the steps of one run share: a frozen context, and the log of what comes of the run."""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.common.clock import CHINA
from flows.common.errors import GAPS, PUBLISHED, worst_exit_code
from flows.common.files import hash_file
from flows.common.settings import Settings, Workspace
from flows.contracts.delivery import Delivery
from flows.contracts.environment import load_settings
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.extract.inbox.inbox_file import InboxFile
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store
from flows.landing.drift import Outcomes
from flows.landing.outcome import Validator
from flows.landing.source_status import (
    ExpectedDelivery,
    Key,
    SourceStatus,
    expected_deliveries,
    known_by,
    missing_or_rejected,
)
from flows.parsing.pseudonyms import PersonKey
from flows.quality.suite import Suites
from flows.quality.waivers import WAIVERS, Waiver
from flows.releases.fingerprint import inputs_of
from flows.runs.person_key import load_person_key


@dataclass(frozen=True)
class RunPlan:
    """What is there that was not there in the run before, and what is said of the rest."""

    files: tuple[InboxFile, ...]
    pulls: tuple[ExpectedDelivery, ...]
    not_yet_validated: tuple[Delivery, ...]
    held: Mapping[Key, int]  # files of a period, of which none was taken
    notices: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()  # files in the inbox that are no table's

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.files or self.pulls or self.not_yet_validated)


@dataclass(frozen=True)
class ValidatedSources:
    """What is active by the outcomes of all deliveries, and by which waivers."""

    statuses: Sequence[SourceStatus]
    outcomes: Outcomes  # of the periods expected, compared with what came before
    waivers: Sequence[Waiver]  # of the active register, open or not
    withdrawn: Sequence[dict[str, Any]]  # of the periods expected
    held: Mapping[Key, int]
    notices: Sequence[str]


@dataclass
class RunLog:
    """What has come of a run so far: the one thing of it that changes."""

    notices: list[str] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    timings: dict[str, dict[str, float]] = field(default_factory=dict)
    plan: RunPlan | None = None
    sources: ValidatedSources | None = None  # none until this run has validated them
    report_outcomes: list[dict[str, Any]] = field(default_factory=list)  # of published tables
    results: dict[int, dict[str, Any]] = field(default_factory=dict)  # by evaluation year

    @property
    def statuses(self) -> Sequence[SourceStatus]:
        """How it stands with each expected delivery, as far as this run knows."""
        return self.sources.statuses if self.sources else ()

    def add_plan(self, plan: RunPlan) -> RunPlan:
        """Take up what the run found to do."""
        self.plan = plan
        self.notices += plan.notices
        self.unavailable += plan.unavailable
        return plan

    def add_sources(self, sources: ValidatedSources) -> ValidatedSources:
        """Take up how it stands with the sources."""
        self.sources = sources
        self.notices += sources.notices
        return sources

    @contextlib.contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Measure a stage in wall and CPU seconds (those of ended children among them)."""
        wall, cpu = time.perf_counter(), sum(os.times()[:4])
        try:
            yield
        finally:
            before = self.timings.get(name, {"wall_seconds": 0.0, "cpu_seconds": 0.0})
            self.timings[name] = {
                "wall_seconds": round(before["wall_seconds"] + time.perf_counter() - wall, 3),
                "cpu_seconds": round(before["cpu_seconds"] + sum(os.times()[:4]) - cpu, 3),
            }


@dataclass(frozen=True)
class RunContext:
    """What a run works with; it stays the same from its first step to its last."""

    workspace: Workspace
    settings: Settings
    contracts: dict[str, Contract]
    suites: Suites
    store: Store
    key: PersonKey
    years: tuple[int, ...]
    as_of: date | None
    today: date
    folder: Path
    started_at: str
    budgets: Mapping[str, RetryBudget]  # the time for each source
    log: RunLog

    @property
    def name(self) -> str:
        """The run's name: a number that grows, and its date."""
        return self.folder.name

    @property
    def validator(self) -> Validator:
        """What validates deliveries in this run."""
        return Validator(self.store, self.workspace.cache, self.suites, self.key)

    def deliveries(self) -> list[Delivery]:
        """List the deliveries that the run may know of."""
        return known_by(self.store.deliveries(), self.as_of)

    def expected(self) -> list[ExpectedDelivery]:
        """List the periods that the run's years need."""
        return expected_deliveries(self.contracts, self.settings, self.years)

    def pick_waivers(self, waivers: Sequence[Waiver], delivery: Delivery) -> tuple[Waiver, ...]:
        """Pick the waivers that are open today and speak of a delivery; the register has none."""
        if delivery.source == WAIVERS:
            return ()
        return tuple(
            waiver for waiver in waivers if waiver.is_open(self.today) and waiver.is_for(delivery)
        )


CURRENT: ContextVar[RunContext | None] = ContextVar("current_run", default=None)


def current_run() -> RunContext:
    """Give the open run to its flows and tasks, whose parameters Prefect writes to its server."""
    run = CURRENT.get()
    assert run, "no run is open"
    return run


def inputs_of_year(run: RunContext, sources: ValidatedSources, year: int) -> dict[str, Any]:
    """Gather what the release of a year would follow from."""
    as_of = run.as_of.isoformat() if run.as_of else None
    inputs = inputs_of(sources.statuses, run.settings, year, as_of, run.key.id)
    withdrawn, template = withdrawn_of_year(sources, year), run.workspace.report_template
    own_template = {"report_template": hash_file(template)} if template.is_file() else {}
    return inputs | ({"withdrawn": withdrawn} if withdrawn else {}) | own_template


def withdrawn_of_year(sources: ValidatedSources, year: int) -> list[dict[str, Any]]:
    """List what was withdrawn of the periods that a year needs."""
    needed = {
        (status.expected.contract.name, status.expected.period)
        for status in sources.statuses
        if status.expected.evaluation_year == year
    }
    return [entry for entry in sources.withdrawn if (entry["source"], entry["period"]) in needed]


def exit_code_of(log: RunLog) -> int:
    """Say how a run ended: 0 complete, 4 with gaps, 3 blocked."""
    results = log.results.values()
    codes = [int(result.get("exit_code", PUBLISHED)) for result in results]
    if (
        missing_or_rejected(log.statuses)
        or log.unavailable
        or any(result.get("has_gaps") for result in results)
    ):
        codes.append(GAPS)
    return worst_exit_code(codes)


def next_folder(workspace: Workspace, today: date) -> Path:
    """Name the folder of the run that begins now."""
    heads = [path.name.split("-")[0] for path in workspace.runs.glob("[0-9]*-*")]
    number = max((int(head) for head in heads if head.isdigit()), default=0) + 1
    return workspace.runs / f"{number:05d}-{today.isoformat()}"


def make_context(workspace: Workspace, year: int | None, as_of: date | None) -> RunContext:
    """Gather what a run needs to know; no lock, so that people may ask by day."""
    settings = load_settings(workspace)
    now = datetime.now(CHINA)  # read once: a run that passes midnight stays one run
    contracts, store = load_contracts(), Store(workspace.landed)
    return RunContext(
        workspace=workspace,
        settings=settings,
        contracts=contracts,
        suites=Suites(),
        store=store,
        key=load_person_key(workspace, settings.district, store),
        years=(year,) if year else settings.open_years,
        as_of=as_of,
        today=as_of or now.date(),
        folder=next_folder(workspace, now.date()),
        started_at=now.isoformat(timespec="seconds"),
        budgets={name: RetryBudget(settings.pull_seconds) for name in contracts},
        log=RunLog(notices=list(settings.unknown)),
    )
