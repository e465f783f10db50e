"""How a run begins and ends: its lock, its record, its exit code, a signal that stops it."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime

from flows.common.clock import CHINA
from flows.common.disk import remove_build, temporary_files_within, translate_disk_errors
from flows.common.error_messages import describe_error
from flows.common.errors import FAILED, WrongUse, ZipingError
from flows.common.files import keep_from_others
from flows.common.lock import take_lock
from flows.common.process import until_stopped
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.releases.integrity import close_to_others
from flows.releases.release import current_release, remove_leftovers
from flows.runs.context import CURRENT, RunContext, exit_code_of, make_context, next_folder
from flows.runs.record import write_failure, write_intent, write_record

OnOpen = Callable[[RunContext], None]


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


def _check_interpreter() -> None:
    """Refuse a worker that was started otherwise than the command starts itself."""
    if sys.getfilesystemencoding() != "utf-8":
        raise WrongUse("names would be read wrongly: set PYTHONUTF8=1 where the worker is started")
    if sys.flags.optimize:
        raise WrongUse("libraries need their docstrings: unset PYTHONOPTIMIZE for the worker")


def _describe_failure(run: RunContext, error: BaseException) -> str:
    """Say what failed, and what readers see all the same."""
    seen = []
    with contextlib.suppress(OSError):
        for year, result in list(run.log.results.items()):
            if result["result"] in ("publishing", "published"):
                release = current_release(run.workspace, year)
                seen += [release.name] if release and release.name == result["release"] else []
    more = f"; {', '.join(seen)} was published before that, and readers see it" if seen else ""
    return describe_error(error) + more


def run_until_stopped(work: Callable[[OnOpen], int]) -> int:
    """Do the work, which hands over the run that it opens: a signal leaves that run's record."""
    opened: list[RunContext] = []

    def stop(signal_name: str) -> None:
        error = ZipingError(f"stopped by {signal_name}: run it again, or look at `ziping status`")
        sentence = _describe_failure(opened[0], error) if opened else str(error)
        with contextlib.suppress(OSError):
            os.write(2, f"ziping: {sentence}\n".encode())
        if opened:
            with contextlib.suppress(OSError, RuntimeError):  # the run goes on in its thread
                write_record(opened[0], FAILED, sentence)

    return until_stopped(lambda: work(opened.append), stop)


def _record_the_end(run: RunContext) -> None:
    """Leave the record; where the disk refuses even that, say what was done all the same."""
    try:
        write_record(run, exit_code_of(run.log))
    except OSError as error:
        done = ", ".join(f"{year} {result['result']}" for year, result in run.log.results.items())
        raise ZipingError(f"{done}, but without a record of it: {describe_error(error)}") from None


@contextlib.contextmanager
def open_run(
    workspace: Workspace, year: int | None = None, as_of: date | None = None
) -> Iterator[RunContext]:
    """Open a run: lock, leftovers away; at the end a record, whatever happened.

    Within an open run the same one is given, so that the flow `nightly` is the same thing whether
    a person or a deployment starts it.
    """
    if outer := CURRENT.get():
        yield outer
        return
    _check_asked(workspace, year, as_of)
    _check_interpreter()
    workspace = replace(workspace, as_of=as_of)
    keep_from_others()
    with translate_disk_errors(workspace):
        lock = take_lock(workspace)
    try:
        with _begin(workspace, year, as_of) as run, _recorded(run):
            yield run
    finally:
        os.close(lock)


@contextlib.contextmanager
def _begin(workspace: Workspace, year: int | None, as_of: date | None) -> Iterator[RunContext]:
    """Gather what the run works with; one that cannot begin leaves a record of that."""
    try:
        with translate_disk_errors(workspace):
            workspace.warehouse.mkdir(parents=True, exist_ok=True)
            if (workspace.warehouse / "nights").exists():
                raise ZipingError(
                    f"{workspace.warehouse}/nights is called runs now and its records have other "
                    "words: move it away"
                )
            remove_leftovers(workspace)
            run = make_context(workspace, year, as_of)
            run.log.notices += close_to_others(workspace)
    except ZipingError as error:
        now = datetime.now(CHINA)
        folder = next_folder(workspace, now.date())
        with contextlib.suppress(OSError):
            write_failure(workspace, folder, error.exit_code, str(error), now)
        raise
    current = CURRENT.set(run)
    try:
        yield run
    finally:
        CURRENT.reset(current)
        if as_of:
            remove_build(workspace)
            shutil.rmtree(workspace.warehouse / "dbt_target", ignore_errors=True)


@contextlib.contextmanager
def _recorded(run: RunContext) -> Iterator[None]:
    """Leave a record of how the run ended, and one before that of a run that may be killed."""
    try:
        with translate_disk_errors(run.workspace), temporary_files_within(run.workspace):
            write_intent(run)
            yield
    except BaseException as error:
        code = error.exit_code if isinstance(error, ZipingError) else FAILED
        sentence = _describe_failure(run, error)
        with contextlib.suppress(OSError):
            write_record(run, code, sentence)
        if sentence == describe_error(error) or not isinstance(error, Exception):
            raise
        failure = ZipingError(sentence)
        failure.exit_code = code
        raise failure from error
    else:
        _record_the_end(run)
