"""A school system's interface that fails in known ways, for the tests."""

import contextlib
import gzip
import json
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGES, ROWS_OF_A_PAGE = 3, 2


def answer(page: int) -> dict[str, Any]:
    """Make a page of a small census as the system answers it."""
    numbers = range((page - 1) * ROWS_OF_A_PAGE, page * ROWS_OF_A_PAGE)
    return {
        "version": "v1",
        "total": PAGES * ROWS_OF_A_PAGE,
        "pages": PAGES,
        "page": page,
        "rows": [{"XJH": f"G{number:05d}", "XXBSM": "2151000383"} for number in numbers],
    }


class Answering(BaseHTTPRequestHandler):
    """Answers one request; the faults below are told the page that is asked for."""

    faults: Mapping[str, str] = {}
    asked: list[tuple[str, int]]

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""

    def do_GET(self) -> None:
        """Answer by the fault of the census."""
        query = parse_qs(urlsplit(self.path).query)
        census, page = query["census"][0], int(query["page"][0])
        self.asked.append((census, page))
        fault = self.faults.get(census)
        with contextlib.suppress(ConnectionError):
            (FAULTS[fault] if fault else send)(self, page)

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

    def say_json(self, content: Any) -> None:
        """Send JSON whole."""
        body = json.dumps(content).encode()
        self.say(body, length=len(body))


def send(self: Answering, page: int) -> None:
    """Answer as it should be."""
    self.say_json(answer(page))


def _fails(self: Answering, page: int) -> None:
    self.say(b"{}", 500, 2)


def _refuses_the_token(self: Answering, page: int) -> None:
    self.say(b"{}", 401, 2)


def _is_overloaded(self: Answering, page: int) -> None:
    self.say(b"", 429, 0, Retry_After="86400")


def _redirects(self: Answering, page: int) -> None:
    self.say(b"", 302, 0, Location="file:///etc/passwd")


def _ends_short(self: Answering, page: int) -> None:
    content = answer(page)
    if page == PAGES:
        content["rows"] = content["rows"][:-1]
    self.say_json(content)


def _changes_version(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"version": "v1" if page < PAGES else "v2"})


def _changes_total(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"total": PAGES * ROWS_OF_A_PAGE + (page == PAGES)})


def _repeats_a_page(self: Answering, page: int) -> None:
    self.say_json(answer(min(page, 2)))


def _fails_on_a_page(self: Answering, page: int) -> None:
    if page == 1:
        send(self, page)
    else:
        self.say(b"{}", 503, 2)


def _ends_early(self: Answering, page: int) -> None:
    body = json.dumps(answer(page)).encode()
    self.say(body[: len(body) // 2])


def _says_more_than_it_sends(self: Answering, page: int) -> None:
    body = json.dumps(answer(page)).encode()
    self.say(body[: len(body) // 2], length=len(body))


def _cuts_gzip(self: Answering, page: int) -> None:
    rows = [{"XJH": f"G{number:05d}", "XXBSM": f"{number**3}"} for number in range(3000)]
    body = gzip.compress(json.dumps(answer(page) | {"rows": rows}).encode())
    self.say(body[: len(body) // 2], Content_Encoding="gzip")


def _closes_at_once(self: Answering, page: int) -> None:
    self.connection.close()


def _is_silent(self: Answering, page: int) -> None:
    time.sleep(0.8)


def _drips(self: Answering, page: int) -> None:
    body = json.dumps(answer(page)).encode()
    self.send_response(200)
    self.end_headers()
    for byte in body:
        self.wfile.write(bytes([byte]))
        self.wfile.flush()
        time.sleep(0.02)


def _shows_a_login_page(self: Answering, page: int) -> None:
    body = b"<html><form>login</form></html>"
    self.say(body, length=len(body))


def _has_no_data(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"rows": None})


def _is_a_list(self: Answering, page: int) -> None:
    self.say_json(answer(page)["rows"])


def _lacks_a_key(self: Answering, page: int) -> None:
    self.say_json(answer(page) | {"rows": [{"XXBSM": "2151000383"}] * 2})


FAULTS = {
    "answers 500": _fails,
    "answers 401": _refuses_the_token,
    "answers 429": _is_overloaded,
    "redirects to a file": _redirects,
    "ends short of its total": _ends_short,
    "version changes between pages": _changes_version,
    "total changes between pages": _changes_total,
    "page is repeated": _repeats_a_page,
    "page fails": _fails_on_a_page,
    "body ends early without a length": _ends_early,
    "body ends before its length": _says_more_than_it_sends,
    "gzip is cut": _cuts_gzip,
    "connection is closed at once": _closes_at_once,
    "is silent": _is_silent,
    "drips for ever": _drips,
    "login page": _shows_a_login_page,
    "data is null": _has_no_data,
    "answer is a list": _is_a_list,
    "rows lack their key": _lacks_a_key,
}


@contextlib.contextmanager
def faulty_api(
    faults: Mapping[str, str], asked: list[tuple[str, int]] | None = None
) -> Iterator[str]:
    """Serve censuses on loopback, each with the fault named for it; give the address.

    `asked` is filled with the census and page of each request.
    """
    words = {"faults": faults, "asked": [] if asked is None else asked}
    handler = type("Handler", (Answering,), words)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
