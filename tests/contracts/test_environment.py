"""The settings of a workspace, some of which contracts declare."""

from pathlib import Path
from typing import Any

import pytest
from contract_parts import META, column, load
from faulty_api import CANARY, PAGES, faulty_api

from flows.common.errors import WrongUse
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.extract.pull.pull import land_pull
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store

HTTP: dict[str, Any] = {
    "from": "http", "base": "teachers_url", "token": "teachers_token", "path": "/teachers",
    "parameters": {"census": "{period}"}, "rows": "rows", "total": "total", "order_by": "XJH",
}  # fmt: skip


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
