"""The process that reads spreadsheets: whatever it says or does is a sentence about that file."""

import io
import os
import resource
import select
import sys
import threading
from datetime import datetime, time, timedelta
from pathlib import Path

import msgpack
import openpyxl
import pytest
from parsing_parts import CAPTIONS, DETAIL, TABLE, as_xlsx, cells, contract, opened

from flows.common.errors import Rejected
from flows.readers import sandbox
from flows.readers.sandbox_worker import decode_value, encode_value
from flows.readers.sheets import open_sheets


def test_a_file_that_is_too_much_for_the_reader_is_told_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE
    reader = sandbox._thread.reader
    resource.prlimit(reader.process.pid, resource.RLIMIT_AS, (300 << 20, 300 << 20))
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "x"
    book.worksheets[0]["XFD1048576"] = "far"
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(Rejected, match=r"cells|too much"):
        opened(buffer.getvalue(), tmp_path)
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE
    monkeypatch.setattr(sandbox, "READ_SECONDS", 0.5)
    os.kill(sandbox._thread.reader.process.pid, 19)  # SIGSTOP
    with pytest.raises(Rejected, match="could not be read within"):
        opened(as_xlsx(TABLE), tmp_path)
    monkeypatch.setattr(sandbox, "READ_SECONDS", 300.0)
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE


def test_a_file_that_was_left_half_read_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(as_xlsx([list(CAPTIONS), *[list(DETAIL)] * 5000]))
    half_read = open_sheets(tmp_path / "long", contract())
    half_read_rows = next(half_read).rows
    next(half_read_rows)
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE
    assert sum(1 for _ in half_read_rows) == 5000
    half_read.close()
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE


TALKING = """
import json, msgpack, os, socket, sys, time
parent = socket.socket(fileno=int(sys.argv[1]))
_, (target, *_), _, _ = socket.recv_fds(parent, 1 << 20, 1)
def send(content): parent.send(content)
def end(): send(b'["done"]')
def finish(): say('end'); end()
def write(content): os.write(target, content)
def say(*message): write(msgpack.packb(message))
"""
SHEET = "say('sheet', '表', False, [], None, [])\n"


@pytest.mark.parametrize(
    "said",
    [
        "send(b'no message at all')",
        "send(b'5')",
        "send(b'[\"rejected\", 5]')",
        "send(b'[' * 60_000)",
        "write(b'no message at all'); end()",
        "write(bytes(2)); finish()",
        "write(b'\xc1'); finish()",
        "write(b'\xdd\xff\xff\xff\xff'); finish()",
        "write(b'\x81\x90\x90'); finish()",
        "write(b'\x91' * 200_000); finish()",
        "say(); finish()",
        "say('hello'); finish()",
        "say('rows', 1, [['x']]); finish()",
        "say('sheet', '表'); finish()",
        "say('sheet', None, False, [], None, []); finish()",
        "say('sheet', '表', False, [['x', 1, 1]], None, []); finish()",
        "say('sheet', '表', False, [[1, 1, []]], None, []); finish()",
        "say('sheet', '表', False, [], None, ['the second']); finish()",
        "say('sheet', '表', False, [], None, [], 'more'); finish()",
        SHEET + "say('rows', 1); finish()",
        SHEET + "say('rows', 1, ['x']); finish()",
        SHEET + "say('rows', 'first', [['x']]); finish()",
        SHEET + "say('rows', 1, [['x', ['a cell in a cell']]]); finish()",
        SHEET + "say('rows', 1, [[{'x': 1}]]); finish()",
        SHEET + "say('rows', 1, [[msgpack.ExtType(0, b'date never')]]); finish()",
        SHEET + "say('rows', 1, [[msgpack.ExtType(0, b'os.system true')]]); finish()",
        SHEET + "say('rows', 1, [[msgpack.ExtType(5, b'')]]); finish()",
        SHEET + "write(msgpack.packb(['rows', 1, [['x']]])[:-1]); end()",
        SHEET + "os.kill(os.getpid(), 9)",
        SHEET + "os.abort()",
        SHEET + "parent.close(); time.sleep(60)",
        "sys.exit(3)",
        "os.kill(os.getpid(), 9)",
        "time.sleep(60)",
    ],
)
def test_whatever_the_reader_says_or_does_is_a_sentence_about_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(sandbox, "READ_SECONDS", 1.0)
    monkeypatch.setattr(sandbox, "_thread", threading.local())
    script = TALKING + said + "\ntime.sleep(9)"
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "COMMAND", [sys.executable, "-c", script])
        with pytest.raises(Rejected, match=r"reader of spreadsheets|could not be read within"):
            cells(as_xlsx(TABLE), tmp_path)
    monkeypatch.setattr(sandbox, "READ_SECONDS", 300.0)
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE


def test_a_reader_that_ended_or_speaks_unasked_is_not_asked_for_the_next_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_thread", threading.local())
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE
    sandbox._thread.reader.process.kill()
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE
    command = [sys.executable, "-c", TALKING.replace("_, (target", "send(b'unasked'); _, (target")]
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "COMMAND", command)
        speaking = sandbox._thread.reader = sandbox.ReaderProcess()
        select.select([speaking.socket], [], [], 10)
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE
    assert speaking.process.poll() is not None


def test_days_and_times_come_through_as_they_are() -> None:
    moment = datetime(2023, 9, 1, 12, 30, 5, 70)
    values = [moment, moment.date(), time(8, 1), timedelta(-1, 5, 7)]
    content = msgpack.packb(values, default=encode_value)
    assert msgpack.unpackb(content, ext_hook=decode_value) == values


def test_a_full_disk_is_told_of_the_folder_and_not_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE
    monkeypatch.setattr(sandbox.tempfile, "TemporaryFile", lambda: open("/dev/full", "rb+"))  # noqa: PTH123, SIM115
    with pytest.raises(OSError, match="No space left"):
        opened(as_xlsx(TABLE), tmp_path)
    monkeypatch.undo()
    assert cells(as_xlsx(TABLE), tmp_path) == TABLE


def test_the_reader_gets_no_secret_of_the_night(tmp_path: Path) -> None:
    os.environ["ZIPING_STUDENTS_API_TOKEN"] = "canary"
    try:
        reader = sandbox.ReaderProcess()
        environment = Path(f"/proc/{reader.process.pid}/environ").read_bytes()
        reader.end()
    finally:
        del os.environ["ZIPING_STUDENTS_API_TOKEN"]
    assert b"canary" not in environment
    assert not reader.is_fit
