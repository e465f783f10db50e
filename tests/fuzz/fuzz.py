"""Fuzz the readers: whatever the bytes, they give rows that are accounted for, or a sentence.

`make fuzz SECONDS=120` shares the time among the targets and says how many inputs were tried. It
begins with the corpus of bad input. What breaks a reader is left in target/fuzz/.
"""

import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["flows"]):
    import corpus
    import corpus_workbooks

    from flows.common.errors import Rejected
    from flows.common.masking import without_ids
    from flows.parsing.columns import make_reader, read_cells
    from flows.parsing.file_parser import read_file
    from flows.parsing.values import Unreadable
    from flows.readers import sandbox
    from flows.readers.html import html_sheets
    from flows.readers.spreadsheetml import xml_sheets

LEFT = Path(__file__).parents[2] / "target" / "fuzz"
LONGEST_SEED = 8_000
WORDS = {
    "totals": {"column": "name", "labels": ["合计", "小计"], "check": ["amount"]},
    "footer": "^(注|填表人)",
    "groups": {"match": "^[一二三]、"},
    "subsets": "^(#|其中)",
}
EVERY = [name for name in corpus.COLUMNS if name != "year"]
MEMBERS = ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml")


class Fuzz:
    """What a target needs between two inputs: a file to write to, and contracts."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "kept"
        self.contract = corpus.contract_of({"read": WORDS})
        self.columns = corpus.contract_of({"columns": " ".join(EVERY)}).columns
        book = corpus_workbooks.saved(corpus_workbooks.book_of(["代码"], ["001"]))
        with zipfile.ZipFile(io.BytesIO(book)) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}

    def files(self, content: bytes) -> None:
        """Read any bytes as a kept file."""
        self.path.write_bytes(content)
        with suppress(Rejected):
            parsed = read_file(self.path, self.contract, name="2023.csv")
            assert corpus.accounted(parsed) == corpus.count_of_rows(self.path, self.contract)
            parsed.table().validate(full=True)

    def workbooks(self, content: bytes) -> None:
        """Read a workbook one of whose members is something else."""
        member, text = MEMBERS[content[0] % len(MEMBERS) if content else 0], content[1:]
        with zipfile.ZipFile(self.path, "w") as archive:
            for name, whole in (self.members | {member: text}).items():
                archive.writestr(name, whole)
        self.files(self.path.read_bytes())

    def pages(self, content: bytes) -> None:
        """Read bytes as HTML and as XML, in this process, where nothing catches an error."""
        self.path.write_bytes(content)
        for read in (html_sheets, xml_sheets):
            with suppress(Rejected):
                list(read(self.path, ("代码", "金额")))

    def cells(self, content: bytes) -> None:
        """Read one cell as every type, alone and as a column of one."""
        cell: Any = content.decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):
            cell = json.loads(cell)
        for column in self.columns:
            for unit, date_system in ((None, None), ("万元", 1904)):
                read = make_reader(
                    column, unit, without_ids if column.person else None, date_system
                )
                try:
                    value = read(cell)
                except Unreadable:
                    value = None
                typed, _ = read_cells([cell], read, column.data_type, {})
                assert typed[0].as_py() == value, column.name


def run_target(name: str, seconds: int, seeds: Path) -> None:
    """Fuzz one target until its time is over; the process ends with it."""
    sandbox.READ_SECONDS = 20.0
    with tempfile.TemporaryDirectory() as folder:
        target: Callable[[bytes], None] = getattr(Fuzz(Path(folder)), name)
        arguments = [
            sys.argv[0], f"-max_total_time={seconds}", "-timeout=60", f"-max_len={LONGEST_SEED}",
            "-rss_limit_mb=4096", "-print_final_stats=1", "-verbosity=0",
            f"-artifact_prefix={LEFT}/{name}-", str(seeds),
        ]  # fmt: skip
        atheris.Setup(arguments, target)
        atheris.Fuzz()


def _write_members(path: Path) -> None:
    unreadable = (zipfile.BadZipFile, KeyError, RuntimeError)
    with suppress(*unreadable), zipfile.ZipFile(path) as archive:
        for place, member in enumerate(MEMBERS):
            text = bytes([place]) + archive.read(member)[:LONGEST_SEED]
            path.with_name(f"{path.name}-{place}").write_bytes(text)


def write_seeds(name: str, folder: Path) -> None:
    """Write what a target begins with: the corpus, or the texts of its cells."""
    folder.mkdir()
    for number, case in enumerate(corpus.load_cases().values()):
        if name == "cells":
            for place, text in enumerate(re.split(r"[,;|\t\n]", case.get("text", ""))):
                (folder / f"{number}-{place}").write_text(text, "utf-8", "replace")
            continue
        path = folder / str(number)
        if "gigabytes" not in case["case"]:
            corpus.write_file(case, path)
            if path.stat().st_size > LONGEST_SEED:
                path.unlink()
            elif name == "workbooks" and zipfile.is_zipfile(path):
                _write_members(path)


def main(seconds: int) -> int:
    """Run each target in a process of its own; say how many inputs it was given."""
    LEFT.mkdir(parents=True, exist_ok=True)
    names = ("files", "workbooks", "pages", "cells")
    broken = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            seeds = Path(folder) / "seeds"
            write_seeds(name, seeds)
            command = [sys.executable, __file__, name, str(seconds // len(names)), str(seeds)]
            ended = subprocess.run(command, stderr=subprocess.PIPE, check=False)
        said = ended.stderr.decode("utf-8", "replace")
        tried = re.search(r"number_of_executed_units: ([0-9]+)", said)
        print(f"{name}: {int(tried[1]) if tried else 0:,} inputs tried", flush=True)
        if ended.returncode:
            broken += 1
            print(f"{said[-4000:]}\n{name} broke: what broke it is in {LEFT}", file=sys.stderr)
    return bool(broken)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        run_target(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main(int(sys.argv[1])))
