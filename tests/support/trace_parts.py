"""What the tests of traces share: the figures, and a fact that is changed by hand."""

import csv
from pathlib import Path
from shutil import rmtree

import pyarrow as pa
import pyarrow.parquet as pq
from nights import YEAR

from flows.common.settings import CHECKOUT
from flows.releases.release import Release, seal

with (CHECKOUT / "dbt_project" / "seeds" / "report_outline.csv").open(encoding="utf-8") as outline:
    covered = [row for row in csv.DictReader(outline) if row["indicator_id"]]
# what is withheld has a trace without numbers
FIGURES = tuple(dict.fromkeys(row["figure_id"] for row in covered if row["publish"] != "withheld"))


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
