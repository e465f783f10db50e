"""The examples for a timer and a container: what they name exists, and the night runs from it."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nights import current, names_of_releases, raise_funds

from flows.cli.main import app
from flows.common.settings import CHECKOUT, Workspace
from flows.warehouse.dbt import forget_another_project

OPERATIONS = CHECKOUT / "flows" / "operations"
CONTAINERFILE = (OPERATIONS / "Containerfile").read_text("utf-8")


class Unit(configparser.ConfigParser):
    """A unit of systemd: names keep their case, and a key may come twice."""

    optionxform = staticmethod(str)  # type: ignore[assignment]


def unit(name: str) -> configparser.ConfigParser:
    parsed = Unit(strict=False, interpolation=None)
    parsed.read_string((OPERATIONS / name).read_text("utf-8"))
    return parsed


def commands() -> set[str]:
    return {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback is not None
    }


def test_the_service_runs_a_command_that_there_is_and_takes_gaps_for_no_failure() -> None:
    service = unit("ziping.service")["Service"]
    program, command = service["ExecStart"].split()
    assert command in commands()
    # From the folder of the service to the program, as `make setup` puts it.
    program_here = Path(program).relative_to(service["WorkingDirectory"])
    assert program_here == Path(".venv/bin/ziping")
    assert service["SuccessExitStatus"] == "4"
    assert service["ReadWritePaths"] == service["WorkingDirectory"]


def test_the_timer_starts_the_service_at_two_in_china_as_the_deployment_does() -> None:
    timer = unit("ziping.timer")["Timer"]
    assert timer["Unit"] == "ziping.service"
    assert timer["OnCalendar"] == "*-*-* 02:00:00 Asia/Shanghai"
    deployment = (CHECKOUT / "prefect.yaml").read_text("utf-8")
    assert 'cron: "0 2 * * *"' in deployment
    assert "timezone: Asia/Shanghai" in deployment


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_understands_both_units() -> None:
    paths = [str(OPERATIONS / name) for name in ("ziping.service", "ziping.timer")]
    done = subprocess.run(
        ["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False
    )
    told = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert [line for line in told if "ziping" in line] == []
    moment = subprocess.run(
        ["systemd-analyze", "calendar", unit("ziping.timer")["Timer"]["OnCalendar"]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Next elapse" in moment.stdout


def copied_into_the_image() -> list[str]:
    found = []
    for line in re.findall(r"^COPY (.+)$", CONTAINERFILE, re.MULTILINE):
        found += line.split()[:-1]
    return found


def test_the_image_holds_code_alone_and_does_not_run_as_root() -> None:
    assert set(copied_into_the_image()) == {
        "requirements.lock", "pyproject.toml", "README.md", "LICENSE",
        "flows", "dbt_project", "expectations",
    }  # fmt: skip
    ignore = (CHECKOUT / ".dockerignore").read_text("utf-8").split("\n")
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    assert allowed == set(copied_into_the_image())
    assert "*" in ignore
    assert re.search(r"^USER ziping$", CONTAINERFILE, re.MULTILINE)
    assert "--require-hashes" in CONTAINERFILE
    (command,) = re.findall(r'^CMD \["(.+)"\]$', CONTAINERFILE, re.MULTILINE)
    assert command in commands()


@pytest.mark.slow
def test_a_night_runs_from_what_the_image_holds_and_writes_nothing_beside_the_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    image = tmp_path / "opt"
    image.mkdir()
    passed_over = shutil.ignore_patterns("__pycache__", "target", "logs", ".user.yml")
    for name in copied_into_the_image():
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, image / name, ignore=passed_over)
        else:
            shutil.copy(source, image / name)
    before = {path for path in image.rglob("*") if path.is_file()}
    raise_funds(workspace, "第一小学", 5)
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "nightly"],
        cwd=image,
        env={
            **{name: text for name, text in os.environ.items() if name.startswith("ZIPING_")},
            "PATH": os.environ["PATH"],
            "PREFECT_API_URL": os.environ["PREFECT_API_URL"],
            "PYTHONPATH": str(image),
            "PYTHONDONTWRITEBYTECODE": "1",
            "ZIPING_WORKSPACE": str(workspace.root),
            "HOME": str(home),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(names_of_releases(workspace)) == 2
    assert current(workspace).find_problems() == []
    assert {path for path in image.rglob("*") if path.is_file()} == before
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_what_another_checkout_parsed_is_forgotten(tmp_path: Path) -> None:
    target, parsed = tmp_path / "target", tmp_path / "target" / "partial_parse.msgpack"
    forget_another_project(tmp_path / "old", target)
    parsed.write_bytes(b"parsed")
    forget_another_project(tmp_path / "old", target)
    assert parsed.exists()
    forget_another_project(tmp_path / "new", target)  # moved, or another version beside it
    assert not parsed.exists()
    parsed.write_bytes(b"parsed")
    (target / "project").unlink()  # of an older version, which said nothing
    forget_another_project(tmp_path / "new", target)
    assert not parsed.exists()
