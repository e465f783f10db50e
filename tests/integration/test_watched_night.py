"""What the kernel saw of a night: no connection beyond its sources, no name before its
bytes, and no person's id in what it wrote.
"""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from guarded_night import Guarded, run_guarded
from searching import (
    files_below,
    ids_of_sample,
    left_in_the_checkout,
    persons_found,
    raw_of,
    secrets_of,
    text_found,
    written_by,
)

from flows.sample.server import SAMPLE_TOKEN

LOOPBACK = ("127.", "::1", "0.0.0.0", "::ffff:127.")
QUOTED = r'"([^"]+)"'
CALL = re.compile(r"^\d+ +(fsync|fdatasync|rename\w*|symlink\w*)\((.*)")
ADDRESS = re.compile(r'(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")')
ASKING = """
import socket
for ask in (
    lambda: socket.socket().connect(("192.0.2.1", 80)),
    lambda: socket.getaddrinfo("telemetry.example", 443),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.2", 53)),
):
    try:
        ask()
    except OSError:
        pass
"""


def far_addresses(trace: str) -> set[str]:
    """List the addresses beyond loopback that a trace of the kernel's calls shows."""
    found = {first or second for first, second in ADDRESS.findall(trace)}
    return {address for address in found if not address.startswith(LOOPBACK)}


def too_early(trace: str, workspace: Path) -> tuple[int, list[str]]:
    """Count what got its name in a workspace, and list what had it before its bytes were safe.

    A file or folder must be brought to the disk before its rename, and the folder in which it got
    its name after it: a power cut keeps a rename and loses bytes. Renames are told by the house's
    own ending of what is half-written.
    """
    synced: dict[str, int] = {}  # where a path was last brought to the disk
    named: list[tuple[int, Path, Path]] = []
    links: set[str] = set()
    found = []
    for place, line in enumerate(trace.splitlines()):
        call = CALL.match(line)
        if call is None:
            continue
        quoted = re.findall(QUOTED, call[2])
        if call[1].startswith("symlink"):
            links.add(quoted[-1])
        elif call[1].startswith("rename"):
            part, target = map(Path, quoted[-2:])
            if part.suffix == ".part" and part.is_relative_to(workspace):
                named.append((place, part, target))
                if str(part) not in links:
                    inner = [part, *(part / one.relative_to(target) for one in target.rglob("*"))]
                    found += [str(one) for one in inner if str(one) not in {*synced, *links}]
        elif path := re.search(r"<([^>]+)>", call[2]):
            synced[path[1]] = place
    late = [one for place, _, one in named if synced.get(str(one.parent), -1) < place]
    return len(named), [*found, *map(str, late)]


@pytest.mark.slow
def test_the_night_succeeds_without_the_net(guarded: Guarded) -> None:
    assert guarded.code == 0, guarded.output[-3000:]
    assert "published" in guarded.output


@pytest.mark.slow
def test_every_process_of_the_night_was_watched(guarded: Guarded) -> None:
    watched = (guarded.folder / "watched").read_text("utf-8")
    assert watched.count("\n") >= 3
    for process in ("flows.cli", "uvicorn", "flows.releases.duckdb_file"):
        assert process in watched, watched


@pytest.mark.slow
def test_no_process_of_the_night_asks_beyond_loopback(guarded: Guarded) -> None:
    attempts = guarded.folder / "attempts"
    assert not attempts.exists(), attempts.read_text("utf-8")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_kernel_saw_no_connection_beyond_loopback(guarded: Guarded) -> None:
    trace = guarded.trace.read_text("utf-8", "replace")
    assert "127.0.0.1" in trace, "strace saw nothing at all"
    assert far_addresses(trace) == set()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_what_is_kept_is_on_the_disk_before_it_has_its_name(guarded: Guarded) -> None:
    trace = guarded.trace.read_text("utf-8", "replace")
    count, early = too_early(trace, guarded.workspace.root)
    assert count > 20
    assert early == []


def test_a_name_that_comes_before_the_bytes_is_seen(tmp_path: Path) -> None:
    safe = [
        f"7 fsync(3<{tmp_path}/.a.part>) = 0",
        f'8   rename("{tmp_path}/.a.part", "{tmp_path}/a") = 0',
        f"7 fsync(3<{tmp_path}>) = 0",
    ]
    assert too_early("\n".join(safe), tmp_path) == (1, [])
    assert too_early("\n".join(safe[1:]), tmp_path) == (1, [f"{tmp_path}/.a.part"])
    assert too_early("\n".join(safe[:2]), tmp_path) == (1, [f"{tmp_path}/a"])


@pytest.mark.slow
def test_a_night_leaves_no_id_of_a_person_outside_raw(guarded: Guarded) -> None:
    workspace = guarded.workspace
    persons = ids_of_sample(workspace.root)
    assert len(persons.ids) > 4000
    files = [*written_by(workspace, guarded.folder), *left_in_the_checkout(workspace)]
    files = [path for path in files if not path.is_relative_to(raw_of(workspace))]
    assert guarded.folder / "output" in files
    assert persons_found(persons, files) == []


@pytest.mark.slow
def test_a_night_writes_its_key_and_the_token_of_a_source_nowhere(guarded: Guarded) -> None:
    workspace = guarded.workspace
    files = [*files_below(guarded.folder), *left_in_the_checkout(workspace)]
    secrets = secrets_of(workspace, SAMPLE_TOKEN)
    assert text_found(secrets, [workspace.key_file]) != []
    assert text_found(secrets, (path for path in files if path != workspace.key_file)) == []


def test_the_guard_sees_what_it_must_refuse(tmp_path: Path) -> None:
    run_guarded(tmp_path, [sys.executable, "-c", ASKING])
    attempts = (tmp_path / "attempts").read_text("utf-8").splitlines()
    assert [line.split()[0] for line in attempts] == ["connect", "getaddrinfo", "sendto"]


def test_the_guard_lets_loopback_pass(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asking = f"import socket; socket.create_connection(('localhost', {port}), 5)"
        assert run_guarded(tmp_path, [sys.executable, "-c", asking]) == 0
    assert not (tmp_path / "attempts").exists()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_trace_shows_what_goes_past_the_guard(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    past = "import _socket; s = _socket.socket(2, 2); s.connect(('192.0.2.3', 9))"
    subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=connect", "-o", str(trace),
         sys.executable, "-c", past],
        check=False,
    )  # fmt: skip
    assert far_addresses(trace.read_text("utf-8")) == {"192.0.2.3"}
