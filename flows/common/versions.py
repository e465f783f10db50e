"""Which libraries the product stands on: those that pyproject.toml names, with their versions."""

import re
from functools import lru_cache
from importlib.metadata import requires, version


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """Give the version of each library that is asked for to run, not to develop."""
    wanted = [text for text in requires("ziping") or () if "extra ==" not in text]
    names = [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in wanted]
    return {name: version(name) for name in sorted(names)}
