"""What the tests share: no settings of the developer, one Prefect server, a published night."""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copy, copytree, ignore_patterns, rmtree

import pytest
from districts import correct
from editions import address, edition
from guarded_night import guarded
from nights import (
    Said,
    begun,
    copy_of,
    current,
    figure,
    night,
    parse_models,
    rows,
    take_up,
    value,
    ziping,
)
from postgres import postgres, postgres_server
from sharing import locked, made_once

from flows.cli.sample import make_sample
from flows.common.settings import CHECKOUT, Workspace
from flows.contracts.loading import load_contracts
from flows.extract.pull import retry
from flows.landing import cache_key
from flows.quality import suite
from flows.releases import fingerprint
from flows.runs.prefect_server import prefect_server
from flows.sample.server import SAMPLE_TOKEN, serve
from flows.warehouse import models as definitions
from flows.warehouse.outline import read_outlines

__all__ = [
    "address", "current", "edition", "figure", "guarded", "night", "postgres", "postgres_server",
    "rows", "value", "ziping",
]  # fmt: skip

SEED, SCALE = 2023, 0.05
TEMPLATES = "prefect-*.db"

# Before anything is imported that reads them: no setting of the developer's reaches a test.
for name in list(os.environ):
    if name.startswith(("ZIPING_", "PREFECT_", "DBT_")):
        del os.environ[name]
os.environ["DO_NOT_TRACK"] = "1"
# What the libraries of a night load stays: looking through it again and again cost a tenth.
gc.set_threshold(100_000, 20, 20)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole runs, and begin with their files: at the end they would keep one worker alone."""
    for item in items:
        if item.path.parent.name == "integration":
            item.add_marker("slow")
    nights = {
        item.path
        for item in items
        if item.get_closest_marker("slow") or "server" in getattr(item, "fixturenames", ())
    }
    items.sort(key=lambda item: item.path not in nights)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the folder that all workers of this run of the tests see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def prefect_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name where the Prefect server of the nights keeps what they report."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def server(shared: Path, prefect_folder: Path) -> Iterator[str]:
    """Keep one Prefect server for all nights of a worker; give its address.

    Nights run in the process of the tests, so that Prefect, dbt and Great Expectations are
    loaded once. One server for several workers now and then refused a question of theirs.
    """
    with ExitStack() as kept:
        with locked(shared / "prefect.lock"):  # the first leaves its empty database to the others
            for template in shared.glob(TEMPLATES):
                copy(template, prefect_folder)
            kept.enter_context(prefect_server(prefect_folder, 300))
            for template in prefect_folder.glob(TEMPLATES):
                copy(template, shared)
        yield os.environ["PREFECT_API_URL"]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the one place where workspaces run their nights, one after the other."""
    return tmp_path_factory.mktemp("district") / "workspace"


@pytest.fixture(scope="session")
def parsed(server: str, place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep what dbt has parsed for that place: for another path it parses everything anew."""
    made = parse_models(Workspace(place))
    kept = made.rename(tmp_path_factory.mktemp("parsed") / made.name)
    rmtree(place)
    return kept


@pytest.fixture(scope="session")
def first_night(server: str, place: Path, parsed: Path, shared: Path) -> Workspace:
    """Make a small sample district with one published night; only to be read."""

    def make(folder: Path) -> None:
        workspace = begun(parsed, place)
        make_sample(workspace, SEED, SCALE, [])
        assert night(workspace) == 0
        for template in shared.glob(TEMPLATES):  # as nights with their own leave it
            copy(template, workspace.warehouse)
        place.rename(folder)

    return Workspace(made_once(shared / "first_night", make))


@pytest.fixture(scope="session")
def both(first_night: Workspace, place: Path, parsed: Path, shared: Path) -> Workspace:
    """Let a corrected file come years after the first night: two releases; only to be read."""

    def make(folder: Path) -> None:
        correct(take_up(parsed, copy_of(first_night, place)))
        place.rename(folder)

    return Workspace(made_once(shared / "both", make))


def _serve_sample(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Serve the workspace's school system, and name it and its staffing database."""
    database = workspace.root / "raw" / "sample" / "staffing.sqlite"
    with serve(workspace.root, token=SAMPLE_TOKEN) as api:
        monkeypatch.setenv("ZIPING_STUDENTS_API_URL", api.url)
        monkeypatch.setenv("ZIPING_STUDENTS_API_TOKEN", SAMPLE_TOKEN)
        monkeypatch.setenv("ZIPING_STAFFING_DATABASE_URL", f"sqlite:///{database}")
        yield workspace
    rmtree(workspace.root)


@pytest.fixture
def workspace(
    first_night: Workspace, place: Path, parsed: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """Copy the published district for one test, its systems up until the test ends."""
    yield from _serve_sample(take_up(parsed, copy_of(first_night, place)), monkeypatch)


@pytest.fixture
def new_workspace(
    server: str, place: Path, parsed: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """Make the small district without any night yet, its systems up until the test ends."""
    fresh = begun(parsed, place)
    make_sample(fresh, SEED, SCALE, [])
    yield from _serve_sample(fresh, monkeypatch)


@pytest.fixture
def tampered(both: Workspace, place: Path, parsed: Path) -> Iterator[Workspace]:
    """Copy the district with two releases for one test."""
    yield take_up(parsed, copy_of(both, place))
    rmtree(place)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Read what was printed since the last time, without blanks: long lines are broken."""

    def read() -> str:
        captured = capsys.readouterr()
        return "".join((captured.out + captured.err).split())

    return read


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask a source again at once; what counts is how often."""
    monkeypatch.setattr(retry, "WAITS", [0, 0, 0])


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the nights of a test run on a copy of the models and suites, which it may edit."""
    copy = tmp_path / "checkout"
    passed_over = ignore_patterns("target", "logs", "__pycache__", ".user.yml")
    for name in ("flows", "dbt_project", "expectations"):
        copytree(CHECKOUT / name, copy / name, ignore=passed_over)
    import flows.warehouse.dbt

    monkeypatch.setattr(flows.warehouse.dbt, "CHECKOUT", copy)
    monkeypatch.setattr(suite, "SUITES", copy / "expectations")
    monkeypatch.setattr(fingerprint, "CHECKOUT", copy)
    monkeypatch.setattr(cache_key, "CHECKOUT", copy)
    models = copy / "dbt_project" / "models"
    monkeypatch.setattr(definitions, "MODELS", models)
    monkeypatch.setattr(load_contracts, "__defaults__", (models / "staging",))
    outlines = copy / "dbt_project" / "seeds" / "report_outline.csv"
    monkeypatch.setattr(read_outlines, "__defaults__", (outlines,))
    cached = (
        fingerprint.code_files, cache_key.parser_version,
        definitions.marts, definitions.report_tables, definitions.facts,
    )  # fmt: skip
    for one in cached:
        one.cache_clear()
    yield copy
    for one in cached:
        one.cache_clear()
