"""The corpus of bad input: its cases, how each is made, read and told.

`python tests/support/corpus.py FOLDER` writes every file of it into a folder, to look at or to fuzz
with; without FOLDER it writes fixtures/corpus/sentences.txt anew: read what `git diff` shows.
"""

import io
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import corpus_containers
import corpus_files
import corpus_shown
import corpus_untold
import corpus_workbooks
import openpyxl
import xlwt
import yaml
from contract_parts import META

from flows.common.errors import Rejected
from flows.contracts.model import Contract, contract_from_json
from flows.parsing.file_parser import read_file
from flows.parsing.result import ParseResult
from flows.readers.sheets import open_sheets

CORPUS = Path(__file__).parents[1] / "fixtures" / "corpus"
SENTENCES = CORPUS / "sentences.txt"
COLUMNS = yaml.safe_load((CORPUS / "columns.yml").read_text("utf-8"))
MAKERS = (corpus_files, corpus_workbooks, corpus_containers, corpus_untold, corpus_shown)
USUAL = "code name amount"
OUTCOMES = {"rows", "quarantined", "skipped", "found", "rejected"}

Case = Mapping[str, Any]


def load_cases() -> dict[str, Case]:
    """Read the cases of all files; two of one name would hide each other."""
    cases: dict[str, Case] = {}
    for path in sorted(CORPUS.glob("cases_*.yml")):
        for case in yaml.safe_load(path.read_text("utf-8")):
            assert case["case"] not in cases, case["case"]
            cases[case["case"]] = case
    return cases


def contract_of(case: Case) -> Contract:
    """Make the contract of a case: the columns that it names, changed where it says so."""
    changes = case.get("with", {})
    names = case.get("columns", USUAL).split()
    meta = META | {"title": "表", "read": case.get("read", {})}
    meta |= {"key": case["key"].split()} if "key" in case else {}
    return contract_from_json(
        {
            "system": "finance",
            "table": "corpus",
            "columns": [{"name": name, **COLUMNS[name], **changes.get(name, {})} for name in names],
            **meta,
        }
    )


def _xlsx(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    return corpus_workbooks.saved(book)


def _xls(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        page = book.add_sheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    page.write(number, column, cell)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def write_file(case: Case, path: Path) -> None:
    """Write the file of a case: as text in its encoding, as a workbook, or by a function."""
    if "text" in case:
        text = case["text"].replace("\n", case.get("ends", "\n"))
        path.write_bytes(text.encode(case.get("encoding", "utf-8")))
    elif "hex" in case:
        path.write_bytes(bytes.fromhex(case["hex"]))
    elif "xlsx" in case:
        path.write_bytes(_xlsx(case["xlsx"]))
    elif "xls" in case:
        path.write_bytes(_xls(case["xls"]))
    else:
        module = next(maker for maker in MAKERS if hasattr(maker, case["made"]))
        getattr(module, case["made"])(path)


def _shown(value: Any) -> str:
    if value is None:
        return "."
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def rows_of(parsed: ParseResult, names: Sequence[str]) -> list[str]:
    """Give the typed rows as the cases write them: a bar between cells, a dot where one is null."""
    table = parsed.table().select(list(names))
    return [" | ".join(_shown(row[name]) for name in names) for row in table.to_pylist()]


def accounted(parsed: ParseResult) -> int:
    """Count the rows of which the reading gives an account."""
    places = {(row.sheet, row.row_number) for row in parsed.quarantined}
    return parsed.landed + len(places) + sum(parsed.skipped.values())


def count_of_rows(path: Path, contract: Contract) -> int:
    """Count the rows of all sheets of a file."""
    return sum(1 for sheet in open_sheets(path, contract) for _ in sheet.rows)


def outcome_of(case: Case, path: Path) -> tuple[dict[str, Any], str]:
    """Read the file of a case; give what became of it, and the sentence where it was rejected."""
    contract = contract_of(case)
    try:
        parsed = read_file(path, contract, name=case.get("name", ""))
    except Rejected as rejected:
        return {"rejected": True}, str(rejected)
    assert accounted(parsed) == count_of_rows(path, contract), "a row is not accounted for"
    names = [column.name for column in contract.columns]
    outcome: dict[str, Any] = {"rows": rows_of(parsed, names)}
    if parsed.quarantined:
        outcome["quarantined"] = [
            f"{row.row_number} {row.column or row.rule}" for row in parsed.quarantined
        ]
    if skipped := {kind: count for kind, count in parsed.skipped.items() if kind != "header"}:
        outcome["skipped"] = skipped
    if parsed.findings:
        outcome["found"] = [f"{finding.row_number} {finding.rule}" for finding in parsed.findings]
    return outcome, ""


def known_sentences() -> dict[str, str]:
    """Read the sentences that were reviewed, by case."""
    lines = SENTENCES.read_text("utf-8").splitlines() if SENTENCES.exists() else []
    return dict(line.split(" → ", 1) for line in lines)


def _sentences() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, case in load_cases().items():
            path = Path(folder) / "kept"
            write_file(case, path)
            _, sentence = outcome_of(case, path)
            if sentence:
                yield f"{name} → {sentence}\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for number, one in enumerate(load_cases().values()):
            write_file(one, Path(sys.argv[1]) / f"{number:03d}")
    else:
        SENTENCES.write_text("".join(_sentences()), "utf-8")
