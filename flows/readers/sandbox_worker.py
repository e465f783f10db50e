"""The process that reads spreadsheets: bounded in memory, with no secrets, replaceable.

A hostile or broken workbook can make a reader take all memory, hang or abort; then this process
ends and the run goes on. `sandbox.py` says how it is asked and answers.
"""

import errno
import json
import resource
import signal
import socket
import sys
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgpack

from flows.common.errors import Rejected
from flows.common.messages import message
from flows.common.process import die_with_parent, without_collection

if TYPE_CHECKING:
    from flows.readers.grid import SheetCells

MEMORY_BYTES = 3 << 30
FREE_BYTES = 1 << 29
BYTES_OF_BYTE = 64  # what a byte of a file may take: of an .xls two bytes may be a cell
CELLS_IN_MESSAGE = 20_000  # no message is so large that it would need much memory twice

REQUEST_BYTES = 1 << 20
DATE_TYPES: dict[str, Any] = {kind.__name__: kind for kind in (date, datetime, time)}

Request = Mapping[str, Any]  # path, kind, and for pages the captions and the stated encoding


def encode_value(value: object) -> msgpack.ExtType:
    """Write what MessagePack has no type for: days and times, by name and ISO text."""
    if isinstance(value, timedelta):
        return msgpack.ExtType(0, f"timedelta {value.total_seconds()!r}".encode())
    if isinstance(value, date | time):
        return msgpack.ExtType(0, f"{type(value).__name__} {value.isoformat()}".encode())
    raise TypeError


def decode_value(_code: int, content: bytes) -> Any:
    """Read what `encode_value` wrote; raises ValueError or KeyError for anything else."""
    kind, _, text = content.decode().partition(" ")
    if kind == "timedelta":
        return timedelta(seconds=float(text))
    return DATE_TYPES[kind].fromisoformat(text)


def open_workbook(request: Request) -> Iterator["SheetCells"]:
    """Read the sheets of one file by its kind."""
    path = Path(request["path"])
    match request["kind"]:
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

            return html_sheets(path, request["captions"], request["encoding"])
        case _:
            from flows.readers.spreadsheetml import xml_sheets

            return xml_sheets(path, request["captions"], request["encoding"])


def _write_sheets(request: Request, target: IO[bytes]) -> None:
    """Write for each sheet of a file what is said of it, then its rows."""
    packer = msgpack.Packer(default=encode_value, unicode_errors="surrogatepass")
    for name, is_hidden, merged, date_system, rows, hidden_rows in open_workbook(request):
        places = [[*place, value] for place, value in merged.items()]
        target.write(packer.pack(["sheet", name, is_hidden, places, date_system, [*hidden_rows]]))
        count = max(1, CELLS_IN_MESSAGE // max([1, *map(len, rows)]))
        for start in range(0, len(rows), count):
            target.write(packer.pack(["rows", start + 1, rows[start : start + count]]))
    target.write(packer.pack(["end"]))


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


def answer(request: Request, target: int) -> list[Any]:
    """Write the sheets of one file; a failure is a sentence about the file."""
    try:
        _bound_memory(Path(request["path"]))
        with open(target, "wb") as file, without_collection():
            _write_sheets(request, file)
    except Rejected as error:
        return ["rejected", error.message.as_json()]
    except MemoryError:
        return ["rejected", message("too_many_cells").as_json()]
    except Exception as error:  # noqa: BLE001 - the readers' errors have no common base
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return ["full"]
        return ["rejected", message("workbook_unreadable").as_json()]
    return ["done"]


def main() -> None:
    """Serve until the other side is gone."""
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides when to end
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        while True:
            request, targets, _, _ = socket.recv_fds(parent, REQUEST_BYTES, 1)
            if not request:
                return
            parent.send(json.dumps(answer(json.loads(request), targets[0])).encode())


if __name__ == "__main__":
    main()
