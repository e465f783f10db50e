"""The console of the commands: as wide as the terminal, wide enough for tables in a log."""

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_OF_LOGS = 150


def say(text: str) -> None:
    """Print a line as it is; whatever reads the output gets it whole."""
    sys.stdout.write(f"{text}\n")


def make_console() -> "Console":
    """Make a console for tables, which prints text as it is, without markup."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_OF_LOGS
    return Console(highlight=False, markup=False, width=width)


def plain(number: Any) -> str:
    """Write a number without an exponent and without trailing zeros."""
    if not isinstance(number, Decimal):
        return "—" if number is None else str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
