"""Measures landing of large files, beside the mere reading of the same file by a library."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bench_files
import psutil
import requests

from flows.sample.server import SAMPLE_TOKEN, serve

SECONDS_BETWEEN_LOOKS = 0.02
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Case:
    """A kind of delivery: its table, how much of what, what makes it and what reads it plainly."""

    title: str
    table: str
    size: int
    unit: str
    make: Callable[[Path, int], list[Path]]
    plain: tuple[str, ...]


CASES = {
    "csv": Case("CSV in GB18030", "finance.payments", 1000, "MB", bench_files.payments_csv,
                ("pandas", "duckdb")),
    "xlsx": Case("XLSX", "staffing.trainings", 200_000, "rows", bench_files.trainings_xlsx,
                 ("calamine",)),
    "workbooks": Case("workbooks of a school each", "finance.education_funds", 300, "files",
                      bench_files.school_workbooks, ("calamine",)),
    "api": Case("JSON interface", "schools.students", 500_000, "rows", bench_files.census,
                ("requests",)),
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One stage: seconds, and the largest resident size of its processes together, in MB."""

    name: str
    wall: float
    cpu: float  # of all its processes: on a busy machine it says more than the wall
    peak: float


class Watch:
    """Looks again and again how much memory a process and its children hold."""

    def __init__(self, process: int) -> None:
        """Begin to look."""
        self.process, self.peak, self.is_over = psutil.Process(process), 0.0, threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        while not self.is_over.wait(SECONDS_BETWEEN_LOOKS):
            try:
                family = [self.process, *self.process.children(recursive=True)]
                held = sum(one.memory_info().rss for one in family)
            except psutil.NoSuchProcess:
                continue
            self.peak = max(self.peak, held / MEGABYTE)


def stages_of(command: list[str]) -> Iterator[Measured]:
    """Run a process that tells of its stages, and measure each."""
    script = Path(__file__).with_name("bench_stages.py")
    whole = [sys.executable, str(script), *command]
    with subprocess.Popen(whole, stdout=subprocess.PIPE, text=True) as process:
        watch = Watch(process.pid)
        assert process.stdout
        for line in process.stdout:
            told = json.loads(line)
            if "begins" in told:
                watch.peak = 0.0
            else:
                yield Measured(told["ends"], told["wall"], told["cpu"], watch.peak)
        watch.is_over.set()
    if process.returncode:
        sys.exit(f"{' '.join(command[:2])} ended with {process.returncode}")


@contextmanager
def served(folder: Path) -> Iterator[list[str]]:
    """Serve a census on loopback, with every page ready."""
    with serve(folder) as server:
        asked = {"census": "2023-09-01", "size": "5000", "page": 1, "pages": 1}
        while asked["page"] <= asked["pages"]:
            answer = requests.get(
                f"{server.url}/api/v1/students",
                params=asked,
                headers={"Authorization": f"Bearer {SAMPLE_TOKEN}"},
                timeout=60,
            ).json()
            asked |= {"page": answer["page"] + 1, "pages": answer["pages"]}
        yield [server.url.removeprefix("http://")]


def measure(case: Case, size: int) -> None:
    """Print how fast each plain reader, our reading and landing, and the suites are."""
    print(f"{case.title}, {size:,} {case.unit}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [str(path) for path in case.make(folder, size)]
        if case.table == "schools.students":
            with served(folder) as address:
                _measure_all(case, size, folder, address)
        else:
            _measure_all(case, size, folder, paths)


def _measure_all(case: Case, size: int, folder: Path, files: list[str]) -> None:
    plain = [
        stage for how in case.plain for stage in stages_of(["plain", how, str(folder), *files])
    ]
    ours = list(stages_of(["land", case.table, str(folder), *files]))
    wall, cpu = (min(getattr(one, word) for one in plain) for word in ("wall", "cpu"))
    for stage in [*plain, *ours]:
        print(
            f"    {stage.name:20}{stage.wall:9.2f} s{stage.wall / wall:7.1f} x"
            f"{stage.cpu:11.2f} s{stage.cpu / cpu:7.1f} x"
            f"{size / stage.wall:12,.0f} {case.unit}/s{stage.peak:9.0f} MB",
            flush=True,
        )


def measure_landing(names: list[str], size: int | None) -> None:
    """Measure some cases, at their own size or another."""
    print("beside the plainest reading of the same file: times as long")
    print(f"{'':24}{'wall':>11}{'':9}{'CPU':>13}{'':9}{'rate':>17}{'peak of all':>15}")
    for name in names:
        measure(CASES[name], size or CASES[name].size)
