"""Settings of a workspace: the environment first, then its `.env`, then the defaults."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from flows.lib.errors import WrongUse

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLE_DISTRICT = "519900"


@dataclass(frozen=True)
class Workspace:
    """The folder that holds `raw/`, `warehouse/` and `.env`."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Where offices drop their exports; the product only reads it."""
        return self.root / "raw" / "inbox"

    @property
    def landed(self) -> Path:
        """The kept bytes and their manifest."""
        return self.root / "raw" / "landed"

    @property
    def warehouse(self) -> Path:
        """Everything that can be made again from `raw/landed`, but for releases, nights and key."""
        return self.root / "warehouse"

    @property
    def cache(self) -> Path:
        """The typed Parquet of each delivery."""
        return self.warehouse / "landing"

    @property
    def releases(self) -> Path:
        """The published releases, one folder a year."""
        return self.warehouse / "releases"

    @property
    def nights(self) -> Path:
        """One folder per night with its record and its gate page."""
        return self.warehouse / "nights"

    @property
    def key_file(self) -> Path:
        """The key of the keyed pseudonyms of persons."""
        return self.warehouse / "person_id.key"

    @property
    def build(self) -> Path:
        """The disposable database in which dbt builds."""
        return self.warehouse / "build.duckdb"


def _years(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(year) for year in text.split(",")}))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


READERS: dict[str, Callable[[str], object]] = {"open_years": _years, "notify_on": _words}


@dataclass(frozen=True)
class Settings:
    """What a district sets in the environment or in `.env`, each name prefixed `ZIPING_`.

    Plain code and not pydantic-settings: its import alone would cost more than the whole of an
    unchanged night should.
    """

    district: str = SAMPLE_DISTRICT
    district_title: str = "样例区"
    framework: str = "sc-2023"
    open_years: tuple[int, ...] = (2023,)
    students_api_url: str = ""
    students_api_token: str = field(default="", repr=False)
    staffing_database_url: str = field(default="", repr=False)
    pull_seconds: float = 300.0
    request_seconds: float = 30.0
    prefect_start_seconds: float = 120.0
    notify_on: tuple[str, ...] = ("failed", "blocked")
    notify_command: str = ""
    notify_url: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse a district that is no code of GB/T 2260 and an empty list of years."""
        if not re.fullmatch(r"[0-9]{6}", self.district):
            raise WrongUse("ZIPING_DISTRICT must be the six digits of GB/T 2260")
        if not self.open_years:
            raise WrongUse("ZIPING_OPEN_YEARS must name at least one year, for example 2023")
        if not set(self.notify_on) <= {"failed", "blocked", "gaps"}:
            raise WrongUse("ZIPING_NOTIFY_ON takes failed, blocked and gaps, with commas")

    @property
    def default_year(self) -> int:
        """The newest open year, to whose release `warehouse/current` leads."""
        return max(self.open_years)


def load_settings(workspace: Workspace) -> Settings:
    """Read the settings of a workspace."""
    found = {**dotenv_values(workspace.root / ".env"), **os.environ}
    values: dict[str, object] = {}
    for name, read in {**Settings.__annotations__, **READERS}.items():
        text = found.get(f"ZIPING_{name.upper()}")
        if not text:
            continue
        try:
            values[name] = read(text)
        except ValueError:
            raise WrongUse(f"ZIPING_{name.upper()} cannot be read: mend it in .env") from None
    return Settings(**values)  # type: ignore[arg-type]
