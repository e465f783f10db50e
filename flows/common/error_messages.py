"""The one sentence that is said of an error, which holds no value of a row."""

import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from flows.common.disk import describe_disk_error
from flows.common.errors import ZipingError
from flows.common.masking import without_ids
from flows.common.process import memory_sentence
from flows.common.settings import CHECKOUT

P = ParamSpec("P")
R = TypeVar("R")


def redact_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Let only our own sentences out of a step: the orchestrator keeps what an error says."""

    @wraps(function)
    def redacted(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except ZipingError as error:
            error.args = (without_ids(str(error)),)
            raise
        except Exception as error:
            if isinstance(error, OSError) and type(error).__module__ == "builtins":
                error.filename = error.filename and without_ids(str(error.filename))
                raise
            sentence = ZipingError(describe_error(error))
            raise sentence.with_traceback(error.__traceback__) from None

    return redacted


def describe_error(error: BaseException) -> str:
    """Say what failed: our own sentence, or for a foreign error its kind and where it arose."""
    return without_ids(_describe(error))


def _describe(error: BaseException) -> str:
    if isinstance(error, ZipingError):
        return str(error)
    if sentence := describe_disk_error(error) or memory_sentence(error) or server_sentence(error):
        return sentence
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(CHECKOUT) and ".venv" not in frame.filename
    ]
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    if isinstance(error, OSError) and error.strerror:
        named = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{named}{where}"
    return f"{type(error).__name__}{where}"


def server_sentence(error: BaseException) -> str | None:
    """Say what Prefect did: refused a call, or ended the run; None for another error."""
    known = sys.modules.get("prefect.exceptions")  # it must not be imported before a run
    if known and isinstance(error, known.TerminationSignal):
        return "cancelled in Prefect, or its worker was ended: run it again if that was a mistake"
    if known is None or not isinstance(error, known.PrefectHTTPStatusError):
        return None
    return (
        f"the Prefect server answered a call with {error.response.status_code}: run again; if it "
        "lasts, a server of your own says more in its log"
    )
