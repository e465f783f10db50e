"""Clocks, zones, locales: what they may change is the time that is told, and nothing else."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from hashlib import sha256
from pathlib import Path

import pytest
from nights import (
    YEAR,
    Said,
    current,
    digests,
    last_record,
    names_of_releases,
    night,
    ziping,
)

from flows.common.clock import CHINA, day_of
from flows.common.settings import CHECKOUT, Workspace
from flows.contracts.delivery import Delivery, LandedFile, newest_first
from flows.contracts.loading import load_contracts
from flows.landing.source_status import known_by
from flows.parsing.file_parser import read_file
from flows.releases.release import MANIFEST
from flows.releases.run_log import records
from flows.runs import context as night_module
from flows.runs.context import make_context

# A process whose clock stands at the moment of its first argument.
STOPPED_CLOCK = """
import datetime, sys, time
moment = datetime.datetime.fromisoformat(sys.argv.pop(1))
class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return moment.astimezone(tz)
datetime.datetime = Clock
time.time = moment.timestamp
from flows.cli.main import app
app()
"""
READ = ("finance.payments", "finance.education_funds")
# Reads two of the kept files and writes the tables of a release, as a night does.
READ_AND_WRITE = """
import json, sys
from hashlib import sha256
from pathlib import Path
from flows.common.console import leave_the_locale
leave_the_locale()
from flows.contracts.loading import load_contracts
from flows.parsing.file_parser import read_file
from flows.releases.write_tables import write_tables
from flows.releases.tables import ReleaseTables
from flows.exports.excel.report import write_workbook
build, folder, manifest, *kept = map(Path, sys.argv[1:])
contracts = load_contracts()
for path, name in zip(kept, ("finance.payments", "finance.education_funds"), strict=True):
    print(sha256(repr(read_file(path, contracts[name])).encode()).hexdigest())
