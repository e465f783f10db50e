"""What a release follows from: deliveries in force, code, libraries and parameters, as one hash."""

import json
import platform
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from flows.common.files import hash_file
from flows.common.settings import CHECKOUT, Settings
from flows.common.versions import library_versions, list_code_files
from flows.landing.source_status import SourceStatus

# What decides a figure. What only prints does not, nor do drafts of a new source, the sample, the
# tests and the documents.
PACKAGES = """
    common contracts exports extract forms landing lineage parsing quality readers releases
    report runs warehouse
""".split()
CODE_FOLDERS = (*(f"flows/{name}" for name in PACKAGES), "dbt_project", "expectations")
CODE_FILES = ("flows/ingest.py", "flows/transform.py", "flows/validate.py", "flows/publish.py")


@lru_cache(maxsize=1)
def code_files() -> dict[str, str]:
    """Hash each file of the code as it stands on the disk, committed or not."""
    found = list_code_files(CHECKOUT, (*CODE_FOLDERS, *CODE_FILES))
    return {str(path.relative_to(CHECKOUT)): hash_file(path) for path in found}


def code_version() -> str:
    """Hash the content of the code, so that an uncommitted change counts too."""
    return sha256(json.dumps(code_files()).encode()).hexdigest()


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
    statuses: Sequence[SourceStatus], settings: Settings, year: int, as_of: str | None, key_id: str
) -> dict[str, Any]:
    """Gather everything that the release of a year follows from."""
    own = [status for status in statuses if status.expected.evaluation_year == year]
    return {
        "deliveries": [
            [
                *status.expected.key,
                sorted((part.delivery.id, part.superseded) for part in status.active),
                status.gap,
            ]
            for status in sorted(
                own, key=lambda known: (known.expected.key, known.expected.year_offset)
            )
        ],
        "waived": [
            [*status.expected.key, part.delivery.id, waived]
            for status in own
            for part in status.active
            if (waived := part.outcome.details.get("waived"))
        ],
        "code": code_version(),
        "python": platform.python_version(),
        "libraries": library_versions(),
        "parameters": parameters(settings, year, as_of),
        "key_id": key_id,
    }


def fingerprint_of(inputs: dict[str, Any]) -> str:
    """Hash the inputs of a release."""
    return sha256(json.dumps(inputs, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
