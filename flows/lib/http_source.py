"""A JSON interface with a token: read page by page, believed only where all pages agree."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from flows.lib.canonical import MEGABYTE, Rows, too_much
from flows.lib.contracts import Contract
from flows.lib.errors import Unavailable
from flows.lib.settings import Settings

if TYPE_CHECKING:
    import requests

MAY_PASS = {408, 425, 429, 500, 502, 503, 504}
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Page:
    """One answer of the interface."""

    content: Any
    etag: str | None
    url: str

    def __getitem__(self, path: str) -> Any:
        """Find what the contract names, `total` or `data.total`; None where there is none."""
        found = self.content
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found


class HttpSource:
    """One period of a paged JSON interface; its address and token reach no message."""

    def __init__(self, contract: Contract, settings: Settings, period: str) -> None:
        """Take the contract and find address and token in the settings."""
        self.name = f"{contract.name} {period}"
        self.pull: Mapping[str, Any] = contract.meta["pull"]
        self.address = settings.of_source(self.pull["base"]).rstrip("/")
        self.token = settings.of_source(self.pull["token"])
        self.settings = settings
        self.parameters = {
            name: value.replace("{period}", period)
            for name, value in self.pull["parameters"].items()
        }

    def is_still(self, version: str | None = None) -> bool:
        """Ask whether the interface still stands at a version; without one, whether it answers."""
        with self._session() as session:
            page = self._first(session, version)
        if version and page.etag == version:
            return True
        self._rows(page, page)
        return False

    def fetch(self) -> tuple[bytes, str | None]:
        """Read all pages, and what the interface calls this state; nothing unless all agree."""
        rows = Rows(self.name, self.pull["order_by"], self.settings.pull_megabytes)
        first, total = None, 0
        with self._session() as session:
            for page in self._pages(session):
                first = first or page
                before, total = len(rows), self._number(first, "total")
                for row in self._rows(page, first):
                    rows.add(row)
                if not before < len(rows) <= total:
                    break
        assert first
        if not len(rows) == len(rows.keys) == total:
            raise self._unavailable(
                f"{len(rows.keys)} rows came of {total} announced: if it lasts, tell its operator",
                may_pass=True,
            )
        request = {"path": self.pull["path"], "parameters": self.parameters}
        return rows.content(request), first.etag

    def _unavailable(self, what: str, *, may_pass: bool = False, wait: float = 0) -> Unavailable:
        return Unavailable(f"{self.name}: {what}", may_pass=may_pass, wait=wait)

    def _lacking(self) -> Unavailable:
        return self._unavailable(
            "an answer lacks rows, total or another word of pull in the contract, as where it "
            "tells an error: ask its operator",
            may_pass=True,
        )

    def _number(self, page: Page, word: str) -> int:
        try:
            return int(page[self.pull[word]])
        except (TypeError, ValueError, OverflowError):
            raise self._lacking() from None

    def _rows(self, page: Page, first: Page) -> list[dict[str, Any]]:
        """Take the rows of a page that says all that the contract wants and agrees with the first.

        An interface after a failed load of its own has no rows, and says so without an error.
        """
        found, key = page[self.pull["rows"]], self.pull["order_by"]
        words = [self.pull[word] for word in ("total", "version") if word in self.pull]
        if not isinstance(found, list) or any(page[word] is None for word in words):
            raise self._lacking()
        if not all(isinstance(row, dict) and row.get(key) is not None for row in found):
            raise self._lacking()
        if any(page[word] != first[word] for word in words):
            raise self._unavailable("it changed while it was read", may_pass=True)
        if not self._number(first, "total"):
            raise self._unavailable("the interface answers no rows, as after a failed load")
        return found

    def _setting(self, word: str) -> str:
        return f"ZIPING_{self.pull[word].upper()}"

    def _pages(self, session: "requests.Session") -> Iterator[Page]:
        """Go through the pages by the link to the next one or by number, as the contract says."""
        page = self._first(session)
        yield page
        if "next" in self.pull:
            seen = {page.url}
            while link := page[self.pull["next"]]:
                page = self._get(session, self._followed(page.url, str(link)))
                if page.url in seen:
                    raise self._unavailable("its next link leads to a page already read")
                seen.add(page.url)
                yield page
        elif "pages" in self.pull:
            for number in range(2, self._number(page, "pages") + 1):
                yield self._get(session, self._url(), self._parameters(number))

    def _followed(self, url: str, link: str) -> str:
        """Give the address of a next link; the token goes to the interface and nowhere else."""
        with suppress(ValueError):
            target = urljoin(url, link)
            if _origin(target) == _origin(url):
                return target
        raise self._unavailable(
            "its next link leads to another system, which is not asked: tell its operator"
        )

    def _url(self) -> str:
        """Give the address to ask; it may hold nothing that a message could give away."""
        setting = self._setting("base")
        if not self.address:
            raise self._unavailable(f"no address is set; set {setting}")
        try:
            _origin(self.address)
            sound = not set("?#") & set(self.address)
        except ValueError:
            sound = False
        if not sound:
            raise self._unavailable(
                f"{setting} must be an address like https://host:port, "
                "without user, password, ? or #: mend it in .env"
            )
        if not self.token.isprintable() or not self.token.isascii():
            raise self._unavailable(f"{self._setting('token')} holds what no token has: mend it")
        return self.address + str(self.pull["path"])

    def _parameters(self, number: int) -> dict[str, str]:
        paged = {self.pull.get("page", "page"): str(number)} if "pages" in self.pull else {}
        return self.parameters | paged

    def _first(self, session: "requests.Session", version: str | None = None) -> Page:
        return self._get(session, self._url(), self._parameters(1), version)

    def _session(self) -> "requests.Session":
        import requests

        session = requests.Session()
        session.trust_env = False  # no proxy, no .netrc, no certificates that no setting names
        session.verify = self.settings.ca_file or True
        # Nothing is followed; without this requests would read a redirect's body, however large.
        session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
        session.headers["Accept"] = "application/json"
        session.headers["Accept-Encoding"] = "gzip"
        session.headers["Authorization"] = f"Bearer {self.token}"
        return session

    def _get(
        self,
        session: "requests.Session",
        url: str,
        parameters: Mapping[str, str] | None = None,
        version: str | None = None,
    ) -> Page:
        """Ask for one page, whole; with a version, 304 says that it still stands at it."""
        import requests

        try:
            with session.get(
                url,
                params=parameters,
                headers={"If-None-Match": version} if version else {},
                timeout=self.settings.request_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                if version and response.status_code == 304:
                    return Page(None, version, response.url)
                if response.status_code != 200:
                    raise self._refused(response)
                body = bytearray()
                for block in response.iter_content(1 << 16):
                    body += block
                    if len(body) > self.settings.pull_megabytes * MEGABYTE:
                        raise too_much(self.name, self.settings.pull_megabytes)
        except requests.RequestException as error:
            raise self._unreached(error) from None
        return Page(self._read(body, response), response.headers.get("ETag") or None, response.url)

    def _read(self, body: bytearray, response: "requests.Response") -> Any:
        try:
            return json.loads(body, parse_constant=str)
        except (ValueError, RecursionError):
            if body.lstrip().startswith(b"<"):
                raise self._unavailable(
                    "the interface answers a web page, as where it wants a login: "
                    f"renew {self._setting('token')}, or ask its operator"
                ) from None
            raise self._unavailable(
                "an answer is no whole JSON: if it lasts, tell its operator", may_pass=True
            ) from None

    def _refused(self, response: "requests.Response") -> Unavailable:
        """Say what a status means that is not 200, and what to do about it."""
        status = response.status_code
        if status in (401, 403):
            return self._unavailable(
                f"the interface refuses the token ({status}): renew {self._setting('token')}"
            )
        if status == 304:
            return self._unavailable(
                "the interface answers 304, that nothing is new, to a question for everything: "
                "tell its operator"
            )
        if 300 <= status < 400:
            return self._unavailable(
                f"the interface leads elsewhere ({status}), where nobody follows: "
                f"if the new address is right, set {self._setting('base')} to it"
            )
        if status in MAY_PASS:
            wait = _seconds(response.headers.get("Retry-After", ""))
            asks = f" and asks for {wait:.0f} s of patience" if wait else ""
            return self._unavailable(
                f"the interface answers {status}{asks}: if it lasts, tell its operator",
                may_pass=True,
                wait=wait,
            )
        return self._unavailable(
            f"the interface answers {status}: compare path and parameters in the contract with "
            "what its operator says"
        )

    def _unreached(self, error: "requests.RequestException") -> Unavailable:
        if "certificate verify failed" in str(error).lower():
            return self._unavailable(
                "the interface shows a certificate that nobody vouches for, or that is expired or "
                "of another host: ask its operator, or name its authority's in ZIPING_CA_FILE"
            )
        return self._unavailable(
            f"the interface cannot be reached, or breaks off ({type(error).__name__}): "
            "ask its operator whether it runs",
            may_pass=not isinstance(error, ValueError),  # a wrong address
        )


def _origin(url: str) -> tuple[str, str, int]:
    """Take scheme, host and port of an address; a ValueError where it is none to be asked."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError
    return parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]


def _seconds(retry_after: str) -> float:
    """Read Retry-After: seconds, or the time of day until which to wait."""
    if retry_after.isdigit():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0
    return max(0.0, (until - datetime.now(until.tzinfo and UTC)).total_seconds())
