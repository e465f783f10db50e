"""The Prefect server of a run: the one that was asked for, or a child that ends with the run."""

import contextlib
import http.client
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from flows.common.error_messages import sentence_of, server_sentence
from flows.common.errors import Blocked, ServerGone, ZipingError
from flows.common.files import fsync_file, fsync_folder, part_name
from flows.common.masking import redacted
from flows.common.process import die_with_parent
from flows.common.settings import PREFIX, forget_settings

DATABASE = "run.db"
WAITS = (1, 3, 9)  # seconds before a server that is busy or restarts is asked again
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
    found: list[bytes] = []

    def ask() -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with (
            contextlib.suppress(OSError, ValueError, http.client.HTTPException),
            opener.open(f"{url}/health", timeout=seconds) as response,
        ):
            found.append(response.read(16))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return found == [b"true"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _keep_as_template(database: Path, template: Path) -> None:
    """Keep the empty database: making its tables costs as much as all else of a server's start."""
    part = part_name(template)
    with (
        contextlib.closing(sqlite3.connect(database)) as made,
        contextlib.closing(sqlite3.connect(part)) as kept,
    ):
        made.backup(kept)
    fsync_file(part)
    part.replace(template)
    fsync_folder(template.parent)


def _start(home: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = _free_port()
    foreign = (PREFIX, "UVICORN_", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    environment = kept | SERVICES_OFF
    environment["PREFECT_API_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{home / DATABASE}"
    with log.open("wb") as errors:
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


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").split("\n")
    return redacted(next((line for line in reversed(lines) if line.strip()), "no word"), 200)


@contextlib.contextmanager
def _temporary_server(home: Path, template: Path, start_seconds: float) -> Iterator[str]:
    """Start a server as a child that ends with the run, from the template of its database.

    One that ends at once is started again without it: the template may be torn, the port taken.
    """
    deadline = time.monotonic() + start_seconds
    log = home / "server.log"
    if template.is_file():
        shutil.copyfile(template, home / DATABASE)
    child, url = _start(home, log)
    try:
        is_second = False
        while not _answers(url, 2):
            if child.poll() is not None and not is_second:
                is_second = True
                template.unlink(missing_ok=True)
                (home / DATABASE).unlink(missing_ok=True)
                child, url = _start(home, log)
            elif child.poll() is not None:
                raise ServerGone(
                    f"Prefect's temporary server ended at its start ({_last_words(log)}): mend "
                    "that, or set PREFECT_API_URL to a server of your own"
                )
            elif time.monotonic() > deadline:
                template.unlink(missing_ok=True)
                raise ZipingError(
                    f"Prefect's temporary server did not start within {start_seconds:.0f} s: set "
                    "ZIPING_PREFECT_START_SECONDS higher on a slow machine"
                )
            time.sleep(0.1)
        if not template.exists():
            _keep_as_template(home / DATABASE, template)
        yield url
    finally:
        child.kill()  # it holds nothing that anybody will read
        child.wait()
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _told_when_gone(url: str, server: str, kind: type[ZipingError] = ZipingError) -> Iterator[None]:
    """Say so where a run failed because its server is there no more, or hangs."""
    try:
        yield
    except Blocked:
        raise
    except Exception as error:
        if refused := server_sentence(error):
            raise kind(refused) from error
        asked_in_vain = any(base.__module__.startswith("httpx") for base in type(error).__mro__)
        if not asked_in_vain and _answers(url, 5):
            raise
        raise kind(
            f"{server} stopped answering in the middle of the night: see that it can run, then "
            f"run again ({sentence_of(error)})"
        ) from error


def _answers_soon(url: str) -> bool:
    """Ask a server for its health a few times: one that restarts is back by then."""
    for wait in WAITS:
        if _answers(url, 10):
            return True
        time.sleep(wait)
    return _answers(url, 10)


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
        if not _answers_soon(url):
            raise ZipingError(
                f"{shown} does not answer: start it, or unset PREFECT_API_URL to run with a "
                "temporary one"
            )
        with _told_when_gone(url, shown):
            yield home
        return
    template = warehouse / f"prefect-{version('prefect')}.db"
    with _temporary_server(home, template, start_seconds) as url:
        os.environ["PREFECT_API_URL"] = url
        try:
            with _told_when_gone(url, "Prefect's temporary server", ServerGone):
                yield home
        finally:
            os.environ.pop("PREFECT_API_URL", None)
