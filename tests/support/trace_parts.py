"""What the tests of traces share: the figures, and a fact that is changed by hand."""

from pathlib import Path
from shutil import rmtree

import pyarrow as pa
import pyarrow.parquet as pq
from nights import YEAR

from flows.releases.release import Release, seal

FIGURES = (
    *(f"4.{number}" for number in range(1, 10)),
    *("5.1 5.1a 5.2 5.2a 5.3 5.3a 5.4 5.5 5.5a 5.6 5.6a 5.7 5.7a 5.8".split()),
    *("14.3 15.1 15.2 15.3 15.4 15.5 15.8 16.1 16.2".split()),
    *("21.1 21.2 22.1 22.2 K3.1 K3.2 K3.3 K3.4".split()),
    *("1.1 11.1 26.1 26.2 36.1 H1.6 H1.7 H3.1 H3.2 H3.3 H3.4".split()),
)


def change_fact(release: Path, fact: str, measure: str) -> None:
    """Raise one measure of one row of a released fact by one, and seal the release anew.

    It is as if it had been published so: the records of the nights, which know better, are gone.
    """
    path = release / "internal" / "facts" / f"{fact}.parquet"
    table = pq.read_table(path)
    place = table.column_names.index(measure)
    values = table[measure].to_pylist()
    row = next(
        number
        for number, year in enumerate(table["year"].to_pylist())
        if year == YEAR and values[number] is not None
    )
    values[row] += 1
    column = pa.array(values, table.schema.field(measure).type)
    pq.write_table(table.set_column(place, table.schema.field(measure), column), path)
    seal(release, Release(release).manifest)
    rmtree(release.parents[2] / "runs")
