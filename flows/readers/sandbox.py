"""Asking the reader process for the sheets of a file; its death is a sentence about that file."""

import atexit
import io
import json
import os
import pickle
import resource
import selectors
import subprocess
import sys
import threading
from collections.abc import Collection, Generator, Mapping
from contextlib import closing, suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any

from flows.common.errors import Rejected
from flows.common.messages import Message
from flows.common.settings import CHECKOUT

COMMAND = [sys.executable, "-s", "-m", "flows.readers.sandbox_worker"]
READ_SECONDS = 300.0  # for one file
GROWN_BYTES = 3 << 29  # half of what one file may take: the next one shall have that
LENGTH_BYTES = 4
MESSAGE_BYTES = 1 << 30
CELLS = {str, int, float, bool, type(None), Decimal, date, datetime, time, timedelta}
ALLOWED = {("datetime", name) for name in ("date", "datetime", "time", "timedelta")}

Messages = Generator[tuple[Any, ...], None, None]


def _no_cell() -> Rejected:
    return Rejected("reader_sent_no_cell")


def _too_much() -> Rejected:
    return Rejected("reader_ended")


class _Unpickler(pickle.Unpickler):
    """Takes plain values alone: a reader that a file has taken over can send nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise _no_cell()
        return super().find_class(module, name)


class ReaderProcess:
    """One reader, used for many files, ended when a file was too much for it."""

    def __init__(self) -> None:
        """Start it with neither the settings nor the secrets of the night."""
        self.process = subprocess.Popen(
            COMMAND,
            cwd=CHECKOUT,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8",
                 "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def is_fit(self) -> bool:
        """Whether it can take another file: it waits for one, and no file left it grown."""
        out = self.process.stdout
        if self.process.poll() is not None or out is None:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            if selector.select(0):  # what it says unasked would be taken for the next file's rows
                return False
        with suppress(OSError, IndexError):  # it may end at this moment
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[0])
            return pages * resource.getpagesize() <= GROWN_BYTES
        return False

    def end(self) -> None:
        """End it, whatever it does."""
        atexit.unregister(self.end)
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with suppress(OSError):  # what it was not told of any more
                    pipe.close()

    def ask(self, asked: Mapping[str, Any]) -> bool:
        """Ask for a file; False where it is there no more."""
        try:
            if self.process.stdin:
                self.process.stdin.write(json.dumps(asked).encode() + b"\n")
                self.process.stdin.flush()
                return True
        except OSError:
            self.end()
        return False

    def _bytes(self, count: int, deadline: float) -> bytes:
        parts, missing = [], count
        out = self.process.stdout
        if out is None or count > MESSAGE_BYTES:
            raise _too_much()
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while missing:
                if not selector.select(max(deadline - monotonic(), 0)):
                    raise Rejected("reading_took_too_long", seconds=READ_SECONDS)
                block = os.read(out.fileno(), min(missing, 1 << 20))
                if not block:
                    raise _too_much()
                parts.append(block)
                missing -= len(block)
        return b"".join(parts)

    def messages(self) -> Messages:
        """Give the messages about the file that was asked for, up to the last one.

        Whatever else comes than these, or nothing at all, is a sentence about that file.
        """
        deadline = monotonic() + READ_SECONDS
        is_whole = is_begun = False
        try:
            while not is_whole:
                length = int.from_bytes(self._bytes(LENGTH_BYTES, deadline), "big")
                content = self._bytes(length, deadline)
                try:
                    message = _Unpickler(io.BytesIO(content)).load()
                except Rejected:
                    raise
                except Exception:  # noqa: BLE001 - it may be any, and its text holds values
                    raise _no_cell() from None
                if not _is_message(message, is_begun=is_begun):
                    raise _no_cell()
                is_begun = is_begun or message[0] == "sheet"
                is_whole = message[0] in ("done", "rejected")
                yield message
        finally:
            if not is_whole:
                self.end()


def _is_message(message: object, *, is_begun: bool) -> bool:
    """Whether a message is one of those that the reader process gives, rows within a sheet."""
    match message:
        case ("done",) | ("rejected", dict()):
            return True
        case ("sheet", str(), bool(), dict(merged), None | int(), list() | tuple() | set() as rows):
            is_plain = {*map(type, rows)} <= {int} and {*map(type, merged.values())} <= CELLS
            return is_plain and all(map(_is_place, merged))
        case ("rows", int(), list(rows)) if is_begun:
            return all(type(row) is list and {*map(type, row)} <= CELLS for row in rows)
    return False


def _rejected(kept: Mapping[str, Any]) -> Rejected:
    """Say what the reader process says of a file, if it is among what may be said."""
    try:
        said = Message.from_json(kept)
        return Rejected(said.code, **said.parameters)
    except (KeyError, TypeError, AttributeError):
        return _no_cell()


def _is_place(place: object) -> bool:
    return type(place) is tuple and [*map(type, place)] == [int, int]


_readers = threading.local()


def _asked_reader(asked: Mapping[str, Any]) -> ReaderProcess:
    """Ask a reader for a file: the last one, or a new one where that cannot take it."""
    # Nobody else may ask a reader that has not yet told all of a file: it would get that file's
    # rows as its own.
    reader: ReaderProcess | None = getattr(_readers, "one", None)
    _readers.one = None
    if reader and not reader.is_fit:
        reader.end()
        reader = None
    if reader and reader.ask(asked):
        return reader
    reader = ReaderProcess()
    atexit.register(reader.end)
    if not reader.ask(asked):
        raise _too_much()
    return reader


def read_sheets(
    path: Path, kind: str, captions: Collection[str] = (), encoding: str | None = None
) -> Messages:
    """Give the messages about a spreadsheet; raises Rejected with a sentence about it."""
    asked = {
        "path": str(path.resolve()), "kind": kind, "captions": list(captions), "encoding": encoding,
    }  # fmt: skip
    reader = _asked_reader(asked)
    with closing(reader.messages()) as messages:
        for message in messages:
            if message[0] in ("done", "rejected"):
                _readers.one = reader
            if message[0] == "rejected":
                raise _rejected(message[1])
            if message[0] != "done":
                yield message
