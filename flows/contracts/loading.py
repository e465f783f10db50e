"""Loading the contracts from the dbt sources YAML, without dbt, and checking what they say."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import CHECKOUT
from flows.contracts.model import OF_A_CODE, TUPLES, Column, Contract, with_half_width
from flows.contracts.schema import check_contracts, check_settings

STAGING = CHECKOUT / "dbt_project" / "models" / "staging"
OF_EVERY_COLUMN = ("decimal", "marks", "dates")  # said of the table, unless a column says otherwise


def _column(entry: Mapping[str, Any], read: Mapping[str, Any]) -> Column:
    said = {name: read[name] for name in OF_EVERY_COLUMN if name in read}
    meta = said | entry["config"]["meta"]
    is_text = entry["data_type"] == "string" and not any(meta.get(word) for word in OF_A_CODE)
    of_table = {} if is_text else read.get("means", {})
    if means := {**of_table, **meta.get("means", {})}:
        meta["means"] = means
    for name in TUPLES:
        meta[name] = tuple(str(text) for text in meta.get(name, ()))
    return Column(name=entry["name"], data_type=entry["data_type"], **meta)


def _check_names(where: str, contract: Contract) -> None:
    """Refuse a word that names a column which the table does not have."""
    meta, names = contract.meta, {column.name for column in contract.columns}
    read = meta["read"]
    parts = meta.get("parts")
    named = [*meta.get("key", ()), meta.get("units", {}).get("column")]
    named += [parts["by"]] if isinstance(parts, Mapping) else []
    named += [read.get("groups", {}).get("into"), meta.get("units", {}).get("by_member")]
    long = read.get("long", {})
    named += [long.get("name"), long.get("value"), *long.get("values", {}).values()]
    for words in contract.checks.values():
        named += [name for word, name in words.items() if word != "factor"]
    check = read.get("totals", {}).get("check", "all_amounts")
    named += [check] if isinstance(check, str) else check
    if unknown := sorted({name for name in named if name} - names - {"all_amounts"}):
        raise ZipingError(f"{where}: no column is called {', '.join(unknown)}")
    amounts = [one for one in contract.columns if one.role == "amount"]
    if read.get("totals", {}).get("check") == "all_amounts" and not amounts:
        raise ZipingError(
            f"{where}: no column has `role: amount`; name in `totals.check` the columns that add up"
        )
    naming = [one for one in contract.columns if one.attachment]
    if odd := [one.name for one in naming if one.data_type != "string"]:
        raise ZipingError(f"{where}: {odd[0]} names attachments and must be a string")
    if meta.get("parts") and contract.part_column is None:
        raise ZipingError(f"{where}: `parts` needs a column with `role: unit`, or `by: COLUMN`")


def _contract(path: Path, system: str, entry: Mapping[str, Any]) -> Contract:
    where = f"{path.name}, table {entry['name']}"
    meta = entry["config"]["meta"]
    meta["read"] = read = with_half_width(meta["read"])
    columns = tuple(_column(column, read) for column in entry.get("columns", ()))
    if not columns:
        raise ZipingError(f"{where}: no columns are declared")
    contract = Contract(system, entry["name"], meta, columns)
    _check_names(where, contract)
    return contract


def _entries(path: Path) -> Iterator[Contract]:
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise ZipingError(f"{path.name}, line {line}: not readable as YAML") from None
    check_contracts(path, content)
    for source in content["sources"]:
        for entry in source["tables"]:
            yield _contract(path, source["name"], entry)


def load_contracts(folder: Path = STAGING) -> dict[str, Contract]:
    """Read the contracts of all source tables, keyed by `system.table`."""
    paths = sorted(folder.glob("*/_*__sources.yml"))
    found = {contract.name: contract for path in paths for contract in _entries(path)}
    check_settings({name: contract.meta["pull"] for name, contract in found.items()})
    return found


def contract_named(contracts: dict[str, Contract], name: str) -> Contract:
    """Find a source table by its name, `finance.payments`."""
    if name not in contracts:
        raise WrongUse(f"no source table is called {name}: there are {', '.join(contracts)}")
    return contracts[name]
