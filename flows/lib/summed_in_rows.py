"""Rows of a file that are sums of others, looked for in all its typed rows, however many."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import Any

from flows.lib.contracts import Contract
from flows.lib.declared_checks import measures_of
from flows.lib.reading import Finding
from flows.lib.row_files import ask, quoted
from flows.lib.summed_rows import SURE

RULE = "group_total_as_unit"
MOST_LABELS = 200
Place = tuple[str, int]  # sheet and row


@dataclass(frozen=True)
class Summed:
    """Which rows are sums of others: those of a unit, and those of none with what tells them."""

    units: tuple[Place, ...] = ()
    totals: tuple[Place, ...] = ()
    column: str | None = None  # in which no other row has one of the labels
    labels: tuple[str, ...] = ()


def summed_in_rows(rows: Path, findings: Iterable[Finding], contract: Contract) -> Summed:
    """Choose of the rows found to be sums of others those that are it hardly by chance."""
    times = Counter((one.sheet, one.row_number) for one in findings if one.rule == RULE)
    if not times:
        return Summed()
    described = _described(rows, contract, times)
    size = ask(rows, "select count(distinct (_sheet, _row_number)) as n from landed").to_pylist()
    needed = log10(2 * size[0]["n"]) + SURE
    # Of a long table most items of a row must be such sums, of any other the row itself.
    meant = [
        place
        for place, one in described.items()
        if 2 * times[place] > one["items"] and one["telling"] * times[place] / one["items"] > needed
    ]
    units = [place for place in meant if described[place]["is_coded"]]
    others = [place for place in meant if not described[place]["is_coded"]]
    column, labels = _labels(rows, contract, others)
    return Summed(tuple(units), tuple(others), column, labels)


def _values(places: Iterable[Place]) -> str:
    """Write places as a table of SQL."""
    rows = ", ".join(f"('{sheet.replace(chr(39), chr(39) * 2)}', {row})" for sheet, row in places)
    return f"(values {rows}) as found(_sheet, _row_number)"


def _described(
    rows: Path, contract: Contract, places: Iterable[Place]
) -> Mapping[Place, Mapping[str, Any]]:
    """Say of rows whether they have the code of a unit, and how telling their numbers are."""
    measures = [quoted(name) for name in measures_of(contract)]
    numbers = ", ".join(f"abs({name})::double" for name in measures)
    filled = " or ".join(f"{name} <> 0" for name in measures)
    codes = [
        quoted(one.name)
        for one in contract.columns
        if one.captions and (one.role == "unit" or one.name.endswith(("_code", "_id")))
    ]
    is_coded = " and ".join(f"{name} is not null" for name in codes) or "false"
    table = ask(
        rows,
        f"""
        select _sheet, _row_number, count(*) filter ({filled}) as items,
            bool_or({is_coded}) as is_coded,
            list_sum(list_transform(
                list_distinct(flatten(list([{numbers}]))), lambda n: if(n > 1, log10(n), 0)
            )) as telling
        from landed join {_values(places)} using (_sheet, _row_number)
        group by _sheet, _row_number
        """,
    )
    return {(row["_sheet"], row["_row_number"]): row for row in table.to_pylist()}


def _labels(
    rows: Path, contract: Contract, places: list[Place]
) -> tuple[str | None, tuple[str, ...]]:
    """Find the column of which each of these rows has a text that no other row has."""
    if not places:
        return None, ()
    for column in contract.columns:
        if column.data_type != "string" or column.person or not column.captions:
            continue
        name = quoted(column.name)
        found = ask(
            rows,
            f"""
            with totals as (
                select {name} as label from landed semi join {_values(places)}
                using (_sheet, _row_number)
            )
            select list(distinct label) as labels, count(label) = count(*) as is_whole,
                (select count(*) from landed anti join {_values(places)}
                 using (_sheet, _row_number)
                 where {name} in (select label from totals)) as others
            from totals
            """,
        ).to_pylist()[0]
        if found["is_whole"] and not found["others"] and len(found["labels"]) <= MOST_LABELS:
            return column.name, tuple(sorted(found["labels"]))
    return None, ()
