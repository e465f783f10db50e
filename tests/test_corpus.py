"""Each file of the corpus has the outcome that was reviewed, and every row is accounted for."""

import os
import time
from pathlib import Path

import corpus
import pytest
from test_parsing import accounted, contract, rows_of

from flows.lib.errors import Rejected
from flows.lib.parsing import read_file

FILES = corpus.files()
SNAPSHOT = Path(__file__).parent / "snapshots" / "corpus.txt"
REVIEWED = dict(line.split(" => ", 1) for line in SNAPSHOT.read_text(encoding="utf-8").splitlines())


def outcome(path: Path) -> str:
    """Say in one line what became of a file."""
    try:
        reading = read_file(path, contract())
    except Rejected as error:
        return f"rejected: {error}"
    assert accounted(reading) == reading.landed + sum(reading.skipped.values()) + len(
        {(row.sheet, row.row_number) for row in reading.set_aside}
    )
    rows = [" ".join(str(value) for value in row) for row in rows_of(reading)]
    aside = [f"{row.row_number} {row.column} {row.rule}" for row in reading.set_aside]
    found = [f"{one.row_number} {one.rule}" for one in reading.findings]
    skipped = sorted(reading.skipped.items())
    return ascii_line(f"landed {rows}; aside {aside}; found {found}; skipped {skipped}")


def ascii_line(text: str) -> str:
    return text.replace("\n", "\\n").replace("\r", "\\r")


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_of_the_corpus_has_the_outcome_that_was_reviewed(name: str, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(FILES[name])
    started = time.monotonic()
    found = outcome(path)
    assert time.monotonic() - started < 20
    assert found == REVIEWED[name]


def test_two_gigabytes_of_nothing_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.touch()
    os.truncate(path, 2 << 30)
    assert outcome(path).startswith("rejected: the file is empty")
