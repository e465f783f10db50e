"""README's schedule with a Prefect server of one's own: its commands, up to a run that it made."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from nights import closed_port, last_record

from flows.common.errors import ZipingError
from flows.common.process import die_with_parent
from flows.common.settings import CHECKOUT, Workspace
from flows.runs import prefect_server as serving
from flows.runs.prefect_server import prefect_server

STAYING = ("server start", "worker start")
SECONDS = 300  # on a machine that is busy with other tests


def steps() -> tuple[dict[str, str], list[list[str]]]:
    """Read README's commands that lead to the schedule: what they export, then each in words."""
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    (block,) = [one for one in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL) if "deploy" in one]
    exported, commands = {}, []
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] == "export":
            exported |= dict(word.split("=", 1) for word in words[1:])
        elif words:
            commands.append(words)
    return exported, commands


def asked(url: str, content: Any = None) -> Any:
    """Ask the server; it may not be up yet."""
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        return json.load(response)


def wait_for(url: str, content: Any = None, state: str = "") -> list[Any]:
    """Ask until there is an answer, or a run in a state."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            found = asked(url, content)
        except OSError:
            found = None
        if found and (not state or any(one["state_type"] == state for one in found)):
            return list(found) if state else [found]
        time.sleep(0.5)
    pytest.fail(f"nothing within {SECONDS} s at {url}: {found}")


@contextmanager
def staying(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[None]:
    """Keep a command running; what it started ends with it."""
    with (folder / "said").open("ab") as said:
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=said, stderr=said,
            stdin=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=die_with_parent,
        )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@pytest.mark.slow
def test_the_commands_of_readme_lead_to_a_night_that_the_schedule_made(
    workspace: Workspace, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "flows").symlink_to(CHECKOUT / "flows")
    deployment = (CHECKOUT / "prefect.yaml").read_text("utf-8")
    deployment, count = re.subn(r'cron: "0 2 \* \* \*"\n +timezone: .*', "interval: 30", deployment)
    assert count == 1
    deployment += f"    parameters:\n      workspace: {workspace.root}\n"
    (checkout / "prefect.yaml").write_text(deployment, "utf-8")
    exported, commands = steps()
    port = str(closed_port())
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith("PREFECT")
    }
    environment |= exported | {
        "PREFECT_API_URL": exported["PREFECT_API_URL"].replace("4200", port),
        "PREFECT_SERVER_API_PORT": port,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUTF8": "1",
        "HOME": str(tmp_path),
    }
    api = environment["PREFECT_API_URL"]
    runs = {"flow_runs": {"deployment_id": {"is_null_": False}}, "sort": "EXPECTED_START_TIME_ASC"}
    nights = len(list(workspace.runs.iterdir()))
    with ExitStack() as kept:
        for program, *words in commands:
            assert program == ".venv/bin/prefect"
            command = [str(Path(sys.executable).with_name("prefect")), *words]
            if " ".join(words).startswith(STAYING):
                kept.enter_context(staying(command, environment, checkout))
                wait_for(f"{api}/health")
            else:
                done = subprocess.run(
                    command, cwd=checkout, env=environment, capture_output=True, text=True,
                    timeout=SECONDS, check=False,
                )  # fmt: skip
                assert done.returncode == 0, done.stdout + done.stderr
        assert asked(f"{api}/admin/settings")["server"]["analytics_enabled"] is False
        found = wait_for(f"{api}/flow_runs/filter", runs, "COMPLETED")
    (night, *_) = [one for one in found if one["state_type"] == "COMPLETED"]
    assert night["auto_scheduled"]
    assert len(list(workspace.runs.iterdir())) > nights
    assert last_record(workspace)["years"]["2023"]["result"] == "unchanged"


@contextmanager
def busy(times: int) -> Iterator[tuple[str, list[str]]]:
    """Serve as a Prefect server does that answers 503 some times before it is well again."""
    said: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.append(self.path)
            self.send_response(503 if len(said) <= times else 200)
            self.end_headers()
            self.wfile.write(b"true")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api", said
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_is_busy_is_asked_again_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with busy(3) as (url, said):
        monkeypatch.setenv("PREFECT_API_URL", url)
        with prefect_server(tmp_path, 1):
            assert said == ["/api/health"] * 4
    monkeypatch.setattr(serving, "RESTART_SECONDS", 1)
    with busy(100) as (url, said):
        monkeypatch.setenv("PREFECT_API_URL", url)
        with pytest.raises(ZipingError, match="does not answer"), prefect_server(tmp_path, 1):
            pass
    assert 1 < len(said) < 20