folder.mkdir()
write_tables(build, folder, 2023)
manifest = json.loads(manifest.read_text("utf-8"))
write_workbook(ReleaseTables.load(folder), manifest, folder)
"""


def at(moment: str, *arguments: str, workspace: Workspace) -> subprocess.CompletedProcess[str]:
    """Run a command in a process whose clock stands at a moment."""
    return subprocess.run(
        [sys.executable, "-c", STOPPED_CLOCK, moment, *arguments, "--workspace", workspace.root],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_nights_go_on_in_their_order_whatever_the_clock_says(workspace: Workspace) -> None:
    release = current(workspace)
    moments = [
        "2099-02-28T23:59:59+08:00",
        "2099-02-28T23:59:59+08:00",  # two in the same second
        "1970-01-01T00:00:00+00:00",
        "2023-12-31T23:59:59+08:00",
    ]
    for moment in moments:
        ended = at(moment, "nightly", workspace=workspace)
        assert ended.returncode == 0, ended.stderr
        assert f"2023: unchanged {release.name}" in ended.stdout
    names = [record["run"] for record in records(workspace)][1:]
    assert names == [
        "00002-2099-02-28", "00003-2099-02-28", "00004-1970-01-01", "00005-2023-12-31",
    ]  # fmt: skip
    assert last_record(workspace)["started_at"] == "2023-12-31T23:59:59+08:00"
    assert current(workspace).name == release.name
    assert night(workspace) == 0  # and back to the clock as it is
    assert last_record(workspace)["run"].startswith("00006-")
    assert ziping("status", workspace=workspace) == 0


def test_a_night_that_passes_into_the_new_year_is_of_the_day_on_which_it_began(
    first_night: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = iter(range(0, 3600, 40))

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            began = datetime(2023, 12, 31, 23, 59, 30, tzinfo=CHINA)
            return (began + timedelta(seconds=next(passed))).astimezone(tz)

    monkeypatch.setattr(night_module, "datetime", Clock)
    opened = make_context(first_night, None, None)
    assert opened.name == "00002-2023-12-31"
    assert opened.started_at == "2023-12-31T23:59:30+08:00"
    assert opened.today == date(2023, 12, 31)
    assert opened.years == (YEAR,)
    known = make_context(first_night, None, date(2024, 2, 29))
    assert (known.today, known.name) == (date(2024, 2, 29), "00002-2024-01-01")


def test_the_years_of_a_night_come_from_the_settings_and_never_from_the_clock(
    first_night: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZIPING_OPEN_YEARS", "2019,2020")
    assert make_context(first_night, None, None).years == (2019, 2020)


@pytest.mark.parametrize(
    ("received_at", "day"),
    [
        ("2023-12-31T15:59:59+00:00", date(2023, 12, 31)),
        ("2023-12-31T16:00:00+00:00", date(2024, 1, 1)),  # midnight in the country
        ("2023-12-31T18:00:00", date(2024, 1, 1)),  # without a zone: of UTC
        ("2024-02-29T23:59:59+08:00", date(2024, 2, 29)),
        ("2023-08-31T16:30:00+00:00", date(2023, 9, 1)),
        ("1970-01-01T00:00:00+00:00", date(1970, 1, 1)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/St_Johns"])
def test_what_was_known_on_a_day_is_what_came_by_its_end_in_the_country(
    monkeypatch: pytest.MonkeyPatch, received_at: str, day: date, zone: str
) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert day_of(received_at) == day
        came = [Delivery("s.t", "519900", "2023", (LandedFile("a" * 64, 1, "a"),), received_at, "")]
        assert known_by(came, day) == came
        assert known_by(came, day - timedelta(days=1)) == []
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_order_of_receipt_is_that_of_the_lines_and_not_of_the_clock() -> None:
    def delivery(number: int, received_at: str) -> Delivery:
        files = (LandedFile(str(number) * 64, 1, "a"),)
        return Delivery("s.t", "519900", "2023", files, received_at, "inbox", number=number)

    first = delivery(1, "2099-01-01T00:00:00+00:00")
    second = delivery(2, "1970-01-01T00:00:00+00:00")
    assert newest_first([first, second]) == [second, first]


def test_the_time_of_a_file_in_the_inbox_says_nothing(workspace: Workspace, said: Said) -> None:
    paths = sorted(path for path in workspace.inbox.rglob("*") if path.is_file())
    assert len(paths) > 5
    for path, moment in zip(paths, [0, 4_070_908_800, -86_400] * len(paths), strict=False):
        os.utime(path, (moment, moment))
    assert night(workspace) == 0
    assert "2023:unchanged" in said()
    assert len(names_of_releases(workspace)) == 1


def locale_of(name: str, charset: str, folder: Path) -> dict[str, str]:
    """Compile a locale of the system for one test; skip where the system cannot."""
    full = f"{name}.{charset}"
    try:
        done = subprocess.run(
            ["localedef", "-i", name, "-f", charset, folder / full],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("localedef is not installed")
    if not (folder / full).exists():
        pytest.skip(f"localedef cannot make {full}: {done.stderr.decode()[:100]}")
    return {"LOCPATH": str(folder), "LC_ALL": full}


STRANGE: list[Mapping[str, str]] = [
    {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONUTF8": "0", "COLUMNS": "20"},
    {"TZ": "Asia/Shanghai", "LANG": "tr_TR"},
]


@pytest.fixture(params=STRANGE, ids=["ASCII at St. John's", "Turkish in Shanghai"])
def strange(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Give the environment of a machine that is set up otherwise."""
    asked = dict(request.param)
    if name := asked.pop("LANG", None):
        asked |= locale_of(name, "ISO-8859-9", tmp_path)
    kept = {word: text for word, text in os.environ.items() if word not in ("LANG", "LC_ALL")}
    return kept | asked


def test_another_zone_and_another_locale_do_not_change_a_byte(
    first_night: Workspace, strange: dict[str, str], tmp_path: Path
) -> None:
    release = current(first_night)
    kept = [
        first_night.landed / "content" / delivery["sha256"][:2] / delivery["sha256"]
        for name in READ
        for delivery in release.manifest["deliveries"]
        if (delivery["source"], delivery["period"]) == (name, "2023")
    ]
    build, folder = tmp_path / "build.duckdb", tmp_path / "release"
    build.write_bytes(first_night.build.read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", READ_AND_WRITE, build, folder, release.folder / MANIFEST, *kept],
        cwd=CHECKOUT, env=strange, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    contracts = load_contracts()
    assert done.stdout.split() == [
        sha256(repr(read_file(path, contracts[name])).encode()).hexdigest()
        for path, name in zip(kept, READ, strict=True)
    ]
    published = digests(release, ".csv", ".parquet", ".xlsx", ".duckdb")
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert len(written) > 20
    for name in sorted(written):
        assert (folder / name).read_bytes() == published[name], name


def test_a_night_on_a_machine_that_is_set_up_otherwise_is_the_same_night(
    workspace: Workspace, strange: dict[str, str]
) -> None:
    strange |= {name: text for name, text in os.environ.items() if name.startswith("ZIPING_")}
    for arguments, words in ((["nightly"], "2023: unchanged"), (["status"], "教师进修学校")):
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments, "--workspace", workspace.root],
            cwd=CHECKOUT, env=strange, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert words in done.stdout.decode("utf-8")
