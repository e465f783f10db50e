"""The console of the commands: as wide as the terminal, wide enough for tables in a log."""

import contextlib
import io
import locale
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from flows.common.errors import WrongUse
from flows.common.masking import without_ids

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_OF_LOGS = 150


def say(text: str) -> None:
    """Print a line as it is; whatever reads the output gets it whole."""
    sys.stdout.write(f"{without_ids(text)}\n")


def make_console() -> "Console":
    """Make a console for tables, which prints text as it is, without markup."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_OF_LOGS
    return Console(highlight=False, markup=False, width=width)


def leave_the_locale() -> None:
    """Let no locale decide how names and files are read, or what the capital of a letter is.

    In one that is not UTF-8 the process starts again; what it prints keeps the encoding of the
    terminal, if that knows Chinese.
    """
    if sys.getfilesystemencoding() == "utf-8":
        with contextlib.suppress(locale.Error):  # protobuf asks C for capitals, in Turkey another I
            locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
        return
    if os.environ.get("PYTHONUTF8") == "1":  # and an option of Python's against it
        raise WrongUse("Python must read names as UTF-8: leave out -X utf8=0")
    try:
        "自评".encode(terminal := sys.stdout.encoding)
    except UnicodeEncodeError:
        terminal = "utf-8"
    os.environ.update(PYTHONUTF8="1", PYTHONIOENCODING=terminal)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def keep_the_docstrings() -> None:
    """Begin again where Python was told to drop asserts and docstrings: libraries need them."""
    if not sys.flags.optimize:
        return
    arguments = [text for text in sys.orig_argv[1:] if not re.fullmatch("-O+", text)]
    if not os.environ.pop("PYTHONOPTIMIZE", "") and arguments == sys.orig_argv[1:]:
        raise WrongUse("Python must keep asserts and docstrings: leave out the option -O")
    os.execv(sys.executable, [sys.executable, *arguments])


class _Output(io.FileIO):
    """A standard stream; when its reader is gone, as after `| head`, the rest goes nowhere."""

    def write(self, content: Any, /) -> int:
        """Write, and once nobody reads any more, to nobody."""
        try:
            return super().write(content)
        except BrokenPipeError:
            with open(os.devnull, "wb") as nobody:  # noqa: PTH123
                os.dup2(nobody.fileno(), self.fileno())
            return len(content)


def outlive_the_reader() -> None:
    """Let a command go on to its end when nobody reads what it prints: that is no failure."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__") or not isinstance(stream, io.TextIOWrapper):
            continue  # somebody else has it, as a test
        stream.flush()
        raw = _Output(number, "wb", closefd=False)
        output = io.TextIOWrapper(
            raw if stream.write_through else io.BufferedWriter(raw),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        setattr(sys, name, output)
        setattr(sys, f"__{name}__", output)
