"""A school system's interface that fails in known ways, for the tests."""

import contextlib
import gzip
import json
import socket
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGES, ROWS_OF_A_PAGE = 3, 2
CANARY = "canary-token-5d1f0c"  # must be seen nowhere but here
ETAG = '"v1"'


def answer(page: int) -> dict[str, Any]:
    """Make a page of a small census as the system answers it."""
    numbers = range((page - 1) * ROWS_OF_A_PAGE, page * ROWS_OF_A_PAGE)
    return {
        "version": "v1",
        "total": PAGES * ROWS_OF_A_PAGE,
        "pages": PAGES,
        "page": page,
        "rows": [{"XJH": f"G{number:05d}", "XXBSM": "2151000383"} for number in numbers],
        "next": f"?census=2023-09-01&page={page + 1}" if page < PAGES else None,
    }


class Answering(BaseHTTPRequestHandler):
    """Answers one request; the faults below are told the page that is asked for."""

    faults: Mapping[str, str | list[str]] = {}
    asked: list[tuple[str, int]]

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""

    def do_GET(self) -> None:
        """Answer by the fault of the census; a list of faults is that of the first requests."""
        query = parse_qs(urlsplit(self.path).query)
        census, page = query["census"][0], int(query.get("page", ["1"])[0])
        self.asked.append((census, page))
        fault = self.faults.get(census)
        if isinstance(fault, list):
            fault = fault.pop(0) if fault else None
        with contextlib.suppress(ConnectionError):
            FAULTS[fault].answer(self, page) if fault else send(self, page)

    def say(
        self, body: bytes, status: int = 200, length: int | None = None, **headers: str
    ) -> None:
        """Send a body; without a length the end of the connection is its end."""
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def say_json(self, content: Any, **headers: str) -> None:
        """Send JSON whole."""
        body = json.dumps(content).encode()
        self.say(body, length=len(body), **headers)

    def drip(self, content: bytes) -> None:
        """Send byte by byte, each long before the client would lose its patience."""
        for byte in content:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.02)


def send(self: Answering, page: int) -> None:
    """Answer as it should be, to who shows the token."""
    if self.headers.get("Authorization") != f"Bearer {CANARY}":
        self.say(b"{}", 401, 2)
    elif self.headers.get("If-None-Match") == ETAG:
        self.say(b"", 304, ETag=ETAG)
    else:
        self.say_json(answer(page), ETag=ETAG)


@dataclass(frozen=True)
class Fault:
    """What goes wrong, what is said of it, and whether asking again is of any use."""

    answer: Any
    sentence: str
    is_asked_again: bool = True


FAULTS: dict[str, Fault] = {}


def fault(name: str, sentence: str, *, is_asked_again: bool = True) -> Any:
    """Enter a way to answer among the faults."""

    def enter(function: Any) -> Any:
        FAULTS[name] = Fault(function, sentence, is_asked_again)
        return function

    return enter


def _enter_statuses() -> None:
    """Enter the faults that are nothing but a status."""
    refused = "refuses the token .*renew ZIPING_STUDENTS_API_TOKEN"
    elsewhere = "leads elsewhere .*set ZIPING_STUDENTS_API_URL"
    for status, sentence, is_asked_again in (
        (500, "answers 500", True), (502, "answers 502", True), (503, "answers 503", True),
        (429, "answers 429", True), (401, refused, False), (403, refused, False),
        (404, "answers 404: compare path and parameters", False),
        (304, "answers 304, that nothing is new", False),
    ):  # fmt: skip
        fault(f"answers {status}", sentence, is_asked_again=is_asked_again)(
            lambda self, page, status=status: self.say(b"", status, 0)
        )
    for wait in ("86400", "Wed, 01 Jan 2099 00:00:00 GMT"):
        fault(f"wants {wait} of patience", "answers 429 and asks for .* s", is_asked_again=False)(
            lambda self, page, wait=wait: self.say(b"", 429, 0, Retry_After=wait)
        )
    for target in ("file:///etc/passwd", "http://169.254.169.254/latest", "//:::/", "?page=1"):
        fault(f"redirects to {target}", elsewhere, is_asked_again=False)(
            lambda self, page, target=target: self.say(b"", 302, 0, Location=target)
        )
    for end in ("version", "total"):
        fault(f"{end} changes between pages", "it changed while it was read")(
            lambda self, page, end=end: self.say_json(
                answer(page) | ({end: "12"} if page == PAGES else {})
            )
        )


