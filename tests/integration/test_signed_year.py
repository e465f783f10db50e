"""A year that was signed goes on: nights publish, and what they move is written down once."""

from datetime import datetime

import pytest
from nights import YEAR, Said, current, last_record, names_of_releases, night, raise_funds, ziping

from flows.common.clock import CHINA
from flows.common.settings import Workspace
from flows.releases.release import DRIFT, year_folder
from flows.releases.signed_drift import read_drift
from flows.runs.status import describe_status


@pytest.fixture
def signed(workspace: Workspace) -> Workspace:
    today = datetime.now(CHINA).date().isoformat()
    given = ["--by", "区教育局局长", "--date", today, "--with-gaps", "尚无来源"]
    assert ziping("report", "sign", *given, workspace=workspace) == 0
    return workspace


def test_a_night_writes_what_it_moved_also_where_it_was_killed_after_the_switch(
    signed: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    folder, first = year_folder(signed, YEAR), current(signed)

    def die(*_: object) -> list[str]:
        raise RuntimeError("killed")

    raise_funds(signed, "第一小学", 5)
    with monkeypatch.context() as patch:
        patch.setattr("flows.publish.record_drift", die)
        assert night(signed) == 1
    second = current(signed)
    assert second.name != first.name
    assert not (folder / DRIFT).exists()
    assert night(signed) == 0  # unchanged, and what was left undone is done
    assert "2023:unchanged" in said()
    assert len(names_of_releases(signed)) == 2
    lines = read_drift(folder)
    funds = next(line for line in lines if (line["figure_id"], line["part"]) == ("4.1", 1))
    assert funds["release"] == second.name
    assert float(funds["now"]["value"]) - float(funds["signed"]["value"]) == 50000
    assert any("finance.education_funds 2023" in cause for cause in funds["because"])
    assert {line["release"] for line in lines} == {second.name}
    before = (folder / DRIFT).read_bytes()
    assert night(signed) == 0
    assert (folder / DRIFT).read_bytes() == before
    assert set(last_record(signed)["signed"][str(YEAR)]) == {"signed/0001/signed.json", DRIFT}
    status = describe_status(signed, 1)
    assert status["signed"][0]["moved"] == lines
    assert status["damaged"] == []
    (folder / DRIFT).write_bytes(before.replace(b"2023", b"2024", 1))
    assert any(DRIFT in text for text in describe_status(signed, 1)["damaged"])
