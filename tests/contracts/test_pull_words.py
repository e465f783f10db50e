"""The words of a pull: what a contract and the settings may say of a live source."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from contract_parts import META, column, load
from faulty_api import CANARY, PAGES, faulty_api

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.extract.pull.pull import land_pull
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store
from flows.landing.source_status import ExpectedDelivery
from flows.parsing.values import Unreadable, date_cell

HTTP: dict[str, Any] = {
    "from": "http", "base": "teachers_url", "token": "teachers_token", "path": "/teachers",
    "parameters": {"census": "{period}"}, "rows": "rows", "total": "total", "order_by": "XJH",
}  # fmt: skip
SQL: dict[str, Any] = {"from": "sql", "database": "hr_url", "sql": "select gh", "order_by": "gh"}


@pytest.mark.parametrize(
    ("pull", "words"),
    [
        (HTTP | {"retries": 3}, "`pull.retries`: unknown word"),
        (SQL | {"read_only": False}, "`pull.read_only`: unknown word"),
        ({key: word for key, word in HTTP.items() if key != "total"}, "total is missing"),
        ({key: word for key, word in SQL.items() if key != "order_by"}, "order_by is missing"),
        (HTTP | {"path": "@evil.example/teachers"}, "pull.path"),
        (HTTP | {"base": "https://reader:secret@host"}, "pull.base"),
        (HTTP | {"full_every_days": 0}, "pull.full_every_days"),
        (HTTP | {"pages": "pages", "next": "next"}, "pages and next exclude each other"),
        ({"from": "ftp"}, "must be"),
    ],
)
def test_a_word_that_a_pull_does_not_know_is_told_with_its_line(
    tmp_path: Path, pull: dict[str, Any], words: str
) -> None:
    told = rf"sources\.yml, line \d+, table samples: .*{re.escape(words)}"
    with pytest.raises(ZipingError, match=told):
        load(tmp_path, META | {"pull": pull}, column())


@pytest.mark.parametrize("pull", [HTTP, SQL, HTTP | {"next": "links.next", "version": "v"}])
def test_a_pull_in_known_words_is_read(tmp_path: Path, pull: dict[str, Any]) -> None:
    (contract,) = load(tmp_path, META | {"pull": pull}, column()).values()
    assert contract.as_json()["pull"] == pull


def test_a_new_source_needs_no_setting_but_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = HTTP | {"pages": "pages", "version": "version"}
    (contract,) = load(tmp_path, META | {"pull": pages}, column()).values()
    with faulty_api({}) as url:
        (tmp_path / ".env").write_text(f"ZIPING_TEACHERS_URL={url}\n")
        monkeypatch.setenv("ZIPING_TEACHERS_TOKEN", CANARY)
        settings = load_settings(Workspace(tmp_path))
        landed = land_pull(Store(tmp_path / "landed"), contract, settings, "2023", RetryBudget(60))
    assert landed
    assert CANARY not in repr(settings)
    text = Store(tmp_path / "landed").path(landed.id).read_text("utf-8")
    assert text.count("\n") == 1 + 2 * PAGES


@pytest.mark.parametrize("name", ["PULL_SECONDS", "REQUEST_SECONDS", "PULL_MEGABYTES"])
@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf"])
def test_a_limit_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(f"ZIPING_{name}", text)
    with pytest.raises(WrongUse, match=f"ZIPING_{name} must be a number above 0"):
        load_settings(Workspace(tmp_path))


def test_a_setting_is_read_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    lines = "\ufeffZIPING_DISTRICT=511702\nZIPING_PUBLISH_PASSWORD='${HOME}$1 #'\n"
    (tmp_path / ".env").write_text(f"{lines}ZIPING_STUDENTS_API_TOKEN=x${{HOME}}y\n", "utf-8")
    settings = load_settings(Workspace(tmp_path))
    assert settings.district == "511702"
    assert settings.publish_password == "${HOME}$1 #"
    assert settings.students_api_token == "x${HOME}y"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ZIPING_DISTRICT=511702\nZIPING_OPEN_YEARS 2023\n", r"\.env, line 2"),
        ("ZIPING_DISTRICT_TITLE=甲区\n".encode("gb18030"), "not in UTF-8"),
        (b"ZIPING_OPEN_YEAR=2023\n", "ZIPING_OPEN_YEAR is no setting: .* ZIPING_OPEN_YEARS"),
        (b"ZIPPING_DISTRICT=511702\n", "ZIPPING_DISTRICT is no setting: .* ZIPING_DISTRICT"),
        (b"ziping_district=511702\n", "ziping_district is no setting: .* ZIPING_DISTRICT"),
        (b"ZIPING_STUDENT_API_TOKEN=x\n", "nearest one is ZIPING_STUDENTS_API_TOKEN"),
        (b"ZIPING_PUBLISHTO=postgresql://h/b\n", "nearest one is ZIPING_PUBLISH_TO"),
    ],
)
def test_a_setting_that_would_be_passed_over_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(WrongUse, match=words):
        load_settings(Workspace(tmp_path))


def test_a_name_of_the_environment_that_is_nearly_a_setting_is_refused_and_another_one_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ZIPING_SERVICE_HOST", "ZIPING_PORT_8765_TCP", "ZIP_LEVEL", "ZIPING_BUILD"):
        monkeypatch.setenv(name, "1")
    told = load_settings(Workspace(tmp_path)).unknown
    assert [sentence.split()[0] for sentence in told] == [
        "ZIPING_PORT_8765_TCP", "ZIPING_SERVICE_HOST",
    ]  # fmt: skip
    monkeypatch.setenv("ZIPING_NOTIFY_COMAND", "x")
    with pytest.raises(WrongUse, match="the nearest one is ZIPING_NOTIFY_COMMAND"):
        load_settings(Workspace(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "2023-09-01",
        "2023-09-01 00:00:00",
        "2023-09-01 00:00:00+08",
        "2023-09-01T00:00:00",
        "2023-09-01 08:00:00",
    ],
)
def test_a_day_is_read_as_databases_write_it(text: str) -> None:
    assert date_cell(text) == date(2023, 9, 1)


@pytest.mark.parametrize("text", ["infinity", "2023-08-31 16:00:00+00"])
def test_what_is_no_day_is_unreadable_and_never_another_day(text: str) -> None:
    with pytest.raises(Unreadable):
        date_cell(text)


CENSUS = {"kind": "census_day", "years": [-1, 0]}
DUE = {"by": "人事股", "due": {"month_day": "10-15"}}


@pytest.mark.parametrize(
    ("pull", "period", "year", "today", "told"),
    [
        (SQL, CENSUS, 2030, "2026-11-29", "that day has not come"),
        (HTTP, CENSUS, 2030, "2026-11-29", "that day has not come"),
        (SQL | {"answers_for": "any_day"}, CENSUS, 2030, "2026-11-29", "that day has not come"),
        (SQL, CENSUS, 2023, "2023-08-31", "that day has not come"),
        (SQL, CENSUS, 2023, "2023-09-01", None),
        (SQL, CENSUS, 2023, "2023-10-15", None),
        (SQL, CENSUS, 2023, "2023-10-16", "it was due by 2023-10-15"),
        (SQL | {"answers_for": "today"}, CENSUS, 2023, "2024-03-01", "it was due by 2023-10-15"),
        (SQL | {"answers_for": "any_day"}, CENSUS, 2023, "2024-03-01", None),
        (HTTP, CENSUS, 2023, "2024-03-01", None),  # it is asked for the day
        (HTTP | {"parameters": {}}, CENSUS, 2023, "2024-03-01", "it was due by 2023-10-15"),
        (SQL, {"kind": "calendar_year"}, 2023, "2024-03-01", None),
        (SQL, {"kind": "calendar_year"}, 2030, "2024-03-01", "that day has not come"),
        (SQL, {"kind": "standing"}, 2030, "2024-03-01", None),
    ],
)
def test_a_live_system_is_asked_only_for_days_that_it_can_answer_for(
    tmp_path: Path, pull: dict[str, Any], period: dict[str, Any], year: int, today: str, told: str
) -> None:
    meta = META | {"pull": pull, "period": period, "owed": DUE}
    (contract,) = load(tmp_path, meta, column()).values()
    why = ExpectedDelivery(contract, "519900", year, 0).why_not_asked(date.fromisoformat(today))
    assert (why is None) if told is None else (why is not None and told in why)
