"""Printing what is wrong with files: by rule, sheet and row, and how to resolve it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from flows.common.clock import day_of
from flows.common.console import say
from flows.common.settings import Workspace
from flows.common.text import many, place_of_rows
from flows.contracts.loading import find_contract
from flows.landing.problems import Examined, Problem, list_problems, rank_gravity
from flows.landing.source_status import by_period, candidates
from flows.runs.context import RunContext, ValidatedSources
from flows.runs.validation import find_sources

VERSION = 1
STATES = {"in_force": "in force", "rejected": "rejected"}


def examine_deliveries(sources: ValidatedSources, names: Iterable[str]) -> list[Examined]:
    """Examine the deliveries of some source tables: the newest rejected, and the active ones.

    Of a table in parts each part that was rejected is the newest of its name.
    """
    wanted, found = set(names), []
    for status in by_period(sources.statuses):
        contract = status.expected.contract
        if contract.name not in wanted:
            continue
        rejected = status.rejected if contract.in_parts else status.rejected[:1]
        active = [(part.delivery, part.outcome) for part in status.active]
        for delivery, outcome in (*rejected, *active):
            state = "in_force" if outcome.accepted else "rejected"
            problems = list_problems(contract, outcome)
            if problems or not outcome.accepted:
                rejections = tuple(outcome.rejections)
                found.append(Examined(contract, delivery, state, rejections, tuple(problems)))
    return found


def list_not_yet_validated(
    run: RunContext, sources: ValidatedSources, names: Iterable[str]
) -> list[str]:
    """Name the deliveries of which the next run will say what is wrong."""
    deliveries, wanted = run.deliveries(), set(names)
    found = {
        f"{delivery.source} {delivery.period} {delivery.name}"
        for expected in run.expected()
        if expected.contract.name in wanted
        for delivery in candidates(deliveries, expected.key)
        if (delivery.source, delivery.period, delivery.id) not in sources.outcomes
    }
    return sorted(found)


def print_quarantine(
    workspace: Workspace,
    source: str | None,
    folder: Path | None,
    year: int | None = None,
    *,
    as_json: bool,
) -> None:
    """Print what is wrong with the files in force and those rejected; write the workbooks.

    Of one evaluation year these are the files of the periods that it needs.
    """
    run, sources = find_sources(workspace, year)
    names = [find_contract(run.contracts, source).name] if source else list(run.contracts)
    found = examine_deliveries(sources, names)
    if as_json:
        say(json.dumps(_to_json(found), ensure_ascii=False, indent=1))
    else:
        later = list_not_yet_validated(run, sources, names)
        _print(found, is_whole=not later)
        for name in later:
            say(f"{name}: judged by the next run")
    if folder:
        from flows.forms.problem_list import write_quarantine

        for path in write_quarantine(folder, found, run.settings):
            if not as_json:
                say(f"wrote {path}")


def _to_json(found: Sequence[Examined]) -> dict[str, Any]:
    return {
        "version": VERSION,
        "deliveries": [
            {
                "source": examined.contract.name,
                "title": examined.contract.title,
                "owner": examined.contract.owed.by,
                "period": examined.delivery.period,
                "file": examined.delivery.name,
                "sha256": examined.delivery.files[0].sha256,
                "received_on": day_of(examined.delivery.received_at).isoformat(),
                "state": examined.state,
                "rejections": [message.as_json() for message in examined.rejections],
                "problems": [vars(problem) for problem in examined.problems],
            }
            for examined in found
        ],
    }


def _print(found: Sequence[Examined], *, is_whole: bool) -> None:
    if not found and is_whole:
        say("nothing is wrong with the files in force, and none was rejected")
    for examined in sorted(found, key=_rank):
        say(
            f"{examined.contract.name} {examined.delivery.period} {examined.delivery.name} "
            f"({STATES[examined.state]}): {examined.contract.owed.by}"
        )
        for line in describe_problems(examined.problems):
            say(f"  {line}")


def describe_problems(problems: Iterable[Problem]) -> Iterator[str]:
    """Say of each rule how many rows it is about and what it leads to, where, and what to do."""
    for (rule, what), same in groupby(problems, lambda problem: (problem.rule, problem.what)):
        places = list(same)
        rows = {(place.sheet, place.row) for place in places if place.row}
        yield f"{rule}: {many(len(rows), 'row') if rows else 'the file'}: {places[0].consequence}"
        for (column, caption, sheet), here in groupby(places, _place):
            numbers = [place.row for place in here if place.row]
            where = place_of_rows(sheet, numbers) or "the whole file"
            yield f"  {where} {column} {caption}".rstrip()
        yield f"  {what} {places[0].resolve}"


def _rank(examined: Examined) -> tuple[bool, int]:
    """Put what was rejected first, then what makes figures provisional."""
    return examined.state != "rejected", min(map(rank_gravity, examined.problems), default=0)


def _place(problem: Problem) -> tuple[str, str, str]:
    return problem.column, problem.caption, problem.sheet
