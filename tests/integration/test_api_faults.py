"""An interface that fails: asked again where that helps, for one total time, never half-landed."""

import re
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate_of
from faulty_api import CANARY, FAULTS, PAGES, Answering, answer, black_hole, fault, faulty_api
from nights import closed_port
from pull_parts import (
    BY_NUMBER,
    CENSUS,
    TODAY,
    changed,
    content_of,
    contract_with,
    pull,
    settings_for,
    store,
)

from flows.common.errors import Unavailable
from flows.contracts.model import Contract
from flows.extract.pull import retry
from flows.extract.pull.pull import land_pull
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store

__all__ = ["store"]

SLOWNESS = 20  # seconds that a busy machine may need beyond those that a test waits for
Asked = list[tuple[str, int]]

pytestmark = pytest.mark.usefixtures("quick_retries")
BY_LINK = contract_with("pages", next="next")


def kept(store: Store) -> list[bytes]:
    """Read all that was kept, the manifest too."""
    return [path.read_bytes() for path in sorted(store.folder.rglob("*")) if path.is_file()]


def refusal(store: Store, url: str, contract: Contract = BY_NUMBER, **words: Any) -> str:
    """Expect that nothing is landed, in good time; give the sentence, without a secret."""
    before, begun = kept(store), time.monotonic()
    with pytest.raises(Unavailable) as raised:
        pull(store, url, contract, **words)
    assert time.monotonic() - begun < words.get("pull_seconds", 60) + SLOWNESS
    assert kept(store) == before
    sentence = str(raised.value)
    assert sentence.startswith(f"schools.students {CENSUS}: ")
    for secret in (CANARY, "localhost", "127.0.0.1", "hunter2", "169.254"):
        assert secret not in sentence
    return sentence


def budget_for(name: str) -> dict[str, float]:
    """Set as little time as a fault needs that takes all of it."""
    if "drips" in name:
        return {"pull_seconds": 1}
    return {"request_seconds": 0.3} if name == "is silent" else {}


@pytest.mark.parametrize("name", FAULTS)
def test_an_answer_that_is_not_whole_lands_nothing_and_is_asked_for_again_where_that_may_help(
    store: Store, name: str
) -> None:
    asked: Asked = []
    with faulty_api({CENSUS: name}, asked) as url:
        sentence = refusal(store, url, **budget_for(name))
    assert re.search(FAULTS[name].sentence, sentence), sentence
    assert asked.count((CENSUS, 1)) == (4 if FAULTS[name].is_asked_again else 1)
    assert len(asked) <= 4 * (PAGES + 1)


@pytest.mark.parametrize("name", [name for name, one in FAULTS.items() if one.is_asked_again])
def test_a_fault_that_passes_costs_a_retry_and_nothing_else(store: Store, name: str) -> None:
    with faulty_api({}) as url:
        whole = pull(store, url)
    other = Store(store.folder.with_name("other"))
    with faulty_api({CENSUS: [name] * PAGES}) as url:
        again = pull(other, url, **budget_for(name))
    assert content_of(other, again) == content_of(store, whole)


def test_nothing_is_waited_for_that_lasts_longer_than_the_budget(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "WAITS", [0.2] * 100)
    asked: Asked = []
    begun = time.monotonic()
    with faulty_api({CENSUS: "answers 503"}, asked) as url:
        refusal(store, url, pull_seconds=1)
    assert 2 <= len(asked) <= 5
    assert time.monotonic() - begun < 1 + SLOWNESS


def test_a_source_given_up_is_tried_once_for_each_of_its_other_periods(store: Store) -> None:
    censuses = ["2021-09-01", "2022-09-01", CENSUS]
    shared, asked = RetryBudget(60), []
    with faulty_api(dict.fromkeys(censuses[:2], "answers 503"), asked) as url:
        settings = settings_for(url)
        for census in censuses[:2]:
            with pytest.raises(Unavailable):
                land_pull(store, BY_NUMBER, settings, census, shared)
        assert asked == [(censuses[0], 1)] * 4 + [(censuses[1], 1)]
        assert land_pull(store, BY_NUMBER, settings, CENSUS, shared)


