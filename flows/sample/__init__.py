"""The sample district 519900 样例区: everything in it is invented, and every file says so.

It knows nothing of the rest of the project: it writes files as the offices' systems export them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

DEFAULT_SEED = 2023
MARK = "样例数据"  # "sample data": in every file, by its name or within

__all__ = ["DEFAULT_SEED", "MARK", "make_district"]


def make_district(
    workspace: Path, *, seed: int = DEFAULT_SEED, scale: float = 1.0, dirt: Sequence[str] = ()
) -> dict[str, int]:
    """Write the district's files into a workspace and count the rows of each source table.

    The same seed gives the same bytes. `scale` (above 0, at most 1) makes a smaller district;
    `dirt` switches kinds of dirt on by their names in `flows.sample.dirt.KINDS`.
    """
    # Imported late: who only serves the sample's API needs no spreadsheet writer.
    from flows.sample.making import make

    return make(workspace, seed=seed, scale=scale, dirt=dirt)
