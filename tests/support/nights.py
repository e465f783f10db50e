"""What tests do with nights: run the commands, read what was published, change what is dropped."""

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from flows.cli.main import app
from flows.cli.sample import make_sample, sample_api
from flows.common.process import STOPPING
from flows.common.settings import CHECKOUT, Workspace
from flows.contracts.environment import load_settings
from flows.extract.raw_store import Store
from flows.releases.release import Release, find_release, releases_of, rows_of
from flows.releases.run_log import records
from flows.warehouse.build import dbt_environment

YEAR = 2023
CENSUSES = ("2021-09-01", "2022-09-01", "2023-09-01")
FUNDS_2023, PAYMENTS_2023 = "教育经费统计_2023*", "支付明细_2023*"
Said = Callable[[], str]  # what was printed since the last time, without blanks


def ziping(*arguments: str, workspace: Workspace) -> int:
    """Run a command in this process and give its exit code; what it prints is printed."""
    before = {
        number: signal.getsignal(number) for number in STOPPING
    }  # a night answers them till its end
    try:
        code = app([*arguments, "--workspace", str(workspace.root)], standalone_mode=False)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    return int(code or 0)


def night(workspace: Workspace, *, year: int | None = None, as_of: date | None = None) -> int:
    """Run a night as the command does, with the sample's systems up, and give its exit code."""
    arguments = ["nightly"]
    arguments += ["--year", str(year)] if year else []
    arguments += ["--as-of", as_of.isoformat()] if as_of else []
    with sample_api(workspace, load_settings(workspace)):
        return ziping(*arguments, workspace=workspace)


def current(workspace: Workspace, year: int = YEAR) -> Release:
    """Find the release that readers see."""
    return find_release(workspace, year, None)


def names_of_releases(workspace: Workspace, year: int = YEAR) -> list[str]:
    """List the releases of a year, oldest first."""
    return [release.name for release in releases_of(workspace, year)]


def rows(workspace: Workspace, table: str, year: int = YEAR) -> list[dict[str, Any]]:
    """Read a published table of the current release, for example `report_values`."""
    return rows_of(current(workspace, year).folder / f"{table}.parquet")


def value(
    workspace: Workspace,
    indicator: str,
    member: str = "total",
    period: str | None = None,
    year: int = YEAR,
) -> dict[str, Any]:
    """Read a row of `report_values` by indicator and member; the last period unless one is said."""
    found = [
        row
        for row in rows(workspace, "report_values", year)
        if row["indicator_id"] == indicator
        and row["member"] == member
        and period in (None, row["period"])
    ]
    assert found, f"no row of {indicator} {member} {period}"
    return max(found, key=lambda row: str(row["period"]))


def figure(workspace: Workspace, figure_id: str, part: int = 1, year: int = YEAR) -> dict[str, Any]:
    """Read a figure of the report together with the value that it prints."""
    key = ("district_code", "evaluation_year", "indicator_id", "period", "dimension", "member")
    values = {
        tuple(row[name] for name in key): row for row in rows(workspace, "report_values", year)
    }
    found = [
        row
        for row in rows(workspace, "report_figures", year)
        if (row["figure_id"], row["part"]) == (figure_id, part)
    ]
    assert len(found) == 1, f"{len(found)} rows of figure {figure_id}.{part}"
    return values[tuple(found[0][name] for name in key)] | found[0]


