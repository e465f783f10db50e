"""What adds up to a numerator or denominator, as lines that may be printed and handed out.

No line tells of a person: where a source lists persons, its rows are counted by file and school,
schools of few persons together. Of a part of the pupils or staff (funded, boarders, trained) and of
the persons of a register the schools are not told at all: beside the number of everybody the rest
could be solved.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from flows.common.masking import MASK
from flows.contracts.model import Contract
from flows.lineage.disclosure import measures_of_persons, parts_to_hide
from flows.lineage.raw_cells import LIBRARY, RawRows
from flows.lineage.recompute import Recomputation

SCHOOL = "school_code"
TERMS = {"spring": "春季学期", "autumn": "秋季学期"}
TOGETHER = "其余单位（含人数过少的，合并列示）"
Counted = dict[str, tuple[int, Decimal]]  # by unit: rows, and what they add up to


class Contribution(NamedTuple):
    """What the rows of a file and unit add to a numerator or denominator."""

    file: int | None  # its number on the page
    sheet: str
    unit: str  # a school's code, another unit's name, or a term
    name: str
    rows: int | None
    amount: Decimal | str  # MASK where it would tell of few persons


def contributions(recomputation: Recomputation, files: Mapping[str, int]) -> Iterator[Contribution]:
    """List what adds up to a measure, by file and unit; `files` numbers them by their sha256."""
    raw, trace = recomputation.raw, recomputation.described["trace"]
    contract = raw.contracts[raw.release.manifest["facts"][recomputation.fact]["source"]]
    has_persons = recomputation.measure in measures_of_persons() or any(
        column.person for column in contract.columns
    )
    if trace == "school_entitlements":
        names = school_names(raw)
        for row in recomputation.own_rows:
            code = row.keys[SCHOOL]
            yield Contribution(None, "", code, names.get(code, ""), None, row.measure)
    elif recomputation.described.get("is_of_persons") or (has_persons and trace is not None):
        yield from _by_term(recomputation, files)
    else:
        yield from _by_unit(recomputation, contract, files, has_persons=has_persons)


def school_names(raw: RawRows) -> dict[str, str]:
    """Name the schools as the library of the release does, each by its last row."""
    names: dict[str, str] = {}
    for file_id, file in raw.sources.items():
        if file["source"] == LIBRARY:
            codes, titles = raw.columns(file_id, (SCHOOL, "school_name"))[1]
            names |= dict(zip(codes, titles, strict=True))
    return names


def _by_term(recomputation: Recomputation, files: Mapping[str, int]) -> Iterator[Contribution]:
    sums: dict[Hashable, Decimal] = defaultdict(Decimal)
    for row in recomputation.own_rows:
        sums[files[row.file_id], TERMS.get(str(row.keys.get("term")), "")] += row.measure
    hidden = parts_to_hide(sums)
    for place, total in sums.items():
        file, term = place if isinstance(place, tuple) else (None, "")
        yield Contribution(file, "", term, "", None, MASK if place in hidden else total)


def _by_unit(
    recomputation: Recomputation,
    contract: Contract,
    files: Mapping[str, int],
    *,
    has_persons: bool,
) -> Iterator[Contribution]:
    """Count the rows of each unit, by file and sheet."""
    unit, raw, rows = contract.column_of_role("unit"), recomputation.raw, recomputation.own_rows
    counted: dict[tuple[str, str], Counted] = defaultdict(dict)
    for row in rows:
        name = str(row.keys.get(SCHOOL) or raw.cells(row, unit.name)[0]) if unit else ""
        units = counted[row.file_id, row.sheet]
        count, total = units.get(name, (0, Decimal(0)))
        units[name] = count + 1, total + row.measure
    is_school = (rows and rows[0].keys.get(SCHOOL)) or (unit and unit.name == SCHOOL)
    names = school_names(raw) if is_school else {}
    for (file_id, sheet), units in counted.items():
        shown = few_together(units) if has_persons else units
        for code, (count, total) in sorted(shown.items()):
            yield Contribution(files[file_id], sheet, code, names.get(code, ""), count, total)


def few_together(units: Counted) -> Counted:
    """Take the units of few persons together with one that is larger."""
    hidden = parts_to_hide({unit: Decimal(count) for unit, (count, _) in units.items()})
    shown = {unit: counted for unit, counted in units.items() if unit not in hidden}
    if hidden:
        counts, amounts = zip(*(units[str(unit)] for unit in hidden), strict=True)
        shown[TOGETHER] = sum(counts), sum(amounts, Decimal(0))
    return shown


def total_of(recomputation: Recomputation) -> Any:
    """Add up all rows, shown or not."""
    return sum((row.measure for row in recomputation.own_rows), Decimal(0))
