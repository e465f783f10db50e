"""What makes an edit noticeable: JSON that carries its own hash, and lines hashed as a chain."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from flows.lib.durable import write_json
from flows.lib.ids import without_ids_within

SEAL = "sha256"


def _hash_of(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def write_sealed(target: Path, content: Mapping[str, Any]) -> None:
    """Write JSON together with the hash of what it says."""
    # as it will be read: no tuples, keys of text, no ids of persons
    plain = without_ids_within(json.loads(json.dumps(content)))
    write_json(target, plain | {SEAL: _hash_of(plain)})


def read_sealed(path: Path) -> dict[str, Any]:
    """Read sealed JSON; ValueError where it is not what was written."""
    content = json.loads(path.read_text("utf-8"))
    if not isinstance(content, dict) or content.pop(SEAL, None) != _hash_of(content):
        raise ValueError(f"{path.name} is not what was written")
    return content


def stamp_of(path: Path) -> tuple[int, int, int]:
    """Say by which a file that was read once in this process is known to be the same still."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def line_seals(path: Path) -> list[str]:
    """Hash a file of lines as a chain: the n-th seal stands for the first n whole lines."""
    *lines, _torn = path.read_bytes().split(b"\n") if path.exists() else [b""]
    seals = [sha256(b"").hexdigest()]
    for line in lines:
        seals.append(sha256(seals[-1].encode() + line).hexdigest())
    return seals