def test_a_short_retry_after_is_waited_for(store: Store) -> None:
    fault("wants 1 s of patience", "")(lambda self, page: self.say(b"", 503, 0, Retry_After="1"))
    try:
        with faulty_api({CENSUS: ["wants 1 s of patience"]}) as url:
            begun = time.monotonic()
            assert pull(store, url)
            assert time.monotonic() - begun >= 1
    finally:
        del FAULTS["wants 1 s of patience"]


def test_all_periods_of_a_source_share_one_budget_side_by_side_or_one_after_the_other(
    store: Store,
) -> None:
    censuses = ["2021-09-01", "2022-09-01", CENSUS]
    shared, asked = RetryBudget(1), []
    with faulty_api(dict.fromkeys(censuses, "drips its headers"), asked) as url:
        settings = settings_for(url)

        def ask(census: str) -> str:
            with pytest.raises(Unavailable) as raised:
                land_pull(store, BY_NUMBER, settings, census, shared)
            return str(raised.value)

        with ThreadPoolExecutor(3) as side_by_side:
            sentences = list(side_by_side.map(ask, censuses))
        assert shared.left == 0
        before = len(asked)
        ask(CENSUS)
        assert len(asked) == before == len(censuses)
    assert all("no whole answer within 1 s" in sentence for sentence in sentences)
    with faulty_api({}) as url:  # another source has a budget of its own
        assert pull(store, url)


def test_a_census_that_nobody_waits_for_any_more_is_not_read_on(store: Store) -> None:
    def answers(self: Answering, page: int) -> None:
        time.sleep(0.4)
        self.say_json(answer(page))

    fault("is slow", "")(answers)
    asked: Asked = []
    with faulty_api({CENSUS: "is slow"}, asked) as url:
        assert "no whole answer within 0.6 s" in refusal(store, url, pull_seconds=0.6)
        time.sleep(1)
    del FAULTS["is slow"]
    assert len(asked) < PAGES


@pytest.mark.parametrize("name", ["gzip bomb", "redirect with a gzip bomb"])
def test_a_gzip_bomb_takes_no_more_memory_than_a_pull_may(store: Store, name: str) -> None:
    with faulty_api({CENSUS: name}) as url:
        refusal(store, url)  # loads what it needs, and packs the bomb
        tracemalloc.start()
        try:
            refusal(store, url)
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 12_000_000  # of 60 MB unpacked; a pull may bring 2 MB


def test_pages_are_found_by_number_or_by_link_and_the_bytes_are_the_same(store: Store) -> None:
    asked: Asked = []
    with faulty_api({}, asked) as url:
        by_number = content_of(store, pull(store, url))
        assert pull(store, url, BY_LINK) is None  # the same bytes
        assert pull(store, f"{url}/", contract_with(page="page")) is None
    assert asked == [(CENSUS, page) for page in range(1, PAGES + 1)] * 3
    assert by_number.count(b"\n") == 1 + 6


def link_to(link: str) -> str:
    """Enter a fault: page 2 leads on to a link."""
    name = f"links to {link}"

    def leads(self: Answering, page: int) -> None:
        self.say_json(answer(page) | ({"next": link} if page == 2 else {}))

    fault(name, "")(leads)
    return name


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, Asked]]:
    """Serve the same census at another port, where nobody should ask."""
    asked: Asked = []
    with faulty_api({}, asked) as url:
        yield url, asked


