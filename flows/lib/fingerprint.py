"""What a release follows from: deliveries in force, code, libraries and parameters, as one hash."""

import json
import platform
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flows.lib.settings import CHECKOUT, Settings
from flows.lib.standing import Standing

# What decides a figure. The sample, the tests and the documents do not.
CODE_FOLDERS = ("flows/lib", "dbt_project", "expectations")
CODE_FILES = ("flows/ingest.py", "flows/transform.py", "flows/validate.py", "flows/publish.py")
CODE_ENDINGS = {".py", ".sql", ".yml", ".csv", ".j2", ".txt"}
PASSED_OVER = {"target", "logs", "__pycache__"}
LIBRARIES = (
    "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pandas", "pyarrow",
    "python-calamine", "XlsxWriter",
)  # fmt: skip


def _code_files() -> list[Path]:
    found = [CHECKOUT / name for name in CODE_FILES]
    for folder in CODE_FOLDERS:
        found += [
            path
            for path in (CHECKOUT / folder).rglob("*")
            if path.suffix in CODE_ENDINGS and not PASSED_OVER & set(path.parts)
        ]
    return sorted(path for path in found if path.is_file())


@lru_cache(maxsize=1)
def code_version() -> str:
    """Hash the content of the code, so that an uncommitted change counts too."""
    digest = sha256()
    for path in _code_files():
        digest.update(str(path.relative_to(CHECKOUT)).encode() + b"\0")
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def parameters(settings: Settings, year: int, as_of: str | None) -> dict[str, Any]:
    """List what a person chose for the night."""
    return {
        "district": settings.district,
        "district_title": settings.district_title,
        "framework": settings.framework,
        "evaluation_year": year,
        "as_of": as_of,
    }


def inputs_of(
    standings: Sequence[Standing], settings: Settings, year: int, as_of: str | None, key_id: str
) -> dict[str, Any]:
    """Gather everything that the release of a year follows from."""
    own = [one for one in standings if one.owed.evaluation_year == year]
    return {
        "deliveries": [
            [*one.owed.key, one.delivery.id if one.delivery else None, one.gap]
            for one in sorted(own, key=lambda one: (one.owed.key, one.owed.year_offset))
        ],
        "code": code_version(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "parameters": parameters(settings, year, as_of),
        "key_id": key_id,
    }


def fingerprint_of(inputs: dict[str, Any]) -> str:
    """Hash the inputs of a release."""
    return sha256(json.dumps(inputs, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
