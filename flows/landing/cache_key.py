"""By what a cached reading is named: all that it follows from, our own code among it."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from flows.common.settings import CHECKOUT
from flows.common.versions import library_versions, list_code_files
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.parsing.codes import LISTS, SEEDS
from flows.quality.waivers import Waiver, write_key

# What a cached reading rests on beside bytes, contract and suite. Whole folders: one that is read
# anew without need costs a night, not a figure.
READING_PLACES = tuple(
    f"flows/{name}" for name in "common contracts extract landing parsing quality readers".split()
)


@lru_cache(maxsize=1)
def parser_version() -> str:
    """Hash the code and the libraries that a cached reading rests on."""
    digest = sha256()
    for path in list_code_files(CHECKOUT, READING_PLACES):
        digest.update(f"{path.relative_to(CHECKOUT)}\n".encode())
        digest.update(path.read_bytes())
    for name in LISTS:
        digest.update((SEEDS / f"{name}.csv").read_bytes())
    digest.update(repr(library_versions()).encode())
    return digest.hexdigest()


def cache_key(
    delivery: Delivery, contract: Contract, suite: str, key_id: str, waivers: Sequence[Waiver] = ()
) -> str:
    """Name a cached reading by everything that it follows from; `suite` is its suite's digest."""
    parts = [delivery.id, delivery.district_code, delivery.period, contract.fingerprint]
    parts += [suite, parser_version(), key_id, write_key(waivers)]
    return sha256("\n".join(parts).encode()).hexdigest()
