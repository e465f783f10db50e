"""Settings of a workspace: the environment first, then its `.env`, then the defaults."""

import io
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import parse_stream

from flows.lib.errors import WrongUse, ZipingError

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
    def nights(self) -> Path:
        """One folder per night with its record and its gate page."""
        return self.warehouse / "nights"

    @property
    def key_file(self) -> Path:
        """The key of the keyed pseudonyms of persons."""
        return self.kept / "person_id.key"

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
    publish_seconds: float = 120.0
    of_sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    unknown: tuple[str, ...] = ()  # sentences about names that no setting has

    def __post_init__(self) -> None:
        """Refuse what no night could work with."""
        if not re.fullmatch(r"[0-9]{6}", self.district):
            raise WrongUse("ZIPING_DISTRICT must be the six digits of GB/T 2260")
        if not self.open_years:
            raise WrongUse("ZIPING_OPEN_YEARS must name at least one year, for example 2023")
        for name in (
            "pull_seconds", "request_seconds", "pull_megabytes",
            "zip_members", "zip_megabytes", "zip_ratio", "publish_seconds", "prefect_start_seconds",
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


def load_settings(workspace: Workspace, *, is_strict: bool = True) -> Settings:
    """Read the settings of a workspace; unless strict, names that are nearly a setting's pass."""
    found = {**_env_file(workspace.root / ".env"), **os.environ}
    values: dict[str, object] = {"unknown": _unknown(found) if is_strict else ()}
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
    return Settings(**values)  # type: ignore[arg-type]


def _env_file(path: Path) -> dict[str, str]:
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


def _unknown(found: Collection[str]) -> tuple[str, ...]:
    """Say which names no setting has; one that is nearly a setting's is refused, not passed over.

    Others may be there for their own reasons, as what Kubernetes tells of a service.
    """
    own = {f"{PREFIX}{name.upper()}" for name in Settings.__annotations__} | OF_COMMANDS
    strange = [name for name in found if name.upper().startswith("ZIP") and name not in own]
    if not strange:
        return ()
    try:
        own |= _declared_by_sources()
    except ZipingError:
        return ()  # the contracts themselves are told of
    sentences = []
    for name in sorted(set(strange) - own):
        is_ours = name.upper().startswith(PREFIX)
        near = {one.removeprefix(PREFIX) if is_ours else one: one for one in own}
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


def _declared_by_sources() -> set[str]:
    """List the settings that contracts name: where a source is, and what opens it."""
    from flows.lib.contracts import load_contracts  # it stands on this module

    pulls = [contract.meta["pull"] for contract in load_contracts().values()]
    words = ("base", "token", "database")
    return {f"{PREFIX}{pull[word].upper()}" for pull in pulls for word in words if word in pull}


# What libpq takes from the environment where an address does not say it, but for secrets.
OTHERS_POSTGRES = "PG(?!PASSWORD$|PASSFILE$|SSL).*"
FORGOTTEN: dict[str, str] = {}  # what a program of somebody else's, called by a run, gets again


def forget_settings(pattern: str, but: Collection[str] = ()) -> None:
    """Take what is said to other programs out of the environment: a run uses its own settings."""
    for name in list(os.environ):
        if re.fullmatch(pattern, name, re.IGNORECASE) and name not in but:
            FORGOTTEN[name] = os.environ.pop(name)
