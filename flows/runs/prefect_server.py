"""The Prefect server of a run: the one that was asked for, or a child that ends with the run.

The temporary server that Prefect itself starts outlives a run that is killed: it is not told.
"""

import contextlib
import http.client
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from flows.common.error_messages import describe_error, server_sentence
from flows.common.errors import Blocked, ZipingError
from flows.common.files import part_name
from flows.common.masking import redacted
from flows.common.process import die_with_parent
from flows.common.settings import PREFIX, forget_settings
from flows.extract.pull.retry import OverTime, answer_within

DATABASE = "run.db"
LOG = "server.log"
RESTART_SECONDS = 20.0  # a server that is busy or restarts is back by then
LONGEST_ANSWER_SECONDS = 5.0
# What leads to a server of one's own; all other words for Prefect on the machine are not for a run.
TO_REACH = {
    "PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_API_SSL_CERT_FILE",
    "PREFECT_API_TLS_INSECURE_SKIP_VERIFY", "PREFECT_CLIENT_CUSTOM_HEADERS",
}  # fmt: skip
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
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    # A server that is gone in the middle of the night is noticed in a minute or two.
    "PREFECT_API_REQUEST_TIMEOUT": "15",
    "PREFECT_CLIENT_MAX_RETRIES": "1",
    # Its database is locked for a moment on a busy machine: it answers 500, and the next time well.
    "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",
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
    """Ask a server for its health; one that shows a page instead, or drips, does not answer."""

    def ask() -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{url}/health", timeout=seconds) as response:
            return bool(response.read(16) == b"true")

    try:
        return answer_within(seconds, ask)
    except (OverTime, OSError, ValueError, http.client.HTTPException):
        return False


def _answers_in_time(
    url: str, seconds: float, child: subprocess.Popen[bytes] | None = None
) -> bool:
    """Ask a server for its health until it answers, the time is over, or it has ended."""
    deadline = time.monotonic() + seconds
    while not _answers(url, min(seconds, LONGEST_ANSWER_SECONDS)):
        if time.monotonic() > deadline or (child and child.poll() is not None):
            return False
        time.sleep(0.1)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = _free_port()
    foreign = (PREFIX, "UVICORN_", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    environment = kept | SERVICES_OFF
    environment["PREFECT_API_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{home / DATABASE}"
    with (home / LOG).open("wb") as errors:
        child = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", "--factory"),
                *("prefect.server.api.server:create_app", "--host", "127.0.0.1"),
                *("--port", str(port), "--log-level", "critical", "--no-access-log"),
            ],
            env=environment,
            cwd=home,  # it reads settings in files where it starts
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            preexec_fn=die_with_parent,
            start_new_session=True,  # a signal for the run's group is not for it
        )
    return child, f"http://127.0.0.1:{port}/api"


@contextlib.contextmanager
def _own_server(home: Path, template: Path, seconds: float) -> Iterator[str]:
    """Start a server as a child that ends with the run, and give its address.

    Its empty database is kept as a template: to make the tables costs as much as all else of a
    start. A server that ends at once is started again without it: it may be torn, the port taken.
    """
    if template.is_file():
        shutil.copyfile(template, home / DATABASE)
    child, url = _start(home)
    try:
        is_up = _answers_in_time(url, seconds, child)
        if not is_up and child.poll() is not None:
            template.unlink(missing_ok=True)
            (home / DATABASE).unlink(missing_ok=True)
            child, url = _start(home)
            is_up = _answers_in_time(url, seconds, child)
        if not is_up:
            raise ZipingError(_why_not_up(home, child, seconds))
        if not template.is_file():
            _keep_database(home / DATABASE, template)
        yield url
    finally:
        child.kill()  # it holds nothing that anybody will read
        child.wait()
        shutil.rmtree(home, ignore_errors=True)


def _why_not_up(home: Path, child: subprocess.Popen[bytes], seconds: float) -> str:
    if child.poll() is None:
        return (
            f"Prefect's temporary server did not start within {seconds:.0f} s: set "
            "ZIPING_PREFECT_START_SECONDS higher on a slow machine"
        )
    lines = (home / LOG).read_text("utf-8", "replace").splitlines()
    last = next((line for line in reversed(lines) if line.strip()), "no word")
    return (
        f"Prefect's temporary server ended at its start ({redacted(last, 200)}): mend that, or set "
        "PREFECT_API_URL to a server of your own"
    )


def _keep_database(database: Path, template: Path) -> None:
    part = part_name(template)
    with (
        contextlib.closing(sqlite3.connect(database)) as made,
        contextlib.closing(sqlite3.connect(part)) as kept,
    ):
        made.backup(kept)
    part.replace(template)


@contextlib.contextmanager
def _explain_absence(url: str, server: str) -> Iterator[None]:
    """Say so where a run failed because its server is there no more, or hangs."""
    try:
        yield
    except Blocked:
        raise
    except Exception as error:
        if refused := server_sentence(error):
            raise ZipingError(refused) from error
        asked_in_vain = any(base.__module__.startswith("httpx") for base in type(error).__mro__)
        if not asked_in_vain and _answers(url, 5):
            raise
        raise ZipingError(
            f"{server} stopped answering in the middle of the night: see that it can run, then "
            f"run again ({describe_error(error)})"
        ) from error


@contextlib.contextmanager
def prefect_server(warehouse: Path, start_seconds: float) -> Iterator[Path]:
    """Offer a Prefect server for the length of a run; Prefect must not be imported before.

    Gives the empty folder in which to import it: it reads settings in files where it is.
    """
    home = warehouse / "prefect"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    asked = os.environ.get("PREFECT_API_URL")
    forget_settings("PREFECT_.*", but=TO_REACH if asked else ())
    forget_settings(".*_PROXY")  # no source and no server is asked through one
    os.environ.update(QUIET | {"PREFECT_HOME": str(home)})
    if asked:
        os.environ["PREFECT_CLIENT_MAX_RETRIES"] = "3"  # it may restart, a temporary one does not
        shown = f"the Prefect server at PREFECT_API_URL ({asked.rsplit('@', 1)[-1]})"
        url = asked.rstrip("/")
        if not _answers_in_time(url, RESTART_SECONDS):
            raise ZipingError(
                f"{shown} does not answer: start it, or unset PREFECT_API_URL to run with a "
                "temporary one"
            )
        with _explain_absence(url, shown):
            yield home
        return
    template = warehouse / f"prefect-{version('prefect')}.db"
    with _own_server(home, template, start_seconds) as url:
        os.environ["PREFECT_API_URL"] = url
        try:
            with _explain_absence(url, "Prefect's temporary server"):
                yield home
        finally:
            os.environ.pop("PREFECT_API_URL", None)
