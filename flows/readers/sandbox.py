"""Asking the reader process for the sheets of a file; its death is a sentence about that file.

The reader is asked over a socket, one message for a file, which also carries an open file without
a name: there it writes the sheets in MessagePack, which holds plain values and nothing else.
"""

import atexit
import errno
import json
import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

import msgpack

from flows.common.errors import Rejected
from flows.common.messages import Message
from flows.common.settings import CHECKOUT
from flows.readers.sandbox_worker import decode_value

COMMAND = [sys.executable, "-s", "-m", "flows.readers.sandbox_worker"]
READ_SECONDS = 300.0  # for one file
GROWN_BYTES = 3 << 29  # half of what one file may take: the next one shall have that
ANSWER_BYTES = 1 << 16
CELLS = {str, int, float, bool, type(None), date, datetime, time, timedelta}

Part = list[Any]  # of an answer: what is said of a sheet, or some of its rows


class ReaderProcess:
    """One reader, used for many files, ended when a file was too much for it."""

    def __init__(self) -> None:
        """Start it with neither the settings nor the secrets of the run."""
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [*COMMAND, str(theirs.fileno())],
                cwd=CHECKOUT,
                env={
                    "PATH": os.environ.get("PATH", ""),
                    "LC_ALL": "C.UTF-8",
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self.end)

    @property
    def is_fit(self) -> bool:
        """Whether it can take another file: it waits for one, and no file left it grown."""
        if self.process.poll() is not None or select.select([self.socket], [], [], 0)[0]:
            return False  # what it says unasked would be taken for the next file's answer
        with suppress(OSError, IndexError):  # it may end at this moment
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[0])
            return pages * resource.getpagesize() <= GROWN_BYTES
        return False

    def end(self) -> None:
        """End it, whatever it does."""
        atexit.unregister(self.end)
        self.process.kill()
        self.process.wait()
        self.socket.close()

    def ask(self, request: Mapping[str, Any], target: IO[bytes]) -> None:
        """Let it write the sheets of a file to an open one; raises Rejected where it cannot."""
        try:
            self.socket.settimeout(READ_SECONDS)
            socket.send_fds(self.socket, [json.dumps(request).encode()], [target.fileno()])
            answer = json.loads(self.socket.recv(ANSWER_BYTES))
        except TimeoutError:
            self.end()
            raise Rejected("reading_took_too_long", seconds=READ_SECONDS) from None
        except (OSError, ValueError, RecursionError):
            answer = None  # it ended, or its answer is none
        match answer:
            case ["done"]:
                return
            case ["rejected", dict()]:
                raise _read_rejected(answer[1])
            case ["full"]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), tempfile.gettempdir())
        self.end()
        raise Rejected("reader_ended")

    def read_answer(self, file: IO[bytes]) -> Iterator[Part]:
        """Give the parts that it wrote; whatever else stands there ends it."""
        is_begun = False
        unpacker = msgpack.Unpacker(
            file, ext_hook=decode_value, max_buffer_size=0, unicode_errors="surrogatepass"
        )
        try:
            part: Part
            while (part := next(unpacker, [])) != ["end"]:
                if not _is_part(part, is_begun=is_begun):
                    raise ValueError
                is_begun = True
                yield part
        except (msgpack.UnpackException, ValueError, ArithmeticError, LookupError, TypeError):
            self.end()
            raise Rejected("reader_sent_no_cell") from None


def _read_rejected(answer: Mapping[str, Any]) -> Rejected:
    """Read what the reader process says of a file, if it is among what may be said."""
    try:
        message = Message.from_json(answer)
        return Rejected(message.code, **message.parameters)
    except (KeyError, TypeError, AttributeError):
        return Rejected("reader_sent_no_cell")


def _is_part(part: object, *, is_begun: bool) -> bool:
    """Whether a part is one of those that the reader process writes, rows within a sheet."""
    match part:
        case ["sheet", str(), bool(), list(merged), None | int(), list(hidden_rows)]:
            return {*map(type, hidden_rows)} <= {int} and all(map(_is_merged_cell, merged))
        case ["rows", int(), list(rows)] if is_begun:
            return all(type(row) is list and {*map(type, row)} <= CELLS for row in rows)
    return False


def _is_merged_cell(cell: object) -> bool:
    match cell:
        case [int(), int(), value]:
            return type(value) in CELLS
    return False


_thread = threading.local()


def _get_reader() -> ReaderProcess:
    """Give the reader of this thread, or a new one where that cannot take another file."""
    reader: ReaderProcess | None = getattr(_thread, "reader", None)
    if reader and not reader.is_fit:
        reader.end()
        reader = None
    _thread.reader = reader = reader or ReaderProcess()
    return reader


def read_sheets(
    path: Path, kind: str, captions: Collection[str] = (), encoding: str | None = None
) -> Generator[Part, None, None]:
    """Give what stands in a spreadsheet, in parts; raises Rejected with a sentence about it."""
    about = {"kind": kind, "captions": list(captions), "encoding": encoding}
    with tempfile.TemporaryFile() as file:
        reader = _get_reader()
        reader.ask({"path": str(path.resolve()), **about}, file)
        file.seek(0)
        yield from reader.read_answer(file)
