"""What is measured of landing, in a process of its own: plain readers, and our stages."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import psutil
import pyarrow.compute  # noqa: F401 - what a night has loaded before its first file
import requests
from python_calamine import CalamineWorkbook

from flows.common.files import hash_file
from flows.common.settings import Settings
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.extract.pull.pull import land_pull
from flows.extract.pull.retry import RetryBudget
from flows.extract.raw_store import Store
from flows.landing.load import ROWS, ParsedFile, judge_files, parse_into
from flows.parsing.pseudonyms import PersonKey
from flows.quality.gx_runner import load_great_expectations
from flows.quality.suite import Suites
from flows.sample.server import SAMPLE_TOKEN

PERIODS = {"finance": "2023", "staffing": "2019-01..2023-12", "schools": "2023-09-01"}


def _cpu_seconds() -> float:
    """Give those of this process and of the readers that it started."""
    readers = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return time.process_time() + sum(reader.user + reader.system for reader in readers)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Tell the measuring process when a stage begins and what it took."""
    print(json.dumps({"begins": name}), flush=True)
    wall, cpu = time.perf_counter(), _cpu_seconds()
    yield
    took = time.perf_counter() - wall, _cpu_seconds() - cpu
    print(json.dumps({"ends": name, "wall": took[0], "cpu": took[1]}), flush=True)


def _pandas(path: Path) -> None:
    for _ in pd.read_csv(path, encoding="gb18030", dtype=str, chunksize=100_000):
        pass


def _duckdb(path: Path) -> None:
    """Read it transcoded, for DuckDB knows no GB18030."""
    plain = path.with_suffix(".utf-8")
    with path.open(encoding="gb18030") as file, plain.open("w", encoding="utf-8") as target:
        while block := file.read(1 << 20):
            target.write(block)
    with duckdb.connect(config={"memory_limit": "400MB"}) as connection:
        # Into a table: a count alone would read no cell.
        connection.execute("set threads = 1")
        connection.execute(
            f"copy (from read_csv('{plain}', all_varchar = true, null_padding = true)) "
            f"to '{plain}.parquet'"
        )
    plain.unlink()


def _calamine(path: Path) -> None:
    with CalamineWorkbook.from_path(path) as book:
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()


def _requests(address: Path) -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {SAMPLE_TOKEN}"
    url = f"http://{address}/api/v1/students"
    number, pages = 1, 1
    while number <= pages:
        asked = {"census": PERIODS["schools"], "size": "5000", "page": str(number)}
        with session.get(url, params=asked, timeout=60) as response:
            pages = json.loads(response.content)["pages"]
        number += 1


PLAIN: dict[str, Callable[[Path], None]] = {
    "pandas": _pandas, "duckdb": _duckdb, "calamine": _calamine,
    "requests": _requests,
}  # fmt: skip


def read_plainly(how: str, paths: list[Path]) -> None:
    """Read files by a library alone."""
    with stage(how):
        for path in paths:
            PLAIN[how](path)


def _delivery(contract: Contract, path: Path) -> Delivery:
    file = LandedFile(hash_file(path), path.stat().st_size, path.name)
    period = PERIODS[contract.system]
    return Delivery(contract.name, "519900", period, (file,), "2024-01-01T00:00:00", "inbox")


def _pulled(contract: Contract, address: Path, folder: Path) -> tuple[Delivery, Path]:
    store = Store(folder / "landed")
    settings = Settings(
        students_api_url=f"http://{address}", students_api_token=SAMPLE_TOKEN, pull_seconds=3600
    )
    delivery = land_pull(store, contract, settings, PERIODS[contract.system], RetryBudget(60))
    assert delivery
    return delivery, store.path(delivery.id)


def land(table: str, folder: Path, paths: list[Path]) -> None:
    """Land files: their rows to Parquet, then the suite on each."""
    contract = load_contracts()[table]
    suite = Suites().load(contract)
    key = PersonKey(b"0" * 32)
    landed: list[ParsedFile] = []
    with stage("reading and landing"):
        for number, path in enumerate(paths):
            if contract.pull.origin == "http":
                delivery, kept = _pulled(contract, path, folder)
            else:
                delivery, kept = _delivery(contract, path), path
            place = folder / str(number)
            place.mkdir()
            parsed = parse_into(place / ROWS, kept, delivery, contract, key.pseudonym, None)
            landed.append(ParsedFile(place, delivery, parsed))
    load_great_expectations()
    with stage("suites"):
        for landing in judge_files(landed, contract, suite):
            assert not landing.judgement.rejections, landing.judgement.rejections
            assert landing.row_count


if __name__ == "__main__":
    what, name, target, *files = sys.argv[1:]
    if what == "plain":
        read_plainly(name, [Path(file) for file in files])
    else:
        land(name, Path(target), [Path(file) for file in files])