@pytest.mark.parametrize(
    "link",
    [
        "{elsewhere}/api/v1/students?census=2023-09-01&page=3",
        "//{host}/api/v1/students?census=2023-09-01&page=3",
        "http://{own}@{host}/api/v1/students?census=2023-09-01&page=3",
        "https://{own}/api/v1/students?census=2023-09-01&page=3",
        "http://user:hunter2@{own}/api/v1/students?census=2023-09-01&page=3",
        "http://127.0.0.1:{port}/api/v1/students?census=2023-09-01&page=3",
        "http://169.254.169.254/?census=2023-09-01&page=3",
        "http://localhost:99999/?census=2023-09-01&page=3",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_a_link_to_another_system_is_not_followed(
    store: Store, elsewhere: tuple[str, Asked], link: str
) -> None:
    asked: Asked = []
    faults: dict[str, str | list[str]] = {}
    with faulty_api(faults, asked) as url:
        own, host = url.removeprefix("http://"), elsewhere[0].removeprefix("http://")
        words = {"own": own, "host": host, "elsewhere": elsewhere[0], "port": own.split(":")[1]}
        faults[CENSUS] = name = link_to(link.format(**words))
        sentence = refusal(store, url, BY_LINK)
    del FAULTS[name]
    assert "its next link leads to another system, which is not asked" in sentence
    assert len(asked) == 2
    assert elsewhere[1] == []


@pytest.mark.parametrize("page", [1, 2])
def test_links_in_a_circle_end(store: Store, page: int) -> None:
    asked: Asked = []
    name = link_to(f"?census={CENSUS}&page={page}&size=5000")
    with faulty_api({CENSUS: name}, asked) as url:
        sentence = refusal(store, url, BY_LINK)
    del FAULTS[name]
    assert "leads to a page already read" in sentence or "of 6 announced" in sentence
    assert len(asked) <= 4 * PAGES


@pytest.mark.parametrize("name", ["more rows than announced", "pages without rows for ever"])
def test_an_endless_chain_of_links_ends_with_the_rows_announced(store: Store, name: str) -> None:
    asked: Asked = []
    with faulty_api({CENSUS: name}, asked) as url:
        assert "of 6 announced" in refusal(store, url, BY_LINK)
    assert len(asked) <= 4 * (PAGES + 1)


def test_a_redirect_is_not_followed_not_even_to_a_sound_census(
    store: Store, elsewhere: tuple[str, Asked]
) -> None:
    target = f"{elsewhere[0]}/api/v1/students?census={CENSUS}&page=1"
    fault("redirects", "")(lambda self, page: self.say(b"", 307, 0, Location=target))
    with faulty_api({CENSUS: "redirects"}) as url:
        assert "leads elsewhere (307)" in refusal(store, url)
    del FAULTS["redirects"]
    assert elsewhere[1] == []


def test_a_system_that_is_not_there_is_asked_four_times(store: Store) -> None:
    sentence = refusal(store, f"http://127.0.0.1:{closed_port()}")
    assert "cannot be reached, or breaks off (ConnectionError)" in sentence


def test_a_black_hole_ends_with_the_budget(store: Store) -> None:
    with black_hole() as url:
        sentence = refusal(store, url, request_seconds=0.2)
        assert "cannot be reached, or breaks off (ConnectTimeout)" in sentence
        assert "no whole answer within 0.5 s" in refusal(store, url, pull_seconds=0.5)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "no address is set; set ZIPING_STUDENTS_API_URL"),
        ("http://reader:hunter2@{own}", "without user, password"),
        ("http://{own}?key=hunter2", "without user, password"),
        ("ftp://{own}", "must be an address like"),
        ("{own}", "must be an address like"),
        ("http://", "must be an address like"),
        ("http://localhost:99999", "must be an address like"),
    ],
)
def test_an_address_that_would_give_a_secret_away_or_is_none_is_not_asked(
    store: Store, address: str, sentence: str
) -> None:
    asked: Asked = []
    with faulty_api({}, asked) as url:
        assert sentence in refusal(store, address.format(own=url.removeprefix("http://")))
    assert asked == []
    assert "hunter2" not in repr(settings_for(address))


@pytest.mark.parametrize("token", [f"{CANARY}\n", f"{CANARY}令牌", f"\r\nX: {CANARY}"])
def test_a_token_that_is_none_is_not_sent(store: Store, token: str) -> None:
    asked: Asked = []
    with faulty_api({}, asked) as url:
        sentence = refusal(store, url, students_api_token=token)
    assert "ZIPING_STUDENTS_API_TOKEN holds what no token has" in sentence
    assert asked == []


def test_proxies_and_netrc_of_the_machine_are_passed_over(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: tuple[str, Asked]
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine localhost login reader password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, elsewhere[0])
    monkeypatch.setenv("no_proxy", "")
    with faulty_api({}) as url:
        assert pull(store, url)  # it demands the token
    assert elsewhere[1] == []