def copy_of(workspace: Workspace, root: Path) -> Workspace:
    """Copy a workspace whole, links as links; what stood there before is gone."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(workspace.root, root, symlinks=True)
    return Workspace(root)


def moved(workspace: Workspace, folder: Path) -> Workspace:
    """Move a workspace out of the place of the nights, which the next one needs."""
    return Workspace(workspace.root.rename(folder / "workspace"))


def parse_models(workspace: Workspace) -> Path:
    """Let dbt parse the models for a workspace at its place; give the file that it keeps."""
    from dbt.cli.main import dbtRunner

    target = workspace.warehouse / "dbt_target"
    project = str(CHECKOUT / "dbt_project")
    with pytest.MonkeyPatch.context() as patch:
        for name, text in dbt_environment(workspace.build, target).items():
            patch.setenv(name, text)
        result = dbtRunner().invoke(
            ["--quiet", "--log-level", "none", "--log-level-file", "none", "parse",
             "--project-dir", project, "--profiles-dir", project]
        )  # fmt: skip
    assert result.success, result.exception
    return target / "partial_parse.msgpack"


def take_up(parsed: Path, workspace: Workspace) -> Workspace:
    """Let the next night of a workspace go on from what dbt has parsed for its place."""
    target = workspace.warehouse / "dbt_target"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(parsed, target)
    (target / "project").write_text(str(CHECKOUT / "dbt_project"), "utf-8")
    return workspace


def begun(parsed: Path, place: Path) -> Workspace:
    """Begin an empty workspace; what stood there before is gone."""
    shutil.rmtree(place, ignore_errors=True)
    return take_up(parsed, Workspace(place))


def dropped_file(workspace: Workspace, pattern: str) -> Path:
    """Find the one file of the inbox that a pattern fits, for example `教育经费统计_2023*`."""
    found = sorted(workspace.inbox.rglob(pattern))
    assert len(found) == 1, f"{len(found)} files fit {pattern}"
    return found[0]


def replace_file(path: Path, content: bytes) -> None:
    """Drop other bytes under a name, as an office does; a linked copy elsewhere stays as it is."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def edit_workbook(path: Path, edit: Callable[[Any], None]) -> None:
    """Edit the first sheet of a workbook and drop it again under the same name."""
    book = openpyxl.load_workbook(path)
    edit(book.worksheets[0])
    path.unlink()
    book.save(path)


def raise_funds(workspace: Workspace, school: str, ten_thousands: int, year: int = YEAR) -> None:
    """Raise a school's operating funds in the statistics of education funds, sums and all.

    `school` is a part of the school's name; its 公用经费 grows, and with it the row's sum, the
    小计 of its stage and the 合计.
    """

    def edit(sheet: Any) -> None:
        name, operating, total = 3, 6, 9
        lines = list(range(5, sheet.max_row + 1))
        own = next(n for n in lines if school in str(sheet.cell(n, name).value))
        subtotal = next(n for n in lines if n > own and sheet.cell(n, name).value == "小计")
        whole = next(n for n in lines if sheet.cell(n, name).value == "合计")
        for line in (own, subtotal, whole):
            for column in (operating, total):
                before = str(sheet.cell(line, column).value).replace(",", "")
                sheet.cell(line, column).value = round(float(before) + ten_thousands, 6)

    edit_workbook(dropped_file(workspace, f"教育经费统计_{year}*"), edit)


def digests(release: Release, *endings: str) -> Mapping[str, bytes]:
    """Read the files of a release with these endings, by their names."""
    return {
        str(path.relative_to(release.folder)): path.read_bytes()
        for path in sorted(release.folder.rglob("*"))
        if path.suffix in endings
    }


def child(*arguments: str, workspace: Workspace) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    return subprocess.run(
        [sys.executable, *arguments, "--workspace", str(workspace.root)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def last_record(workspace: Workspace) -> dict[str, Any]:
    """Read the record of the last night."""
    return records(workspace)[-1]


def deliveries_of(workspace: Workspace, source: str, period: str) -> list[str]:
    """List the hashes of what was received for a period, in the order of receipt."""
    received = Store(workspace.landed).deliveries()
    return [one.id for one in received if (one.source, one.period) == (source, period)]


def soiled(tmp_path: Path, kind: str, pattern: str) -> bytes:
    """Make the district once more with a kind of dirt and read the one file that has it."""
    other = Workspace(tmp_path / f"with_{kind}")
    make_sample(other, 2023, 0.05, [kind])
    return dropped_file(other, pattern).read_bytes()


def flip_a_bit(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace_file(path, bytes(content))


def edit_text(path: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")


def closed_port() -> int:
    """Find a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
