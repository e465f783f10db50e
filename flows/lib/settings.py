"""Settings of a workspace: the environment first, then its `.env`, then the defaults."""

import os
import re
from collections.abc import Callable, Mapping
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
    students_api_url: str = field(default="", repr=False)
    students_api_token: str = field(default="", repr=False)
    staffing_database_url: str = field(default="", repr=False)
    pull_seconds: float = 300.0
    request_seconds: float = 30.0
    pull_megabytes: float = 512.0
    zip_members: int = 1000
    zip_megabytes: float = 1024.0
    zip_ratio: float = 200.0
    ca_file: str = ""
    prefect_start_seconds: float = 120.0
    notify_on: tuple[str, ...] = ("failed", "blocked")
    notify_command: str = ""
    notify_url: str = field(default="", repr=False)
    publish_to: str = field(default="", repr=False)
    publish_password: str = field(default="", repr=False)
    publish_schema: str = "ziping"
    publish_reader: str = ""
    of_sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what no night could work with."""
        if not re.fullmatch(r"[0-9]{6}", self.district):
            raise WrongUse("ZIPING_DISTRICT must be the six digits of GB/T 2260")
        if not self.open_years:
            raise WrongUse("ZIPING_OPEN_YEARS must name at least one year, for example 2023")
        for name in (
            "pull_seconds", "request_seconds", "pull_megabytes",
            "zip_members", "zip_megabytes", "zip_ratio",
        ):  # fmt: skip
            if not 0 < getattr(self, name) < float("inf"):
                raise WrongUse(f"ZIPING_{name.upper()} must be a number above 0")
        if not set(self.notify_on) <= {"failed", "blocked", "gaps"}:
            raise WrongUse("ZIPING_NOTIFY_ON takes failed, blocked and gaps, with commas")

    def of_source(self, name: str) -> str:
        """Give an address or a token by the name that a contract has for it; empty if not set."""
        return str(vars(self).get(name) or self.of_sources.get(name, ""))

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
        if not text or name == "of_sources":
            continue
        try:
            values[name] = read(text)
        except ValueError:
            raise WrongUse(f"ZIPING_{name.upper()} cannot be read: mend it in .env") from None
    prefix = "ZIPING_"
    values["of_sources"] = {
        name.removeprefix(prefix).lower(): text
        for name, text in found.items()
        if name.startswith(prefix) and text
    }
    return Settings(**values)  # type: ignore[arg-type]