def test_a_certificate_must_be_vouched_for_valid_and_of_the_host(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = certificate_of("localhost", tmp_path / "own.pem")
    other = certificate_of("other.example.cn", tmp_path / "other.pem")
    expired = certificate_of("localhost", tmp_path / "expired.pem", days=-1)
    told = "shows a certificate that nobody vouches for.*ZIPING_CA_FILE"
    for served, trusted in ((own, None), (other, other), (expired, expired), (own, other)):
        asked: Asked = []
        with faulty_api({}, asked, served) as url:
            sentence = refusal(store, url, ca_file=str(trusted or ""))
        assert re.search(told, sentence), sentence
        assert asked == []
    with faulty_api({}, certificate=own) as url:
        sentence = refusal(store, url, ca_file=str(tmp_path / "gone.pem"))
        assert "there is no file that ZIPING_CA_FILE names" in sentence
        monkeypatch.chdir(tmp_path)
        sentence = refusal(store, url, ca_file="own.pem")  # works here, and not from elsewhere
        assert "ZIPING_CA_FILE depends on the folder where the command is called" in sentence
        assert pull(store, url, ca_file=str(own))


@pytest.fixture
def with_rows_behind_the_version() -> Iterator[str]:
    """Enter a fault: the rows are others, the version is the same."""

    def answers(self: Answering, page: int) -> None:
        if self.headers.get("If-None-Match") == '"v1"':
            self.say(b"", 304)
        else:
            rows = [row | {"XXBSM": "2151000999"} for row in answer(page)["rows"]]
            self.say_json(answer(page) | {"rows": rows}, ETag='"v1"')

    fault("other rows of the same version", "")(answers)
    yield "other rows of the same version"
    del FAULTS["other rows of the same version"]


def test_a_version_that_stays_is_believed_for_the_days_that_the_contract_says(
    store: Store, with_rows_behind_the_version: str
) -> None:
    contract = contract_with(full_every_days=7)
    asked: Asked = []
    with faulty_api({}, asked) as url:
        pull(store, url, contract)
        assert not changed(store, url, contract, TODAY + timedelta(days=6))
        assert len(asked) == PAGES + 1
        # In full once it is due; that it is the same is noted, and the days begin anew.
        earlier = (datetime.now(UTC) - timedelta(days=9)).isoformat(timespec="seconds")
        store.record(replace(store.deliveries()[-1], received_at=earlier))
        before = store.deliveries()
        assert not changed(store, url, contract)
        assert not changed(store, url, contract)
        assert len(asked) == 2 * PAGES + 2
        assert len(store.deliveries()) == len(before) + 1
        assert store.deliveries()[-1].received_at > earlier
    with faulty_api({CENSUS: with_rows_behind_the_version}) as url:
        assert not changed(store, url, contract, TODAY + timedelta(days=6))
        assert changed(store, url, contract, TODAY + timedelta(days=7))
        assert changed(store, url, contract, TODAY - timedelta(days=700))  # the clock was wrong
        landed = pull(store, url, contract)
        assert landed
        assert b"2151000999" in content_of(store, landed)


def test_an_interface_without_versions_is_compared_in_full(store: Store) -> None:
    fault("has no version", "")(lambda self, page: self.say_json(answer(page)))
    contract, asked = contract_with("version"), []
    with faulty_api({CENSUS: "has no version"}, asked) as url:
        assert changed(store, url, contract)
        pull(store, url, contract)
        assert not changed(store, url, contract)
    del FAULTS["has no version"]
    assert len(asked) == 1 + PAGES + PAGES


def test_values_of_json_are_written_in_one_way(store: Store) -> None:
    body = (
        b'{"data": {"total": "2", "list": [{"b": 1.10, "XJH": 2, "a": NaN},'
        b'{"XJH": 10, "a": "\\ud83d", "c": -Infinity, "d": "\\u0000", "e": {"z": 1, "y": null}}]}}'
    )
    fault("answers in an envelope", "")(lambda self, page: self.say(body, length=len(body)))
    words = {"rows": "data.list", "total": "data.total"}
    with faulty_api({CENSUS: "answers in an envelope"}) as url:
        landed = pull(store, url, contract_with("version", "pages", **words))
    del FAULTS["answers in an envelope"]
    assert content_of(store, landed).decode().splitlines()[1:] == [
        '{"XJH":10,"a":"\ufffd","c":"-Infinity","d":"\\u0000","e":{"y":null,"z":1}}',
        '{"XJH":2,"a":"NaN","b":1.1}',
    ]
