"""Asking a JSON interface with a token: one request, one whole answer or a sentence."""

import codecs
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from flows.common.errors import Unavailable
from flows.common.lossless_json import read_json
from flows.common.settings import Settings
from flows.extract.pull.canonical_rows import MEGABYTE, too_much

if TYPE_CHECKING:
    import requests

CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
MULTIBYTE = {"gb18030", "big5", "big5hkscs", "cp950", "hz", "shift_jis", "euc_kr"}
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
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


class HttpClient:
    """Asks one interface; its address and token reach no message."""

    def __init__(self, name: str, base: str, token: str, settings: Settings) -> None:
        """Take what is asked for, and the names of the settings that hold address and token."""
        self.name, self.settings = name, settings
        self.address, self.token = settings.of_source(base).rstrip("/"), settings.of_source(token)
        self.base_setting, self.token_setting = f"ZIPING_{base.upper()}", f"ZIPING_{token.upper()}"
        # One that is waited for no longer asks no more.
        self.end = time.monotonic() + settings.pull_seconds

    def unavailable(self, what: str, *, is_transient: bool = False, wait: float = 0) -> Unavailable:
        """Say what is wrong with the interface."""
        return Unavailable(f"{self.name}: {what}", is_transient=is_transient, wait=wait)

    def url(self, path: str) -> str:
        """Give an address to ask; it may hold nothing that a message could give away."""
        if not self.address:
            raise self.unavailable(f"no address is set; set {self.base_setting}")
        try:
            _origin(self.address)
            sound = not set("?#") & set(self.address)
        except ValueError:
            sound = False
        if not sound:
            raise self.unavailable(
                f"{self.base_setting} must be an address like https://host:port, "
                "without user, password, ? or #: mend it in .env"
            )
        return self.address + path

    def followed(self, url: str, link: str) -> str:
        """Give the address of a next link; the token goes to the interface and nowhere else."""
        with suppress(ValueError):
            target = urljoin(url, link)
            if _origin(target) == _origin(url):
                return target
        raise self.unavailable(
            "its next link leads to another system, which is not asked: tell its operator"
        )

    @cached_property
    def session(self) -> "requests.Session":
        """The connection that all requests share."""
        import requests

        if not self.token.isprintable() or not self.token.isascii():
            raise self.unavailable(f"{self.token_setting} holds what no token has: mend it in .env")
        trusted = Path(self.settings.ca_file)
        if self.settings.ca_file and not trusted.is_absolute():
            raise self.unavailable(
                "ZIPING_CA_FILE depends on the folder where the command is called: name the file "
                "by its whole path in .env"
            )
        if self.settings.ca_file and not trusted.is_file():
            raise self.unavailable("there is no file that ZIPING_CA_FILE names: mend it in .env")
        session = requests.Session()
        session.trust_env = False  # no proxy, no .netrc, no certificates that no setting names
        session.verify = self.settings.ca_file or True
        # Nothing is followed; without this requests would read a redirect's body, however large.
        session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
        session.headers["Accept"] = "application/json"
        session.headers["Accept-Encoding"] = "gzip"
        session.headers["Authorization"] = f"Bearer {self.token}"
        return session

    def get(
        self, url: str, parameters: Mapping[str, str] | None = None, version: str | None = None
    ) -> Page:
        """Ask for one page, whole; with a version, 304 says that it still stands at it."""
        import requests

        try:
            with self.session.get(
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
        if time.monotonic() > self.end:
            raise self.unavailable("the time of this source is over: ask its operator")
        charset = response.headers.get("Content-Type", "")
        return Page(
            self._read(in_utf8(body, charset)), response.headers.get("ETag") or None, response.url
        )

    def _read(self, body: bytes | bytearray) -> Any:
        try:
            return read_json(body)
        except (ValueError, RecursionError):
            if body.lstrip().startswith(b"<"):
                raise self.unavailable(
                    "the interface answers a web page, as where it wants a login: "
                    f"renew {self.token_setting}, or ask its operator"
                ) from None
            raise self.unavailable(
                "an answer is no whole JSON: if it lasts, tell its operator", is_transient=True
            ) from None

    def token_refused(self, how: str) -> Unavailable:
        """Say that the token opens nothing."""
        return self.unavailable(
            f"the interface refuses the token ({how}): renew {self.token_setting}"
        )

    def _refused(self, response: "requests.Response") -> Unavailable:
        """Say what a status means that is not 200, and what to do about it."""
        status = response.status_code
        if status in (401, 403):
            return self.token_refused(str(status))
        if status == 304:
            return self.unavailable(
                "the interface answers 304, that nothing is new, to a question for everything: "
                "tell its operator"
            )
        if 300 <= status < 400:
            return self.unavailable(
                f"the interface leads elsewhere ({status}), where nobody follows: "
                f"if the new address is right, set {self.base_setting} to it"
            )
        if status in TRANSIENT:
            wait = _seconds(response.headers.get("Retry-After", ""))
            asks = f" and asks for {wait:.0f} s of patience" if wait else ""
            return self.unavailable(
                f"the interface answers {status}{asks}: if it lasts, tell its operator",
                is_transient=True,
                wait=wait,
            )
        return self.unavailable(
            f"the interface answers {status}: compare path and parameters in the contract with "
            "what its operator says"
        )

    def _unreached(self, error: "requests.RequestException") -> Unavailable:
        if "certificate verify failed" in str(error).lower():
            return self.unavailable(
                "the interface shows a certificate that nobody vouches for, or that is expired or "
                "of another host: ask its operator, or name its authority's in ZIPING_CA_FILE"
            )
        return self.unavailable(
            f"the interface cannot be reached, or breaks off ({type(error).__name__}): "
            "ask its operator whether it runs",
            is_transient=not isinstance(error, ValueError),  # a wrong address
        )


def in_utf8(body: bytearray, content_type: str) -> bytes | bytearray:
    """Write a body in UTF-8 whose header names another charset; what that does not fit stays.

    A header that names a charset of single bytes says nothing: servers put it there unasked, and
    every body would fit it.
    """
    charset = CHARSET.search(content_type)
    if not charset:
        return body
    with suppress(LookupError, UnicodeDecodeError):
        codec = codecs.lookup(charset[1]).name
        if codec in ("gbk", "gb2312"):
            codec = "gb18030"  # which holds all of them
        if codec in MULTIBYTE:
            return body.decode(codec).encode()
    return body


def _origin(url: str) -> tuple[str, str, int]:
    """Take scheme, host and port of an address; a ValueError where it is none to be asked."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError
    return parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]


def _seconds(retry_after: str) -> float:
    """Read Retry-After: seconds, or the time of day until which to wait."""
    if retry_after.isdecimal():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError, OverflowError):
        return 0
    return max(0.0, (until - datetime.now(until.tzinfo and UTC)).total_seconds())