_enter_statuses()
NOT_WHOLE = "no whole JSON"
BROKEN_OFF = "cannot be reached, or breaks off"
LACKS = "lacks rows, total or another word"
ANNOUNCED = "rows came of 6 announced"
OVERTIME = "no whole answer within 1 s"


@fault("a row is missing at the end", ANNOUNCED)
def _ends_short(self: Answering, page: int) -> None:
    content = answer(page)
    if page == PAGES:
        content["rows"] = content["rows"][:-1]
    self.say_json(content)


@fault("pages are counted from 0", f"4 {ANNOUNCED}: if it counts its pages from 0, say first_page")
def _counts_from_0(self: Answering, page: int) -> None:
    content = answer(page + 1)
    self.say_json(content | ({"rows": []} if page == PAGES else {}))


@fault("last page is given again for the pages after it", f"8 {ANNOUNCED}, 2 of them word for word")
def _goes_on(self: Answering, page: int) -> None:
    self.say_json(answer(min(page, PAGES)) | {"pages": PAGES + 2})


@fault("page is repeated", ANNOUNCED)
def _repeats_a_page(self: Answering, page: int) -> None:
    self.say_json(answer(min(page, 2)))


@fault("page is dropped", ANNOUNCED)
def _drops_a_page(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"pages": 2})


@fault("order changes between pages", ANNOUNCED)
def _changes_its_order(self: Answering, page: int) -> None:
    rows = [row for number in range(1, PAGES + 1) for row in answer(number)["rows"]]
    rows = rows if page == 1 else rows[1:] + rows[:1]
    self.say_json(answer(page) | {"rows": rows[(page - 1) * 2 : page * 2]})


@fault("more rows than announced", ANNOUNCED)
def _never_ends(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"pages": 10**9, "next": f"?census=2023-09-01&page={page + 1}"})


@fault("pages without rows for ever", ANNOUNCED)
def _runs_empty(self: Answering, page: int) -> None:
    rows = answer(page)["rows"] if page == 1 else []
    self.say_json(
        answer(page) | {"pages": 10**9, "rows": rows, "next": "?census=2023-09-01&page=9"}
    )


@fault("page fails", "answers 503")
def _fails_on_a_page(self: Answering, page: int) -> None:
    if page == 1:
        self.say_json(answer(page))
    else:
        self.say(b"{}", 503, 2)


