"""The one place through which text passes before it is written or shown: it may hold row values."""

import re
import traceback
from collections.abc import Callable, Collection
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from flows.lib.errors import ZipingError
from flows.lib.ids import MASK, without_ids
from flows.lib.memory import memory_sentence
from flows.lib.settings import CHECKOUT

P = ParamSpec("P")
R = TypeVar("R")
# What could be a value: anything quoted (an apostrophe within a word opens nothing, a quote that
# is not closed hides the rest), e-mail-like words, runs of digits, ids, Han text.
QUOTED = re.compile(
    r"(?<!\w)[bru]?'(?:.*?'(?!\w)|.*)|\"(?:[^\"]*\"|.*)|`(?:[^`]*`|.*)|“(?:[^”]*”|.*)"
)
RUNS = re.compile(r"\S+@\S+|[0-9０-９][0-9０-９Xx,.\-]{3,}|[A-Za-z]{1,3}[0-9]{4,}|[^\x00-\x7f]+")


def redacted(text: str, limit: int = 400, names: Collection[str] = ()) -> str:
    """Mask everything in a foreign text that could be a row's value, but for known names."""

    def shown(found: re.Match[str]) -> str:
        return found[0] if found[0].strip("'\"`“”") in names else MASK

    return RUNS.sub(MASK, QUOTED.sub(shown, text.replace("\n", " ")))[:limit]


def telling(function: Callable[P, R]) -> Callable[P, R]:
    """Let only our own sentences out of a step: the orchestrator keeps what an error says."""

    @wraps(function)
    def told(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except ZipingError as error:
            error.args = (without_ids(str(error)),)
            raise
        except Exception as error:
            if isinstance(error, OSError) and type(error).__module__ == "builtins":
                error.filename = error.filename and without_ids(str(error.filename))
                raise
            sentence = ZipingError(sentence_of(error))
            raise sentence.with_traceback(error.__traceback__) from None

    return told


def sentence_of(error: BaseException) -> str:
    """Say what failed: our own sentence, or for a foreign error its kind and where it arose."""
    return without_ids(_sentence_of(error))


def _sentence_of(error: BaseException) -> str:
    if isinstance(error, ZipingError):
        return str(error)
    # They write, and what is written passes here.
    from flows.lib.disk import disk_sentence
    from flows.lib.prefect_server import server_sentence

    if sentence := disk_sentence(error) or memory_sentence(error) or server_sentence(error):
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
