"""The version of all that reads and judges a file: what is cached under another is read anew."""

from functools import lru_cache
from hashlib import sha256

from flows.lib.codes import LISTS, SEEDS
from flows.lib.libraries import library_versions
from flows.lib.own_modules import modules_below

# What a cached reading rests on beside bytes, contract and suite; the second runs apart.
READING_ROOTS = ("acceptance", "reader_process")


@lru_cache(maxsize=1)
def parser_version() -> str:
    """Hash the code and the libraries that a cached reading rests on."""
    digest = sha256()
    for path in modules_below(*READING_ROOTS):
        digest.update(path.read_bytes())
    for name in LISTS.values():
        digest.update((SEEDS / name).read_bytes())
    digest.update(repr(library_versions()).encode())
    return digest.hexdigest()
