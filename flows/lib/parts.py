"""Deliveries in parts: which units each part holds, by which a newer part replaces an older one."""

from pathlib import Path

from flows.lib.contracts import Contract

Units = dict[str, list[int]]  # of each unit the rows landed and the rows set aside


def units_held(contract: Contract, rows: Path, quarantine: Path) -> Units:
    """Count the rows of each unit in a part as it was read; empty for a table not in parts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    column = contract.column_of_role("unit")
    if not contract.in_parts or column is None or not rows.exists():
        return {}
    # A row counts once, however many rules it breaks.
    set_aside = pq.read_table(quarantine, columns=["unit", "sheet", "row_number"])
    set_aside = set_aside.group_by(["unit", "sheet", "row_number"]).aggregate([])
    landed = pq.read_table(rows, columns=[column.name])[column.name].cast(pa.string())
    counts: Units = {}
    for position, units in enumerate((landed, set_aside["unit"])):
        for one in units.unify_dictionaries().combine_chunks().value_counts().to_pylist():
            if one["values"] is not None:
                counts.setdefault(one["values"], [0, 0])[position] = one["counts"]
    return dict(sorted(counts.items()))
