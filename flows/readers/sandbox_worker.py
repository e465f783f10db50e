"""The process that reads spreadsheets: bounded in memory, with no secrets, replaceable.

A hostile or broken workbook can make a reader take all memory, hang or abort; then this process
ends and the night goes on. It reads what is asked as a line of JSON and answers with pickled
messages, each after its length: `sheet`, `rows`, `rejected`, `done`.
"""

import ctypes
import json
import pickle
import resource
import signal
import struct
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from flows.common.errors import Rejected
from flows.common.messages import message
from flows.common.process import without_collection

MEMORY_BYTES = 3 << 30
FREE_BYTES = 1 << 29
BYTES_OF_BYTE = 64  # what a byte of a file may take: of an .xls two bytes may be a cell
CELLS_IN_MESSAGE = 20_000  # no message is so large that it would need much memory twice
LENGTH = struct.Struct(">I")
PR_SET_PDEATHSIG = 1

Message = tuple[Any, ...]
Asked = Mapping[str, Any]  # path, kind, and for pages the captions and the stated encoding


def sheets_of(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Read the sheets of one file by its kind."""
    path = Path(asked["path"])
    match asked["kind"]:
        case "xlsx":
            from flows.readers.excel import xlsx_sheets

            return xlsx_sheets(path)
        case "xls":
            from flows.readers.excel import xls_sheets

            return xls_sheets(path)
        case "ods":
            from flows.readers.opendocument import open_document_sheets

            return open_document_sheets(path)
        case "html":
            from flows.readers.html import html_sheets

            return html_sheets(path, asked["captions"], asked["encoding"])
        case _:
            from flows.readers.spreadsheetml import xml_sheets

            return xml_sheets(path, asked["captions"], asked["encoding"])


def _messages(asked: Asked) -> Iterator[Message]:
    """Read one file: for each sheet what is said of it, then its rows."""
    for name, is_hidden, merged, date_system, rows, hidden_rows in sheets_of(asked):
        yield "sheet", name, is_hidden, merged, date_system, hidden_rows
        count = max(1, CELLS_IN_MESSAGE // max([1, *map(len, rows)]))
        for start in range(0, len(rows), count):
            yield "rows", start + 1, rows[start : start + count]


def _bound_memory(path: Path) -> None:
    """Let a file take memory by its size: a small one that takes much is broken or hostile."""
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    allowed = min(most, used + FREE_BYTES + size * BYTES_OF_BYTE)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, most))


def answer(out: BinaryIO, asked: Asked) -> None:
    """Write the messages of one file; a failure is a sentence about the file."""

    def send(answered: Message) -> None:
        content = pickle.dumps(answered, protocol=5)
        out.write(LENGTH.pack(len(content)))
        out.write(content)

    try:
        _bound_memory(Path(asked["path"]))
        with without_collection():
            for part in _messages(asked):
                send(part)
        send(("done",))
    except Rejected as error:
        send(("rejected", error.message.as_json()))
    except MemoryError:
        send(("rejected", message("too_many_cells").as_json()))
    except Exception:  # noqa: BLE001 - the readers' errors have no common base
        send(("rejected", message("workbook_unreadable").as_json()))
    out.flush()


def main() -> None:
    """Serve until the other side is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the night decides when to end
    for line in sys.stdin.buffer:
        answer(sys.stdout.buffer, json.loads(line))


if __name__ == "__main__":
    main()
