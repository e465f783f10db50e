"""The Prefect server of a run: the one that was asked for, or a child that ends with the run."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from flows.lib.durable import part_name
from flows.lib.errors import ZipingError

PR_SET_PDEATHSIG = 1
# Nothing is reported, nothing is scheduled: the child only keeps the states of one run.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}
SERVICES_OFF = {
    f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false"
    for name in (
        "SCHEDULER", "LATE_RUNS", "CANCELLATION_CLEANUP", "PAUSE_EXPIRATIONS", "FOREMAN",
        "REPOSSESSOR", "EVENT_LOGGER", "TRIGGERS", "TASK_RUN_RECORDER",
    )
} | {
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "false",
    "PREFECT_SERVER_EVENTS_STREAM_IN_ENABLED": "false",
}  # fmt: skip


def _answers(url: str, seconds: float) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=seconds) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    """Let the kernel end the child with its parent, so that no orphan holds a port."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _keep_as_template(database: Path, template: Path) -> None:
    """Keep the empty database: making its tables costs as much as all else of a server's start."""
    part = part_name(template)
    with (
        contextlib.closing(sqlite3.connect(database)) as made,
        contextlib.closing(sqlite3.connect(part)) as kept,
    ):
        made.backup(kept)
    part.replace(template)


@contextlib.contextmanager
def prefect_server(warehouse: Path, start_seconds: float) -> Iterator[None]:
    """Offer a Prefect server for the length of a run; Prefect must not be imported before."""
    home = warehouse / "prefect"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    os.environ.update(QUIET | {"PREFECT_HOME": str(home)})
    if asked := os.environ.get("PREFECT_API_URL"):
        if not _answers(asked.rstrip("/"), 10):
            raise ZipingError(
                f"the Prefect server at PREFECT_API_URL ({asked.rsplit('@', 1)[-1]}) does not "
                "answer: start it, or unset PREFECT_API_URL to run with a temporary one"
            )
        yield
        return
    database = home / "run.db"
    template = warehouse / f"prefect-{version('prefect')}.db"
    if template.exists():
        shutil.copyfile(template, database)
    port = _free_port()
    environment = os.environ | SERVICES_OFF
    environment["PREFECT_API_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{database}"
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "--factory"),
            *("prefect.server.api.server:create_app", "--host", "127.0.0.1"),
            *("--port", str(port), "--log-level", "critical", "--no-access-log"),
        ],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,
    )
    url = f"http://127.0.0.1:{port}/api"
    try:
        deadline = time.monotonic() + start_seconds
        while not _answers(url, 2):
            if child.poll() is not None or time.monotonic() > deadline:
                template.unlink(missing_ok=True)
                raise ZipingError(
                    f"Prefect's temporary server did not start within {start_seconds:.0f} s; "
                    "set ZIPING_PREFECT_START_SECONDS higher on a slow machine"
                )
            time.sleep(0.1)
        if not template.exists():
            _keep_as_template(database, template)
        os.environ["PREFECT_API_URL"] = url
        yield
    finally:
        os.environ.pop("PREFECT_API_URL", None)
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        shutil.rmtree(home, ignore_errors=True)
