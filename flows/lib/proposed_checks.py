"""What the typed rows of a file suggest to declare: its key, its totals, and the checks."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from flows.lib.column_readers import is_code_name
from flows.lib.contracts import Column, Contract
from flows.lib.declared_checks import declared_findings, measures_of
from flows.lib.proposals import Proposal, label_of
from flows.lib.reading import Finding, Reading
from flows.lib.row_files import ask, count_rows, quoted
from flows.lib.row_words import is_total_word
from flows.lib.suite_words import CHECKS
from flows.lib.summed_in_rows import RULE, Place, summed_in_rows

# Of a row that is a sum anyway, these say that it is meant as one.
TOTAL = re.compile(
    r"[合小总總共累]计|[合總]計|总和|\b(?:sub|grand)?\s*totals?\b|^\s*all\b|gesamt|summe",
    re.IGNORECASE,
)
MOST_ROWS_LOOKED_UP = 1_000
FEWEST_ROWS = 5
ROWS_TRIED = 20_000  # before a key is tried on all rows
MOST_OF_KEY = 8


def all_findings(rows: Path, reading: Reading, contract: Contract) -> list[Finding]:
    """Look in the typed rows of a file for all that can be declared."""
    return declared_findings(rows, reading, contract.reading_with(checks=list(CHECKS)))


def suggested_checks(findings: Iterable[Finding], contract: Contract) -> list[Proposal]:
    """Propose the checks that found something in the typed rows of a file."""
    places: dict[str, str] = {}
    for one in findings:
        if one.rule == "repeated_amount" and not contract.column_of_role("amount"):
            continue  # a year, a number of classes: that many have the same
        place = " ".join(filter(None, (one.sheet, f"row {one.row_number}", one.column)))
        places.setdefault(one.rule, f"{one.rule}: {place}")
    why = "; ".join(places.values())
    return [Proposal("read", "checks", list(places), why, is_sure=False)] if places else []


def without_check(checks: Iterable[Proposal], rule: str) -> list[Proposal]:
    """Leave out a check that found what is no row of a unit, or a sum by chance."""
    kept = []
    for one in checks:
        words = [word for word in one.value if word != rule]
        reasons = [why for why in one.why.split("; ") if not why.startswith(f"{rule}: ")]
        if words:
            kept.append(replace(one, value=words, why="; ".join(reasons)))
    return kept


def checks_and_totals(
    rows: Path, reading: Reading, contract: Contract, known: Set[Place]
) -> list[Proposal]:
    """Propose checks, and as totals the rows that are sums of others and say so.

    Such a row is no unit that counts twice, nor is one of those `known` as totals, by sheet and
    row.
    """
    findings = all_findings(rows, reading, contract)
    checks = suggested_checks(findings, contract)
    summed = summed_in_rows(rows, findings, contract)
    sums = [*summed.units, *summed.totals]
    labels = _labels(rows, sums, contract)
    units = {*sums} - labels.keys() - known
    if not units:
        checks = without_check(checks, RULE)
    return [*_totals(labels, contract), *checks]


def _labels(rows: Path, sums: Sequence[Place], contract: Contract) -> dict[Place, tuple[str, str]]:
    """Find of rows that are sums the column and the word by which they say so."""
    texts = [column.name for column in contract.columns
             if column.data_type == "string" and not column.person]  # fmt: skip
    places = sums[:MOST_ROWS_LOOKED_UP]
    if not places or not texts:
        return {}
    wanted = ", ".join(str(number) for number in sorted({number for _, number in places}))
    table = ask(
        rows,
        f"select _sheet, _row_number, {', '.join(map(quoted, texts))} from landed "
        f"where _row_number in ({wanted}) order by file_row_number",
    )
    found: dict[Place, tuple[str, str]] = {}
    for row in table.to_pylist():
        place = row["_sheet"], row["_row_number"]
        for name in texts if place in places else ():
            text = row[name]
            if text and (is_total_word(text) or TOTAL.search(text)):
                found.setdefault(place, (name, label_of(" ".join(text.split()))))
    return found


def _totals(labels: Mapping[Place, tuple[str, str]], contract: Contract) -> Iterable[Proposal]:
    by_column: dict[str, list[str]] = {}
    for column, label in labels.values():
        if label not in by_column.setdefault(column, []):
            by_column[column].append(label)
    if not by_column:
        return
    column = max(by_column, key=lambda name: len(by_column[name]))
    names = measures_of(contract)
    check: Any = names[0] if len(names) == 1 else names
    if contract.column_of_role("amount"):
        check = "all_amounts"
    value = {"column": column, "labels": by_column[column], "check": check}
    rows = ", ".join(f"row {number}" for _, number in list(labels)[:3])
    why = f"rows are the sums of others and say so, and would count twice: {rows}"
    yield Proposal("read", "totals", value, why)


def proposed_key(rows: Path, contract: Contract) -> list[Proposal]:
    """Propose as key the fewest columns of which no two typed rows hold the same.

    A table whose columns become rows has the item in its key.
    """
    if count_rows(rows) < FEWEST_ROWS:
        return []
    item = contract.meta["read"].get("long", {}).get("name")
    measures = {*measures_of(contract), item}
    candidates = (one for one in contract.columns if one.name not in measures)
    columns = sorted(filter(_may_be_key, candidates), key=_rank)[:MOST_OF_KEY]
    always = [item] if item else []
    choices = [[one.name, *always] for one in columns]
    choices += [[one.name, other.name, *always] for one, other in combinations(columns, 2)]
    for names in _unique(rows, choices, limit=ROWS_TRIED) if choices else ():
        if _unique(rows, [names], limit=None):
            return [Proposal("table", "key", names, "no two rows of the file share it")]
    return []


def _may_be_key(column: Column) -> bool:
    is_word = column.data_type in ("string", "date") or column.name.endswith("year")
    return is_word and not column.attachment


def _rank(column: Column) -> tuple[bool, ...]:
    """Order by what is likelier to make a key: a code, an id, who reports, of which group."""
    is_code = is_code_name(column.name) or column.person
    return not is_code, column.role is None, column.data_type != "string"


def _unique(
    rows: Path, choices: Sequence[Sequence[str]], limit: int | None
) -> list[list[str]]:  # fmt: skip
    """Give those choices of columns that tell all rows apart, or the first so many."""
    within = f"where file_row_number < {limit}" if limit else ""
    asked = [
        f"count(distinct hash({', '.join(map(quoted, names))})) = count(*) and "
        + " and ".join(f"count({quoted(name)}) = count(*)" for name in names)
        for names in choices
    ]
    expressions = ", ".join(f"{one} as c{number}" for number, one in enumerate(asked))
    [answers] = ask(rows, f"select {expressions} from landed {within}").to_pylist()
    return [list(names) for number, names in enumerate(choices) if answers[f"c{number}"]]
