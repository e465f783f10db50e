"""How a night begins and ends: its lock, its record, its exit code, a signal that stops it."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from flows.common.clock import CHINA
from flows.common.disk import check_folders, remove_build, temporary_files_within, told_of_disk
from flows.common.error_messages import sentence_of
from flows.common.errors import FAILED, WrongUse, ZipingError
from flows.common.files import keep_from_others
from flows.common.lock import take_lock
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.releases.integrity import close_to_others
from flows.releases.release import current_release, remove_leftovers
from flows.runs.context import Night, exit_code_of, next_folder, open_night
from flows.runs.record import write_failure, write_intent, write_record


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
                night.remarks += close_to_others(workspace)
        except ZipingError as error:
            today = datetime.now(CHINA)
            folder = next_folder(workspace, today.date())
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
