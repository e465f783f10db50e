"""The machine around a command: its umask, a copied folder, a reader that left, a cancellation."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nights import Said, last_record, night, raise_funds, ziping

from flows.common.files import keep_from_others
from flows.common.settings import CHECKOUT, Workspace
from flows.releases.integrity import close_to_others
from flows.runs.lifecycle import open_run


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let others write whatever does not say otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize(("before", "after"), [(0o000, 0o022), (0o027, 0o027), (0o002, 0o022)])
def test_nobody_else_may_write_and_whoever_is_kept_out_stays_out(before: int, after: int) -> None:
    own = os.umask(before)
    try:
        keep_from_others()
    finally:
        found = os.umask(own)
    assert found == after


@pytest.mark.slow
def test_nothing_that_a_night_writes_is_open_for_writing_to_others(
    workspace: Workspace, open_umask: None
) -> None:
    raise_funds(workspace, "第一小学", 5)
    before = set(workspace.root.rglob("*"))
    assert night(workspace) == 0
    written = [path for path in workspace.root.rglob("*") if path not in before]
    assert len(written) > 50
    found = [path for path in written if not path.is_symlink() and path.stat().st_mode & 0o022]
    assert found == []


def test_folders_with_rows_of_persons_are_closed_again_and_that_is_said(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    internal = place.releases / "2023" / "00001-abc" / "internal"
    older = place.releases / "2022" / "00007-def" / "internal"
    for folder in (place.landed, place.cache, internal, older):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    place.build.touch(0o644)
    older.chmod(0o700)
    told = close_to_others(place)
    assert len(told) == 4
    assert "warehouse/releases/2023/00001-abc/internal was open to others" in " ".join(told)
    modes = [path.stat().st_mode & 0o777 for path in (place.landed, place.cache, internal, older)]
    assert modes == [0o700] * 4
    assert place.build.stat().st_mode & 0o777 == 0o600
    assert close_to_others(place) == []


def test_a_night_that_is_cancelled_in_prefect_says_so(workspace: Workspace, server: str) -> None:
    from prefect.exceptions import TerminationSignal

    with pytest.raises(TerminationSignal), open_run(workspace):
        raise TerminationSignal(signal=15)
    assert last_record(workspace)["failure"].startswith("cancelled in Prefect")


FOREIGN = {
    "HTTP_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "socks5://127.0.0.1:9", "PREFECT_API_KEY": "pnu_other",
    "PREFECT_SERVER_API_AUTH_STRING": "admin:other", "PREFECT_SERVER_API_BASE_PATH": "/other",
    "PREFECT_PROFILE": "other", "PREFECT_LOGGING_LEVEL": "LOUD", "UVICORN_WORKERS": "many",
    "DBT_TARGET": "prod", "DBT_RESOURCE_TYPES": "model seed", "GX_CLOUD_BASE_URL": "x",
    "PGOPTIONS": "-c search_path=other", "WEB_CONCURRENCY": "many",
}  # fmt: skip


@pytest.mark.slow
def test_what_the_machine_says_to_other_programs_changes_nothing_of_a_night(
    workspace: Workspace, tmp_path: Path
) -> None:
    raise_funds(workspace, "第一小学", 5)
    (tmp_path / ".prefect").mkdir()
    for name in (".env", "prefect.toml", "pyproject.toml", ".prefect/profiles.toml"):
        (tmp_path / name).write_text("PREFECT_LOGGING_LEVEL=LOUD = [\n")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "nightly", "--workspace", str(workspace.root)],
        cwd=tmp_path, env=kept | FOREIGN | {"HOME": str(tmp_path), "PYTHONPATH": str(CHECKOUT)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert last_record(workspace)["years"]["2023"]["result"] == "published"


def test_a_part_is_traced_by_the_number_that_the_terminal_prints(
    first_night: Workspace, said: Said
) -> None:
    assert ziping("trace", "14.3.2", workspace=first_night) == 0
    one = said()
    assert ziping("trace", "14.3", workspace=first_night) == 0
    assert one.count("重算一致") == 1 < said().count("重算一致")


def test_the_state_of_a_folder_that_is_not_there_is_shown(tmp_path: Path, said: Said) -> None:
    assert ziping("status", workspace=Workspace(tmp_path / "not" / "there")) == 0
    assert "nonighthasrunyet" in said()


def piped(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=CHECKOUT, env=os.environ | environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("streams", ["", "2>&1"])
def test_printing_to_one_who_has_left_is_no_failure(streams: str) -> None:
    text = (
        "import sys; from flows.common.console import outlive_the_reader, say; "
        "outlive_the_reader(); [say('row') for _ in range(100_000)]; sys.stderr.write('end')"
    )
    done = piped(f'{sys.executable} -c "{text}" {streams} | head -1')
    assert (done.returncode, done.stdout) == (0, "row\n")
    assert done.stderr == ("" if streams else "end")


def test_a_python_that_drops_docstrings_begins_again_with_them() -> None:
    done = piped(f"{sys.executable} -OO -m flows.cli releases --help", PYTHONOPTIMIZE="2")
    assert done.returncode == 0, done.stderr
    assert "List the releases" in done.stdout


@pytest.mark.parametrize("how", ["copied", "linked"])
def test_a_copied_checkout_does_not_work_for_the_one_that_it_was_copied_from(
    tmp_path: Path, how: str
) -> None:
    text = f"#!{sys.executable}\nfrom flows.cli.main import app\napp()\n"
    venv = tmp_path / ("there" if how == "linked" else "here") / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "ziping").write_text(text)
    (venv / "bin" / "ziping").chmod(0o755)
    here = tmp_path / "here"
    if how == "linked":
        (here / "flows").mkdir(parents=True)
        (here / "flows" / "cli").mkdir()
        (here / "flows" / "cli" / "main.py").touch()
        (here / ".venv").symlink_to(venv)
    else:
        (venv / "pyvenv.cfg").write_text("home = /usr/bin\n")
    done = piped(f"{here}/.venv/bin/ziping status", PYTHONPATH=str(CHECKOUT))
    assert done.returncode == 2
    assert f"belongs to {CHECKOUT} and would work there: in {here} run `rm -rf" in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
def test_make_refuses_a_venv_that_belongs_to_another_folder(tmp_path: Path) -> None:
    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "installed").touch()
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    command = tmp_path / ".venv" / "bin" / "ziping"
    command.write_text("#!/srv/ziping/.venv/bin/python\n")
    done = piped(f"make -C {tmp_path} run")
    assert done.returncode != 0
    assert "this .venv belongs to /srv/ziping, from where it was copied or moved" in done.stderr
    command.write_text(f"#!{tmp_path}/.venv/bin/python\n")
    assert piped(f"make -C {tmp_path} setup").returncode == 0
