"""A paged JSON interface: read page by page, believed only where all pages agree."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from flows.lib.contracts import Contract
from flows.lib.errors import Unavailable
from flows.lib.http_client import HttpClient, Page
from flows.lib.pulled_rows import PulledRows
from flows.lib.settings import Settings


class HttpSource:
    """One period of a paged JSON interface."""

    def __init__(self, contract: Contract, settings: Settings, period: str) -> None:
        """Take the contract and find address and token in the settings."""
        self.name = f"{contract.name} {period}"
        self.pull: Mapping[str, Any] = contract.meta["pull"]
        self.client = HttpClient(self.name, self.pull["base"], self.pull["token"], settings)
        self.megabytes = settings.pull_megabytes
        self.parameters = {
            name: value.replace("{period}", period)
            for name, value in self.pull["parameters"].items()
        }

    def is_still(self, version: str | None = None) -> bool:
        """Ask whether the interface still stands at a version; without one, whether it answers."""
        page = self._numbered(1, version)
        if version and page.etag == version:
            return True
        self._rows(page, page)
        return False

    def fetch(self, scratch: Callable[[], BinaryIO]) -> tuple[BinaryIO, str | None]:
        """Read all pages, and what the interface calls this state; nothing unless all agree."""
        first = self._numbered(1)
        total = self._number(first, "total")
        request = {"path": self.pull["path"], "parameters": self.parameters}
        key = self.pull["order_by"]
        with PulledRows(self.name, request, key, self.megabytes, scratch) as rows:
            for page in self._pages(first):
                before = rows.count
                rows.add(self._rows(page, first))
                if not before < rows.count <= total:
                    break
            content = rows.content()
            if not rows.count == rows.distinct == total:
                raise self.client.unavailable(
                    f"{rows.distinct} rows came of {total} announced: if it lasts, tell its "
                    "operator",
                    may_pass=True,
                )
        return content, first.etag

    def _numbered(self, number: int, version: str | None = None) -> Page:
        paged = {self.pull.get("page", "page"): str(number)} if "pages" in self.pull else {}
        url = self.client.url(self.pull["path"])
        return self.client.get(url, self.parameters | paged, version)

    def _pages(self, page: Page) -> Iterator[Page]:
        """Go on from the first page by the link to the next or by number, as the contract says."""
        yield page
        if "next" in self.pull:
            seen = {page.url}
            while link := page[self.pull["next"]]:
                page = self.client.get(self.client.followed(page.url, str(link)))
                if page.url in seen:
                    raise self.client.unavailable("its next link leads to a page already read")
                seen.add(page.url)
                yield page
        elif "pages" in self.pull:
            for number in range(2, self._number(page, "pages") + 1):
                yield self._numbered(number)

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
            raise self.client.unavailable(
                "it changed while it was read: if it lasts, ask its operator for a quiet hour",
                may_pass=True,
            )
        if not self._number(first, "total"):
            raise self.client.unavailable(
                "the interface answers no rows, as after a failed load: ask its operator"
            )
        return found

    def _number(self, page: Page, word: str) -> int:
        try:
            return int(page[self.pull[word]])
        except (TypeError, ValueError, OverflowError):
            raise self._lacking() from None

    def _lacking(self) -> Unavailable:
        return self.client.unavailable(
            "an answer lacks rows, total or another word of pull in the contract, as where it "
            "tells an error: ask its operator",
            may_pass=True,
        )
