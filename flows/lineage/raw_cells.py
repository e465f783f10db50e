"""Re-reading the raw cells of a release under the contracts that stand in its manifest."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from flows.common.errors import ZipingError
from flows.common.files import hash_file
from flows.common.masking import published_name
from flows.contracts.model import Column, Contract, contract_from_json
from flows.extract.raw_store import Store
from flows.parsing.attachments import BETWEEN, compared, documents_in
from flows.parsing.file_parser import read_file
from flows.releases.release import Release
from flows.releases.tables import ReleaseTables

LIBRARY = "schools.schools"  # which schools there are, and which stages a district runs
RowPlace = tuple[str, int]  # sheet and row number
OwedKey = tuple[str, str, str, str]  # term, school, stage, and what is owed for
FileColumns = tuple[
    dict[RowPlace, int], list[list[Any]]
]  # where a row stands, and the columns asked for


class RawBytesGone(ZipingError):
    """The bytes on which a figure rests are not kept any more."""


class FactRow(NamedTuple):
    """One row of a fact: where it stands in the raw file, and what it adds."""

    file_id: str
    sheet: str
    row_number: int
    measure: Decimal
    keys: Mapping[str, Any]


@dataclass
class RawRows:
    """The raw files behind a release, each read once, ids of persons in memory only."""

    release: Release
    tables: ReleaseTables
    store: Store
    _read: dict[tuple[str, tuple[str, ...]], FileColumns] = field(default_factory=dict)
    _facts: dict[str, Any] = field(default_factory=dict)
    owed: dict[int, Counter[OwedKey]] = field(default_factory=dict)  # by year, for whom

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """The contracts under which the release was read."""
        entries = self.release.manifest["contracts"]
        return {name: contract_from_json(entry) for name, entry in entries.items()}

    @cached_property
    def sources(self) -> dict[str, dict[str, Any]]:
        """The delivery of each file of the release."""
        return {file["sha256"]: file for file in self.release.manifest["deliveries"]}

    def path(self, file_id: str) -> Path:
        """Find the kept bytes; they must still be what their hash says."""
        path = self.store.path(file_id)
        name = self.sources[file_id]["original_name"]
        if not path.exists():
            raise RawBytesGone(f"the raw bytes of {name} are not kept any more (原件已不在)")
        if hash_file(path) != file_id:
            raise ZipingError(f"the raw bytes of {name} were changed: restore them from a backup")
        return path

    def columns(self, file_id: str, names: tuple[str, ...]) -> FileColumns:
        """Read some columns of a file; find its rows by sheet and row number."""
        source = self.sources[file_id]
        contract, name = self.contracts[source["source"]], source["original_name"]
        parsed = read_file(self.path(file_id), contract, columns=names, name=name)
        table = parsed.table()
        places = zip(table["_sheet"].to_pylist(), table["_row_number"].to_pylist(), strict=True)
        return {place: index for index, place in enumerate(places)}, [
            table[name].to_pylist() for name in names
        ]

    def cells(self, row: FactRow, *names: str) -> list[Any]:
        """Read some raw cells of a fact's row."""
        try:
            places, columns = self._read[row.file_id, names]
        except KeyError:
            places, columns = self.columns(row.file_id, names)
            self._read[row.file_id, names] = places, columns
        try:
            index = places[row.sheet, row.row_number]
        except KeyError:
            name = self.sources[row.file_id]["original_name"]
            raise ZipingError(
                f"{name} has no data row {row.row_number}: the release and it differ"
            ) from None
        return [column[index] for column in columns]

    def documents(self, row: FactRow, column: Column) -> list[tuple[str, str | None]]:
        """Name the documents that a fact's row names as evidence, each with its hash."""
        cell = self.cells(row, column.name)[0]
        attachments = self.sources[row.file_id].get("attachments", ())
        known = {compared(file["name"]): str(file["sha256"]) for file in attachments}
        # as the manifest has their names
        named = [published_name(part) for part in BETWEEN.split(str(cell))] if cell else []
        return documents_in("\n".join(named), known) if named else []

    def attachment_columns(self, row: FactRow) -> list[Column]:
        """List the columns in which a row names documents."""
        contract = self.contracts[self.sources[row.file_id]["source"]]
        return [column for column in contract.columns if column.attachment]

    def fact(
        self,
        name: str,
        measure: str,
        year: int,
        district: str,
        dimension: str = "total",
        member: str = "total",
    ) -> Iterator[FactRow]:
        """Go through the rows of a fact that carry a value, of one member of a dimension."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        if name not in self._facts:
            path = self.release.folder / "internal" / "facts" / f"{name}.parquet"
            self._facts[name] = pq.read_table(path)
        table = self._facts[name]
        chosen = pc.and_(
            pc.and_(pc.equal(table["year"], year), pc.equal(table["district_code"], district)),
            pc.is_valid(table[measure]),
        )
        if dimension != "total":
            chosen = pc.and_(chosen, pc.equal(table[dimension], member))
        rows = table.filter(chosen)
        keys = self.release.manifest["facts"][name]["keys"]
        present = [key for key in (*keys, "stage") if key in rows.column_names]

        def column(wanted: str, otherwise: Any) -> Any:
            if wanted not in rows.column_names:
                return repeat(otherwise, rows.num_rows)
            return [otherwise if cell is None else cell for cell in rows[wanted].to_pylist()]

        return map(
            FactRow,
            column("_file_id", ""),
            column("_sheet", ""),
            column("_row_number", 0),
            map(Decimal, rows[measure].to_pylist()),
            rows.select(present).to_pylist() if keys else repeat({}),
        )
