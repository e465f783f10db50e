"""Reading the settings of a workspace, some of which are declared by contracts."""

import io
import os
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import OF_COMMANDS, PREFIX, READERS, Settings, Workspace


def load_settings(workspace: Workspace, *, is_strict: bool = True) -> Settings:
    """Read the settings of a workspace; unless strict, names that are nearly a setting's pass."""
    found = {**_read_env_file(workspace.root / ".env"), **os.environ}
    values: dict[str, Any] = {"unknown": _find_unknown(found) if is_strict else ()}
    for name, read in {**Settings.__annotations__, **READERS}.items():
        text = found.get(f"{PREFIX}{name.upper()}")
        if not text or name in ("of_sources", "unknown"):
            continue
        try:
            values[name] = read(text)
        except ValueError:
            raise WrongUse(f"ZIPING_{name.upper()} cannot be read: mend it in .env") from None
    values["of_sources"] = {
        name.removeprefix(PREFIX).lower(): text
        for name, text in found.items()
        if name.startswith(PREFIX) and text
    }
    return Settings(**values)


def _read_env_file(path: Path) -> dict[str, str]:
    """Read `.env` as it stands: `${HOME}` in a password is a part of the password."""
    try:
        text = path.read_text("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise WrongUse(f"{path} is not in UTF-8: save it anew in that encoding") from None
    except OSError as error:
        raise WrongUse(f"{path} cannot be read ({error.strerror})") from None
    found = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise WrongUse(
                f"{path}, line {binding.original.line}: no setting can be read there: write "
                "NAME=value, and a value with blanks, quotes or # between single quotes"
            )
        if binding.key:
            found[binding.key] = binding.value or ""
    return found


def _find_unknown(found: Collection[str]) -> tuple[str, ...]:
    """Say which names no setting has; one that is nearly a setting's is refused, not passed over.

    Others may be there for their own reasons, as what Kubernetes tells of a service.
    """
    own = {f"{PREFIX}{name.upper()}" for name in Settings.__annotations__} | OF_COMMANDS
    strange = [name for name in found if name.upper().startswith("ZIP") and name not in own]
    if not strange:
        return ()
    from flows.contracts.loading import load_contracts  # it takes a while, and is asked for here

    try:
        own |= {
            f"{PREFIX}{setting.upper()}"
            for contract in load_contracts().values()
            for setting in contract.settings.values()
        }
    except ZipingError:
        return ()  # the contracts themselves are told of
    sentences = []
    for name in sorted(set(strange) - own):
        is_ours = name.upper().startswith(PREFIX)
        near = {known.removeprefix(PREFIX) if is_ours else known: known for known in own}
        asked = name.upper()[len(PREFIX) :] if is_ours else name.upper()
        for cutoff in (0.8, 0.0):
            if nearest := get_close_matches(asked, near, n=1, cutoff=cutoff):
                break
        sentence = f"{name} is no setting: the nearest one is {near[nearest[0]]}"
        if cutoff:
            raise WrongUse(f"{sentence}: mend it in .env or in the environment")
        if is_ours:
            sentences.append(sentence)
    return tuple(sentences)
