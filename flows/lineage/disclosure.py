"""Which rows of a trace would tell of one to four persons, of a school or of a file."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import repeat

import yaml

from flows.common.settings import CHECKOUT
from flows.lineage.raw_cells import FactRow
from flows.lineage.recompute import Recomputation
from flows.warehouse.models import facts, marts

PROJECT = yaml.safe_load((CHECKOUT / "dbt_project" / "dbt_project.yml").read_text("utf-8"))
THRESHOLD: int = PROJECT["vars"]["fewest_persons_shown"]
LARGE = 2 * (THRESHOLD - 1)  # beside it a count that is hidden may be anything from 1 to 4


@lru_cache(maxsize=1)
def measures_of_persons() -> frozenset[str]:
    """List the measures that count persons."""
    return frozenset(
        column
        for mart in marts()
        for column in mart.columns
        if mart.column_meta(column).get("persons_unit")
    ) | {
        name
        for fact in facts().values()
        for name, measure in fact["measures"].items()
        if measure.get("is_of_persons")
    }


def parts_to_hide(counts: Mapping[Hashable, Decimal]) -> set[Hashable]:
    """Pick the parts of a known sum that tell of few persons, and what keeps them unsolved."""
    few = {part for part, count in counts.items() if 0 < count < THRESHOLD}
    large = [part for part, count in counts.items() if count >= LARGE]
    if few and not large:
        return set(counts)
    return few | {min(large, key=counts.__getitem__)} if few else few


def _part(row: FactRow) -> tuple[Hashable, Decimal]:
    """Say of what a row counts persons: a school in a term, or a file of one row a person."""
    keys = row.keys
    if "term" in keys:
        return (keys["school_code"], keys["stage"], keys["term"]), row.measure
    return row.file_id, Decimal(1)


def rows_to_show(recomputation: Recomputation) -> Iterator[tuple[FactRow, bool]]:
    """Go through the rows that carry a value, and say of each whether it may be shown."""
    rows = recomputation.own_rows
    if recomputation.described.get("is_of_persons"):  # a row is a school's, or one person's
        yield from zip(rows, repeat(False), strict=False)
        return
    counts: defaultdict[Hashable, Decimal] = defaultdict(Decimal)
    if recomputation.measure in measures_of_persons():
        for row in rows:
            part, count = _part(row)
            counts[part] += count
    hidden = parts_to_hide(counts)
    if not hidden:
        yield from zip(rows, repeat(True), strict=False)
        return
    for row in rows:
        yield row, _part(row)[0] not in hidden


def schools_of_few(recomputation: Recomputation) -> set[str]:
    """List the schools whose entitlement would tell how few pupils they have in all."""
    successors = recomputation.successors()
    counts: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in recomputation.fact_rows("int_funded_students", "funded_half_years"):
        ledger = str(row.keys["ledger_school_code"])
        counts[successors.get(ledger, ledger), row.keys["term"]] += row.measure
    return {school for (school, _), count in counts.items() if 0 < count < THRESHOLD}
