"""Pulling a source: from the inbox, an HTTP interface or a SQL database, whole or not at all."""

import io
import json
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flows.lib.contracts import Contract
from flows.lib.errors import Rejected, Unavailable, ZipingError
from flows.lib.inbox import Dropped
from flows.lib.settings import Settings
from flows.lib.store import Delivery, Store, last_of

if TYPE_CHECKING:
    import requests


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def land_dropped(store: Store, dropped: Dropped) -> Delivery:
    """Copy a dropped file in; what is parsed later is this copy, never the inbox."""
    try:
        with dropped.path.open("rb") as stream:
            file = store.keep(stream, dropped.name)
    except FileNotFoundError:
        raise Unavailable(f"{dropped.name} vanished from the inbox while it was read") from None
    return store.record(
        Delivery(
            dropped.contract.name, dropped.district_code, dropped.period, (file,), _now(), "inbox"
        )
    )


def canonical(request: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], key: str) -> bytes:
    """Write a pull in one way: the request without host and time, then the rows by key."""
    lines = [json.dumps({"request": request}, ensure_ascii=False, sort_keys=True)]
    ordered = sorted(rows, key=lambda row: str(row[key]))
    lines += [json.dumps(row, ensure_ascii=False, default=str) for row in ordered]
    return ("\n".join(lines) + "\n").encode()


def _land_pull(
    store: Store,
    contract: Contract,
    district: str,
    period: str,
    content: bytes,
    version: str | None,
) -> Delivery | None:
    """Land a pull unless its bytes are what came last for the period."""
    key = (contract.name, district, period)
    last = last_of(store.deliveries(), key)
    name = f"{contract.table}-{period}.jsonl"
    file = store.keep(io.BytesIO(content), name)
    if last and last.id == file.sha256 and last.version == version:
        return None
    return store.record(
        Delivery(
            contract.name, district, period, (file,), _now(), contract.meta["pull"]["from"], version
        )
    )


class HttpSource:
    """A paged JSON interface with a token; its token and host reach no message."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        """Take the contract and find the address in the settings."""
        self.contract = contract
        self.pull: Mapping[str, Any] = contract.meta["pull"]
        self.base = str(getattr(settings, self.pull["base"])).rstrip("/")
        self.token = str(getattr(settings, self.pull["token"]))
        self.settings = settings
        self.deadline = time.monotonic() + settings.pull_seconds

    def _request(self, period: str) -> dict[str, str]:
        return {
            name: value.replace("{period}", period)
            for name, value in self.pull["parameters"].items()
        }

    def _get(self, session: "requests.Session", period: str, page: int, etag: str | None) -> Any:
        import requests

        name = f"{self.contract.name} {period}"
        if not self.base:
            raise Unavailable(f"{name}: no address is set; set ZIPING_{self.pull['base'].upper()}")
        if urlsplit(self.base).scheme not in ("http", "https"):
            raise ZipingError(f"ZIPING_{self.pull['base'].upper()} must begin with http or https")
        headers = {"Authorization": f"Bearer {self.token}"}
        if etag:
            headers["If-None-Match"] = etag
        try:
            with session.get(
                self.base + self.pull["path"],
                params={**self._request(period), "page": str(page)},
                headers=headers,
                timeout=self.settings.request_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code == 304:
                    return None
                if response.status_code != 200:
                    raise Unavailable(f"{name}: the interface answers {response.status_code}")
                body = bytearray()
                for block in response.iter_content(1 << 16):
                    body += block
                    if time.monotonic() > self.deadline:
                        raise Unavailable(
                            f"{name}: not complete within {self.settings.pull_seconds:.0f} s"
                        )
                return json.loads(body) | {"etag": response.headers.get("ETag")}
        except requests.RequestException as error:
            kind = type(error).__name__
            raise Unavailable(f"{name}: the interface cannot be reached ({kind})") from None
        except (ValueError, TypeError):
            raise Unavailable(f"{name}: page {page} is no whole JSON answer") from None

    def has_changed(self, period: str, version: str | None) -> bool:
        """Ask with the version of the delivery in force whether there is another one now."""
        with _session() as session:
            return self._get(session, period, 1, version) is not None

    def fetch(self, period: str) -> tuple[bytes, str | None]:
        """Fetch all pages; they count only if total and version agree from first to last."""
        pull, name = self.pull, f"{self.contract.name} {period}"
        rows: list[Mapping[str, Any]] = []
        with _session() as session:
            first = last = self._get(session, period, 1, None)
            try:
                pages, total = int(first[pull["pages"]]), int(first[pull["total"]])
                rows += first[pull["rows"]]
                for page in range(2, pages + 1):
                    last = self._get(session, period, page, None)
                    rows += last[pull["rows"]]
                agree = all(last[pull[word]] == first[pull[word]] for word in ("total", "version"))
                keys = {row[pull["order_by"]] for row in rows}
            except (KeyError, TypeError, ValueError):
                raise Unavailable(f"{name}: an answer lacks rows, total or version") from None
        if not agree:
            raise Unavailable(f"{name}: the census changed while it was read")
        if len(rows) != total or len(keys) != total:
            raise Unavailable(f"{name}: {len(keys)} rows came of {total} announced")
        request = {"path": pull["path"], "parameters": self._request(period)}
        return canonical(request, rows, pull["order_by"]), first["etag"]


def _session() -> "requests.Session":
    import requests

    session = requests.Session()
    session.trust_env = False  # no proxy and no .netrc that the settings do not name
    return session


class SqlSource:
    """A query on a database; read whole in one transaction."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        """Take the contract and find the address in the settings."""
        self.contract = contract
        self.pull: Mapping[str, Any] = contract.meta["pull"]
        self.url = str(getattr(settings, self.pull["database"]))

    def fetch(self, period: str) -> tuple[bytes, str | None]:
        """Run the query and write its rows in the canonical way."""
        name = f"{self.contract.name} {period}"
        if not self.url:
            setting = self.pull["database"].upper()
            raise Unavailable(f"{name}: no address is set; set ZIPING_{setting}")
        import sqlalchemy

        try:
            engine = sqlalchemy.create_engine(self.url, hide_parameters=True)
            try:
                with engine.connect() as connection:
                    result = connection.execute(sqlalchemy.text(self.pull["sql"]))
                    rows = [dict(row) for row in result.mappings()]
            finally:
                engine.dispose()
        except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
            kind = type(error).__name__
            raise Unavailable(f"{name}: the database cannot be read ({kind})") from None
        if not rows:
            raise Unavailable(f"{name}: the database answers no rows, as after a failed load")
        return canonical({"sql": self.pull["sql"]}, rows, self.pull["order_by"]), None

    def has_changed(self, period: str, digest: str | None) -> bool:
        """Compare the hash of the canonical rows with that of the delivery in force."""
        from hashlib import sha256

        return sha256(self.fetch(period)[0]).hexdigest() != digest


def source_of(contract: Contract, settings: Settings) -> HttpSource | SqlSource:
    """Make the source that a contract pulls from."""
    if contract.meta["pull"]["from"] == "http":
        return HttpSource(contract, settings)
    return SqlSource(contract, settings)


def land_pull(store: Store, contract: Contract, settings: Settings, period: str) -> Delivery | None:
    """Pull one period of a live source and land it; None where nothing is new."""
    try:
        content, version = source_of(contract, settings).fetch(period)
    except Rejected as error:
        raise Unavailable(str(error)) from None
    return _land_pull(store, contract, settings.district, period, content, version)
