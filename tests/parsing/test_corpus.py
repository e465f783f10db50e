"""Bad input of every kind ends as somebody would want it to: read, quarantined, or refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import corpus
import corpus_containers
import openpyxl
import pytest

from flows.common.excel import open_book
from flows.parsing.file_parser import read_file
from flows.readers import sandbox

CASES = corpus.load_cases()


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sandbox, "READ_SECONDS", 30.0)
    return


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_as_one_would_want(name: str, tmp_path: Path) -> None:
    case, path = CASES[name], tmp_path / "kept"
    corpus.write_file(case, path)
    outcome, sentence = corpus.outcome_of(case, path)
    assert outcome == {key: case[key] for key in corpus.OUTCOMES & case.keys()}
    assert sentence == corpus.known_sentences().get(name, "")
    assert "\n" not in sentence
    shutil.rmtree(tmp_path)  # two gigabytes of hole are little, but a bomb is not


def test_no_sentence_is_known_of_a_case_that_is_gone() -> None:
    rejected = {name for name, case in CASES.items() if case.get("rejected")}
    assert corpus.known_sentences().keys() == rejected
    assert len(CASES) >= 80


def test_nothing_of_the_corpus_leaves_its_folder(tmp_path: Path) -> None:
    corpus_containers.way_out(tmp_path / "kept")
    read_file(tmp_path / "kept", corpus.contract_of({}))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert not Path("/tmp/out.txt").exists()
    assert not Path("/etc/x").exists()


def test_a_formula_that_came_as_text_is_text_in_our_workbooks(tmp_path: Path) -> None:
    hostile = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-2+3", "{=1}", "http://127.0.0.1/"]
    with open_book(tmp_path / "book.xlsx", "表", 0o600) as (book, _):
        page = book.add_worksheet()
        for row, text in enumerate(hostile):
            page.write(row, 0, text)
    page = openpyxl.load_workbook(tmp_path / "book.xlsx").worksheets[0]
    cells = [page.cell(row, 1) for row in range(1, len(hostile) + 1)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s") for text in hostile]
    assert not any(cell.hyperlink for cell in cells)
