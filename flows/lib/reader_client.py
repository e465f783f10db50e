"""Asking the reader process for the sheets of a file; its death is a sentence about that file."""

import atexit
import io
import json
import os
import pickle
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from flows.lib.errors import Rejected, ZipingError
from flows.lib.settings import CHECKOUT

READ_SECONDS = 300.0  # for one file
GROWN_BYTES = 3 << 29  # half of what one file may take: the next one shall have that
LENGTH_BYTES = 4
ALLOWED = {("datetime", name) for name in ("date", "datetime", "time", "timedelta")}

Messages = Generator[tuple[Any, ...], None, None]


class _Unpickler(pickle.Unpickler):
    """Takes plain values alone: a reader that a file has taken over can send nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise Rejected("the reader of spreadsheets sent what is no cell")
        return super().find_class(module, name)


class ReaderProcess:
    """One reader, used for many files, ended when a file was too much for it."""

    def __init__(self) -> None:
        """Start it with neither the settings nor the secrets of the night."""
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-m", "flows.lib.reader_process"],
            cwd=CHECKOUT,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8",
                 "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def is_fit(self) -> bool:
        """Whether it can take another file: it is alive, and no file left it grown."""
        if self.process.poll() is not None:
            return False
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[0])
        return pages * resource.getpagesize() <= GROWN_BYTES

    def end(self) -> None:
        """End it, whatever it does."""
        atexit.unregister(self.end)
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()

    def _bytes(self, count: int, deadline: float) -> bytes:
        out = self.process.stdout
        assert out is not None
        parts, missing = [], count
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while missing:
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    raise Rejected(
                        f"the file could not be read within {READ_SECONDS:.0f} s: delete what is "
                        "not the table, and empty rows and columns after it"
                    )
                block = os.read(out.fileno(), min(missing, 1 << 20))
                if not block:
                    if self.process.wait() == -signal.SIGKILL:  # it says nothing of the file
                        raise ZipingError(
                            "the reader of spreadsheets was killed from outside, perhaps because "
                            "the machine has too little memory: see to that, then run again"
                        )
                    raise Rejected(
                        "the file was too much for the reader of spreadsheets, which ended: delete "
                        "what is not the table, and empty rows and columns after it"
                    )
                parts.append(block)
                missing -= len(block)
        return b"".join(parts)

    def messages(self, asked: Mapping[str, Any]) -> Messages:
        """Ask for a file and give its messages up to the last one."""
        assert self.process.stdin is not None
        deadline = time.monotonic() + READ_SECONDS
        request = json.dumps(asked)
        is_whole = False
        try:
            self.process.stdin.write(request.encode() + b"\n")
            self.process.stdin.flush()
            while True:
                length = int.from_bytes(self._bytes(LENGTH_BYTES, deadline), "big")
                content = self._bytes(length, deadline)
                message = _Unpickler(io.BytesIO(content)).load()
                if message[0] in ("done", "rejected"):
                    is_whole = True
                yield message
                if is_whole:
                    return
        except BrokenPipeError:
            raise ZipingError("the reader of spreadsheets ended: run the night again") from None
        finally:
            if not is_whole:
                self.end()


_readers = threading.local()


def read_sheets(
    path: Path, kind: str, captions: Collection[str] = (), encoding: str | None = None
) -> Messages:
    """Give the messages about a spreadsheet; raises Rejected with a sentence about it."""
    # Nobody else may ask a reader that has not yet told all of a file: it would get that file's
    # rows as its own.
    reader: ReaderProcess | None = getattr(_readers, "one", None)
    _readers.one = None
    if reader and not reader.is_fit:
        reader.end()
        reader = None
    if reader is None:
        reader = ReaderProcess()
        atexit.register(reader.end)
    asked = {
        "path": str(path.resolve()), "kind": kind, "captions": list(captions), "encoding": encoding,
    }  # fmt: skip
    with closing(reader.messages(asked)) as messages:
        for message in messages:
            if message[0] in ("done", "rejected"):
                _readers.one = reader
            if message[0] == "rejected":
                raise Rejected(message[1])
            if message[0] != "done":
                yield message
