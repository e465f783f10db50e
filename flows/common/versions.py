"""What the product stands on: its own code, and the libraries that pyproject.toml names."""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import requires, version
from pathlib import Path

PASSED_OVER = {"target", "logs", "__pycache__"}  # what tools leave there


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """Give the version of each library that is asked for to run, not to develop."""
    wanted = [text for text in requires("ziping") or () if "extra ==" not in text]
    names = [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in wanted]
    return {name: version(name) for name in sorted(names)}


def list_code_files(checkout: Path, places: Iterable[str]) -> list[Path]:
    """List the files of some places of a checkout, each a file or a folder and all below it.

    A module that is new there counts at once. Raises FileNotFoundError where a place holds none:
    what is compared by it would be taken for unchanged for ever.
    """
    found: list[Path] = []
    for place in places:
        own = [checkout / place] if (checkout / place).is_file() else []
        for folder, folders, names in os.walk(checkout / place):
            folders[:] = [name for name in folders if name not in PASSED_OVER]
            own += [Path(folder) / name for name in names if not name.startswith(".")]
        if not own:
            raise FileNotFoundError(f"{place} holds no code: nothing would tell that it changed")
        found += own
    return sorted(found)
