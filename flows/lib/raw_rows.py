"""Re-reading the raw cells of a release under the contracts that stand in its manifest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from flows.lib.contracts import Contract, contract_from_json
from flows.lib.durable import hash_file
from flows.lib.errors import ZipingError
from flows.lib.parsing import Reading, read_file
from flows.lib.releases import Release
from flows.lib.store import Store

Place = tuple[str, int]  # sheet and row number


class RawBytesGone(ZipingError):
    """The bytes on which a figure rests are not kept any more."""


@dataclass
class FactRow:
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
    store: Store
    _read: dict[str, tuple[Reading, dict[Place, int]]] = field(default_factory=dict)

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """The contracts under which the release was read."""
        entries = self.release.manifest["contracts"]
        return {name: contract_from_json(entry) for name, entry in entries.items()}

    @cached_property
    def sources(self) -> dict[str, dict[str, Any]]:
        """The delivery of each file of the release."""
        return {one["sha256"]: one for one in self.release.manifest["deliveries"]}

    def path(self, file_id: str) -> Path:
        """Find the kept bytes; they must still be what their hash says."""
        path = self.store.path(file_id)
        name = self.sources[file_id]["original_name"]
        if not path.exists():
            raise RawBytesGone(f"the raw bytes of {name} are not kept any more (原件已不在)")
        if hash_file(path) != file_id:
            raise ZipingError(f"the raw bytes of {name} were changed: restore them from a backup")
        return path

    def _reading(self, file_id: str) -> tuple[Reading, dict[Place, int]]:
        """Read a file once; find its rows by sheet and row number."""
        if file_id not in self._read:
            contract = self.contracts[self.sources[file_id]["source"]]
            reading = read_file(self.path(file_id), contract)
            places = zip(reading.sheets, reading.row_numbers, strict=True)
            self._read[file_id] = reading, {place: index for index, place in enumerate(places)}
        return self._read[file_id]

    def cells(self, row: FactRow, *names: str) -> list[Any]:
        """Read some raw cells of a fact's row."""
        reading, places = self._reading(row.file_id)
        try:
            index = places[(row.sheet, row.row_number)]
        except KeyError:
            name = self.sources[row.file_id]["original_name"]
            raise ZipingError(
                f"{name} has no data row {row.row_number}: the release and it differ"
            ) from None
        return [reading.columns[name][index] for name in names]

    def fact(
        self, name: str, measure: str, year: int, district: str, stage: str | None
    ) -> Iterator[FactRow]:
        """Go through the rows of a fact that carry a value."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        table = pq.read_table(self.release.folder / "internal" / "facts" / f"{name}.parquet")
        chosen = pc.and_(
            pc.and_(pc.equal(table["year"], year), pc.equal(table["district_code"], district)),
            pc.is_valid(table[measure]),
        )
        if stage is not None:
            chosen = pc.and_(chosen, pc.equal(table["stage"], stage))
        for row in table.filter(chosen).to_pylist():
            yield FactRow(
                row.get("_file_id", ""),
                row.get("_sheet") or "",
                row.get("_row_number") or 0,
                Decimal(row[measure]),
                row,
            )
