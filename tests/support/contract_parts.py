"""What the tests of contracts share: an entry of a few columns, loaded from a file."""

from pathlib import Path
from typing import Any

import yaml

from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract, contract_from_json

META: dict[str, Any] = {
    "title": "样例表",
    "pull": {"from": "inbox", "files": ["*样例*.csv"]},
    "period": {"kind": "calendar_year", "file_name": "(20[0-9]{2})年"},
    "read": {},
    "owed": {"by": "样例股", "due": {"month_day": "01-31", "year_offset": 1}},
}


def changed_contract(contract: Contract, **words: Any) -> Contract:
    """Give a contract in other words."""
    return contract_from_json(contract.as_json() | words)


def load(folder: Path, meta: dict[str, Any], *columns: dict[str, Any]) -> dict[str, Contract]:
    """Write one table's entry as its YAML stands in the project, and read it."""
    table = {"name": "samples", "config": {"meta": meta}, "columns": list(columns)}
    path = folder / "finance" / "_finance__sources.yml"
    path.parent.mkdir(exist_ok=True)
    text = yaml.safe_dump({"sources": [{"name": "finance", "tables": [table]}]}, allow_unicode=True)
    path.write_text(text, "utf-8")
    return load_contracts(folder)


def column(**meta: Any) -> dict[str, Any]:
    return {
        "name": "code",
        "data_type": "string",
        "config": {"meta": {"captions": ["编码"]} | meta},
    }
