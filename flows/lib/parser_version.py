"""The version of all that reads and judges a file: what is cached under another is read anew."""

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flows.lib.codes import LISTS, SEEDS
from flows.lib.libraries import library_versions
from flows.lib.settings import CHECKOUT

# What a cached reading rests on beside bytes, contract and suite. Whole folders: a module that is
# new there counts at once, and one that is read anew without need costs a night, not a figure.
READING_FOLDERS = ("flows/lib",)
PASSED_OVER = {"__pycache__"}


def reading_files() -> list[Path]:
    """List the files of our own that decide what a file is read as; raises where none is found."""
    found: list[Path] = []
    for place in READING_FOLDERS:
        own = [
            Path(folder) / name
            for folder, _, names in os.walk(CHECKOUT / place)
            if Path(folder).name not in PASSED_OVER
            for name in names
            if not name.startswith(".")
        ]
        if not own:
            raise FileNotFoundError(f"{place} holds no code: what is cached would never be renewed")
        found += own
    return sorted(found)


@lru_cache(maxsize=1)
def parser_version() -> str:
    """Hash the code and the libraries that a cached reading rests on."""
    digest = sha256()
    for path in reading_files():
        digest.update(f"{path.relative_to(CHECKOUT)}\n".encode())
        digest.update(path.read_bytes())
    for name in LISTS.values():
        digest.update((SEEDS / name).read_bytes())
    digest.update(repr(library_versions()).encode())
    return digest.hexdigest()
