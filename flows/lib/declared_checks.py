"""Checks that a contract declares in `read.checks`: amounts counted twice, columns swapped."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from flows.lib.column_readers import is_code_name
from flows.lib.contracts import Column, Contract
from flows.lib.reading import Finding
from flows.lib.row_files import ask, chunks, first_row, quoted
from flows.lib.suite_words import CHECKS

FEWEST_ROWS = 3  # so few rows may be alike, and so few amounts may add up, by chance
SAME_SHARE = 0.8
CODE = "^[A-Za-z]?[0-9]{4,}[0-9A-Za-z]*$"


def declared_findings(rows: Path, contract: Contract) -> list[Finding]:
    """Look in the typed rows of a file for what its contract asks to be looked for."""
    asked = contract.meta["read"].get("checks", ())
    looks = {
        "group_total_as_unit": _group_totals,
        "repeated_amount": _repeated_amounts,
        "same_rows": _same_sheets,
        "swapped_columns": _swapped_columns,
    }
    return [finding for name in CHECKS if name in asked for finding in looks[name](rows, contract)]


def numeric_columns(contract: Contract) -> list[Column]:
    """List the amounts of a table; where it has none, its other numbers."""
    amounts = [column for column in contract.columns if column.role == "amount"]
    numbers = [one for one in contract.columns if one.data_type.startswith(("decimal", "int"))]
    return amounts or [one for one in numbers if one.from_long is None]


def _group_totals(rows: Path, contract: Contract) -> Iterator[Finding]:
    """Find rows of which every amount is the sum of the same rows right above or below.

    Sums are compared from the start of a sheet: rows i to j add up to what the sum up to j is more
    than that up to i, so that no two rows need be compared.
    """
    names = [column.name for column in numeric_columns(contract)]
    by_sheet: dict[str, list[tuple[int, tuple[int, ...]]]] = {}
    for table in chunks(rows, [*names, "_sheet", "_row_number"]) if names else ():
        for row in table.to_pylist():
            amounts = tuple(row[name] or 0 for name in names)
            by_sheet.setdefault(row["_sheet"], []).append((row["_row_number"], amounts))
    for sheet, listed in by_sheet.items():
        for number in _sums_of_neighbours(listed):
            yield Finding("group_total_as_unit", sheet, number, ", ".join(names))


def _sums_of_neighbours(listed: list[tuple[int, tuple[int, ...]]]) -> Iterator[int]:
    sums = [tuple(0 for _ in listed[0][1])]
    filled = [0]  # how many rows so far hold an amount
    for _, amounts in listed:
        sums.append(tuple(one + more for one, more in zip(sums[-1], amounts, strict=True)))
        filled.append(filled[-1] + any(amounts))
    first: dict[tuple[int, ...], int] = {}
    last = {total: place for place, total in enumerate(sums)}
    for place, (number, amounts) in enumerate(listed):
        first.setdefault(sums[place], place)
        if not any(amounts):
            continue
        less = tuple(one - own for one, own in zip(sums[place], amounts, strict=True))
        more = tuple(one + own for one, own in zip(sums[place + 1], amounts, strict=True))
        above = filled[place] - filled[first.get(less, place)]
        below = filled[last.get(more, place + 1)] - filled[place + 1]
        if max(above, below) >= FEWEST_ROWS:
            yield number


def _repeated_amounts(rows: Path, contract: Contract) -> Iterator[Finding]:
    """Find amounts that stand with most of the units of a sheet: a district's, not each one's."""
    unit = contract.column_of_role("unit")
    for column in numeric_columns(contract) if unit else ():
        name, of_unit = quoted(column.name), quoted(unit.name if unit else "")
        found = ask(
            rows,
            f"with units as (select _sheet as sheet, {of_unit} as unit, {name} as amount, "
            "min(_row_number) as row_number from landed group by all), "
            "counted as (select sheet, amount, count(*) as times, min(row_number) as row_number, "
            "sum(count(*)) over (partition by sheet) as of_all from units group by sheet, amount) "
            f"select sheet, row_number from counted where amount <> 0 and times > {FEWEST_ROWS} "
            "and times > of_all / 2 order by all",
        )
        for row in found.to_pylist():
            yield Finding("repeated_amount", row["sheet"], row["row_number"], column.name)


def _same_sheets(rows: Path, contract: Contract) -> Iterator[Finding]:
    """Find sheets whose rows stand in another sheet too, under another title or name."""
    said_once = {one.name for one in contract.columns if one.above or one.sheet_name}
    names = [one.name for one in contract.columns if one.name not in said_once]
    key = f"hash({', '.join(map(quoted, names))})"
    table = ask(
        rows,
        f"select _sheet as sheet, {key} as key, min(_row_number) as row_number from landed "
        "group by all order by row_number",
    )
    by_sheet: dict[str, dict[int, int]] = {}
    for row in table.to_pylist():
        by_sheet.setdefault(row["sheet"], {})[row["key"]] = row["row_number"]
    for one, other in combinations(by_sheet, 2):
        alike = by_sheet[one].keys() & by_sheet[other].keys()
        most = max(len(by_sheet[one]), len(by_sheet[other]))
        if len(alike) >= max(FEWEST_ROWS, SAME_SHARE * most):
            yield Finding("same_rows", other, min(by_sheet[other].values()), "")


def _swapped_columns(rows: Path, contract: Contract) -> Iterator[Finding]:
    """Find a column of codes that holds names, beside one of names that holds codes."""
    texts = [one for one in contract.columns if one.data_type == "string" and not one.person]
    shares = first_row(
        rows,
        {one.name: f"avg(regexp_matches({quoted(one.name)}, '{CODE}')::integer)" for one in texts},
    )
    known = {one.name: shares[one.name] for one in texts if shares[one.name] is not None}
    codes = [name for name, share in known.items() if is_code_name(name) and share < 0.2]
    names = [name for name, share in known.items() if name.endswith("_name") and share > 0.8]
    if codes and names:
        yield Finding("swapped_columns", "", 0, f"{codes[0]}, {names[0]}")
