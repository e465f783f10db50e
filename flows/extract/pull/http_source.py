"""A paged JSON interface: read page by page, believed only where all pages agree."""

import re
from collections.abc import Iterator
from typing import Any

from flows.common.errors import Unavailable
from flows.common.settings import Settings
from flows.contracts.model import Contract
from flows.contracts.words import HttpPull
from flows.extract.pull.canonical_rows import PulledRows
from flows.extract.pull.http_client import HttpClient, Page

MOST_REPEATED = 0.001  # of the rows: more of them came twice for the pages, not for the pupils
REFUSED = {"401", "403"}
ERROR_CODES = ("code", "status", "errcode", "error_code", "errorCode", "retCode", "resultCode")
MESSAGES = ("msg", "message", "errmsg", "error", "error_description", "detail")
OF_TOKEN = re.compile(r"token|令牌|凭证|unauthori[sz]ed|未授权|未登录|请登录|鉴权", re.IGNORECASE)


class HttpSource:
    """One period of a paged JSON interface."""

    def __init__(self, contract: Contract, settings: Settings, period: str) -> None:
        """Take the contract and find address and token in the settings."""
        self.name = f"{contract.name} {period}"
        assert isinstance(contract.pull, HttpPull)
        self.pull = contract.pull
        self.client = HttpClient(self.name, self.pull.base, self.pull.token, settings)
        self.megabytes = settings.pull_megabytes
        self.parameters = {
            name: value.replace("{period}", period) for name, value in self.pull.parameters.items()
        }

    def is_still(self, version: str | None = None) -> bool:
        """Ask whether the interface still stands at a version; without one, whether it answers."""
        first = self.pull.first_page
        etags: list[str | None] = [*version.split()] if version else [None]
        for number, etag in enumerate(etags, start=first):
            page = self._numbered(number, etag)
            if etag is None or page.etag != etag:
                if number == first:
                    self._rows(page, page)
                return False
        return True

    def fetch(self) -> tuple[bytes, str | None]:
        """Read all pages, and what the interface calls this state; nothing unless all agree."""
        first = self._numbered(self.pull.first_page)
        total = self._number(first, self.pull.total)
        request = {"path": self.pull.path, "parameters": self.parameters}
        key = self.pull.order_by
        rows, etags = PulledRows(self.name, request, key, self.megabytes), []
        for page in self._pages(first):
            before = rows.count
            etags.append(page.etag)
            rows.add(self._rows(page, first))
            if not before < rows.count <= total:
                break
        if not rows.has_key:
            raise self.client.unavailable(
                f"no row has a value of {key}, which order_by names: was it renamed? mend "
                "order_by in the contract",
                is_transient=True,
            )
        if rows.count != total or rows.repeated > MOST_REPEATED * total:
            raise self.client.unavailable(self._not_whole(rows, total), is_transient=True)
        return rows.content(), self._version(etags)

    def _not_whole(self, rows: PulledRows, total: int) -> str:
        """Say how many rows came of those announced, and what that may come from."""
        sentence = f"{rows.count} rows came of {total} announced"
        if rows.repeated:
            return (
                f"{sentence}, {rows.repeated} of them word for word once more: its pages repeat or "
                "have no fixed order: if it lasts, tell its operator"
            )
        if rows.count < total and self.pull.pages and self.pull.first_page:
            sentence += ": if it counts its pages from 0, say first_page: 0 in the contract"
        return f"{sentence}: if it lasts, tell its operator"

    def _version(self, etags: list[str | None]) -> str | None:
        """Name a state: by the one name that all pages share, else by the names of all pages.

        Behind a link a page cannot be asked for without the one before it: then there is no name.
        """
        names = [etag for etag in etags if etag and not re.search(r"\s", etag)]
        if len(names) < len(etags):
            return None
        if len(set(names)) == 1:
            return names[0]
        return " ".join(names) if self.pull.pages else None

    def _numbered(self, number: int, version: str | None = None) -> Page:
        paged = {self.pull.page: str(number)} if self.pull.pages else {}
        url = self.client.url(self.pull.path)
        return self.client.get(url, self.parameters | paged, version)

    def _pages(self, page: Page) -> Iterator[Page]:
        """Go on from the first page by the link to the next or by number, as the contract says."""
        yield page
        if self.pull.next:
            seen = {page.url}
            while link := page[self.pull.next]:
                page = self.client.get(self.client.followed(page.url, str(link)))
                if page.url in seen:
                    raise self.client.unavailable("its next link leads to a page already read")
                seen.add(page.url)
                yield page
        elif self.pull.pages:
            first = self.pull.first_page
            for number in range(first + 1, first + self._number(page, self.pull.pages)):
                yield self._numbered(number)

    def _rows(self, page: Page, first: Page) -> list[dict[str, Any]]:
        """Take the rows of a page that says all that the contract wants and agrees with the first.

        An interface after a failed load of its own has no rows, and says so without an error.
        """
        found = page[self.pull.rows]
        words = list(filter(None, (self.pull.total, self.pull.version)))
        if not isinstance(found, list) or any(page[word] is None for word in words):
            raise self._lacking(page)
        if not all(isinstance(row, dict) for row in found):
            raise self._lacking(page)
        if any(page[word] != first[word] for word in words):
            raise self.client.unavailable(
                "it changed while it was read: if it lasts, ask its operator for a quiet hour",
                is_transient=True,
            )
        if not self._number(first, self.pull.total):
            raise self.client.unavailable(
                "the interface answers no rows, as after a failed load: ask its operator"
            )
        return found

    def _number(self, page: Page, word: str) -> int:
        try:
            return int(page[word])
        except (TypeError, ValueError, OverflowError):
            raise self._lacking(page) from None

    def _lacking(self, page: Page) -> Unavailable:
        """Say what an answer lacks; one that is an error within status 200 is told as that."""
        codes = [str(page[name]) for name in ERROR_CODES if isinstance(page[name], int | str)]
        texts = " ".join(str(page[name]) for name in MESSAGES if page[name])
        if REFUSED.intersection(codes) or OF_TOKEN.search(texts):
            return self.client.token_refused("within an answer 200")
        code = next((code for code in codes if re.fullmatch("-?[0-9]{1,6}", code)), "")
        if code not in ("", "0", "200"):
            return self.client.unavailable(
                f"the interface tells an error (code {code}) within an answer 200: ask its "
                "operator",
                is_transient=True,
            )
        return self.client.unavailable(
            "an answer lacks rows, total or another word of pull in the contract, as where it "
            "tells an error: ask its operator",
            is_transient=True,
        )
