"""Serving the school system's interface of the sample: censuses of pupils, page by page."""

from __future__ import annotations

import gzip
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from flows.sample import MARK

SAMPLE_TOKEN = "sample-token"  # it guards invented data on loopback
PATH = "/api/v1/students"
LARGEST_PAGE = 5000


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        """Take the status and the reason to tell."""
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Census:
    """The rows of one census as they are sent, and the hash of its content."""

    version: str
    rows: Sequence[bytes]


@dataclass(frozen=True)
class Page:
    """A page ready to be sent."""

    etag: str
    body: bytes


@lru_cache(maxsize=6)
def _read_census(path: Path, stamp: tuple[int, int]) -> Census:
    """Read a census; `stamp` tells one content of the file from the next."""
    content = path.read_bytes()
    return Census(sha256(content).hexdigest(), content.splitlines())


@lru_cache(maxsize=256)
def _page(path: Path, stamp: tuple[int, int], number: int, size: int, packed: bool) -> Page:
    """Prepare a page, compressed or not."""
    census = _read_census(path, stamp)
    pages = max(1, -(-len(census.rows) // size))
    if not 1 <= number <= pages:
        raise Refused(HTTPStatus.NOT_FOUND, f"there are {pages} pages")
    head = {
        "sample": MARK,
        "census": path.stem.removeprefix("students-"),
        "version": census.version,
        "total": len(census.rows),
        "page": number,
        "pages": pages,
    }
    start = json.dumps(head, ensure_ascii=False).removesuffix("}").encode()
    rows = b",\n".join(census.rows[(number - 1) * size : number * size])
    body = start + b', "rows": [' + rows + b"]}\n"
    return Page(f'"{census.version}"', gzip.compress(body, 1, mtime=0) if packed else body)


def _whole_number(query: dict[str, list[str]], name: str, default: int) -> int:
    text = query.get(name, [str(default)])[-1]
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name} must be a whole number")
    return int(text)


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer would wait for an acknowledgement
    wbufsize = -1

    def __init__(self, folder: Path, token: str, *args: object) -> None:
        self.folder, self.token = folder, token
        super().__init__(*args)  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent: requests are of no interest."""

    def do_GET(self) -> None:
        """Answer with a page, with 304 where the client has it, or with an error."""
        try:
            page, packed = self._find_page()
        except Refused as error:
            answer = {"sample": MARK, "error": str(error)}
            self._send(error.status, json.dumps(answer, ensure_ascii=False).encode(), {})
            return
        headers = {"ETag": page.etag, "Vary": "Accept-Encoding"}
        known = self.headers.get("If-None-Match", "")
        if known.strip() == "*" or page.etag in re.findall(r'"[^"]*"', known):
            self._send(HTTPStatus.NOT_MODIFIED, b"", headers)
            return
        if packed:
            headers["Content-Encoding"] = "gzip"
        self._send(HTTPStatus.OK, page.body, headers)

    def _find_page(self) -> tuple[Page, bool]:
        target = urlsplit(self.path)
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            raise Refused(HTTPStatus.UNAUTHORIZED, "the token is missing or wrong")
        if target.path != PATH:
            raise Refused(HTTPStatus.NOT_FOUND, f"there is only {PATH}")
        query = parse_qs(target.query)
        census = query.get("census", [""])[-1]
        path = self.folder / f"students-{census}.jsonl"
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", census) or not path.exists():
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such census")
        number, size = _whole_number(query, "page", 1), _whole_number(query, "size", LARGEST_PAGE)
        if not 1 <= size <= LARGEST_PAGE:
            raise Refused(HTTPStatus.BAD_REQUEST, f"size must be from 1 to {LARGEST_PAGE}")
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        status = path.stat()
        stamp = status.st_mtime_ns, status.st_size
        return _page(path, stamp, number, size, packed), packed

    def _send(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass(frozen=True)
class RunningServer:
    """The interface while it answers; as a context manager it stops at the end."""

    url: str
    server: ThreadingHTTPServer
    thread: Thread

    def stop(self) -> None:
        """Stop answering and free the port."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self) -> RunningServer:
        """Give the running server."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, whatever happened."""
        self.stop()


def serve(
    workspace: Path, host: str = "127.0.0.1", port: int = 0, token: str = SAMPLE_TOKEN
) -> RunningServer:
    """Serve a workspace's censuses in a thread; port 0 takes a free one."""
    handler = partial(_Handler, workspace / "raw" / "sample", token)
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    return RunningServer(f"http://{host}:{server.server_address[1]}", server, thread)
