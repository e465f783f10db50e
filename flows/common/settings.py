"""The settings of a workspace and their defaults, and the paths of a workspace."""

import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from flows.common.errors import WrongUse

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLE_DISTRICT = "519900"
SAMPLE_MARK = "样例数据"  # stands in the name of each file that the sample makes
PREFIX = "ZIPING_"
OF_COMMANDS = {"ZIPING_WORKSPACE", "ZIPING_BUILD"}  # --workspace, and what a night tells dbt


@dataclass(frozen=True)
class Workspace:
    """The folder that holds `raw/`, `warehouse/` and `.env`."""

    root: Path
    as_of: date | None = None  # a look back to a day has a warehouse of its own

    @property
    def inbox(self) -> Path:
        """Where offices drop their exports; the product only reads it."""
        return self.root / "raw" / "inbox"

    @property
    def landed(self) -> Path:
        """The kept bytes and their manifest."""
        return self.root / "raw" / "landed"

    @property
    def kept(self) -> Path:
        """The folder of the key, the lock and the cache, which looks back share."""
        return self.root / "warehouse"

    @property
    def warehouse(self) -> Path:
        """Everything that can be made again from `raw/landed`, but for releases, nights and key."""
        return self.kept / "as-of" / self.as_of.isoformat() if self.as_of else self.kept

    @property
    def cache(self) -> Path:
        """The typed Parquet of each delivery."""
        return self.kept / "landing"

    @property
    def releases(self) -> Path:
        """The published releases, one folder a year."""
        return self.warehouse / "releases"

    @property
    def runs(self) -> Path:
        """One folder per run with its record and its gate page."""
        return self.warehouse / "runs"

    @property
    def key_file(self) -> Path:
        """The key of the keyed pseudonyms of persons."""
        return self.kept / "person_id.key"

    @property
    def report_template(self) -> Path:
        """The layout of the written report, where a province has one of its own."""
        return self.root / "report_template.docx"

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
    contact: str = ""
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
    publish_seconds: float = 120.0
    of_sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    unknown: tuple[str, ...] = ()  # sentences about names that no setting has

    def __post_init__(self) -> None:
        """Refuse what no night could work with."""
        if not re.fullmatch(r"[0-9]{6}", self.district):
            raise WrongUse("ZIPING_DISTRICT must be the six digits of GB/T 2260")
        if not self.open_years:
            raise WrongUse("ZIPING_OPEN_YEARS must name at least one year, for example 2023")
        for name in """
            pull_seconds request_seconds pull_megabytes zip_members zip_megabytes zip_ratio
            publish_seconds prefect_start_seconds
            """.split():
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


# What libpq takes from the environment where an address does not say it, but for secrets.
OTHERS_POSTGRES = "PG(?!PASSWORD$|PASSFILE$|SSL).*"
FORGOTTEN: dict[str, str] = {}  # what a program of somebody else's, called by a run, gets again


def forget_settings(pattern: str, but: Collection[str] = ()) -> None:
    """Take what is said to other programs out of the environment: a run uses its own settings."""
    for name in list(os.environ):
        if re.fullmatch(pattern, name, re.IGNORECASE) and name not in but:
            FORGOTTEN[name] = os.environ.pop(name)
