"""Inserting a contract draft into the sources of a system: what stands in the file stays."""

import re
import tempfile
from pathlib import Path

from flows.common.errors import ZipingError
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.onboarding.scaffold.draft import Draft, write_entry

NEW_SYSTEM = """version: 2

sources:
  - name: {system}
    description: What {system} sends.
    schema: landing
    tables:
"""
FIRST_TABLE = re.compile(r"^ +tables:(?: *#.*)?\n(?: *(?:#.*)?\n)*( +)- ", re.MULTILINE)


def insert_entry(path: Path, system: str, draft: Draft) -> str:
    """Write the file with the entry behind the last table of its system, which ends the file."""
    if not path.exists():
        return NEW_SYSTEM.format(system=system) + write_entry(draft, 6)
    text = path.read_text("utf-8")
    first = FIRST_TABLE.search(text)
    if first is None:
        raise ZipingError(f"{path.name}: no list of tables of {system} was found to add to")
    return f"{text.rstrip()}\n\n{write_entry(draft, len(first[1]))}"


def load_contract(path: Path, text: str, name: str) -> Contract:
    """Load the file as it would be; raises ZipingError where it is no contract."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.parent.name / path.name
        copy.parent.mkdir()
        copy.write_text(text, "utf-8")
        contracts = load_contracts(Path(folder))
    if name not in contracts:
        raise ZipingError(f"{path.name}: the tables of {name.split('.')[0]} do not end the file")
    return contracts[name]
