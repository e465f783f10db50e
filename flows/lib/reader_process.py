"""The process that reads spreadsheets: bounded in memory, with no secrets, replaceable.

A hostile or broken workbook can make a reader take all memory, hang or abort; then this process
ends and the night goes on. It reads `{"path", "kind"}` as a line of JSON and answers with pickled
messages, each after its length: `sheet`, `rows`, `rejected`, `done`.
"""

import ctypes
import json
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from flows.lib.errors import Rejected
from flows.lib.file_kinds import kind_of

MEMORY_BYTES = 3 << 30
ROWS_IN_MESSAGE = 2_000
LENGTH = struct.Struct(">I")
PR_SET_PDEATHSIG = 1

Message = tuple[Any, ...]


def _messages(path: Path, kind: str) -> Iterator[Message]:
    """Read one file: for each sheet what is said of it, then its rows."""
    if kind == "xlsx":
        from flows.lib.workbook_readers import xlsx_sheets as sheets
    elif kind == "xls":
        from flows.lib.workbook_readers import xls_sheets as sheets
    elif kind == "html":
        from flows.lib.markup_readers import html_sheets as sheets
    else:
        from flows.lib.markup_readers import xml_sheets as sheets
    for name, is_hidden, merged, date_system, rows in sheets(path):
        yield "sheet", name, is_hidden, merged, date_system
        for start in range(0, len(rows), ROWS_IN_MESSAGE):
            yield "rows", start + 1, rows[start : start + ROWS_IN_MESSAGE]


def answer(out: BinaryIO, path: Path, kind: str) -> None:
    """Write the messages of one file; a failure is a sentence about the file."""

    def send(message: Message) -> None:
        content = pickle.dumps(message, protocol=5)
        out.write(LENGTH.pack(len(content)))
        out.write(content)

    try:
        for message in _messages(path, kind):
            send(message)
        send(("done",))
    except Rejected as error:
        send(("rejected", str(error)))
    except MemoryError:
        send(
            ("rejected", "the file holds more cells than can be read: delete what is not the table")
        )
    except Exception as error:  # noqa: BLE001 - the readers' errors have no common base
        kind_of_error = type(error).__name__
        send(
            (
                "rejected",
                f"the file is not readable as a workbook ({kind_of_error}): save it as .xlsx",
            )
        )
    out.flush()


def main() -> None:
    """Serve until the other side is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the night decides when to end
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        path = Path(asked["path"])
        answer(sys.stdout.buffer, path, asked.get("kind") or kind_of(path))


if __name__ == "__main__":
    main()
