"""Adding an entry to the sources of a system: what stands in the file stays as it is."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

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


def insert_entry(path: Path, system: str, draft: Draft) -> str:
    """Put the entry behind the last table of its system; what stands in the file stays as it is."""
    if not path.exists():
        return NEW_SYSTEM.format(system=system) + write_entry(draft, 6)
    text = path.read_text("utf-8")
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    tables = next(
        (node for node in _find_tables(root, system) if isinstance(node, yaml.SequenceNode)), None
    )
    if tables is None or not tables.value or tables.flow_style:
        raise ZipingError(f"{path.name}: no list of tables of {system} was found to add to")
    lines = text.splitlines(keepends=True)
    end = _last_line(tables.value[-1]) + 1
    if not any(line.strip() and not line.lstrip().startswith("#") for line in lines[end:]):
        end = len(lines)
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    indent = tables.value[0].start_mark.column - 2
    return "".join([*lines[:end], "\n", write_entry(draft, indent), *lines[end:]])


def _find_tables(root: Any, system: str) -> Sequence[Any]:
    sources = [value for key, value in root.value if key.value == "sources"]
    return [
        value
        for source in (sources[0].value if sources else ())
        if any(key.value == "name" and value.value == system for key, value in source.value)
        for key, value in source.value
        if key.value == "tables"
    ]


def _last_line(node: Any) -> int:
    """Find the last line of a node, from 0; a block ends where its last part does."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        mark = node.end_mark
        return int(mark.line - (mark.column == 0))
    parts = [part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,))]
    return max(map(_last_line, parts), default=int(node.start_mark.line))


def load_contract(path: Path, text: str, name: str) -> Contract:
    """Load the file as it would be; raises ZipingError where it is no contract."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.parent.name / path.name
        copy.parent.mkdir()
        copy.write_text(text, "utf-8")
        return load_contracts(Path(folder))[name]
