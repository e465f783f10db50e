"""Telling somebody of a night that needs them, with a real program and a real webhook."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from nights import closed_port, last_record, night

from flows.common.settings import Workspace
from flows.runs import notify as notifying
from flows.runs.notify import notify
from flows.runs.summary import Summary

SECRET = "key=693a91f6-canary"
BLOCKED = {"run": "00007-2024-03-01", "exit_code": 3}
SUMMARY = Summary("样例区教育职责自评 00007：未发布", ["检查不通过：report_values：一处矛盾"])


@contextmanager
def webhook(
    status: int = 200, body: bytes = b'{"errcode":0}', pause: float = 0, drip: float = 0
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Listen on loopback as a chat service does; give the address and what came."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(pause)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for byte in body if drip else ():
                self.wfile.write(bytes([byte]))
                time.sleep(drip)
            self.wfile.write(b"" if drip else body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/send?{SECRET}", received
    finally:
        server.shutdown()
        server.server_close()


def program(folder: Path, text: str) -> str:
    """Write a program of a few lines and give the command that runs it."""
    path = folder / "tell me.py"
    path.write_text(text, "utf-8")
    return f"'{sys.executable}' '{path}'"


def test_a_program_gets_the_message_on_its_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.json"
    text = (
        "import os, pathlib, sys\n"
        "assert not [name for name in os.environ if name.startswith('ZIPING_')]\n"
        f"pathlib.Path({str(told)!r}).write_bytes(sys.stdin.buffer.read())\n"
    )
    monkeypatch.setenv("ZIPING_NOTIFY_COMMAND", program(tmp_path, text))
    assert notify(Workspace(tmp_path), BLOCKED, SUMMARY) == []
    message = json.loads(told.read_text("utf-8"))
    assert (message["exit_code"], message["result"]) == (3, "blocked")
    assert (message["subject"], message["body"]) == (SUMMARY.subject, SUMMARY.text)


def test_a_webhook_gets_the_message_in_the_form_of_chat_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as (url, received):
        monkeypatch.setenv("ZIPING_NOTIFY_URL", url)
        assert notify(Workspace(tmp_path), BLOCKED, SUMMARY) == []
    (message,) = received
    assert message["msgtype"] == "text"
    assert message["text"]["content"] == SUMMARY.text


@pytest.mark.parametrize(
    ("listed", "code", "is_told"),
    [
        (None, 0, False),
        (None, 1, True),
        (None, 3, True),
        (None, 4, False),
        ("gaps", 4, True),
        ("gaps", 1, False),
        ("failed, gaps", 1, True),
    ],
)
def test_who_is_told_of_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str | None, code: int, is_told: bool
) -> None:
    if listed:
        monkeypatch.setenv("ZIPING_NOTIFY_ON", listed)
    with webhook() as (url, received):
        monkeypatch.setenv("ZIPING_NOTIFY_URL", url)
        notify(Workspace(tmp_path), BLOCKED | {"exit_code": code}, SUMMARY)
    assert bool(received) == is_told


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"status": 500}, "answers 500"),
        ({"status": 302}, "answers 302"),
        ({"body": b'{"errcode":93000,"errmsg":"invalid webhook url"}'}, "answers errcode 93000"),
        ({"pause": 1.5}, "gave no whole answer within 0.5 s"),
        ({"drip": 0.2}, "gave no whole answer within 0.5 s"),
    ],
)
def test_a_webhook_that_does_not_take_it_is_said_without_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], why: str
) -> None:
    monkeypatch.setattr(notifying, "LONGEST_SECONDS", 0.5)
    with webhook(**answer) as (url, _):
        monkeypatch.setenv("ZIPING_NOTIFY_URL", url)
        (sentence,) = notify(Workspace(tmp_path), BLOCKED, SUMMARY)
    assert why in sentence
    assert "ZIPING_NOTIFY_URL" in sentence
    assert SECRET not in sentence
    assert "127.0.0.1" not in sentence


def test_a_webhook_that_takes_it_and_answers_no_json_has_taken_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook(body=b"ok") as (url, received):
        monkeypatch.setenv("ZIPING_NOTIFY_URL", url)
        assert notify(Workspace(tmp_path), BLOCKED, SUMMARY) == []
    assert received


@pytest.mark.parametrize(
    ("text", "why"),
    [("raise SystemExit(7)", "ended with 7"), ("import time; time.sleep(60)", "did not end")],
)
def test_a_program_that_fails_or_hangs_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    monkeypatch.setattr(notifying, "LONGEST_SECONDS", 0.5)
    monkeypatch.setenv("ZIPING_NOTIFY_COMMAND", program(tmp_path, text))
    (sentence,) = notify(Workspace(tmp_path), BLOCKED, SUMMARY)
    assert why in sentence


@pytest.mark.parametrize("command", ["/nowhere/page-me", "unclosed 'quote"])
def test_a_program_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("ZIPING_NOTIFY_COMMAND", command)
    (sentence,) = notify(Workspace(tmp_path), BLOCKED, SUMMARY)
    assert "cannot be run" in sentence


def test_a_night_that_cannot_begin_tells_somebody_and_its_record_says_who_could_not_be_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.key_file.unlink()
    with webhook() as (url, received):
        monkeypatch.setenv("ZIPING_NOTIFY_URL", url)
        assert night(workspace) == 1
    assert "person_id.key" in received[0]["text"]["content"]
    monkeypatch.setenv("ZIPING_NOTIFY_URL", f"http://127.0.0.1:{closed_port()}/send?{SECRET}")
    assert night(workspace) == 1
    (notice,) = last_record(workspace)["notices"]
    assert "cannot be reached" in notice
