"""Deliveries in parts: which units each part holds, by which a newer part replaces an older one."""

from pathlib import Path

from flows.lib.contracts import Column, Contract
from flows.lib.row_files import ask, quoted

Units = dict[str, list[int]]  # of each unit the rows landed and the rows set aside


def held_by_part(column: Column) -> str:
    """Say in SQL of which part a row is: of a column's value, or of the month of a day."""
    text = f"cast({quoted(column.name)} as varchar)"
    return f"substr({text}, 1, 7)" if column.data_type == "date" else text


def units_held(contract: Contract, rows: Path, quarantine: Path) -> Units:
    """Count the rows of each unit in a part as it was read; empty for a table not in parts.

    Of rows in quarantine the unit alone is known: where parts are told by another column, they
    stay with their file.
    """
    import pyarrow.parquet as pq

    column = contract.part_column
    if not contract.in_parts or column is None or not rows.exists():
        return {}
    landed = ask(
        rows, f"select {held_by_part(column)} as unit, count(*) as n from landed group by 1"
    )
    counts: Units = {unit: [n, 0] for unit, n in zip(*landed.to_pydict().values(), strict=True)
                     if unit is not None}  # fmt: skip
    if column == contract.column_of_role("unit"):
        # A row counts once, however many rules it breaks.
        set_aside = pq.read_table(quarantine, columns=["unit", "sheet", "row_number"])
        for row in set_aside.group_by(["unit", "sheet", "row_number"]).aggregate([]).to_pylist():
            if row["unit"] is not None:
                counts.setdefault(row["unit"], [0, 0])[1] += 1
    return dict(sorted(counts.items()))
