"""What joins the sample district to a workspace: where it may be written, and serving its API."""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from flows.common.errors import WrongUse
from flows.common.settings import SAMPLE_DISTRICT, Settings, Workspace
from flows.contracts.environment import load_settings
from flows.extract.raw_store import Store


def _unfinished(workspace: Workspace) -> Path:
    """Name the mark that stands while the sample is being made, and after a kill in the middle."""
    return workspace.root / "raw" / "sample.unfinished"


def workspace_is_empty(workspace: Workspace) -> bool:
    """Say whether nothing has landed and nothing waits in the inbox but half a sample."""
    if _unfinished(workspace).exists():
        return not Store(workspace.landed).deliveries()
    waiting = workspace.inbox.exists() and any(
        path.is_file() for path in workspace.inbox.rglob("*")
    )
    return not waiting and not Store(workspace.landed).deliveries()


def make_sample(
    workspace: Workspace, seed: int, scale: float, dirt: Sequence[str]
) -> dict[str, int]:
    """Write the sample district into a workspace whose district it is."""
    from flows.sample import make_district

    if load_settings(workspace).district != SAMPLE_DISTRICT:
        raise WrongUse(f"the sample is district {SAMPLE_DISTRICT}: this workspace is another's")
    mark = _unfinished(workspace)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    rows = make_district(workspace.root, seed=seed, scale=scale, dirt=dirt)
    mark.unlink()
    return rows


@contextlib.contextmanager
def sample_api(workspace: Workspace, settings: Settings) -> Iterator[None]:
    """Serve the sample's systems for the length of a run, where no others are set."""
    files = workspace.root / "raw" / "sample"
    if settings.district != SAMPLE_DISTRICT or not files.exists():
        yield
        return
    from flows.sample.server import SAMPLE_TOKEN, serve

    database = files / "staffing.sqlite"
    with serve(workspace.root, token=SAMPLE_TOKEN) as server:
        added = {}
        if not settings.students_api_url:
            added["ZIPING_STUDENTS_API_URL"] = server.url
            added["ZIPING_STUDENTS_API_TOKEN"] = SAMPLE_TOKEN
        if not settings.staffing_database_url:
            added["ZIPING_STAFFING_DATABASE_URL"] = f"sqlite:///{database}"
        os.environ.update(added)
        try:
            yield
        finally:
            for name in added:
                os.environ.pop(name, None)


def serve_sample(workspace: Workspace, port: int) -> None:
    """Serve the sample's API on loopback until stopped."""
    from flows.sample.server import SAMPLE_TOKEN, serve

    with serve(workspace.root, port=port, token=SAMPLE_TOKEN) as server:
        print(f"ZIPING_STUDENTS_API_URL={server.url}")
        print(f"ZIPING_STUDENTS_API_TOKEN={SAMPLE_TOKEN}")
        database = workspace.root / "raw" / "sample" / "staffing.sqlite"
        print(f"ZIPING_STAFFING_DATABASE_URL=sqlite:///{database}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