@fault("body ends early without a length", NOT_WHOLE)
def _ends_early(self: Answering, page: int) -> None:
    body = json.dumps(answer(page)).encode()
    self.say(body[: len(body) // 2])


@fault("body ends before its length", BROKEN_OFF)
def _says_more_than_it_sends(self: Answering, page: int) -> None:
    body = json.dumps(answer(page)).encode()
    self.say(body[: len(body) // 2], length=len(body))


@fault("chunk is cut", BROKEN_OFF)
def _cuts_a_chunk(self: Answering, page: int) -> None:
    self.say(b"ff\r\n" + json.dumps(answer(page)).encode()[:100], Transfer_Encoding="chunked")


@fault("gzip is cut", NOT_WHOLE)
def _cuts_gzip(self: Answering, page: int) -> None:
    rows = [{"XJH": f"G{number:05d}", "XXBSM": f"{number**3}"} for number in range(3000)]
    body = gzip.compress(json.dumps(answer(page) | {"rows": rows}).encode())
    self.say(body[: len(body) // 2], Content_Encoding="gzip")


@fault("gzip is none", BROKEN_OFF)
def _says_gzip(self: Answering, page: int) -> None:
    self.say(json.dumps(answer(page)).encode(), Content_Encoding="gzip")


@cache
def bomb(megabytes: int) -> bytes:
    """Pack a JSON text that is a thousand times larger than what is sent of it."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    blocks = [packing.compress(b'{"rows": ["')]
    blocks += [packing.compress(b"a" * 1_000_000) for _ in range(megabytes)]
    return b"".join([*blocks, packing.compress(b'"]}'), packing.flush()])


@fault("gzip bomb", "larger than 2 MB.*ZIPING_PULL_MEGABYTES", is_asked_again=False)
def _sends_a_bomb(self: Answering, page: int) -> None:
    self.say(bomb(60), Content_Encoding="gzip")


@fault("redirect with a gzip bomb", "leads elsewhere", is_asked_again=False)
def _redirects_with_a_bomb(self: Answering, page: int) -> None:
    self.say(bomb(60), 302, Content_Encoding="gzip", Location="/elsewhere")


@fault("JSON nested without end", NOT_WHOLE)
def _nests(self: Answering, page: int) -> None:
    self.say(b'{"rows":' + b"[" * 200_000)


@fault("connection is closed at once", BROKEN_OFF)
def _closes_at_once(self: Answering, page: int) -> None:
    self.connection.shutdown(socket.SHUT_RDWR)


@fault("is silent", BROKEN_OFF)
def _is_silent(self: Answering, page: int) -> None:
    time.sleep(2)


@fault("drips its body", OVERTIME, is_asked_again=False)
def _drips(self: Answering, page: int) -> None:
    self.send_response(200)
    self.end_headers()
    self.drip(json.dumps(answer(page)).encode())


@fault("drips its headers", OVERTIME, is_asked_again=False)
def _drips_headers(self: Answering, page: int) -> None:
    self.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 400)


@fault("login page", "a web page.*renew ZIPING_STUDENTS_API_TOKEN", is_asked_again=False)
def _shows_a_login_page(self: Answering, page: int) -> None:
    body = b"\n<!DOCTYPE html><html><form>login</form></html>"
    self.say(body, length=len(body), Content_Type="text/html")


@fault("tells its error with status 200", r"tells an error \(code 500\) within an answer 200")
def _tells_an_error(self: Answering, page: int) -> None:
    self.say_json({"code": 500, "message": "busy"})


for words in (
    {"code": 401, "msg": ""},
    {"code": "A0230", "msg": "token 已过期"},
    {"error": "未登录"},
):
    fault(f"refuses within 200: {words}", "refuses the token .*renew", is_asked_again=False)(
        lambda self, page, words=words: self.say_json(words | {"data": None})
    )


@fault("data is null", LACKS)
def _has_no_data(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"rows": None})


@fault("rows are no objects", LACKS)
def _has_other_rows(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"rows": [1, None]})


@fault("no rows at all", "answers no rows, as after a failed load", is_asked_again=False)
def _is_empty(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"rows": [], "total": 0, "pages": 0})


@fault("answer is a list", LACKS)
def _is_a_list(self: Answering, page: int) -> None:
    self.say_json(answer(page)["rows"])


@fault("rows lack their key", "no row has a value of XJH, which order_by names")
def _lacks_a_key(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"rows": [{"XXBSM": "2151000383"}] * 2})


@contextlib.contextmanager
def faulty_api(
    faults: Mapping[str, str | list[str]],
    asked: list[tuple[str, int]] | None = None,
    certificate: Path | None = None,
) -> Iterator[str]:
    """Serve censuses on loopback, each with the fault named for it; give the address.

    `asked` is filled with the census and page of each request.
    """
    words = {"faults": faults, "asked": [] if asked is None else asked}
    handler = type("Handler", (Answering,), words)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            scheme = "https" if certificate else "http"
            yield f"{scheme}://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """Listen where no connection is ever made: the queue is full, and more SYNs are dropped."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
