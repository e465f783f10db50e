"""The console of the commands: as wide as the terminal, wide enough for tables in a log."""

import sys
from decimal import Decimal
from typing import Any

from rich.console import Console

WIDTH_OF_LOGS = 150


def make_console() -> Console:
    """Make a console that prints text as it is, without markup."""
    width = None if sys.stdout.isatty() else WIDTH_OF_LOGS
    return Console(highlight=False, markup=False, width=width)


def plain(number: Any) -> str:
    """Write a number without an exponent and without trailing zeros."""
    if not isinstance(number, Decimal):
        return "—" if number is None else str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
