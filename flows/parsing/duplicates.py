"""Which rows of a file stood in it before, in memory that grows by sixteen bytes a row."""

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class SeenRows:
    """Hashes of the rows so far and where each stood, in sorted runs that are merged as they grow.

    A place is any number of the caller's that is not 0.
    """

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.runs: list[np.ndarray[Any, Any]] = []  # of two lines: hashes, places

    def find_duplicates(
        self, rows: Sequence[Sequence[Any]], places: Sequence[int], *, are_texts: bool
    ) -> list[int]:
        """Give of each row the place of the first one like it in the file; 0 where it is that."""
        import numpy as np

        if are_texts:
            rows = list(map(tuple, rows))
        elif len(set(map(len, rows))) == 1:
            rows = list(zip(*map(_distinct, zip(*rows, strict=True)), strict=True))
        else:
            rows = [tuple(_distinct(row)) for row in rows]
        hashes = np.fromiter(map(hash, rows), np.int64, len(rows))  # texts hash well in 64 bits
        different, first, which = np.unique(hashes, return_index=True, return_inverse=True)
        own = np.asarray(places, np.int64)[first]
        standing = own.copy()
        for known, at in self.runs:
            found = np.minimum(np.searchsorted(known, different), len(known) - 1)
            is_known = known[found] == different
            standing[is_known] = at[found][is_known]
        is_new = standing == own
        self._add(np.stack([different[is_new], own[is_new]]))
        duplicates = standing[which]
        duplicates[first[is_new]] = 0
        answer: list[int] = duplicates.tolist()
        return answer

    def _add(self, run: "np.ndarray[Any, Any]") -> None:
        import numpy as np

        if not run.shape[1]:
            return
        self.runs.append(run)
        while len(self.runs) > 1 and self.runs[-2].shape[1] < 2 * self.runs[-1].shape[1]:
            last = self.runs.pop()
            both = np.concatenate([self.runs[-1], last], axis=1)
            self.runs[-1] = both[:, np.argsort(both[0], kind="stable")]


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
