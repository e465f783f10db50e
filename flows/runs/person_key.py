"""The file with the key of the pseudonyms: read or refused, made only when asked for."""

import os
import re
import secrets
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from flows.common.errors import ZipingError
from flows.common.files import write_durably
from flows.common.lock import take_lock
from flows.common.process import forbid_core_dumps
from flows.common.settings import SAMPLE_DISTRICT, Workspace
from flows.contracts.environment import load_settings
from flows.extract.raw_store import Store
from flows.parsing.pseudonyms import PersonKey

# The sample's key follows from its seed and is public: it must never serve real people.
SAMPLE_MARK = "ziping sample key "
BEGIN_ANEW = (
    "restore it from your copy; if there is none, `ziping new-key --anew` begins anew: every row "
    "is read again from raw/landed under a new key, and no pseudonym joins with an earlier one"
)

NEW_FOLDER = (
    "mkdir -p /srv/ziping/raw/inbox && cp .env.example /srv/ziping/.env, set ZIPING_DISTRICT in "
    "it, then `ziping new-key --workspace /srv/ziping`"
)


def sample_secrets(seeds: range = range(100_000)) -> set[str]:
    """List the keys that follow from the first seeds, each the hash of a public text."""
    return {sha256(f"{SAMPLE_MARK}{seed}".encode()).hexdigest() for seed in seeds}


def rests_on_a_key(workspace: Workspace) -> bool:
    """Say whether rows were landed or published under a key."""
    places = (workspace.landed / "manifest.jsonl", workspace.cache, workspace.releases)
    return any(path.exists() for path in places)


def is_open_to_git(path: Path) -> bool:
    """Say whether git carries a file away, or would with the next `git add`."""
    if not any((folder / ".git").exists() for folder in path.parents) or not shutil.which("git"):
        return False
    plain = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(path.parent), "check-ignore", "--quiet", path.name]
    return subprocess.run(command, env=plain, capture_output=True, check=False).returncode == 1


def load_person_key(workspace: Workspace, district: str, store: Store | None = None) -> PersonKey:
    """Read the key; a missing, short or public one stops the run, never is one made silently."""
    path = workspace.key_file
    name = f"{path.parent.name}/{path.name}"
    refuse_another_district(store or Store(workspace.landed), district)
    forbid_core_dumps()
    if not path.is_file():
        if rests_on_a_key(workspace):
            raise ZipingError(f"{name} is missing, so every pseudonym would change: {BEGIN_ANEW}")
        raise ZipingError(f"{name} is missing: for a new warehouse make one with `ziping new-key`")
    # An editor may have left a mark before the key or a line's end after it: it is the same key.
    text = path.read_text("utf-8-sig", errors="replace").strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", text) or len(set(text)) < 8:
        raise ZipingError(f"{name} is no key (64 random hexadecimal characters): {BEGIN_ANEW}")
    if path.stat().st_mode & 0o077:
        raise ZipingError(f"others may read {name}: chmod 600 it first")
    if district != SAMPLE_DISTRICT and text in sample_secrets():
        raise ZipingError(
            f"{name} is the public key of the sample district: district {district} needs its own; "
            f"begin in a new folder: {NEW_FOLDER}"
        )
    if is_open_to_git(path):
        raise ZipingError(
            f"git does not ignore {name}: write /warehouse/ into .gitignore; if the key was "
            "committed, others may have it: move it away and begin with `ziping new-key --anew`"
        )
    return PersonKey(bytes.fromhex(text))


def refuse_another_district(store: Store, district: str) -> None:
    """Refuse a real district where the sample's rows landed, and the sample among real ones."""
    landed = {delivery.district_code for delivery in store.deliveries()}
    if not landed or district in landed or SAMPLE_DISTRICT not in {district, *landed}:
        return
    if district == SAMPLE_DISTRICT:
        raise ZipingError(
            f"the rows here are of district {', '.join(sorted(landed))}, and ZIPING_DISTRICT says "
            f"{district}, the invented sample: is .env lost? Write the district into it"
        )
    raise ZipingError(
        f"the rows here are the invented sample's, and never become those of district {district}: "
        "begin in a new folder with your own files, and name it with --workspace or "
        f"ZIPING_WORKSPACE: {NEW_FOLDER}"
    )


def make_person_key(workspace: Workspace, *, anew: bool = False) -> Path:
    """Make a key for a warehouse that has none; where something rests on an old one, only `anew`.

    The lock keeps nights and a second such command away.
    """
    path = workspace.key_file
    name = f"{path.parent.name}/{path.name}"
    refuse_another_district(Store(workspace.landed), load_settings(workspace).district)
    lock = take_lock(workspace)
    try:
        if path.exists() or path.is_symlink():
            raise ZipingError(
                f"{name} is there already and is never replaced: to begin anew, move it away first"
            )
        if rests_on_a_key(workspace) and not anew:
            raise ZipingError(f"this warehouse rests on a key that is gone: {BEGIN_ANEW}")
        write_durably(path, secrets.token_hex(32).encode() + b"\n", mode=0o600)
    finally:
        os.close(lock)
    return path
