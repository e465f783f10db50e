"""A night in a process of its own whose sockets are watched, run once for several tests.

The guard is a `sitecustomize` that every Python process of the night loads: what is asked of the
net beyond loopback is refused and written to `attempts`, and each process writes a line to
`watched`. Under strace the kernel's calls are seen too, whoever makes them.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sharing import made_once

from flows.cli.sample import make_sample
from flows.common.settings import Workspace

ROOT = Path(__file__).resolve().parents[2]
GUARD = """
import os, socket, sys

FOLDER = {folder!r}
REAL = {{name: getattr(socket, name) for name in ("getaddrinfo", "gethostbyname")}}
CONNECT, CONNECT_EX = socket.socket.connect, socket.socket.connect_ex
SENDTO = socket.socket.sendto
NAMES = ("127.0.0.1", "::1", "localhost", b"localhost", b"127.0.0.1", None, "", "0.0.0.0")


def note(name, text):
    with open(os.path.join(FOLDER, name), "a") as file:
        file.write(text + "\\n")


def is_near(host):
    return host in NAMES or str(host).startswith("127.")


def refuse(how, host):
    note("attempts", f"{{how}} {{host}} by {{sys.orig_argv}}")
    raise OSError("no net beyond loopback in this test")


def connect(self, address):
    if self.family != socket.AF_UNIX and not is_near(address[0]):
        refuse("connect", address)
    return CONNECT(self, address)


def connect_ex(self, address):
    if self.family != socket.AF_UNIX and not is_near(address[0]):
        refuse("connect_ex", address)
    return CONNECT_EX(self, address)


def sendto(self, *arguments):
    address = arguments[-1]
    if self.family != socket.AF_UNIX and not is_near(address[0]):
        refuse("sendto", address)
    return SENDTO(self, *arguments)


def resolving(name):
    def resolve(host, *arguments, **named):
        if not is_near(host):
            refuse(name, host)
        return REAL[name](host, *arguments, **named)
    return resolve


socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
socket.socket.sendto = sendto
for name in REAL:
    setattr(socket, name, resolving(name))
note("watched", " ".join(sys.orig_argv))
"""


def write_guard(folder: Path) -> None:
    """Write the guard that Python loads before anything else."""
    (folder / "sitecustomize.py").write_text(GUARD.format(folder=str(folder)), "utf-8")


def run_guarded(folder: Path, command: list[str], trace: Path | None = None) -> int:
    """Run a command under the guard, and under strace where a file for what it sees is named."""
    write_guard(folder)
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    places = {"HOME": folder / "home", "TMPDIR": folder / "tmp"}
    for place in places.values():
        place.mkdir(exist_ok=True)
    environment = keep | {name: str(place) for name, place in places.items()}
    environment["PYTHONPATH"] = os.pathsep.join((str(folder), str(ROOT)))
    prefix = []
    if trace:
        calls = "connect,sendto,sendmsg,fsync,fdatasync,rename,renameat,renameat2,symlink,symlinkat"
        prefix = ["strace", "-f", "-y", "--seccomp-bpf", "-qq", "-e", f"trace={calls}"]
        prefix += ["-e", "signal=none", "-o", str(trace)]
    with (folder / "output").open("wb") as output:
        ended = subprocess.run(
            [*prefix, *command],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
    return ended.returncode


@dataclass(frozen=True)
class Guarded:
    """What came of the guarded night."""

    folder: Path

    @property
    def code(self) -> int:
        """Its exit code."""
        return int((self.folder / "code").read_text("ascii"))

    @property
    def workspace(self) -> Workspace:
        """Its workspace: the small sample, made from the same seed as the tests' first night."""
        return Workspace(self.folder / "workspace")

    @property
    def output(self) -> str:
        """What it printed, to both streams."""
        return (self.folder / "output").read_text("utf-8", "replace")

    @property
    def trace(self) -> Path:
        """What strace saw."""
        return self.folder / "trace"


def _run_night(folder: Path) -> None:
    """Run the night of a small sample in a folder that is not there yet, with its own server."""
    folder.mkdir()
    night = Guarded(folder)
    make_sample(night.workspace, 2023, 0.05, [])
    command = [sys.executable, "-m", "flows.cli", "run"]
    command += ["--workspace", str(night.workspace.root)]
    trace = night.trace if shutil.which("strace") else None
    (folder / "code").write_text(str(run_guarded(folder, command, trace)), "ascii")


@pytest.fixture(scope="session")
def guarded(shared: Path) -> Guarded:
    """Give the guarded night; only to be read."""
    return Guarded(made_once(shared / "guarded", _run_night))
