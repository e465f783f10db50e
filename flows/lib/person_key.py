"""The key of the keyed pseudonyms: person ids are replaced by an HMAC while landing."""

import hmac
import re
import secrets
from hashlib import sha256
from pathlib import Path

from flows.lib.cells import squeezed
from flows.lib.durable import write_durably
from flows.lib.errors import ZipingError
from flows.lib.settings import SAMPLE_DISTRICT, Workspace

# The sample's key follows from its seed and is public: it must never serve real people.
SAMPLE_MARK = "ziping sample key "


class PersonKey:
    """A key that turns a person's id into a pseudonym that only this warehouse can make."""

    def __init__(self, secret: bytes) -> None:
        """Take the secret bytes."""
        self._secret = secret

    @property
    def id(self) -> str:
        """Name the key without giving it away; rows of two keys are never joined."""
        return hmac.new(self._secret, b"key id", sha256).hexdigest()[:16]

    def pseudonym(self, person_id: object) -> str | None:
        """Normalise a person's id (blanks, full width, case) and replace it by its HMAC."""
        text = squeezed(person_id)
        if text is None:
            return None
        return hmac.new(self._secret, text.upper().encode(), sha256).hexdigest()


def sample_secrets(seeds: range = range(100_000)) -> set[str]:
    """List the keys that follow from the first seeds, each the hash of a public text."""
    return {sha256(f"{SAMPLE_MARK}{seed}".encode()).hexdigest() for seed in seeds}


def load_person_key(path: Path, district: str) -> PersonKey:
    """Read the key; a missing, short or public one stops the run, never is one made silently."""
    if not path.exists():
        raise ZipingError(
            f"{path.parent.name}/{path.name} is missing: without it every pseudonym would change. "
            "Restore it from your backup; for a new warehouse make one with `ziping new-key`"
        )
    text = path.read_text("ascii", errors="replace").strip()
    if not re.fullmatch(r"[0-9a-f]{64}", text) or len(set(text)) < 8:
        raise ZipingError(
            f"{path.parent.name}/{path.name} is no key (64 hexadecimal characters): "
            "restore it from your backup"
        )
    if path.stat().st_mode & 0o077:
        raise ZipingError(f"others may read {path.parent.name}/{path.name}: chmod 600 it first")
    if district != SAMPLE_DISTRICT and text in sample_secrets():
        raise ZipingError(
            f"{path.parent.name}/{path.name} is the public key of the sample district: "
            f"district {district} needs its own, made with `ziping new-key`"
        )
    return PersonKey(bytes.fromhex(text))


def make_person_key(workspace: Workspace) -> Path:
    """Make a key for a warehouse that has none; refuse where anything rests on an old one."""
    path = workspace.key_file
    if path.exists():
        raise ZipingError(f"{path.parent.name}/{path.name} is there already; it is never replaced")
    if workspace.releases.exists() or workspace.cache.exists():
        raise ZipingError(
            "this warehouse has releases or landed rows under a key that is gone: restore it from "
            "your backup, or begin with an empty warehouse/"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, secrets.token_hex(32).encode() + b"\n", mode=0o600)
    return path
