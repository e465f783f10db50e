"""Releases that tell themselves apart, published to a database, and what a reader sees there."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import current

from flows.common.settings import Workspace
from flows.releases.release import MANIFEST, Release, seal

Edition = Callable[..., Release]


@pytest.fixture
def address(postgres: str) -> str:
    """Name the database as the command is told it."""
    return postgres.replace("+psycopg", "")


@pytest.fixture
def edition(first_night: Workspace, tmp_path: Path) -> Edition:
    """Make releases that say of themselves, in two tables and the manifest, which they are."""

    def make(number: int, year: int = 2023, district: str = "", title: str = "") -> Release:
        releases = tmp_path / f"workspace{district}" / "warehouse" / "releases"
        folder = releases / str(year) / f"{number:05d}-{'0' * 12}"
        copytree(current(first_night).folder, folder, dirs_exist_ok=True)
        marked = {"evaluation_year": year, "reason": f"edition {number}",
                  "text": f"edition {number}"}  # fmt: skip
        marked |= {"district_code": district} if district else {}
        marts = [path.stem for path in (folder / "marts").glob("*.parquet") if district]
        dated = ("report_values", "report_figures", "report_evidence", "report_tasks")
        for table in (*dated, "report_narratives", *marts):
            place_of = folder / "marts" if table in marts else folder
            content = pq.read_table(place_of / f"{table}.parquet")
            for place, field in enumerate(content.schema):
                if field.name in marked:
                    cells = pa.array([marked[field.name]] * content.num_rows, field.type)
                    content = content.set_column(place, field, cells)
            pq.write_table(content, place_of / f"{table}.parquet")
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        manifest |= {"release": folder.name, "evaluation_year": year, "previous": None}
        if district:
            manifest |= {"district_code": district, "district_title": title, "is_sample": False}
        seal(folder, {key: value for key, value in manifest.items() if key != "files"})
        assert Release(folder).find_problems() == []
        return Release(folder)

    return make


@contextmanager
def connected(address: str) -> Iterator[psycopg.Connection[Any]]:
    """Connect as a reader does, each statement by itself."""
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def asked(address: str, query: str) -> list[tuple[Any, ...]]:
    """Ask one question."""
    with connected(address) as connection:
        return connection.execute(query).fetchall()


def editions_in(address: str) -> set[tuple[Any, ...]]:
    """See which edition each row of three joined tables belongs to, as a reader does."""
    return set(asked(address, EDITIONS))


EDITIONS = """
    select distinct v.reason, f.text, 'edition ' || r.release::varchar::char(5)::integer
    from ziping.report_values v
    join ziping.report_figures f
      using (evaluation_year, district_code, indicator_id, period, dimension, member)
    join ziping.release r using (evaluation_year, district_code)
"""


def one_edition(number: int) -> set[tuple[Any, ...]]:
    """Say what a reader sees of one whole edition."""
    return {(f"edition {number}",) * 3}
