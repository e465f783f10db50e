"""The one place through which foreign text passes before it is written: it may hold row values."""

import re
import traceback
from pathlib import Path

from flows.lib.errors import ZipingError
from flows.lib.settings import CHECKOUT

# What could be a value: anything quoted (an apostrophe within a word opens nothing, a quote that
# is not closed hides the rest), e-mail-like words, runs of digits, ids, Han text.
QUOTED = re.compile(
    r"(?<!\w)[bru]?'(?:.*?'(?!\w)|.*)|\"(?:[^\"]*\"|.*)|`(?:[^`]*`|.*)|“(?:[^”]*”|.*)"
)
RUNS = re.compile(r"\S+@\S+|[0-9０-９][0-9０-９Xx,.\-]{3,}|[A-Za-z]{1,3}[0-9]{4,}|[^\x00-\x7f]+")


def redacted(text: str, limit: int = 400) -> str:
    """Mask everything in a foreign text that could be a row's value."""
    return RUNS.sub("＊", QUOTED.sub("＊", text.replace("\n", " ")))[:limit]


def sentence_of(error: BaseException) -> str:
    """Say what failed: our own sentence, or for a foreign error its kind and where it arose."""
    if isinstance(error, ZipingError):
        return str(error)
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
