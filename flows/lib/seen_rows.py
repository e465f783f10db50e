"""Which rows of a file stood in it before, in memory that grows by eight bytes a row."""

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class SeenRows:
    """Hashes of the rows so far, in sorted runs that are merged as they grow."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.runs: list[np.ndarray[Any, Any]] = []

    def first_times(self, rows: Sequence[Sequence[Any]], *, are_texts: bool) -> list[bool]:
        """Say of each row whether it is the first of its kind in the file."""
        import numpy as np

        if are_texts:
            rows = list(map(tuple, rows))
        elif len(set(map(len, rows))) == 1:
            rows = list(zip(*map(_distinct, zip(*rows, strict=True)), strict=True))
        else:
            rows = [tuple(_distinct(row)) for row in rows]
        hashes = np.fromiter(map(hash, rows), np.int64, len(rows))  # texts hash well in 64 bits
        different, first = np.unique(hashes, return_index=True)
        is_new = np.ones(len(different), bool)
        for run in self.runs:
            places = np.minimum(np.searchsorted(run, different), len(run) - 1)
            is_new &= run[places] != different
        self._add(different[is_new])
        fresh = np.zeros(len(rows), bool)
        fresh[first[is_new]] = True
        answer: list[bool] = fresh.tolist()
        return answer

    def _add(self, run: "np.ndarray[Any, Any]") -> None:
        import numpy as np

        if not len(run):
            return
        self.runs.append(run)
        while len(self.runs) > 1 and len(self.runs[-2]) < 2 * len(self.runs[-1]):
            last = self.runs.pop()
            self.runs[-1] = np.sort(np.concatenate([self.runs[-1], last]), kind="stable")


def _distinct(cells: Sequence[Any]) -> Sequence[Any]:
    """Take numbers by their bits or text, as no text is: hash(-1.0) is hash(-2.0), 1 is True."""
    import numpy as np

    kinds = set(map(type, cells))
    if kinds == {str}:
        return cells
    if kinds == {float}:
        bits: list[int] = np.array(cells).view(np.uint64).tolist()
        return bits
    return [_distinct_cell(cell) for cell in cells]


def _distinct_cell(cell: Any) -> str | int:
    if isinstance(cell, float):
        return int.from_bytes(struct.pack("<d", cell), "little")
    return cell if isinstance(cell, str) else f"\0{cell!r}"
